/*
 * libcurl with jansson, as a program would use them. Kinds: easy (each thread reuses one handle),
 * nosignal (easy with CURLOPT_NOSIGNAL, which leaves SIGPIPE to the program), multi, list, memory.
 */
#define _GNU_SOURCE

#include <curl/curl.h>
#include <jansson.h>

#include "bench.h"

struct handle {
    CURL *curl;
    struct curl_slist *headers;
    char *text;
    size_t length, room;
    double began;
};

static int listing, nosignal;

static size_t take(char *data, size_t size, size_t count, void *context)
{
    struct handle *handle = context;
    size_t more = size * count;
    if (handle->length + more + 1 > handle->room) {
        handle->room = 2 * (handle->length + more + 1);
        handle->text = realloc(handle->text, handle->room);
    }
    memcpy(handle->text + handle->length, data, more);
    handle->length += more;
    handle->text[handle->length] = '\0';
    return more;
}

static void *new_handle(void)
{
    static __thread char error[CURL_ERROR_SIZE];
    struct handle *handle = calloc(1, sizeof *handle);
    char full[512], authorization[128];
    handle->curl = curl_easy_init();
    snprintf(full, sizeof full, "%s%s", url,
             listing ? "/connections" : "/connection/bob?provider_config_key=github");
    snprintf(authorization, sizeof authorization, "Authorization: Bearer %s", KEY);
    handle->headers = curl_slist_append(NULL, authorization);
    curl_easy_setopt(handle->curl, CURLOPT_URL, full);
    curl_easy_setopt(handle->curl, CURLOPT_HTTPHEADER, handle->headers);
    curl_easy_setopt(handle->curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(handle->curl, CURLOPT_WRITEDATA, handle);
    curl_easy_setopt(handle->curl, CURLOPT_PRIVATE, handle);
    curl_easy_setopt(handle->curl, CURLOPT_CAINFO, authority_file);
    curl_easy_setopt(handle->curl, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(handle->curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(handle->curl, CURLOPT_TIMEOUT_MS, 60000L);
    if (nosignal)
        curl_easy_setopt(handle->curl, CURLOPT_NOSIGNAL, 1L);
    return handle;
}

/* Checks the status and the JSON of the answer. */
static void check(struct handle *handle)
{
    long status = 0;
    json_t *root;
    curl_easy_getinfo(handle->curl, CURLINFO_RESPONSE_CODE, &status);
    root = status == 200 ? json_loadb(handle->text, handle->length, 0, NULL) : NULL;
    if (!root)
        fail("no JSON");
    if (listing) {
        if (json_array_size(json_object_get(root, "connections")) != 10000)
            fail("not 10 000 connections");
    } else {
        const char *token = json_string_value(
            json_object_get(json_object_get(root, "credentials"), "access_token"));
        char *own = token ? strdup(token) : NULL;
        if (!own)
            fail("no token");
        free(own);
    }
    json_decref(root);
    handle->length = 0;
}

static void get(void *state)
{
    struct handle *handle = state;
    CURLcode code = curl_easy_perform(handle->curl);
    if (code != CURLE_OK)
        fail(curl_easy_strerror(code));
    check(handle);
}

static void multi(void)
{
    CURLM *multi = curl_multi_init();
    int i, round;
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)in_flight);
    for (round = 0; round < 2; round++) {
        int total = round ? calls : in_flight * 2 + 20, begun = 0, done = 0, running, left;
        struct handle **handles = calloc((size_t)in_flight, sizeof *handles);
        CURLMsg *message;
        if (round)
            start();
        for (i = 0; i < in_flight && begun < total; i++, begun++) {
            handles[i] = new_handle();
            handles[i]->began = now();
            curl_multi_add_handle(multi, handles[i]->curl);
        }
        while (done < total) {
            curl_multi_perform(multi, &running);
            while ((message = curl_multi_info_read(multi, &left)) != NULL) {
                struct handle *handle;
                if (message->msg != CURLMSG_DONE)
                    continue;
                if (message->data.result != CURLE_OK)
                    fail(curl_easy_strerror(message->data.result));
                curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&handle);
                check(handle);
                if (round)
                    times[done] = now() - handle->began;
                done++;
                curl_multi_remove_handle(multi, handle->curl);
                if (begun < total) {
                    begun++;
                    handle->began = now();
                    curl_multi_add_handle(multi, handle->curl);
                }
            }
            if (done < total && running)
                curl_multi_poll(multi, NULL, 0, 1000, NULL);
        }
    }
    report();
}

int main(int count, char **values)
{
    arguments(count, values);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    listing = strcmp(kind, "list") == 0;
    nosignal = strcmp(kind, "nosignal") == 0 || in_flight > 1;
    if (strcmp(kind, "memory") == 0) {
        long before = resident("VmRSS:"), anonymous = resident("RssAnon:");
        get(new_handle());
        printf("{\"kb\": %ld, \"own\": %ld}\n", resident("VmRSS:") - before,
               resident("RssAnon:") - anonymous);
        return 0;
    }
    if (strcmp(kind, "multi") == 0)
        multi();
    else
        run_callers(new_handle, get);
    return 0;
}
