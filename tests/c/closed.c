/*
 * A host that closes every descriptor, as some daemons do when they start, and then opens files,
 * which get the same numbers. The queue reports INTERNAL, calls in flight end, later calls work,
 * and the library does not write to or close any of the host's files. In the environment of
 * nango-dev --tls-port 0.
 */
#define _GNU_SOURCE

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include "host.h"
#include "peer.h"

/* --- The host's files --- */

enum { FIRST = 3, LAST = 64, SOME = 256 };

static struct stat files[SOME];

/* Closes all descriptors except the standard three, and reuses their numbers for files. */
static void close_and_open(const char *folder, int with_files)
{
    int number;
    fflush(stdout);
    for (number = FIRST; number < 1024; number++)
        close(number);
    memset(files, 0, sizeof files);
    for (int i = FIRST; with_files && i < LAST; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s/%d", folder, i);
        /* A call that was in flight may have opened a new connection in between. */
        number = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        CHECK(number >= FIRST && number < SOME);
        fstat(number, &files[number]);
    }
}

/* The files are open, and nothing was written to them. */
static void files_are_as_they_were(void)
{
    int number;
    for (number = FIRST; number < SOME; number++) {
        struct stat now;
        if (files[number].st_ino && !CHECK(fstat(number, &now) == 0 &&
                                           now.st_ino == files[number].st_ino && now.st_size == 0))
            printf("  descriptor %d\n", number);
    }
}

/* --- Actions of the host --- */

static const char *folder;
static int with_files;
/* It belongs to the parent, so that no child closes it. */
static struct peer silent;
/* The library checks its descriptors if it was not used for a moment. */
static const struct timespec moment = {0, 3000000};

static void refused_with_a_sentence(nango_error *error)
{
    CHECK(nango_error_code(error) == NANGO_ERROR_INTERNAL);
    CHECK_HOLDS(nango_error_message(error), "closed file descriptors");
    nango_error_free(error);
}

static void all_goes_on(nango_client *const clients[2])
{
    nango_queue *queue = nango_queue_new(NULL);
    int i, round;
    if (!CHECK(queue != NULL))
        return;
    for (round = 0; round < 2; round++)
        for (i = 0; i < 2; i++) {
            CHECK(token_of_bob(clients[i], NULL) == NANGO_OK);
            CHECK(queued_token_of_bob(queue, clients[i]) == NANGO_OK);
        }
    CHECK(nango_queue_fd(queue) >= 0);
    nango_queue_free(queue);
}

/* With open connections and a queue that was used, all idle. */
static void closes_when_all_is_idle(void)
{
    nango_client *clients[2];
    nango_queue *queue = nango_queue_new(NULL);
    nango_error *error = NULL;
    nango_completion done;
    clients[0] = client_with(HOST, 20000, 8);
    clients[1] = client_with(TLS_HOST, 20000, 8);
    CHECK(nango_queue_fd(queue) >= 0);
    CHECK(token_of_bob(clients[0], NULL) == NANGO_OK && token_of_bob(clients[1], NULL) == NANGO_OK);
    CHECK(queued_token_of_bob(queue, clients[0]) == NANGO_OK);
    CHECK(queued_token_of_bob(queue, clients[1]) == NANGO_OK);
    /* The library's thread may still be at work on the last answer. */
    usleep(100000);
    close_and_open(folder, with_files);
    nanosleep(&moment, NULL);
    CHECK(token_of_bob(clients[0], NULL) == NANGO_OK && token_of_bob(clients[1], NULL) == NANGO_OK);
    CHECK(nango_queue_submit(queue, clients[0], "get_token", BOB, NULL, 0, &error) == 0);
    refused_with_a_sentence(error);
    CHECK(nango_queue_fd(queue) == -1);
    CHECK(nango_queue_next(queue, &done, 1, -1) == 0);
    all_goes_on(clients);
    nango_queue_cancel(queue, 1);
    nango_queue_close(queue);
    nango_queue_free(queue);
    nango_client_free(clients[1]);
    nango_client_free(clients[0]);
}

