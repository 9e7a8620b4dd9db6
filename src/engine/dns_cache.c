/* dns_cache.c - addresses and the names that DNS gave them. */
#include "engine/dns_cache.h"

#include "base/alloc.h"
#include "base/cursor.h"
#include "base/hash.h"

enum {
    ENTRIES = 8192,
    POINTERS = 16, /* compression pointers followed in one name */
    ANSWERS = 64,
    TYPE_A = 1,
    TYPE_AAAA = 28,
    CLASS_IN = 1
};

bool dns_cache_init(struct dns_cache *c, struct err *e)
{
    c->entry = mem_alloc(ACCOUNT_names, ENTRIES * sizeof *c->entry);
    return c->entry ? true : fail(e, "no memory for the table of DNS names");
}

void dns_cache_fini(struct dns_cache *c)
{
    if (c->entry)
        mem_free(ACCOUNT_names, c->entry, ENTRIES * sizeof *c->entry);
    c->entry = NULL;
}

static struct dns_entry *slot_of(const struct dns_cache *c, const struct addr *a)
{
    return &c->entry[hash_bytes(a, sizeof *a) % ENTRIES];
}

const struct dns_entry *dns_cache_find(const struct dns_cache *c, const struct addr *a)
{
    const struct dns_entry *e = slot_of(c, a);
    return e->name[0] && addr_equal(&e->addr, a) ? e : NULL;
}

/* Reads a name at the cursor into buf as dotted text. Labels that are no host name characters make
 * it unusable; the cursor always ends behind the name as it stands in the message. */
static bool read_name(const uint8_t *message, size_t len, struct cursor *c, char *buf)
{
    struct cursor at = *c;
    bool jumped = false;
    size_t n = 0;
    for (unsigned hops = 0; hops < POINTERS + 128;) {
        uint8_t label = cur_u8(&at);
        if (!cur_ok(&at))
            break;
        if (!label) {
            if (!jumped)
                *c = at;
            buf[n ? n - 1 : 0] = '\0';
            return n > 0;
        }
        hops++;
        if ((label & 0xc0) == 0xc0) {
            size_t to = (size_t)(label & 0x3f) << 8 | cur_u8(&at);
            if (!jumped)
                *c = at;
            jumped = true;
            if (to >= len || hops > POINTERS + 64)
                return false;
            at = cur_over(message + to, len - to);
            continue;
        }
        const uint8_t *text = cur_take(&at, label & 0x3f);
        if (!text)
            break;
        for (unsigned i = 0; i < (label & 0x3fu); i++) {
            bool fine = text[i] > ' ' && text[i] < 0x7f && n + 2 < DNS_NAME;
            if (fine)
                buf[n++] = (char)text[i];
        }
        if (n + 2 < DNS_NAME)
            buf[n++] = '.';
    }
    c->bad = true;
    return false;
}

void dns_cache_learn(struct dns_cache *c, const uint8_t *message, size_t len, bool is_mdns,
                     void (*learnt)(void *context, const struct dns_entry *entry), void *context)
{
    struct cursor at = cur_over(message, len);
    const uint8_t *head = cur_take(&at, 12);
    if (!head || !(head[2] & 0x80) || (head[3] & 15))
        return;
    unsigned questions = load_be16(head + 4), answers = load_be16(head + 6);
    char asked[DNS_NAME] = "", owner[DNS_NAME];
    for (unsigned i = 0; i < questions && i < 4; i++) {
        if (!read_name(message, len, &at, i ? owner : asked) || !cur_take(&at, 4))
            return;
    }
    for (unsigned i = 0; i < answers && i < ANSWERS; i++) {
        bool named = read_name(message, len, &at, owner);
        const uint8_t *fixed = cur_take(&at, 10);
        if (!fixed)
            return;
        unsigned type = load_be16(fixed), class = load_be16(fixed + 2) & 0x7fff;
        struct cursor data = cur_sub(&at, load_be16(fixed + 8));
        const uint8_t *bytes = cur_take(&data, type == TYPE_A ? 4 : type == TYPE_AAAA ? 16 : 0);
        if (!bytes || class != CLASS_IN || (type != TYPE_A && type != TYPE_AAAA) || !named)
            continue;
        struct dns_entry entry = {.addr = type == TYPE_A ? addr_v4(bytes) : addr_v6(bytes),
                                  .is_mdns = is_mdns};
        memcpy(entry.name, asked[0] ? asked : owner, DNS_NAME);
        *slot_of(c, &entry.addr) = entry;
        learnt(context, &entry);
    }
}
