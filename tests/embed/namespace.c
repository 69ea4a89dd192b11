/*
 * The library in a separate namespace, with a separate libc: `namespace LIBRARY`, in the
 * environment of nango-dev.
 */
#define _GNU_SOURCE

#include "api.h"

static const char *library;

static void used_in_a_namespace(void)
{
    struct api api;
    nango_client *client;
    if (!api_find(&api, dlmopen(LM_ID_NEWLM, library, RTLD_NOW | RTLD_LOCAL)))
        return;
    client = api.client_new(check_env("NANGO_HOST"), check_env("NANGO_SECRET_KEY"), NULL);
    CHECK(client && api_token(&api, client) && api_token(&api, client));
    api.client_free(client);
    CHECK(api.live_objects() == 0);
    CHECK(api_use(&api));
    CHECK(dlclose(api.handle) == 0);
}

int main(int argc, char **argv)
{
    library = argc > 1 ? argv[1] : "libnango.so.0";
    argc = 1;
    RUN(used_in_a_namespace);
    return check_end();
}
