/* human.c - quantities as a person reads them: three significant digits and a unit. */
#include "codec/human.h"

#include <time.h>

static const char thin_space[] = "\xe2\x80\x89"; /* U+2009 */

/* Adds value / unit with three significant digits; the value is at least one unit. Rounded half
 * up; what rounds to 1000 is the caller's business. */
static void add_scaled(struct text *t, uint64_t value, uint64_t unit)
{
    /* The widest unit is below 2^60, so three more digits need 128 bits. */
    __extension__ unsigned __int128 wide = value;
    unsigned decimals = value / unit >= 100 ? 0 : value / unit >= 10 ? 1 : 2;
    uint64_t factor = decimals == 0 ? 1 : decimals == 1 ? 10 : 100;
    uint64_t rounded = (uint64_t)((wide * factor + unit / 2) / unit);
    if (decimals && rounded >= 1000) { /* 9.999 is 10.0 */
        decimals--;
        rounded = (rounded + 5) / 10;
    }
    text_fixed(t, (int64_t)rounded, decimals);
}

/* value in the largest of the units that leaves at least 1. units[0] is shown without decimals. */
static void add_units(struct text *t, uint64_t value, uint64_t step, const char *const *units,
                      unsigned n)
{
    uint64_t unit = 1;
    unsigned i = 0;
    /* 999 500 and more would round to 1000 of the unit below. */
    while (i + 1 < n &&
           (i ? value / unit >= step || (value + unit / 2) / unit >= step : value >= step)) {
        unit *= step;
        i++;
    }
    if (i)
        add_scaled(t, value, unit);
    else
        text_u64(t, value);
    text_char(t, ' ');
    text_add(t, units[i]);
}

void human_bytes(struct text *t, uint64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    add_units(t, bytes, 1000, units, 7);
}

void human_bytes_iec(struct text *t, uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    add_units(t, bytes, 1024, units, 7);
}

void human_bps(struct text *t, uint64_t bits_per_second)
{
    static const char *const units[] = {"bit/s",  "kbit/s", "Mbit/s", "Gbit/s",
                                        "Tbit/s", "Pbit/s", "Ebit/s"};
    add_units(t, bits_per_second, 1000, units, 7);
}

void human_pps(struct text *t, uint64_t packets_per_second)
{
    static const char *const units[] = {"pps", "kpps", "Mpps", "Gpps", "Tpps"};
    add_units(t, packets_per_second, 1000, units, 5);
}

void human_exact(struct text *t, uint64_t count)
{
    if (count >= 1000) {
        human_exact(t, count / 1000);
        text_add(t, thin_space);
        const char rest[] = {(char)('0' + count / 100 % 10), (char)('0' + count / 10 % 10),
                             (char)('0' + count % 10)};
        text_add_n(t, rest, sizeof rest);
    } else {
        text_u64(t, count);
    }
}

void human_count(struct text *t, uint64_t count)
{
    static const char *const units[] = {"", "k", "M", "G", "T", "P", "E"};
    if (count <= 99999)
        human_exact(t, count);
    else
        add_units(t, count, 1000, units, 7);
}

/* a "big" b "small", the second only when it is not 0. */
static void add_two(struct text *t, int64_t a, const char *big, int64_t b, const char *small)
{
    text_i64(t, a);
    text_add(t, big);
    if (!b)
        return;
    text_char(t, ' ');
    text_i64(t, b);
    text_add(t, small);
}

/* One decimal under 10 of the unit, none above. */
static void add_rounded(struct text *t, nsec_t d, nsec_t unit, const char *name)
{
    if (d < 10 * unit - unit / 20)
        text_fixed(t, (d + unit / 20) / (unit / 10), 1);
    else
        text_i64(t, (d + unit / 2) / unit);
    text_char(t, ' ');
    text_add(t, name);
}

