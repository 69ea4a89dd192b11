/*
 * Helpers of the tests that check the host process. They run in the environment of nango-dev
 * --tls-port 0.
 */
#ifndef HOST_H
#define HOST_H

#include <errno.h>
#include <sys/wait.h>

#include "dev.h"

/* An IP address: a child that is forked while libc resolves a name may hang in libc. */
static const char *KEY, *HOST;
static char TLS_HOST[128];

static inline void read_environment(void)
{
    KEY = check_env("NANGO_SECRET_KEY");
    HOST = check_env("NANGO_HOST");
    snprintf(TLS_HOST, sizeof TLS_HOST, "https://127.0.0.1%s",
             strrchr(check_env("NANGO_DEV_TLS_HOST"), ':'));
}

static inline long setting(const char *name, long otherwise)
{
    const char *value = getenv(name);
    return value ? strtol(value, NULL, 10) : otherwise;
}

static inline void *contents(const char *name, size_t *length)
{
    FILE *file = fopen(name, "rb");
    char *text = malloc(1 << 16);
    *length = file && text ? fread(text, 1, 1 << 16, file) : 0;
    if (file)
        fclose(file);
    return text;
}

static inline nango_client *client_with(const char *url, uint32_t timeout_ms, uint32_t idle)
{
    nango_options *options = nango_options_new();
    nango_error *error = NULL;
    nango_client *client;
    size_t length;
    void *authority = contents(check_env("NANGO_DEV_CA_FILE"), &length);
    nango_options_set_base_url(options, url);
    nango_options_set_secret_key(options, KEY);
    nango_options_set_timeout_ms(options, timeout_ms);
    nango_options_set_max_retries(options, 0);
    nango_options_set_idle_connections(options, idle);
    nango_options_set_tls_roots(options, NANGO_TLS_ROOTS_CUSTOM_ONLY);
    nango_options_add_ca_pem(options, authority, length);
    client = nango_client_new_with_options(options, &error);
    if (!CHECK(client != NULL))
        exit(2);
    nango_options_free(options);
    free(authority);
    return client;
}

/* Fetches bob's token and checks it; NANGO_OK if the call succeeded. */
static inline nango_code token_of_bob(const nango_client *client, const nango_call_options *options)
{
    nango_error *error = NULL;
    char *token = nango_get_token(client, "github", "bob", options, &error);
    nango_code code = error ? nango_error_code(error) : NANGO_OK;
    CHECK(!token == !!error);
    if (token)
        CHECK_TEXT(token, "at-bob");
    nango_free_string(token);
    nango_error_free(error);
    return code;
}

static const char BOB[] = "{\"provider_config_key\":\"github\",\"connection_id\":\"bob\"}";

static inline nango_code queued_token_of_bob(const nango_queue *queue, const nango_client *client)
{
    nango_error *error = NULL;
    nango_completion done;
    nango_code code = NANGO_OK;
    CHECK(nango_queue_submit(queue, client, "get_token", BOB, NULL, 0, &error) != 0);
    if (!CHECK(nango_queue_next(queue, &done, 1, 20000) == 1))
        return NANGO_ERROR_TIMEOUT;
    if (done.error)
        code = nango_error_code(done.error);
    else
        CHECK_TEXT(done.json, "at-bob");
    nango_free_string(done.json);
    nango_error_free(done.error);
    return code;
}

static inline int ended_well(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) == -1 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 1;
    printf("  the child ended with %s %d\n", WIFSIGNALED(status) ? "signal" : "code",
           WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return 0;
}

#endif
