/*
 * The calling threads: one that is cancelled during a call ends after it, and a small stack is
 * enough for one. In the environment of nango-dev --tls-port 0; makes certificates with openssl.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "host.h"
#include "peer.h"

/* --- pthread_cancel --- */

static int (*libc_lookup)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

/* Replaces libc's function, also for the library: one name takes longer than the callers wait. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    if (name && strcmp(name, "slow.test") == 0) {
        usleep(1500000);
        return EAI_AGAIN;
    }
    return libc_lookup(name, service, hints, found);
}

enum { CALLS = 6, TIMEOUT_MS = 900 };

static const char *const CALL_NAMES[CALLS] = {
    "nango_get_token",
    "nango_get_connection_json",
    "nango_get_credentials_json",
    "nango_list_connections_json",
    "nango_pager_next_json",
    "nango_client_warm_up",
};

/* Makes a blocking call of this kind; returns its error. */
static nango_error *blocking_call(int kind, const nango_client *client)
{
    nango_error *error = NULL;
    nango_pager *pager;
    char *text = NULL;
    switch (kind) {
    case 0: text = nango_get_token(client, "github", "bob", NULL, &error); break;
    case 1: text = nango_get_connection_json(client, "github", "bob", NULL, &error); break;
    case 2: text = nango_get_credentials_json(client, "github", "bob", NULL, &error); break;
    case 3: text = nango_list_connections_json(client, NULL, NULL, &error); break;
    case 4:
        pager = nango_pager_new(client, "list_connections", NULL, 0, NULL, NULL);
        text = nango_pager_next_json(pager, &error);
        nango_pager_free(pager);
        break;
    default: nango_client_warm_up(client, &error);
    }
    nango_free_string(text);
    return error;
}

struct cancelled_call {
    pthread_t thread;
    int kind;
    const nango_client *client;
    const char *where;
    nango_queue *queue;
    int state;
    atomic_int entered, returned, went_on;
    nango_code code;
};

static void *is_cancelled_in_its_call(void *context)
{
    struct cancelled_call *call = context;
    nango_completion done;
    int state = -1, type = -1;
    pthread_setcancelstate(call->state, NULL);
    call->entered = 1;
    if (call->queue) {
        CHECK(nango_queue_next(call->queue, &done, 1, call->kind) == 0);
    } else {
        nango_error *error = blocking_call(call->kind, call->client);
        call->code = error ? nango_error_code(error) : NANGO_OK;
        nango_error_free(error);
    }
    call->returned = 1;
    /* The state and the type are as the host set them. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &type);
    CHECK(state == call->state && type == PTHREAD_CANCEL_DEFERRED);
    pthread_setcancelstate(state, NULL);
    pthread_testcancel();
    call->went_on = 1;
    return NULL;
}

static void start(struct cancelled_call *call)
{
    if (pthread_create(&call->thread, NULL, is_cancelled_in_its_call, call) != 0)
        exit(2);
}

/* Checks that the thread returned from the call, and was cancelled after it. */
static void ends_cancelled(struct cancelled_call *call, const char *name)
{
    const int enabled = call->state == PTHREAD_CANCEL_ENABLE;
    void *result = NULL;
    pthread_join(call->thread, &result);
    if (!CHECK(call->returned && (result == PTHREAD_CANCELED) == enabled) ||
        !CHECK(call->went_on == !enabled))
        printf("  %s, %s\n", name, call->where);
}

/* Fills the listen queue: new connections wait without end. */
static void fill(struct peer *full, int *sockets, int count)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    int i;
    peer_start(full, PEER_SILENT, NULL);
    listen(full->listener, 0);
    getsockname(full->listener, (struct sockaddr *)&address, &length);
    for (i = 0; i < count; i++) {
        sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(sockets[i], (struct sockaddr *)&address, sizeof address);
    }
}

static nango_client *client_that_retries(const char *url)
{
    nango_options *options = nango_options_new();
    nango_client *client;
    nango_options_set_base_url(options, url);
    nango_options_set_secret_key(options, KEY);
    nango_options_set_max_retries(options, 1000);
    nango_options_set_timeout_ms(options, 2500);
    client = nango_client_new_with_options(options, NULL);
    nango_options_free(options);
    return client;
}

