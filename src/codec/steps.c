/* steps.c - copies the octets of data records to columns of struct flow_in, a whole set at a time. */
#include "codec/steps_private.h"

static inline uint64_t load_number(const uint8_t *p, unsigned octets)
{
    switch (octets) {
    case 1:
        return *p;
    case 2:
        return load_be16(p);
    case 4:
        return load_be32(p);
    case 8:
        return load_be64(p);
    default: {
        uint64_t v = 0;
        for (unsigned i = 0; i < octets && i < 8; i++)
            v = v << 8 | p[i];
        return v;
    }
    }
}

/* A number that does not fit says the largest that does: a cut one would look true. */
static inline void store_number(uint8_t *to, unsigned size, uint64_t v)
{
    if (size < 8 && v >> (8 * (size & 7)))
        v = (UINT64_C(1) << (8 * (size & 7))) - 1;
    memcpy(to, &v, size);
}

/* from and to are constants where this is called, so that the loop has no decision in it. */
static inline __attribute__((always_inline)) void number_column(const uint8_t *p, size_t stride,
                                                                uint8_t *to, size_t n,
                                                                unsigned octets, unsigned size)
{
    for (size_t i = 0; i < n; i++, p += stride, to += sizeof(struct flow_in))
        store_number(to, size, load_number(p, octets));
}

static void number_columns(const uint8_t *p, size_t stride, uint8_t *to, size_t n, unsigned octets,
                           unsigned size)
{
    switch (octets << 4 | size) {
    case 1 << 4 | 1:
        number_column(p, stride, to, n, 1, 1);
        break;
    case 2 << 4 | 2:
        number_column(p, stride, to, n, 2, 2);
        break;
    case 2 << 4 | 4:
        number_column(p, stride, to, n, 2, 4);
        break;
    case 4 << 4 | 4:
        number_column(p, stride, to, n, 4, 4);
        break;
    case 4 << 4 | 8:
        number_column(p, stride, to, n, 4, 8);
        break;
    case 8 << 4 | 8:
        number_column(p, stride, to, n, 8, 8);
        break;
    default:
        number_column(p, stride, to, n, octets, size);
    }
}

static bool addr_says_nothing(const struct addr *a)
{
    static const uint8_t zero[4];
    return addr_is_none(a) || (addr_is_v4(a) && !memcmp(a->byte + 12, zero, 4));
}

static void endpoint_column(const struct template *t, const uint8_t *p, size_t stride, uint8_t *to,
                            size_t n, bool is_v4)
{
    for (size_t i = 0; i < n; i++, p += stride, to += sizeof(struct flow_in)) {
        struct addr *a = (struct addr *)(void *)to;
        if (t->has & TEMPLATE_HAS_TWO_ENDS) {
            struct addr told = is_v4 ? addr_v4(p) : addr_v6(p);
            if (!addr_is_none(a) && (!addr_says_nothing(a) || addr_says_nothing(&told)))
                continue;
        }
        if (is_v4)
            addr_set_v4(a, p);
        else
            memcpy(a->byte, p, 16);
    }
}

static inline nsec_t ntp_time(uint64_t v)
{
    /* Seconds since 1900 and their fraction (RFC 7011, 6.1.9). */
    nsec_t seconds = (nsec_t)(v >> 32) - 2208988800;
    return seconds * SECOND + (nsec_t)((v & 0xffffffff) * 1000000000 >> 32);
}

/* A number of units since 1970; what no calendar has is told as the last moment there is, and moved
 * by rule B09. */
static inline nsec_t time_of(uint64_t v, nsec_t unit)
{
    uint64_t most = (uint64_t)(INT64_MAX / unit);
    return (nsec_t)(v < most ? v : most) * unit;
}

