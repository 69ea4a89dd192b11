/*
 * Calls while a thread or the process ends, from exit handlers and destructors: each works or fails
 * with INTERNAL, none panics, and nothing is written to standard error. In the environment of
 * nango-dev --tls-port 0.
 */
#define _DEFAULT_SOURCE

#include <pthread.h>

#include "host.h"
#include "peer.h"

/* AddressSanitizer ends the process differently. */
#ifndef __SANITIZE_ADDRESS__

static nango_client *plain, *tls, *warned;
static nango_queue *queue;
static nango_pager *pager;
static nango_cancel *cancel;
static int answered, refused;

/* Checks that a call worked, or failed with INTERNAL because it came too late; frees its error. */
static void takes(const char *what, nango_error *error)
{
    nango_code code = nango_error_code(error);
    if (code == NANGO_OK)
        answered++;
    else if (code == NANGO_ERROR_INTERNAL && strstr(nango_error_message(error), "exiting"))
        refused++;
    else
        CHECK_TEXT(nango_error_message(error), what);
    nango_error_free(error);
}

static void completes(const char *what, nango_queue *of, const nango_client *client)
{
    nango_error *error = NULL;
    nango_completion done;
    uint64_t ticket = nango_queue_submit(of, client, "get_token", BOB, NULL, 1, &error);
    takes(what, error);
    if (!ticket)
        return;
    if (CHECK(nango_queue_next(of, &done, 1, 20000) == 1)) {
        nango_free_string(done.json);
        takes(what, done.error);
    }
}

/* Makes every kind of call, with objects that were used before and with new ones. */
static void call_everything(void)
{
    nango_error *error = NULL;
    nango_client *late;
    nango_queue *new_queue;
    nango_pager *walk;
    nango_options *options;
    nango_call_options *call = nango_call_options_new();
    nango_free_string(nango_get_token(plain, "github", "bob", NULL, &error));
    takes("plain", error);
    nango_free_string(nango_get_connection_json(tls, "github", "bob", NULL, &error));
    takes("tls", error);
    nango_free_string(nango_pager_next_json(pager, &error));
    takes("pager", error);
    nango_client_warm_up(warned, &error);
    takes("warm_up", error);
    nango_free_string(nango_client_next_event_json(warned));
    completes("queue", queue, plain);
    completes("queue, TLS", queue, tls);
    CHECK(nango_queue_fd(queue) >= 0);
    new_queue = nango_queue_new(&error);
    takes("new queue", error);
    completes("new queue's", new_queue, tls);
    late = client_with(TLS_HOST, 20000, 2);
    completes("new client's", new_queue, late);
    nango_call_options_set_cancel(call, cancel);
    nango_free_string(nango_get_token(late, "github", "bob", call, &error));
    takes("new client", error);
    walk = nango_pager_new(late, "list_connections", NULL, 0, call, &error);
    takes("new pager", error);
    if (CHECK(nango_queue_submit_page(new_queue, walk, 0, &error) != 0)) {
        nango_completion done;
        CHECK(nango_queue_next(new_queue, &done, 1, 20000) == 1);
        nango_free_string(done.json);
        takes("page", done.error);
    }
    nango_cancel_trigger(cancel);
    options = nango_options_new_from_env(&error);
    takes("options", error);
    nango_options_free(options);
    nango_pager_free(walk);
    nango_client_free(late);
    nango_queue_close(new_queue);
    nango_queue_free(new_queue);
    nango_call_options_free(call);
    nango_queue_free(queue);
    nango_pager_free(pager);
    nango_cancel_free(cancel);
    nango_client_free(warned);
    nango_client_free(tls);
    nango_client_free(plain);
    CHECK(nango_live_objects() == 0);
}

static void make_them(void)
{
    nango_options *options = nango_options_new();
    nango_options_set_base_url(options, HOST);
    nango_options_set_secret_key(options, KEY);
    nango_options_set_events(options, 8);
    warned = nango_client_new_with_options(options, NULL);
    nango_options_free(options);
    plain = client_with(HOST, 20000, 8);
    tls = client_with(TLS_HOST, 20000, 8);
    queue = nango_queue_new(NULL);
    pager = nango_pager_new(plain, "list_connections", NULL, 1, NULL, NULL);
    cancel = nango_cancel_new();
}

static void use_them(void)
{
    CHECK(token_of_bob(plain, NULL) == NANGO_OK && token_of_bob(tls, NULL) == NANGO_OK);
    CHECK(queued_token_of_bob(queue, plain) == NANGO_OK);
    CHECK(queued_token_of_bob(queue, tls) == NANGO_OK);
}

/* Runs last, and reports the result. */
static void report(void)
{
    printf("  %d calls answered, %d refused\n", answered, refused);
    CHECK(answered > 0);
    fflush(stdout);
    if (check_problems)
        _exit(1);
}

static void at_exit(void)
{
    call_everything();
    report();
}

static void exits_after_calls(void)
{
    make_them();
    use_them();
    atexit(at_exit);
    exit(0);
}

static void exits_before_any_call(void)
{
    make_them();
    atexit(at_exit);
    exit(0);
}

static pthread_key_t key;

static void at_thread_exit(void *value)
{
    (void)value;
    call_everything();
}

static void *ends_after_calls(void *context)
{
    pthread_setspecific(key, context);
    use_them();
    return NULL;
}

static void *ends_before_any_call(void *context)
{
    pthread_setspecific(key, context);
    return NULL;
}

static void thread_that(void *(*main)(void *))
{
    pthread_t thread;
    pthread_key_create(&key, at_thread_exit);
    make_them();
    pthread_create(&thread, NULL, main, &key);
    pthread_join(thread, NULL);
    report();
    exit(0);
}

static void thread_ends_after_calls(void)
{
    thread_that(ends_after_calls);
}

static void thread_ends_before_any_call(void)
{
    thread_that(ends_before_any_call);
}

/* Runs the program in a child, which must succeed and write nothing to standard error. */
static void expect_silence(void (*program)(void))
{
    FILE *written = tmpfile();
    char text[4096] = "";
    pid_t child;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        dup2(fileno(written), 2);
        alarm(120);
        check_problems = 0;
        program();
    }
    CHECK(ended_well(child));
    rewind(written);
    text[fread(text, 1, sizeof text - 1, written)] = '\0';
    CHECK_TEXT(text, "");
    fclose(written);
}

static void calls_from_an_exit_handler(void)
{
    expect_silence(exits_before_any_call);
    expect_silence(exits_after_calls);
}

static void calls_from_a_threads_destructor(void)
{
    expect_silence(thread_ends_before_any_call);
    expect_silence(thread_ends_after_calls);
}

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
    RUN(calls_from_an_exit_handler);
    RUN(calls_from_a_threads_destructor);
#endif
    return check_end();
}
