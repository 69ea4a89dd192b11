/* A raw TCP server on loopback that misbehaves on purpose, for C and C++. */
#ifndef PEER_H
#define PEER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum peer_kind {
    PEER_SILENT,  /* accepts the request and never answers */
    PEER_ANSWERS, /* sends the same bytes to each request, and closes the connection */
    PEER_DRIPS,   /* the same, one byte every 50 ms */
    PEER_DROPS,   /* accepts the request, and resets the connection */
    /* reads a part of the request, sends bytes that are not TLS, closes, and resets: a client that
     * then sends an alert gets a SIGPIPE */
    PEER_GARBLES,
    PEER_RESETS, /* resets the connection as soon as it is established */
    PEER_CLOSES  /* closes the connection as soon as it is established */
};

struct peer {
    enum peer_kind kind;
    const char *answer;
    int listener;
    pthread_t thread;
    char url[64];       /* http://127.0.0.1:PORT */
    char https_url[64]; /* the same address, for clients that use TLS */
};

static inline void peer_read_request(int socket)
{
    char request[16384];
    size_t length = 0;
    ssize_t got;
    while (length < sizeof request - 1 &&
           (got = read(socket, request + length, sizeof request - 1 - length)) > 0) {
        length += (size_t)got;
        request[length] = '\0';
        if (strstr(request, "\r\n\r\n"))
            break;
    }
}

static inline void peer_drip(int socket, const char *answer)
{
    const struct timespec pause = {0, 50000000L};
    for (; *answer && send(socket, answer, 1, MSG_NOSIGNAL) == 1; answer++)
        nanosleep(&pause, NULL);
}

static inline void peer_garble(int socket)
{
    static const char garbage[] = "what is no TLS, and long enough to be refused";
    char some[16];
    if (read(socket, some, sizeof some) > 0) {
        send(socket, garbage, sizeof garbage, MSG_NOSIGNAL);
        shutdown(socket, SHUT_WR);
    }
}

static inline void *peer_main(void *context)
{
    struct peer *peer = (struct peer *)context;
    int socket;
    /* Until peer_stop() shuts the listener down. */
    while ((socket = accept(peer->listener, NULL, NULL)) >= 0) {
        const struct linger reset = {1, 0};
        if (peer->kind == PEER_RESETS || peer->kind == PEER_DROPS || peer->kind == PEER_GARBLES)
            setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        if (peer->kind == PEER_ANSWERS || peer->kind == PEER_DRIPS || peer->kind == PEER_DROPS)
            peer_read_request(socket);
        if (peer->kind == PEER_ANSWERS)
            send(socket, peer->answer, strlen(peer->answer), MSG_NOSIGNAL);
        if (peer->kind == PEER_GARBLES)
            peer_garble(socket);
        if (peer->kind == PEER_DRIPS)
            peer_drip(socket, peer->answer);
        close(socket);
    }
    return NULL;
}

static inline void peer_start(struct peer *peer, enum peer_kind kind, const char *answer)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    peer->kind = kind;
    peer->answer = answer;
    peer->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (peer->listener < 0 ||
        bind(peer->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(peer->listener, 64) != 0 ||
        getsockname(peer->listener, (struct sockaddr *)&address, &length) != 0) {
        perror("peer");
        exit(2);
    }
    snprintf(peer->url, sizeof peer->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    snprintf(peer->https_url, sizeof peer->https_url, "https://127.0.0.1:%d",
             ntohs(address.sin_port));
    /* PEER_SILENT needs no thread: the kernel accepts the connection and the request. */
    if (kind != PEER_SILENT && pthread_create(&peer->thread, NULL, peer_main, peer) != 0) {
        perror("peer");
        exit(2);
    }
}

/* Whether a client connects within this time; only for PEER_SILENT. */
static inline int peer_was_called(struct peer *peer, int milliseconds)
{
    struct pollfd watched = {0, POLLIN, 0};
    watched.fd = peer->listener;
    return poll(&watched, 1, milliseconds) == 1;
}

static inline void peer_stop(struct peer *peer)
{
    shutdown(peer->listener, SHUT_RDWR);
    if (peer->kind != PEER_SILENT)
        pthread_join(peer->thread, NULL);
    close(peer->listener);
}

/* A URL on which no server listens: its port was just closed. */
static inline void peer_nobody(char *url, size_t size)
{
    struct peer peer;
    peer_start(&peer, PEER_SILENT, NULL);
    snprintf(url, size, "%s", peer.url);
    peer_stop(&peer);
}

/* Milliseconds of the monotonic clock. */
static inline long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

#endif
