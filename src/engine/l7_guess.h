/* l7_guess.h - between l7.c and l7_guess.c: questions to libndpi, and what it has answered. */
#ifndef WEIR_ENGINE_L7_GUESS_H
#define WEIR_ENGINE_L7_GUESS_H

#include "engine/l7.h"

enum { L7_PORT_ANSWERS = 256, L7_ADDRESSES = 2048 };

/* What a port alone says; app 0 is nothing. */
struct l7_by_port {
    uint16_t master, app;
    uint8_t category, breed, confidence;
};

/* Large, zeroed at first, and touched only where there is something to remember. Owner: its struct
 * l7. */
struct l7_memory {
    struct {
        uint32_t address;
        bool is_known, is_listed;
    } address[L7_ADDRESSES]; /* each in the place that its hash says, the newest wins */
    unsigned answers;
    struct l7_by_port answer[L7_PORT_ANSWERS];
    uint8_t of_port[2][65536]; /* TCP, UDP: 1 + index of the answer, 0 = not asked yet */
};

/* --- l7.c --- */
struct l7_memory *l7_memory_of(struct l7 *l);
/* Asks libndpi itself; addresses and ports in host order, the client's first, 0 = none. */
void l7_ask_guess(struct l7 *l, uint8_t proto, const uint32_t address[2], const uint16_t port[2],
                  struct l7_result *result);
/* Is the address in one of libndpi's lists of networks? */
bool l7_ask_listed(struct l7 *l, uint32_t address);

#endif
