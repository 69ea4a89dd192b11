/*
 * Fetches a connection's token from Nango and calls the provider's API with it.
 *
 *     connection PROVIDER_CONFIG_KEY CONNECTION_ID API_URL [--until-refused]
 *
 * The server and the secret key come from the environment: NANGO_HOST and NANGO_SECRET_KEY.
 * With --until-refused it waits until the token has expired, and fetches a new one.
 *
 *     cc connection.c $(pkg-config --cflags --libs nango libcurl) -o connection
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>
#include <nango.h>

enum { SHOWN_CONNECTIONS = 3, POLL_MS = 250, LONGEST_WAIT_MS = 30000 };

/* Prints the error and frees it. The message names the request and contains no secret. */
static int failed(nango_error *error)
{
    nango_code code = nango_error_code(error);
    fprintf(stderr, "error: %s (%s)\n", nango_error_message(error), nango_code_name(code));
    fprintf(stderr, "-> %s\n", nango_code_advice(code));
    nango_error_free(error);
    return 1;
}

/* Lists all connections, page by page, and prints the first few. */
static int list_connections(const nango_client *client)
{
    nango_error *error = NULL;
    nango_pager *pager = nango_pager_new(client, "list_connections", NULL, 0, NULL, &error);
    unsigned long count = 0;
    char *page, *item;

    while (pager && (page = nango_pager_next_json(pager, &error))) {
        nango_json_items *items = nango_json_items_new(page, "/connections");
        while ((item = nango_json_items_next(items))) {
            char *id = nango_json_get(item, "/connection_id");
            char *integration = nango_json_get(item, "/provider_config_key");
            if (count++ < SHOWN_CONNECTIONS)
                printf("%s%s (%s)", count == 1 ? "connections: " : ", ", id ? id : "?",
                       integration ? integration : "?");
            nango_free_string(integration);
            nango_free_string(id);
            nango_free_string(item);
        }
        nango_json_items_free(items);
        nango_free_string(page);
    }
    nango_pager_free(pager);

    /* NULL is the end of the list, or a failure: only a failure sets the error. */
    if (error) {
        if (count)
            putchar('\n');
        return failed(error);
    }
    if (count > SHOWN_CONNECTIONS)
        printf(" and %lu more", count - SHOWN_CONNECTIONS);
    puts(count ? "" : "connections: none");
    return 0;
}

/* A token is a secret: four characters are enough to tell two tokens apart. */
static void print_token(const char *token, const char *remark)
{
    size_t length = strlen(token);
    printf("token: …%s (%lu characters)%s\n", length > 12 ? token + length - 4 : "",
           (unsigned long)length, remark);
}

static size_t ignore_body(char *data, size_t size, size_t count, void *context)
{
    (void)data;
    (void)context;
    return size * count;
}

/* Calls the provider's API with the token. Returns the status, or -1 after it printed the error. */
static long call_api(const char *url, const char *token)
{
    CURL *curl = curl_easy_init();
    CURLcode result = CURLE_FAILED_INIT;
    long status = -1;

    if (curl) {
        curl_easy_setopt(curl, CURLOPT_URL, url);
        /* Authorization: Bearer TOKEN */
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, token);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore_body);
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, 30L);
        result = curl_easy_perform(curl);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_cleanup(curl);
    }
    if (result != CURLE_OK) {
        fprintf(stderr, "error: %s cannot be called: %s\n", url, curl_easy_strerror(result));
        return -1;
    }
    return status;
}

static void print_status(long status)
{
    if (status == 401)
        puts("api: 401, the provider refuses the token");
    else if (status >= 200 && status < 300)
        printf("api: %ld, the provider accepts the token\n", status);
    else
        printf("api: %ld\n", status);
}

/* Calls the API with the same token until the provider refuses it. */
static int wait_until_refused(const char *url, const char *token)
{
    const struct timespec pause = {0, POLL_MS * 1000000L};
    long status = 0;
    int waited;

    puts("waiting for the token to expire …");
    for (waited = 0; waited < LONGEST_WAIT_MS; waited += POLL_MS) {
        status = call_api(url, token);
        if (status < 0)
            return 1;
        if (status == 401) {
            print_status(status);
            return 0;
        }
        nanosleep(&pause, NULL);
    }
    fprintf(stderr, "error: the provider still answers %ld after %d seconds\n", status,
            LONGEST_WAIT_MS / 1000);
    return 1;
}

static int run(const nango_client *client, const char *integration, const char *connection,
               const char *url, int until_refused)
{
    nango_error *error = NULL;
    char *token, *fresh;
    long status;
    int code;

    if (list_connections(client) != 0)
        return 1;

    /* Fetch the token just before using it, and do not keep it: Nango refreshes it if needed. */
    token = nango_get_token(client, integration, connection, NULL, &error);
    if (!token)
        return failed(error);
    print_token(token, "");
    status = call_api(url, token);
    if (status >= 0)
        print_status(status);
    code = status < 0;

    if (code == 0 && until_refused && (code = wait_until_refused(url, token)) == 0) {
        fresh = nango_get_token(client, integration, connection, NULL, &error);
        if (fresh) {
            print_token(fresh, strcmp(fresh, token) != 0 ? ", a fresh one" : ", the same one");
            status = call_api(url, fresh);
            if (status >= 0)
                print_status(status);
            code = status < 0;
            nango_free_string(fresh);
        } else {
            code = failed(error);
        }
    }
    nango_free_string(token); /* also wipes it */
    return code;
}

int main(int argc, char **argv)
{
    nango_error *error = NULL;
    nango_options *options;
    nango_client *client = NULL;
    int code;

    if (argc < 4 || argc > 5 || (argc == 5 && strcmp(argv[4], "--until-refused") != 0)) {
        fprintf(stderr, "usage: %s PROVIDER_CONFIG_KEY CONNECTION_ID API_URL [--until-refused]\n",
                argc ? argv[0] : "connection");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    curl_global_init(CURL_GLOBAL_DEFAULT);

    options = nango_options_new_from_env(&error);
    if (options)
        client = nango_client_new_with_options(options, &error);
    nango_options_free(options);

    code = client ? run(client, argv[1], argv[2], argv[3], argc == 5) : failed(error);

    nango_client_free(client);
    curl_global_cleanup();
    return code;
}
