/*
 * What to do about each error: fetches a token and, if that fails, says what the program should do.
 *
 *     errors PROVIDER_CONFIG_KEY CONNECTION_ID
 *     errors --table
 *
 *     cc errors.c $(pkg-config --cflags --libs nango) -o errors
 */
#include <stdio.h>
#include <string.h>

#include <nango.h>

enum remedy { TRY_LATER, ASK_THE_USER, FIX_THE_SETUP, FIX_THE_CALL, REPORT, NOTHING };

static const char *const REMEDIES[] = {
    "try again later",              /* the library has already retried */
    "let the user authorise again", /* with a reconnect session */
    "fix the setup",                /* key, address, certificates, scopes */
    "fix the call",                 /* a bug in the program */
    "report it",                    /* a bug in the library, or the system is out of resources */
    "nothing",                      /* the program did this on purpose */
};

/* Later versions may add codes: for an unknown code, ask nango_error_retryable(). */
static const struct {
    nango_code code;
    enum remedy remedy;
} TABLE[] = {
    {NANGO_ERROR_INVALID_ARGUMENT, FIX_THE_CALL},
    {NANGO_ERROR_INVALID_UTF8, FIX_THE_CALL},
    {NANGO_ERROR_UNKNOWN_OPERATION, FIX_THE_CALL},
    {NANGO_ERROR_QUEUE_FULL, FIX_THE_CALL}, /* take completions before submitting more */
    {NANGO_ERROR_CLOSED, NOTHING},
    {NANGO_ERROR_WRONG_PROCESS, FIX_THE_CALL}, /* make a queue after fork */
    {NANGO_ERROR_CONNECT, TRY_LATER},
    {NANGO_ERROR_TLS, FIX_THE_SETUP},
    {NANGO_ERROR_TIMEOUT, TRY_LATER},
    {NANGO_ERROR_CANCELLED, NOTHING},
    {NANGO_ERROR_IO, TRY_LATER},
    {NANGO_ERROR_DNS, TRY_LATER},
    {NANGO_ERROR_PROXY, FIX_THE_SETUP},
    {NANGO_ERROR_BAD_REQUEST, FIX_THE_CALL},
    {NANGO_ERROR_UNAUTHORIZED, FIX_THE_SETUP},
    {NANGO_ERROR_FORBIDDEN, FIX_THE_SETUP},
    {NANGO_ERROR_NOT_FOUND, FIX_THE_CALL}, /* or the connection was deleted: ask the user */
    {NANGO_ERROR_RATE_LIMITED, TRY_LATER},
    {NANGO_ERROR_SERVER, TRY_LATER},
    {NANGO_ERROR_REFRESH_FAILED, TRY_LATER}, /* if it persists, ask the user */
    {NANGO_ERROR_RECONNECT_REQUIRED, ASK_THE_USER},
    {NANGO_ERROR_REFRESH_BACKOFF, TRY_LATER},
    {NANGO_ERROR_NO_CREDENTIALS, FIX_THE_SETUP}, /* scopes, or a connection without credentials */
    {NANGO_ERROR_NO_SINGLE_TOKEN, FIX_THE_CALL}, /* use nango_get_credentials_json() */
    {NANGO_ERROR_CONFLICT, FIX_THE_CALL},
    {NANGO_ERROR_TOKEN_NOT_REPLACED, ASK_THE_USER}, /* or it is refused for another reason */
    {NANGO_ERROR_INTEGRATION_NOT_FOUND, FIX_THE_SETUP},
    {NANGO_ERROR_INVALID_RESPONSE, FIX_THE_SETUP}, /* the base URL */
    {NANGO_ERROR_RESPONSE_TOO_LARGE, FIX_THE_SETUP},
    {NANGO_ERROR_INTERNAL, REPORT},
    {NANGO_ERROR_PANIC, REPORT},
};

static enum remedy remedy_of(const nango_error *error)
{
    size_t i;
    for (i = 0; i < sizeof TABLE / sizeof *TABLE; i++) {
        if (TABLE[i].code == nango_error_code(error))
            return TABLE[i].remedy;
    }
    return nango_error_retryable(error) ? TRY_LATER : REPORT;
}

static void explain(const nango_error *error)
{
    enum remedy remedy = remedy_of(error);

    printf("%s: %s\n", nango_code_name(nango_error_code(error)), nango_error_message(error));
    printf("-> %s", REMEDIES[remedy]);
    if (remedy == TRY_LATER && nango_error_retry_after_ms(error) >= 0)
        printf(", in %.1f s", (double)nango_error_retry_after_ms(error) / 1000);
    printf("\n   %s\n", nango_code_advice(nango_error_code(error)));

    /* Details for debugging. None of them is a secret. */
    if (nango_error_http_status(error))
        printf("   HTTP %d, %s, after %u attempts\n", (int)nango_error_http_status(error),
               nango_error_api_code(error) ? nango_error_api_code(error) : "no code",
               (unsigned)nango_error_attempts(error));
}

int main(int argc, char **argv)
{
    nango_error *error = NULL;
    nango_options *options;
    nango_client *client;
    char *token = NULL;
    size_t i;

    if (argc == 2 && strcmp(argv[1], "--table") == 0) {
        for (i = 0; i < sizeof TABLE / sizeof *TABLE; i++)
            printf("%-20s %s\n", nango_code_name(TABLE[i].code), REMEDIES[TABLE[i].remedy]);
        return 0;
    }
    if (argc != 3) {
        fprintf(stderr, "usage: errors PROVIDER_CONFIG_KEY CONNECTION_ID | --table\n");
        return 2;
    }

    options = nango_options_new_from_env(&error);
    client = options ? nango_client_new_with_options(options, &error) : NULL;
    if (client)
        token = nango_get_token(client, argv[1], argv[2], NULL, &error);
    if (token)
        puts("a token");
    else
        explain(error);

    nango_free_string(token);
    nango_error_free(error);
    nango_client_free(client);
    nango_options_free(options);
    return token ? 0 : 1;
}
