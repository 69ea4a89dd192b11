/*
 * One call, for valgrind: `one_call` over HTTP, `one_call tls` over TLS, and `one_call leak`
 * forgets to free the token.
 */
#include <nango.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    static uint8_t pem[65536];
    const char *mode = argc > 1 ? argv[1] : "";
    nango_error *error = NULL;
    nango_options *options = nango_options_new_from_env(&error);
    nango_client *client = NULL;
    char *token = NULL;
    int failed;
    if (strcmp(mode, "tls") == 0) {
        FILE *file = fopen(getenv("NANGO_DEV_CA_FILE"), "r");
        nango_options_set_base_url(options, getenv("NANGO_DEV_TLS_HOST"));
        nango_options_add_ca_pem(options, pem, file ? fread(pem, 1, sizeof pem, file) : 0);
        if (file)
            fclose(file);
    }
    if (options)
        client = nango_client_new_with_options(options, &error);
    if (client)
        token = nango_get_token(client, "github", "bob", NULL, &error);
    puts(token ? "a token" : nango_error_message(error));
    failed = token == NULL;
    if (strcmp(mode, "leak") != 0)
        nango_free_string(token);
    token = NULL;
    nango_client_free(client);
    nango_options_free(options);
    nango_error_free(error);
    return failed;
}
