/* udp_socket.h - sockets of a collector: shared by workers, each exporter always at the same one. */
#ifndef WEIR_IO_UDP_SOCKET_H
#define WEIR_IO_UDP_SOCKET_H

#include "io/udp_address.h"

/* A bound socket that never blocks, number `number` of `workers` on the port. type: SOCK_DGRAM or
 * SOCK_STREAM, which also listens. Port 0 is replaced in *a by what the kernel chose. buffer: bytes of
 * the receive buffer, 0 = 32 MB where the kernel allows. -1 with a sentence. */
int udp_socket_open(struct udp_address *a, unsigned port, int type, unsigned number,
                    unsigned workers, uint64_t buffer, const char *spec, struct err *e);

/* Datagrams that the socket had no room for since it was opened, modulo 2^32. */
uint32_t udp_socket_drops(int fd);

#endif
