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

/* Where this program lies, for advice such as "setcap ... PATH". Any thread. */
enum { SOURCE_PATH = 256 };
void source_program_path(char path[SOURCE_PATH]);

/* What this machine itself does with what arrives on an interface, or on the bridge or bond that
 * the interface belongs to. */
enum source_host_use { HOST_USE_NONE, HOST_USE_ADDRESS, HOST_USE_DEFAULT_ROUTE };

/* With an address of the interface in address[SOURCE_ADDRESS], "" when it has none but of the
 * link-local kind. */
enum { SOURCE_ADDRESS = 48 };
enum source_host_use source_host_use(const char *name, char address[SOURCE_ADDRESS]);

#endif
