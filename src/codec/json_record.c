/* json_record.c - records as JSON: one line with the seeds' names.
 *
 * The line of a flow is the hottest output of all: room is taken once per record, the rows of
 * fields.def unroll into straight code with constant keys, and digits go straight to their place.
 * No printf, no allocation beyond the growth of the text.
 */
#include "codec/json_record.h"

#include <assert.h>
#include <string.h>

#include "base/cursor.h"
#include "model/protos.h"

enum {
    WORD_MOST = 200,  /* a longer word is left out */
    LINE_MOST = 8192, /* all rows that are not strings, at their longest */
    STRING_MOST = 64, /* key, quotes and comma of a string */
    ESCAPE_MOST = 6   /* bytes that one byte of a string may become */
};

/* Rows that stand on the line also when they are 0. */
static const bool always[FIELDS] = {
    [FIELD_first] = true,       [FIELD_last] = true,         [FIELD_client] = true,
    [FIELD_client_port] = true, [FIELD_server] = true,       [FIELD_server_port] = true,
    [FIELD_proto] = true,       [FIELD_vlan] = true,         [FIELD_sent_packets] = true,
    [FIELD_sent_bytes] = true,  [FIELD_rcvd_packets] = true, [FIELD_rcvd_bytes] = true,
    [FIELD_app] = true,         [FIELD_l7] = true,
};

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

static inline char *put(char *at, const char *bytes, size_t n)
{
    memcpy(at, bytes, n);
    return at + n;
}

static unsigned digits_of(uint64_t v)
{
    unsigned n = 1;
    for (; v >= 10000; v /= 10000)
        n += 4;
    return n + (v >= 10) + (v >= 100) + (v >= 1000);
}

static char *put_u64(char *at, uint64_t v)
{
    if (v < 10) {
        *at = (char)('0' + v);
        return at + 1;
    }
    char *end = at + digits_of(v);
    char *to = end;
    for (; v >= 100; v /= 100) {
        to -= 2;
        memcpy(to, pairs + v % 100 * 2, 2);
    }
    if (v >= 10)
        memcpy(to - 2, pairs + v * 2, 2);
    else
        to[-1] = (char)('0' + v);
    return end;
}

/* Microseconds as milliseconds: 41.224 */
static char *put_ms(char *at, uint64_t us)
{
    at = put_u64(at, us / 1000);
    unsigned rest = (unsigned)(us % 1000);
    at[0] = '.';
    at[1] = (char)('0' + rest / 100);
    memcpy(at + 2, pairs + rest % 100 * 2, 2);
    return at + 4;
}

static uint64_t seconds(nsec_t time)
{
    return time > 0 ? (uint64_t)(time / SECOND) : 0;
}

static char *put_times(char *at, nsec_t time, enum field_id id, const char *key, size_t key_len)
{
    static const char first_key[] = ",\"FIRST_SWITCHED\":", last_key[] = ",\"LAST_SWITCHED\":";
    at = put(at, key, key_len);
    at = put_u64(at, time > 0 ? (uint64_t)(time / MILLISECOND) : 0);
    if (id == FIELD_first)
        at = put(at, first_key, sizeof first_key - 1);
    else
        at = put(at, last_key, sizeof last_key - 1);
    return put_u64(at, seconds(time));
}

/* The key says IPV4; of an IPv6 address it says IPV6. */
static char *put_addr(char *at, const struct addr *a, const char *key, size_t key_len)
{
    char *name = at;
    at = put(at, key, key_len);
    if (!addr_is_v4(a)) {
        char *version = memmem(name, key_len, "IPV4_", 5);
        if (version)
            version[3] = '6';
    }
    *at++ = '"';
    at += addr_print(a, at);
    *at++ = '"';
    return at;
}

static char *put_mac(char *at, const struct mac *m, const char *key, size_t key_len)
{
    static const struct mac none;
    if (!memcmp(m, &none, sizeof none))
        return at;
    at = put(at, key, key_len);
    *at++ = '"';
    at += mac_print(m, at);
    *at++ = '"';
    return at;
}

static char *put_app_id(char *at, const struct record *r, const char *key, size_t key_len)
{
    at = put(at, key, key_len);
    if (!r->l7_master || !r->l7_app || r->l7_master == r->l7_app)
        return put_u64(at, r->l7_app ? r->l7_app : r->l7_master);
    *at++ = '"';
    at = put_u64(at, r->l7_master);
    *at++ = '.';
    at = put_u64(at, r->l7_app);
    *at++ = '"';
    return at;
}

