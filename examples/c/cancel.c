/*
 * Cancels a call that takes too long: a thread makes the call, and the main thread cancels it after
 * the given number of milliseconds. (If a time limit is enough, use
 * nango_call_options_set_timeout_ms(), which needs no second thread.)
 *
 *     cancel PROVIDER_CONFIG_KEY CONNECTION_ID MILLISECONDS
 *
 *     cc cancel.c $(pkg-config --cflags --libs nango) -pthread -o cancel
 */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <nango.h>

struct call {
    const nango_client *client;
    const nango_call_options *options;
    const char *integration, *connection;
    nango_error *error;
    char *token;
};

static void *run(void *context)
{
    struct call *call = context;
    call->token = nango_get_token(call->client, call->integration, call->connection, call->options,
                                  &call->error);
    return NULL;
}

int main(int argc, char **argv)
{
    nango_options *options = nango_options_new_from_env(NULL);
    nango_client *client = nango_client_new_with_options(options, NULL);
    nango_call_options *call_options = nango_call_options_new();
    nango_cancel *cancel = nango_cancel_new();
    struct call call = {NULL, NULL, NULL, NULL, NULL, NULL};
    struct timespec pause;
    pthread_t thread;
    long wait;

    if (argc != 4 || !client) {
        fprintf(stderr,
                "usage: cancel PROVIDER_CONFIG_KEY CONNECTION_ID MILLISECONDS, "
                "with NANGO_HOST and NANGO_SECRET_KEY set\n");
        return 2;
    }
    /* Any number of calls may share one handle, which cancels all of them. */
    nango_call_options_set_cancel(call_options, cancel);
    call.client = client;
    call.options = call_options;
    call.integration = argv[1];
    call.connection = argv[2];
    if (pthread_create(&thread, NULL, run, &call) != 0)
        return 1;

    wait = strtol(argv[3], NULL, 10);
    pause.tv_sec = wait / 1000;
    pause.tv_nsec = wait % 1000 * 1000000L;
    nanosleep(&pause, NULL);
    nango_cancel_trigger(cancel); /* harmless if the call has already returned */
    pthread_join(thread, NULL);

    if (call.token)
        puts("a token");
    else
        printf("%s\n", nango_code_name(nango_error_code(call.error)));
    nango_free_string(call.token);
    nango_error_free(call.error);
    nango_cancel_free(cancel);
    nango_call_options_free(call_options);
    nango_client_free(client);
    nango_options_free(options);
    return 0;
}
