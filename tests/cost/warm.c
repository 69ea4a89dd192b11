/*
 * Makes a number of calls on one warm connection, and nothing else. The difference between two runs
 * with different numbers gives the cost of one call.
 */
#include <nango.h>
#include <stdio.h>
#include <stdlib.h>

static void *file(const char *name, long *length)
{
    FILE *in = fopen(name, "rb");
    char *text = NULL;
    if (in && !fseek(in, 0, SEEK_END) && (*length = ftell(in)) > 0 &&
        (text = malloc((size_t)*length)) != NULL) {
        rewind(in);
        if (fread(text, 1, (size_t)*length, in) != (size_t)*length)
            *length = 0;
    }
    if (in)
        fclose(in);
    return text;
}

int main(int count, char **arguments)
{
    nango_error *error = NULL;
    nango_options *options = nango_options_new_from_env(&error);
    if (options && count > 3) {
        long length = 0;
        void *authorities = file(arguments[3], &length);
        nango_options_set_base_url(options, arguments[2]);
        nango_options_set_tls_roots(options, NANGO_TLS_ROOTS_CUSTOM_ONLY);
        nango_options_add_ca_pem(options, authorities, (size_t)length);
        free(authorities);
    }
    nango_client *client = options ? nango_client_new_with_options(options, &error) : NULL;
    for (int left = count > 1 ? atoi(arguments[1]) : 0; client && !error && left > 0; left--) {
        nango_free_string(nango_get_token(client, "github", "bob", NULL, &error));
    }
    if (error)
        fprintf(stderr, "%s\n", nango_error_message(error));
    int failed = error != NULL || client == NULL;
    nango_error_free(error);
    nango_client_free(client);
    nango_options_free(options);
    return failed;
}