/* Afterwards nothing is called, but everything is freed. */
static void closes_and_frees(void)
{
    nango_client *client = client_with(TLS_HOST, 20000, 8);
    nango_queue *queue = nango_queue_new(NULL);
    CHECK(nango_queue_fd(queue) >= 0);
    CHECK(token_of_bob(client, NULL) == NANGO_OK);
    CHECK(queued_token_of_bob(queue, client) == NANGO_OK);
    close_and_open(folder, with_files);
    nango_client_free(client);
    nango_queue_free(queue);
}

struct taker {
    nango_queue *queue;
    nango_completion done[2];
    size_t taken;
};

static void *takes_for_ever(void *context)
{
    struct taker *taker = context;
    while (taker->taken < 2)
        taker->taken += nango_queue_next(taker->queue, taker->done + taker->taken, 1, -1);
    return NULL;
}

/* With calls in flight on the queue, and a thread that waits for them without a timeout. */
static void closes_with_calls_in_flight(void)
{
    struct taker taker;
    pthread_t thread;
    nango_client *waiting, *clients[2];
    int i;
    waiting = client_with(silent.url, 600000, 8);
    clients[0] = client_with(HOST, 20000, 8);
    clients[1] = client_with(TLS_HOST, 20000, 8);
    memset(&taker, 0, sizeof taker);
    taker.queue = nango_queue_new(NULL);
    CHECK(nango_queue_fd(taker.queue) >= 0);
    for (i = 0; i < 2; i++)
        CHECK(nango_queue_submit(taker.queue, waiting, "get_token", BOB, NULL, (uint64_t)i, NULL));
    usleep(200000);
    pthread_create(&thread, NULL, takes_for_ever, &taker);
    nanosleep(&moment, NULL);
    close_and_open(folder, with_files);
    nanosleep(&moment, NULL);
    pthread_join(thread, NULL);
    for (i = 0; i < 2; i++)
        refused_with_a_sentence(taker.done[i].error);
    all_goes_on(clients);
    nango_queue_free(taker.queue);
    nango_client_free(clients[1]);
    nango_client_free(clients[0]);
    nango_client_free(waiting);
}

static void *calls_and_is_answered_somehow(void *context)
{
    nango_error *error = NULL;
    char *token = nango_get_token(context, "github", "bob", NULL, &error);
    CHECK(!token && nango_error_code(error) != NANGO_ERROR_PANIC);
    nango_error_free(error);
    return NULL;
}

