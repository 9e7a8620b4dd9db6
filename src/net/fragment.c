/* fragment.c - a set-associative memory of first fragments. */
#include "net/fragment.h"

#include "base/alloc.h"
#include "base/cursor.h"
#include "base/hash.h"

enum { WAYS = 4, SETS = 4096 };

#define FRAGMENT_LIFE MINUTE

/* 32 bytes: two to a cache line. */
struct entry {
    uint64_t tag[2]; /* both 0 = free */
    nsec_t ts;
    struct fragment_ports ports;
};

struct fragments {
    struct entry set[SETS][WAYS];
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
    d.tag[0] |= 1; /* never free */
    return d;
}

static bool is_alive(const struct entry *e, nsec_t now)
{
    return (e->tag[0] | e->tag[1]) && now - e->ts <= FRAGMENT_LIFE && e->ts - now <= FRAGMENT_LIFE;
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

bool fragments_put(struct fragments *f, const struct packet *p, uint8_t proto, uint32_t id)
{
    struct digest d = digest_of(p, proto, id);
    struct entry *set = f->set[d.tag[1] % SETS];
    struct entry *victim = &set[0];
    for (unsigned i = 0; i < WAYS; i++) {
        if (!memcmp(set[i].tag, d.tag, sizeof d.tag)) {
            victim = &set[i];
            break;
        }
        if (is_alive(victim, p->ts) && (!is_alive(&set[i], p->ts) || set[i].ts < victim->ts))
            victim = &set[i];
    }
    bool had_room = !is_alive(victim, p->ts) || !memcmp(victim->tag, d.tag, sizeof d.tag);
    *victim = (struct entry){
        .tag = {d.tag[0], d.tag[1]}, .ts = p->ts, .ports = {p->src_port, p->dst_port, p->proto}};
    return had_room;
}

bool fragments_get(const struct fragments *f, const struct packet *p, uint8_t proto, uint32_t id,
                   struct fragment_ports *ports)
{
    struct digest d = digest_of(p, proto, id);
    const struct entry *set = f->set[d.tag[1] % SETS];
    for (unsigned i = 0; i < WAYS; i++) {
        if (!memcmp(set[i].tag, d.tag, sizeof d.tag) && is_alive(&set[i], p->ts)) {
            *ports = set[i].ports;
            return true;
        }
    }
    return false;
}
