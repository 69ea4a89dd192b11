/*
 * Runs the conformance vectors through the C interface: `conformance FOLDER [NAME…]`, in the
 * environment of nango-dev with --vectors FOLDER. The folder's README.md describes the vectors.
 */
#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <inttypes.h>
#include <jansson.h>
#include <nango.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

enum { FLAGS = JSON_ALLOW_NUL | JSON_DECODE_ANY };
static const char default_key[] = "0f8fad5b-d9cb-469f-a165-70867728950e";

static char base[512]; /* the base URL of this run */
static const char *vector_name;
static bool vector_failed;
static unsigned ran, skipped, typed_views;

static void fail(const char *what, const char *seen, const char *wanted)
{
    printf("%s: %s: seen %s, wanted %s\n", vector_name, what, seen ? seen : "nothing",
           wanted ? wanted : "nothing");
    vector_failed = true;
}

static void skip(const char *why)
{
    printf("skipped %s: %s\n", vector_name, why);
    skipped++;
}

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

/* Compares values: 1 and 1.0 are equal, and the order of members does not matter. */
static bool same(const json_t *a, const json_t *b)
{
    const char *name;
    json_t *member;
    size_t i;
    if (json_is_integer(a) && json_is_integer(b))
        return json_integer_value(a) == json_integer_value(b);
    if (json_is_number(a) && json_is_number(b))
        return json_number_value(a) == json_number_value(b);
    if (json_typeof(a) != json_typeof(b) || json_array_size(a) != json_array_size(b) ||
        json_object_size(a) != json_object_size(b))
        return false;
    if (json_is_string(a))
        return json_equal(a, b);
    json_array_foreach((json_t *)a, i, member)
    {
        if (!same(member, json_array_get(b, i)))
            return false;
    }
    json_object_foreach((json_t *)a, name, member)
    {
        const json_t *other = json_object_get(b, name);
        if (!other || !same(member, other))
            return false;
    }
    return true;
}

static void expect_json(const char *what, const char *text, const json_t *wanted)
{
    json_error_t error;
    json_t *seen = text ? json_loads(text, FLAGS, &error) : NULL;
    if (!seen || !same(seen, wanted)) {
        char *words = json_dumps(wanted, JSON_COMPACT | JSON_ENCODE_ANY);
        fail(what, text, words);
        free(words);
    }
    json_decref(seen);
}

static void expect_text(const char *what, const char *text, const json_t *wanted)
{
    const char *words = json_string_value(wanted);
    if (words ? !text || strcmp(text, words) != 0 : text != NULL)
        fail(what, text, words);
}

static void expect_number(const char *what, long long seen, const json_t *wanted)
{
    char words[2][32];
    if (!wanted || (json_is_integer(wanted) && json_integer_value(wanted) == seen))
        return;
    snprintf(words[0], sizeof words[0], "%lld", seen);
    snprintf(words[1], sizeof words[1], "%lld", (long long)json_integer_value(wanted));
    fail(what, words[0], words[1]);
}

static void expect_parts(const char *what, const char *text, const json_t *parts, bool wanted)
{
    const json_t *part;
    size_t i;
    json_array_foreach((json_t *)parts, i, part)
    {
        if ((text && strstr(text, json_string_value(part))) != wanted)
            fail(what, text, json_string_value(part));
    }
}

