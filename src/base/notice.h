/* notice.h - a short sentence with one writer and any number of readers, without locks.
 *
 * There is room for two: the version's lowest bit says which one stands, the writer fills the other
 * and then moves the version on. So a writer that is stopped in the middle keeps nobody waiting. A
 * reader that saw a word of a newer sentence also sees that the version moved, and reads once more.
 */
#ifndef WEIR_BASE_NOTICE_H
#define WEIR_BASE_NOTICE_H

#include <string.h>

#include "base/counter.h"

enum { NOTICE_BYTES = 96, NOTICE_WORDS = NOTICE_BYTES / 8, NOTICE_TRIES = 1000 };

/* Zeroed it says "". */
struct notice {
    counter_t version;
    counter_t word[2][NOTICE_WORDS];
};

/* The owner's thread only. What is longer is cut. */
static inline void notice_set(struct notice *n, const char *text)
{
    char bytes[NOTICE_BYTES] = "";
    uint64_t word[NOTICE_WORDS];
    for (unsigned i = 0; i < NOTICE_BYTES - 1 && text[i]; i++)
        bytes[i] = text[i];
    memcpy(word, bytes, sizeof word);
    uint64_t version = atomic_load_explicit(&n->version, memory_order_relaxed) + 1;
    for (unsigned i = 0; i < NOTICE_WORDS; i++)
        atomic_store_explicit(&n->word[version & 1][i], word[i], memory_order_release);
    atomic_store_explicit(&n->version, version, memory_order_release);
}

/* Any thread. */
static inline void notice_get(const struct notice *notice, char text[NOTICE_BYTES])
{
    struct notice *n = (struct notice *)(uintptr_t)notice;
    uint64_t word[NOTICE_WORDS];
    /* The writer would have to finish a sentence inside each of so many readings. */
    for (unsigned i = 0; i < NOTICE_TRIES; i++) {
        uint64_t version = atomic_load_explicit(&n->version, memory_order_acquire);
        for (unsigned k = 0; k < NOTICE_WORDS; k++)
            word[k] = atomic_load_explicit(&n->word[version & 1][k], memory_order_acquire);
        if (atomic_load_explicit(&n->version, memory_order_relaxed) == version)
            break;
    }
    memcpy(text, word, NOTICE_BYTES);
    text[NOTICE_BYTES - 1] = '\0';
}

#endif
