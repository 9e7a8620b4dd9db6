/* vendor.h - who made a network card, from the IEEE's list where the machine has one. */
#ifndef WEIR_FACE_VENDOR_H
#define WEIR_FACE_VENDOR_H

#include <stdint.h>

/* Reads the first list of Debian's ieee-data, arp-scan or nmap that is there; none is fine. Once,
 * before threads. vendor_free() gives it back. */
void vendor_load(void);
void vendor_free(void);

/* Maker of a MAC address of 48 bits, "" when unknown or made up by software. Any thread. */
const char *vendor_find(uint64_t mac);

#endif
