/* filter_value.c - values of the filter language: numbers with units, addresses, words, times. */
#include "model/filter_tree.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "model/nearest.h"
#include "model/words.h"

enum { SHOWN = 40, VALUE_TEXT = 64 };

/* The value as an error shows it: quoted and not too long. */
static const char *shown(const struct value_want *w, char buf[SHOWN + 4])
{
    size_t n = w->len < SHOWN ? w->len : SHOWN;
    memcpy(buf, w->bytes, n);
    memcpy(buf + n, w->len > SHOWN ? "..." : "", w->len > SHOWN ? 4 : 1);
    return buf;
}

#define BAD(w, v, e, format) filter_fail(e, (v)->at, "'%s' " format, shown(w, (char[SHOWN + 4]){0}))

/* A number with decimals as it was written: digits / 10^decimals. */
struct decimal {
    uint64_t digits;
    unsigned decimals;
};

/* Reads digits and at most one point; returns how many bytes it took, 0 when there is no number. */
static size_t read_decimal(const char *s, size_t n, struct decimal *d)
{
    *d = (struct decimal){0};
    size_t i = 0;
    bool any = false, point = false;
    for (; i < n; i++) {
        if (s[i] == '.' && !point && i + 1 < n && isdigit((unsigned char)s[i + 1])) {
            point = true;
            continue;
        }
        if (!isdigit((unsigned char)s[i]))
            break;
        any = true;
        if (point && d->decimals >= 9)
            continue; /* finer than anything here is measured */
        unsigned digit = (unsigned)(s[i] - '0');
        if (d->digits > (UINT64_MAX - digit) / 10)
            return 0;
        d->digits = d->digits * 10 + digit;
        d->decimals += point;
    }
    return any ? i : 0;
}

/* d * unit, or false when it does not fit 64 bits. */
static bool scale(const struct decimal *d, uint64_t unit, uint64_t *out)
{
    __extension__ unsigned __int128 wide = (unsigned __int128)d->digits * unit;
    for (unsigned i = 0; i < d->decimals; i++)
        wide /= 10;
    if (wide > UINT64_MAX)
        return false;
    *out = (uint64_t)wide;
    return true;
}

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit count_units[] = {
    {"", 1},
    {"k", 1000},
    {"m", 1000000},
    {"g", 1000000000},
    {"t", 1000000000000},
    {"ki", 1ull << 10},
    {"mi", 1ull << 20},
    {"gi", 1ull << 30},
    {"ti", 1ull << 40},
};

static const struct unit time_units[] = {
    {"ns", 1},
    {"us", (uint64_t)MICROSECOND},
    {"", (uint64_t)MILLISECOND}, /* as the columns show it */
    {"ms", (uint64_t)MILLISECOND},
    {"s", (uint64_t)SECOND},
    {"sec", (uint64_t)SECOND},
    {"m", (uint64_t)MINUTE},
    {"min", (uint64_t)MINUTE},
    {"h", (uint64_t)HOUR},
    {"d", 24 * (uint64_t)HOUR},
};

static const struct unit *unit_find(const struct unit *units, size_t n, const char *name,
                                    size_t len)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(units[i].name) == len && !strncasecmp(units[i].name, name, len))
            return &units[i];
    return NULL;
}

static size_t skip_blanks(const char *s, size_t n, size_t i)
{
    while (i < n && s[i] == ' ')
        i++;
    return i;
}

/* What may be written behind the letter of a multiple, and changes nothing: 1 MB, 10 Mbit/s. */
static size_t without_measure(const char *s, size_t n)
{
    static const char *const measures[] = {"bit/s", "bps", "bytes", "byte", "packets", "pps", "b"};
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
        size_t len = strlen(measures[i]);
        if (n >= len && !strncasecmp(s + n - len, measures[i], len))
            return n - len;
    }
    return n;
}

static bool read_count(const char *s, size_t n, uint64_t *out)
{
    if (n > 2 && n <= 18 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
        uint64_t v = 0;
        for (size_t i = 2; i < n; i++) {
            if (!isxdigit((unsigned char)s[i]))
                return false;
            int digit =
                isdigit((unsigned char)s[i]) ? s[i] - '0' : tolower((unsigned char)s[i]) - 'a' + 10;
            v = v << 4 | (unsigned)digit;
        }
        *out = v;
        return true;
    }
    struct decimal d;
    size_t i = read_decimal(s, n, &d);
    if (!i)
        return false;
    i = skip_blanks(s, n, i);
    size_t end = without_measure(s + i, n - i);
    const struct unit *u =
        unit_find(count_units, sizeof count_units / sizeof *count_units, s + i, end);
    return u && scale(&d, u->factor, out);
}