static nsec_t read_time(unsigned op, uint64_t v, const struct steps_context *context)
{
    switch (op) {
    case STEP_UPTIME: {
        /* Both wrap after 49.7 days; their distance, with a sign, does not. */
        int32_t age = (int32_t)(context->uptime - (uint32_t)v);
        return context->exported - (nsec_t)age * MILLISECOND;
    }
    case STEP_SECONDS:
    case STEP_OBSERVED_SECONDS:
        return time_of(v, SECOND);
    case STEP_AGO_US:
        return context->exported - time_of(v < UINT32_MAX ? v : UINT32_MAX, MICROSECOND);
    case STEP_NTP:
    case STEP_OBSERVED_NTP:
        return ntp_time(v);
    default:
        return time_of(v, MILLISECOND);
    }
}

/* The commonest times, in a loop that has nothing to decide: 8 ns of a record's 34 less. */
static void uptime_column(uint16_t place, const uint8_t *p, size_t stride, struct flow_in *f,
                          size_t n, const struct steps_context *context)
{
    for (size_t i = 0; i < n; i++, p += stride) {
        nsec_t t = read_time(STEP_UPTIME, load_be32(p), context);
        memcpy((uint8_t *)&f[i] + place, &t, sizeof t);
        f[i].flags |= FLOW_IN_HAS_TIMES;
    }
}

static void time_column(const struct step *s, unsigned octets, const uint8_t *p, size_t stride,
                        struct flow_in *f, size_t n, const struct steps_context *context)
{
    bool is_uptime = s->op == STEP_UPTIME;
    if (is_uptime && !context->has_uptime)
        return;
    if (is_uptime && octets == 4) {
        uptime_column(s->to, p, stride, f, n, context);
        return;
    }
    for (size_t i = 0; i < n; i++, p += stride) {
        uint64_t v = load_number(p, octets);
        /* No moment is zero, but what happened just now was no microseconds ago. */
        if (!v && !is_uptime && s->op != STEP_AGO_US)
            continue;
        nsec_t t = read_time(s->op, v, context);
        memcpy((uint8_t *)&f[i] + s->to, &t, sizeof t);
        if (s->op >= STEP_OBSERVED_SECONDS)
            f[i].last = t;
        f[i].flags |= FLOW_IN_HAS_TIMES;
    }
}

/* Elements that few records have, one at a time. */
static void rare_value(const struct step *s, const uint8_t *p, unsigned octets, uint8_t *to,
                       struct flow_in *f)
{
    static const struct mac no_mac;
    uint64_t v = load_number(p, octets);
    uint16_t old;
    switch (s->op) {
    case STEP_NUMBER16_UNSET:
        memcpy(&old, to, sizeof old);
        if (!old)
            store_number(to, 2, v);
        break;
    case STEP_DIRECTION:
        *to = (uint8_t)(v < 2 ? v + 1 : 0);
        break;
    case STEP_MASK6:
        if (v)
            store_number(to, 1, v);
        break;
    case STEP_ICMP_TYPE:
        f->icmp = (uint16_t)((f->icmp & 0xff) | (v & 0xff) << 8);
        break;
    case STEP_ICMP_CODE:
        f->icmp = (uint16_t)((f->icmp & 0xff00) | (v & 0xff));
        break;
    case STEP_MPLS:
        /* 20 bits of label, three of class, the bottom of the stack (RFC 3032). */
        store_number(to, 4, v >> 4);
        break;
    case STEP_MS_TO_US:
        store_number(to, 4, v > UINT32_MAX / 1000 ? UINT32_MAX : v * 1000);
        break;
    case STEP_L7_PROTO:
        f->flags |= FLOW_IN_APP;
        f->l7_app = (uint16_t)v;
        f->l7_master = octets > 2 ? (uint16_t)(v >> 16) : 0;
        break;
    case STEP_ADDR6:
        if (v || load_be64(p + 8))
            memcpy(to, p, 16);
        break;
    case STEP_MAC_UNSET:
        if (memcmp(to, no_mac.byte, 6) != 0)
            break;
        memcpy(to, p, 6);
        break;
    default:
        break;
    }
}

