/* peek_dns.c - the first question and the first address of a DNS message, also mDNS and LLMNR.
 *
 * Header (RFC 1035 4.1.1): id 2 | flags 2 | questions 2 | answers 2 | authority 2 | additional 2
 * Question (4.1.2): name | type 2 | class 2
 * Answer (4.1.3): name | type 2 | class 2 | ttl 4 | length 2 | data
 */
#include "engine/peek.h"

enum {
    DNS_RESPONSE_FLAG = 0x8000,
    DNS_OPCODES = 7,  /* 0 query ... 6 DSO; more are not DNS */
    DNS_NAME = 255,   /* bytes of a name, RFC 1035 2.3.4 */
    DNS_JUMPS = 32,   /* compression pointers followed in one name */
    DNS_ANSWERS = 32, /* records looked through for an address */
    TYPE_A = 1,
    TYPE_AAAA = 28,
    TYPE_OPT = 41
};

/* A name as text with dots. cur moves behind it; whole is the message that pointers point into.
 * "." for the root. False when it is broken. */
static bool read_name(struct cursor *cur, const struct cursor *whole, char *text, size_t *len)
{
    struct cursor c = *cur;
    bool jumped = false;
    *len = 0;
    for (int jumps = 0; jumps < DNS_JUMPS;) {
        uint8_t n = cur_u8(&c);
        if (!cur_ok(&c))
            return false;
        if (!n) {
            if (!jumped)
                *cur = c;
            if (!*len)
                text[(*len)++] = '.';
            return true;
        }
        if (n >= 0xc0) {
            size_t at = (size_t)(n & 0x3f) << 8 | cur_u8(&c);
            if (!cur_ok(&c) || at >= cur_left(whole))
                return false;
            if (!jumped)
                *cur = c;
            jumped = true;
            jumps++;
            c = cur_over(whole->at + at, cur_left(whole) - at);
            continue;
        }
        const uint8_t *label = n < 64 ? cur_take(&c, n) : NULL;
        if (!label || *len + n + 1 > DNS_NAME)
            return false;
        if (*len)
            text[(*len)++] = '.';
        memcpy(text + *len, label, n);
        *len += n;
    }
    return false;
}

static void keep_question(struct peek *k, const char *name, size_t len, uint16_t type)
{
    size_t old;
    if (tail_get(&k->names, STRING_dns_query, &old))
        return;
    tail_set(&k->names, STRING_dns_query, name, len);
    k->dns_type = type;
}

static void keep_address(struct peek *k, struct cursor data, uint16_t type)
{
    size_t old, want = type == TYPE_A ? 4 : 16;
    if ((type != TYPE_A && type != TYPE_AAAA) || tail_get(&k->names, STRING_dns_answer, &old))
        return;
    const uint8_t *bytes = cur_take(&data, want);
    if (!bytes)
        return;
    struct addr a = type == TYPE_A ? addr_v4(bytes) : addr_v6(bytes);
    char text[ADDR_TEXT];
    tail_set(&k->names, STRING_dns_answer, text, addr_print(&a, text));
}

static void read_answers(struct peek *k, struct cursor c, const struct cursor *whole, unsigned n)
{
    char name[DNS_NAME];
    size_t len;
    for (unsigned i = 0; i < n && i < DNS_ANSWERS; i++) {
        if (!read_name(&c, whole, name, &len))
            return;
        const uint8_t *fixed = cur_take(&c, 10);
        if (!fixed)
            return;
        uint16_t type = load_be16(fixed);
        struct cursor data = cur_sub(&c, load_be16(fixed + 8));
        if (!cur_ok(&c))
            return;
        /* mDNS announces without a question: what is announced is then the name. */
        keep_question(k, name, len, type);
        keep_address(k, data, type);
    }
}

bool peek_dns(struct peek *k, struct cursor c)
{
    const struct cursor whole = c;
    const uint8_t *h = cur_take(&c, 12);
    if (!h)
        return false;
    unsigned flags = load_be16(h + 2), questions = load_be16(h + 4), answers = load_be16(h + 6);
    if ((flags >> 11 & 15) >= DNS_OPCODES || questions + answers == 0 || questions > 64)
        return false;

    char name[DNS_NAME];
    size_t len;
    bool is_answer = flags & DNS_RESPONSE_FLAG;
    for (unsigned i = 0; i < questions; i++) {
        if (!read_name(&c, &whole, name, &len))
            return false;
        const uint8_t *fixed = cur_take(&c, 4);
        if (!fixed || load_be16(fixed) == TYPE_OPT)
            return false;
        if (i == 0)
            keep_question(k, name, len, load_be16(fixed));
    }
    if (is_answer && !k->dns_answered) {
        k->dns_answered = true;
        k->dns_code = flags & 15;
        read_answers(k, c, &whole, answers);
    }
    k->dns = true;
    return true;
}