static void a_cancelled_thread_ends_after_its_call(void)
{
    static const char drips[] =
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n"
        "[                                                            ]";
    static const char busy[] =
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: 0\r\n"
        "content-length: 0\r\nconnection: close\r\n\r\n";
    enum { PLACES = 6, FILLERS = 8 };
    static const char *const places[PLACES] = {
        "looking up the name", "connecting",           "in the TLS handshake", "waiting",
        "reading the body",    "between two attempts",
    };
    static struct cancelled_call calls[PLACES * CALLS * 2];
    nango_client *clients[PLACES];
    struct peer full, silent, drip, refuses;
    int sockets[FILLERS], place, count = 0, i;
    struct timespec pause = {0, 300000000};
    fill(&full, sockets, FILLERS);
    peer_start(&silent, PEER_SILENT, NULL);
    peer_start(&drip, PEER_DRIPS, drips);
    peer_start(&refuses, PEER_ANSWERS, busy);
    clients[0] = client_with("http://slow.test:1", TIMEOUT_MS, 8);
    clients[1] = client_with(full.url, TIMEOUT_MS, 8);
    clients[2] = client_with(silent.https_url, TIMEOUT_MS, 8);
    clients[3] = client_with(silent.url, TIMEOUT_MS, 8);
    clients[4] = client_with(drip.url, TIMEOUT_MS, 8);
    clients[5] = client_that_retries(refuses.url);
    memset(calls, 0, sizeof calls);
    for (i = 0; i < PLACES * CALLS * 2; i++) {
        struct cancelled_call *call = &calls[count];
        call->kind = i / 2 % CALLS;
        call->state = i % 2 ? PTHREAD_CANCEL_DISABLE : PTHREAD_CANCEL_ENABLE;
        place = i / 2 / CALLS;
        call->client = clients[place];
        call->where = places[place];
        /* warm_up accepts any answer. */
        if (place == 5 && call->kind == 5)
            continue;
        start(call);
        count++;
    }
    nanosleep(&pause, NULL);
    for (i = 0; i < count; i++) {
        if (!CHECK(calls[i].entered && !calls[i].returned))
            printf("  %s, %s\n", CALL_NAMES[calls[i].kind], calls[i].where);
        pthread_cancel(calls[i].thread);
    }
    for (i = 0; i < count; i++) {
        ends_cancelled(&calls[i], CALL_NAMES[calls[i].kind]);
        if (!CHECK(calls[i].code ==
                   (calls[i].where == places[5] ? NANGO_ERROR_SERVER : NANGO_ERROR_TIMEOUT)))
            printf("  %s, %s: %s\n", CALL_NAMES[calls[i].kind], calls[i].where,
                   nango_code_name(calls[i].code));
    }
    printf("  %d threads cancelled in a call, %d functions, %d places\n", count, CALLS, PLACES);
    for (place = 0; place < PLACES; place++)
        nango_client_free(clients[place]);
    peer_stop(&refuses);
    peer_stop(&drip);
    peer_stop(&silent);
    for (place = 0; place < FILLERS; place++)
        close(sockets[place]);
    peer_stop(&full);
    /* The detached resolver threads are still asleep in getaddrinfo() above. */
    usleep(1500000);
}

/* Waiting for a completion: until the timeout or, without one, until the queue is closed. */
static void a_cancelled_taker_ends_when_its_wait_does(void)
{
    struct cancelled_call takers[4];
    nango_queue *queue = nango_queue_new(NULL);
    size_t i;
    memset(takers, 0, sizeof takers);
    for (i = 0; i < 4; i++) {
        takers[i].kind = i < 2 ? 500 : -1;
        takers[i].where = i < 2 ? "for a time" : "for ever";
        takers[i].queue = queue;
        takers[i].state = i % 2 ? PTHREAD_CANCEL_DISABLE : PTHREAD_CANCEL_ENABLE;
        start(&takers[i]);
    }
    usleep(100000);
    for (i = 0; i < 4; i++) {
        CHECK(takers[i].entered && !takers[i].returned);
        pthread_cancel(takers[i].thread);
    }
    ends_cancelled(&takers[0], "nango_queue_next");
    ends_cancelled(&takers[1], "nango_queue_next");
    CHECK(!takers[2].returned && !takers[3].returned);
    nango_queue_close(queue);
    ends_cancelled(&takers[2], "nango_queue_next");
    ends_cancelled(&takers[3], "nango_queue_next");
    nango_queue_free(queue);
}