/* Compares an error with the expected one, or checks that there is none, and frees it. */
static void expect_error(nango_error *error, const json_t *wanted)
{
    const char *name;
    json_t *fact;
    if (!wanted) {
        if (error)
            fail("error", nango_error_message(error), NULL);
        nango_error_free(error);
        return;
    }
    if (!error) {
        fail("error", NULL, json_string_value(json_object_get(wanted, "code")));
        return;
    }
    json_object_foreach((json_t *)wanted, name, fact)
    {
        const char *message = nango_error_message(error), *body = nango_error_body_json(error);
        if (strcmp(name, "code") == 0)
            expect_text(name, nango_code_name(nango_error_code(error)), fact);
        else if (strcmp(name, "http_status") == 0)
            expect_number(name, nango_error_http_status(error), fact);
        else if (strcmp(name, "api_code") == 0)
            expect_text(name, nango_error_api_code(error), fact);
        else if (strcmp(name, "retryable") == 0)
            expect_text(name,
                        nango_error_retryable(error) == json_is_true(fact) ? NULL : "the other",
                        json_null());
        else if (strcmp(name, "retry_after_ms") == 0)
            expect_number(name, nango_error_retry_after_ms(error), fact);
        else if (strcmp(name, "attempts") == 0)
            expect_number(name, nango_error_attempts(error), fact);
        else if (strcmp(name, "message_contains") == 0)
            expect_parts(name, message, fact, true);
        else if (strcmp(name, "message_lacks") == 0)
            expect_parts(name, message, fact, false);
        else if (strcmp(name, "body_lacks") == 0)
            expect_parts(name, body, fact, false);
        else if (strcmp(name, "body_json") == 0 && json_is_null(fact))
            expect_text(name, body, fact);
        else if (strcmp(name, "body_json") == 0)
            expect_json(name, body, fact);
        else if (strcmp(name, "reveal_body") == 0) {
            char *whole = nango_error_body_reveal(error);
            expect_text(name, whole, fact);
            nango_free_string(whole);
        } else if (strcmp(name, "headers") == 0) {
            const char *header;
            json_t *value;
            json_object_foreach(fact, header, value)
                expect_text(header, nango_error_header(error, header), value);
        } else
            fail("a fact of an error that this runner does not know", name, NULL);
    }
    nango_error_free(error);
}

static void expect_silence_about(const char *secret, const char *shown)
{
    if (shown && strstr(shown, secret))
        fail("what must not be shown", shown, NULL);
}

/* Checks that a text shows nothing of the `credentials` in an answer. */
static void expect_silence(const json_t *value, bool inside, const char *shown)
{
    const char *name;
    json_t *member;
    size_t i;
    if (inside && json_is_string(value) && json_string_length(value) >= 8)
        expect_silence_about(json_string_value(value), shown);
    json_array_foreach((json_t *)value, i, member) expect_silence(member, inside, shown);
    json_object_foreach((json_t *)value, name, member)
    {
        if (strcmp(name, "type") != 0 && strcmp(name, "expires_at") != 0)
            expect_silence(member, inside || strcmp(name, "credentials") == 0, shown);
    }
}

/* Checks that no error and no event shows a secret of the vector. */
static void expect_no_secret(const json_t *vector, const nango_client *client,
                             const nango_error *error)
{
    const char *key =
        json_string_value(json_object_get(json_object_get(vector, "client"), "secret_key"));
    char *events[64];
    const char *shown[66] = {nango_error_message(error), nango_error_body_json(error)};
    size_t i, count = 0, number;
    const json_t *exchange;
    while (client && count < 64 && (events[count] = nango_client_next_event_json(client))) {
        shown[count + 2] = events[count];
        count++;
    }
    for (i = 0; i < count + 2; i++) {
        expect_silence_about(key ? key : default_key, shown[i]);
        json_array_foreach(json_object_get(vector, "exchanges"), number, exchange) expect_silence(
            json_object_get(json_object_get(exchange, "response"), "body"), false, shown[i]);
    }
    while (count > 0)
        nango_free_string(events[--count]);
}

/* Trusts the certificate authority of the server that a variable names. */
static void trust_authority(nango_options *options)
{
    static char pem[1 << 14];
    FILE *file = fopen(check_env("NANGO_DEV_CA_FILE"), "rb");
    size_t length = file ? fread(pem, 1, sizeof pem, file) : 0;
    if (file)
        fclose(file);
    nango_options_set_tls_roots(options, NANGO_TLS_ROOTS_CUSTOM_ONLY);
    nango_options_add_ca_pem(options, (const uint8_t *)pem, length);
}

/* Creates the client for a vector, in a separate run. */
static nango_client *make_client(const char *run, const json_t *settings, nango_error **error)
{
    const char *server = json_string_value(json_object_get(settings, "server"));
    const json_t *retries = json_object_get(settings, "max_retries"),
                 *bytes = json_object_get(settings, "max_response_bytes");
    const char *suffix = json_string_value(json_object_get(settings, "user_agent_suffix")),
               *key = json_string_value(json_object_get(settings, "secret_key"));
    nango_options *options = nango_options_new();
    nango_client *client;
    char url[1024];
    if (server) {
        snprintf(url, sizeof url, "%s", check_env(server));
        trust_authority(options);
    } else {
        snprintf(url, sizeof url, "%s%s/%s", base, run, vector_name);
    }
    nango_options_set_base_url(options, url);
    nango_options_set_events(options, 64);
    nango_options_set_secret_key(options, key ? key : default_key);
    nango_options_set_max_retries(options, (uint32_t)json_integer_value(retries));
    nango_options_set_plural_routes(options,
                                    json_is_true(json_object_get(settings, "plural_routes")));
    nango_options_set_user_agent_suffix(options, suffix);
    if (bytes)
        nango_options_set_max_response_bytes(options, (uint64_t)json_integer_value(bytes));
    client = nango_client_new_with_options(options, error);
    nango_options_free(options);
    return client;
}

