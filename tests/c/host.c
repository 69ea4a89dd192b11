/*
 * The host process: calls leave its signals, descriptors, threads and memory as they were, and a
 * fork harms neither side. In the environment of nango-dev --tls-port 0. NANGO_TEST_SECONDS: how
 * long threads make random calls (5); NANGO_TEST_CALLS: how many calls must leave nothing behind
 * (20 000).
 */
#define _DEFAULT_SOURCE

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "host.h"
#include "peer.h"

/* --- Signals --- */

struct signals {
    sigset_t mask, pending;
    struct sigaction actions[65];
};

static void look_at(struct signals *seen)
{
    int number;
    memset(seen, 0, sizeof *seen);
    pthread_sigmask(SIG_SETMASK, NULL, &seen->mask);
    sigpending(&seen->pending);
    for (number = 1; number < 65; number++)
        sigaction(number, NULL, &seen->actions[number]);
}

static int same_signals(const struct signals *one, const struct signals *other)
{
    int number, same = 1;
    for (number = 1; number < 65; number++)
        same = same && sigismember(&one->mask, number) == sigismember(&other->mask, number) &&
               sigismember(&one->pending, number) == sigismember(&other->pending, number) &&
               one->actions[number].sa_handler == other->actions[number].sa_handler &&
               one->actions[number].sa_flags == other->actions[number].sa_flags;
    return same;
}

static atomic_int interrupts;

static void count_interrupt(int number)
{
    (void)number;
    interrupts++;
}

/* Every kind of result, over HTTP and TLS, blocking and through a queue. */
static void everything_once(void)
{
    struct peer silent, garbles, resets;
    char nobody[64];
    nango_cancel *cancel = nango_cancel_new();
    nango_call_options *cancelled = nango_call_options_new();
    nango_queue *queue = nango_queue_new(NULL);
    const char *urls[7];
    nango_code codes[7] = {
        NANGO_OK,        NANGO_OK,       NANGO_ERROR_CONNECT, NANGO_ERROR_TIMEOUT,
        NANGO_ERROR_TLS, NANGO_ERROR_IO, NANGO_ERROR_DNS};
    int i;
    nango_cancel_trigger(cancel);
    nango_call_options_set_cancel(cancelled, cancel);
    peer_start(&silent, PEER_SILENT, NULL);
    peer_start(&garbles, PEER_GARBLES, NULL);
    peer_start(&resets, PEER_RESETS, NULL);
    peer_nobody(nobody, sizeof nobody);
    urls[0] = HOST;
    urls[1] = TLS_HOST;
    urls[2] = nobody;
    urls[3] = silent.url;
    urls[4] = garbles.https_url;
    urls[5] = resets.url;
    urls[6] = "http://nango.invalid";
    for (i = 0; i < 7; i++) {
        nango_client *client = client_with(urls[i], i == 3 ? 100 : 20000, 8);
        nango_code blocking = token_of_bob(client, NULL),
                   queued = queued_token_of_bob(queue, client);
        /* A reset may arrive before the request is written, or after. */
        CHECK(blocking == codes[i] || i == 5 || i == 4);
        CHECK(queued == codes[i] || i == 5 || i == 4);
        CHECK(token_of_bob(client, cancelled) == NANGO_ERROR_CANCELLED);
        nango_client_free(client);
    }
    peer_stop(&resets);
    peer_stop(&garbles);
    peer_stop(&silent);
    nango_queue_free(queue);
    nango_call_options_free(cancelled);
    nango_cancel_free(cancel);
}

static void signals_stay_as_they_were(void)
{
    struct signals before, after;
    struct sigaction handler;
    sigset_t some, old;
    memset(&handler, 0, sizeof handler);
    handler.sa_handler = count_interrupt;
    sigaction(SIGUSR1, &handler, NULL);
    look_at(&before);
    everything_once();
    look_at(&after);
    CHECK(same_signals(&before, &after));
    /* With some signals blocked, SIGPIPE among them, and one pending. */
    sigemptyset(&some);
    sigaddset(&some, SIGPIPE);
    sigaddset(&some, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &some, &old);
    pthread_kill(pthread_self(), SIGUSR2);
    look_at(&before);
    everything_once();
    look_at(&after);
    CHECK(same_signals(&before, &after));
    CHECK(sigismember(&after.pending, SIGUSR2) && !sigismember(&after.pending, SIGPIPE));
    signal(SIGUSR2, SIG_IGN);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    signal(SIGUSR2, SIG_DFL);
}

