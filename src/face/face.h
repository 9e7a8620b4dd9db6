/* face.h - the HTTP face: pages, REST API, live stream and metrics on one address.
 *
 * Threads: two event loops that only move bytes, a few that answer questions (desk), one that
 * ticks once a second. All of them start here and end here.
 */
#ifndef WEIR_FACE_FACE_H
#define WEIR_FACE_FACE_H

#include "base/err.h"
#include "base/settings.h"
#include "engine/engine.h"

/* Versions that pages and API show. Constant strings; NULL is unknown. */
struct face_about {
    const char *version, *revision, *built, *ndpi, *libpcap;
};

struct face_config {
    const char
        *address;     /* "3000", ":3000", "127.0.0.1:3000", "[::1]:3000"; port 0 takes a free one */
    const char *name; /* host name under which the pages may be asked for, or "" */
    struct face_about about;
    const struct locals *locals; /* borrowed, constant: names of networks; may be NULL */
    const struct exports
        *exports; /* borrowed: whose state is shown; NULL when nothing is exported */
};

struct exports;
struct face;

/* True when the address says that no face is wanted: "", "0" or ":0". */
bool face_is_off(const char *address);

/* Binds, starts and answers from now on. engine and settings are borrowed until face_stop(). NULL
 * with a sentence when the address is not a loopback one, is taken or cannot be read. */
struct face *face_start(const struct face_config *config, struct engine *engine,
                        const struct settings *settings, struct err *e);

/* Ends streams and connections, waits for the threads. */
void face_stop(struct face *f);

/* Where it listens: "http://127.0.0.1:3000/". Valid until face_stop(). */
const char *face_url(const struct face *f);
unsigned face_port(const struct face *f);

#endif
