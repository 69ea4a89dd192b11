/*
 * The library as part of a plugin: loaded, used, unloaded and loaded again; and twice in one
 * process. `load LIBRARY COPY`, in the environment of nango-dev.
 */
#define _GNU_SOURCE

#include "api.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../c/peer.h"

static const char *library, *copy;

static int threads(void)
{
    char line[256];
    int count = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        sscanf(line, "Threads: %d", &count);
    if (status)
        fclose(status);
    return count;
}

static void loaded_used_unloaded_and_again(void)
{
    struct api api;
    int round;
    CHECK(!dlsym(RTLD_DEFAULT, "nango_version"));
    for (round = 0; round < 3; round++) {
        if (!api_load(&api, library))
            return;
        CHECK_TEXT(api.version(), NANGO_VERSION);
        CHECK(!dlsym(RTLD_DEFAULT, "nango_version")); /* it stays local */
        CHECK(api_use(&api));
        CHECK(dlclose(api.handle) == 0);
    }
}

/* The queue's thread is running and a ticket is in flight: unloading must not unmap the code. */
static void unloaded_while_a_ticket_flies(void)
{
    static const char params[] = "{\"provider_config_key\":\"github\",\"connection_id\":\"bob\"}";
    const struct timespec a_moment = {0, 100000000L};
    struct api api, again;
    struct peer silent;
    nango_client *client;
    nango_queue *queue;
    nango_completion done;
    uint64_t ticket;
    peer_start(&silent, PEER_SILENT, NULL);
    if (!api_load(&api, library))
        return;
    client = api.client_new(silent.url, "a-secret-key", NULL);
    queue = api.queue_new(NULL);
    ticket = api.queue_submit(queue, client, "get_token", params, NULL, 9, NULL);
    CHECK(ticket && peer_was_called(&silent, 5000));
    CHECK(threads() == 2);
    CHECK(dlclose(api.handle) == 0);
    nanosleep(&a_moment, NULL);
    CHECK(threads() == 2);
    if (!api_load(&again, library))
        return;
    /* The library stayed loaded: the objects from before still exist. */
    CHECK(again.get_token == api.get_token && again.live_objects() == 2);
    again.queue_cancel(queue, ticket);
    CHECK(again.queue_next(queue, &done, 1, 2000) == 1 && done.user_data == 9 &&
          again.error_code(done.error) == NANGO_ERROR_CANCELLED);
    again.error_free(done.error);
    again.client_free(client);
    client = again.client_new(check_env("NANGO_HOST"), check_env("NANGO_SECRET_KEY"), NULL);
    CHECK(api_ticket(&again, client, queue));
    again.queue_free(queue);
    again.client_free(client);
    CHECK(again.live_objects() == 0);
    CHECK(dlclose(again.handle) == 0);
    peer_stop(&silent);
}

struct both {
    const struct api *api;
    int failures;
};

static void *use_often(void *context)
{
    struct both *both = (struct both *)context;
    int i;
    for (i = 0; i < 50; i++)
        both->failures += !api_use(both->api);
    return NULL;
}

/* As when each of two plugins bundles the library. */
static void two_copies_in_one_process(void)
{
    struct api one, other;
    struct both each[2];
    pthread_t thread[2];
    nango_client *client;
    pid_t child;
    int i, status = -1;
    if (!api_load(&one, library) || !api_load(&other, copy))
        return;
    CHECK(one.get_token != other.get_token);
    CHECK(api_use(&one) && api_use(&other));
    /* Each has its own objects. */
    client = one.client_new(check_env("NANGO_HOST"), check_env("NANGO_SECRET_KEY"), NULL);
    CHECK(one.live_objects() == 1 && other.live_objects() == 0);
    one.client_free(client);
    each[0].api = &one;
    each[1].api = &other;
    for (i = 0; i < 2; i++) {
        each[i].failures = 0;
        pthread_create(&thread[i], NULL, use_often, &each[i]);
    }
    for (i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    CHECK(each[0].failures == 0 && each[1].failures == 0);
    /* Each detects a fork separately. */
    fflush(stdout);
    child = fork();
    if (child == 0)
        _exit(!api_use(&one) || !api_use(&other));
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(api_use(&one) && api_use(&other));
    CHECK(dlclose(one.handle) == 0 && api_use(&other));
    CHECK(dlclose(other.handle) == 0);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s LIBRARY COPY [TEST…]\n", argv[0]);
        return 2;
    }
    library = argv[1];
    copy = argv[2];
    argc -= 2;
    argv += 2;
    RUN(loaded_used_unloaded_and_again);
    RUN(unloaded_while_a_ticket_flies);
    RUN(two_copies_in_one_process);
    return check_end();
}