/* Counts the library's threads; each must block every signal that can be blocked. */
static int threads_of_the_library(void)
{
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *task;
    int count = 0;
    while (tasks && (task = readdir(tasks))) {
        char name[300], line[256] = "";
        FILE *status;
        unsigned long long blocked = 0;
        int ours = 0;
        snprintf(name, sizeof name, "/proc/self/task/%s/status", task->d_name);
        status = fopen(name, "r");
        while (status && fgets(line, sizeof line, status)) {
            ours = ours || strncmp(line, "Name:\tnango", 11) == 0;
            if (strncmp(line, "SigBlk:", 7) == 0)
                blocked = strtoull(line + 7, NULL, 16);
        }
        if (status)
            fclose(status);
        if (ours) {
            /* Except SIGKILL and SIGSTOP, and the two that libc uses itself (32 and 33). */
            CHECK((blocked | 1ULL << (SIGKILL - 1) | 1ULL << (SIGSTOP - 1) | 3ULL << 31) == ~0ULL);
            count++;
        }
    }
    if (tasks)
        closedir(tasks);
    return count;
}

static void no_signal_reaches_a_thread_of_the_librarys(void)
{
    nango_queue *queue = nango_queue_new(NULL);
    CHECK(threads_of_the_library() >= 1);
    nango_queue_free(queue);
}

struct storm {
    pthread_t threads[4];
    atomic_int calling;
};

static void *calls_in_a_storm(void *context)
{
    struct storm *storm = context;
    nango_client *plain = client_with(HOST, 20000, 8), *tls = client_with(TLS_HOST, 20000, 8);
    nango_queue *queue = nango_queue_new(NULL);
    int i;
    for (i = 0; i < 40; i++) {
        CHECK(token_of_bob(plain, NULL) == NANGO_OK);
        CHECK(token_of_bob(tls, NULL) == NANGO_OK);
        CHECK(queued_token_of_bob(queue, i % 2 ? tls : plain) == NANGO_OK);
    }
    nango_queue_free(queue);
    nango_client_free(tls);
    nango_client_free(plain);
    storm->calling--;
    return NULL;
}

/* A handler without SA_RESTART: waiting system calls fail with EINTR, thousands of times. */
static void interrupted_all_the_time(void)
{
    const struct timespec pause = {0, 100000};
    struct storm storm;
    struct sigaction handler;
    size_t i, count = sizeof storm.threads / sizeof *storm.threads;
    memset(&handler, 0, sizeof handler);
    handler.sa_handler = count_interrupt;
    sigaction(SIGUSR1, &handler, NULL);
    interrupts = 0;
    storm.calling = (int)count;
    /* Some of the calls wait for their answer. */
    free(dev_ask("POST", "/_dev/faults",
                 "{\"connection\": \"bob\", \"times\": 20, \"delay_ms\": 100}"));
    for (i = 0; i < count; i++)
        pthread_create(&storm.threads[i], NULL, calls_in_a_storm, &storm);
    while (storm.calling > 0) {
        for (i = 0; i < count; i++)
            pthread_kill(storm.threads[i], SIGUSR1);
        nanosleep(&pause, NULL);
    }
    for (i = 0; i < count; i++)
        pthread_join(storm.threads[i], NULL);
    CHECK(interrupts > 500);
    signal(SIGUSR1, SIG_DFL);
}

/* How servers break an open connection; the affected call may succeed, or fail with IO. */
static const char *const BREAKS[] = {
    "{\"kind\": \"close_idle\"}",
    "{\"kind\": \"close_idle\", \"reset\": true}",
    "{\"kind\": \"close_on_reuse\"}",
    "{\"kind\": \"close_on_reuse\", \"reset\": true}",
    "{\"kind\": \"close\", \"at\": \"body\"}",
    "{\"kind\": \"reset\", \"at\": \"body\"}",
};

