/*
 * Prints all connections of the environment, page by page: id, integration, and any problem.
 *
 *     list [INTEGRATION]
 *
 *     cc list.c $(pkg-config --cflags --libs nango) -o list
 */
#include <stdio.h>

#include <nango.h>

static void print_connection(const char *connection)
{
    char *id = nango_json_get(connection, "/connection_id");
    char *integration = nango_json_get(connection, "/provider_config_key");
    char *problem = nango_json_get(connection, "/errors/0/type"); /* NULL if there is none */

    /* A hint: an outage of the provider looks the same as a revoked grant. */
    if (nango_connection_has_auth_error(connection))
        printf("%-24s %-16s offer to reconnect\n", id, integration);
    else
        printf("%-24s %-16s %s\n", id, integration, problem ? problem : "ok");
    nango_free_string(problem);
    nango_free_string(integration);
    nango_free_string(id);
}

int main(int argc, char **argv)
{
    nango_error *error = NULL;
    nango_options *options = nango_options_new_from_env(&error);
    nango_client *client = options ? nango_client_new_with_options(options, &error) : NULL;
    nango_pager *pager = NULL;
    nango_params *filter = nango_params_new(); /* escapes what JSON requires */
    char *page, *connection;
    int code = 0;

    if (argc > 1)
        nango_params_set_text(filter, "integration_id", argv[1]);
    if (client)
        pager =
            nango_pager_new(client, "list_connections", nango_params_json(filter), 0, NULL, &error);
    nango_params_free(filter);

    while (pager && (page = nango_pager_next_json(pager, &error)) != NULL) {
        nango_json_items *items = nango_json_items_new(page, "/connections");
        while ((connection = nango_json_items_next(items)) != NULL) {
            print_connection(connection);
            nango_free_string(connection);
        }
        nango_json_items_free(items);
        nango_free_string(page);
    }

    /* NULL without an error is the end of the list. */
    if (error) {
        fprintf(stderr, "error: %s\n", nango_error_message(error));
        nango_error_free(error);
        code = 1;
    }
    nango_pager_free(pager);
    nango_client_free(client);
    nango_options_free(options);
    return code;
}