static char *put_community_id(char *at, const struct record *r, const char *key, size_t key_len)
{
    char id[32];
    record_community_id(r, id);
    if (!*id)
        return at;
    at = put(at, key, key_len);
    *at++ = '"';
    at = put(at, id, strlen(id));
    *at++ = '"';
    return at;
}

/* True when the bytes can stand between quotes as they are. Eight at a time: a byte's top bit is
 * set in `odd` when it is below a blank, a quote, a backslash, or not ASCII. A borrow may mark the
 * byte above as well, which only sends a plain text the slow way. */
static bool is_plain(const char *bytes, size_t n)
{
    const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
    uint64_t odd = 0;
    for (; n >= 8; n -= 8, bytes += 8) {
        uint64_t w;
        memcpy(&w, bytes, sizeof w);
        uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';
        odd |= (w - ones * ' ') | w | ((quote - ones) & ~quote) | ((slash - ones) & ~slash);
    }
    for (; n; n--, bytes++)
        if (*bytes < ' ' || *bytes == '"' || *bytes == '\\')
            return false;
    return !(odd & tops);
}

/* Names come from libndpi or from the user's file of protocols, so they may hold anything; at most
 * 99 bytes become 6 each. */
static char *put_app(char *at, const struct record *r, const char *key, size_t key_len)
{
    char name[100];
    size_t n = protos_full_name(r->l7_master, r->l7_app, name);
    at = put(at, key, key_len);
    if (is_plain(name, n)) {
        *at++ = '"';
        at = put(at, name, n);
        *at++ = '"';
        return at;
    }
    struct text quoted = {0};
    json_quote(&quoted, name, n);
    at = put(at, quoted.data ? quoted.data : "\"\"", quoted.data ? quoted.len : 2);
    text_free(&quoted);
    return at;
}

/* The word of an enumeration; a set of them as it prints. */
static char *put_word(char *at, const struct record *r, const struct field *f, const char *key,
                      size_t key_len)
{
    struct text printed = {0};
    const char *word = f->kind == KIND_tunnels ? NULL : kind_word(f->kind, record_number(r, f));
    size_t n = word ? strlen(word) : 0;
    if (f->kind == KIND_tunnels) {
        record_print(&printed, r, f);
        word = printed.data ? printed.data : "";
        n = printed.len;
    }
    if (n && n < WORD_MOST && is_plain(word, n)) {
        at = put(at, key, key_len);
        *at++ = '"';
        at = put(at, word, n);
        *at++ = '"';
    }
    text_free(&printed);
    return at;
}

static char *put_flow_id(char *at, const struct record *r, const char *key, size_t key_len)
{
    char id[33];
    record_flow_id(r, id);
    at = put(at, key, key_len);
    *at++ = '"';
    at = put(at, id, 32);
    *at++ = '"';
    return at;
}

static char *put_duration(char *at, const struct record *r, const char *key, size_t key_len)
{
    uint64_t ns = record_number(r, &field_table[FIELD_duration]);
    return put_ms(put(at, key, key_len), ns / (uint64_t)MICROSECOND);
}

/* Each kind of field names the way in which it is written. */
#define VALUE_none(m) record_number(r, &field_table[FIELD_##m])
#define VALUE_u8(m)   r->m
#define VALUE_u16(m)  r->m
#define VALUE_u32(m)  r->m
#define VALUE_u64(m)  r->m