static void call_while_connections_break(void)
{
    size_t kind, host;
    int i;
    for (kind = 0; kind < sizeof BREAKS / sizeof *BREAKS; kind++) {
        for (host = 0; host < 2; host++) {
            nango_client *client = client_with(host ? TLS_HOST : HOST, 20000, 8);
            nango_queue *queue = nango_queue_new(NULL);
            char order[200];
            snprintf(order, sizeof order, "{\"connection\": \"bob\", \"times\": 60, \"fault\": %s}",
                     BREAKS[kind]);
            free(dev_ask("POST", "/_dev/faults", order));
            for (i = 0; i < 60; i++) {
                nango_code code =
                    i % 3 ? token_of_bob(client, NULL) : queued_token_of_bob(queue, client);
                CHECK(code == (kind < 4 ? NANGO_OK : NANGO_ERROR_IO));
            }
            nango_queue_free(queue);
            nango_client_free(client);
        }
    }
}

/* A SIGPIPE would end the child. */
static void connections_that_break_raise_no_sigpipe(void)
{
    pid_t child;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        call_while_connections_break();
        fflush(stdout);
        _exit(check_problems != 0);
    }
    CHECK(ended_well(child));
}

/* --- Descriptors and memory --- */

static int open_descriptors(const char *kind)
{
    DIR *folder = opendir("/proc/self/fd");
    struct dirent *entry;
    int count = 0;
    while (folder && (entry = readdir(folder))) {
        char name[300], target[256] = "";
        snprintf(name, sizeof name, "/proc/self/fd/%s", entry->d_name);
        if (readlink(name, target, sizeof target - 1) > 0 &&
            strncmp(target, kind, strlen(kind)) == 0)
            count++;
    }
    if (folder)
        closedir(folder);
    return count;
}

static int tasks(void)
{
    DIR *folder = opendir("/proc/self/task");
    int count = -2;
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

static long resident_kb(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    long size = 0;
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "VmRSS:", 6) == 0)
            size = strtol(line + 6, NULL, 10);
    if (status)
        fclose(status);
    return size;
}

/* A program that this process executes inherits none of the library's descriptors. */
static void no_descriptor_outlives_an_exec(void)
{
    nango_client *plain = client_with(HOST, 20000, 8), *tls = client_with(TLS_HOST, 20000, 8);
    nango_queue *queue = nango_queue_new(NULL);
    int before = open_descriptors("socket:"), status = 0;
    pid_t child;
    CHECK(token_of_bob(plain, NULL) == NANGO_OK && token_of_bob(tls, NULL) == NANGO_OK);
    CHECK(queued_token_of_bob(queue, tls) == NANGO_OK);
    CHECK(nango_queue_fd(queue) >= 0);
    CHECK(open_descriptors("socket:") >= 3);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        char command[160];
        snprintf(command, sizeof command,
                 "test \"$(ls -l /proc/self/fd | grep -c 'socket:\\|eventfd\\|eventpoll')\" -le %d",
                 before);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(9);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(token_of_bob(plain, NULL) == NANGO_OK && token_of_bob(tls, NULL) == NANGO_OK);
    nango_queue_free(queue);
    nango_client_free(tls);
    nango_client_free(plain);
}

static void *one_call(void *context)
{
    CHECK(token_of_bob(context, NULL) == NANGO_OK);
    return NULL;
}

/* Waits until at most this many sockets are open, or no more close; returns how many are open. */
static int sockets_in_the_end(int most)
{
    const struct timespec pause = {0, 50000000};
    int patience, open = open_descriptors("socket:");
    for (patience = 0; open > most && patience < 100; patience++) {
        nanosleep(&pause, NULL);
        open = open_descriptors("socket:");
    }
    return open;
}

