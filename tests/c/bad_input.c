/*
 * Mistakes of callers, and failures of the network and the server. Each must give the right code
 * and a message that says what to do, and must send nothing that should not be sent. `bad_input
 * [TEST…]`, in the environment of nango-dev --tls-port 0.
 */
#define _POSIX_C_SOURCE 200809L

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/wait.h>

#include "dev.h"
#include "peer.h"

/* How many errors valgrind has reported; 0 without valgrind. */
#ifdef __has_include
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef VALGRIND_COUNT_ERRORS
#define VALGRIND_COUNT_ERRORS 0
#endif

static char KEY[64], HOST[64]; /* copies, because a test changes the environment */

/* ---- Helpers ---- */

/* Checks an error's code, message and attempts (-1 for any number), and frees it. */
static void expect(nango_error *error, nango_code code, const char *words, int attempts,
                   const char *file, int line)
{
    if (!check_that(error != NULL, "there is an error", file, line))
        return;
    check_same_text(nango_code_name(nango_error_code(error)), nango_code_name(code), file, line);
    check_holds(nango_error_message(error), words, file, line);
    check_that(!strstr(nango_error_message(error), KEY), "the message does not hold the key", file,
               line);
    if (attempts >= 0)
        check_that(nango_error_attempts(error) == (uint32_t)attempts, "so many attempts", file,
                   line);
    if (attempts >= 0 && nango_error_attempts(error) != (uint32_t)attempts)
        printf("  %u instead of %d\n", nango_error_attempts(error), attempts);
    nango_error_free(error);
}

#define EXPECT(error, code, words, attempts) \
    expect(error, code, words, attempts, __FILE__, __LINE__)

static nango_client *client_of(const char *url, const char *key)
{
    nango_error *error = NULL;
    nango_options *options = nango_options_new();
    nango_client *client;
    nango_options_set_base_url(options, url);
    nango_options_set_secret_key(options, key);
    nango_options_set_max_retries(options, 0);
    client = nango_client_new_with_options(options, &error);
    if (!CHECK(client && !error))
        printf("  %s\n", nango_error_message(error));
    nango_error_free(error);
    nango_options_free(options);
    return client;
}

/* Calls get_token with a new client; returns the error, which the test expects. */
static nango_error *token_error(const char *url, const char *key, const char *integration,
                                const char *id)
{
    nango_error *error = NULL;
    nango_client *client = client_of(url, key);
    char *token = nango_get_token(client, integration, id, NULL, &error);
    CHECK(!token);
    nango_free_string(token);
    nango_client_free(client);
    return error;
}

static bool token_works(const nango_client *client)
{
    nango_error *error = NULL;
    char *token = nango_get_token(client, "github", "bob", NULL, &error);
    bool works = token && strcmp(token, "at-bob") == 0 && !error;
    if (!works)
        printf("  %s\n", error ? nango_error_message(error) : token);
    nango_free_string(token);
    nango_error_free(error);
    return works;
}

static char *read_file(const char *path, size_t *length)
{
    static char text[65536];
    FILE *file = fopen(path, "rb");
    *length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    text[*length] = '\0';
    if (file)
        fclose(file);
    CHECK(*length > 0);
    return text;
}

/* A client of the TLS server that trusts, or does not trust, its certificate authority. */
static nango_client *tls_client(bool trusting)
{
    size_t length;
    nango_error *error = NULL;
    nango_client *client;
    nango_options *options = nango_options_new();
    nango_options_set_base_url(options, check_env("NANGO_DEV_TLS_HOST"));
    nango_options_set_secret_key(options, KEY);
    nango_options_set_max_retries(options, 0);
    if (trusting) {
        const char *pem = read_file(check_env("NANGO_DEV_CA_FILE"), &length);
        CHECK(nango_options_add_ca_pem(options, (const uint8_t *)pem, length) == NANGO_OK);
    } else {
        nango_options_set_tls_roots(options, NANGO_TLS_ROOTS_BUNDLED);
    }
    client = nango_client_new_with_options(options, &error);
    CHECK(client && !error);
    nango_error_free(error);
    nango_options_free(options);
    return client;
}

/* ---- Ids ---- */

