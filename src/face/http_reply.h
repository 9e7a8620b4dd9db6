/* http_reply.h - replies as responses of the HTTP library, with the headers that all must have. */
#ifndef WEIR_FACE_HTTP_REPLY_H
#define WEIR_FACE_HTTP_REPLY_H

#include "face/reply.h"

struct MHD_Connection;
struct MHD_Response;

/* Sends r, which is given: it is put back once its bytes are out. etag: what If-None-Match said, or
 * NULL. Returns what the library's handler must return. */
int http_send(struct MHD_Connection *connection, struct reply *r, bool gzip, const char *etag);

/* Sends a response of a stream with its headers and gives it back. */
int http_send_stream(struct MHD_Connection *connection, struct MHD_Response *response, bool gzip);

#endif