static void callers_that_come_and_go_leave_no_pile_of_sockets(void)
{
    /* Sockets of earlier clients may still be closing. */
    int before = open_descriptors("socket:"), host, round;
    nango_queue *queue = nango_queue_new(NULL);
    for (host = 0; host < 2; host++) {
        nango_client *client = client_with(host ? TLS_HOST : HOST, 20000, 3);
        nango_completion done[64];
        pthread_t threads[64];
        size_t i, got, taken;
        for (round = 0; round < 4; round++) {
            for (i = 0; i < 64; i++)
                pthread_create(&threads[i], NULL, one_call, client);
            for (i = 0; i < 64; i++)
                pthread_join(threads[i], NULL);
            CHECK(open_descriptors("socket:") <= before + 3);
        }
        /* The queue keeps the connections of a burst for two more seconds. */
        for (i = 0; i < 64; i++)
            CHECK(nango_queue_submit(queue, client, "get_token", BOB, NULL, 0, NULL) != 0);
        for (taken = 0; taken < 64; taken += got) {
            got = nango_queue_next(queue, done, 64, 20000);
            if (!CHECK(got > 0))
                break;
            for (i = 0; i < got; i++) {
                CHECK_TEXT(done[i].json, "at-bob");
                nango_free_string(done[i].json);
                nango_error_free(done[i].error);
            }
        }
        CHECK(open_descriptors("socket:") > before + 6);
        CHECK(sockets_in_the_end(before + 6) <= before + 6);
        nango_client_free(client);
        CHECK(sockets_in_the_end(before) <= before);
    }
    nango_queue_free(queue);
}

/* Repeats calls that succeed and calls that fail. */
static void many_calls_leave_nothing(void)
{
    const long calls = setting("NANGO_TEST_CALLS", 20000);
    long done, before_kb = 0;
    int descriptors = 0, threads = 0;
    char nobody[64];
    nango_client *plain = client_with(HOST, 20000, 8), *tls = client_with(TLS_HOST, 20000, 8),
                 *refused, *wrong, *broken;
    struct peer drops;
    nango_queue *queue = nango_queue_new(NULL);
    nango_options *options = nango_options_new();
    peer_nobody(nobody, sizeof nobody);
    peer_start(&drops, PEER_DROPS, NULL);
    refused = client_with(nobody, 20000, 8);
    broken = client_with(drops.url, 20000, 8);
    nango_options_set_base_url(options, HOST);
    nango_options_set_secret_key(options, "11111111-2222-4333-8444-555555555555");
    wrong = nango_client_new_with_options(options, NULL);
    for (done = 0; done < calls; done++) {
        nango_error *error = NULL;
        char *text = NULL;
        nango_cancel *cancel;
        nango_call_options *call;
        /* By now, buffers that grow once have grown. */
        if (done == calls / 4) {
            before_kb = resident_kb();
            descriptors = open_descriptors("");
            threads = tasks();
        }
        switch (done % 12) {
        case 0: CHECK(token_of_bob(refused, NULL) == NANGO_ERROR_CONNECT); break;
        case 1:
            text = nango_get_connection_json(plain, "github", "no such", NULL, &error);
            CHECK(!text && nango_error_code(error) == NANGO_ERROR_NOT_FOUND);
            break;
        case 2: CHECK(token_of_bob(wrong, NULL) == NANGO_ERROR_UNAUTHORIZED); break;
        case 3:
            cancel = nango_cancel_new();
            call = nango_call_options_new();
            nango_call_options_set_cancel(call, cancel);
            nango_cancel_trigger(cancel);
            CHECK(token_of_bob(plain, call) == NANGO_ERROR_CANCELLED);
            nango_call_options_free(call);
            nango_cancel_free(cancel);
            break;
        case 4: CHECK(queued_token_of_bob(queue, plain) == NANGO_OK); break;
        case 5:
            text = nango_get_connection_json(plain, "github", "bob", NULL, &error);
            CHECK(text && !error);
            break;
        case 6:
            call = nango_call_options_new();
            nango_call_options_set_timeout_ms(call, 1);
            token_of_bob(done % 24 == 6 ? plain : tls, call);
            nango_call_options_free(call);
            break;
        case 7: CHECK(token_of_bob(tls, NULL) == NANGO_OK); break;
        case 8: CHECK(queued_token_of_bob(queue, tls) == NANGO_OK); break;
        case 9:
            text = nango_list_connections_json(tls, "{\"limit\": 5}", NULL, &error);
            CHECK(text && !error);
            break;
        case 10: CHECK(token_of_bob(broken, NULL) == NANGO_ERROR_IO); break;
        default: CHECK(token_of_bob(plain, NULL) == NANGO_OK);
        }
        nango_free_string(text);
        nango_error_free(error);
    }
    printf(
        "  %ld calls: %ld kB after a quarter of them, %ld kB at the end; descriptors %d and %d, "
        "threads %d and %d\n",
        calls, before_kb, resident_kb(), descriptors, open_descriptors(""), threads, tasks());
#ifndef __SANITIZE_ADDRESS__ /* it keeps freed memory to detect its use */
    CHECK(resident_kb() <= before_kb + 2048);
#endif
    CHECK(open_descriptors("") <= descriptors + 8);
    CHECK(tasks() <= threads);
    nango_options_free(options);
    nango_client_free(wrong);
    nango_client_free(broken);
    nango_client_free(refused);
    nango_queue_free(queue);
    nango_client_free(tls);
    nango_client_free(plain);
    peer_stop(&drops);
}

