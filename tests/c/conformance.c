/*
 * Makes the calls of the conformance vectors: reads a request on each line of the standard input,
 * and writes an answer on a line of the standard output. ../conformance/README.md describes both.
 */
#define _POSIX_C_SOURCE 200809L

#include <jansson.h>
#include <nango.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether a value contains a NUL, which a C string cannot hold. */
static bool has_nul(const json_t *value)
{
    const char *name;
    json_t *member;
    size_t i;
    if (json_is_string(value))
        return strlen(json_string_value(value)) != json_string_length(value);
    json_array_foreach((json_t *)value, i, member)
    {
        if (has_nul(member))
            return true;
    }
    json_object_foreach((json_t *)value, name, member)
    {
        if (has_nul(member))
            return true;
    }
    return false;
}

static json_t *get(const json_t *object, const char *name)
{
    return json_object_get(object, name);
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(get(object, name));
}

static void set_text(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, text ? json_string(text) : json_null());
}

static json_t *only(const char *name, json_t *value)
{
    json_t *object = json_object();
    json_object_set_new(object, name, value);
    return object;
}

/* Trusts only the certificate authorities in a file. */
static void trust_authority(nango_options *options, const char *path)
{
    static char pem[1 << 14];
    FILE *file = fopen(path, "rb");
    size_t length = file ? fread(pem, 1, sizeof pem, file) : 0;
    if (file)
        fclose(file);
    nango_options_set_tls_roots(options, NANGO_TLS_ROOTS_CUSTOM_ONLY);
    nango_options_add_ca_pem(options, (const uint8_t *)pem, length);
}

static nango_client *make_client(const json_t *settings, nango_error **error)
{
    const json_t *retries = get(settings, "max_retries"),
                 *bytes = get(settings, "max_response_bytes");
    const char *url = text_of(settings, "base_url"), *key = text_of(settings, "secret_key"),
               *authority = text_of(settings, "ca_file");
    nango_options *options;
    nango_client *client;
    if (!authority)
        return nango_client_new(url, key, error);
    options = nango_options_new();
    trust_authority(options, authority);
    nango_options_set_base_url(options, url);
    nango_options_set_secret_key(options, key);
    nango_options_set_events(options, 64);
    nango_options_set_max_retries(options, (uint32_t)json_integer_value(retries));
    nango_options_set_plural_routes(options, json_is_true(get(settings, "plural_routes")));
    nango_options_set_user_agent_suffix(options, text_of(settings, "user_agent_suffix"));
    if (bytes)
        nango_options_set_max_response_bytes(options, (uint64_t)json_integer_value(bytes));
    client = nango_client_new_with_options(options, error);
    nango_options_free(options);
    return client;
}

static nango_call_options *make_call_options(const json_t *wanted)
{
    nango_call_options *options;
    const json_t *header, *timeout = get(wanted, "timeout_ms");
    size_t i;
    if (json_object_size(wanted) == 0)
        return NULL;
    options = nango_call_options_new();
    nango_call_options_set_force_refresh(options, json_is_true(get(wanted, "force_refresh")));
    nango_call_options_set_include_refresh_token(
        options, json_is_true(get(wanted, "include_refresh_token")));
    if (timeout)
        nango_call_options_set_timeout_ms(options, (uint32_t)json_integer_value(timeout));
    json_array_foreach(get(wanted, "headers"), i, header)
        nango_call_options_set_header(options, json_string_value(json_array_get(header, 0)),
                                      json_string_value(json_array_get(header, 1)));
    return options;
}

/* Returns NULL for an empty object, which must mean the same. */
static char *params_text(const json_t *request)
{
    const json_t *params = get(request, "params");
    return json_object_size(params) == 0 ? NULL : json_dumps(params, JSON_COMPACT);
}

static char *call_blocking(const nango_client *client, const json_t *request,
                           const nango_call_options *options, nango_error **error)
{
    const json_t *params = get(request, "params");
    const char *operation = text_of(request, "operation");
    const char *key = text_of(params, "provider_config_key"),
               *id = text_of(params, "connection_id");
    bool generic = json_is_true(get(request, "generic"));
    char *text, *json;
    if (!generic && strcmp(operation, "get_connection") == 0)
        return nango_get_connection_json(client, key, id, options, error);
    if (!generic && strcmp(operation, "get_token") == 0)
        return nango_get_token(client, key, id, options, error);
    if (!generic && strcmp(operation, "replace_token") == 0)
        return nango_replace_token(client, key, id, text_of(params, "refused_token"), options,
                                   error);
    if (!generic && strcmp(operation, "get_credentials") == 0)
        return nango_get_credentials_json(client, key, id, options, error);
    json = params_text(request);
    if (!generic && strcmp(operation, "list_connections") == 0)
        text = nango_list_connections_json(client, json, options, error);
    else
        text = nango_call_json(client, operation, json, options, error);
    free(json);
    return text;
}

