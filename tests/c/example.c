/*
 * Runs the connection example of any language: `example PROGRAM [ARGUMENTS…]`. It must run
 * against nango-dev, whose clock this program advances.
 */
#define _POSIX_C_SOURCE 200809L

#include <sys/wait.h>
#include <unistd.h>

#include "dev.h"

static char command[1024];

struct run {
    char out[8192];
    int code;
};

/* Runs the program with these arguments; captures its output and its errors together. */
static void run(struct run *run, const char *environment, const char *arguments)
{
    char line[2048], whole[4096];
    int status;
    FILE *pipe;
    snprintf(whole, sizeof whole, "%s %s %s 2>&1", environment, command, arguments);
    run->out[0] = '\0';
    fflush(stdout);
    pipe = popen(whole, "r");
    if (!CHECK(pipe))
        return;
    while (fgets(line, sizeof line, pipe)) {
        strncat(run->out, line, sizeof run->out - strlen(run->out) - 1);
        /* After an hour, every token has expired. */
        if (strstr(line, "waiting for the token"))
            dev_advance_ms(3600 * 1000L);
    }
    status = pclose(pipe);
    run->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Compares two texts; '#' in wanted matches any run of letters, digits, '_' and '-'. */
static int like(const char *text, const char *wanted)
{
    for (; *wanted; wanted++) {
        if (*wanted == '#') {
            text +=
                strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
        } else if (*text++ != *wanted) {
            return 0;
        }
    }
    return *text == '\0';
}

#define CHECK_LIKE(text, wanted)            \
    do {                                    \
        if (!CHECK(like((text), (wanted)))) \
            printf("%s", (text));           \
    } while (0)

static char provider[256];

static const char *arguments(const char *connection, const char *flag)
{
    static char text[512];
    snprintf(text, sizeof text, "%s %s %s", connection, provider, flag);
    return text;
}

static void a_token_runs_out_and_is_refreshed(void)
{
    static struct run r;
    run(&r, "", arguments("github alice", "--until-refused"));
    CHECK_LIKE(r.out,
               "connections: # (#), # (#), # (#) and # more\n"
               "token: …# (# characters)\n"
               "api: 200, the provider accepts the token\n"
               "waiting for the token to expire …\n"
               "api: 401, the provider refuses the token\n"
               "token: …# (# characters), a fresh one\n"
               "api: 200, the provider accepts the token\n");
    CHECK(r.code == 0);
}

static void a_short_token_is_not_shown(void)
{
    static struct run r;
    run(&r, "", arguments("stripe-key carol", ""));
    CHECK_HOLDS(r.out, "token: … (12 characters)\napi: 200, the provider accepts the token\n");
    CHECK(!strstr(r.out, "carol\n") && !strstr(r.out, "sk_dev"));
    CHECK(r.code == 0);
}

static void errors_say_what_to_do(void)
{
    static struct run r;
    run(&r, "", arguments("github broken", ""));
    CHECK_HOLDS(r.out, "error: ");
    CHECK_HOLDS(r.out,
                " (RECONNECT_REQUIRED)\n"
                "-> Send the user through a reconnect session.\n");
    CHECK(r.code == 1);
    run(&r, "", arguments("github flaky", ""));
    CHECK_HOLDS(r.out, " (REFRESH_FAILED)\n-> ");
    CHECK(r.code == 1);
    run(&r, "", arguments("basic-auth dave", ""));
    CHECK_HOLDS(r.out, " (NO_SINGLE_TOKEN)\n-> ");
    CHECK(r.code == 1);
    run(&r, "", arguments("github nobody-there", ""));
    CHECK_HOLDS(r.out, " (NOT_FOUND)\n-> ");
    CHECK(r.code == 1);
    run(&r, "NANGO_SECRET_KEY=a5d1f7d1-0a7a-4c35-9d70-0b2f9f5c3c11", arguments("github alice", ""));
    CHECK_HOLDS(r.out, " (UNAUTHORIZED)\n-> ");
    CHECK(r.code == 1);
    run(&r, "NANGO_HOST=http://127.0.0.1:1", arguments("github alice", ""));
    CHECK_HOLDS(r.out, " (CONNECT)\n-> ");
    CHECK(r.code == 1);
    run(&r, "NANGO_SECRET_KEY=", arguments("github alice", ""));
    CHECK_HOLDS(r.out, " (INVALID_ARGUMENT)\n");
    CHECK(r.code == 1);
}

static void wrong_usage_is_told(void)
{
    static struct run r;
    run(&r, "", "");
    CHECK_HOLDS(r.out, "usage: ");
    CHECK(r.code == 2);
    run(&r, "", arguments("github alice", "--what"));
    CHECK_HOLDS(r.out, "usage: ");
    CHECK(r.code == 2);
}

int main(int argc, char **argv)
{
    int i;
    if (argc < 2) {
        fprintf(stderr, "usage: %s PROGRAM [ARGUMENTS…]\n", argv[0]);
        return 2;
    }
    for (i = 1; i < argc; i++)
        snprintf(command + strlen(command), sizeof command - strlen(command), "%s ", argv[i]);
    snprintf(provider, sizeof provider, "%s", check_env("NANGO_DEV_PROVIDER_URL"));
    curl_global_init(CURL_GLOBAL_DEFAULT);
    argc = 1;
    RUN(a_token_runs_out_and_is_refreshed);
    RUN(a_short_token_is_not_shown);
    RUN(errors_say_what_to_do);
    RUN(wrong_usage_is_told);
    curl_global_cleanup();
    return check_end();
}
