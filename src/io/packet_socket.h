/* packet_socket.h - one AF_PACKET socket with its TPACKET_V3 ring, for source_afpacket alone.
 *
 * The ring is blocks of 1 MiB that the kernel fills and hands over when they are full or 60 ms old.
 * See Documentation/networking/packet_mmap.rst of Linux.
 */
#ifndef WEIR_IO_PACKET_SOCKET_H
#define WEIR_IO_PACKET_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct fanout;

enum { PACKET_BLOCK = 1024 * 1024, PACKET_RETIRE_MS = 60 };

/* What to open. */
struct packet_request {
    const char *name; /* for messages */
    int ifindex;      /* 0 = all interfaces */
    const char *bpf;  /* NULL or "" = everything */
    uint32_t snaplen;
    uint64_t ring_bytes;
    bool promiscuous;
    struct fanout *fanout; /* NULL = this socket sees everything alone */
};

struct packet_socket {
    int fd;        /* -1 = closed */
    uint8_t *ring; /* mapped, owned */
    size_t size;
    unsigned blocks;
    bool filters_here; /* the kernel cannot apply the filter: do it with each frame */
    int device_type;   /* ARPHRD_ of the interface; -1 for all of them */
    int link;          /* its LINKTYPE, -1 for none; only where there is one device */
};

/* Opens the ring, joins the others, and lets nothing through yet. False with a sentence; then
 * nothing stays open. */
bool packet_socket_open(struct packet_socket *s, const struct packet_request *r, struct err *e);
/* Opens the gate: from now on every packet that passes the filter gets into the ring. */
void packet_socket_begin(struct packet_socket *s, const struct packet_request *r);
void packet_socket_close(struct packet_socket *s);

/* True unless the kernel says that it has never heard of packet sockets. */
bool packet_socket_is_known(void);

/* The LINKTYPE of frames from a device of this type, or -1 for devices whose frames have no link
 * header that Weir reads; of these the network packet is taken. */
int packet_link_of(int device_type);

#endif
