/*
 * Connects an account of a user, authorises a broken connection again, or imports a connection.
 *
 *     connect new PROVIDER_CONFIG_KEY USER
 *     connect again PROVIDER_CONFIG_KEY CONNECTION_ID
 *     connect import PROVIDER_CONFIG_KEY USER API_KEY
 *
 * The server and the secret key come from the environment: NANGO_HOST and NANGO_SECRET_KEY.
 *
 *     cc connect.c $(pkg-config --cflags --libs nango) -o connect
 */
#define _POSIX_C_SOURCE 200809L

#include <nango.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* How often to check whether the user has been there, half a second apart. */
enum { CHECKS = 120 };

/* Sets a parameter to {"name": "value"}. */
static void set_object(nango_params *params, const char *parameter, const char *name,
                       const char *value)
{
    nango_params *object = nango_params_new();
    nango_params_set_text(object, name, value);
    nango_params_set_json(params, parameter, nango_params_json(object));
    nango_params_free(object);
}

static char *call(const nango_client *client, const char *operation, nango_params *params,
                  nango_error **error)
{
    char *result = nango_call_json(client, operation, nango_params_json(params), NULL, error);
    nango_params_free(params);
    return result;
}

/* Shows the user the link of a session, and frees the session. */
static void show_link(char *session)
{
    char *link = nango_json_get(session, "/connect_link");
    printf("open: %s\n", link);
    fflush(stdout);
    nango_free_string(link);
    nango_free_string(session);
}

static void pause_for_user(void)
{
    struct timespec half_a_second = {0, 500000000};
    nanosleep(&half_a_second, NULL);
}

/* Returns the id of the new connection. Nango chooses it, so a tag of your own finds it. */
static char *connect_user(const nango_client *client, const char *key, const char *user,
                          nango_error **error)
{
    nango_params *params = nango_params_new();
    char *session, *id = NULL;
    int checks;
    set_object(params, "tags", "user", user);
    session = call(client, "create_connect_session", params, error);
    if (!session)
        return NULL;
    show_link(session);
    for (checks = 0; checks < CHECKS && !id && !*error; checks++) {
        char *list;
        params = nango_params_new();
        nango_params_set_text(params, "integration_id", key);
        set_object(params, "tags", "user", user);
        list = call(client, "list_connections", params, error);
        id = nango_json_get(list, "/connections/0/connection_id");
        nango_free_string(list);
        if (!id)
            pause_for_user();
    }
    return id;
}

/* The connection keeps its id, its tags and its metadata. */
static void connect_again(const nango_client *client, const char *key, const char *id,
                          nango_error **error)
{
    nango_params *params = nango_params_new();
    char *session, *token = NULL;
    int checks;
    nango_params_set_text(params, "integration_id", key);
    nango_params_set_text(params, "connection_id", id);
    session = call(client, "create_reconnect_session", params, error);
    if (!session)
        return;
    show_link(session);
    for (checks = 0; checks < CHECKS && !token; checks++) {
        nango_error_free(*error);
        token = nango_get_token(client, key, id, NULL, error);
        if (!token && !nango_error_suggests_reconnect(*error))
            return;
        if (!token)
            pause_for_user();
    }
    nango_free_string(token);
}

static char *import_key(const nango_client *client, const char *key, const char *user,
                        const char *api_key, nango_error **error)
{
    nango_params *params = nango_params_new(), *credentials = nango_params_new();
    char *connection, *id;
    nango_params_set_text(credentials, "type", "API_KEY");
    nango_params_set_text(credentials, "apiKey", api_key);
    nango_params_set_text(params, "provider_config_key", key);
    nango_params_set_json(params, "credentials", nango_params_json(credentials));
    set_object(params, "tags", "user", user);
    nango_params_free(credentials);
    connection = call(client, "create_connection", params, error);
    id = nango_json_get(connection, "/connection_id");
    nango_free_string(connection);
    return id;
}

int main(int argc, char **argv)
{
    const char *task = argc > 1 ? argv[1] : "";
    int is_import = strcmp(task, "import") == 0, is_again = strcmp(task, "again") == 0;
    nango_error *error = NULL;
    nango_options *options;
    nango_client *client;
    char *made = NULL, *token = NULL;
    const char *id;
    if (argc != (is_import ? 5 : 4) || (!is_import && !is_again && strcmp(task, "new") != 0)) {
        fprintf(stderr, "usage: %s new|again|import PROVIDER_CONFIG_KEY …\n", argv[0]);
        return 2;
    }
    options = nango_options_new_from_env(&error);
    client = options ? nango_client_new_with_options(options, &error) : NULL;
    nango_options_free(options);
    if (client && is_import)
        made = import_key(client, argv[2], argv[3], argv[4], &error);
    else if (client && is_again)
        connect_again(client, argv[2], argv[3], &error);
    else if (client)
        made = connect_user(client, argv[2], argv[3], &error);
    id = is_again ? argv[3] : made;
    if (client && id && !error)
        token = nango_get_token(client, argv[2], id, NULL, &error);
    if (token)
        printf("connected: %s, with a token of %zu characters\n", id, strlen(token));
    else
        fprintf(stderr, "error: %s\n",
                error ? nango_error_message(error) : "the user did not come");
    nango_free_string(token);
    nango_free_string(made);
    nango_error_free(error);
    nango_client_free(client);
    return token ? 0 : 1;
}
