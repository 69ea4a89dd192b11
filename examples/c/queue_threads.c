/*
 * Makes many calls at once, with several threads that take completions. Each completion goes to one
 * thread. When the queue is closed, the threads return.
 *
 *     queue_threads PROVIDER_CONFIG_KEY CONNECTION_ID
 *
 *     cc queue_threads.c $(pkg-config --cflags --libs nango) -pthread -o queue_threads
 */
#include <pthread.h>
#include <stdio.h>

#include <nango.h>

enum { TAKERS = 4, CALLS = 200 };

static nango_queue *queue;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int under_way = CALLS, tokens;

/* The thread that takes the last completion closes the queue, so that the others return. */
static void taken(int count, int with_token)
{
    pthread_mutex_lock(&mutex);
    under_way -= count;
    tokens += with_token;
    if (under_way == 0)
        nango_queue_close(queue);
    pthread_mutex_unlock(&mutex);
}

static void *take(void *context)
{
    nango_completion done[8];
    size_t i, count;

    /* -1 waits until there is a completion, or the queue is closed and empty. */
    while ((count = nango_queue_next(queue, done, 8, -1)) > 0) {
        int with_token = 0;
        for (i = 0; i < count; i++) {
            with_token += done[i].json != NULL;
            nango_free_string(done[i].json);
            nango_error_free(done[i].error);
        }
        taken((int)count, with_token);
    }
    return context;
}

int main(int argc, char **argv)
{
    nango_options *options = nango_options_new_from_env(NULL);
    nango_client *client = nango_client_new_with_options(options, NULL);
    pthread_t takers[TAKERS];
    int i;

    queue = nango_queue_new(NULL);
    if (argc != 3 || !client || !queue) {
        fprintf(stderr,
                "usage: queue_threads PROVIDER_CONFIG_KEY CONNECTION_ID, "
                "with NANGO_HOST and NANGO_SECRET_KEY set\n");
        return 2;
    }
    for (i = 0; i < TAKERS; i++) {
        if (pthread_create(&takers[i], NULL, take, NULL) != 0)
            return 1;
    }
    for (i = 0; i < CALLS; i++) {
        if (!nango_queue_submit_get_token(queue, client, argv[1], argv[2], NULL, 0, NULL))
            taken(1, 0); /* not accepted: no completion follows */
    }
    for (i = 0; i < TAKERS; i++)
        pthread_join(takers[i], NULL);
    printf("%d calls, %d tokens\n", CALLS, tokens);

    nango_queue_free(queue); /* after every thread has returned */
    nango_client_free(client);
    nango_options_free(options);
    return 0;
}