/* --- fork --- */

/* A child that is forked while another thread allocates may inherit AddressSanitizer's allocator
 * in the locked state. */
#ifndef __SANITIZE_ADDRESS__

/* In a child: calls with inherited objects and with new ones, and frees all of them. */
static void go_on_in_child(nango_client *const inherited[2])
{
    nango_queue *queue = nango_queue_new(NULL);
    int i;
    /* Ends a child that hangs. */
    alarm(60);
    for (i = 0; i < 2; i++) {
        nango_client *own = client_with(i ? TLS_HOST : HOST, 20000, 8);
        CHECK(token_of_bob(inherited[i], NULL) == NANGO_OK);
        CHECK(token_of_bob(own, NULL) == NANGO_OK);
        CHECK(queued_token_of_bob(queue, inherited[i]) == NANGO_OK);
        CHECK(token_of_bob(inherited[i], NULL) == NANGO_OK);
        nango_client_free(own);
        nango_client_free(inherited[i]);
    }
    nango_queue_free(queue);
    fflush(stdout);
    _exit(check_problems != 0);
}

/*
 * Before the first call of the client; in the first round, before the first call of the process.
 * Neither side may depend on which of them calls first.
 */
static void fork_before_the_first_call(void)
{
    int round;
    for (round = 0; round < 3; round++) {
        nango_client *clients[2];
        nango_queue *queue = round == 1 ? nango_queue_new(NULL) : NULL;
        pid_t child;
        clients[0] = client_with(HOST, 20000, 8);
        clients[1] = client_with(TLS_HOST, 20000, 8);
        fflush(stdout);
        child = fork();
        if (child == 0)
            go_on_in_child(clients);
        if (!queue)
            queue = nango_queue_new(NULL);
        CHECK(token_of_bob(clients[0], NULL) == NANGO_OK &&
              token_of_bob(clients[1], NULL) == NANGO_OK);
        CHECK(queued_token_of_bob(queue, clients[0]) == NANGO_OK &&
              queued_token_of_bob(queue, clients[1]) == NANGO_OK);
        CHECK(ended_well(child));
        nango_queue_free(queue);
        nango_client_free(clients[1]);
        nango_client_free(clients[0]);
    }
}

struct callers {
    nango_client *clients[2];
    nango_queue *queue;
    atomic_int over;
    atomic_long calls;
};

static void *calls_until_over(void *context)
{
    struct callers *callers = context;
    while (!callers->over) {
        long number = callers->calls++;
        CHECK(token_of_bob(callers->clients[number % 2], NULL) == NANGO_OK);
    }
    return NULL;
}

static void *calls_through_the_queue_until_over(void *context)
{
    struct callers *callers = context;
    while (!callers->over) {
        long number = callers->calls++;
        CHECK(queued_token_of_bob(callers->queue, callers->clients[number % 2]) == NANGO_OK);
    }
    return NULL;
}

static void fork_while_others_call(void)
{
    struct callers callers;
    pthread_t threads[5];
    int i, round;
    memset(&callers, 0, sizeof callers);
    callers.clients[0] = client_with(HOST, 20000, 8);
    callers.clients[1] = client_with(TLS_HOST, 20000, 8);
    callers.queue = nango_queue_new(NULL);
    for (i = 0; i < 5; i++)
        pthread_create(&threads[i], NULL, i ? calls_until_over : calls_through_the_queue_until_over,
                       &callers);
    while (callers.calls < 50)
        usleep(1000);
    for (round = 0; round < 10; round++) {
        pid_t children[3];
        for (i = 0; i < 3; i++) {
            fflush(stdout);
            children[i] = fork();
            if (children[i] == 0)
                go_on_in_child(callers.clients);
            usleep(500);
        }
        for (i = 0; i < 3; i++)
            CHECK(ended_well(children[i]));
    }
    callers.over = 1;
    for (i = 0; i < 5; i++)
        pthread_join(threads[i], NULL);
    printf("  30 children, %ld calls of their parent's meanwhile\n", callers.calls);
    nango_queue_free(callers.queue);
    nango_client_free(callers.clients[1]);
    nango_client_free(callers.clients[0]);
}

