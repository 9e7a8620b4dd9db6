/* bench_talk.h - short conversations whose payload says what they are, for the bench of detection.
 *
 * A round holds all conversations, mixed packet by packet; each round has addresses of its own, so
 * that all its flows are new.
 */
#ifndef WEIR_APP_BENCH_TALK_H
#define WEIR_APP_BENCH_TALK_H

#include <stddef.h>

#include "app/bench_frame.h"
#include "base/err.h"

enum { TALK_STRIDE = 2048 /* room that a frame needs */ };

struct talk_step;

/* Packets of one round, of made-up conversations or of captures. */
struct talks {
    uint32_t flows;   /* of made-up conversations in a round; 0 for captures */
    uint32_t packets; /* in a round */
    struct talk_step *step;
    uint8_t *bytes; /* captures: their frames, one after the other */
    size_t bytes_n, bytes_cap;
    uint32_t steps_cap;
};

/* DNS, HTTP, TLS, SSH, NTP and protocols nobody knows, by TCP and UDP. False without memory. */
bool talks_make(struct talks *t, struct err *e);

/* The Ethernet frames of a capture, added to those of captures before. False with a sentence. */
bool talks_read(struct talks *t, const char *path, struct err *e);

/* Gives the memory back; the struct is empty again. */
void talks_free(struct talks *t);

/* Packet n, whose round has addresses of its own. A frame_maker. */
uint32_t talks_packet(void *talks, uint64_t n, uint8_t *to);

#endif
