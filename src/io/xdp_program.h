/* xdp_program.h - the XDP program that sends an interface's frames to AF_XDP sockets.
 *
 * Five instructions of our own: "give the frame to the socket of its receive queue; if there is
 * none, let it pass to the kernel". It is held by a bpf_link, which the kernel takes back with our
 * last descriptor: after a crash nothing stays on the interface.
 */
#ifndef WEIR_IO_XDP_PROGRAM_H
#define WEIR_IO_XDP_PROGRAM_H

#include <stdbool.h>

#include "base/err.h"

enum { XDP_QUEUES_MAX = 256 };

struct xdp_program {
    int map, program, link; /* descriptors, -1 = none */
    bool is_native;         /* runs in the driver; else in the kernel's own, slower place */
};

#define XDP_PROGRAM_INIT                                                                           \
    {                                                                                              \
        .map = -1, .program = -1, .link = -1                                                       \
    }

/* Makes map and program; nothing is attached yet. False with a sentence; then nothing is open. */
bool xdp_program_load(struct xdp_program *p, const char *name, struct err *e);

/* Sends the frames of this receive queue to the socket from now on. */
bool xdp_program_add(struct xdp_program *p, unsigned queue, int socket, struct err *e);

/* Lets the frames of the interface run through the program: in the driver where it can. */
bool xdp_program_attach(struct xdp_program *p, const char *name, int ifindex, struct err *e);

/* True when it is attached there, and nobody deleted the interface since. */
bool xdp_program_is_on(const struct xdp_program *p, int ifindex);

/* Takes it off the interface and closes everything; harmless on a closed one. */
void xdp_program_close(struct xdp_program *p);

#endif
