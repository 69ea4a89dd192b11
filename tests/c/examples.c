/*
 * Runs all examples except `connection`, which example.c runs: `examples FOLDER`, in the
 * environment of nango-dev. This program delays the answers of nango-dev.
 */
#define _POSIX_C_SOURCE 200809L

#include <sys/wait.h>
#include <unistd.h>

#include "dev.h"

static const char *folder;
static char out[16384];

/* Runs an example; captures its output and its errors together. Returns its exit code. */
static int run(const char *arguments)
{
    char line[1024];
    int status;
    FILE *pipe;
    snprintf(line, sizeof line, "%s/%s 2>&1", folder, arguments);
    out[0] = '\0';
    fflush(stdout);
    pipe = popen(line, "r");
    if (!CHECK(pipe))
        return -1;
    while (fgets(line, sizeof line, pipe))
        strncat(out, line, sizeof out - strlen(out) - 1);
    status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Whether the folder has this example: C++ has fewer. */
static int has(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, X_OK) == 0;
}

static void be_late(const char *connection, int ms)
{
    char json[256];
    snprintf(json, sizeof json, "{\"connection\": \"%s\", \"times\": 1, \"delay_ms\": %d}",
             connection, ms);
    free(dev_ask("POST", "/_dev/faults", json));
}

static void list(void)
{
    CHECK(run("list") == 0);
    CHECK_HOLDS(out, "bob                      github           ok\n");
    CHECK_HOLDS(out, "broken                   github           offer to reconnect\n");
    CHECK_HOLDS(out, "carol                    stripe-key       ok\n");
    CHECK(run("list stripe-key") == 0);
    CHECK_TEXT(out, "carol                    stripe-key       ok\n");
    CHECK(run("list '\"\\'") == 0); /* escaped, so that it is no error */
    CHECK_TEXT(out, "");
    setenv("NANGO_HOST", "http://127.0.0.1:1", 1);
    CHECK(run("list") == 1);
    CHECK_HOLDS(out, "error: ");
}

static void errors(void)
{
    nango_code code;
    CHECK(run("errors github bob") == 0);
    CHECK_TEXT(out, "a token\n");
    CHECK(run("errors github broken") == 1);
    CHECK_HOLDS(out, "RECONNECT_REQUIRED: ");
    CHECK_HOLDS(out,
                "-> let the user authorise again\n"
                "   Send the user through a reconnect session.\n   HTTP 424, ");
    CHECK(run("errors github nobody-there") == 1);
    CHECK_HOLDS(out, "-> fix the call\n   ");
    CHECK_HOLDS(out, "\n   HTTP 404, ");
    free(dev_ask(
        "POST", "/_dev/faults",
        "{\"connection\": \"bob\", \"times\": 3, \"fault\": {\"kind\": \"answer\", \"status\": "
        "429, \"headers\": {\"retry-after\": \"120\"}, "
        "\"body\": {\"error\": {\"code\": \"too_many_request\"}}}}"));
    CHECK(run("errors github bob") == 1);
    CHECK_HOLDS(out, "RATE_LIMITED: ");
    CHECK_HOLDS(out, "-> try again later, in 121.0 s\n   ");
    CHECK_HOLDS(out, "\n   HTTP 429, too_many_request, after 1 attempts\n");
    free(dev_ask("DELETE", "/_dev/faults", NULL));
    setenv("NANGO_HOST", "http://127.0.0.1:1", 1);
    CHECK(run("errors github bob") == 1);
    CHECK_HOLDS(out, "CONNECT: ");

    /* The table has every code of the library. */
    CHECK(run("errors --table") == 0);
    for (code = 1; code < 200; code++) {
        char line[64];
        if (strcmp(nango_code_name(code), "UNKNOWN") == 0)
            continue;
        snprintf(line, sizeof line, "%s ", nango_code_name(code));
        CHECK_HOLDS(out, line);
    }
    CHECK(run("errors") == 2);
}

static void threads(void)
{
    CHECK(run("threads github bob") == 0);
    CHECK_TEXT(out, "8 threads fetched 160 tokens\n");
    CHECK(run("threads") == 2);
}

