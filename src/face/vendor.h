/* vendor.h - who made a network card, from the IEEE's list where the machine has one. */
#ifndef WEIR_FACE_VENDOR_H
#define WEIR_FACE_VENDOR_H

#include <stdint.h>

/* Reads the first list of Debian's ieee-data, arp-scan or nmap that is there; none is fine. Any
 * thread; only the first call of the process reads, and the table stays. */
void vendor_load(void);

/* Maker of a MAC address of 48 bits, "" when unknown or made up by software. Any thread, after
 * vendor_load(). */
const char *vendor_find(uint64_t mac);

#endif
