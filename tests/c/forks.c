/*
 * Forks repeatedly while threads use a handle. Whatever the threads are doing, the child uses and
 * frees that handle, and none hangs on an inherited lock. In the environment of
 * nango-dev --tls-port 0. NANGO_TEST_FORKS: how many forks for each kind of handle (150).
 */
#define _DEFAULT_SOURCE

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "host.h"
#include "peer.h"

/* A child may inherit AddressSanitizer's allocator in the locked state. */
#ifndef __SANITIZE_ADDRESS__

enum { THREADS = 4, CHILDREN = 8 };

/* One handle of each type. Calls of these clients reach no server, and end immediately. */
static struct {
    nango_options *options;
    nango_client *client;
    nango_cancel *cancel, *triggered;
    nango_call_options *call, *cancelled;
    nango_pager *pager;
    nango_queue *queue;
    nango_error *error;
    nango_json_items *items;
} shared;
static atomic_int over;
static atomic_long uses;

/* Long, so that copying a pager takes a while. */
static char *many_integrations(void)
{
    char *filter = malloc(1 << 16), *end = filter + sprintf(filter, "{\"integration_id\": [\"a\"");
    int i;
    for (i = 0; i < 400; i++)
        end += sprintf(end, ", \"github-%d\"", i % 10);
    strcpy(end, "]}");
    return filter;
}

static void make_all(void)
{
    char nobody[64], *filter = many_integrations();
    nango_error *error = NULL;
    peer_nobody(nobody, sizeof nobody);
    shared.options = nango_options_new();
    nango_options_set_base_url(shared.options, nobody);
    nango_options_set_secret_key(shared.options, KEY);
    nango_options_set_max_retries(shared.options, 0);
    nango_options_set_events(shared.options, 16);
    shared.client = nango_client_new_with_options(shared.options, NULL);
    shared.cancel = nango_cancel_new();
    shared.triggered = nango_cancel_new();
    nango_cancel_trigger(shared.triggered);
    shared.call = nango_call_options_new();
    nango_call_options_set_cancel(shared.call, shared.cancel);
    shared.cancelled = nango_call_options_new();
    nango_call_options_set_cancel(shared.cancelled, shared.triggered);
    shared.pager =
        nango_pager_new(shared.client, "list_connections", filter, 10, shared.cancelled, NULL);
    CHECK(shared.pager != NULL);
    free(filter);
    shared.queue = nango_queue_new(NULL);
    CHECK(nango_queue_fd(shared.queue) >= 0);
    free(nango_get_token(shared.client, "github", "bob", NULL, &error));
    shared.error = error;
    CHECK(nango_error_code(error) == NANGO_ERROR_CONNECT);
}

static void free_all(void)
{
    nango_error_free(shared.error);
    nango_queue_free(shared.queue);
    nango_pager_free(shared.pager);
    nango_call_options_free(shared.cancelled);
    nango_call_options_free(shared.call);
    nango_cancel_free(shared.triggered);
    nango_cancel_free(shared.cancel);
    nango_client_free(shared.client);
    nango_options_free(shared.options);
}

static nango_code token_code(const nango_client *client, const nango_call_options *options)
{
    nango_error *error = NULL;
    nango_code code;
    nango_free_string(nango_get_token(client, "github", "bob", options, &error));
    code = nango_error_code(error);
    nango_error_free(error);
    return code;
}

/* The threads run one of these functions, and a child runs it first. */

static void use_options(void)
{
    nango_client *client = nango_client_new_with_options(shared.options, NULL);
    nango_options *own = nango_options_new_from_env(NULL);
    CHECK(client && own);
    CHECK(nango_options_set_proxy(own, "http://127.0.0.1:1") == NANGO_OK);
    nango_options_free(own);
    nango_client_free(client);
}

static void use_client(void)
{
    CHECK(token_code(shared.client, NULL) == NANGO_ERROR_CONNECT);
}

static void use_call_options(void)
{
    nango_call_options *own = nango_call_options_new();
    nango_call_options_set_cancel(own, shared.triggered);
    CHECK(nango_call_options_set_header(own, "traceparent", "00-00-00-00") == NANGO_OK);
    CHECK(token_code(shared.client, own) == NANGO_ERROR_CANCELLED);
    nango_call_options_free(own);
    CHECK(token_code(shared.client, shared.cancelled) == NANGO_ERROR_CANCELLED);
}

static void use_cancel(void)
{
    nango_code code = token_code(shared.client, shared.call);
    CHECK(code == NANGO_ERROR_CONNECT || code == NANGO_ERROR_CANCELLED);
    nango_cancel_trigger(shared.cancel);
    nango_cancel_trigger(shared.cancel);
    CHECK(token_code(shared.client, shared.call) == NANGO_ERROR_CANCELLED);
}

static void use_pager(void)
{
    nango_error *error = NULL;
    nango_free_string(nango_pager_next_json(shared.pager, &error));
    CHECK(nango_error_code(error) == NANGO_ERROR_CANCELLED);
    nango_error_free(error);
}