/* Blocking calls in progress end within their timeout. */
static void closes_under_blocking_calls(void)
{
    pthread_t threads[4];
    nango_client *waiting[2], *clients[2];
    int i;
    waiting[0] = client_with(silent.url, 700, 8);
    waiting[1] = client_with(silent.https_url, 700, 8);
    clients[0] = client_with(HOST, 20000, 8);
    clients[1] = client_with(TLS_HOST, 20000, 8);
    for (i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, calls_and_is_answered_somehow, waiting[i % 2]);
    usleep(300000);
    close_and_open(folder, 0);
    for (i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    all_goes_on(clients);
    for (i = 0; i < 2; i++) {
        nango_client_free(waiting[i]);
        nango_client_free(clients[i]);
    }
}

/* Immediately, before the library checks its descriptors: calls may fail, but not panic. */
static void closes_between_two_calls(void)
{
    nango_client *clients[2];
    nango_queue *queue = nango_queue_new(NULL);
    int i, round;
    clients[0] = client_with(HOST, 20000, 8);
    clients[1] = client_with(TLS_HOST, 20000, 8);
    for (round = 0; round < 20; round++) {
        nango_error *error = NULL;
        nango_code code;
        CHECK(token_of_bob(clients[0], NULL) == NANGO_OK);
        CHECK(token_of_bob(clients[1], NULL) == NANGO_OK);
        close_and_open(folder, 0);
        if (round % 2) {
            nango_queue_submit(queue, clients[0], "get_token", BOB, NULL, 0, &error);
            code = nango_error_code(error);
            CHECK(code == NANGO_OK || code == NANGO_ERROR_INTERNAL);
            nango_error_free(error);
        }
        for (i = 0; i < 2; i++) {
            code = token_of_bob(clients[i], NULL);
            CHECK(code == NANGO_OK || code == NANGO_ERROR_INTERNAL || code == NANGO_ERROR_CONNECT ||
                  code == NANGO_ERROR_IO);
        }
        nanosleep(&moment, NULL);
    }
    all_goes_on(clients);
    nango_queue_free(queue);
    nango_client_free(clients[1]);
    nango_client_free(clients[0]);
}

static void *keeps_waiting(void *context)
{
    CHECK(nango_queue_next(context, (nango_completion[1]){{0, 0, NULL, NULL, {NULL}}}, 1, -1) == 0);
    return NULL;
}

/* The host reads from the queue's descriptor by mistake: the library must not busy-loop. */
static void a_host_reads_the_queues_descriptor(void)
{
    nango_client *client = client_with(HOST, 20000, 8);
    nango_queue *queue = nango_queue_new(NULL);
    struct pollfd watched = {0, POLLIN, 0};
    nango_completion done;
    char eight[8];
    int round;
    pthread_t thread;
    watched.fd = nango_queue_fd(queue);
    for (round = 0; round < 50; round++) {
        CHECK(nango_queue_submit(queue, client, "get_token", BOB, NULL, 0, NULL) != 0);
        CHECK(poll(&watched, 1, 20000) == 1 && read(watched.fd, eight, 8) == 8);
        CHECK(nango_queue_next(queue, &done, 1, 0) == 1);
        CHECK_TEXT(done.json, "at-bob");
        nango_free_string(done.json);
        CHECK(poll(&watched, 1, 0) == 0);
    }
    pthread_create(&thread, NULL, keeps_waiting, queue);
    usleep(20000);
    nango_queue_close(queue);
    CHECK(read(watched.fd, eight, 8) == 8);
    pthread_join(thread, NULL);
    CHECK(nango_queue_next(queue, &done, 1, 0) == 0);
    nango_queue_free(queue);
    nango_client_free(client);
}

/* Runs each in a separate process, which must write nothing to standard error. */
static void in_a_child(void (*host)(void), int files_too)
{
    char name[] = "/tmp/nango-closed-XXXXXX", command[64];
    FILE *written = tmpfile();
    char text[4096] = "";
    pid_t child;
    folder = mkdtemp(name);
    with_files = files_too;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        dup2(fileno(written), 2);
        alarm(60);
        check_problems = 0;
        host();
        if (with_files)
            files_are_as_they_were();
        CHECK(nango_live_objects() == 0);
        fflush(stdout);
        _exit(check_problems != 0);
    }
    CHECK(ended_well(child));
    rewind(written);
    text[fread(text, 1, sizeof text - 1, written)] = '\0';
    CHECK_TEXT(text, "");
    fclose(written);
    snprintf(command, sizeof command, "rm -r %s", name);
    CHECK(system(command) == 0);
}

static void descriptors_closed_while_all_is_idle(void)
{
    in_a_child(closes_when_all_is_idle, 0);
    in_a_child(closes_when_all_is_idle, 1);
    in_a_child(closes_and_frees, 1);
}

static void descriptors_closed_with_calls_in_flight(void)
{
    in_a_child(closes_with_calls_in_flight, 0);
    in_a_child(closes_with_calls_in_flight, 1);
    in_a_child(closes_under_blocking_calls, 0);
}

static void descriptors_closed_between_two_calls(void)
{
    in_a_child(closes_between_two_calls, 0);
}

static void reading_the_queues_descriptor_keeps_nobody(void)
{
    in_a_child(a_host_reads_the_queues_descriptor, 0);
}

int main(int argc, char **argv)
{
    read_environment();
    peer_start(&silent, PEER_SILENT, NULL);
    RUN(descriptors_closed_while_all_is_idle);
    RUN(descriptors_closed_with_calls_in_flight);
    RUN(descriptors_closed_between_two_calls);
    RUN(reading_the_queues_descriptor_keeps_nobody);
    peer_stop(&silent);
    return check_end();
}
