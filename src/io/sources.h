/* sources.h - from what the user wrote behind -i to opened sources. */
#ifndef WEIR_IO_SOURCES_H
#define WEIR_IO_SOURCES_H

#include "base/text.h"
#include "engine/plug.h"

enum { SOURCE_WORKERS_MAX = 64 };

/* How to open; zero is a sensible choice for every member. */
struct source_options {
    const char *bpf;     /* filter expression, borrowed for the call; NULL or "" = everything */
    bool original_speed; /* files: at the pace of their time stamps */
    bool no_promiscuous; /* interfaces: only what is meant for this machine */
    uint32_t snaplen;    /* interfaces: bytes kept of each packet; 0 = 65535 */
    uint64_t ring_bytes; /* interfaces: ring of each worker; 0 = 8 MiB */
};

/* Opens spec for up to `workers` threads: out[0 .. *n) are sources, one per worker, *n <= workers
 * (standard input can be read only once). False with one sentence that says what to do, and then
 * nothing is left open. May block for a moment. out has room for `workers`. */
bool source_open(const char *spec, const struct source_options *options, unsigned workers,
                 struct source **out, unsigned *n, struct err *e);

/* True when spec names a file or standard input, as opposed to an interface. */
bool source_is_file(const char *spec);

/* Appends "1 lo, 2 eth0": the interfaces there are, with their numbers. */
void source_list_interfaces(struct text *out);

/* The kinds, for their own modules. takes() looks at the name only. */
#define SOURCE(name, sentence)                                                                     \
    bool source_##name##_takes(const char *spec);                                                  \
    bool source_##name##_open(const char *spec, const struct source_options *options,              \
                              unsigned workers, struct source **out, unsigned *n, struct err *e);
#include "io/sources.def"
#undef SOURCE

#endif