static nango_call_options *make_call_options(const json_t *wanted)
{
    nango_call_options *options;
    const json_t *header, *timeout = json_object_get(wanted, "timeout_ms");
    size_t i;
    if (!wanted)
        return NULL;
    options = nango_call_options_new();
    nango_call_options_set_force_refresh(options,
                                         json_is_true(json_object_get(wanted, "force_refresh")));
    nango_call_options_set_include_refresh_token(
        options, json_is_true(json_object_get(wanted, "include_refresh_token")));
    if (timeout)
        nango_call_options_set_timeout_ms(options, (uint32_t)json_integer_value(timeout));
    json_array_foreach(json_object_get(wanted, "headers"), i, header)
        nango_call_options_set_header(options, json_string_value(json_array_get(header, 0)),
                                      json_string_value(json_array_get(header, 1)));
    return options;
}

static char *make_call(const nango_client *client, const json_t *call,
                       const nango_call_options *options, nango_error **error)
{
    const char *operation = json_string_value(json_object_get(call, "operation"));
    const char *key = json_string_value(json_object_get(call, "provider_config_key"));
    const char *id = json_string_value(json_object_get(call, "connection_id"));
    const json_t *filter = json_object_get(call, "filter");
    char *text, *json;
    if (strcmp(operation, "get_connection") == 0)
        return nango_get_connection_json(client, key, id, options, error);
    if (strcmp(operation, "get_token") == 0)
        return nango_get_token(client, key, id, options, error);
    if (strcmp(operation, "replace_token") == 0)
        return nango_replace_token(client, key, id,
                                   json_string_value(json_object_get(call, "refused_token")),
                                   options, error);
    if (strcmp(operation, "get_credentials") == 0)
        return nango_get_credentials_json(client, key, id, options, error);
    if (strcmp(operation, "list_connections") != 0) {
        fail("an operation that this runner does not know", operation, NULL);
        return NULL;
    }
    json = filter ? json_dumps(filter, JSON_COMPACT) : NULL;
    text = nango_list_connections_json(client, json, options, error);
    free(json);
    return text;
}

static void run_call(const json_t *vector)
{
    const json_t *call = json_object_get(vector, "call"),
                 *expect = json_object_get(vector, "expect"), *wanted;
    const json_t *calls = json_object_get(vector, "calls");
    json_int_t left = calls ? json_integer_value(calls) : 1;
    nango_error *error = NULL;
    nango_client *client = make_client("", json_object_get(vector, "client"), &error);
    nango_call_options *options = make_call_options(json_object_get(call, "options"));
    char *text = NULL;
    while (client && left-- > 0) {
        nango_free_string(text);
        nango_error_free(error);
        text = make_call(client, call, options, &error);
    }
    if (text && error)
        fail("both a text and an error", text, NULL);
    expect_no_secret(vector, client, error);
    expect_error(error, json_object_get(expect, "error"));
    if ((wanted = json_object_get(expect, "text")))
        expect_text("text", text, wanted);
    if ((wanted = json_object_get(expect, "token")))
        expect_text("token", text, wanted);
    if ((wanted = json_object_get(expect, "json")))
        expect_json("json", text, wanted);
    if (json_object_get(expect, "connection"))
        typed_views++;
    nango_free_string(text);
    nango_call_options_free(options);
    nango_client_free(client);
}

