/* stream.h - server-sent events: one frame per topic and second to all who listen.
 *
 * A topic is a GET below /api/v1. Once a second the ticker asks the desk for each topic that
 * somebody listens to, once however many they are, and the reply is copied to each listener's
 * queue (through the listener's own gzip stream, which makes a frame that resembles the last one
 * small). A listener that does not read loses frames, not the others' time.
 */
#ifndef WEIR_FACE_STREAM_H
#define WEIR_FACE_STREAM_H

#include "face/desk.h"

struct MHD_Connection;
struct MHD_Response;
struct stream;

enum {
    STREAM_TOPICS = 32, /* of one listener */
    STREAM_LISTENERS = 256,
    STREAM_QUEUE = 1024 * 1024, /* bytes that may wait for a listener; more are lost */
    STREAM_KEEPALIVE_S = 15
};

/* NULL when out of memory. Owned by the caller; the desk is borrowed. */
struct stream *stream_new(struct desk *desk);

/* Ends every stream: their readers see the end. No thread may tick any more. */
void stream_stop(struct stream *s);
void stream_free(struct stream *s);

/* A response that holds the connection open and sends hello, then frames. topics: the raw value of
 * the parameter. NULL with *problem filled when it cannot be. An event loop's thread. */
struct MHD_Response *stream_open(struct stream *s, struct MHD_Connection *connection,
                                 const struct call *c, bool gzip, struct reply **problem);

/* Changes the topics of the stream that c's path names. Any thread. */
struct reply *stream_change(struct stream *s, const struct call *c);

/* Asks for a frame of every topic; a comment for those who heard nothing for 15 s. The ticker's
 * thread, once a second. now: clock_mono. */
void stream_tick(struct stream *s, nsec_t now);

/* Listeners now. Any thread. */
unsigned stream_count(const void *stream);

/* Splits the raw value of `topics` into decoded topics, at most `most`; each is NUL-terminated in
 * memory that the caller frees by free(*memory). Returns their number, or -1 for a broken escape, a
 * control byte or too many. */
int stream_topics(const char *raw, size_t len, char **topics, int most, char **memory);

#endif
