/* live_link.h - what a live source knows of its interface: whether it is there and up, what the
 * card lost, and the words that say so. */
#ifndef WEIR_IO_LIVE_LINK_H
#define WEIR_IO_LIVE_LINK_H

#include "engine/plug.h"

enum presence { PRESENCE_UP, PRESENCE_DOWN, PRESENCE_ABSENT };

/* How often an idle or absent interface is looked at when nobody told of a change. */
#define LIVE_LOOK_EVERY SECOND

/* Part of a source, its thread's own. */
struct live_link {
    struct source *base;
    const char *name; /* borrowed; as it was called when it was opened */
    int ifindex;      /* 0 = all interfaces */
    unsigned queue;   /* which worker's; 0 speaks for all in logs and counts the card's drops */
    enum presence presence;
    bool has_baseline;
    uint64_t card_drops; /* of the interface when it was last looked at */
};

/* Sets the words of the source's state, and logs when the presence is another than before. */
void live_link_say(struct live_link *l, enum presence presence, const char *words);

/* The three things there are to say. up adds what stands in front ("up: zero copy" or "up") and the
 * new name when the interface has one. */
void live_link_say_absent(struct live_link *l);
void live_link_say_down(struct live_link *l);
void live_link_say_up(struct live_link *l, const char *words, const char *name_now);

/* Adds what the card lost since the last call to the source's counts; one queue counts for all. */
void live_link_count_card(struct live_link *l);

/* The next count belongs to another interface: it is only noted. */
void live_link_forget_card(struct live_link *l);

/* True when an interface bears the name and is switched on. */
bool live_link_is_up(const char *name);

#endif
