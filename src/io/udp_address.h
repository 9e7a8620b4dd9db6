/* udp_address.h - where exporters send to: "udp://[address]:port[,port...]" in words and as an address. */
#ifndef WEIR_IO_UDP_ADDRESS_H
#define WEIR_IO_UDP_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/err.h"
#include "net/addr.h"

enum { UDP_PORTS = 16 };

/* An address of this machine, or all of them, and ports. */
struct udp_address {
    bool any;                 /* all addresses, IPv4 and IPv6 */
    struct addr addr;         /* else this one */
    uint16_t port[UDP_PORTS]; /* 0 lets the kernel choose */
    unsigned ports;
};

/* Understands what stands behind "scheme://". False with a sentence; spec is for that sentence. */
bool udp_address_parse(const char *text, const char *spec, struct udp_address *a, struct err *e);

/* The socket address of one port, of IPv6 or IPv4. Returns its length. */
socklen_t udp_address_to_socket(const struct udp_address *a, unsigned port, bool v6,
                                struct sockaddr_storage *out);
/* Who a socket address is; its port is written to *port. */
struct addr udp_address_of(const struct sockaddr_storage *from, uint16_t *port);

#endif