/* One or more numbers with units: 2s, 41.2 ms, 1h30m. In nanoseconds. */
static bool read_duration(const char *s, size_t n, uint64_t *out)
{
    uint64_t sum = 0;
    size_t i = 0;
    do {
        struct decimal d;
        size_t used = read_decimal(s + i, n - i, &d);
        if (!used)
            return false;
        i = skip_blanks(s, n, i + used);
        size_t unit = i;
        while (i < n && isalpha((unsigned char)s[i]))
            i++;
        const struct unit *u =
            unit_find(time_units, sizeof time_units / sizeof *time_units, s + unit, i - unit);
        uint64_t part;
        if (!u || !scale(&d, u->factor, &part) || __builtin_add_overflow(sum, part, &sum))
            return false;
        i = skip_blanks(s, n, i);
    } while (i < n);
    *out = sum;
    return true;
}

static bool read_ratio(const char *s, size_t n, uint64_t *out)
{
    if (n && s[n - 1] == '%')
        n--;
    while (n && s[n - 1] == ' ')
        n--;
    struct decimal d;
    return read_decimal(s, n, &d) == n && n && scale(&d, 100, out);
}

/* A fixed number of digits; -1 when there are others. */
static int read_digits(const char **s, const char *end, unsigned n)
{
    int v = 0;
    for (; n; n--, ++*s) {
        if (*s >= end || !isdigit((unsigned char)**s))
            return -1;
        v = v * 10 + (**s - '0');
    }
    return v;
}

static bool take_char(const char **s, const char *end, const char *any)
{
    if (*s >= end || !strchr(any, **s))
        return false;
    ++*s;
    return true;
}

/* Days from 1970-01-01 in the calendar that begins in March. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = y / 400, rest = y % 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + rest * 365 + rest / 4 - rest / 100 + day_of_year - 719468;
}

/* "Z", "+02:00", "UTC" or nothing, which is UTC as well. In seconds east of Greenwich. */
static bool read_zone(const char **s, const char *end, int64_t *east)
{
    *east = 0;
    take_char(s, end, " ");
    if (end - *s == 3 && !strncasecmp(*s, "utc", 3)) {
        *s += 3;
        return true;
    }
    if (take_char(s, end, "Zz") || *s == end)
        return true;
    bool west = **s == '-';
    if (!take_char(s, end, "+-"))
        return false;
    int hours = read_digits(s, end, 2);
    take_char(s, end, ":");
    int minutes = read_digits(s, end, 2);
    *east = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
    return hours >= 0 && minutes >= 0;
}

/* RFC 3339, also with a blank for T, without seconds, or only the day. */
static bool read_date(const char *s, size_t n, uint64_t *out)
{
    const char *end = s + n;
    int year = read_digits(&s, end, 4);
    if (year < 1970 || !take_char(&s, end, "-"))
        return false;
    int month = read_digits(&s, end, 2);
    if (month < 1 || month > 12 || !take_char(&s, end, "-"))
        return false;
    int day = read_digits(&s, end, 2);
    if (day < 1 || day > 31)
        return false;
    int hour = 0, minute = 0, second = 0;
    struct decimal fraction = {0};
    if (take_char(&s, end, "Tt ")) {
        hour = read_digits(&s, end, 2);
        if (hour < 0 || hour > 23 || !take_char(&s, end, ":"))
            return false;
        minute = read_digits(&s, end, 2);
        if (minute < 0 || minute > 59)
            return false;
        if (take_char(&s, end, ":")) {
            second = read_digits(&s, end, 2);
            if (second < 0 || second > 60)
                return false;
            if (s + 1 < end && *s == '.' && isdigit((unsigned char)s[1])) {
                char text[16] = "0";
                size_t digits = 1;
                for (; s < end && (digits == 1 || isdigit((unsigned char)*s)); s++)
                    if (digits < sizeof text)
                        text[digits++] = *s;
                read_decimal(text, digits, &fraction);
            }
        }
    }
    int64_t east;
    uint64_t part;
    if (!read_zone(&s, end, &east) || s != end || !scale(&fraction, (uint64_t)SECOND, &part))
        return false;
    int64_t seconds = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - east;
    if (seconds < 0 || seconds > INT64_MAX / SECOND - 1)
        return false;
    *out = (uint64_t)seconds * (uint64_t)SECOND + part;
    return true;
}

/* Epoch seconds, or milliseconds when the number is too large for seconds of this millennium. */
static bool read_time(const char *s, size_t n, uint64_t *out)
{
    struct decimal d;
    if (n && read_decimal(s, n, &d) == n) {
        bool ms = d.digits >= 100000000000ull && !d.decimals;
        return scale(&d, (uint64_t)(ms ? MILLISECOND : SECOND), out);
    }
    return read_date(s, n, out);
}