static void ids_that_are_none(void)
{
    nango_client *client = client_of(HOST, KEY);
    nango_error *error = NULL;
    dev_forget_requests();
    CHECK(!nango_get_token(client, "github", "", NULL, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "connection_id must be a non-empty string", 0);
    CHECK(!nango_get_connection_json(client, "github", ".", NULL, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "connection_id", 0);
    CHECK(!nango_get_credentials_json(client, "github", "..", NULL, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "connection_id", 0);
    CHECK(!nango_get_token(client, "", "bob", NULL, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "provider_config_key must be a non-empty string",
           0);
    CHECK(dev_count_requests() == 0);
    nango_client_free(client);
}

static void ids_that_look_like_urls(void)
{
    nango_client *client = client_of(HOST, KEY);
    nango_error *error = NULL;
    char *log;
    dev_forget_requests();
    CHECK(!nango_get_token(client, "github", "../connection?x=1#y", NULL, &error));
    EXPECT(error, NANGO_ERROR_BAD_REQUEST, "", 1);
    log = dev_requests();
    CHECK_HOLDS(log, "/connection/..%2Fconnection%3Fx%3D1%23y?provider_config_key=github");
    free(log);
    nango_client_free(client);
}

static void text_that_is_not_utf8(void)
{
    static const char bad[] = "caf\xe9";
    nango_client *client = client_of(HOST, KEY);
    nango_error *error = NULL;
    nango_options *options = nango_options_new();
    nango_call_options *call = nango_call_options_new();
    dev_forget_requests();
    CHECK(!nango_get_token(client, "github", bad, NULL, &error));
    EXPECT(error, NANGO_ERROR_INVALID_UTF8, "connection_id is not UTF-8", 0);
    CHECK(!nango_get_connection_json(client, bad, "bob", NULL, &error));
    EXPECT(error, NANGO_ERROR_INVALID_UTF8, "provider_config_key is not UTF-8", 0);
    CHECK(!nango_list_connections_json(client, bad, NULL, &error));
    EXPECT(error, NANGO_ERROR_INVALID_UTF8, "filter_json is not UTF-8", 0);
    CHECK(!nango_pager_new(client, "list_connections", bad, 0, NULL, &error));
    EXPECT(error, NANGO_ERROR_INVALID_UTF8, "params_json is not UTF-8", 0);
    CHECK(!nango_client_new(bad, KEY, &error));
    EXPECT(error, NANGO_ERROR_INVALID_UTF8, "base_url is not UTF-8", 0);
    CHECK(!nango_client_new(HOST, bad, &error));
    EXPECT(error, NANGO_ERROR_INVALID_UTF8, "secret_key is not UTF-8", 0);
    CHECK(nango_options_set_base_url(options, bad) == NANGO_ERROR_INVALID_UTF8);
    CHECK(nango_options_set_secret_key(options, bad) == NANGO_ERROR_INVALID_UTF8);
    CHECK(nango_options_set_user_agent_suffix(options, bad) == NANGO_ERROR_INVALID_UTF8);
    CHECK(nango_options_set_proxy(options, bad) == NANGO_ERROR_INVALID_UTF8);
    CHECK(nango_call_options_set_header(call, bad, "x") == NANGO_ERROR_INVALID_UTF8);
    CHECK(nango_call_options_set_header(call, "x", bad) == NANGO_ERROR_INVALID_UTF8);
    CHECK(!nango_json_get(bad, ""));
    CHECK(!nango_json_get("{}", bad));
    CHECK(!nango_json_items_new(bad, ""));
    CHECK(!nango_json_items_new("[]", bad));
    CHECK(!nango_json_get_json(bad, ""));
    CHECK(!nango_json_get_json("{}", bad));
    CHECK(!nango_json_members_new(bad, ""));
    CHECK(!nango_json_members_new("{}", bad));
    CHECK(!nango_credentials_token(bad, &error));
    EXPECT(error, NANGO_ERROR_INVALID_UTF8, "credentials_json is not UTF-8", 0);
    CHECK(dev_count_requests() == 0);
    nango_call_options_free(call);
    nango_options_free(options);
    nango_client_free(client);
}

/* ---- NULL ---- */

static void null_everywhere(void)
{
    nango_client *client = client_of(HOST, KEY);
    nango_options *options = nango_options_new();
    nango_call_options *call = nango_call_options_new();
    nango_cancel *cancel = nango_cancel_new();
    nango_error *error = NULL;
    nango_pager *pager;
    nango_json_items *items;
    char *text;

    dev_forget_requests();
    /* The calls: required arguments, with and without error_out. */
    {
        char *(*const calls[])(const nango_client *, const char *, const char *,
                               const nango_call_options *, nango_error **) = {
            nango_get_connection_json, nango_get_token, nango_get_credentials_json};
        size_t i;
        for (i = 0; i < sizeof calls / sizeof *calls; i++) {
            CHECK(!calls[i](NULL, "github", "bob", NULL, &error));
            EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "client is NULL", 0);
            CHECK(!calls[i](client, NULL, "bob", NULL, &error));
            EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "provider_config_key is NULL", 0);
            CHECK(!calls[i](client, "github", NULL, call, &error));
            EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "connection_id is NULL", 0);
            CHECK(!calls[i](NULL, NULL, NULL, NULL, NULL));
            CHECK(!calls[i](client, NULL, NULL, NULL, NULL));
        }
    }
    CHECK(!nango_list_connections_json(NULL, NULL, NULL, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "client is NULL", 0);
    CHECK(!nango_list_connections_json(NULL, NULL, NULL, NULL));
    CHECK(!nango_pager_new(NULL, "list_connections", NULL, 0, NULL, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "client is NULL", 0);
    CHECK(!nango_pager_new(NULL, "list_connections", NULL, 0, NULL, NULL));
    CHECK(!nango_pager_next_json(NULL, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "pager is NULL", 0);
    CHECK(!nango_pager_next_json(NULL, NULL));
    CHECK(!nango_client_warm_up(NULL, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "client is NULL", 0);
    CHECK(!nango_client_warm_up(NULL, NULL));
    CHECK(!nango_client_next_event_json(NULL));
    CHECK(dev_count_requests() == 0);

    /* Functions that create objects. */
    CHECK(!nango_client_new(HOST, NULL, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "secret_key is NULL", 0);
    CHECK(!nango_client_new(NULL, NULL, NULL));
    CHECK(!nango_client_new_with_options(NULL, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "options is NULL", 0);
    CHECK(!nango_client_new_with_options(NULL, NULL));
    CHECK(!nango_client_new_with_options(options, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "secret key", 0);
    CHECK(!nango_client_new_with_options(options, NULL));
    nango_options_free(nango_options_new_from_env(NULL));

    /* Options that are NULL. */
    CHECK(nango_options_set_base_url(NULL, HOST) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_options_set_secret_key(NULL, KEY) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_options_set_connect_timeout_ms(NULL, 1) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_options_set_attempt_timeout_ms(NULL, 1) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_options_set_timeout_ms(NULL, 1) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_options_set_max_retries(NULL, 1) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_options_set_idle_timeout_ms(NULL, 1) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_options_set_idle_connections(NULL, 1) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_options_set_max_response_bytes(NULL, 1) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_options_set_max_connections(NULL, 1) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_options_set_user_agent_suffix(NULL, "x") == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_options_set_proxy(NULL, "") == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_options_set_tls_roots(NULL, NANGO_TLS_ROOTS_PLATFORM) ==
          NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_options_add_ca_pem(NULL, (const uint8_t *)"x", 1) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_options_set_client_identity_pem(NULL, (const uint8_t *)"x", 1) ==
          NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_options_set_plural_routes(NULL, true) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_options_set_events(NULL, 1) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_call_options_set_force_refresh(NULL, true) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_call_options_set_include_refresh_token(NULL, true) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_call_options_set_timeout_ms(NULL, 1) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_call_options_set_cancel(NULL, cancel) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_call_options_set_header(NULL, "x", "y") == NANGO_ERROR_INVALID_ARGUMENT);

    /* Arguments that may be NULL. */
    CHECK(nango_options_set_user_agent_suffix(options, NULL) == NANGO_OK);
    CHECK(nango_options_set_proxy(options, NULL) == NANGO_OK);
    CHECK(nango_call_options_set_cancel(call, NULL) == NANGO_OK);
    /* Arguments that may not be NULL. */
    CHECK(nango_options_set_base_url(options, NULL) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_options_set_secret_key(options, NULL) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_options_add_ca_pem(options, NULL, 0) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_options_add_ca_pem(options, NULL, 7) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_options_set_client_identity_pem(options, NULL, 0) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_call_options_set_header(call, NULL, "y") == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_call_options_set_header(call, "x", NULL) == NANGO_ERROR_INVALID_ARGUMENT);

    /* Errors. */
    CHECK(nango_error_code(NULL) == NANGO_OK);
    CHECK(nango_error_http_status(NULL) == 0);
    CHECK(!nango_error_api_code(NULL));
    CHECK(!nango_error_message(NULL));
    CHECK(!nango_error_body_json(NULL));
    CHECK(!nango_error_body_reveal(NULL));
    CHECK(nango_error_retry_after_ms(NULL) == -1);
    CHECK(!nango_error_retryable(NULL));
    CHECK(nango_error_attempts(NULL) == 0);
    CHECK(!nango_error_header(NULL, "retry-after"));
    CHECK(!nango_get_token(client, "github", "", NULL, &error));
    CHECK(!nango_error_header(error, NULL));
    CHECK(!nango_error_header(NULL, NULL));
    nango_error_free(error);

    /* JSON. */
    CHECK(!nango_json_get(NULL, ""));
    CHECK(!nango_json_get("{}", NULL));
    CHECK(!nango_json_get(NULL, NULL));
    CHECK(!nango_json_items_new(NULL, ""));
    CHECK(!nango_json_items_new("[]", NULL));
    CHECK(!nango_json_items_next(NULL));

    /* error_out may be NULL: on failure, and on success. */
    text = nango_get_token(client, "github", "bob", NULL, NULL);
    CHECK_TEXT(text, "at-bob");
    nango_free_string(text);
    pager = nango_pager_new(client, "list_connections", NULL, 0, NULL, NULL);
    text = nango_pager_next_json(pager, NULL);
    CHECK(text);
    items = nango_json_items_new(text, "/connections");
    CHECK(items);
    nango_json_items_free(items);
    nango_free_string(text);
    nango_pager_free(pager);
    CHECK(nango_client_warm_up(client, NULL));

    /* Queues. */
    {
        nango_queue *queue = nango_queue_new(NULL);
        nango_completion done[2];
        CHECK(queue);
        CHECK(nango_queue_fd(NULL) == -1);
        CHECK(nango_queue_submit(NULL, client, "get_token", "{}", NULL, 0, &error) == 0);
        EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "queue is NULL", 0);
        CHECK(nango_queue_submit(queue, NULL, "get_token", "{}", NULL, 0, &error) == 0);
        EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "client is NULL", 0);
        CHECK(nango_queue_submit(queue, client, NULL, "{}", NULL, 0, &error) == 0);
        EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "operation is NULL", 0);
        CHECK(nango_queue_submit(queue, client, "get_token", NULL, NULL, 0, &error) == 0);
        EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "missing", 0);
        CHECK(nango_queue_submit(NULL, NULL, NULL, NULL, NULL, 0, NULL) == 0);
        CHECK(nango_queue_submit_page(NULL, NULL, 0, &error) == 0);
        EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "is NULL", 0);
        CHECK(nango_queue_submit_page(queue, NULL, 0, &error) == 0);
        EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "pager is NULL", 0);
        CHECK(nango_queue_submit_page(NULL, NULL, 0, NULL) == 0);
        CHECK(nango_queue_next(NULL, done, 2, 0) == 0);
        CHECK(nango_queue_next(NULL, done, 2, -1) == 0);
        CHECK(nango_queue_next(queue, NULL, 2, 0) == 0);
        CHECK(nango_queue_next(queue, NULL, 2, -1) == 0);
        CHECK(nango_queue_next(queue, done, 0, -1) == 0);
        nango_queue_cancel(NULL, 1);
        nango_queue_cancel(queue, 4711);
        nango_queue_close(NULL);
        nango_queue_free(queue);
        nango_queue_free(NULL);
    }

    nango_free_string(NULL);
    nango_error_free(NULL);
    nango_client_free(NULL);
    nango_options_free(NULL);
    nango_call_options_free(NULL);
    nango_cancel_trigger(NULL);
    nango_cancel_free(NULL);
    nango_pager_free(NULL);
    nango_json_items_free(NULL);

    nango_cancel_free(cancel);
    nango_call_options_free(call);
    nango_options_free(options);
    nango_client_free(client);
}

/* ---- Creating a client ---- */

static void urls_that_are_none(void)
{
    static const char *const urls[] = {"",
                                       "localhost",
                                       "not a url",
                                       "ftp://nango.example",
                                       "http://",
                                       "https://u:p@h",
                                       "https://h?x=1",
                                       "https://h#x",
                                       "http://h:99999",
                                       "http://[::",
                                       "http://h\r\nX-A: b",
                                       "file:///etc/passwd",
                                       "//nango.example"};
    nango_error *error;
    size_t i;
    for (i = 0; i < sizeof urls / sizeof *urls; i++) {
        error = NULL;
        if (!CHECK(!nango_client_new(urls[i], KEY, &error)))
            printf("  %s\n", urls[i]);
        EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "expected something like https://api.nango.dev",
               0);
    }
    CHECK(!nango_client_new("https://u:hunter2@h", KEY, &error));
    CHECK(!strstr(nango_error_message(error), "hunter2"));
    nango_error_free(error);
}

static void keys_that_are_none(void)
{
    static const char *const keys[] = {"0f8fad5b-d9cb\n", "0f8fad5b\r\nX-A: b", "0f8fad5b d9cb",
                                       " 0f8fad5b", "kl\xc3\xa9"};
    nango_error *error = NULL;
    size_t i;
    CHECK(!nango_client_new(HOST, "", &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT,
           "the secret key is empty; find it in Nango's dashboard", 0);
    for (i = 0; i < sizeof keys / sizeof *keys; i++) {
        CHECK(!nango_client_new(HOST, keys[i], &error));
        CHECK(!strstr(nango_error_message(error), "0f8fad5b"));
        EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT,
               "the secret key contains a space, a line break or a non-ASCII character", 0);
    }
}

static void the_environment(void)
{
    nango_error *error = NULL;
    nango_options *options;
    nango_client *client;

    options = nango_options_new_from_env(&error);
    CHECK(options && !error);
    client = nango_client_new_with_options(options, &error);
    CHECK(token_works(client));
    nango_client_free(client);
    nango_options_free(options);

    setenv("NANGO_HOST", "nonsense", 1);
    CHECK(!nango_options_new_from_env(&error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "NANGO_HOST", 0);
    setenv("NANGO_HOST", HOST, 1);
    setenv("NANGO_API_KEY", "with a blank", 1);
    CHECK(!nango_options_new_from_env(&error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "NANGO_API_KEY", 0);
    setenv("NANGO_API_KEY", "", 1);
    CHECK(!nango_options_new_from_env(&error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "NANGO_API_KEY is set but empty", 0);
    unsetenv("NANGO_API_KEY");
    unsetenv("NANGO_SECRET_KEY");
    CHECK(!nango_options_new_from_env(&error));
    CHECK_HOLDS(nango_error_message(error), "NANGO_API_KEY");
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "NANGO_SECRET_KEY", 0);
    setenv("NANGO_SECRET_KEY", KEY, 1);
}

/* ---- The network ---- */

static void nobody_listens(void)
{
    char url[64];
    nango_error *error = NULL;
    nango_client *client;
    nango_options *options = nango_options_new();
    peer_nobody(url, sizeof url);
    EXPECT(token_error(url, KEY, "github", "bob"), NANGO_ERROR_CONNECT,
           "check that the server is running and that the base URL is correct", 1);

    client = client_of(url, KEY);
    CHECK(!nango_client_warm_up(client, &error));
    CHECK(nango_error_retryable(error));
    EXPECT(error, NANGO_ERROR_CONNECT, url, 1);
    nango_client_free(client);

    /* With the default number of retries. */
    nango_options_set_base_url(options, url);
    nango_options_set_secret_key(options, KEY);
    client = nango_client_new_with_options(options, &error);
    CHECK(!nango_get_token(client, "github", "bob", NULL, &error));
    EXPECT(error, NANGO_ERROR_CONNECT, "cannot connect to", 3);
    nango_client_free(client);
    nango_options_free(options);
}

static void a_host_that_does_not_exist(void)
{
    nango_error *error = NULL;
    nango_client *client;
    nango_options *options = nango_options_new();
    nango_options_set_base_url(options, "https://nango.invalid");
    nango_options_set_secret_key(options, KEY);
    nango_options_set_max_retries(options, 0);
    nango_options_set_timeout_ms(options, 10000);
    nango_options_set_proxy(options, ""); /* a proxy would resolve the name instead */
    client = nango_client_new_with_options(options, &error);
    CHECK(!nango_get_token(client, "github", "bob", NULL, &error));
    CHECK_HOLDS(nango_error_message(error), "check the host in the base URL");
    EXPECT(error, NANGO_ERROR_DNS, "nango.invalid", 1);
    nango_client_free(client);
    nango_options_free(options);
}

static void pages_and_redirects(void)
{
    struct peer page, redirect, broken, not_json;
    nango_error *error;
    dev_forget_requests();
    peer_start(&page, PEER_ANSWERS,
               "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 21\r\n"
               "Connection: close\r\n\r\n<!doctype html>hello!");
    error = token_error(page.url, KEY, "github", "bob");
    CHECK(error && nango_error_http_status(error) == 200);
    CHECK_HOLDS(nango_error_message(error), "base URL");
    EXPECT(error, NANGO_ERROR_INVALID_RESPONSE, "text/html", 1);
    peer_stop(&page);

    /* A load balancer redirects http to https: the key must not be sent there. */
    peer_start(&redirect, PEER_ANSWERS,
               "HTTP/1.1 301 Moved Permanently\r\nLocation: https://nango.example/connection\r\n"
               "Content-Length: 0\r\nConnection: close\r\n\r\n");
    error = token_error(redirect.url, KEY, "github", "bob");
    CHECK(error && nango_error_http_status(error) == 301);
    CHECK_HOLDS(nango_error_message(error), "base URL");
    EXPECT(error, NANGO_ERROR_INVALID_RESPONSE, "https://nango.example", 1);
    peer_stop(&redirect);

    peer_start(&broken, PEER_ANSWERS,
               "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 200\r\n"
               "Connection: close\r\n\r\n{\"connection_id\":");
    EXPECT(token_error(broken.url, KEY, "github", "bob"), NANGO_ERROR_IO,
           "broke before the answer was complete", 1);
    peer_stop(&broken);

    peer_start(&not_json, PEER_ANSWERS,
               "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 6\r\n"
               "Connection: close\r\n\r\nsecret");
    error = token_error(not_json.url, KEY, "github", "bob");
    CHECK(error && !strstr(nango_error_message(error), "secret"));
    EXPECT(error, NANGO_ERROR_INVALID_RESPONSE, "not valid JSON", 1);
    peer_stop(&not_json);
    CHECK(dev_count_requests() == 0);
}

static void no_http_at_all(void)
{
    struct peer peer;
    peer_start(&peer, PEER_ANSWERS, "220 mail.example ESMTP\r\n");
    EXPECT(token_error(peer.url, KEY, "github", "bob"), NANGO_ERROR_INVALID_RESPONSE,
           "not the head of an HTTP/1 answer", 1);
    peer_stop(&peer);
}

static void timeouts(void)
{
    struct peer silent, slow;
    nango_error *error = NULL;
    nango_client *client;
    nango_options *options = nango_options_new();
    nango_call_options *call = nango_call_options_new();
    long long began;
    peer_start(&silent, PEER_SILENT, NULL);
    peer_start(&slow, PEER_DRIPS,
               "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
               "{                                              ");

    /* The timeout of the whole call. */
    nango_options_set_base_url(options, silent.url);
    nango_options_set_secret_key(options, KEY);
    nango_options_set_timeout_ms(options, 300);
    client = nango_client_new_with_options(options, &error);
    began = now_ms();
    CHECK(!nango_get_token(client, "github", "bob", NULL, &error));
    CHECK(now_ms() - began >= 290 && now_ms() - began < 3000);
    CHECK(nango_error_retryable(error));
    EXPECT(error, NANGO_ERROR_TIMEOUT, "timeout", 1);
    nango_client_free(client);

    /* The timeout of one attempt: with two retries, three times that and the waits between. */
    nango_options_set_timeout_ms(options, 60000);
    nango_options_set_attempt_timeout_ms(options, 200);
    client = nango_client_new_with_options(options, &error);
    began = now_ms();
    CHECK(!nango_get_token(client, "github", "bob", NULL, &error));
    CHECK(now_ms() - began >= 590 && now_ms() - began < 6000);
    EXPECT(error, NANGO_ERROR_TIMEOUT, "attempt_timeout", 3);

    /* The timeout in the call options. */
    CHECK(nango_call_options_set_timeout_ms(call, 100) == NANGO_OK);
    began = now_ms();
    CHECK(!nango_get_token(client, "github", "bob", call, &error));
    CHECK(now_ms() - began >= 90 && now_ms() - began < 3000);
    EXPECT(error, NANGO_ERROR_TIMEOUT, "timeout", 1);
    nango_client_free(client);

    /* A server that sends a byte now and then does not extend the timeout. */
    nango_options_set_base_url(options, slow.url);
    nango_options_set_attempt_timeout_ms(options, 30000);
    client = nango_client_new_with_options(options, &error);
    CHECK(nango_call_options_set_timeout_ms(call, 500) == NANGO_OK);
    began = now_ms();
    CHECK(!nango_get_token(client, "github", "bob", call, &error));
    CHECK(now_ms() - began >= 490 && now_ms() - began < 3000);
    EXPECT(error, NANGO_ERROR_TIMEOUT, "timeout", 1);
    nango_client_free(client);

    nango_call_options_free(call);
    nango_options_free(options);
    peer_stop(&slow);
    peer_stop(&silent);
}

/* ---- The server's answers ---- */

static void wrong_keys(void)
{
    nango_error *error = token_error(HOST, "a5d1f7d1-0a7a-4c35-9d70-0b2f9f5c3c11", "github", "bob");
    CHECK(error && nango_error_http_status(error) == 401 && !nango_error_retryable(error));
    EXPECT(error, NANGO_ERROR_UNAUTHORIZED,
           "check that the base URL is that of the server that issued it", 1);
    EXPECT(token_error(HOST, "shibboleth", "github", "bob"), NANGO_ERROR_UNAUTHORIZED, "secret key",
           1);

    /* A key that may read connections, but not their credentials. */
    error = token_error(HOST, check_env("NANGO_DEV_KEY_READ"), "github", "bob");
    CHECK_HOLDS(nango_error_message(error), "environment:connections:read_credentials");
    EXPECT(error, NANGO_ERROR_NO_CREDENTIALS, "scope", 1);
    /* A key without any scope. */
    error = token_error(HOST, check_env("NANGO_DEV_KEY_NONE"), "github", "bob");
    CHECK(error && nango_error_http_status(error) == 403);
    EXPECT(error, NANGO_ERROR_FORBIDDEN, "scope", 1);
}

static void what_there_is_not(void)
{
    nango_error *error = token_error(HOST, KEY, "no-such-integration", "bob");
    CHECK(error && nango_error_api_code(error));
    CHECK_TEXT(nango_error_api_code(error), "unknown_provider_config");
    CHECK(nango_error_body_json(error));
    EXPECT(error, NANGO_ERROR_INTEGRATION_NOT_FOUND, "check provider_config_key", 1);
    error = token_error(HOST, KEY, "github", "nobody-there");
    CHECK_HOLDS(nango_error_message(error), "\"nobody-there\" of \"github\"");
    EXPECT(error, NANGO_ERROR_NOT_FOUND, "check connection_id", 1);
}

static void what_is_no_token(void)
{
    nango_error *error = token_error(HOST, KEY, "basic-auth", "dave");
    nango_client *client = client_of(HOST, KEY);
    char *credentials, *password;
    CHECK(error && !strstr(nango_error_message(error), "hunter2"));
    CHECK_HOLDS(nango_error_message(error), "BASIC");
    EXPECT(error, NANGO_ERROR_NO_SINGLE_TOKEN, "get_credentials", 1);
    credentials = nango_get_credentials_json(client, "basic-auth", "dave", NULL, &error);
    CHECK(credentials && !error);
    password = nango_json_get(credentials, "/password");
    CHECK_TEXT(password, "hunter2");
    nango_free_string(password);
    nango_free_string(credentials);

    /* Reading a whole connection without credentials is not an error. */
    credentials = nango_get_connection_json(client, "none", "nobody", NULL, &error);
    CHECK(credentials && !error);
    nango_free_string(credentials);
    CHECK(!nango_get_credentials_json(client, "none", "nobody", NULL, &error));
    EXPECT(error, NANGO_ERROR_NO_CREDENTIALS, "needs no credentials", 1);
    nango_client_free(client);
}

static void what_cannot_be_refreshed(void)
{
    nango_error *error = token_error(HOST, KEY, "github", "broken");
    CHECK(error && nango_error_http_status(error) == 424 && !nango_error_retryable(error));
    EXPECT(error, NANGO_ERROR_RECONNECT_REQUIRED, "the user must authorise again", 1);
    dev_advance_ms(31000);
    error = token_error(HOST, KEY, "github", "flaky");
    CHECK(error && nango_error_retryable(error));
    EXPECT(error, NANGO_ERROR_REFRESH_FAILED, "if this persists, the user must authorise again", 1);
    error = token_error(HOST, KEY, "github", "flaky");
    CHECK(error && nango_error_retry_after_ms(error) > 0 &&
          nango_error_retry_after_ms(error) <= 30000);
    EXPECT(error, NANGO_ERROR_REFRESH_BACKOFF, "30", 1);
}

static void filters_that_are_none(void)
{
    static const struct {
        const char *filter, *words;
    } cases[] = {
        {"", "filter_json is not a JSON object"},
        {"{", "filter_json is not a JSON object"},
        {"[]", "filter_json is not a JSON object"},
        {"null", "filter_json is not a JSON object"},
        {"{\"colour\":\"red\"}", "colour"},
        {"{\"tags\":{\"a\":1}}", "tags"},
        {"{\"search\":\"a\\u0000b\"}", "search"},
        {"{\"integration_id\":[1]}", "integration_id"},
        {"{\"connection_id\":7}", "connection_id"},
        {"{\"search\":\"x\"} x", "filter_json is not a JSON object"},
        {"{\"search\":\"a\",\"search\":\"b\"}", "filter_json has two members \"search\""},
        {"{\"search\":\"a\",\"s\\u0065arch\":\"b\"}", "filter_json has two members \"search\""},
        {"{\"tags\":{\"plan\":\"a\",\"plan\":\"b\"}}", "filter_json has two members \"plan\""}};
    nango_client *client = client_of(HOST, KEY);
    nango_error *error = NULL;
    nango_pager *pager;
    size_t i;
    dev_forget_requests();
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(!nango_list_connections_json(client, cases[i].filter, NULL, &error));
        EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, cases[i].words, 0);
    }
    CHECK(!nango_pager_new(client, "list_connections", "[1]", 0, NULL, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "params_json is not a JSON object", 0);
    CHECK(!nango_pager_new(client, "list_connections", "{\"limit\":1}", 0, NULL, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "limit", 0);
    CHECK(!nango_pager_new(client, "list_connections", "{\"page\":1}", 0, NULL, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "page", 0);
    /* Other mistakes are reported with the first page. */
    pager = nango_pager_new(client, "list_connections", "{\"colour\":\"red\"}", 0, NULL, &error);
    if (pager)
        CHECK(!nango_pager_next_json(pager, &error));
    nango_pager_free(pager);
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "colour", 0);
    CHECK(dev_count_requests() == 0);
    nango_client_free(client);
}

/* ---- Options ---- */

/* New options with one setting, which must be refused and must make creating the client fail. */
#define REFUSED(setting, words)                                         \
    do {                                                                \
        nango_options *options = nango_options_new();                   \
        nango_error *problem = NULL;                                    \
        nango_options_set_base_url(options, HOST);                      \
        nango_options_set_secret_key(options, KEY);                     \
        CHECK((setting) == NANGO_ERROR_INVALID_ARGUMENT);               \
        /* Later settings do not clear the error. */                    \
        CHECK(nango_options_set_timeout_ms(options, 1000) == NANGO_OK); \
        CHECK(!nango_client_new_with_options(options, &problem));       \
        EXPECT(problem, NANGO_ERROR_INVALID_ARGUMENT, words, 0);        \
        nango_options_free(options);                                    \
    } while (0)

static void options_that_are_refused(void)
{
    static const uint8_t nonsense[] =
        "-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n";
    static const uint8_t words[] = "these are words";
    REFUSED(nango_options_set_base_url(options, "nango.example"), "base URL");
    REFUSED(nango_options_set_secret_key(options, ""), "secret key");
    REFUSED(nango_options_set_connect_timeout_ms(options, 0), "connect_timeout");
    REFUSED(nango_options_set_attempt_timeout_ms(options, 0), "attempt_timeout");
    REFUSED(nango_options_set_timeout_ms(options, 0), "timeout must be greater than 0");
    REFUSED(nango_options_set_idle_timeout_ms(options, 0), "idle_timeout");
    REFUSED(nango_options_set_max_connections(options, 0), "max_connections");
    REFUSED(nango_options_set_max_response_bytes(options, 0), "max_response_bytes");
    REFUSED(nango_options_set_user_agent_suffix(options, "a\nb"), "user agent");
    REFUSED(nango_options_set_user_agent_suffix(options, "a (b)"), "user agent");
    REFUSED(nango_options_set_user_agent_suffix(options, "nango-cli/1"), "nango-cli/");
    REFUSED(nango_options_set_proxy(options, "not a url"), "proxy");
    REFUSED(nango_options_set_proxy(options, "ftp://proxy.example"), "proxy");
    REFUSED(nango_options_set_tls_roots(options, 3), "tls_roots is");
    REFUSED(nango_options_set_tls_roots(options, -1), "tls_roots is");
    REFUSED(nango_options_add_ca_pem(options, words, sizeof words - 1), "certificate");
    REFUSED(nango_options_add_ca_pem(options, words, 0), "certificate");
    REFUSED(nango_options_add_ca_pem(options, nonsense, sizeof nonsense - 1), "certificate");
    REFUSED(nango_options_set_client_identity_pem(options, words, sizeof words - 1), "");
}

static void the_first_problem_is_told(void)
{
    nango_options *options = nango_options_new();
    nango_error *error = NULL;
    nango_options_set_timeout_ms(options, 0);
    nango_options_set_secret_key(options, "");
    CHECK(!nango_client_new_with_options(options, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "timeout", 0);
    nango_options_free(options);
}

static void options_that_are_taken(void)
{
    nango_options *options = nango_options_new();
    nango_error *error = NULL;
    nango_client *client;
    size_t length;
    const char *pem = read_file(check_env("NANGO_DEV_CA_FILE"), &length);
    char *log;
    CHECK(nango_options_set_base_url(options, HOST) == NANGO_OK);
    CHECK(nango_options_set_secret_key(options, KEY) == NANGO_OK);
    CHECK(nango_options_set_connect_timeout_ms(options, 1) == NANGO_OK);
    CHECK(nango_options_set_connect_timeout_ms(options, UINT32_MAX) == NANGO_OK);
    CHECK(nango_options_set_attempt_timeout_ms(options, UINT32_MAX) == NANGO_OK);
    CHECK(nango_options_set_timeout_ms(options, UINT32_MAX) == NANGO_OK);
    CHECK(nango_options_set_max_retries(options, 0) == NANGO_OK);
    CHECK(nango_options_set_max_retries(options, UINT32_MAX) == NANGO_OK);
    CHECK(nango_options_set_idle_timeout_ms(options, UINT32_MAX) == NANGO_OK);
    CHECK(nango_options_set_idle_connections(options, 0) == NANGO_OK);
    CHECK(nango_options_set_max_response_bytes(options, UINT64_MAX) == NANGO_OK);
    CHECK(nango_options_set_max_connections(options, UINT32_MAX) == NANGO_OK);
    CHECK(nango_options_set_user_agent_suffix(options, "bad-input/1.2") == NANGO_OK);
    CHECK(nango_options_set_proxy(options, "http://user:password@proxy.example:3128") == NANGO_OK);
    CHECK(nango_options_set_proxy(options, "") == NANGO_OK);
    CHECK(nango_options_set_tls_roots(options, NANGO_TLS_ROOTS_BUNDLED) == NANGO_OK);
    CHECK(nango_options_set_tls_roots(options, NANGO_TLS_ROOTS_CUSTOM_ONLY) == NANGO_OK);
    CHECK(nango_options_set_tls_roots(options, NANGO_TLS_ROOTS_PLATFORM) == NANGO_OK);
    CHECK(nango_options_add_ca_pem(options, (const uint8_t *)pem, length) == NANGO_OK);
    CHECK(nango_options_set_plural_routes(options, true) == NANGO_OK);
    CHECK(nango_options_set_events(options, 0) == NANGO_OK);
    client = nango_client_new_with_options(options, &error);
    CHECK(client && !error);
    nango_options_free(options); /* the client has a copy */
    dev_forget_requests();
    CHECK(token_works(client));
    CHECK(token_works(client));
    log = dev_requests();
    CHECK_HOLDS(log, "bad-input/1.2");
    CHECK_HOLDS(log, "\"/connections/bob?");
    free(log);
    nango_client_free(client);
}

static void call_options(void)
{
    nango_client *client = client_of(HOST, KEY);
    nango_call_options *call = nango_call_options_new();
    nango_error *error = NULL;
    char *text, *log;
    dev_forget_requests();
    CHECK(nango_call_options_set_force_refresh(call, false) == NANGO_OK);
    CHECK(nango_call_options_set_include_refresh_token(call, true) == NANGO_OK);
    CHECK(nango_call_options_set_timeout_ms(call, 20000) == NANGO_OK);
    CHECK(nango_call_options_set_header(call, "traceparent", "00-1-1-01") == NANGO_OK);
    CHECK(nango_call_options_set_header(call, "TraceParent", "00-2-2-01") == NANGO_OK);
    text = nango_get_credentials_json(client, "github", "bob", call, &error);
    CHECK(text && !error);
    CHECK_HOLDS(text, "\"refresh_token\":\"rt-bob\"");
    nango_free_string(text);
    log = dev_requests();
    CHECK_HOLDS(log, "\"traceparent\":\"00-2-2-01\"");
    CHECK(!strstr(log, "force_refresh"));
    free(log);

    /* The options keep the error, and the call fails with it before it sends anything. */
    dev_forget_requests();
    CHECK(nango_call_options_set_header(call, "Authorization", "Bearer x") ==
          NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_call_options_set_timeout_ms(call, 0) == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(!nango_get_token(client, "github", "bob", call, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT,
           "header Authorization is reserved and cannot be set", 0);
    CHECK(!nango_list_connections_json(client, NULL, call, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "Authorization", 0);
    CHECK(!nango_pager_new(client, "list_connections", NULL, 0, call, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "Authorization", 0);
    CHECK(dev_count_requests() == 0);
    nango_call_options_free(call);

    call = nango_call_options_new();
    CHECK(nango_call_options_set_header(call, "x-a", "1\r\nx-b: 2") ==
          NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_call_options_set_header(call, "x a", "1") == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(nango_call_options_set_header(call, "", "1") == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(!nango_get_token(client, "github", "bob", call, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "line break", 0);
    nango_call_options_free(call);
    nango_client_free(client);
}

/* ---- Threads ---- */

struct waiting_call {
    nango_client *client;
    nango_call_options *options;
    nango_error *error;
    char *token;
    long long ended;
};

static void *wait_for_token(void *context)
{
    struct waiting_call *call = (struct waiting_call *)context;
    call->token = nango_get_token(call->client, "github", "bob", call->options, &call->error);
    call->ended = now_ms();
    return NULL;
}

static void cancel_from_another_thread(void)
{
    const struct timespec a_moment = {0, 100000000L};
    struct peer silent;
    struct waiting_call calls[3];
    pthread_t threads[3];
    nango_cancel *cancel = nango_cancel_new();
    nango_call_options *options = nango_call_options_new();
    nango_client *client;
    long long triggered;
    int i;
    peer_start(&silent, PEER_SILENT, NULL);
    client = client_of(silent.url, KEY);
    CHECK(nango_call_options_set_cancel(options, cancel) == NANGO_OK);
    for (i = 0; i < 3; i++) {
        memset(&calls[i], 0, sizeof calls[i]);
        calls[i].client = client;
        calls[i].options = options;
        pthread_create(&threads[i], NULL, wait_for_token, &calls[i]);
    }
    CHECK(peer_was_called(&silent, 5000));
    nanosleep(&a_moment, NULL);
    triggered = now_ms();
    nango_cancel_trigger(cancel);
    for (i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        CHECK(!calls[i].token);
        CHECK(calls[i].ended - triggered < 1000);
        CHECK(!nango_error_retryable(calls[i].error));
        EXPECT(calls[i].error, NANGO_ERROR_CANCELLED, "cancelled", -1);
    }
    /* The handle stays triggered, so later calls send nothing. */
    nango_client_free(client);
    client = client_of(HOST, KEY);
    dev_forget_requests();
    calls[0].error = NULL;
    CHECK(!nango_get_token(client, "github", "bob", options, &calls[0].error));
    EXPECT(calls[0].error, NANGO_ERROR_CANCELLED, "cancelled", -1);
    CHECK(dev_count_requests() == 0);
    nango_cancel_free(cancel);
    nango_call_options_free(options);
    nango_client_free(client);
    peer_stop(&silent);
}

static void everything_is_freed_while_a_call_runs(void)
{
    struct peer silent;
    struct waiting_call call = {NULL, NULL, NULL, NULL, 0};
    pthread_t thread;
    nango_cancel *cancel = nango_cancel_new();
    peer_start(&silent, PEER_SILENT, NULL);
    call.client = client_of(silent.url, KEY);
    call.options = nango_call_options_new();
    nango_call_options_set_timeout_ms(call.options, 1000);
    nango_call_options_set_cancel(call.options, cancel);
    pthread_create(&thread, NULL, wait_for_token, &call);
    CHECK(peer_was_called(&silent, 5000));
    nango_client_free(call.client);
    nango_call_options_free(call.options);
    nango_cancel_free(cancel);
    pthread_join(thread, NULL);
    CHECK(!call.token);
    EXPECT(call.error, NANGO_ERROR_TIMEOUT, "timeout", 1);
    peer_stop(&silent);
}

static atomic_int shared_failures;

static void *call_often(void *context)
{
    int i;
    for (i = 0; i < 50; i++) {
        if (!token_works((const nango_client *)context))
            atomic_fetch_add(&shared_failures, 1);
    }
    return NULL;
}

static void one_client_for_many_threads(void)
{
    nango_client *client = client_of(HOST, KEY);
    pthread_t threads[8];
    int i;
    for (i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, call_often, client);
    for (i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    CHECK(atomic_load(&shared_failures) == 0);
    nango_client_free(client);
}

/* ---- Queues ---- */

static bool readable(const nango_queue *queue, int ms)
{
    struct pollfd watched = {0, POLLIN, 0};
    watched.fd = nango_queue_fd(queue);
    return poll(&watched, 1, ms) == 1;
}

static void free_completion(nango_completion *done)
{
    nango_free_string(done->json);
    nango_error_free(done->error);
}

static void a_queue(void)
{
    enum { CALLS = 20 };
    nango_error *error = NULL;
    nango_client *client = client_of(HOST, KEY);
    nango_queue *queue = nango_queue_new(&error);
    nango_completion done[4];
    uint64_t tickets[CALLS], seen = 0;
    size_t i, count, taken = 0;
    CHECK(queue && !error && nango_queue_fd(queue) >= 0 && !readable(queue, 0));
    for (i = 0; i < CALLS; i++) {
        const char *params =
            i % 2 ? "{\"provider_config_key\":\"github\",\"connection_id\":\"bob\"}"
                  : "{\"provider_config_key\":\"github\",\"connection_id\":\"nobody-there\"}";
        tickets[i] = nango_queue_submit(queue, client, "get_token", params, NULL, i, &error);
        CHECK(tickets[i] && !error);
    }
    nango_client_free(client);
    while (taken < CALLS && readable(queue, 10000) &&
           (count = nango_queue_next(queue, done, 4, 0)) > 0) {
        for (i = 0; i < count; i++) {
            uint64_t which = done[i].user_data;
            CHECK(which < CALLS && done[i].ticket == tickets[which] && !(seen >> which & 1));
            seen |= (uint64_t)1 << which;
            if (which % 2) {
                CHECK_TEXT(done[i].json, "at-bob");
                CHECK(!done[i].error);
            } else {
                CHECK(!done[i].json && nango_error_code(done[i].error) == NANGO_ERROR_NOT_FOUND);
            }
            free_completion(&done[i]);
        }
        taken += count;
    }
    CHECK(taken == CALLS && !readable(queue, 0) && nango_queue_next(queue, done, 4, 0) == 0 &&
          nango_queue_next(queue, done, 4, 20) == 0);

    CHECK(nango_queue_submit(queue, NULL, "x", NULL, NULL, 0, &error) == 0);
    nango_error_free(error);
    client = client_of(HOST, KEY);
    CHECK(nango_queue_submit(queue, client, "no_such_operation", NULL, NULL, 0, &error) == 0);
    EXPECT(error, NANGO_ERROR_UNKNOWN_OPERATION, "no_such_operation", 0);
    CHECK(nango_queue_submit(queue, client, "get_token", "[", NULL, 0, &error) == 0);
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "JSON object", 0);
    CHECK(nango_queue_submit(queue, client, "get_token",
                             "{\"provider_config_key\":\"github\",\"connection_id\":\"..\"}", NULL,
                             0, &error) == 0);
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "connection_id", 0);
    nango_client_free(client);
    nango_queue_free(queue);
}

static void parameters_are_built(void)
{
    nango_client *client = client_of(HOST, KEY);
    nango_error *error = NULL;
    nango_params *params = nango_params_new();
    char *list, *id;
    CHECK_TEXT(nango_params_json(params), "{}");
    CHECK(nango_params_set_text(params, "search", "a \"b\"\\\n\x01 \xc3\xa9") == NANGO_OK);
    CHECK_TEXT(nango_params_json(params), "{\"search\":\"a \\\"b\\\"\\\\\\n\\u0001 \xc3\xa9\"}");
    CHECK(nango_params_set_text(params, "search", "bob") == NANGO_OK);
    CHECK(nango_params_set_integer(params, "limit", -7) == NANGO_OK);
    CHECK(nango_params_set_bool(params, "flag", true) == NANGO_OK);
    CHECK(nango_params_set_json(params, "tags", " {\"plan\": \"free\"}") == NANGO_OK);
    CHECK_TEXT(nango_params_json(params),
               "{\"search\":\"bob\",\"limit\":-7,\"flag\":true,"
               "\"tags\": {\"plan\": \"free\"}}");
    nango_params_free(params);

    params = nango_params_new();
    nango_params_set_text(params, "connection_id", "bob");
    nango_params_set_integer(params, "limit", 1);
    list = nango_list_connections_json(client, nango_params_json(params), NULL, &error);
    id = list ? nango_json_get(list, "/connections/0/connection_id") : NULL;
    CHECK_TEXT(id, "bob");
    CHECK(!error);
    nango_free_string(id);
    nango_free_string(list);
    nango_params_free(params);

    /* After a setter that failed, nothing takes them: a filter must not be lost. */
    static const char bad[] = "caf\xe9";
    for (int i = 0; i < 5; i++) {
        params = nango_params_new();
        nango_params_set_text(params, "connection_id", "bob");
        CHECK((i == 0   ? nango_params_set_text(params, "search", bad)
               : i == 1 ? nango_params_set_text(params, bad, "x")
               : i == 2 ? nango_params_set_json(params, "tags", "{\"a\":")
               : i == 3 ? nango_params_set_text(params, "search", NULL)
                        : nango_params_set_json(params, "tags", "")) ==
              (i < 2 ? NANGO_ERROR_INVALID_UTF8 : NANGO_ERROR_INVALID_ARGUMENT));
        nango_params_set_text(params, "search", "fine");
        CHECK(!nango_list_connections_json(client, nango_params_json(params), NULL, &error));
        EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "is not a JSON object", 0);
        nango_params_free(params);
    }
    nango_client_free(client);
}

static void hints(void)
{
    nango_error *error = token_error(HOST, KEY, "github", "broken");
    nango_client *client = client_of("http://nango.internal", KEY);
    CHECK(nango_error_suggests_reconnect(error));
    nango_error_free(error);
    CHECK_HOLDS(nango_client_warning(client), "unencrypted; use https");
    nango_client_free(client);
    client = client_of(HOST, KEY);
    CHECK(!nango_client_warning(client) && !nango_client_warning(NULL));
    nango_client_free(client);
    CHECK(
        nango_connection_has_auth_error("{\"errors\":[{\"type\":\"sync\"},{\"type\":\"auth\"}]}"));
    CHECK(!nango_connection_has_auth_error("{\"errors\":[{\"type\":\"sync\"}]}"));
    CHECK(!nango_connection_has_auth_error("{\"errors\":[],\"type\":\"auth\"}"));
    CHECK(!nango_connection_has_auth_error("auth") && !nango_connection_has_auth_error(NULL));
}

static void calls_with_plain_arguments(void)
{
    nango_client *client = client_of(HOST, KEY);
    nango_error *error = NULL;
    nango_queue *queue = nango_queue_new(&error);
    nango_completion done;
    uint64_t ticket;
    char *id;
    ticket = nango_queue_submit_get_token(queue, client, "github", "bob", NULL, 7, &error);
    CHECK(ticket && !error && nango_queue_next(queue, &done, 1, 10000) == 1);
    CHECK(done.ticket == ticket && done.user_data == 7);
    CHECK_TEXT(done.json, "at-bob");
    free_completion(&done);
    ticket = nango_queue_submit_get_connection(queue, client, "github", "bob", NULL, 8, &error);
    CHECK(ticket && !error && nango_queue_next(queue, &done, 1, 10000) == 1);
    id = done.json ? nango_json_get(done.json, "/connection_id") : NULL;
    CHECK_TEXT(id, "bob");
    nango_free_string(id);
    free_completion(&done);
    CHECK(!nango_queue_submit_get_token(queue, client, "github", "", NULL, 0, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "get_token", 0);
    CHECK(!nango_queue_submit_get_connection(queue, client, "github", "..", NULL, 0, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "connection_id", 0);
    nango_queue_free(queue);
    nango_client_free(client);
}

static void a_queue_holds_so_much(void)
{
    nango_client *client = client_of(HOST, KEY);
    nango_error *error = NULL;
    nango_completion done[4];
    nango_queue *queue;
    CHECK(!nango_queue_new_with_limit(0, &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "limit", 0);
    queue = nango_queue_new_with_limit(3, &error);
    CHECK(queue && !error);
    for (int round = 0; round < 2; round++) {
        size_t taken = 0;
        for (int i = 0; i < 3; i++)
            CHECK(nango_queue_submit_get_token(queue, client, "github", "bob", NULL, 0, &error));
        /* Also once they have completed. */
        for (int i = 0; i < 2; i++) {
            CHECK(!nango_queue_submit_get_token(queue, client, "github", "bob", NULL, 0, &error));
            EXPECT(error, NANGO_ERROR_QUEUE_FULL, "the queue is full (3 tickets)", 0);
            poll(NULL, 0, 300);
        }
        while (taken < 3) {
            size_t count = nango_queue_next(queue, done, 4, 10000);
            CHECK(count > 0);
            for (size_t i = 0; i < count; i++)
                free_completion(&done[i]);
            taken += count;
        }
    }
    nango_queue_free(queue);
    nango_client_free(client);
}

static void a_queue_is_cancelled_and_closed(void)
{
    static const char params[] = "{\"provider_config_key\":\"github\",\"connection_id\":\"bob\"}";
    struct peer silent;
    nango_error *error = NULL;
    nango_queue *queue = nango_queue_new(&error);
    nango_client *client;
    nango_completion done;
    uint64_t first, second;
    peer_start(&silent, PEER_SILENT, NULL);
    client = client_of(silent.url, KEY);
    first = nango_queue_submit(queue, client, "get_token", params, NULL, 1, &error);
    second = nango_queue_submit(queue, client, "get_connection", params, NULL, 2, &error);
    CHECK(first && second && peer_was_called(&silent, 5000));
    nango_queue_cancel(queue, first);
    CHECK(nango_queue_next(queue, &done, 1, 2000) == 1 && done.ticket == first &&
          nango_error_code(done.error) == NANGO_ERROR_CANCELLED);
    free_completion(&done);
    nango_queue_close(queue);
    CHECK(nango_queue_submit(queue, client, "get_token", params, NULL, 3, &error) == 0);
    EXPECT(error, NANGO_ERROR_CLOSED, "closed", 0);
    CHECK(nango_queue_next(queue, &done, 1, -1) == 1 && done.ticket == second &&
          done.user_data == 2 && nango_error_code(done.error) == NANGO_ERROR_CANCELLED);
    free_completion(&done);
    CHECK(nango_queue_next(queue, &done, 1, -1) == 0 && readable(queue, 0));
    nango_client_free(client);
    nango_queue_free(queue);
    peer_stop(&silent);
}

static void pages_through_a_queue(void)
{
    nango_error *error = NULL;
    nango_client *client = client_of(HOST, KEY);
    nango_queue *queue = nango_queue_new(&error);
    nango_pager *pager = nango_pager_new(client, "list_connections", NULL, 8, NULL, &error);
    nango_completion done;
    int pages_seen = 0;
    for (;;) {
        CHECK(nango_queue_submit_page(queue, pager, 0, &error));
        if (!CHECK(nango_queue_next(queue, &done, 1, 10000) == 1))
            break;
        CHECK(!done.error);
        if (!done.json)
            break;
        pages_seen++;
        free_completion(&done);
    }
    CHECK(pages_seen == 3);
    nango_pager_free(pager);
    nango_queue_free(queue);
    nango_client_free(client);
}

/* ---- fork and signals ---- */

static bool ended_well(pid_t child)
{
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    printf("  the child ended with %s %d\n", WIFSIGNALED(status) ? "signal" : "code",
           WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return false;
}

/*
 * Ends a child of fork. The library never frees inherited sockets and locks on purpose, which
 * valgrind would report as a leak. So the child executes another program instead of exiting.
 */
static void leave(int code)
{
    fflush(stdout);
    if (code == 0 && VALGRIND_COUNT_ERRORS == 0)
        execlp("true", "true", (char *)NULL);
    else
        execlp("false", "false", (char *)NULL);
    _exit(1);
}

static void fork_with(nango_client *client)
{
    pid_t children[3];
    int i;
    CHECK(token_works(client));
    for (i = 0; i < 3; i++) {
        fflush(stdout);
        children[i] = fork();
        if (children[i] == 0) {
            /* The child uses and frees the inherited client; the parent's connection stays. */
            int code = !token_works(client) || !token_works(client);
            nango_client_free(client);
            leave(code);
        }
        CHECK(token_works(client));
    }
    for (i = 0; i < 3; i++)
        CHECK(ended_well(children[i]));
    CHECK(token_works(client));
}

static void fork_over_http(void)
{
    nango_client *client = client_of(HOST, KEY);
    fork_with(client);
    nango_client_free(client);
}

static void fork_over_tls(void)
{
    nango_client *client = tls_client(true);
    fork_with(client);
    nango_client_free(client);
}

static void fork_with_a_queue(void)
{
    static const char params[] = "{\"provider_config_key\":\"github\",\"connection_id\":\"bob\"}";
    nango_client *client = client_of(HOST, KEY);
    nango_error *error = NULL;
    nango_queue *queue = nango_queue_new(&error);
    nango_completion done;
    pid_t child;
    CHECK(nango_queue_submit(queue, client, "get_token", params, NULL, 0, &error));
    CHECK(nango_queue_next(queue, &done, 1, 10000) == 1);
    free_completion(&done);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        nango_queue *own;
        CHECK(nango_queue_fd(queue) == -1 && nango_queue_next(queue, &done, 1, -1) == 0);
        CHECK(nango_queue_submit(queue, client, "get_token", params, NULL, 0, &error) == 0);
        EXPECT(error, NANGO_ERROR_WRONG_PROCESS, "", 0);
        nango_queue_free(queue);
        own = nango_queue_new(&error);
        CHECK(own && nango_queue_submit(own, client, "get_token", params, NULL, 7, &error));
        CHECK(nango_queue_next(own, &done, 1, 10000) == 1 && done.user_data == 7 && done.json);
        free_completion(&done);
        nango_queue_free(own);
        nango_client_free(client);
        leave(check_problems != 0);
    }
    CHECK(ended_well(child));
    CHECK(nango_queue_submit(queue, client, "get_token", params, NULL, 0, &error));
    CHECK(nango_queue_next(queue, &done, 1, 10000) == 1 && done.json);
    free_completion(&done);
    nango_queue_free(queue);
    nango_client_free(client);
}

static void fork_with_everything_open(void)
{
    nango_client *client = client_of(HOST, KEY);
    nango_error *error = NULL;
    nango_pager *pager = nango_pager_new(client, "list_connections", NULL, 5, NULL, &error);
    nango_options *options = nango_options_new();
    nango_call_options *call = nango_call_options_new();
    nango_cancel *cancel = nango_cancel_new();
    char *page = nango_pager_next_json(pager, &error);
    pid_t child;
    CHECK(page && !error);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        char *next = nango_pager_next_json(pager, &error);
        int code = !next || error;
        nango_free_string(next);
        nango_free_string(page);
        nango_cancel_free(cancel);
        nango_call_options_free(call);
        nango_options_free(options);
        nango_pager_free(pager);
        nango_client_free(client);
        leave(code);
    }
    CHECK(ended_well(child));
    nango_free_string(page);
    page = nango_pager_next_json(pager, &error);
    CHECK(page && !error);
    nango_free_string(page);
    nango_cancel_free(cancel);
    nango_call_options_free(call);
    nango_options_free(options);
    nango_pager_free(pager);
    nango_client_free(client);
}

/* Runs in a child, which a SIGPIPE would end, since its action is the default. */
static int meet_peers_that_leave(const char *const urls[], size_t count)
{
    nango_error *error = NULL;
    size_t i, n;
    for (i = 0; i < count; i++) {
        nango_client *client = client_of(urls[i], KEY);
        for (n = 0; n < 50; n++) {
            char *token = nango_get_token(client, "github", "bob", NULL, &error);
            if (token || !error)
                return 1;
            nango_error_free(error);
        }
        nango_client_free(client);
    }
    return check_problems != 0;
}

/* Sends an alert to PEER_GARBLES without the library: shows that this raises a SIGPIPE. */
static void complain_to(const struct peer *peer)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    struct pollfd watched = {0, 0, 0};
    static const char hello[64];
    watched.fd = socket(AF_INET, SOCK_STREAM, 0);
    getsockname(peer->listener, (struct sockaddr *)&address, &length);
    if (connect(watched.fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        write(watched.fd, hello, sizeof hello) > 0 && poll(&watched, 1, 5000) == 1) {
        if (write(watched.fd, hello, sizeof hello) > 0)
            puts("  the peer took it");
    }
}

static void sigpipe_never_comes(void)
{
    struct peer garbles, resets, closes;
    const char *urls[5];
    pid_t child;
    int status = 0;
    /* The first makes a TLS library send an alert to a closed peer; the others are common. */
    peer_start(&garbles, PEER_GARBLES, NULL);
    peer_start(&resets, PEER_RESETS, NULL);
    peer_start(&closes, PEER_CLOSES, NULL);
    urls[0] = garbles.https_url;
    urls[1] = resets.url;
    urls[2] = closes.url;
    urls[3] = resets.https_url;
    urls[4] = closes.https_url;
    fflush(stdout);
    child = fork();
    if (child == 0)
        leave(meet_peers_that_leave(urls, 5));
    CHECK(ended_well(child));
    child = fork();
    if (child == 0) {
        complain_to(&garbles);
        leave(0);
    }
    waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
    peer_stop(&closes);
    peer_stop(&resets);
    peer_stop(&garbles);
}

static void a_peer_that_resets_is_told(void)
{
    struct peer drops;
    nango_error *error;
    peer_start(&drops, PEER_DROPS, NULL);
    error = token_error(drops.url, KEY, "github", "bob");
    CHECK(error && nango_error_retryable(error));
    EXPECT(error, NANGO_ERROR_IO, "broke before the answer was complete", 1);
    peer_stop(&drops);
}

/* ---- TLS ---- */

static void tls_with_its_authority(void)
{
    nango_client *client = tls_client(true);
    nango_error *error = NULL;
    CHECK(nango_client_warm_up(client, &error));
    CHECK(!error);
    CHECK(token_works(client));
    CHECK(token_works(client));
    nango_client_free(client);
}

static void tls_without_it(void)
{
    nango_client *client = tls_client(false);
    nango_error *error = NULL;
    dev_forget_requests();
    CHECK(!nango_get_token(client, "github", "bob", NULL, &error));
    CHECK(error && !nango_error_retryable(error) && nango_error_http_status(error) == 0);
    CHECK_HOLDS(nango_error_message(error), "certificate");
    EXPECT(error, NANGO_ERROR_TLS, "with ca_pem", 1);
    CHECK(dev_count_requests() == 0);
    nango_client_free(client);
}

static void custom_only_without_any(void)
{
    nango_options *options = nango_options_new();
    nango_error *error = NULL;
    nango_client *client;
    nango_options_set_base_url(options, check_env("NANGO_DEV_TLS_HOST"));
    nango_options_set_secret_key(options, KEY);
    nango_options_set_tls_roots(options, NANGO_TLS_ROOTS_CUSTOM_ONLY);
    client = nango_client_new_with_options(options, &error);
    if (client)
        CHECK(!nango_get_token(client, "github", "bob", NULL, &error));
    if (CHECK(error))
        CHECK_HOLDS(nango_error_message(error), "(ca_pem)");
    nango_error_free(error);
    nango_client_free(client);
    nango_options_free(options);
}

static void tls_where_there_is_none(void)
{
    /* https:// with a server that expects http. */
    char url[128];
    nango_error *error;
    snprintf(url, sizeof url, "https%s", HOST + strlen("http"));
    error = token_error(url, KEY, "github", "bob");
    EXPECT(error, NANGO_ERROR_TLS, "TLS", 1);
}

static void http_where_there_is_tls(void)
{
    char url[128];
    nango_error *error;
    snprintf(url, sizeof url, "http%s", check_env("NANGO_DEV_TLS_HOST") + strlen("https"));
    error = token_error(url, KEY, "github", "bob");
    EXPECT(error, NANGO_ERROR_TLS, "expects TLS on this port", 1);
}

/* ---- Events, lists, JSON ---- */

static void events(void)
{
    nango_options *options = nango_options_new();
    nango_error *error = NULL;
    nango_client *client;
    char *event, *text;
    nango_options_set_base_url(options, HOST);
    nango_options_set_secret_key(options, KEY);
    nango_options_set_events(options, 2);
    client = nango_client_new_with_options(options, &error);
    CHECK(!nango_client_next_event_json(client));
    CHECK(token_works(client));
    CHECK(!nango_get_token(client, "github", "nobody-there", NULL, NULL));
    event = nango_client_next_event_json(client);
    text = nango_json_get(event, "/event");
    CHECK_TEXT(text, "attempt");
    nango_free_string(text);
    text = nango_json_get(event, "/operation");
    CHECK_TEXT(text, "get_token");
    nango_free_string(text);
    text = nango_json_get(event, "/attempt");
    CHECK_TEXT(text, "1");
    nango_free_string(text);
    CHECK(!nango_json_get(event, "/error"));
    CHECK(!strstr(event, "at-bob") && !strstr(event, KEY));
    nango_free_string(event);
    event = nango_client_next_event_json(client);
    text = nango_json_get(event, "/error/code");
    CHECK_TEXT(text, "NOT_FOUND");
    nango_free_string(text);
    nango_free_string(event);
    CHECK(!nango_client_next_event_json(client));

    /* More events than the capacity: the oldest are dropped and counted. */
    CHECK(token_works(client) && token_works(client) && token_works(client));
    event = nango_client_next_event_json(client);
    text = nango_json_get(event, "/dropped");
    CHECK_TEXT(text, "1");
    nango_free_string(text);
    nango_free_string(event);
    nango_client_free(client);

    /* Sending the key in plain text causes a warning. */
    nango_options_set_base_url(options, "http://nango.example");
    client = nango_client_new_with_options(options, &error);
    event = nango_client_next_event_json(client);
    CHECK_HOLDS(event, "\"warning\"");
    CHECK_HOLDS(event, "plain HTTP");
    nango_free_string(event);
    nango_client_free(client);
    nango_options_free(options);
}

static int count_items(const char *json, const char *pointer)
{
    nango_json_items *items = nango_json_items_new(json, pointer);
    char *item;
    int count = items ? 0 : -1;
    while ((item = nango_json_items_next(items))) {
        count++;
        nango_free_string(item);
    }
    CHECK(!nango_json_items_next(items));
    nango_json_items_free(items);
    return count;
}

static void pages(void)
{
    nango_client *client = client_of(HOST, KEY);
    nango_error *error = NULL;
    char *all = nango_list_connections_json(client, NULL, NULL, &error), *page;
    nango_pager *pager = nango_pager_new(client, "list_connections", NULL, 4, NULL, &error);
    int expected = count_items(all, "/connections"), seen = 0, number = 0;
    CHECK(expected > 8);
    nango_client_free(client);
    while ((page = nango_pager_next_json(pager, &error))) {
        int here = count_items(page, "/connections");
        CHECK(here > 0 && here <= 4);
        seen += here;
        number++;
        nango_free_string(page);
    }
    CHECK(!error);
    CHECK(seen == expected && number == (expected + 3) / 4);
    /* After the last page, there are never more. */
    CHECK(!nango_pager_next_json(pager, &error) && !error);
    nango_pager_free(pager);
    nango_free_string(all);

    /* A page size above Nango's limit is refused by Nango. */
    client = client_of(HOST, KEY);
    pager = nango_pager_new(client, "list_connections", NULL, 2001, NULL, &error);
    CHECK(pager && !nango_pager_next_json(pager, &error));
    EXPECT(error, NANGO_ERROR_BAD_REQUEST, "limit", 1);
    nango_pager_free(pager);
    nango_client_free(client);
}

static void a_page_that_failed_comes_again(void)
{
    nango_error *error = NULL;
    nango_cancel *cancel = nango_cancel_new();
    nango_call_options *options = nango_call_options_new();
    nango_client *client = client_of(HOST, KEY);
    nango_pager *pager;
    char *page;
    nango_call_options_set_cancel(options, cancel);
    pager = nango_pager_new(client, "list_connections", NULL, 5, options, &error);
    nango_call_options_free(options);
    page = nango_pager_next_json(pager, &error);
    CHECK(page && !error);
    nango_free_string(page);
    nango_cancel_trigger(cancel);
    CHECK(!nango_pager_next_json(pager, &error));
    EXPECT(error, NANGO_ERROR_CANCELLED, "cancelled", -1);
    CHECK(!nango_pager_next_json(pager, &error));
    EXPECT(error, NANGO_ERROR_CANCELLED, "cancelled", -1);
    nango_pager_free(pager);
    nango_cancel_free(cancel);
    nango_client_free(client);
}

static void json_items(void)
{
    nango_json_items *items =
        nango_json_items_new("{\"a\":[1.50, \"x\" ,null,{\"b\": [ ]}]}", "/a");
    static const char *const wanted[] = {"1.50", "\"x\"", "null", "{\"b\": [ ]}"};
    size_t i;
    for (i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        char *item = nango_json_items_next(items);
        CHECK_TEXT(item, wanted[i]);
        nango_free_string(item);
    }
    CHECK(!nango_json_items_next(items));
    nango_json_items_free(items);
    CHECK(count_items("[]", "") == 0);
    CHECK(count_items("[1,2]", "") == 2);
    CHECK(count_items("{\"a\":[1,2]}", "/b") == -1);
    CHECK(count_items("{\"a\":{}}", "/a") == -1);
    CHECK(count_items("{\"a\":\"[1]\"}", "/a") == -1);
    CHECK(count_items("[1,2", "") == -1);
    CHECK(count_items("[1] x", "") == -1);
    CHECK(count_items("", "") == -1);
    CHECK(count_items("[1]", "x") == -1);
}

/* Checks the members of an object, each written as "name=value;". */
static void check_members(const char *json, const char *pointer, const char *wanted)
{
    nango_json_items *members = nango_json_members_new(json, pointer);
    char seen[256] = "", *name, *value;
    while ((name = nango_json_items_next(members))) {
        value = nango_json_items_next(members);
        CHECK(value && strlen(seen) + strlen(name) + strlen(value) + 3 < sizeof seen);
        strcat(strcat(strcat(strcat(seen, name), "="), value ? value : ""), ";");
        nango_free_string(name);
        nango_free_string(value);
    }
    CHECK(!wanted == !members);
    CHECK_TEXT(members ? seen : NULL, wanted);
    nango_json_items_free(members);
}

static void json_members(void)
{
    check_members("{\"a\":{\"n\":1.50, \"s\" : \"x\" ,\"z\":null,\"o\":{\"b\": [ ]}}}", "/a",
                  "\"n\"=1.50;\"s\"=\"x\";\"z\"=null;\"o\"={\"b\": [ ]};");
    check_members("{}", "", "");
    check_members(" { \"\" : 1 } ", "", "\"\"=1;");
    /* Names as written. Of equal names, escaped or not, the last member replaces the first. */
    check_members("{\"\\u0061\":1,\"b\":2,\"a\":3}", "", "\"a\"=3;\"b\"=2;");
    check_members("{\"a\\u0000b\":1,\"\\ud800\":2,\"\\ud800\":3}", "",
                  "\"a\\u0000b\"=1;\"\\ud800\"=3;");
    check_members("[1]", "", NULL);
    check_members("\"{}\"", "", NULL);
    check_members("{\"a\":[]}", "/a", NULL);
    check_members("{\"a\":{}}", "/b", NULL);
    check_members("{\"a\":1", "", NULL);
    check_members("{\"a\":1} x", "", NULL);
    check_members("", "", NULL);
    check_members("{}", "x", NULL);
}

static void json_as_json(void)
{
    static const char json[] = "{\"s\":\"5\\n\\u0000\",\"n\": 5 ,\"z\":null,\"o\":{ }}";
    static const char *const wanted[][2] = {{"/s", "\"5\\n\\u0000\""},
                                            {"/n", "5"},
                                            {"/z", "null"},
                                            {"/o", "{ }"},
                                            {"", json},
                                            {"/x", NULL},
                                            {"s", NULL}};
    size_t i;
    for (i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        char *value = nango_json_get_json(json, wanted[i][0]);
        CHECK_TEXT(value, wanted[i][1]);
        nango_free_string(value);
    }
    CHECK(!nango_json_get_json("{\"a\":1", "/a"));
}

/* The token of fetched credentials: cases that the conformance vectors cannot express. */
static void token_of_credentials(void)
{
    nango_error *error = NULL;
    char *token = nango_credentials_token(" {\"type\":\"API_KEY\",\"apiKey\":\"k-1\"}\n", &error);
    CHECK_TEXT(token, "k-1");
    CHECK(!error);
    nango_free_string(token);
    CHECK(!nango_credentials_token("{\"type\":\"API_KEY\",\"apiKey\":\"k\\u00001\"}", &error));
    EXPECT(error, NANGO_ERROR_INVALID_RESPONSE, "control character", 0);
    CHECK(!nango_credentials_token("{\"type\":\"BASIC\",\"password\":\"hush\"}", &error));
    EXPECT(error, NANGO_ERROR_NO_SINGLE_TOKEN, "BASIC", 0);
    CHECK(!nango_credentials_token("{ }", &error));
    EXPECT(error, NANGO_ERROR_NO_CREDENTIALS, "credentials", 0);
    CHECK(!nango_credentials_token("null", &error));
    EXPECT(error, NANGO_ERROR_NO_CREDENTIALS, "credentials", 0);
    CHECK(!nango_credentials_token("[\"OAUTH2\"]", &error));
    EXPECT(error, NANGO_ERROR_NO_CREDENTIALS, "credentials", 0);
    CHECK(!nango_credentials_token("", &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "credentials_json", 0);
    CHECK(!nango_credentials_token("{\"type\":\"API_KEY\",\"apiKey\":\"k-1\"", &error));
    EXPECT(error, NANGO_ERROR_INVALID_ARGUMENT, "credentials_json", 0);
}

static void freed_whatever_was_written_into_it(void)
{
    nango_client *client = client_of(HOST, KEY);
    char *token = nango_get_token(client, "github", "bob", NULL, NULL);
    if (CHECK(token))
        token[0] = '\0';
    nango_free_string(token);
    nango_client_free(client);
}

static void names_of_codes(void)
{
    CHECK_TEXT(nango_code_name(NANGO_OK), "OK");
    CHECK_TEXT(nango_code_name(NANGO_ERROR_RATE_LIMITED), "RATE_LIMITED");
    CHECK_TEXT(nango_code_name(NANGO_ERROR_PANIC), "PANIC");
    CHECK_TEXT(nango_code_name(-1), "UNKNOWN");
    CHECK_TEXT(nango_code_name(INT32_MAX), "UNKNOWN");
}

static void facts_of_an_error(void)
{
    static const char answer[] =
        "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nRetry-After: 7\r\n"
        "X-RateLimit-Remaining: 0\r\nX-Other: y\r\n"
        "Content-Length: 49\r\nConnection: close\r\n\r\n"
        "{\"error\":{\"code\":\"too_many_request\",\"token\":\"s\"}}";
    struct peer peer;
    nango_error *error;
    char *whole;
    peer_start(&peer, PEER_ANSWERS, answer);
    error = token_error(peer.url, KEY, "github", "bob");
    CHECK_TEXT(nango_error_api_code(error), "too_many_request");
    CHECK(nango_error_http_status(error) == 429 && nango_error_retryable(error) &&
          nango_error_retry_after_ms(error) == 8000);
    CHECK(!nango_error_suggests_reconnect(error) && !nango_error_suggests_reconnect(NULL));
    CHECK_TEXT(nango_code_advice(NANGO_ERROR_RATE_LIMITED), "Wait, then retry.");
    CHECK_TEXT(nango_code_advice(4711), "");
    CHECK_TEXT(nango_error_header(error, "Retry-After"), "7");
    CHECK_TEXT(nango_error_header(error, "x-ratelimit-remaining"), "0");
    CHECK(!nango_error_header(error, "x-ratelimit-limit") &&
          !nango_error_header(error, "x-other") && !nango_error_header(error, ""));
    CHECK_TEXT(nango_error_body_json(error),
               "{\"error\":{\"code\":\"too_many_request\",\"...\":\"[REDACTED]\"}}");
    whole = nango_error_body_reveal(error);
    CHECK_TEXT(whole, "{\"error\":{\"code\":\"too_many_request\",\"token\":\"s\"}}");
    nango_free_string(whole);
    EXPECT(error, NANGO_ERROR_RATE_LIMITED, "", 1);
    peer_stop(&peer);
}

int main(int argc, char **argv)
{
    /* The default action, as in a program that does not handle SIGPIPE. */
    signal(SIGPIPE, SIG_DFL);
    snprintf(KEY, sizeof KEY, "%s", check_env("NANGO_SECRET_KEY"));
    snprintf(HOST, sizeof HOST, "%s", check_env("NANGO_HOST"));
    curl_global_init(CURL_GLOBAL_DEFAULT);

    RUN(ids_that_are_none);
    RUN(ids_that_look_like_urls);
    RUN(text_that_is_not_utf8);
    RUN(null_everywhere);
    RUN(urls_that_are_none);
    RUN(keys_that_are_none);
    RUN(the_environment);
    RUN(nobody_listens);
    RUN(a_host_that_does_not_exist);
    RUN(pages_and_redirects);
    RUN(no_http_at_all);
    RUN(timeouts);
    RUN(wrong_keys);
    RUN(what_there_is_not);
    RUN(what_is_no_token);
    RUN(what_cannot_be_refreshed);
    RUN(filters_that_are_none);
    RUN(options_that_are_refused);
    RUN(the_first_problem_is_told);
    RUN(options_that_are_taken);
    RUN(call_options);
    RUN(cancel_from_another_thread);
    RUN(everything_is_freed_while_a_call_runs);
    RUN(one_client_for_many_threads);
    RUN(a_queue);
    RUN(parameters_are_built);
    RUN(hints);
    RUN(calls_with_plain_arguments);
    RUN(a_queue_holds_so_much);
    RUN(a_queue_is_cancelled_and_closed);
    RUN(pages_through_a_queue);
    /* A child that is forked while another thread allocates may inherit AddressSanitizer's
     * allocator in the locked state; valgrind covers these tests. */
#ifdef __SANITIZE_ADDRESS__
    (void)fork_over_http, (void)fork_over_tls, (void)fork_with_a_queue,
        (void)fork_with_everything_open, (void)sigpipe_never_comes;
#else
    RUN(fork_over_http);
    RUN(fork_over_tls);
    RUN(fork_with_a_queue);
    RUN(fork_with_everything_open);
    RUN(sigpipe_never_comes);
#endif
    RUN(a_peer_that_resets_is_told);
    RUN(tls_with_its_authority);
    RUN(tls_without_it);
    RUN(custom_only_without_any);
    RUN(tls_where_there_is_none);
    RUN(http_where_there_is_tls);
    RUN(events);
    RUN(pages);
    RUN(a_page_that_failed_comes_again);
    RUN(json_items);
    RUN(json_members);
    RUN(json_as_json);
    RUN(token_of_credentials);
    RUN(freed_whatever_was_written_into_it);
    RUN(names_of_codes);
    RUN(facts_of_an_error);

    curl_global_cleanup();
    return check_end();
}
