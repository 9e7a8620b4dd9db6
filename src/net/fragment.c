/* fragment.c - a memory of first fragments: a ring of entries with chains by hash. */
#include "net/fragment.h"

#include "base/alloc.h"
#include "base/cursor.h"
#include "base/hash.h"

enum { ENTRIES = 16384, CHAINS = 16384 };

#define FRAGMENT_LIFE MINUTE

/* 32 bytes: two to a cache line. */
struct entry {
    uint64_t tag[2];
    nsec_t ts;
    struct fragment_ports ports;
    uint16_t next; /* in its chain; index + 1, 0 = none */
};

/* Entries are used in turn, so that it is always the oldest that makes room, whatever the hash. */
struct fragments {
    uint16_t chain[CHAINS]; /* index + 1 */
    struct entry entry[ENTRIES];
    uint32_t used; /* entries in use, until all are */
    uint32_t turn; /* the one used longest ago */
};

struct digest {
    uint64_t tag[2];
};

static struct digest digest_of(const struct packet *p, uint8_t proto, uint32_t id)
{
    uint64_t word[5] = {load_be64(p->src.byte), load_be64(p->src.byte + 8), load_be64(p->dst.byte),
                        load_be64(p->dst.byte + 8),
                        (uint64_t)id << 32 | (uint64_t)proto << 24 | (uint64_t)p->vlan << 12 |
                            p->vlan_inner};
    struct digest d = {{p->version, (uint64_t)p->version << 32}};
    for (unsigned i = 0; i < 5; i++) {
        d.tag[0] = hash_mum(d.tag[0] ^ word[i] ^ hash_seeds[i % 4], hash_seeds[(i + 1) % 4] ^ i);
        d.tag[1] =
            hash_mum(d.tag[1] ^ word[4 - i] ^ hash_seeds[(i + 2) % 4], hash_seeds[(i + 3) % 4] ^ i);
    }
    return d;
}

static bool is_alive(const struct entry *e, nsec_t now)
{
    return now - e->ts <= FRAGMENT_LIFE && e->ts - now <= FRAGMENT_LIFE;
}

static struct entry *find(const struct fragments *f, const struct digest *d)
{
    for (unsigned at = f->chain[d->tag[1] % CHAINS]; at; at = f->entry[at - 1].next) {
        const struct entry *e = &f->entry[at - 1];
        if (e->tag[0] == d->tag[0] && e->tag[1] == d->tag[1])
            return (struct entry *)(uintptr_t)e;
    }
    return NULL;
}

static void unlink_entry(struct fragments *f, uint32_t index)
{
    uint16_t *link = &f->chain[f->entry[index].tag[1] % CHAINS];
    while (*link != index + 1)
        link = &f->entry[*link - 1].next;
    *link = f->entry[index].next;
}

struct fragments *fragments_new(struct err *e)
{
    struct fragments *f = mem_alloc(ACCOUNT_fragments, sizeof *f);
    if (!f)
        fail(e, "out of memory for the table of fragments (%zu bytes)", sizeof *f);
    return f;
}

void fragments_free(struct fragments *f)
{
    if (f)
        mem_free(ACCOUNT_fragments, f, sizeof *f);
}

/* An entry outside of all chains; *had_room is false when it was still waiting. */
static uint32_t take_entry(struct fragments *f, nsec_t now, bool *had_room)
{
    *had_room = true;
    if (f->used < ENTRIES)
        return f->used++;
    uint32_t index = f->turn;
    f->turn = (f->turn + 1) % ENTRIES;
    *had_room = !is_alive(&f->entry[index], now);
    unlink_entry(f, index);
    return index;
}

bool fragments_put(struct fragments *f, const struct packet *p, uint8_t proto, uint32_t id)
{
    struct digest d = digest_of(p, proto, id);
    struct fragment_ports ports = {p->src_port, p->dst_port, p->proto};
    struct entry *known = find(f, &d);
    if (known) {
        known->ts = p->ts;
        known->ports = ports;
        return true;
    }
    bool had_room;
    uint32_t index = take_entry(f, p->ts, &had_room);
    uint16_t *chain = &f->chain[d.tag[1] % CHAINS];
    f->entry[index] =
        (struct entry){.tag = {d.tag[0], d.tag[1]}, .ts = p->ts, .ports = ports, .next = *chain};
    *chain = (uint16_t)(index + 1);
    return had_room;
}

bool fragments_get(const struct fragments *f, const struct packet *p, uint8_t proto, uint32_t id,
                   struct fragment_ports *ports)
{
    struct digest d = digest_of(p, proto, id);
    const struct entry *e = find(f, &d);
    if (!e || !is_alive(e, p->ts))
        return false;
    *ports = e->ports;
    return true;
}