/* Waits for the call that was submitted, and takes its result. */
static char *taken(const nango_queue *queue, uint64_t ticket, nango_error **error)
{
    nango_completion done;
    if (!ticket || nango_queue_next(queue, &done, 1, -1) != 1 || done.ticket != ticket)
        return NULL;
    *error = done.error;
    return done.json;
}

static char *call_queued(const nango_client *client, const json_t *request,
                         const nango_call_options *options, nango_error **error)
{
    nango_queue *queue = nango_queue_new(error);
    char *params = params_text(request), *text;
    uint64_t ticket =
        nango_queue_submit(queue, client, text_of(request, "operation"), params, options, 0, error);
    text = taken(queue, ticket, error);
    free(params);
    nango_queue_free(queue);
    return text;
}

static bool is_queued(const json_t *request)
{
    return strcmp(text_of(request, "way"), "queued") == 0;
}

static json_t *error_view(const nango_error *error, const json_t *request)
{
    json_t *view = json_object(), *headers = json_object(), *name;
    char *body = nango_error_body_reveal(error);
    size_t i;
    json_array_foreach(get(get(request, "asked"), "headers"), i, name) set_text(
        headers, json_string_value(name), nango_error_header(error, json_string_value(name)));
    set_text(view, "code", nango_code_name(nango_error_code(error)));
    json_object_set_new(view, "http_status", json_integer(nango_error_http_status(error)));
    set_text(view, "api_code", nango_error_api_code(error));
    json_object_set_new(view, "retryable", json_boolean(nango_error_retryable(error)));
    json_object_set_new(view, "retry_after_ms", json_integer(nango_error_retry_after_ms(error)));
    json_object_set_new(view, "attempts", json_integer(nango_error_attempts(error)));
    set_text(view, "message", nango_error_message(error));
    set_text(view, "body_json", nango_error_body_json(error));
    set_text(view, "reveal_body", body);
    json_object_set_new(view, "headers", headers);
    nango_free_string(body);
    return view;
}

/* Adds the error, if there is one, and what a program could print. Frees the error. */
static json_t *shown(json_t *answer, const nango_client *client, nango_error *error,
                     const json_t *request)
{
    json_t *shown = json_object();
    char *event, all[1 << 16] = "";
    while (client && (event = nango_client_next_event_json(client))) {
        strncat(all, event, sizeof all - strlen(all) - 1);
        nango_free_string(event);
    }
    /* A client prints nothing of itself but its warning. */
    json_object_set_new(
        shown, "client",
        json_sprintf("client %s",
                     nango_client_warning(client) ? nango_client_warning(client) : ""));
    set_text(shown, "events", all);
    if (error) {
        const char *body = nango_error_body_json(error);
        json_object_set_new(answer, "error", error_view(error, request));
        json_object_set_new(shown, "error",
                            json_sprintf("%s %s", nango_error_message(error), body ? body : ""));
    }
    json_object_set_new(answer, "shown", shown);
    nango_error_free(error);
    return answer;
}

/* All that C has of a typed view: the token of a connection that was fetched. */
static json_t *token_view(const char *connection)
{
    char *id = nango_json_get(connection, "/connection_id");
    char *credentials = nango_json_get_json(connection, "/credentials");
    nango_error *error = NULL;
    char *token = nango_credentials_token(credentials ? credentials : "null", &error);
    json_t *view = json_object(), *single = json_object();
    if (error)
        set_text(single, "error", nango_code_name(nango_error_code(error)));
    json_object_set_new(view, "credentials",
                        only("single_token", token ? json_string(token) : json_incref(single)));
    set_text(view, "connection_id", id);
    json_decref(single);
    nango_error_free(error);
    nango_free_string(token);
    nango_free_string(credentials);
    nango_free_string(id);
    return view;
}

static json_t *answer_call(const json_t *request)
{
    json_t *answer = json_object();
    json_int_t left = json_integer_value(get(request, "calls"));
    nango_error *error = NULL;
    nango_client *client = make_client(get(request, "client"), &error);
    nango_call_options *options = make_call_options(get(request, "options"));
    char *text = NULL;
    while (client && left-- > 0) {
        nango_free_string(text);
        nango_error_free(error);
        error = NULL;
        text = (is_queued(request) ? call_queued : call_blocking)(client, request, options, &error);
    }
    if (!text == !error)
        set_text(answer, "failed", "both or none of a text and an error");
    else if (text && json_is_true(get(request, "typed")))
        json_object_set_new(answer, "view", token_view(text));
    else
        set_text(answer, "text", text);
    shown(answer, client, error, request);
    if (get(answer, "view"))
        json_object_set(get(answer, "shown"), "view", get(get(answer, "view"), "connection_id"));
    nango_free_string(text);
    nango_call_options_free(options);
    nango_client_free(client);
    return answer;
}