static void cancel(void)
{
    CHECK(run("cancel github bob 200") == 0);
    CHECK_TEXT(out, "a token\n");
    be_late("bob", 5000);
    CHECK(run("cancel github bob 200") == 0);
    CHECK_TEXT(out, "CANCELLED\n");
}

static void queue_poll(void)
{
    be_late("bob", 200);
    CHECK(run("queue_poll github bob nobody-there alice") == 0);
    CHECK_HOLDS(out, "alice: a token\n");
    CHECK_HOLDS(out, "nobody-there: NOT_FOUND\n");
    /* It is the last, because its answer was delayed. */
    CHECK_HOLDS(out, "\nbob: a token\n");
    CHECK(run("queue_poll github ''") == 0);
    CHECK_HOLDS(out, "connection_id must be a non-empty string");
}

static void queue_uv(void)
{
    be_late("bob", 200);
    CHECK(run("queue_uv github bob nobody-there alice") == 0);
    CHECK_HOLDS(out, "alice: a token\n");
    CHECK_HOLDS(out, "nobody-there: NOT_FOUND\n");
    CHECK_HOLDS(out, "tick\nbob: a token\n");
}

static void queue_threads(void)
{
    CHECK(run("queue_threads github bob") == 0);
    CHECK_TEXT(out, "200 calls, 200 tokens\n");
    CHECK(run("queue_threads github nobody-there") == 0);
    CHECK_TEXT(out, "200 calls, 0 tokens\n");
}

/* Only C++ has this example and the next ones. */
static void queue(void)
{
    be_late("bob", 200);
    CHECK(run("queue github bob nobody-there alice") == 0);
    CHECK_HOLDS(out, "alice: a token\n");
    CHECK_HOLDS(out, "nobody-there: NOT_FOUND\n");
    CHECK_HOLDS(out, "\nbob: a token\n");
    setenv("NANGO_SECRET_KEY", "", 1);
    CHECK(run("queue github bob") == 1);
    CHECK_HOLDS(out, "NANGO_SECRET_KEY");
}

static void coroutine(void)
{
    be_late("bob", 200);
    CHECK(run("coroutine github bob nobody-there alice ''") == 0);
    CHECK_HOLDS(out, ": INVALID_ARGUMENT\n");
    CHECK_HOLDS(out, "alice: a token\n");
    CHECK_HOLDS(out, "nobody-there: NOT_FOUND\n");
    CHECK_HOLDS(out, "\nbob: a token\n");
    CHECK(run("coroutine github") == 2);
}

static void asio(void)
{
    be_late("bob", 300);
    CHECK(run("asio github bob nobody-there alice ''") == 0);
    CHECK_HOLDS(out, ": INVALID_ARGUMENT\n");
    CHECK_HOLDS(out, "alice: a token\n");
    CHECK_HOLDS(out, "nobody-there: NOT_FOUND\n");
    CHECK_HOLDS(out, "tick\nbob: a token\n");
    CHECK(run("asio github") == 2);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*test)(void);
    } examples[] = {{"list", list},
                    {"errors", errors},
                    {"threads", threads},
                    {"cancel", cancel},
                    {"queue_poll", queue_poll},
                    {"queue_uv", queue_uv},
                    {"queue_threads", queue_threads},
                    {"queue", queue},
                    {"coroutine", coroutine},
                    {"asio", asio}};
    char host[256], key[256];
    size_t i;
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argc ? argv[0] : "examples");
        return 2;
    }
    folder = argv[1];
    argc = 1;
    snprintf(host, sizeof host, "%s", check_env("NANGO_HOST"));
    snprintf(key, sizeof key, "%s", check_env("NANGO_SECRET_KEY"));
    curl_global_init(CURL_GLOBAL_DEFAULT);
    for (i = 0; i < sizeof examples / sizeof *examples; i++) {
        setenv("NANGO_HOST", host, 1);
        setenv("NANGO_SECRET_KEY", key, 1);
        if (has(examples[i].name))
            check_run(examples[i].name, examples[i].test, argc, argv);
    }
    curl_global_cleanup();
    return check_end();
}
