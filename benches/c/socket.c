/*
 * The lower limit: one write and one read on a plain socket, and strstr to find the token in the
 * answer. HTTP only.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "bench.h"

static void *new_socket(void)
{
    int *own = malloc(sizeof *own), on = 1;
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)atoi(strrchr(url, ':') + 1));
    *own = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(*own, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(*own, (struct sockaddr *)&address, sizeof address) != 0)
        fail("no connection");
    return own;
}

static void get(void *state)
{
    char text[8192], *body;
    size_t length = 0, wanted = 0;
    int own = *(int *)state;
    int size = snprintf(text, sizeof text,
                        "GET /connection/bob?provider_config_key=github HTTP/1.1\r\n"
                        "Host: localhost\r\nAuthorization: Bearer %s\r\n\r\n",
                        KEY);
    if (send(own, text, (size_t)size, MSG_NOSIGNAL) != size)
        fail("not sent");
    do {
        ssize_t got = recv(own, text + length, sizeof text - 1 - length, 0);
        if (got <= 0)
            fail("no answer");
        length += (size_t)got;
        text[length] = '\0';
        body = strstr(text, "\r\n\r\n");
        if (body && !wanted)
            wanted =
                (size_t)(body + 4 - text) + (size_t)atoi(strcasestr(text, "content-length:") + 15);
    } while (!wanted || length < wanted);
    if (strncmp(text, "HTTP/1.1 200", 12) != 0 || !strstr(body, "\"access_token\":\""))
        fail("no token");
}

int main(int count, char **values)
{
    arguments(count, values);
    run_callers(new_socket, get);
    return 0;
}