static bool read_port(const char *s, size_t n, uint64_t *out)
{
    struct decimal d;
    if (!n || read_decimal(s, n, &d) != n || d.decimals || d.digits > UINT16_MAX)
        return false;
    *out = d.digits;
    return true;
}

/* How the numbers of a kind are read, and what is said when they cannot be. */
struct number_kind {
    bool (*read)(const char *, size_t, uint64_t *);
    const char *what;
};

static struct number_kind number_kind(enum field_kind kind)
{
    switch (kind) {
    case KIND_duration:
    case KIND_usec:
        return (struct number_kind){read_duration, "is not a duration such as 41ms, 2s or 5m"};
    case KIND_ratio:
        return (struct number_kind){read_ratio, "is not a percentage such as 50%"};
    case KIND_time:
        return (struct number_kind){read_time,
                                    "is not a time such as 2026-01-31T14:00 or epoch seconds"};
    case KIND_port:
        return (struct number_kind){read_port, "is not a port from 0 to 65535"};
    default:
        return (struct number_kind){read_count, "is not a number such as 443, 10k or 1.5M"};
    }
}

static bool is_equality(enum filter_op op)
{
    return op == OP_EQUAL || op == OP_NOT_EQUAL || op == OP_IN || op == OP_NOT_IN;
}

/* A number, or a range such as 1000-2000 where equality is asked for. */
static bool number_value(const struct value_want *w, enum field_kind kind, struct value *v,
                         struct filter_error *e)
{
    struct number_kind k = number_kind(kind);
    if (k.read(w->bytes, w->len, &v->low)) {
        v->high = v->low;
        return true;
    }
    const char *dash = memchr(w->bytes, '-', w->len);
    if (dash && kind != KIND_time) {
        size_t n = (size_t)(dash - w->bytes);
        uint64_t low, high;
        if (k.read(w->bytes, n, &low) && k.read(dash + 1, w->len - n - 1, &high)) {
            if (!is_equality((enum filter_op)w->test->op))
                return BAD(w, v, e, "is a range: use = != or in with it");
            if (low > high)
                return BAD(w, v, e, "runs backwards: the smaller number comes first");
            v->low = low;
            v->high = high;
            return true;
        }
    }
    return filter_fail(e, v->at, "'%s' %s", shown(w, (char[SHOWN + 4]){0}), k.what);
}

static bool text_value(const struct value_want *w, struct value *v)
{
    struct filter *f = w->filter;
    char *to = f->text + f->text_used;
    for (size_t i = 0; i < w->len; i++)
        to[i] = (char)tolower((unsigned char)w->bytes[i]);
    v->text = f->text_used;
    v->len = (uint32_t)w->len;
    f->text_used += v->len;
    return true;
}

static bool regex_value(const struct value_want *w, struct value *v, struct filter_error *e)
{
    struct filter *f = w->filter;
    if (f->regexes == FILTER_REGEXES)
        return filter_fail(e, v->at, "at most %d regular expressions are possible", FILTER_REGEXES);
    struct regex_error why = {0};
    struct regex *re = regex_compile(w->bytes, w->len, &why);
    if (!re)
        return filter_fail(e, v->at + (w->quoted ? 1 : 0) + why.at, "regular expression: %s",
                           why.text);
    f->regex[f->regexes++] = re;
    v->regex = re;
    return true;
}

static bool addr_value(const struct value_want *w, struct value *v, struct filter_error *e)
{
    char text[VALUE_TEXT];
    if (w->len < sizeof text) {
        memcpy(text, w->bytes, w->len);
        text[w->len] = '\0';
        if (prefix_parse(text, &v->prefix))
            return true;
    }
    return BAD(w, v, e,
               "is not an address or network such as 10.0.0.1 or 10.0.0.0/8; names are "
               "found by host=");
}

static bool mac_value(const struct value_want *w, struct value *v, struct filter_error *e)
{
    char text[VALUE_TEXT];
    if (w->len < sizeof text) {
        memcpy(text, w->bytes, w->len);
        text[w->len] = '\0';
        if (mac_parse(text, &v->mac))
            return true;
    }
    return BAD(w, v, e, "is not a MAC address such as 00:25:90:d4:cc:f9");
}

/* "unknown problem 'no_anser': did you mean 'no_answer'?" */
static bool unknown_word(const struct value_want *w, enum field_kind kind, struct value *v,
                         struct filter_error *e)
{
    struct nearest n = nearest_to(w->bytes, w->len);
    const char *word;
    for (uint32_t i = 0; (word = kind_next_word(kind, &i, NULL));)
        nearest_offer(&n, word);
    const char *name = w->test->operand.name;
    char buf[SHOWN + 4];
    if (n.best)
        return filter_fail(e, v->at, "unknown %s '%s': did you mean '%s'?", name, shown(w, buf),
                           n.best);
    return filter_fail(e, v->at, "unknown %s '%s'", name, shown(w, buf));
}

