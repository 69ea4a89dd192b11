/*
 * How much stack a call needs: every kind of call, over HTTP and TLS with long certificate chains,
 * and with answers nested as deep as allowed, on a thread with 128 KiB. The stack is filled with a
 * pattern first, which shows how much of it was used.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <nango.h>

#include "check.h"

#define STACK (128 * 1024)
#define PAINT 0xa5
#define DEEP 200000

static SSL_CTX *plain, *rsa, *p384;
static char *authorities;

/* --- Servers --- */

struct server {
    SSL_CTX *context; /* NULL without TLS */
    int listener;
    char url[64];
};

struct conversation {
    SSL *session;
    int stream;
};

static ssize_t receive(struct conversation *with, char *bytes, size_t most)
{
    return with->session ? SSL_read(with->session, bytes, (int)most)
                         : read(with->stream, bytes, most);
}

static bool all_sent(struct conversation *with, const char *bytes, size_t length)
{
    while (length > 0) {
        size_t part = length < 16384 ? length : 16384;
        ssize_t sent = with->session ? SSL_write(with->session, bytes, (int)part)
                                     : send(with->stream, bytes, part, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

/* Builds a text in which a part is repeated the given number of times. */
static char *repeated(const char *begin, const char *part, const char *middle, const char *other,
                      const char *end, size_t times)
{
    size_t i, ends = strlen(begin) + strlen(middle) + strlen(end);
    char *text = malloc(ends + times * (strlen(part) + strlen(other)) + 1);
    char *at = stpcpy(text, begin);
    for (i = 0; i < times; i++)
        at = stpcpy(at, part);
    at = stpcpy(at, middle);
    for (i = 0; i < times; i++)
        at = stpcpy(at, other);
    strcpy(at, end);
    return text;
}

/* Without a connection id, so that one answer fits several ids. */
#define CREDENTIALS "\"credentials\":{\"type\":\"API_KEY\",\"apiKey\":\"k-1\"}"

static char *lists, *objects, *deep_credentials, *deep_token, *page, *deep_error, *long_error;

static void make_answers(void)
{
    lists = repeated("{" CREDENTIALS ",\"metadata\":", "[", "", "]", "}", DEEP);
    objects = repeated("{" CREDENTIALS ",\"metadata\":", "{\"a\":", "1", "}", "}", DEEP);
    deep_credentials =
        repeated("{\"type\":\"API_KEY\",\"raw\":", "[", "", "]", ",\"apiKey\":\"k-1\"}", DEEP);
    deep_token = repeated("{\"credentials\":", "", deep_credentials, "", "}", 1);
    page = repeated("{\"connections\":[{\"connection_id\":\"c\",\"metadata\":", "{\"a\":[", "",
                    "]}", "}]}", DEEP);
    deep_error = repeated("{\"error\":{\"code\":\"invalid_body\",\"errors\":[{\"path\":[\"a\"]},",
                          "[", "", "]", "],\"payload\":{\"rows\":[]}}}", DEEP);
    long_error = repeated(
        "{\"error\":{\"code\":\"invalid_credentials\","
        "\"message\":\"The refresh limit.\",\"payload\":{\"connection\":",
        "{\"connection\":", "1", "}", "}}}", 100000);
}

static void answer(struct conversation *with, const char *request)
{
    const char *status = "200 OK", *body = "{" CREDENTIALS "}";
    char head[128];
    int length;
    if (strstr(request, "/lists?"))
        body = lists;
    else if (strstr(request, "/objects?"))
        body = objects;
    else if (strstr(request, "/deep-token?"))
        body = deep_token;
    else if (strstr(request, "limit="))
        body = page;
    else if (strstr(request, "/deep-error?"))
        status = "400 Bad Request", body = deep_error;
    else if (strstr(request, "/long-error?"))
        status = "424 Failed Dependency", body = long_error;
    length = snprintf(head, sizeof head,
                      "HTTP/1.1 %s\r\ncontent-type: application/json\r\n"
                      "content-length: %zu\r\n\r\n",
                      status, strlen(body));
    if (all_sent(with, head, (size_t)length))
        all_sent(with, body, strlen(body));
}

static void *serve(void *context)
{
    struct conversation *with = context;
    char request[16384];
    size_t length = 0;
    ssize_t got;
    if (!with->session || SSL_accept(with->session) == 1) {
        while ((got = receive(with, request + length, sizeof request - 1 - length)) > 0) {
            length += (size_t)got;
            request[length] = '\0';
            if (strstr(request, "\r\n\r\n")) {
                answer(with, request);
                length = 0;
            }
        }
    }
    close(with->stream);
    SSL_free(with->session);
    free(with);
    return NULL;
}

static void *accept_all(void *context)
{
    const struct server *server = context;
    for (;;) {
        struct conversation *with = calloc(1, sizeof *with);
        pthread_t thread;
        with->stream = accept(server->listener, NULL, NULL);
        if (server->context) {
            with->session = SSL_new(server->context);
            SSL_set_fd(with->session, with->stream);
        }
        pthread_create(&thread, NULL, serve, with);
        pthread_detach(thread);
    }
    return NULL;
}

static void start(struct server *server, SSL_CTX *context)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    pthread_t thread;
    server->context = context;
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(!bind(server->listener, (struct sockaddr *)&address, sizeof address));
    CHECK(!listen(server->listener, 16));
    getsockname(server->listener, (struct sockaddr *)&address, &size);
    snprintf(server->url, sizeof server->url, "http%s://127.0.0.1:%d", context ? "s" : "",
             ntohs(address.sin_port));
    pthread_create(&thread, NULL, accept_all, server);
}

/* --- Certificates --- */

static void extend(X509 *certificate, X509 *issuer, int kind, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    CHECK(X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static X509 *certify(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuers_key,
                     bool authority)
{
    static long serial;
    X509 *certificate = X509_new();
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer) : subject);
    X509_set_pubkey(certificate, key);
    if (authority)
        extend(certificate, issuer ? issuer : certificate, NID_basic_constraints,
               "critical,CA:TRUE");
    else
        extend(certificate, issuer, NID_subject_alt_name, "IP:127.0.0.1");
    X509_sign(certificate, issuers_key, EVP_sha384());
    return certificate;
}

/* A server certificate, with two intermediate authorities below the trusted one. */
static SSL_CTX *chain(const char *name, EVP_PKEY *(*make)(void), BIO *trusted)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *keys[4];
    X509 *certificates[4];
    int i;
    for (i = 0; i < 4; i++) {
        char subject[64];
        snprintf(subject, sizeof subject, "%s %d", name, i);
        keys[i] = make();
        certificates[i] =
            certify(subject, keys[i], i ? certificates[i - 1] : NULL, keys[i ? i - 1 : 0], i < 3);
    }
    PEM_write_bio_X509(trusted, certificates[0]);
    CHECK(SSL_CTX_use_certificate(context, certificates[3]) == 1);
    CHECK(SSL_CTX_use_PrivateKey(context, keys[3]) == 1);
    /* The context takes ownership. */
    CHECK(SSL_CTX_add_extra_chain_cert(context, certificates[2]) == 1);
    CHECK(SSL_CTX_add_extra_chain_cert(context, certificates[1]) == 1);
    X509_free(certificates[0]);
    X509_free(certificates[3]);
    for (i = 0; i < 4; i++)
        EVP_PKEY_free(keys[i]);
    return context;
}

static EVP_PKEY *rsa_4096(void)
{
    return EVP_RSA_gen(4096);
}

static EVP_PKEY *ec_p384(void)
{
    return EVP_EC_gen("P-384");
}

/* --- Calls on a small stack --- */

static nango_client *client_of(const char *url, nango_tls_roots roots)
{
    nango_options *options = nango_options_new();
    nango_error *error = NULL;
    nango_client *client;
    nango_options_set_base_url(options, url);
    nango_options_set_secret_key(options, "0f8fad5b-d9cb-469f-a165-70867728950e");
    nango_options_set_tls_roots(options, roots);
    nango_options_set_max_retries(options, 0);
    nango_options_add_ca_pem(options, (const uint8_t *)authorities, strlen(authorities));
    client = nango_client_new_with_options(options, &error);
    CHECK(client && !error);
    nango_options_free(options);
    return client;
}

/* Checks the result of a deep answer, which the library may return or refuse; frees it. */
static void expect_either(char *text, nango_error *error, const char *wanted)
{
    if (text ? !CHECK(strcmp(text, wanted) == 0 && !error)
             : !CHECK(nango_error_code(error) == NANGO_ERROR_INVALID_RESPONSE))
        printf("%.200s\n", error ? nango_error_message(error) : text);
    nango_free_string(text);
    nango_error_free(error);
}

static void expect_token(const nango_client *client)
{
    nango_error *error = NULL;
    char *token = nango_get_token(client, "gh", "c", NULL, &error);
    CHECK_TEXT(token, "k-1");
    nango_free_string(token);
    nango_error_free(error);
}

/* The JSON functions also accept texts of the program. */
static void look_into(const char *json)
{
    nango_json_items *members;
    char *value;
    nango_free_string(nango_json_get_json(json, "/metadata"));
    nango_free_string(nango_json_get(json, "/metadata/0/a/0"));
    members = nango_json_members_new(json, "/metadata");
    while ((value = nango_json_items_next(members)))
        nango_free_string(value);
    nango_json_items_free(members);
    members = nango_json_items_new(json, "/metadata");
    while ((value = nango_json_items_next(members)))
        nango_free_string(value);
    nango_json_items_free(members);
}

static void expect_connection(const nango_client *client, const char *id, const char *body)
{
    nango_error *error = NULL;
    char *connection = nango_get_connection_json(client, "gh", id, NULL, &error);
    expect_either(connection, error, body);
    look_into(body);
}

static void expect_error(const nango_client *client, const char *id, nango_code code,
                         const char *api_code)
{
    nango_error *error = NULL;
    char *whole;
    CHECK(!nango_get_token(client, "gh", id, NULL, &error));
    CHECK(nango_error_code(error) == code);
    CHECK_TEXT(nango_error_api_code(error), api_code);
    whole = nango_error_body_reveal(error);
    CHECK(whole && strlen(whole) > DEEP);
    nango_free_string(whole);
    nango_error_free(error);
}

static void every_call(const nango_client *client)
{
    nango_error *error = NULL;
    nango_pager *pager;
    char *text;
    CHECK(nango_client_warm_up(client, &error));
    expect_token(client);
    text = nango_get_token(client, "gh", "deep-token", NULL, &error);
    expect_either(text, error, "k-1");
    text = nango_get_credentials_json(client, "gh", "deep-token", NULL, &error);
    expect_either(text, error, deep_credentials);
    text = nango_credentials_token(deep_credentials, &error);
    CHECK(!text == !!error);
    nango_free_string(text);
    nango_error_free(error);
    expect_connection(client, "lists", lists);
    expect_connection(client, "objects", objects);
    expect_error(client, "deep-error", NANGO_ERROR_BAD_REQUEST, "invalid_body");
    expect_error(client, "long-error", NANGO_ERROR_RECONNECT_REQUIRED, "invalid_credentials");
    pager = nango_pager_new(client, "list_connections", NULL, 1000, NULL, &error);
    text = nango_pager_next_json(pager, &error);
    expect_either(text, error, page);
    nango_pager_free(pager);
}

static void *calls_of_their_own(void *url)
{
    nango_client *client = client_of(url, NANGO_TLS_ROOTS_CUSTOM_ONLY);
    every_call(client);
    nango_client_free(client);
    return NULL;
}

/* The first call reads the system's certificate authorities. */
static void *a_call_that_reads_the_roots(void *url)
{
    nango_client *client = client_of(url, NANGO_TLS_ROOTS_PLATFORM);
    expect_token(client);
    nango_client_free(client);
    return NULL;
}

static void *a_call_through_the_queue(void *url)
{
    nango_client *client = client_of(url, NANGO_TLS_ROOTS_CUSTOM_ONLY);
    nango_queue *queue = nango_queue_new(NULL);
    static const char *const ids[] = {"c", "deep-token", "deep-error", "c"};
    size_t i;
    for (i = 0; i < sizeof ids / sizeof *ids; i++) {
        char params[128];
        nango_completion done;
        snprintf(params, sizeof params,
                 "{\"provider_config_key\": \"gh\", \"connection_id\": \"%s\"}", ids[i]);
        CHECK(nango_queue_submit(queue, client, "get_token", params, NULL, 0, NULL));
        if (CHECK(nango_queue_next(queue, &done, 1, 20000) == 1)) {
            CHECK(!done.json == !!done.error && (i == 1 || !done.json == (i == 2)));
            nango_free_string(done.json);
            nango_error_free(done.error);
        }
    }
    nango_queue_free(queue);
    nango_client_free(client);
    return NULL;
}

/* Runs a function on a stack of 128 KiB, and prints how much of it was used. */
static void on_a_small_stack(const char *what, void *(*run)(void *), void *argument)
{
    size_t page_size = (size_t)sysconf(_SC_PAGESIZE), untouched = 0;
    unsigned char *memory =
        mmap(NULL, STACK + page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned char *stack = memory + page_size;
    pthread_attr_t attributes;
    pthread_t thread;
    if (!CHECK(memory != MAP_FAILED && !mprotect(memory, page_size, PROT_NONE)))
        return;
    memset(stack, PAINT, STACK);
    pthread_attr_init(&attributes);
    CHECK(!pthread_attr_setstack(&attributes, stack, STACK));
    if (CHECK(!pthread_create(&thread, &attributes, run, argument)))
        pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    while (untouched < STACK && stack[untouched] == PAINT)
        untouched++;
    printf("  %s: %zu KiB of stack\n", what, (STACK - untouched + 1023) / 1024);
    munmap(memory, STACK + page_size);
}

static void a_small_stack_is_enough(void)
{
    struct server servers[3];
    start(&servers[0], plain);
    start(&servers[1], rsa);
    start(&servers[2], p384);
    on_a_small_stack("HTTP", calls_of_their_own, servers[0].url);
    on_a_small_stack("TLS, RSA of 4096 bits", calls_of_their_own, servers[1].url);
    on_a_small_stack("TLS, P-384", calls_of_their_own, servers[2].url);
    on_a_small_stack("TLS, P-384, the system's authorities", a_call_that_reads_the_roots,
                     servers[2].url);
    on_a_small_stack("the queue, HTTP", a_call_through_the_queue, servers[0].url);
    on_a_small_stack("the queue, TLS, RSA of 4096 bits", a_call_through_the_queue, servers[1].url);
}

int main(int argc, char **argv)
{
    BIO *trusted = BIO_new(BIO_s_mem());
    char *data;
    long length;
    /* OpenSSL may write to clients that have disconnected. */
    signal(SIGPIPE, SIG_IGN);
    rsa = chain("rsa", rsa_4096, trusted);
    p384 = chain("p384", ec_p384, trusted);
    length = BIO_get_mem_data(trusted, &data);
    authorities = calloc(1, (size_t)length + 1);
    memcpy(authorities, data, (size_t)length);
    make_answers();
    RUN(a_small_stack_is_enough);
    return check_end();
}
