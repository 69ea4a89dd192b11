/*
 * Uses a queue in a libuv loop: the loop polls the queue's descriptor like any other.
 *
 *     queue_uv PROVIDER_CONFIG_KEY CONNECTION_ID…
 *
 *     cc queue_uv.c $(pkg-config --cflags --libs nango libuv) -o queue_uv
 */
#define _POSIX_C_SOURCE 200809L /* for uv.h */

#include <stdio.h>

#include <nango.h>
#include <uv.h>

struct app {
    nango_client *client;
    nango_queue *queue;
    uv_poll_t watcher;
    uv_timer_t clock;
    char **connections;
    int under_way;
};

/* Shows that the loop keeps running during the calls. */
static void on_tick(uv_timer_t *clock)
{
    (void)clock;
    puts("tick");
}

static void on_readable(uv_poll_t *watcher, int status, int events)
{
    struct app *app = watcher->data;
    nango_completion done[16];
    size_t i, count = nango_queue_next(app->queue, done, 16, 0);
    (void)status;
    (void)events;

    for (i = 0; i < count; i++) {
        printf("%s: %s\n", app->connections[done[i].user_data],
               done[i].error ? nango_code_name(nango_error_code(done[i].error)) : "a token");
        nango_free_string(done[i].json);
        nango_error_free(done[i].error);
    }
    app->under_way -= (int)count;
    if (app->under_way == 0) { /* no more completions: let the loop end */
        uv_close((uv_handle_t *)&app->watcher, NULL);
        uv_close((uv_handle_t *)&app->clock, NULL);
    }
}

int main(int argc, char **argv)
{
    nango_options *options = nango_options_new_from_env(NULL);
    struct app app;
    int i;

    app.client = nango_client_new_with_options(options, NULL);
    app.queue = nango_queue_new(NULL);
    app.connections = argv;
    app.under_way = 0;
    if (argc < 3 || !app.client || !app.queue) {
        fprintf(stderr,
                "usage: queue_uv PROVIDER_CONFIG_KEY CONNECTION_ID…, "
                "with NANGO_HOST and NANGO_SECRET_KEY set\n");
        return 2;
    }
    for (i = 2; i < argc; i++) {
        app.under_way += nango_queue_submit_get_token(app.queue, app.client, argv[1], argv[i], NULL,
                                                      (uint64_t)i, NULL) != 0;
    }

    uv_timer_init(uv_default_loop(), &app.clock);
    uv_timer_start(&app.clock, on_tick, 10, 10);
    uv_poll_init(uv_default_loop(), &app.watcher, nango_queue_fd(app.queue));
    app.watcher.data = &app;
    uv_poll_start(&app.watcher, UV_READABLE, on_readable);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    uv_loop_close(uv_default_loop());

    nango_queue_free(app.queue); /* after its watcher is closed */
    nango_client_free(app.client);
    nango_options_free(options);
    return 0;
}
