/* source_names.h - names and numbers of interfaces, as the kinds of sources ask for them. */
#ifndef WEIR_IO_SOURCE_NAMES_H
#define WEIR_IO_SOURCE_NAMES_H

#include <stdbool.h>
#include <stdint.h>

/* The number of the interface that spec names or numbers, with its name in name[IF_NAMESIZE]; 0
 * when there is none. Any thread. */
unsigned source_interface(const char *spec, char *name);

/* Packets the card had no room for since it was made, as its driver tells (rx_missed_errors). The
 * kernel's rx_dropped is of no use here: it counts packets that nobody but us wanted, and that we
 * have. False when nothing is known. */
bool source_card_drops(const char *name, unsigned ifindex, uint64_t *drops);

#endif