/* A thread with a cancel pending is not cancelled in the system calls that close and wake. */
static void *frees_with_a_cancel_pending(void *context)
{
    nango_client *client = context;
    nango_queue *queue;
    nango_completion done;
    nango_error *error = NULL;
    nango_cancel *cancel = nango_cancel_new();
    pthread_cancel(pthread_self());
    CHECK(token_of_bob(client, NULL) == NANGO_OK);
    queue = nango_queue_new(NULL);
    CHECK(nango_queue_fd(queue) >= 0);
    CHECK(nango_queue_submit(queue, client, "get_token", BOB, NULL, 0, &error) != 0);
    CHECK(nango_queue_next(queue, &done, 1, 20000) == 1);
    CHECK_TEXT(done.json, "at-bob");
    nango_free_string(done.json);
    nango_cancel_trigger(cancel);
    nango_cancel_free(cancel);
    nango_queue_close(queue);
    nango_queue_free(queue);
    nango_client_free(client);
    pthread_testcancel();
    return NULL;
}

static void no_function_is_where_a_thread_is_cancelled(void)
{
    int i;
    for (i = 0; i < 2; i++) {
        pthread_t thread;
        void *result = NULL;
        pthread_create(&thread, NULL, frees_with_a_cancel_pending,
                       client_with(i ? TLS_HOST : HOST, 20000, 8));
        pthread_join(thread, &result);
        CHECK(result == PTHREAD_CANCELED);
    }
}

/* --- The stack --- */

/* The stack that the header asks for, and how much of it a call may use. */
enum { ENOUGH = 128 * 1024, MOST = 96 * 1024 };

/* Chains of three certificates, RSA with 4096 bits and P-384, and client certificates. */
static const char CERTIFICATES[] =
    "set -e; cd \"$1\"\n"
    "printf 'basicConstraints=critical,CA:TRUE\\nkeyUsage=keyCertSign\\n' > ca.ext\n"
    "printf 'subjectAltName=IP:127.0.0.1\\nextendedKeyUsage=serverAuth,clientAuth\\n' > leaf.ext\n"
    "for kind in rsa ec; do\n"
    "  case $kind in\n"
    "  rsa) key='-algorithm RSA -pkeyopt rsa_keygen_bits:4096' hash=-sha512;;\n"
    "  ec) key='-algorithm EC -pkeyopt ec_paramgen_curve:P-384' hash=-sha384;;\n"
    "  esac\n"
    "  for name in root middle leaf; do openssl genpkey $key -out $kind-$name.key; done\n"
    "  openssl req -x509 -new -key $kind-root.key -subj /CN=root -days 2 $hash \\\n"
    "    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=keyCertSign \\\n"
    "    -out $kind-root.pem\n"
    "  issuer=root; for name in middle leaf; do\n"
    "    openssl req -new -key $kind-$name.key -subj /CN=$name -out $kind.csr\n"
    "    case $name in leaf) ext=leaf;; *) ext=ca;; esac\n"
    "    openssl x509 -req -in $kind.csr -CA $kind-$issuer.pem -CAkey $kind-$issuer.key \\\n"
    "      -CAcreateserial -days 2 $hash -extfile $ext.ext -out $kind-$name.pem\n"
    "    issuer=$name; done\n"
    "  cat $kind-leaf.pem $kind-middle.pem $kind-leaf.key > $kind-own.pem\n"
    "done\n"
    "mkdir connection\n"
    "body='{\"connection_id\":\"bob\",\"provider_config_key\":\"github\",\"credentials\":'\n"
    "body=$body'{\"type\":\"OAUTH2\",\"access_token\":\"at-bob\"}}'\n"
    "head='HTTP/1.1 200 OK\\r\\nconnection: close\\r\\ncontent-type: application/json\\r\\n'\n"
    "head=$head'content-length: '\n"
    "printf \"$head%d\\r\\n\\r\\n%s\" ${#body} \"$body\" \\\n"
    "  > 'connection/bob?provider_config_key=github'\n";