/* If a vector expects a token, or none: the same from the connection, fetched first. */
static void run_token_of_connection(const json_t *vector)
{
    const json_t *call = json_object_get(vector, "call"),
                 *expect = json_object_get(vector, "expect");
    const char *code = json_string_value(json_object_get(json_object_get(expect, "error"), "code"));
    bool none =
        code && (strcmp(code, "NO_SINGLE_TOKEN") == 0 || strcmp(code, "NO_CREDENTIALS") == 0);
    nango_error *error = NULL;
    nango_client *client;
    nango_call_options *options;
    char *connection, *credentials, *token;
    if (strcmp(json_string_value(json_object_get(call, "operation")), "get_token") != 0 ||
        json_object_get(vector, "calls") || !(none || json_object_get(expect, "token")))
        return;
    client = make_client("-of-connection", json_object_get(vector, "client"), &error);
    options = make_call_options(json_object_get(call, "options"));
    connection = nango_get_connection_json(
        client, json_string_value(json_object_get(call, "provider_config_key")),
        json_string_value(json_object_get(call, "connection_id")), options, &error);
    if (!connection)
        fail("the connection", nango_error_message(error), NULL);
    nango_error_free(error);
    credentials = nango_json_get_json(connection, "/credentials");
    token = nango_credentials_token(credentials ? credentials : "null", &error);
    expect_text("token of the connection", token, json_object_get(expect, "token"));
    if (none)
        expect_text("code of the token of the connection", nango_code_name(nango_error_code(error)),
                    json_object_get(json_object_get(expect, "error"), "code"));
    nango_error_free(error);
    nango_free_string(token);
    nango_free_string(credentials);
    nango_free_string(connection);
    nango_call_options_free(options);
    nango_client_free(client);
}

static void run_list(const json_t *vector)
{
    const json_t *filter = json_object_get(vector, "filter"),
                 *expect = json_object_get(vector, "expect");
    char *json = filter ? json_dumps(filter, JSON_COMPACT) : NULL, *page, *item;
    json_t *seen = json_array();
    nango_error *error = NULL;
    nango_client *client = make_client("", json_object_get(vector, "client"), &error);
    nango_pager *pager =
        client ? nango_pager_new(client, json,
                                 (uint32_t)json_integer_value(json_object_get(vector, "page_size")),
                                 NULL, &error)
               : NULL;
    /* The client may be freed before the pager. */
    nango_client_free(client);
    while (pager && (page = nango_pager_next_json(pager, &error))) {
        nango_json_items *items = nango_json_items_new(page, "/connections");
        while ((item = nango_json_items_next(items))) {
            char *id = nango_json_get(item, "/connection_id");
            json_array_append_new(seen, json_string(id ? id : ""));
            nango_free_string(id);
            nango_free_string(item);
        }
        nango_json_items_free(items);
        nango_free_string(page);
    }
    expect_error(error, json_object_get(expect, "error"));
    if (!same(seen, json_object_get(expect, "connection_ids"))) {
        char *words = json_dumps(seen, JSON_COMPACT),
             *wanted = json_dumps(json_object_get(expect, "connection_ids"), JSON_COMPACT);
        fail("connection_ids", words, wanted);
        free(words);
        free(wanted);
    }
    nango_pager_free(pager);
    json_decref(seen);
    free(json);
}

static void run_client(const json_t *vector)
{
    const json_t *settings = json_object_get(vector, "client");
    nango_error *error = NULL;
    nango_client *client =
        nango_client_new(json_string_value(json_object_get(settings, "base_url")),
                         json_string_value(json_object_get(settings, "secret_key")), &error);
    if (!client == !error)
        fail("both or none of a client and an error", NULL, NULL);
    expect_error(error, json_object_get(json_object_get(vector, "expect"), "error"));
    nango_client_free(client);
}

static void run_json_get(const json_t *vector)
{
    char *text = nango_json_get(json_string_value(json_object_get(vector, "json")),
                                json_string_value(json_object_get(vector, "pointer"))),
         *json;
    expect_text("value", text, json_object_get(vector, "expect"));
    nango_free_string(text);
    /* nango_json_get_json() returns the same value. */
    json = nango_json_get_json(json_string_value(json_object_get(vector, "json")),
                               json_string_value(json_object_get(vector, "pointer")));
    text = nango_json_get(json, "");
    expect_text("value of the JSON", text, json_object_get(vector, "expect"));
    nango_free_string(text);
    nango_free_string(json);
}

