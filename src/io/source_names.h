/* source_names.h - names and numbers of interfaces, as the kinds of sources ask for them. */
#ifndef WEIR_IO_SOURCE_NAMES_H
#define WEIR_IO_SOURCE_NAMES_H

#include <stdbool.h>
#include <stdint.h>

/* The number of the interface that spec names or numbers, with its name in name[IF_NAMESIZE]; 0
 * when there is none. Any thread. */
unsigned source_interface(const char *spec, char *name);

/* Packets the card or its driver lost since it was made, as the kernel tells (/proc/net/dev, column
 * drop of the receiving side). False when it does not tell. */
bool source_card_drops(const char *name, uint64_t *drops);

#endif
