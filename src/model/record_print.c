/* record_print.c - a field's value as text, exact, in the form that the filter accepts back. */
#include "model/record.h"

#include <ctype.h>

#include "model/protos.h"
#include "model/words.h"

static void print_two(struct text *t, unsigned v)
{
    text_char(t, (char)('0' + v / 10 % 10));
    text_char(t, (char)('0' + v % 10));
}

/* 2017-06-12T20:56:31.000Z: RFC 3339 in UTC, to the millisecond. The day's date is computed in
 * the calendar that begins in March, where the leap day comes last. */
static void print_time(struct text *t, nsec_t time)
{
    int64_t seconds = time / SECOND, rest = time % SECOND;
    if (rest < 0) {
        rest += SECOND;
        seconds--;
    }
    int64_t days = seconds / 86400, second = seconds % 86400;
    if (second < 0) {
        second += 86400;
        days--;
    }
    days += 719468; /* from 1970-01-01 back to 0000-03-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day = days - era * 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    int64_t month = (5 * day + 2) / 153;
    day -= (153 * month + 2) / 5;
    month += month < 10 ? 3 : -9;
    text_i64(t, year + era * 400 + (month <= 2));
    text_char(t, '-');
    print_two(t, (unsigned)month);
    text_char(t, '-');
    print_two(t, (unsigned)day + 1);
    text_char(t, 'T');
    print_two(t, (unsigned)(second / 3600));
    text_char(t, ':');
    print_two(t, (unsigned)(second / 60 % 60));
    text_char(t, ':');
    print_two(t, (unsigned)(second % 60));
    text_char(t, '.');
    text_char(t, (char)('0' + rest / (100 * MILLISECOND)));
    print_two(t, (unsigned)(rest / MILLISECOND % 100));
    text_char(t, 'Z');
}

/* In ms to the microsecond; from a second on in s to the millisecond. */
static void print_usec(struct text *t, uint64_t us)
{
    if (us < 1000000) {
        text_fixed(t, (int64_t)us, 3);
        text_add(t, " ms");
    } else {
        text_fixed(t, (int64_t)(us / 1000), 3);
        text_add(t, " s");
    }
}

/* "ICMPv6", "TCP": capitals, except a v before a digit. */
static void print_l4(struct text *t, uint64_t value)
{
    const char *word = kind_word(KIND_l4, value);
    if (!word) {
        text_u64(t, value);
        return;
    }
    for (; *word; word++)
        text_char(t, *word == 'v' && isdigit((unsigned char)word[1])
                         ? *word
                         : (char)toupper((unsigned char)*word));
}

static void print_set(struct text *t, enum field_kind kind, uint64_t bits)
{
    const char *gap = kind == KIND_risk ? ", " : " ";
    for (bool first = true; bits; bits &= bits - 1, first = false) {
        unsigned bit = (unsigned)__builtin_ctzll(bits);
        const char *word = kind_word(kind, bit);
        if (!first)
            text_add(t, gap);
        if (word)
            text_add(t, word);
        else
            text_u64(t, bit);
    }
}

static void print_hex16(struct text *t, uint64_t value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};
    text_add(t, "0x");
    text_hex(t, bytes, sizeof bytes);
}

static void print_icmp(struct text *t, const struct record *r, uint64_t value)
{
    uint8_t type = (uint8_t)(value >> 8), code = (uint8_t)value;
    const char *name = icmp_name(r->version == 6, type, code);
    if (name) {
        text_add(t, name);
        return;
    }
    text_u64(t, type);
    text_char(t, '/');
    text_u64(t, code);
}

static void print_word(struct text *t, enum field_kind kind, uint64_t value)
{
    const char *word = kind_word(kind, value);
    if (word)
        text_add(t, word);
    else if (kind == KIND_tls_version || kind == KIND_tls_cipher)
        print_hex16(t, value);
    else
        text_u64(t, value);
}

static void print_number(struct text *t, const struct record *r, const struct field *f)
{
    uint64_t value = record_number(r, f);
    switch (f->kind) {
    case KIND_ratio:
        text_fixed(t, (int64_t)value, 2);
        text_add(t, " %");
        break;
    case KIND_time:
        print_time(t, (nsec_t)value);
        break;
    case KIND_duration:
        print_usec(t, value / 1000);
        break;
    case KIND_usec:
        print_usec(t, value);
        break;
    case KIND_l4:
        print_l4(t, value);
        break;
    case KIND_icmp:
        print_icmp(t, r, value);
        break;
    case KIND_problem:
        text_add(t, problem_title(value));
        break;
    case KIND_tcp_flags:
    case KIND_tunnels:
    case KIND_risk:
        print_set(t, f->kind, value);
        break;
    default:
        print_word(t, f->kind, value);
    }
}

void record_print(struct text *t, const struct record *r, const struct field *f)
{
    char buf[100];
    const uint8_t *bytes;
    size_t len;
    switch (f->kind) {
    case KIND_none:
        break;
    case KIND_string:
        bytes = tail_get(&r->tail, f->string, &len);
        if (bytes)
            text_add_n(t, bytes, len);
        break;
    case KIND_addr:
        len = addr_print((const struct addr *)((const uint8_t *)r + f->offset), buf);
        text_add_n(t, buf, len);
        break;
    case KIND_mac:
        len = mac_print((const struct mac *)((const uint8_t *)r + f->offset), buf);
        text_add_n(t, buf, len);
        break;
    case KIND_app:
        text_add_n(t, buf, protos_full_name(r->l7_master, r->l7_app, buf));
        break;
    case KIND_app_id:
        if (r->l7_master && r->l7_app && r->l7_master != r->l7_app) {
            text_u64(t, r->l7_master);
            text_char(t, '.');
        }
        text_u64(t, record_number(r, f));
        break;
    case KIND_flow_id:
        record_flow_id(r, buf);
        text_add(t, buf);
        break;
    case KIND_community_id:
        record_community_id(r, buf);
        text_add(t, buf);
        break;
    default:
        print_number(t, r, f);
    }
}
