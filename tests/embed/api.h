/* The library loaded with dlopen(): these programs do not link with it. */
#ifndef API_H
#define API_H

/* Before nango.h, because otherwise check.h would call its functions. */
#include "../c/check.h"

#include <dlfcn.h>

#include <nango.h>

#define API(each)                                                                               \
    each(version) each(live_objects) each(client_new) each(client_free) each(get_token)         \
        each(free_string) each(error_message) each(error_code) each(error_free) each(queue_new) \
            each(queue_free) each(queue_fd) each(queue_submit) each(queue_next) each(queue_cancel)

struct api {
    void *handle;
#define MEMBER(name) __typeof__(&nango_##name) name;
    API(MEMBER)
#undef MEMBER
};

/* handle is what dlopen() or dlmopen() returned. */
static inline int api_find(struct api *api, void *handle)
{
    void *symbol;
    api->handle = handle;
    if (!CHECK(handle)) {
        printf("  %s\n", dlerror());
        return 0;
    }
#define FIND(name)                          \
    symbol = dlsym(handle, "nango_" #name); \
    if (!CHECK(symbol))                     \
        return 0;                           \
    memcpy(&api->name, &symbol, sizeof symbol);
    API(FIND)
#undef FIND
    return 1;
}

static inline int api_load(struct api *api, const char *path)
{
    return api_find(api, dlopen(path, RTLD_NOW | RTLD_LOCAL));
}

static inline int api_token(const struct api *api, const nango_client *client)
{
    nango_error *error = NULL;
    char *token = api->get_token(client, "github", "bob", NULL, &error);
    int fine = token && strcmp(token, "at-bob") == 0;
    if (!fine)
        printf("  %s\n", token ? token : api->error_message(error));
    api->free_string(token);
    api->error_free(error);
    return fine;
}

static inline int api_ticket(const struct api *api, const nango_client *client,
                             const nango_queue *queue)
{
    nango_completion done;
    int fine;
    if (!api->queue_submit(queue, client, "get_token",
                           "{\"provider_config_key\":\"github\",\"connection_id\":\"bob\"}", NULL,
                           7, NULL) ||
        api->queue_next(queue, &done, 1, 10000) != 1)
        return 0;
    fine = done.user_data == 7 && done.json && strcmp(done.json, "at-bob") == 0;
    api->free_string(done.json);
    api->error_free(done.error);
    return fine;
}

/* Makes a call and a ticket, and frees everything. */
static inline int api_use(const struct api *api)
{
    nango_client *client =
        api->client_new(check_env("NANGO_HOST"), check_env("NANGO_SECRET_KEY"), NULL);
    nango_queue *queue = api->queue_new(NULL);
    int fine = client && queue && api_token(api, client) && api_ticket(api, client, queue);
    api->queue_free(queue);
    api->client_free(client);
    return fine && api->live_objects() == 0;
}

#endif
