/*
 * Leaks: a client that is freed while its call is in progress, and a thousand clients that are
 * created and freed. `memory [CLIENTS]`, in the environment of nango-dev --tls-port 0.
 */
#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <pthread.h>

#include "dev.h"

static const char *KEY, *HOST;
static int clients = 1000;

static int open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = -1; /* without the descriptor of the folder itself */
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

/* How many requests the server is processing, without this one. */
static long in_flight(void)
{
    char *state = dev_ask("GET", "/_dev/state", NULL),
         *number = nango_json_get(state, "/in_flight");
    long count = number ? strtol(number, NULL, 10) : -1;
    nango_free_string(number);
    free(state);
    return count;
}

static int wait_until_in_flight(long wanted)
{
    const struct timespec pause = {0, 5000000L};
    int i;
    for (i = 0; i < 2000; i++) {
        if (in_flight() == wanted)
            return 1;
        nanosleep(&pause, NULL);
    }
    return 0;
}

/* Delays the next answer for bob. */
static void be_late(void)
{
    free(dev_ask("POST", "/_dev/faults",
                 "{\"connection\": \"bob\", \"times\": 1, \"delay_ms\": 700}"));
}

struct call {
    nango_client *client;
    nango_call_options *options;
    nango_pager *pager;
    char *text;
    nango_error *error;
};

static void *get_token(void *context)
{
    struct call *call = (struct call *)context;
    call->text = nango_get_token(call->client, "github", "bob", call->options, &call->error);
    return NULL;
}

static void freed_while_a_call_runs(void)
{
    struct call call = {NULL, NULL, NULL, NULL, NULL};
    nango_cancel *cancel = nango_cancel_new();
    pthread_t thread;
    call.client = nango_client_new(HOST, KEY, NULL);
    call.options = nango_call_options_new();
    nango_call_options_set_cancel(call.options, cancel);
    CHECK(wait_until_in_flight(0));
    be_late();
    pthread_create(&thread, NULL, get_token, &call);
    /* The server has received the request, and has not answered. */
    CHECK(wait_until_in_flight(1));
    nango_client_free(call.client);
    nango_call_options_free(call.options);
    nango_cancel_free(cancel);
    CHECK(in_flight() == 1);
    pthread_join(thread, NULL);
    CHECK_TEXT(call.text, "at-bob");
    CHECK(!call.error);
    nango_free_string(call.text);
}

static void freed_with_a_ticket_in_flight(void)
{
    static const char params[] = "{\"provider_config_key\":\"github\",\"connection_id\":\"bob\"}";
    nango_queue *queue = nango_queue_new(NULL);
    nango_client *client = nango_client_new(HOST, KEY, NULL);
    nango_call_options *options = nango_call_options_new();
    nango_completion done;
    CHECK(wait_until_in_flight(0));
    be_late();
    CHECK(nango_queue_submit(queue, client, "get_token", params, options, 7, NULL));
    CHECK(wait_until_in_flight(1));
    nango_client_free(client);
    nango_call_options_free(options);
    CHECK(in_flight() == 1);
    if (CHECK(nango_queue_next(queue, &done, 1, 10000) == 1)) {
        CHECK_TEXT(done.json, "at-bob");
        nango_free_string(done.json);
        nango_error_free(done.error);
    }

    /* Freeing the queue drops its ticket and closes the connection. */
    client = nango_client_new(HOST, KEY, NULL);
    be_late();
    CHECK(nango_queue_submit(queue, client, "get_token", params, NULL, 8, NULL));
    CHECK(wait_until_in_flight(1));
    nango_queue_free(queue);
    nango_client_free(client);
    CHECK(wait_until_in_flight(0));
}

/* The library's thread closes descriptors a moment later. */
static int back_to(int descriptors)
{
    const struct timespec pause = {0, 10000000L};
    int i;
    for (i = 0; i < 300 && open_descriptors() > descriptors; i++)
        nanosleep(&pause, NULL);
    if (open_descriptors() <= descriptors)
        return 1;
    printf("  %d descriptors instead of %d\n", open_descriptors(), descriptors);
    return 0;
}

static int one_call(nango_client *client)
{
    char *token = nango_get_token(client, "github", "bob", NULL, NULL);
    int fine = token && strcmp(token, "at-bob") == 0;
    nango_free_string(token);
    return fine;
}

static void clients_come_and_go(void)
{
    nango_client *first = nango_client_new(HOST, KEY, NULL);
    int i, before, fine = 0;
    /* Create now what the library creates once per process. */
    CHECK(one_call(first));
    nango_client_free(first);
    before = open_descriptors();
    for (i = 0; i < clients; i++) {
        nango_client *client = nango_client_new(HOST, KEY, NULL);
        fine += one_call(client);
        nango_client_free(client);
    }
    CHECK(fine == clients);
    CHECK(back_to(before));
    printf("  %d clients, a call each: %d descriptors before, %d after\n", clients, before,
           open_descriptors());
}

static void queues_come_and_go(void)
{
    static const char params[] = "{\"provider_config_key\":\"github\",\"connection_id\":\"bob\"}";
    nango_queue *first = nango_queue_new(NULL);
    int i, before, fine = 0;
    nango_queue_free(first);
    before = open_descriptors();
    for (i = 0; i < clients; i++) {
        nango_client *client = nango_client_new(HOST, KEY, NULL);
        nango_queue *queue = nango_queue_new(NULL);
        nango_completion done;
        nango_queue_submit(queue, client, "get_token", params, NULL, 1, NULL);
        nango_client_free(client);
        if (nango_queue_next(queue, &done, 1, 10000) == 1) {
            fine += done.json != NULL;
            nango_free_string(done.json);
            nango_error_free(done.error);
        }
        nango_queue_free(queue);
    }
    CHECK(fine == clients);
    CHECK(back_to(before));
    printf("  %d queues and clients, a ticket each: %d descriptors before, %d after\n", clients,
           before, open_descriptors());
}

int main(int argc, char **argv)
{
    if (argc > 1)
        clients = atoi(argv[1]);
    argc = 1;
    KEY = check_env("NANGO_SECRET_KEY");
    HOST = check_env("NANGO_HOST");
    curl_global_init(CURL_GLOBAL_DEFAULT);
    RUN(freed_while_a_call_runs);
    RUN(freed_with_a_ticket_in_flight);
    RUN(clients_come_and_go);
    RUN(queues_come_and_go);
    curl_global_cleanup();
    return check_end();
}