static void aside_frame(struct aside *a, const uint8_t *p, size_t len, uint16_t link)
{
    a->frame = p;
    a->frame_len = (uint32_t)len;
    a->link = link;
}

enum { LINK_ETHERNET_FRAME = 1, LINK_RAW_IP = 101 };

/* len is the field's true length; a number has at most eight octets. */
static void aside_value(const struct step *s, const uint8_t *p, size_t len, struct aside *a)
{
    uint64_t v = len <= 8 ? load_number(p, (unsigned)len) : 0;
    switch (s->op) {
    case STEP_ASIDE_NUMBER:
        memcpy((uint8_t *)a + s->to, &v, sizeof v);
        break;
    case STEP_ASIDE_RATE:
        a->rate = v;
        a->has_rate = 1;
        break;
    case STEP_ASIDE_PROBABILITY:
        a->probability = load_be_float(p, len);
        break;
    case STEP_ASIDE_SELECTOR:
        a->selector = v;
        a->has_selector = 1;
        break;
    case STEP_ASIDE_FIRST:
        a->first_up = (uint32_t)v;
        a->has_first = 1;
        break;
    case STEP_ASIDE_LAST:
        a->last_up = (uint32_t)v;
        a->has_last = 1;
        break;
    case STEP_ASIDE_BOOT:
        a->boot = time_of(v, MILLISECOND);
        break;
    case STEP_ASIDE_DURATION_MS:
        a->duration = time_of(v, MILLISECOND);
        break;
    case STEP_ASIDE_DURATION_US:
        a->duration = time_of(v, MICROSECOND);
        break;
    case STEP_ASIDE_EXPORTER:
        if (len == 4 && v)
            a->exporter = addr_v4(p);
        else if (len == 16 && (load_be64(p) || load_be64(p + 8)))
            a->exporter = addr_v6(p);
        break;
    case STEP_ASIDE_FRAME_SIZE:
        a->frame_size = (uint32_t)(v < UINT32_MAX ? v : UINT32_MAX);
        break;
    case STEP_ASIDE_ETHERNET:
        aside_frame(a, p, len, LINK_ETHERNET_FRAME);
        break;
    default:
        aside_frame(a, p, len, LINK_RAW_IP);
    }
}

/* One step over n records whose field is len octets from p on, every stride. */
static void run_step(const struct template *t, const struct step *s, const uint8_t *p, size_t len,
                     size_t stride, struct flow_in *f, size_t n,
                     const struct steps_context *context)
{
    uint8_t *to = (uint8_t *)f + s->to;
    unsigned octets = (unsigned)len;
    switch (s->op) {
    case STEP_NUMBER8:
        number_columns(p, stride, to, n, octets, 1);
        return;
    case STEP_NUMBER16:
        number_columns(p, stride, to, n, octets, 2);
        return;
    case STEP_NUMBER32:
        number_columns(p, stride, to, n, octets, 4);
        return;
    case STEP_NUMBER64:
        number_columns(p, stride, to, n, octets, 8);
        return;
    case STEP_TCP_FLAGS:
        number_columns(p + len - 1, stride, to, n, 1, 1);
        return;
    case STEP_SRC4:
        endpoint_column(t, p, stride, to, n, true);
        return;
    case STEP_SRC6:
        endpoint_column(t, p, stride, to, n, false);
        return;
    case STEP_ADDR4:
        for (size_t i = 0; octets == 4 && i < n; i++)
            if (load_be32(p + i * stride))
                addr_set_v4((struct addr *)(void *)(to + i * sizeof *f), p + i * stride);
        return;
    case STEP_MAC:
        for (size_t i = 0; i < n; i++)
            memcpy(to + i * sizeof *f, p + i * stride, 6);
        return;
    default:
        if (s->op >= STEP_UPTIME) {
            time_column(s, octets, p, stride, f, n, context);
            return;
        }
        for (size_t i = 0; i < n; i++)
            rare_value(s, p + i * stride, octets, to + i * sizeof *f, &f[i]);
    }
}

