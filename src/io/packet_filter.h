/* packet_filter.h - a BPF expression (-B) that is put to frames of any link type.
 *
 * The expression means something else to each link type, so there is a program per link type,
 * compiled by libpcap when the first such frame comes.
 */
#ifndef WEIR_IO_PACKET_FILTER_H
#define WEIR_IO_PACKET_FILTER_H

#include "base/err.h"
#include "net/packet.h"

struct packet_filter;

/* Compiles the text for the usual link types to see that it means something. NULL with the
 * compiler's complaint when it does to none. The caller owns the filter; one thread uses it. */
struct packet_filter *packet_filter_new(const char *text, struct err *e);
void packet_filter_free(struct packet_filter *f);

/* True when the frame passes. Frames of a link type for which the expression means nothing (Ethernet
 * addresses on raw IP) do not. */
bool packet_filter_match(struct packet_filter *f, const struct frame *frame);

/* libpcap's own number (DLT_) for a LINKTYPE. */
int packet_filter_dlt(uint16_t link);

#endif
