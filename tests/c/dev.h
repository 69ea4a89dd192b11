/* Queries and controls nango-dev through libcurl, for C and C++. */
#ifndef DEV_H
#define DEV_H

#include <curl/curl.h>
#include <nango.h>

#include "check.h"

struct dev_body {
    char *text;
    size_t length;
};

static inline size_t dev_take(char *data, size_t size, size_t count, void *context)
{
    struct dev_body *body = (struct dev_body *)context;
    char *longer = (char *)realloc(body->text, body->length + size * count + 1);
    if (!longer)
        return 0;
    memcpy(longer + body->length, data, size * count);
    body->text = longer;
    body->length += size * count;
    body->text[body->length] = '\0';
    return size * count;
}

/* Sends one request to the server, such as to its /_dev; the caller frees the answer. */
static inline char *dev_ask(const char *method, const char *path, const char *json)
{
    struct dev_body body = {NULL, 0};
    char url[256];
    char key[128];
    struct curl_slist *headers = curl_slist_append(NULL, "content-type: application/json");
    CURL *curl = curl_easy_init();
    CURLcode result;
    snprintf(url, sizeof url, "%s%s", check_env("NANGO_HOST"), path);
    snprintf(key, sizeof key, "authorization: Bearer %s", check_env("NANGO_SECRET_KEY"));
    headers = curl_slist_append(headers, key);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, dev_take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    if (json) {
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, json);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    result = curl_easy_perform(curl);
    if (result != CURLE_OK) {
        fprintf(stderr, "%s: %s\n", url, curl_easy_strerror(result));
        exit(2);
    }
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    return body.text;
}

static inline void dev_forget_requests(void)
{
    free(dev_ask("DELETE", "/_dev/log", NULL));
}

/* The requests that the server received since then: {"requests": […]}. */
static inline char *dev_requests(void)
{
    return dev_ask("GET", "/_dev/log", NULL);
}

static inline int dev_count_requests(void)
{
    char *log = dev_requests(), *item;
    nango_json_items *items = nango_json_items_new(log, "/requests");
    int count = 0;
    while ((item = nango_json_items_next(items))) {
        count++;
        nango_free_string(item);
    }
    nango_json_items_free(items);
    free(log);
    return count;
}

/* Advances the server's clock. */
static inline void dev_advance_ms(long ms)
{
    char json[64];
    snprintf(json, sizeof json, "{\"advance_ms\": %ld}", ms);
    free(dev_ask("POST", "/_dev/clock", json));
}

#endif