void human_duration(struct text *t, nsec_t d)
{
    if (d < 0)
        d = 0;
    if (d < MILLISECOND) {
        text_i64(t, d / MICROSECOND);
        text_add(t, " us");
    } else if (d < SECOND - MILLISECOND / 2) {
        add_rounded(t, d, MILLISECOND, "ms");
    } else if (d < MINUTE - SECOND / 2) {
        add_rounded(t, d, SECOND, "s");
    } else {
        int64_t s = d / SECOND + (d % SECOND >= SECOND / 2); /* d may be the largest there is */
        if (s < 3600)
            add_two(t, s / 60, " min", s % 60, " s");
        else if (s < 86400)
            add_two(t, s / 3600, " h", s / 60 % 60, " min");
        else
            add_two(t, s / 86400, " d", s / 3600 % 24, " h");
    }
}

void human_ratio(struct text *t, uint64_t hundredths)
{
    text_fixed(t, (int64_t)(hundredths / 10 + (hundredths % 10 >= 5)), 1);
    text_add(t, " %");
}

void human_share(struct text *t, uint64_t part, uint64_t whole)
{
    if (!whole) {
        text_char(t, '-');
        return;
    }
    __extension__ unsigned __int128 wide = (unsigned __int128)part * 10000 / whole;
    human_ratio(t, (uint64_t)wide);
}

static void add_time(struct text *t, const struct tm *tm)
{
    char buf[48];
    size_t n = strftime(buf, sizeof buf, "%Y-%m-%d %H:%M:%S ", tm);
    text_add_n(t, buf, n);
}

static time_t whole_seconds(nsec_t time)
{
    return (time_t)(time / SECOND - (time % SECOND < 0));
}

void human_time_utc(struct text *t, nsec_t time)
{
    time_t s = whole_seconds(time);
    struct tm tm;
    if (!gmtime_r(&s, &tm))
        return;
    add_time(t, &tm);
    text_add(t, "UTC");
}

void human_time_local(struct text *t, nsec_t time)
{
    time_t s = whole_seconds(time);
    struct tm tm;
    if (!localtime_r(&s, &tm))
        return;
    add_time(t, &tm);
    char zone[8];
    size_t n = strftime(zone, sizeof zone, "%z", &tm);
    text_add_n(t, zone, n > 3 ? 3 : n);
    if (n > 3) {
        text_char(t, ':');
        text_add_n(t, zone + 3, n - 3);
    }
}

/* Ranges of Unicode's East Asian Width W and F that occur in names, and of combining marks. */
struct range {
    uint32_t from, to;
};

static bool in_ranges(uint32_t c, const struct range *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (c >= r[i].from && c <= r[i].to)
            return true;
    return false;
}

static unsigned char_width(uint32_t c)
{
    static const struct range none[] = {{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},
                                        {0x610, 0x61a},   {0x64b, 0x65f},   {0x200b, 0x200f},
                                        {0x202a, 0x202e}, {0x2060, 0x2064}, {0x20d0, 0x20f0},
                                        {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}};
    static const struct range wide[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},  {0x3041, 0xa4cf},
                                        {0xac00, 0xd7a3},   {0xf900, 0xfaff},  {0xfe30, 0xfe6f},
                                        {0xff00, 0xff60},   {0xffe0, 0xffe6},  {0x1f300, 0x1f64f},
                                        {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
    if (c < 0x300)
        return 1;
    if (in_ranges(c, none, sizeof none / sizeof *none))
        return 0;
    return in_ranges(c, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

size_t human_width(const char *text, size_t len)
{
    size_t width = 0;
    for (size_t i = 0; i < len;) {
        uint8_t first = (uint8_t)text[i++];
        uint32_t c = first < 0x80   ? first
                     : first < 0xe0 ? first & 0x1fu
                     : first < 0xf0 ? first & 0xfu
                                    : first & 7u;
        while (i < len && ((uint8_t)text[i] & 0xc0) == 0x80)
            c = c << 6 | ((uint8_t)text[i++] & 0x3fu);
        width += char_width(c);
    }
    return width;
}
