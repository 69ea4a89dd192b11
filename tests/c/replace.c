/*
 * Replacing tokens that a provider refused: one refresh for any number of calls, and a fork while
 * it is in progress. In the environment of nango-dev.
 */
#define _DEFAULT_SOURCE

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dev.h"

#define SUBMITTED 500

static const char *KEY, *HOST;

static nango_client *new_client(void)
{
    nango_error *error = NULL;
    nango_client *client = nango_client_new(HOST, KEY, &error);
    if (!CHECK(client != NULL))
        exit(2);
    return client;
}

/* A connection id that no other run of this program uses, so its counters begin at 0. */
static const char *own(const char *id, char *place, size_t size)
{
    snprintf(place, size, "%s-%d", id, (int)getpid());
    return place;
}

/* Imports a connection whose token is "token-of-" and its id. A refresh takes provider_ms, and a
 * plain read takes read_ms. */
static void import(const char *id, int provider_ms, int read_ms)
{
    char json[512];
    snprintf(json, sizeof json,
             "{\"provider_config_key\":\"github\",\"connection_id\":\"%s\",\"credentials\":"
             "{\"type\":\"OAUTH2\",\"access_token\":\"token-of-%s\","
             "\"refresh_token\":\"refresh-of-%s\",\"expires_at\":\"2999-01-01T00:00:00Z\"}}",
             id, id, id);
    free(dev_ask("POST", "/connections", json));
    snprintf(json, sizeof json,
             "{\"integration\":\"github\",\"connection_id\":\"%s\",\"delay_ms\":%d}", id,
             provider_ms);
    free(dev_ask("POST", "/_dev/provider", json));
    snprintf(json, sizeof json,
             "{\"integration\":\"github\",\"connection_id\":\"%s\",\"read_ms\":%d}", id, read_ms);
    free(dev_ask("POST", "/_dev/collapse", json));
}

/* A counter of the server: "token_calls" or "collapsed". */
static int count(const char *what, const char *id)
{
    char pointer[160], *state = dev_ask("GET", "/_dev/state", NULL), *number;
    int value;
    snprintf(pointer, sizeof pointer, "/%s/github~1%s", what, id);
    number = nango_json_get(state, pointer);
    value = number ? atoi(number) : 0;
    nango_free_string(number);
    free(state);
    return value;
}

static void params_of(const char *id, char *params, size_t size)
{
    snprintf(params, size,
             "{\"provider_config_key\":\"github\",\"connection_id\":\"%s\","
             "\"refused_token\":\"token-of-%s\"}",
             id, id);
}

/* Submits 500 calls with the same refused token; all of them get the same new token. */
static void five_hundred(const nango_client *client, const char *id)
{
    nango_queue *queue = nango_queue_new(NULL);
    nango_completion done[64];
    char params[256], refused[80], *token = NULL;
    int i, taken = 0;
    size_t got, k;
    snprintf(refused, sizeof refused, "token-of-%s", id);
    params_of(id, params, sizeof params);
    for (i = 0; i < SUBMITTED; i++)
        CHECK(nango_queue_submit(queue, client, "replace_token", params, NULL, 0, NULL) != 0);
    while (taken < SUBMITTED) {
        got = nango_queue_next(queue, done, 64, 30000);
        if (!CHECK(got > 0))
            break;
        for (k = 0; k < got; k++, taken++) {
            if (!CHECK(done[k].json && !done[k].error))
                printf("  %s\n", nango_error_message(done[k].error));
            else if (!token)
                token = strdup(done[k].json);
            else
                CHECK_TEXT(done[k].json, token);
            nango_free_string(done[k].json);
            nango_error_free(done[k].error);
        }
    }
    CHECK(token && strcmp(token, refused) != 0);
    free(token);
    nango_queue_free(queue);
}

static void five_hundred_submitted_refresh_once(void)
{
    char place[64];
    const char *id = own("c-500", place, sizeof place);
    nango_client *client = new_client();
    import(id, 200, 0);
    five_hundred(client, id);
    CHECK(count("token_calls", id) == 1);
    nango_client_free(client);
}

struct readers {
    nango_client *client;
    const char *id;
    atomic_int over;
};

static void *reads_until_over(void *context)
{
    struct readers *readers = context;
    while (!readers->over)
        nango_free_string(nango_get_token(readers->client, "github", readers->id, NULL, NULL));
    return NULL;
}

/* Two forced refreshes have no effect; the third is the last. */
static void *stops_the_readers(void *context)
{
    struct readers *readers = context;
    while (count("collapsed", readers->id) < 2 && count("token_calls", readers->id) == 0)
        usleep(5000);
    readers->over = 1;
    return NULL;
}