#define KEY(seed) ",\"" seed "\":", sizeof seed + 3
#define LINE_number(m, type, seed)                                                                 \
    if (VALUE_##type(m) || always[FIELD_##m])                                                      \
        at = put_u64(put(at, KEY(seed)), VALUE_##type(m));
#define LINE_usec(m, type, seed)                                                                   \
    if (VALUE_##type(m))                                                                           \
        at = put_ms(put(at, KEY(seed)), VALUE_##type(m));
#define LINE_dns_code(m, type, seed)                                                               \
    if (record_has(r, &field_table[FIELD_##m]))                                                    \
        at = put_u64(put(at, KEY(seed)), VALUE_##type(m));
#define LINE_word(m, type, seed)                                                                   \
    if (record_has(r, &field_table[FIELD_##m]))                                                    \
        at = put_word(at, r, &field_table[FIELD_##m], KEY(seed));
#define LINE_icmp                LINE_dns_code
#define LINE_time(m, type, seed) at = put_times(at, r->m, FIELD_##m, KEY(seed));
#define LINE_addr(m, type, seed)                                                                   \
    if (always[FIELD_##m] || !addr_is_none(&r->m))                                                 \
        at = put_addr(at, &r->m, KEY(seed));
#define LINE_mac(m, type, seed)          at = put_mac(at, &r->m, KEY(seed));
#define LINE_app(m, type, seed)          at = put_app(at, r, KEY(seed));
#define LINE_app_id(m, type, seed)       at = put_app_id(at, r, KEY(seed));
#define LINE_community_id(m, type, seed) at = put_community_id(at, r, KEY(seed));
#define LINE_flow_id(m, type, seed)      at = put_flow_id(at, r, KEY(seed));
#define LINE_none(m, type, seed)
#define LINE_ratio                   LINE_number
#define LINE_duration(m, type, seed) at = put_duration(at, r, KEY(seed));
#define LINE_count                   LINE_number
#define LINE_packets                 LINE_number
#define LINE_bytes                   LINE_number
#define LINE_bps                     LINE_number
#define LINE_pps                     LINE_number
#define LINE_port                    LINE_number
#define LINE_l4                      LINE_number
#define LINE_tcp_flags               LINE_number
#define LINE_tcp_state               LINE_word
#define LINE_flow_state              LINE_number
#define LINE_trend                   LINE_number
#define LINE_flag                    LINE_number
#define LINE_dscp                    LINE_number
#define LINE_category                LINE_word
#define LINE_breed                   LINE_word
#define LINE_confidence              LINE_word
#define LINE_risk                    LINE_number
#define LINE_problem                 LINE_word
#define LINE_locality                LINE_word
#define LINE_client_reason           LINE_word
#define LINE_end_reason              LINE_number
#define LINE_observed                LINE_word
#define LINE_sampling_source         LINE_word
#define LINE_tunnels                 LINE_word
#define LINE_tls_version             LINE_number
#define LINE_tls_cipher              LINE_number
#define LINE_dns_type                LINE_number

/* All rows but the strings, each with a comma in front. */
static char *put_rows(char *at, const struct record *r)
{
#define FIELD(m, type, kind, seed, ...)                                                            \
    if (sizeof seed > 1) {                                                                         \
        LINE_##kind(m, type, seed)                                                                 \
    }
#define STRING(...)
#include "model/fields.def"
#undef FIELD
#undef STRING
    return at;
}

static void add_string(struct text *t, const char *key, size_t key_len, const char *bytes, size_t n)
{
    char *at = put(t->data + t->len, key, key_len);
    if (is_plain(bytes, n)) {
        *at++ = '"';
        at = put(at, bytes, n);
        *at++ = '"';
        t->len = (size_t)(at - t->data);
        return;
    }
    t->len = (size_t)(at - t->data);
    json_quote(t, bytes, n);
}

/* The strings in the order of fields.def, whatever theirs is in the tail: one walk through the tail
 * notes where each one stands. */
static void add_strings(struct text *t, const struct record *r)
{
    const uint8_t *head[STRINGS] = {NULL};
    struct cursor c =
        cur_over(r->tail.bytes, r->tail.used < TAIL_BYTES ? r->tail.used : TAIL_BYTES);
    const uint8_t *p;
    while ((p = cur_take(&c, 2)) && cur_take(&c, p[1]))
        if (p[0] < STRINGS && !head[p[0]])
            head[p[0]] = p;
#define FIELD(...)
#define STRING(m, seed, ...)                                                                       \
    if (sizeof seed > 1 && head[STRING_##m])                                                       \
        add_string(t, KEY(seed), (const char *)head[STRING_##m] + 2, head[STRING_##m][1]);
#include "model/fields.def"
#undef FIELD
#undef STRING
}

void record_to_json_seed(struct text *t, const struct record *r)
{
    if (!text_reserve(t, LINE_MOST + STRINGS * STRING_MOST + r->tail.used * (size_t)ESCAPE_MOST))
        return;
    size_t start = t->len;
    char *end = put_rows(t->data + start, r);
    t->len = (size_t)(end - t->data);
    assert(t->len - start < LINE_MOST);
    if (r->tail.used)
        add_strings(t, r);
    t->data[start] = '{'; /* in place of the first comma */
    text_char(t, '}');
}
