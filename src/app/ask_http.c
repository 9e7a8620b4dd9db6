/* ask_http.c - one plain GET to a Weir on this machine.
 *
 * HTTP/1.0 (RFC 1945), so that the answer ends with the connection and is never chunked.
 */
#include "app/ask_http.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_MAX = 1 << 20, PATIENCE_S = 2 };

/* "3000", ":3000", "127.0.0.1:3000", "[::1]:3000" to host and port. */
static bool split(const char *address, char *host, char *port, size_t size)
{
    const char *colon = strrchr(address, ':');
    const char *digits = colon ? colon + 1 : address;
    size_t len = colon ? (size_t)(colon - address) : 0;
    if (len >= 2 && address[0] == '[' && address[len - 1] == ']') {
        address++;
        len -= 2;
    }
    if (len >= size || strlen(digits) >= size || !*digits || !strcmp(digits, "0"))
        return false;
    memcpy(host, address, len);
    host[len] = '\0';
    if (!len)
        snprintf(host, size, "127.0.0.1");
    snprintf(port, size, "%s", digits);
    return true;
}

static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found;
    if (getaddrinfo(host, port, &hints, &found) != 0)
        return -1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = PATIENCE_S};
    if (fd != -1) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        if (connect(fd, found->ai_addr, found->ai_addrlen) == -1) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

static bool read_all(int fd, struct text *answer)
{
    char bytes[16384];
    for (;;) {
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        if (n == 0)
            return true;
        if (n == -1 || answer->len + (size_t)n > ANSWER_MAX)
            return false;
        text_add_n(answer, bytes, (size_t)n);
    }
}

bool ask_http(const char *address, const char *path, struct text *body)
{
    char host[64], port[64];
    int fd = split(address, host, port, sizeof host) ? connect_to(host, port) : -1;
    if (fd == -1)
        return false;
    struct text request = {0}, answer = {0};
    const char *left = strchr(host, ':') ? "[" : "", *right = *left ? "]" : "";
    text_printf(&request, "GET %s HTTP/1.0\r\nHost: %s%s%s:%s\r\nAccept: application/json\r\n\r\n",
                path, left, host, right, port);
    bool ok = send(fd, request.data, request.len, MSG_NOSIGNAL) == (ssize_t)request.len &&
              read_all(fd, &answer) && !answer.failed && answer.data;
    close(fd);

    const char *blank = ok ? strstr(answer.data, "\r\n\r\n") : NULL;
    ok = blank && !strncmp(answer.data, "HTTP/1.", 7) && !strncmp(answer.data + 8, " 200 ", 5);
    if (ok)
        text_add_n(body, blank + 4, answer.len - (size_t)(blank + 4 - answer.data));
    text_free(&request);
    text_free(&answer);
    return ok;
}
