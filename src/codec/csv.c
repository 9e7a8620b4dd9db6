/* csv.c - records as comma-separated values (RFC 4180) that are safe to open in a spreadsheet. */
#include "codec/csv.h"

#include <string.h>

#include "model/words.h"

/* What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection). */
static bool is_formula(char first)
{
    return first == '=' || first == '+' || first == '-' || first == '@' || first == '\t' ||
           first == '\r';
}

void csv_cell(struct text *t, const void *bytes, size_t len)
{
    const char *from = bytes;
    bool formula = len && is_formula(*from);
    bool quoted = len && (*from == ' ' || from[len - 1] == ' ');
    for (size_t i = 0; i < len && !quoted; i++)
        quoted = from[i] == ',' || from[i] == '"' || from[i] == '\r' || from[i] == '\n';
    if (quoted)
        text_char(t, '"');
    if (formula)
        text_char(t, '\'');
    size_t done = 0;
    for (size_t i = 0; i < len; i++) {
        if (from[i] != '"' && from[i] != '\0')
            continue;
        text_add_n(t, from + done, i - done);
        if (from[i] == '"') /* doubled; a NUL, which no reader expects, is left out */
            text_add(t, "\"\"");
        done = i + 1;
    }
    text_add_n(t, from + done, len - done);
    if (quoted)
        text_char(t, '"');
}

void csv_end(struct text *t)
{
    text_add(t, "\r\n");
}

static const struct field *column(const struct field *const *fields, size_t n, size_t i)
{
    return n ? fields[i] : &field_table[i];
}

void csv_header(struct text *t, const struct field *const *fields, size_t n)
{
    bool first = true;
    for (size_t i = 0; i < (n ? n : field_count); i++) {
        const struct field *f = column(fields, n, i);
        if (f->kind == KIND_none)
            continue;
        if (!first)
            text_char(t, ',');
        csv_cell(t, f->api, strlen(f->api));
        first = false;
    }
    csv_end(t);
}

static void set_cell(struct text *t, enum field_kind kind, uint64_t bits)
{
    struct text joined = {0};
    for (; bits; bits &= bits - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(bits);
        const char *word = kind_word(kind, bit);
        if (joined.len)
            text_add(&joined, "; ");
        if (word)
            text_add(&joined, word);
        else
            text_u64(&joined, bit);
    }
    csv_cell(t, joined.data, joined.len);
    text_free(&joined);
}

static void text_cell(struct text *t, const struct record *r, const struct field *f)
{
    struct text value = {0};
    record_print(&value, r, f);
    csv_cell(t, value.data, value.len);
    text_free(&value);
}

static void value_cell(struct text *t, const struct record *r, const struct field *f)
{
    uint64_t value = record_number(r, f);
    const char *word;
    switch (f->kind) {
    case KIND_number:
    case KIND_count:
    case KIND_packets:
    case KIND_bytes:
    case KIND_bps:
    case KIND_pps:
    case KIND_port:
        text_u64(t, value);
        break;
    case KIND_ratio:
        text_fixed(t, (int64_t)value, 2);
        break;
    case KIND_time:
        text_i64(t, (int64_t)value / MILLISECOND);
        break;
    case KIND_duration:
        text_fixed(t, (int64_t)(value / (uint64_t)MICROSECOND), 3);
        break;
    case KIND_usec:
        text_fixed(t, (int64_t)value, 3);
        break;
    case KIND_tunnels:
    case KIND_risk:
        set_cell(t, f->kind, value);
        break;
    case KIND_app:
    case KIND_tcp_flags:
        text_cell(t, r, f);
        break;
    default:
        word = kind_has_words(f->kind) ? kind_word(f->kind, value) : NULL;
        if (word)
            csv_cell(t, word, strlen(word));
        else
            text_cell(t, r, f);
    }
}

/* Counters say 0 and judgements say none; everything else stays empty when it has nothing to say. */
static bool is_always(enum field_kind kind)
{
    return kind == KIND_problem || kind == KIND_confidence || kind == KIND_packets ||
           kind == KIND_bytes || kind == KIND_count || kind == KIND_bps || kind == KIND_pps ||
           kind == KIND_time || kind == KIND_duration || kind == KIND_port;
}

void csv_row(struct text *t, const struct record *r, const struct field *const *fields, size_t n)
{
    bool first = true;
    for (size_t i = 0; i < (n ? n : field_count); i++) {
        const struct field *f = column(fields, n, i);
        if (f->kind == KIND_none)
            continue;
        if (!first)
            text_char(t, ',');
        if (is_always(f->kind) || record_has(r, f))
            value_cell(t, r, f);
        first = false;
    }
    csv_end(t);
}