/* Runs a program in a folder, without its output. */
static pid_t run_in(const char *folder, const char *const arguments[])
{
    pid_t child;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        if (chdir(folder) != 0 || !freopen("/dev/null", "w", stdout) ||
            !freopen("/dev/null", "w", stderr))
            _exit(9);
        execvp(arguments[0], (char *const *)(const void *)arguments);
        _exit(9);
    }
    return child;
}

/* Starts openssl's server, which sends a chain and may ask the client for one. */
static pid_t serve(const char *folder, const char *kind, int wants_client, int tls12, char *url)
{
    static char files[4][16];
    struct sockaddr_in address;
    pid_t child;
    int patience, connected = -1, probe;
    peer_nobody(url, 64);
    snprintf(files[0], 16, "%s-leaf.pem", kind);
    snprintf(files[1], 16, "%s-leaf.key", kind);
    snprintf(files[2], 16, "%s-middle.pem", kind);
    snprintf(files[3], 16, "%s-root.pem", kind);
    {
        const char *arguments[] = {"openssl",
                                   "s_server",
                                   "-quiet",
                                   "-HTTP",
                                   "-accept",
                                   strrchr(url, ':') + 1,
                                   "-cert",
                                   files[0],
                                   "-key",
                                   files[1],
                                   "-cert_chain",
                                   files[2],
                                   "-CAfile",
                                   files[3],
                                   tls12 ? "-tls1_2" : "-tls1_3",
                                   wants_client ? "-Verify" : NULL,
                                   "3",
                                   NULL};
        child = run_in(folder, arguments);
    }
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)atoi(strrchr(url, ':') + 1));
    for (patience = 0; connected != 0 && patience < 200; patience++) {
        usleep(20000);
        probe = socket(AF_INET, SOCK_STREAM, 0);
        connected = connect(probe, (struct sockaddr *)&address, sizeof address);
        close(probe);
    }
    CHECK(connected == 0);
    memmove(url + 5, url + 4, strlen(url + 4) + 1);
    url[4] = 's';
    return child;
}

static const char *stack_url, *stack_authority, *stack_identity;

/* Everything that a program does, from the options to the last free. */
static void *calls_on_a_small_stack(void *context)
{
    nango_options *options = nango_options_new();
    nango_client *client;
    nango_error *error = NULL;
    nango_queue *queue;
    nango_completion done;
    size_t length;
    void *pem;
    char *token;
    (void)context;
    nango_options_set_base_url(options, stack_url);
    nango_options_set_secret_key(options, KEY);
    nango_options_set_tls_roots(options, NANGO_TLS_ROOTS_CUSTOM_ONLY);
    pem = contents(stack_authority, &length);
    nango_options_add_ca_pem(options, pem, length);
    free(pem);
    if (stack_identity) {
        pem = contents(stack_identity, &length);
        nango_options_set_client_identity_pem(options, pem, length);
        free(pem);
    }
    client = nango_client_new_with_options(options, &error);
    token = nango_get_token(client, "github", "bob", NULL, &error);
    if (!token)
        printf("  %s: %s\n", stack_url, nango_error_message(error));
    CHECK_TEXT(token, "at-bob");
    nango_free_string(token);
    nango_error_free(error);
    queue = nango_queue_new(NULL);
    nango_queue_submit(queue, client, "get_token", BOB, NULL, 0, NULL);
    if (CHECK(nango_queue_next(queue, &done, 1, 20000) == 1)) {
        CHECK_TEXT(done.json, "at-bob");
        nango_free_string(done.json);
        nango_error_free(done.error);
    }
    nango_queue_free(queue);
    nango_client_free(client);
    nango_options_free(options);
    return NULL;
}