static char *next_page(const nango_pager *pager, const nango_queue *queue, nango_error **error)
{
    if (!queue)
        return nango_pager_next_json(pager, error);
    return taken(queue, nango_queue_submit_page(queue, pager, 0, error), error);
}

static json_t *answer_list(const json_t *request)
{
    json_t *answer = json_object(), *found = json_array();
    char *params = params_text(request), *page, *item;
    nango_error *error = NULL;
    nango_client *client = make_client(get(request, "client"), &error);
    nango_queue *queue = is_queued(request) ? nango_queue_new(&error) : NULL;
    uint32_t size = (uint32_t)json_integer_value(get(request, "page_size"));
    nango_pager *pager =
        client ? nango_pager_new(client, "list_connections", params, size, NULL, &error) : NULL;
    while (pager && (page = next_page(pager, queue, &error))) {
        nango_json_items *items = nango_json_items_new(page, "/connections");
        while ((item = nango_json_items_next(items))) {
            char *id = nango_json_get(item, "/connection_id");
            json_array_append_new(found, only("connection_id", json_string(id ? id : "")));
            nango_free_string(id);
            nango_free_string(item);
        }
        nango_json_items_free(items);
        nango_free_string(page);
    }
    json_object_set_new(answer, "items", found);
    shown(answer, client, error, request);
    /* The client may be freed before the pager. */
    nango_client_free(client);
    nango_pager_free(pager);
    nango_queue_free(queue);
    free(params);
    return answer;
}

static json_t *answer_client(const json_t *request)
{
    json_t *answer = json_object();
    nango_error *error = NULL;
    nango_client *client = make_client(get(request, "client"), &error);
    if (!client == !error)
        set_text(answer, "failed", "both or none of a client and an error");
    if (error)
        json_object_set_new(answer, "error", error_view(error, request));
    nango_error_free(error);
    nango_client_free(client);
    return answer;
}

static json_t *answer_json_get(const json_t *request)
{
    json_t *answer = json_object();
    const char *json = text_of(request, "json"), *pointer = text_of(request, "pointer");
    char *text = nango_json_get(json, pointer), *found = nango_json_get_json(json, pointer);
    char *again = nango_json_get(found, "");
    set_text(answer, "value", text);
    set_text(answer, "again", again);
    nango_free_string(text);
    nango_free_string(found);
    nango_free_string(again);
    return answer;
}

/* Whether the operation has a function for one connection. */
static bool is_dedicated(const json_t *request)
{
    static const char *const names[] = {"get_connection", "get_token", "get_credentials",
                                        "replace_token"};
    size_t i;
    if (json_is_true(get(request, "generic")))
        return false;
    for (i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], text_of(request, "operation")) == 0)
            return true;
    return false;
}

static json_t *answer_to(const json_t *request)
{
    const char *what = text_of(request, "do");
    bool is_call = strcmp(what, "call") == 0, is_list = strcmp(what, "list") == 0;
    /* These parameters are passed as JSON, which can hold a NUL. */
    bool as_json = is_list || (is_call && (is_queued(request) || !is_dedicated(request)));
    if (has_nul(get(request, "client")) || has_nul(get(request, "options")) ||
        has_nul(get(request, "json")) || has_nul(get(request, "pointer")) ||
        (!as_json && has_nul(get(request, "params"))))
        return only("skip", json_string("a C text cannot hold a NUL"));
    if (is_call)
        return answer_call(request);
    if (is_list)
        return answer_list(request);
    return strcmp(what, "client") == 0 ? answer_client(request) : answer_json_get(request);
}

static json_t *answer_to_line(const char *line)
{
    json_error_t problem;
    json_t *request = json_loads(line, JSON_ALLOW_NUL, &problem), *answer;
    if (!request && json_error_code(&problem) == json_error_null_byte_in_key)
        return only("skip", json_string("jansson cannot hold a NUL in the name of a member"));
    if (!request)
        return only("failed", json_string(problem.text));
    answer = answer_to(request);
    json_decref(request);
    if (nango_live_objects() != 0)
        set_text(answer, "failed", "an object of the library was not freed");
    return answer;
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        json_t *answer = answer_to_line(line);
        char *text = json_dumps(answer, JSON_COMPACT);
        puts(text);
        fflush(stdout);
        free(text);
        json_decref(answer);
    }
    free(line);
    return 0;
}
