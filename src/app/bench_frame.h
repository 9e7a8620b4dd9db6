/* bench_frame.h - writes frames of made-up traffic: Ethernet, a tag, a tunnel, IPv4 or IPv6, TCP or
 * UDP, all lengths and the IPv4 checksum as they should be.
 */
#ifndef WEIR_APP_BENCH_FRAME_H
#define WEIR_APP_BENCH_FRAME_H

#include <stdbool.h>
#include <stdint.h>

enum {
    FRAME_TUNNEL = 50,        /* bytes a VXLAN tunnel adds: Ethernet, IPv4, UDP, VXLAN */
    FRAME_LOCAL_HOSTS = 1000, /* the first so many hosts are local, as on a site of some size */
    FRAME_IPV6_MIN = 84       /* the least IPv6 frame with the payload that IPv4 has in 64 bytes */
};

/* What all frames of a run have in common. */
struct frame_form {
    uint32_t bytes; /* of the frame, or of what is in the tunnel */
    bool ipv6, vlan, tunnel;
};

/* What one frame says. Hosts are numbers: the first FRAME_LOCAL_HOSTS have local addresses. */
struct frame_plan {
    uint32_t client, server;
    uint16_t client_port, server_port;
    bool is_tcp, by_server;
    uint8_t flags; /* of TCP */
    uint32_t seq;
    const uint8_t *payload; /* NULL: whatever stands there, zeros in fresh memory */
    uint32_t payload_len;
};

/* Bytes of payload that make a frame of the form's size. */
uint32_t frame_room(const struct frame_form *form, bool is_tcp);

/* Bytes of the frames that are filled or shorter. */
uint32_t frame_bytes(const struct frame_form *form);

/* Writes the headers and the payload; returns the bytes of the frame, shorter ones padded to
 * frame_bytes(). The caller's memory has room for that and for the payload with 128 bytes. */
uint32_t frame_write(const struct frame_form *form, const struct frame_plan *plan, uint8_t *to);

/* A number out of another, the same on every machine, so that runs can be compared. */
uint64_t frame_mix(uint64_t x);

#endif
