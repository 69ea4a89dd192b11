/* A program that uses the installed library. Compiles as C and as C++. */
#include <nango.h>
#include <stdio.h>

int main(void)
{
    nango_error *error = NULL;
    nango_options *options = nango_options_new_from_env(&error);
    nango_client *client = options ? nango_client_new_with_options(options, &error) : NULL;
    char *token = client ? nango_get_token(client, "github", "bob", NULL, &error) : NULL;
    int failed = token == NULL || nango_version_number() != NANGO_VERSION_NUMBER;
    if (error) {
        fprintf(stderr, "%s\n", nango_error_message(error));
    }
    nango_free_string(token);
    nango_client_free(client);
    nango_options_free(options);
    nango_error_free(error);
    return failed || nango_live_objects() != 0;
}
