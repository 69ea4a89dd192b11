/*
 * Shares one client between many threads: each fetches tokens over the client's open connections.
 *
 *     threads PROVIDER_CONFIG_KEY CONNECTION_ID
 *
 *     cc threads.c $(pkg-config --cflags --libs nango) -pthread -o threads
 */
#include <pthread.h>
#include <stdio.h>

#include <nango.h>

enum { THREADS = 8, CALLS = 20 };

struct work {
    const nango_client *client; /* const: any number of threads may use it */
    const char *integration, *connection;
    int tokens;
};

static void *run(void *context)
{
    struct work *work = context;
    int i;
    for (i = 0; i < CALLS; i++) {
        /* Each call has its own error: there is no last error that a thread could overwrite. */
        nango_error *error = NULL;
        char *token =
            nango_get_token(work->client, work->integration, work->connection, NULL, &error);
        if (token)
            work->tokens++;
        else
            fprintf(stderr, "error: %s\n", nango_error_message(error));
        nango_free_string(token);
        nango_error_free(error);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    nango_options *options = nango_options_new_from_env(NULL);
    nango_client *client = nango_client_new_with_options(options, NULL);
    struct work work[THREADS];
    pthread_t threads[THREADS];
    int i, tokens = 0;

    if (argc != 3 || !client) {
        fprintf(stderr,
                "usage: threads PROVIDER_CONFIG_KEY CONNECTION_ID, "
                "with NANGO_HOST and NANGO_SECRET_KEY set\n");
        return 2;
    }
    for (i = 0; i < THREADS; i++) {
        struct work mine = {client, argv[1], argv[2], 0};
        work[i] = mine;
        if (pthread_create(&threads[i], NULL, run, &work[i]) != 0)
            return 1;
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        tokens += work[i].tokens;
    }
    printf("%d threads fetched %d tokens\n", THREADS, tokens);

    nango_client_free(client); /* when no thread can start a call */
    nango_options_free(options);
    return tokens == THREADS * CALLS ? 0 : 1;
}