/* The unique names of this process's sockets: "socket:[12345]". */
static void name_sockets(char names[16][64])
{
    DIR *folder = opendir("/proc/self/fd");
    struct dirent *entry;
    int count = 0;
    memset(names, 0, 16 * 64);
    while (folder && (entry = readdir(folder))) {
        char path[300], target[64] = "";
        snprintf(path, sizeof path, "/proc/self/fd/%s", entry->d_name);
        if (count < 16 && readlink(path, target, sizeof target - 1) > 0 &&
            strncmp(target, "socket:", 7) == 0)
            memcpy(names[count++], target, sizeof target);
    }
    if (folder)
        closedir(folder);
    qsort(names, (size_t)count, 64, (int (*)(const void *, const void *))strcmp);
}

/* Whatever children do, also calls: the parent keeps its connections and their TLS sessions. */
static void children_leave_the_parents_connections_alone(void)
{
    char before[16][64], after[16][64];
    nango_client *clients[2];
    nango_queue *queue = nango_queue_new(NULL);
    pid_t child;
    int deed, round;
    clients[0] = client_with(HOST, 20000, 8);
    clients[1] = client_with(TLS_HOST, 20000, 8);
    for (deed = -1; deed < 5; deed++) {
        fflush(stdout);
        child = deed < 0 ? -1 : fork();
        if (child == 0) {
            alarm(60);
            if (deed == 0)
                go_on_in_child(clients);
            if (deed == 1)
                execlp("true", "true", (char *)NULL);
            if (deed == 2) {
                nango_queue_close(queue);
                nango_queue_free(queue);
                nango_client_free(clients[0]);
                nango_client_free(clients[1]);
            }
            if (deed == 3)
                exit(0);
            _exit(0);
        }
        CHECK(deed < 0 || ended_well(child));
        for (round = 0; round < 2; round++) {
            CHECK(token_of_bob(clients[0], NULL) == NANGO_OK &&
                  token_of_bob(clients[1], NULL) == NANGO_OK);
            CHECK(queued_token_of_bob(queue, clients[0]) == NANGO_OK &&
                  queued_token_of_bob(queue, clients[1]) == NANGO_OK);
        }
        if (deed < 0)
            name_sockets(before);
        name_sockets(after);
        if (!CHECK(memcmp(before, after, sizeof before) == 0))
            printf("  a child's deed number %d\n", deed);
    }
    CHECK(*before[3]);
    nango_queue_free(queue);
    nango_client_free(clients[1]);
    nango_client_free(clients[0]);
}

#endif

/* --- Threads --- */

struct stress {
    nango_client *shared[2];
    nango_queue *queue;
    nango_cancel *_Atomic cancels[8];
    atomic_int over;
    /* Calls in the queue, limited so that they finish in time even under valgrind; and calls with a
     * client, and so a connection, of their own. */
    atomic_int in_flight, own;
    atomic_long calls, cancelled;
};

static void free_taken(struct stress *stress, nango_completion *done)
{
    stress->in_flight--;
    stress->own -= (int)done->user_data;
    if (done->json)
        CHECK_TEXT(done->json, "at-bob");
    else if (!CHECK(done->error && nango_error_code(done->error) == NANGO_ERROR_CANCELLED))
        printf("  %s\n", nango_error_message(done->error));
    nango_free_string(done->json);
    nango_error_free(done->error);
}

