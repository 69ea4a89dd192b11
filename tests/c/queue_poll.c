/*
 * Ten thousand tickets from one thread that polls. A random half of them is cancelled at a random
 * moment. Each ticket completes exactly once, and those that were not cancelled are answered.
 * `queue_poll [TICKETS [SEED]]`; it needs no test server.
 */
#define _POSIX_C_SOURCE 200809L

#include <poll.h>

#include <nango.h>

#include "check.h"
#include "slow.h"

enum { IN_FLIGHT = 2000, DELAY_MS = 5, AT_ONCE = 64 };

static const char ANSWER[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 97\r\n\r\n"
    "{\"connection_id\":\"c\",\"provider_config_key\":\"k\",\"credentials\":{\"type\":\"API_KEY\","
    "\"apiKey\":\"a-key\"}}";

static struct slow server;
static unsigned long tickets = 10000, seed;

struct call {
    uint64_t ticket;
    unsigned completed;
    bool cancelled;
};

/* A generator of its own, so that a seed gives the same numbers everywhere. */
static unsigned long chance(unsigned long below)
{
    static unsigned long long state;
    if (!state)
        state = seed * 2654435761ULL + 88172645463325252ULL;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned long)(state % below);
}

static void every_ticket_once(void)
{
    static const char params[] = "{\"provider_config_key\":\"k\",\"connection_id\":\"c\"}";
    nango_error *error = NULL;
    nango_client *client = nango_client_new(server.url, "a-secret-key", &error);
    nango_queue *queue = nango_queue_new(&error);
    nango_completion done[AT_ONCE];
    struct call *calls = (struct call *)calloc(tickets, sizeof *calls);
    unsigned long submitted = 0, completed = 0, answered = 0, cancelled = 0, asked = 0, polls = 0;
    struct pollfd watched = {0, POLLIN, 0};
    long long began = slow_now(), took;
    CHECK(client && queue && calls);
    watched.fd = nango_queue_fd(queue);
    while (completed < tickets) {
        size_t i, count;
        while (submitted < tickets && submitted - completed < IN_FLIGHT) {
            calls[submitted].ticket =
                nango_queue_submit(queue, client, "get_token", params, NULL, submitted, &error);
            if (!CHECK(calls[submitted].ticket != 0))
                return;
            submitted++;
            /* Cancel every second one at random: just started, in flight or already complete. */
            if (chance(2)) {
                unsigned long which =
                    submitted - 1 - chance(submitted < IN_FLIGHT ? submitted : IN_FLIGHT);
                nango_queue_cancel(queue, calls[which].ticket);
                calls[which].cancelled = true;
                asked++;
            }
        }
        if (!CHECK(poll(&watched, 1, 20000) == 1))
            break;
        polls++;
        count = nango_queue_next(queue, done, AT_ONCE, 0);
        CHECK(count > 0); /* a readable descriptor means that there is one */
        for (i = 0; i < count; i++) {
            struct call *call = &calls[done[i].user_data];
            if (!CHECK(done[i].user_data < submitted && call->ticket == done[i].ticket))
                return;
            CHECK(++call->completed == 1);
            if (done[i].json) {
                CHECK_TEXT(done[i].json, "a-key");
                CHECK(!done[i].error);
                answered++;
            } else {
                CHECK(call->cancelled);
                if (!CHECK(nango_error_code(done[i].error) == NANGO_ERROR_CANCELLED))
                    printf("  %s\n", nango_error_message(done[i].error));
                cancelled++;
            }
            nango_free_string(done[i].json);
            nango_error_free(done[i].error);
        }
        completed += count;
    }
    took = slow_now() - began;
    CHECK(poll(&watched, 1, 50) == 0 && nango_queue_next(queue, done, 1, 50) == 0);
    CHECK(answered + cancelled == tickets && cancelled > tickets / 10);
    printf(
        "  %lu tickets: %lu answered, %lu cancelled (%lu cancels, seed %lu), %ld requests on %ld "
        "connections, %lu polls, %lld ms\n",
        tickets, answered, cancelled, asked, seed, (long)server.requests, (long)server.connections,
        polls, took);
    nango_queue_free(queue);
    nango_client_free(client);
    free(calls);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        tickets = strtoul(argv[1], NULL, 10);
    seed = argc > 2 ? strtoul(argv[2], NULL, 10) : (unsigned long)time(NULL);
    argc = 1;
    slow_start(&server, DELAY_MS, ANSWER);
    RUN(every_ticket_once);
    slow_stop(&server);
    return check_end();
}
