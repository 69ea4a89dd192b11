/* libnango from C. Kinds: blocking, queue, list, fetch, create, memory. */
#define _GNU_SOURCE

#include <nango.h>

#include "bench.h"

static nango_client *client;

static nango_client *new_client(void)
{
    nango_error *error = NULL;
    nango_options *options = nango_options_new();
    nango_client *made;
    nango_options_set_base_url(options, url);
    nango_options_set_secret_key(options, KEY);
    nango_options_set_max_connections(options, in_flight > 256 ? (uint32_t)in_flight : 256);
    nango_options_set_idle_connections(options, in_flight > 8 ? (uint32_t)in_flight : 8);
    if (strncmp(url, "https", 5) == 0) {
        size_t length;
        char *pem = contents(authority_file, &length);
        nango_options_set_tls_roots(options, NANGO_TLS_ROOTS_CUSTOM_ONLY);
        nango_options_add_ca_pem(options, (const uint8_t *)pem, length);
        free(pem);
    }
    made = nango_client_new_with_options(options, &error);
    if (!made)
        fail(nango_error_message(error));
    nango_options_free(options);
    return made;
}

static void *shared_client(void)
{
    return client;
}

static void get_token(void *state)
{
    nango_error *error = NULL;
    char *token = nango_get_token(state, "github", "bob", NULL, &error);
    if (!token)
        fail(nango_error_message(error));
    nango_free_string(token);
}

/* Fetches the list as one text. */
static void fetch(void *state)
{
    nango_error *error = NULL;
    char *json = nango_list_connections_json(state, NULL, NULL, &error);
    if (!json)
        fail(nango_error_message(error));
    nango_free_string(json);
}

static void list(void *state)
{
    nango_error *error = NULL;
    char *json = nango_list_connections_json(state, NULL, NULL, &error), *item;
    nango_json_items *items = json ? nango_json_items_new(json, "/connections") : NULL;
    int count = 0;
    if (!json)
        fail(nango_error_message(error));
    while ((item = nango_json_items_next(items)) != NULL) {
        nango_free_string(item);
        count++;
    }
    if (count != 10000)
        fail("not 10 000 connections");
    nango_json_items_free(items);
    nango_free_string(json);
}

/* One thread keeps in_flight calls in flight. */
static void queue(void)
{
    static const char params[] = "{\"provider_config_key\":\"github\",\"connection_id\":\"bob\"}";
    nango_error *error = NULL;
    nango_queue *queue = nango_queue_new(&error);
    nango_completion done[64];
    int round;
    for (round = 0; round < 2; round++) {
        int total = round ? calls : in_flight * 2 + 20, submitted = 0, taken = 0;
        double *begins = calloc((size_t)total, sizeof *begins);
        if (round)
            start();
        while (taken < total) {
            size_t count = 0, i;
            for (; submitted < total && submitted - taken < in_flight; submitted++) {
                begins[submitted] = now();
                if (!nango_queue_submit(queue, client, "get_token", params, NULL,
                                        (uint64_t)submitted, &error))
                    fail(nango_error_message(error));
            }
            count = nango_queue_next(queue, done, 64, -1);
            for (i = 0; i < count; i++) {
                if (!done[i].json)
                    fail(nango_error_message(done[i].error));
                if (round)
                    times[taken] = now() - begins[done[i].user_data];
                nango_free_string(done[i].json);
                taken++;
            }
        }
        free(begins);
    }
    report();
    nango_queue_free(queue);
}

int main(int count, char **values)
{
    arguments(count, values);
    if (strcmp(kind, "create") == 0) {
        int i;
        start();
        for (i = 0; i < calls; i++) {
            double before = now();
            nango_client_free(new_client());
            times[i] = now() - before;
        }
        report();
        return 0;
    }
    if (strcmp(kind, "memory") == 0) {
        long before = resident("VmRSS:"), anonymous = resident("RssAnon:");
        client = new_client();
        get_token(client);
        printf("{\"kb\": %ld, \"own\": %ld}\n", resident("VmRSS:") - before,
               resident("RssAnon:") - anonymous);
        return 0;
    }
    client = new_client();
    if (strcmp(kind, "queue") == 0)
        queue();
    else
        run_callers(shared_client, strcmp(kind, "list") == 0    ? list
                                   : strcmp(kind, "fetch") == 0 ? fetch
                                                                : get_token);
    nango_client_free(client);
    return 0;
}