static void five_hundred_submitted_among_readers_refresh_once(void)
{
    char place[64];
    struct readers readers = {new_client(), own("c-readers", place, sizeof place), 0};
    nango_client *client = new_client();
    pthread_t threads[17];
    int i;
    import(readers.id, 0, 30);
    for (i = 0; i < 17; i++)
        pthread_create(&threads[i], NULL, i ? reads_until_over : stops_the_readers, &readers);
    five_hundred(client, readers.id);
    for (i = 0; i < 17; i++)
        pthread_join(threads[i], NULL);
    CHECK(count("token_calls", readers.id) == 1);
    printf("  1 refresh, after %d forced ones that were answered with the old token\n",
           count("collapsed", readers.id));
    nango_client_free(client);
    nango_client_free(readers.client);
}

/* A child that is forked while another thread allocates may inherit AddressSanitizer's allocator
 * in the locked state. */
#ifndef __SANITIZE_ADDRESS__

struct leader {
    nango_client *client;
    const char *id;
    char refused[80], *token;
    atomic_int over;
};

static void *leads(void *context)
{
    struct leader *leader = context;
    leader->token =
        nango_replace_token(leader->client, "github", leader->id, leader->refused, NULL, NULL);
    return NULL;
}

static int ended_well(pid_t child)
{
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The child must not wait for a refresh of the parent: its thread does not exist in the child. */
static void a_child_starts_without_flights(void)
{
    char place[64], params[256];
    struct leader leader = {new_client(), own("c-fork", place, sizeof place), "", NULL, 0};
    pthread_t thread;
    pid_t child;
    snprintf(leader.refused, sizeof leader.refused, "token-of-%s", leader.id);
    params_of(leader.id, params, sizeof params);
    import(leader.id, 2000, 0);
    pthread_create(&thread, NULL, leads, &leader);
    while (count("token_calls", leader.id) == 0)
        usleep(5000);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        nango_completion done;
        nango_queue *queue;
        alarm(20);
        leads(&leader);
        CHECK(leader.token && strcmp(leader.token, leader.refused) != 0);
        queue = nango_queue_new(NULL);
        CHECK(nango_queue_submit(queue, leader.client, "replace_token", params, NULL, 0, NULL));
        CHECK(nango_queue_next(queue, &done, 1, 10000) == 1);
        CHECK_TEXT(done.json, leader.token);
        nango_free_string(done.json);
        nango_error_free(done.error);
        nango_free_string(leader.token);
        nango_queue_free(queue);
        nango_client_free(leader.client);
        fflush(stdout);
        _exit(check_problems != 0);
    }
    CHECK(ended_well(child));
    pthread_join(thread, NULL);
    CHECK(leader.token && strcmp(leader.token, leader.refused) != 0);
    CHECK(count("token_calls", leader.id) == 1);
    nango_free_string(leader.token);
    nango_client_free(leader.client);
}

static void *replaces_until_over(void *context)
{
    struct leader *leader = context;
    while (!leader->over) {
        char *token =
            nango_replace_token(leader->client, "github", leader->id, leader->refused, NULL, NULL);
        CHECK_TEXT(token, "at-bob");
        nango_free_string(token);
    }
    return NULL;
}

/* Refreshes start and end all the time: no child inherits the lock that this takes for a moment. */
static void children_of_a_parent_that_replaces(void)
{
    struct leader leader = {new_client(), "bob", "an-older-token", NULL, 0};
    pthread_t threads[6];
    int i, round;
    for (i = 0; i < 6; i++)
        pthread_create(&threads[i], NULL, replaces_until_over, &leader);
    for (round = 0; round < 100; round++) {
        pid_t child;
        fflush(stdout);
        child = fork();
        if (child == 0) {
            alarm(20);
            leads(&leader);
            CHECK_TEXT(leader.token, "at-bob");
            nango_free_string(leader.token);
            nango_client_free(leader.client);
            fflush(stdout);
            _exit(check_problems != 0);
        }
        CHECK(ended_well(child));
    }
    leader.over = 1;
    for (i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
    nango_client_free(leader.client);
}

#endif

int main(int argc, char **argv)
{
    KEY = check_env("NANGO_SECRET_KEY");
    HOST = check_env("NANGO_HOST");
    curl_global_init(CURL_GLOBAL_DEFAULT);
    RUN(five_hundred_submitted_refresh_once);
    RUN(five_hundred_submitted_among_readers_refresh_once);
#ifndef __SANITIZE_ADDRESS__
    RUN(a_child_starts_without_flights);
    RUN(children_of_a_parent_that_replaces);
#endif
    curl_global_cleanup();
    return check_end();
}
