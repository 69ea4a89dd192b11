/*
 * Host names with several addresses, of which some do not answer: each call succeeds within its
 * connect timeout, for servers and for proxies. In the environment of nango-dev.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"
#include "peer.h"

/* On 127.0.0.1 nango-dev listens; on these nothing answers, or everything is refused. */
#define GOOD "127.0.0.1"
#define DEAD "127.0.0.2"
#define DEAD_TOO "127.0.0.3"
#define REFUSING "127.0.0.4"
#define REFUSING_6 "::1"

static const struct {
    const char *name, *addresses[5];
} NAMES[] = {
    {"dead-first.test", {DEAD, GOOD}},
    {"refusing-first.test", {REFUSING, GOOD}},
    {"two-dead.test", {DEAD, DEAD_TOO, GOOD}},
    {"mixed.test", {REFUSING_6, DEAD, GOOD}},
    {"last.test", {DEAD, REFUSING, REFUSING_6, GOOD}},
    {"all-dead.test", {DEAD, DEAD_TOO}},
    {"all-refusing.test", {REFUSING, REFUSING_6}},
};

static int port;

/* One address of the kind that the caller can free with freeaddrinfo(). */
static struct addrinfo *resolved(const char *address)
{
    struct addrinfo hints, *found = NULL;
    static int (*libc_lookup)(const char *, const char *, const struct addrinfo *,
                              struct addrinfo **);
    if (!libc_lookup)
        *(void **)&libc_lookup = dlsym(RTLD_NEXT, "getaddrinfo");
    memset(&hints, 0, sizeof hints);
    hints.ai_flags = AI_NUMERICHOST;
    hints.ai_socktype = SOCK_STREAM;
    return libc_lookup(address, NULL, &hints, &found) == 0 ? found : NULL;
}

/* Replaces libc's function, also for the library. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    size_t i, j;
    (void)service;
    (void)hints;
    *found = NULL;
    for (i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        struct addrinfo **end = found;
        if (!name || strcmp(NAMES[i].name, name) != 0)
            continue;
        for (j = 0; NAMES[i].addresses[j]; j++) {
            *end = resolved(NAMES[i].addresses[j]);
            end = &(*end)->ai_next;
        }
        return 0;
    }
    return EAI_NONAME;
}

/* Listens on nango-dev's port of another address, and lets its queue overflow, so that it answers
 * no further SYN. */
static void play_dead(const char *address, int sockets[8])
{
    struct sockaddr_in at;
    int i;
    memset(&at, 0, sizeof at);
    at.sin_family = AF_INET;
    at.sin_port = htons((uint16_t)port);
    inet_pton(AF_INET, address, &at.sin_addr);
    sockets[0] = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(sockets[0], (struct sockaddr *)&at, sizeof at) == 0 && listen(sockets[0], 0) == 0);
    for (i = 1; i < 8; i++) {
        sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(sockets[i], (struct sockaddr *)&at, sizeof at);
    }
}

static nango_client *client_of(const char *name, int as_proxy, uint32_t connect_ms)
{
    nango_options *options = nango_options_new();
    nango_client *client;
    char url[128];
    snprintf(url, sizeof url, "http://%s:%d", name, port);
    nango_options_set_base_url(options, as_proxy ? "http://nango.example" : url);
    nango_options_set_proxy(options, as_proxy ? url : NULL);
    nango_options_set_secret_key(options, KEY);
    nango_options_set_max_retries(options, 0);
    nango_options_set_connect_retry_ms(options, 0);
    nango_options_set_connect_timeout_ms(options, connect_ms);
    client = nango_client_new_with_options(options, NULL);
    nango_options_free(options);
    if (!CHECK(client != NULL))
        exit(2);
    return client;
}

/* Makes a call with a new client, blocking or through a queue; returns its code. */
static nango_code call(const char *name, int as_proxy, int queued, uint32_t connect_ms)
{
    nango_client *client = client_of(name, as_proxy, connect_ms);
    nango_error *error = NULL;
    nango_code code;
    if (queued) {
        nango_queue *queue = nango_queue_new(NULL);
        nango_completion done;
        CHECK(nango_queue_submit_get_token(queue, client, "github", "bob", NULL, 0, NULL));
        CHECK(nango_queue_next(queue, &done, 1, 60000) == 1);
        nango_free_string(done.json);
        error = done.error;
        nango_queue_free(queue);
    } else {
        nango_free_string(nango_get_token(client, "github", "bob", NULL, &error));
    }
    code = nango_error_code(error);
    if (code)
        printf("  %s: %s\n", name, nango_error_message(error));
    nango_error_free(error);
    nango_client_free(client);
    return code;
}

static void some_addresses_are_dead(void)
{
    size_t i;
    int as_proxy, queued;
    for (i = 0; i < 5; i++) {
        for (as_proxy = 0; as_proxy < 2; as_proxy++) {
            for (queued = 0; queued < 2; queued++) {
                long long began = now_ms(), took;
                CHECK(call(NAMES[i].name, as_proxy, queued, 10000) == NANGO_OK);
                took = now_ms() - began;
                if (!CHECK(took < 5000))
                    printf("  %s: %lld ms\n", NAMES[i].name, took);
            }
        }
    }
}

static void all_addresses_are_dead(void)
{
    long long began = now_ms();
    CHECK(call("all-dead.test", 0, 0, 700) == NANGO_ERROR_TIMEOUT);
    CHECK(now_ms() - began >= 690 && now_ms() - began < 6000);
    CHECK(call("all-dead.test", 1, 1, 700) == NANGO_ERROR_TIMEOUT);
    CHECK(call("all-refusing.test", 0, 0, 10000) == NANGO_ERROR_CONNECT);
    CHECK(call("all-refusing.test", 1, 0, 10000) == NANGO_ERROR_PROXY);
    CHECK(call("no-such-name.test", 0, 0, 10000) == NANGO_ERROR_DNS);
}

int main(int argc, char **argv)
{
    int sockets[2][8], i;
    read_environment();
    port = atoi(strrchr(HOST, ':') + 1);
    play_dead(DEAD, sockets[0]);
    play_dead(DEAD_TOO, sockets[1]);
    RUN(some_addresses_are_dead);
    RUN(all_addresses_are_dead);
    for (i = 0; i < 16; i++)
        close(sockets[i / 8][i % 8]);
    return check_end();
}