/* One step over rows of octets, one every stride. */
static void run_rows(const struct template *t, const struct step *s, const uint8_t *bytes,
                     size_t stride, struct flow_in *f, struct aside *a, size_t n,
                     const struct steps_context *context)
{
    if (s->op < STEP_ASIDE_NUMBER) {
        run_step(t, s, bytes + s->from, s->octets, stride, f, n, context);
        return;
    }
    for (size_t r = 0; r < n; r++)
        aside_value(s, bytes + r * stride + s->from, s->octets, &a[r]);
}

void steps_run(const struct template *t, const uint8_t *bytes, size_t n, struct flow_in *f,
               struct aside *a, const struct steps_context *context)
{
    for (size_t i = 0; i < t->steps; i++)
        run_rows(t, &t->step[i], bytes, t->min_len, f, a, n, context);
}

/* What a value of variable length must have to be copied; others are left alone. */
static bool length_fits(const struct step *s, size_t len)
{
    switch (s->op) {
    case STEP_SRC4:
    case STEP_ADDR4:
        return len == 4;
    case STEP_SRC6:
    case STEP_ADDR6:
        return len == 16;
    case STEP_MAC:
    case STEP_MAC_UNSET:
        return len == 6;
    case STEP_ASIDE_EXPORTER:
        return len == 4 || len == 16;
    case STEP_ASIDE_ETHERNET:
    case STEP_ASIDE_IP:
        return len > 0;
    default:
        return len > 0 && len <= 8;
    }
}

size_t steps_packed_most(const struct template *t)
{
    const struct packed *p = NULL;
    size_t by_bytes = sizeof p->bytes / (t->packed_len ? t->packed_len : 1);
    size_t by_values = sizeof p->value / sizeof *p->value / t->variables;
    size_t most = by_bytes < by_values ? by_bytes : by_values;
    return most < 1 ? 1 : most < STEPS_BATCH ? most : STEPS_BATCH;
}

bool steps_pack(const struct template *t, struct cursor *set, struct packed *p, size_t at)
{
    uint8_t *row = p->bytes + at * t->packed_len;
    struct packed_value *value = p->value + at * t->variables;
    for (uint32_t i = 0;; i++) {
        const uint8_t *fixed = cur_take(set, t->run[i]);
        if (!fixed)
            return false;
        memcpy(row, fixed, t->run[i]);
        row += t->run[i];
        if (i == t->variables)
            return cur_ok(set); /* a length that is not there reads as 0 */
        /* RFC 7011, 7: one octet, or 255 and two. */
        size_t len = cur_u8(set);
        len = len == 255 ? cur_be16(set) : len;
        value[i] = (struct packed_value){cur_take(set, len), len};
        if (!value[i].bytes)
            return false;
    }
}

static void run_values(const struct template *t, const struct step *s,
                       const struct packed_value *value, struct flow_in *f, struct aside *a,
                       size_t n, const struct steps_context *context)
{
    for (size_t r = 0; r < n; r++, value += t->variables) {
        if (!length_fits(s, value->len))
            continue;
        if (s->op < STEP_ASIDE_NUMBER)
            run_step(t, s, value->bytes, value->len, 0, &f[r], 1, context);
        else
            aside_value(s, value->bytes, value->len, &a[r]);
    }
}

void steps_run_packed(const struct template *t, const struct packed *p, size_t n, struct flow_in *f,
                      struct aside *a, const struct steps_context *context)
{
    for (size_t i = 0; i < t->steps; i++) {
        const struct step *s = &t->step[i];
        if (s->octets == TEMPLATE_VARIABLE)
            run_values(t, s, p->value + s->from, f, a, n, context);
        else if (length_fits(s, s->octets))
            run_rows(t, s, p->bytes, t->packed_len, f, a, n, context);
    }
}
