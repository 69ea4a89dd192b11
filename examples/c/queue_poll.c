/*
 * Makes many calls at once from one thread that polls: submits a call for each connection, waits
 * with poll(), where the program can wait for other descriptors too, and takes the completions.
 *
 *     queue_poll PROVIDER_CONFIG_KEY CONNECTION_ID…
 *
 *     cc queue_poll.c $(pkg-config --cflags --libs nango) -o queue_poll
 */
#define _POSIX_C_SOURCE 200809L

#include <poll.h>
#include <stdio.h>

#include <nango.h>

static uint64_t submit(const nango_queue *queue, const nango_client *client,
                       const char *integration, const char *connection, uint64_t which)
{
    nango_error *error = NULL;
    uint64_t ticket =
        nango_queue_submit_get_token(queue, client, integration, connection, NULL, which, &error);
    if (!ticket) { /* no completion follows */
        fprintf(stderr, "%s: %s\n", connection, nango_error_message(error));
        nango_error_free(error);
    }
    return ticket;
}

static void print(nango_completion *done, const char *connection)
{
    if (done->error)
        printf("%s: %s\n", connection, nango_code_name(nango_error_code(done->error)));
    else
        printf("%s: a token\n", connection);
    nango_free_string(done->json); /* the program owns both; NULL is allowed */
    nango_error_free(done->error);
}

int main(int argc, char **argv)
{
    nango_options *options = nango_options_new_from_env(NULL);
    nango_client *client = nango_client_new_with_options(options, NULL);
    nango_queue *queue = nango_queue_new(NULL);
    nango_completion done[16];
    struct pollfd watched[1];
    int i, under_way = 0;

    if (argc < 3 || !client || !queue) {
        fprintf(stderr,
                "usage: queue_poll PROVIDER_CONFIG_KEY CONNECTION_ID…, "
                "with NANGO_HOST and NANGO_SECRET_KEY set\n");
        return 2;
    }
    for (i = 2; i < argc; i++)
        under_way += submit(queue, client, argv[1], argv[i], (uint64_t)i) != 0;

    watched[0].fd = nango_queue_fd(queue); /* for waiting only: never read from it */
    watched[0].events = POLLIN;
    while (under_way > 0 && poll(watched, 1, -1) >= 0) {
        size_t n, count = nango_queue_next(queue, done, 16, 0);
        for (n = 0; n < count; n++)
            print(&done[n], argv[done[n].user_data]);
        under_way -= (int)count;
    }

    nango_queue_free(queue);
    nango_client_free(client);
    nango_options_free(options);
    return 0;
}