/* Runs it on a thread with a stack of this size, and returns how much of it was used. */
static size_t stack_used(size_t size)
{
    const unsigned char paint = 0xA5;
    unsigned char *stack =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_t attributes;
    pthread_t thread;
    size_t untouched = 0;
    memset(stack, paint, size);
    pthread_attr_init(&attributes);
    CHECK(pthread_attr_setstack(&attributes, stack, size) == 0);
    if (CHECK(pthread_create(&thread, &attributes, calls_on_a_small_stack, NULL) == 0))
        pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    while (untouched < size && stack[untouched] == paint)
        untouched++;
    munmap(stack, size);
    return size - untouched;
}

/* Runs it in a child, with a guard page, so that a stack that is too small crashes the child. */
static int stack_is_enough(size_t size)
{
    pid_t child;
    int status = 0;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        pthread_attr_t attributes;
        pthread_t thread;
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, size);
        if (pthread_create(&thread, &attributes, calls_on_a_small_stack, NULL) != 0)
            _exit(3);
        pthread_join(thread, NULL);
        _exit(check_problems != 0);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void calls_need_little_stack(void)
{
    static const struct {
        const char *name, *kind;
        int client, tls12;
    } chains[] = {
        {"RSA-4096, TLS 1.3", "rsa", 0, 0},
        {"RSA-4096, TLS 1.2", "rsa", 0, 1},
        {"RSA-4096, and the client's", "rsa", 1, 0},
        {"RSA-4096, and the client's, TLS 1.2", "rsa", 1, 1},
        {"P-384, TLS 1.3", "ec", 0, 0},
        {"P-384, and the client's, TLS 1.2", "ec", 1, 1},
    };
    char folder[] = "/tmp/nango-stack-XXXXXX", authority[64], identity[64], url[64];
    const char *make[] = {"sh", "-c", CERTIFICATES, "sh", ".", NULL};
    const char *clean[] = {"rm", "-r", folder, NULL};
    size_t i, used, most = 0, least = ENOUGH;
    if (!CHECK(mkdtemp(folder) != NULL) || !CHECK(ended_well(run_in(folder, make))))
        return;
    for (i = 0; i < sizeof chains / sizeof *chains; i++) {
        pid_t server = serve(folder, chains[i].kind, chains[i].client, chains[i].tls12, url);
        snprintf(authority, sizeof authority, "%s/%s-root.pem", folder, chains[i].kind);
        snprintf(identity, sizeof identity, "%s/%s-own.pem", folder, chains[i].kind);
        stack_url = url;
        stack_authority = authority;
        stack_identity = chains[i].client ? identity : NULL;
        CHECK(stack_is_enough(ENOUGH));
        used = stack_used(ENOUGH);
        printf("  %s: %zu KiB\n", chains[i].name, (used + 1023) / 1024);
        most = used > most ? used : most;
        while (i == 0 && least > 32 * 1024 && stack_is_enough(least - 4096))
            least -= 4096;
        kill(server, SIGTERM);
        waitpid(server, NULL, 0);
    }
    stack_url = HOST;
    stack_authority = check_env("NANGO_DEV_CA_FILE");
    stack_identity = NULL;
    used = stack_used(ENOUGH);
    printf("  HTTP: %zu KiB; the smallest stack that does for the first: %zu KiB\n",
           (used + 1023) / 1024, least / 1024);
    CHECK(most > 16 * 1024 && most <= MOST);
    CHECK(ended_well(run_in(folder, clean)));
}

int main(int argc, char **argv)
{
    *(void **)&libc_lookup = dlsym(RTLD_NEXT, "getaddrinfo");
    read_environment();
#ifndef __SANITIZE_ADDRESS__
    /* AddressSanitizer changes stacks. Runs before other threads start, because it forks. */
    RUN(calls_need_little_stack);
#else
    (void)calls_need_little_stack;
#endif
    RUN(a_cancelled_thread_ends_after_its_call);
    RUN(a_cancelled_taker_ends_when_its_wait_does);
    RUN(no_function_is_where_a_thread_is_cancelled);
    return check_end();
}
