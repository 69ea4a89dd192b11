/*
 * A TLS server that sends session tickets late, after its answers, as OpenSSL can. They are not
 * HTTP data, so the connection is reused.
 */
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include <nango.h>

#include "check.h"

#define CALLS 20

static atomic_int connections, tickets;
static SSL_CTX *context;
static int listener;

static void pause_ms(long ms)
{
    struct timespec time = {0, ms * 1000000};
    nanosleep(&time, NULL);
}

/* Makes a self-signed certificate for 127.0.0.1, as PEM. */
static char *certify(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_EXTENSION *address = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
    BIO *memory = BIO_new(BIO_s_mem());
    char *data, *pem;
    long length;
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"late", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_set_pubkey(certificate, key);
    X509_add_ext(certificate, address, -1);
    X509_sign(certificate, key, EVP_sha256());
    SSL_CTX_use_certificate(context, certificate);
    SSL_CTX_use_PrivateKey(context, key);
    PEM_write_bio_X509(memory, certificate);
    length = BIO_get_mem_data(memory, &data);
    pem = calloc(1, (size_t)length + 1);
    memcpy(pem, data, (size_t)length);
    BIO_free(memory);
    X509_EXTENSION_free(address);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return pem;
}

static void *serve(void *stream)
{
    static const char answer[] =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        "content-length: 49\r\n\r\n"
        "{\"credentials\":{\"type\":\"API_KEY\",\"apiKey\":\"k-1\"}}";
    char request[4096];
    int number;
    SSL *session = SSL_new(context);
    SSL_set_fd(session, (int)(intptr_t)stream);
    if (SSL_accept(session) == 1) {
        for (number = 0; SSL_read(session, request, sizeof request) > 0; number++) {
            if (SSL_write(session, answer, sizeof answer - 1) <= 0)
                break;
            pause_ms(number % 2 ? 5 : 0);
            if (SSL_new_session_ticket(session) == 1 && SSL_do_handshake(session) == 1)
                tickets++;
        }
    }
    close(SSL_get_fd(session));
    SSL_free(session);
    return NULL;
}

static void *accept_all(void *nothing)
{
    for (;;) {
        pthread_t thread;
        int stream = accept(listener, NULL, NULL);
        if (stream == -1)
            return nothing;
        connections++;
        pthread_create(&thread, NULL, serve, (void *)(intptr_t)stream);
        pthread_detach(thread);
    }
}

static nango_client *client_of(const char *pem)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    char url[64];
    nango_options *options = nango_options_new();
    nango_client *client;
    getsockname(listener, (struct sockaddr *)&address, &size);
    snprintf(url, sizeof url, "https://127.0.0.1:%d", ntohs(address.sin_port));
    nango_options_set_base_url(options, url);
    nango_options_set_secret_key(options, "0f8fad5b-d9cb-469f-a165-70867728950e");
    nango_options_set_tls_roots(options, NANGO_TLS_ROOTS_CUSTOM_ONLY);
    nango_options_add_ca_pem(options, (const uint8_t *)pem, strlen(pem));
    client = nango_client_new_with_options(options, NULL);
    nango_options_free(options);
    return client;
}

static char *pem;

static void blocking_calls_keep_their_connection(void)
{
    nango_client *client = client_of(pem);
    int number, before = connections, sent = tickets;
    for (number = 0; number < CALLS; number++) {
        char *token = nango_get_token(client, "gh", "c", NULL, NULL);
        CHECK_TEXT(token, "k-1");
        nango_free_string(token);
        pause_ms(number % 3 * 5);
    }
    CHECK(connections - before == 1);
    CHECK(tickets - sent >= CALLS - 1);
    nango_client_free(client);
}

static void queued_calls_keep_their_connection(void)
{
    static const char params[] = "{\"provider_config_key\": \"gh\", \"connection_id\": \"c\"}";
    nango_client *client = client_of(pem);
    nango_queue *queue = nango_queue_new(NULL);
    int number, before = connections, sent = tickets;
    for (number = 0; number < CALLS; number++) {
        nango_completion done;
        CHECK(nango_queue_submit(queue, client, "get_token", params, NULL, 0, NULL));
        if (CHECK(nango_queue_next(queue, &done, 1, 10000) == 1)) {
            CHECK_TEXT(done.json, "k-1");
            nango_free_string(done.json);
            nango_error_free(done.error);
        }
        pause_ms(number % 3 * 5);
    }
    CHECK(connections - before == 1);
    CHECK(tickets - sent >= CALLS - 1);
    nango_queue_free(queue);
    nango_client_free(client);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    pthread_t thread;
    int number;
    /* The server sends tickets to clients that have disconnected. */
    signal(SIGPIPE, SIG_IGN);
    context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    pem = certify();
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 16))
        return 2;
    pthread_create(&thread, NULL, accept_all, NULL);
    RUN(blocking_calls_keep_their_connection);
    RUN(queued_calls_keep_their_connection);
    free(pem);
    number = check_end();
    /* OpenSSL's cleanup at exit must not meet the server's threads. */
    fflush(stdout);
    _exit(number);
}