static bool word_value(const struct value_want *w, enum field_kind kind, struct value *v,
                       struct filter_error *e)
{
    int64_t number = kind_number(kind, w->bytes, w->len);
    if (number >= 0) {
        v->low = v->high = (uint64_t)number;
        return true;
    }
    if (read_count(w->bytes, w->len, &v->low)) {
        v->high = v->low;
        return true;
    }
    return unknown_word(w, kind, v, e);
}

/* Words of a set joined by | + , / or blanks, or the number of the whole set. */
static bool set_value(const struct value_want *w, enum field_kind kind, struct value *v,
                      struct filter_error *e)
{
    v->low = v->high = 0;
    if (kind != KIND_risk && read_count(w->bytes, w->len, &v->low))
        return true;
    int64_t whole = kind_number(kind, w->bytes, w->len); /* names of risks have blanks inside */
    if (whole >= 0) {
        v->low = 1ull << whole;
        return true;
    }
    for (size_t i = 0; i < w->len;) {
        size_t n = 0;
        while (i + n < w->len && !strchr(kind == KIND_risk ? "|," : "|+,/ ", w->bytes[i + n]))
            n++;
        struct value_want one = *w;
        one.bytes = w->bytes + i;
        one.len = n;
        while (one.len && *one.bytes == ' ') {
            one.bytes++;
            one.len--;
        }
        uint64_t bit = 0;
        int64_t number = kind_number(kind, one.bytes, one.len);
        if (number < 0 && one.len && read_count(one.bytes, one.len, &bit) && bit < 64)
            number = (int64_t)bit;
        if (number < 0 && one.len)
            return unknown_word(&one, kind, v, e);
        if (number >= 0)
            v->low |= 1ull << number;
        i += n + 1;
    }
    return v->low ? true : BAD(w, v, e, "has no words");
}

/* A name, type/code, or type * 256 + code. ICMP and ICMPv6 number the same names differently. */
static bool icmp_value(const struct value_want *w, struct value *v, struct filter_error *e)
{
    int32_t v4 = icmp_number(false, w->bytes, w->len), v6 = icmp_number(true, w->bytes, w->len);
    if (v4 >= 0 || v6 >= 0) {
        v->low = v4 >= 0 ? (uint64_t)v4 : UINT64_MAX;
        v->high = v6 >= 0 ? (uint64_t)v6 : UINT64_MAX;
        return true;
    }
    const char *slash = memchr(w->bytes, '/', w->len);
    uint64_t type, code;
    size_t n = slash ? (size_t)(slash - w->bytes) : 0;
    if (slash && read_count(w->bytes, n, &type) && read_count(slash + 1, w->len - n - 1, &code) &&
        type < 256 && code < 256)
        v->low = type << 8 | code;
    else if (!read_count(w->bytes, w->len, &v->low))
        return BAD(w, v, e, "is not an ICMP message such as \"echo request\" or 3/1");
    v->high = v->low;
    return true;
}

/* "91.126" of app.id is the pair; a single number is either of both. */
static bool app_id_value(const struct value_want *w, struct value *v, struct filter_error *e)
{
    const char *dot = memchr(w->bytes, '.', w->len);
    uint64_t master = 0, app;
    size_t n = dot ? (size_t)(dot - w->bytes) : 0;
    if (dot && !read_port(w->bytes, n, &master))
        return BAD(w, v, e, "is not an application's number such as 7 or 91.126");
    if (!read_port(w->bytes + (dot ? n + 1 : 0), w->len - (dot ? n + 1 : 0), &app))
        return BAD(w, v, e, "is not an application's number such as 7 or 91.126");
    v->low = v->high = master << 16 | app;
    return true;
}

bool value_read(const struct value_want *w, struct value *v, struct filter_error *e)
{
    enum field_kind kind = operand_kind(&w->test->operand);
    if (w->test->op == OP_REGEX)
        return regex_value(w, v, e);
    switch ((enum test_way)w->test->way) {
    case WAY_TEXT:
        return text_value(w, v);
    case WAY_ADDR:
        return addr_value(w, v, e);
    case WAY_MAC:
        return mac_value(w, v, e);
    case WAY_ICMP:
        return icmp_value(w, v, e);
    case WAY_APP:
        return kind == KIND_app ? word_value(w, kind, v, e) : app_id_value(w, v, e);
    case WAY_SET:
        return set_value(w, kind, v, e);
    default:
        break;
    }
    if (kind == KIND_tcp_flags) {
        if (!set_value(w, kind, v, e))
            return false;
        v->high = v->low;
        return true;
    }
    return kind_has_words(kind) ? word_value(w, kind, v, e) : number_value(w, kind, v, e);
}
