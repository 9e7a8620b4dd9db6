/* http.h - the HTTP server: one listening socket, event loops, limits, headers.
 *
 * The only file that speaks with libmicrohttpd apart from stream.c. It reads requests, leaves API
 * calls to the desk while the connection sleeps, serves the embedded pages itself and puts the
 * security headers on everything.
 *
 * Limits: 1024 connections, of which the one that has been quiet longest makes room for a new one;
 * 10 s for a first request to arrive whole, 30 s between requests and for any stall; target
 * 2 KiB + 8 KiB, headers 24 KiB in 64 lines, bodies 4 KiB.
 */
#ifndef WEIR_FACE_HTTP_H
#define WEIR_FACE_HTTP_H

#include "face/desk.h"
#include "face/stream.h"

enum {
    HTTP_CONNECTIONS = 1024,
    HTTP_RESERVE = 64, /* never filled by quiet connections */
    HTTP_HEADERS = 64,
    HTTP_BODY = 4096,
    HTTP_FIRST_S = 10,
    HTTP_IDLE_S = 30
};

struct http;

/* A listening address out of "3000", ":3000", "127.0.0.1:3000", "[::1]:3000", "localhost:3000". */
struct http_address {
    struct addr addr;
    uint16_t port;
};

/* False with a sentence: not an address, not a port, or not a loopback address. */
bool http_parse_address(const char *text, struct http_address *a, struct err *e);

struct http_config {
    struct http_address address;
    const char *name; /* further host name that is allowed, or NULL; borrowed */
    struct desk *desk;
    struct stream *stream;
};

/* Binds and serves. NULL with a sentence when the port is taken or refused. */
struct http *http_start(const struct http_config *config, struct err *e);
/* Closes all connections and waits for the loops. Streams and desk must have been stopped. */
void http_stop(struct http *h);

/* The port that is bound, also when 0 was asked for. */
unsigned http_port(const struct http *h);

/* Ends connections that did not send a whole request in time. The ticker's thread. */
void http_sweep(struct http *h, nsec_t now);

/* Connections now. Any thread. */
unsigned http_connections(struct http *h);

#endif
