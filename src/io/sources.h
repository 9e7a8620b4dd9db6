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
    const char
        *zmq_key_dir; /* ZMQ: probes must encrypt; where our keys are kept. NULL = no encryption */
    const char *zmq_secret; /* ZMQ: our secret key where it is not kept there, NULL or "" = it is */
    uint32_t snaplen;       /* interfaces: bytes kept of each packet; 0 = 65535 */
    uint64_t ring_bytes; /* interfaces: ring of each worker; sockets: their receive buffers; 0 = the
                            kind's own choice */
};

/* Opens spec for up to `workers` threads: out[0 .. *n) are sources, one per worker, *n <= workers
 * (standard input can be read only once). False with one sentence that says what to do, and then
 * nothing is left open. May block for a moment. out has room for `workers`. */
bool source_open(const char *spec, const struct source_options *options, unsigned workers,
                 struct source **out, unsigned *n, struct err *e);

/* Opens a file by its name, or standard input as `-`: a word without a slash is no interface here. Else as
 * source_open(). */
bool source_file_open(const char *name, const struct source_options *options, unsigned workers,
                      struct source **out, unsigned *n, struct err *e);

/* True when spec names a file or standard input, as opposed to an interface. */
bool source_is_file(const char *spec);

/* The part of spec behind "pcap:" or "xdp:": what the interface itself is called. */
const char *source_bare_name(const char *spec);

/* Closes the n sources that were opened before one could not be, and sets n to 0. */
void sources_close(struct source **out, unsigned *n);

/* Says that spec names nothing, and what there is; always false, for those who open. */
bool source_no_interface(const char *spec, struct err *e);

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