/* One of 64 threads that call, cancel, create and free at random. */
static void *random_calls(void *context)
{
    struct stress *stress = context;
    unsigned seed = (unsigned)(size_t)&stress ^ (unsigned)now_ms();
    while (!stress->over) {
        nango_call_options *call = NULL;
        nango_cancel *cancel = NULL, *other;
        nango_client *own, *shared = stress->shared[rand_r(&seed) % 4 == 0];
        nango_completion done;
        nango_code code;
        uint64_t ticket;
        int place = rand_r(&seed) % 8;
        stress->calls++;
        switch (rand_r(&seed) % 6) {
        case 0: /* with a cancel handle that another thread may trigger */
            cancel = nango_cancel_new();
            call = nango_call_options_new();
            nango_call_options_set_cancel(call, cancel);
            other = atomic_exchange(&stress->cancels[place], cancel);
            if (other)
                nango_cancel_free(other);
            code = token_of_bob(shared, call);
            CHECK(code == NANGO_OK || code == NANGO_ERROR_CANCELLED);
            stress->cancelled += code == NANGO_ERROR_CANCELLED;
            nango_call_options_free(call);
            break;
        case 1:
            other = atomic_exchange(&stress->cancels[place], NULL);
            if (other) {
                nango_cancel_trigger(other);
                nango_cancel_free(other);
            }
            break;
        case 2:
            if (stress->in_flight++ >= 256) {
                stress->in_flight--;
                break;
            }
            ticket = nango_queue_submit(stress->queue, shared, "get_token", BOB, NULL, 0, NULL);
            CHECK(ticket != 0);
            if (rand_r(&seed) % 3 == 0)
                nango_queue_cancel(stress->queue, ticket);
            break;
        case 3:
            while (nango_queue_next(stress->queue, &done, 1, 0) == 1)
                free_taken(stress, &done);
            break;
        case 4: /* a separate client, freed while a queued call is in progress */
            own = client_with(HOST, 20000, 2);
            CHECK(token_of_bob(own, NULL) == NANGO_OK);
            if (stress->own++ < 32) {
                stress->in_flight++;
                CHECK(nango_queue_submit(stress->queue, own, "get_token", BOB, NULL, 1, NULL) != 0);
            } else {
                stress->own--;
            }
            nango_client_free(own);
            break;
        default: CHECK(token_of_bob(shared, NULL) == NANGO_OK);
        }
    }
    return NULL;
}

static void sixty_four_threads(void)
{
    pthread_t threads[64];
    struct stress stress;
    nango_completion done;
    struct timespec pause = {0, 0};
    size_t i;
    memset(&stress, 0, sizeof stress);
    stress.shared[0] = client_with(HOST, 120000, 8);
    stress.shared[1] = client_with(TLS_HOST, 120000, 8);
    stress.queue = nango_queue_new(NULL);
    for (i = 0; i < 64; i++)
        pthread_create(&threads[i], NULL, random_calls, &stress);
    pause.tv_sec = setting("NANGO_TEST_SECONDS", 5);
    nanosleep(&pause, NULL);
    stress.over = 1;
    for (i = 0; i < 64; i++)
        pthread_join(threads[i], NULL);
    for (i = 0; i < 8; i++)
        nango_cancel_free(stress.cancels[i]);
    nango_queue_close(stress.queue);
    while (nango_queue_next(stress.queue, &done, 1, 0) == 1)
        free_taken(&stress, &done);
    printf("  %ld acts of 64 threads in %ld s, %ld calls cancelled by another\n", stress.calls,
           (long)pause.tv_sec, stress.cancelled);
    CHECK(stress.calls > 64 && stress.in_flight == 0);
    nango_queue_free(stress.queue);
    nango_client_free(stress.shared[1]);
    nango_client_free(stress.shared[0]);
}

int main(int argc, char **argv)
{
    read_environment();
    /* The default action, as in a program that does not handle SIGPIPE. */
    signal(SIGPIPE, SIG_DFL);
#ifndef __SANITIZE_ADDRESS__
    /* It must be first, before any call in this process. */
    RUN(fork_before_the_first_call);
    RUN(fork_while_others_call);
    RUN(children_leave_the_parents_connections_alone);
    RUN(connections_that_break_raise_no_sigpipe);
#else
    (void)connections_that_break_raise_no_sigpipe;
#endif
    RUN(signals_stay_as_they_were);
    RUN(no_signal_reaches_a_thread_of_the_librarys);
    RUN(interrupted_all_the_time);
    RUN(no_descriptor_outlives_an_exec);
    RUN(callers_that_come_and_go_leave_no_pile_of_sockets);
    RUN(sixty_four_threads);
    RUN(many_calls_leave_nothing);
    return check_end();
}