static void run(const json_t *vector)
{
    const json_t *named = json_object_get(vector, "kind"), *call = json_object_get(vector, "call");
    const char *kind = named ? json_string_value(named) : "call";
    bool known = true;
    if (json_is_true(json_object_get(vector, "typed"))) {
        skip("C has no typed view");
        return;
    }
    vector_failed = false;
    /* A filter is passed as JSON, which can contain a NUL. */
    if (has_nul(json_object_get(call, "provider_config_key")) ||
        has_nul(json_object_get(call, "connection_id")) ||
        has_nul(json_object_get(call, "options")) ||
        has_nul(json_object_get(call, "refused_token")) ||
        has_nul(json_object_get(vector, "client")) || has_nul(json_object_get(vector, "json")) ||
        has_nul(json_object_get(vector, "pointer"))) {
        skip("a C text cannot hold a NUL");
        return;
    }
    if (strcmp(kind, "call") == 0) {
        run_call(vector);
        run_token_of_connection(vector);
    } else if (strcmp(kind, "list") == 0) {
        run_list(vector);
    } else if (strcmp(kind, "client") == 0) {
        run_client(vector);
    } else if (strcmp(kind, "json_get") == 0) {
        run_json_get(vector);
    } else {
        known = false;
    }
    if (!known) {
        skip("a kind that this runner does not know");
        return;
    }
    ran++;
    /* Three objects are in use: the vector's text, its name, and the iterator over the file. */
    if (nango_live_objects() != 3)
        fail("an object of the library was not freed", NULL, NULL);
    if (vector_failed)
        check_failed++;
    else
        check_passed++;
}

/*
 * Runs one vector if it was selected. The library parses the file: jansson does not support a NUL
 * in the name of a member, and would refuse the whole file.
 */
static void run_text(const char *text, int argc, char **argv)
{
    char *name = nango_json_get(text, "/name");
    json_error_t error;
    json_t *vector;
    int wanted = argc == 2, a;
    vector_name = name ? name : "?";
    for (a = 2; a < argc; a++)
        wanted = wanted || strcmp(argv[a], vector_name) == 0;
    if (wanted) {
        vector = json_loads(text, FLAGS, &error);
        if (vector) {
            run(vector);
        } else if (strstr(text, "\\u0000") &&
                   json_error_code(&error) == json_error_null_byte_in_key) {
            skip("jansson cannot hold a NUL in the name of a member");
        } else {
            fail("a vector that jansson cannot read", error.text, NULL);
            check_failed++;
        }
        json_decref(vector);
    }
    nango_free_string(name);
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    long size = -1;
    char *text = NULL;
    if (file && fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 &&
        fseek(file, 0, SEEK_SET) == 0 && (text = malloc((size_t)size + 1)))
        text[fread(text, 1, (size_t)size, file)] = '\0';
    if (file)
        fclose(file);
    return text;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv)
{
    char *files[64];
    size_t count = 0, i;
    struct dirent *entry;
    DIR *folder = argc < 2 ? NULL : opendir(argv[1]);
    if (!folder) {
        fprintf(stderr, "usage: %s FOLDER [NAME…]\n", argv[0]);
        return 2;
    }
    snprintf(base, sizeof base, "%s/_vectors/c-%ld-%ld", check_env("NANGO_HOST"), (long)time(NULL),
             (long)getpid());
    while ((entry = readdir(folder)) && count < sizeof files / sizeof *files) {
        const char *end = strrchr(entry->d_name, '.');
        if (end && strcmp(end, ".json") == 0)
            files[count++] = strdup(entry->d_name);
    }
    closedir(folder);
    qsort(files, count, sizeof *files, compare_names);

    for (i = 0; i < count; i++) {
        char path[1024], *text, *vector;
        nango_json_items *vectors;
        snprintf(path, sizeof path, "%s/%s", argv[1], files[i]);
        text = read_file(path);
        vectors = nango_json_items_new(text, "/vectors");
        if (!vectors) {
            printf("%s: no vectors\n", path);
            check_failed++;
        }
        while ((vector = nango_json_items_next(vectors))) {
            run_text(vector, argc, argv);
            nango_free_string(vector);
        }
        nango_json_items_free(vectors);
        free(text);
        free(files[i]);
    }

    if (typed_views)
        printf("%u times the typed view of a connection was not compared: C has none\n",
               typed_views);
    printf("%u run, %u skipped\n", ran, skipped);
    if (!ran)
        printf("no vector was run\n");
    printf("%d passed, %d failed, %u skipped\n", check_passed, check_failed, skipped);
    return check_failed || !ran;
}
