/* collect.c - keeps the records of a reading in little memory and gives them back in order.
 *
 * Packed form: u16 length of the whole, one bit for each word of the record's fixed part, the words
 * that are not zero, the tail as it is. Two packed records are equal exactly when their bytes are,
 * which makes the last resort of the order.
 */
#include "app/collect.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_BYTES = 1 << 20,
    FIXED_WORDS = (int)((offsetof(struct record, tail) + 7) / 8),
    MAP_WORDS = (FIXED_WORDS + 63) / 64,
    HEAD_BYTES = 2 + MAP_WORDS * 8,
    PACKED_MAX = HEAD_BYTES + FIXED_WORDS * 8 + 2 + TAIL_BYTES,
};

struct collect_chunk {
    struct collect_chunk *next;
    size_t used;
    uint8_t bytes[CHUNK_BYTES];
};

static size_t pack(const struct record *r, uint8_t *to)
{
    uint64_t word[FIXED_WORDS] = {0}, map[MAP_WORDS] = {0};
    struct record bare;
    memcpy(&bare, r, offsetof(struct record, tail));
    bare.worker = bare.slot = bare.generation = 0;
    memcpy(word, &bare, offsetof(struct record, tail));

    size_t at = HEAD_BYTES;
    for (size_t i = 0; i < FIXED_WORDS; i++) {
        if (!word[i])
            continue;
        map[i / 64] |= 1ULL << i % 64;
        memcpy(to + at, &word[i], 8);
        at += 8;
    }
    uint16_t tail = r->tail.used <= TAIL_BYTES ? r->tail.used : TAIL_BYTES;
    memcpy(to + at, &tail, 2);
    memcpy(to + at + 2, r->tail.bytes, tail);
    at += 2U + tail;

    uint16_t len = (uint16_t)at;
    memcpy(to, &len, 2);
    memcpy(to + 2, map, sizeof map);
    return at;
}

static void unpack(const uint8_t *from, struct record *r)
{
    uint64_t word[FIXED_WORDS] = {0}, map[MAP_WORDS];
    memcpy(map, from + 2, sizeof map);
    size_t at = HEAD_BYTES;
    for (size_t i = 0; i < FIXED_WORDS; i++) {
        if (!(map[i / 64] >> i % 64 & 1))
            continue;
        memcpy(&word[i], from + at, 8);
        at += 8;
    }
    memcpy(r, word, offsetof(struct record, tail));
    memcpy(&r->tail.used, from + at, 2);
    memcpy(r->tail.bytes, from + at + 2, r->tail.used);
}

static uint8_t *room_for(struct keeper *c, size_t len)
{
    struct collect_chunk *chunk = c->chunks;
    if (!chunk || CHUNK_BYTES - chunk->used < len) {
        chunk = mem_alloc(ACCOUNT_records, sizeof *chunk);
        if (!chunk)
            return NULL;
        chunk->next = c->chunks;
        c->chunks = chunk;
    }
    uint8_t *p = chunk->bytes + chunk->used;
    chunk->used += len;
    return p;
}

static bool list_grow(struct keeper *c)
{
    if (c->n < c->room)
        return true;
    size_t room = c->room ? c->room * 2 : 1024;
    struct kept *more =
        mem_resize(ACCOUNT_records, c->kept, c->room * sizeof *more, room * sizeof *more);
    if (!more)
        return false;
    c->kept = more;
    c->room = room;
    return true;
}

static void keeper_record(struct sink *sink, const struct record *r)
{
    struct keeper *c = (struct keeper *)sink;
    c->seen++;
    if (!filter_match(c->filter, r))
        return;

    uint8_t packed[PACKED_MAX];
    size_t len = pack(r, packed);
    uint8_t *place = list_grow(c) ? room_for(c, len) : NULL;
    if (!place) {
        c->lost++;
        return;
    }
    memcpy(place, packed, len);
    c->kept[c->n++] = (struct kept){.packed = place};
}

void keeper_init(struct keeper *c, const struct filter *filter)
{
    *c = (struct keeper){.sink = {.record = keeper_record}, .filter = filter};
}

void keeper_fini(struct keeper *c)
{
    while (c->chunks) {
        struct collect_chunk *next = c->chunks->next;
        mem_free(ACCOUNT_records, c->chunks, sizeof *c->chunks);
        c->chunks = next;
    }
    mem_free(ACCOUNT_records, c->kept, c->room * sizeof *c->kept);
    c->kept = NULL;
    c->n = c->room = 0;
}

/* Kinds whose order is that of record_number(). */
static bool kind_is_number(enum field_kind kind)
{
    return kind != KIND_none && kind != KIND_string && kind != KIND_addr && kind != KIND_mac &&
           kind != KIND_app && kind != KIND_flow_id && kind != KIND_community_id;
}

/* Signed times before 1970 must stay below those after it. */
static uint64_t key_from_time(nsec_t t)
{
    return (uint64_t)t ^ 1ULL << 63;
}

static uint64_t key_of(const struct record *r, const struct order *order)
{
    if (!order->by)
        return key_from_time(r->first);
    if (!kind_is_number(order->by->kind))
        return 0;
    uint64_t value = record_number(r, order->by);
    return order->by->kind == KIND_time ? key_from_time((nsec_t)value) : value;
}

static int packed_compare(const uint8_t *a, const uint8_t *b)
{
    uint16_t a_len, b_len;
    memcpy(&a_len, a, 2);
    memcpy(&b_len, b, 2);
    int by_bytes = memcmp(a + 2, b + 2, (a_len < b_len ? a_len : b_len) - 2U);
    return by_bytes ? by_bytes : a_len - b_len;
}

static int kept_compare(const void *a_kept, const void *b_kept, void *order_ptr)
{
    const struct kept *a = a_kept, *b = b_kept;
    const struct order *order = order_ptr;
    if (a->key != b->key)
        return (a->key < b->key) != order->largest_first ? -1 : 1;

    struct record x, y;
    unpack(a->packed, &x);
    unpack(b->packed, &y);
    int by_field = 0;
    if (order->by && !kind_is_number(order->by->kind))
        by_field = record_compare(&x, &y, order->by);
    if (by_field)
        return order->largest_first ? -by_field : by_field;
    int by_order = record_order(&x, &y);
    return by_order ? by_order : packed_compare(a->packed, b->packed);
}

bool collection_gather(struct collection *all, const struct keeper *from, unsigned n,
                       const struct order *order, struct err *e)
{
    *all = (struct collection){0};
    for (unsigned i = 0; i < n; i++) {
        all->n += from[i].n;
        all->seen += from[i].seen;
        all->lost += from[i].lost;
    }
    if (!all->n)
        return true;
    all->kept = mem_alloc(ACCOUNT_records, all->n * sizeof *all->kept);
    if (!all->kept) {
        fail(e, "no memory to order %zu flow records", all->n);
        all->n = 0;
        return false;
    }

    size_t at = 0;
    struct record r;
    for (unsigned i = 0; i < n; i++) {
        for (size_t k = 0; k < from[i].n; k++) {
            unpack(from[i].kept[k].packed, &r);
            all->kept[at++] = (struct kept){key_of(&r, order), from[i].kept[k].packed};
        }
    }
    qsort_r(all->kept, all->n, sizeof *all->kept, kept_compare, (void *)(uintptr_t)order);
    return true;
}

void collection_free(struct collection *all)
{
    mem_free(ACCOUNT_records, all->kept, all->n * sizeof *all->kept);
    *all = (struct collection){0};
}

void collection_get(const struct collection *all, size_t index, struct record *r)
{
    unpack(all->kept[index].packed, r);
}
