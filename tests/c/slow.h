/*
 * A raw server on loopback for many connections at once, on one thread. Each request gets the same
 * answer, delay_ms after it arrived. The server counts requests and connections.
 */
#ifndef SLOW_H
#define SLOW_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SLOW_SOCKETS = 4096, SLOW_WAITING = 1 << 16 };

struct slow {
    const char *answer;
    int delay_ms, listener, epoll, end[2];
    pthread_t thread;
    char url[64];
    atomic_long requests, connections;
    /* For each descriptor: its current connection, and how much of a request's end has arrived. */
    unsigned generation[SLOW_SOCKETS];
    int matched[SLOW_SOCKETS];
    /* Which sockets to answer, and when: all wait equally long, so this is a FIFO queue. */
    struct {
        int socket;
        unsigned generation;
        long long due;
    } waiting[SLOW_WAITING];
    unsigned first, next;
};

static inline long long slow_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static inline void slow_watch(struct slow *slow, int descriptor)
{
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    epoll_ctl(slow->epoll, EPOLL_CTL_ADD, descriptor, &event);
}

static inline void slow_read(struct slow *slow, int socket)
{
    static const char end[] = "\r\n\r\n";
    char bytes[8192];
    ssize_t i, got = recv(socket, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        slow->generation[socket]++;
        close(socket);
        return;
    }
    for (i = 0; i < got; i++) {
        int *matched = &slow->matched[socket];
        *matched = bytes[i] == end[*matched] ? *matched + 1 : bytes[i] == '\r';
        if (*matched == 4) {
            unsigned place = slow->next++ % SLOW_WAITING;
            *matched = 0;
            atomic_fetch_add(&slow->requests, 1);
            slow->waiting[place].socket = socket;
            slow->waiting[place].generation = slow->generation[socket];
            slow->waiting[place].due = slow_now() + slow->delay_ms;
        }
    }
}

static inline void *slow_main(void *context)
{
    struct slow *slow = (struct slow *)context;
    struct epoll_event events[64];
    for (;;) {
        int i, count, wait = -1;
        while (slow->first != slow->next) {
            unsigned place = slow->first % SLOW_WAITING;
            int socket = slow->waiting[place].socket;
            long long left = slow->waiting[place].due - slow_now();
            if (left > 0) {
                wait = (int)left;
                break;
            }
            if (slow->waiting[place].generation == slow->generation[socket])
                send(socket, slow->answer, strlen(slow->answer), MSG_NOSIGNAL | MSG_DONTWAIT);
            slow->first++;
        }
        count = epoll_wait(slow->epoll, events, 64, wait);
        for (i = 0; i < count; i++) {
            int descriptor = events[i].data.fd;
            if (descriptor == slow->end[0])
                return NULL;
            if (descriptor == slow->listener) {
                int socket = accept(slow->listener, NULL, NULL);
                if (socket >= SLOW_SOCKETS) {
                    close(socket);
                } else if (socket >= 0) {
                    slow->generation[socket]++;
                    slow->matched[socket] = 0;
                    atomic_fetch_add(&slow->connections, 1);
                    slow_watch(slow, socket);
                }
            } else {
                slow_read(slow, descriptor);
            }
        }
    }
}

static inline void slow_start(struct slow *slow, int delay_ms, const char *answer)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    memset(slow, 0, sizeof *slow);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    slow->delay_ms = delay_ms;
    slow->answer = answer;
    slow->listener = socket(AF_INET, SOCK_STREAM, 0);
    slow->epoll = epoll_create1(0);
    if (slow->listener < 0 || slow->epoll < 0 || pipe(slow->end) != 0 ||
        bind(slow->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(slow->listener, 1024) != 0 ||
        getsockname(slow->listener, (struct sockaddr *)&address, &length) != 0) {
        perror("slow");
        exit(2);
    }
    snprintf(slow->url, sizeof slow->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    slow_watch(slow, slow->listener);
    slow_watch(slow, slow->end[0]);
    if (pthread_create(&slow->thread, NULL, slow_main, slow) != 0) {
        perror("slow");
        exit(2);
    }
}

/* Leaves sockets that are still open to the kernel. */
static inline void slow_stop(struct slow *slow)
{
    if (write(slow->end[1], "", 1) != 1)
        abort();
    pthread_join(slow->thread, NULL);
    close(slow->end[0]);
    close(slow->end[1]);
    close(slow->listener);
    close(slow->epoll);
}

#endif