static void use_queued_pager(void)
{
    nango_queue *own = nango_queue_new(NULL);
    nango_completion done;
    CHECK(nango_queue_submit_page(own, shared.pager, 7, NULL) != 0);
    if (CHECK(nango_queue_next(own, &done, 1, 20000) == 1)) {
        CHECK(nango_error_code(done.error) == NANGO_ERROR_CANCELLED && done.user_data == 7);
        nango_error_free(done.error);
    }
    nango_queue_free(own);
}

static void use_events(void)
{
    int taken = 0;
    char *event;
    CHECK(token_code(shared.client, NULL) == NANGO_ERROR_CONNECT);
    while (taken++ < 32 && (event = nango_client_next_event_json(shared.client)))
        nango_free_string(event);
}

/* The process that owns the queue makes the calls; in a child, they fail immediately. */
static pid_t owner;

/* Waits until the library's thread has processed everything that was submitted. */
static void catch_up(void)
{
    nango_completion done;
    nango_queue *own = nango_queue_new(NULL);
    CHECK(nango_queue_submit(own, shared.client, "get_token", BOB, shared.call, 0, NULL) != 0);
    CHECK(nango_queue_next(own, &done, 1, -1) == 1);
    nango_error_free(done.error);
    nango_queue_free(own);
}

static void use_queue(void)
{
    static _Thread_local unsigned turns;
    nango_completion done[8];
    nango_error *error = NULL;
    size_t i, count;
    uint64_t ticket =
        nango_queue_submit(shared.queue, shared.client, "get_token", BOB, shared.call, 0, &error);
    CHECK(!ticket == (getpid() != owner));
    CHECK(ticket || nango_error_code(error) == NANGO_ERROR_WRONG_PROCESS);
    nango_error_free(error);
    CHECK((nango_queue_fd(shared.queue) < 0) == (getpid() != owner));
    nango_queue_cancel(shared.queue, ticket);
    count = nango_queue_next(shared.queue, done, 8, 0);
    for (i = 0; i < count; i++) {
        nango_free_string(done[i].json);
        nango_error_free(done[i].error);
    }
    if (getpid() != owner) {
        catch_up();
        nango_queue_close(shared.queue);
    } else if (++turns % 64 == 0) {
        /* Submitting and cancelling is faster than the thread that completes the calls. */
        catch_up();
    }
}

/* Functions that only read, and the counters. */
static void use_the_rest(void)
{
    nango_json_items *items = nango_json_items_new("[1, 2]", NULL);
    nango_free_string(nango_json_items_next(items));
    nango_json_items_free(items);
    CHECK(nango_live_objects() > 0);
    CHECK(nango_error_code(shared.error) == NANGO_ERROR_CONNECT);
    CHECK_HOLDS(nango_error_message(shared.error), "cannot connect to");
}

static void *uses_until_over(void *context)
{
    void (*use)(void) = *(void (**)(void))context;
    while (!over) {
        use();
        uses++;
    }
    return NULL;
}

/* Counts the children that hung, and those that failed otherwise. */
static void wait_for(const pid_t *children, int count, int *hung, int *failed)
{
    int i, status;
    for (i = 0; i < count; i++) {
        while (waitpid(children[i], &status, 0) == -1 && errno == EINTR)
            continue;
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
            ++*hung;
        else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            ++*failed;
    }
}

static void fork_into(const char *name, void (*use)(void))
{
    const long forks = setting("NANGO_TEST_FORKS", 150);
    pthread_t threads[THREADS];
    pid_t children[CHILDREN];
    int i, count = 0, hung = 0, failed = 0;
    long done;
    over = 0;
    uses = 0;
    owner = getpid();
    make_all();
    for (i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, uses_until_over, &use);
    while (uses < 2 * THREADS)
        usleep(100);
    for (done = 0; done < forks; done++) {
        fflush(stdout);
        children[count] = fork();
        if (children[count] == 0) {
            check_problems = 0;
            alarm(20);
            use();
            use();
            free_all();
            fflush(stdout);
            _exit(check_problems != 0);
        }
        if (++count == CHILDREN) {
            wait_for(children, count, &hung, &failed);
            count = 0;
        }
    }
    wait_for(children, count, &hung, &failed);
    over = 1;
    for (i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    free_all();
    printf("  %s: %ld forks, %ld uses meanwhile; hung %d, failed %d\n", name, forks, uses, hung,
           failed);
    CHECK(hung == 0 && failed == 0);
}

#define FORKS_INTO(handle)                \
    static void forks_into_##handle(void) \
    {                                     \
        fork_into(#handle, use_##handle); \
    }

FORKS_INTO(options)
FORKS_INTO(client)
FORKS_INTO(call_options)
FORKS_INTO(cancel)
FORKS_INTO(pager)
FORKS_INTO(queued_pager)
FORKS_INTO(events)
FORKS_INTO(queue)
FORKS_INTO(the_rest)

#endif

static void is_built(void)
{
    CHECK(nango_live_objects() == 0);
}

int main(int argc, char **argv)
{
    read_environment();
    RUN(is_built);
#ifndef __SANITIZE_ADDRESS__
    RUN(forks_into_options);
    RUN(forks_into_client);
    RUN(forks_into_call_options);
    RUN(forks_into_cancel);
    RUN(forks_into_pager);
    RUN(forks_into_queued_pager);
    RUN(forks_into_events);
    RUN(forks_into_queue);
    RUN(forks_into_the_rest);
#endif
    return check_end();
}
