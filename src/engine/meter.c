/* meter.c - the counters of an exporter's interface, as amounts in the half minutes of the last hour. */
#include "engine/meter.h"

#include <string.h>

const char *const meter_names[METER_COLUMNS] = {"in_octets",   "out_octets",  "in_packets",
                                                "out_packets", "in_errors",   "out_errors",
                                                "in_discards", "out_discards"};
const char *const meter_units[METER_COLUMNS] = {"bytes",   "bytes",   "packets", "packets",
                                                "packets", "packets", "packets", "packets"};

static const nsec_t BIN = METER_STEP * SECOND;
static const nsec_t INTERVAL_MOST = HOUR; /* a longer one says nothing about any minute of it */

static void columns_of(const struct interface_counters *c, uint64_t *column)
{
    const uint64_t all[METER_COLUMNS] = {c->in_octets,   c->out_octets,  c->in_packets,
                                         c->out_packets, c->in_errors,   c->out_errors,
                                         c->in_discards, c->out_discards};
    memcpy(column, all, sizeof all);
}

/* What a counter of 32 bits moved on to come to `now`; more than half of its way is no wrap. */
static bool has_wrapped(uint64_t before, uint64_t now, uint64_t *moved)
{
    *moved = (uint32_t)(now - before);
    return before <= UINT32_MAX && *moved < (uint64_t)1 << 31;
}

/* Could the interface have carried that much? */
static bool is_possible(const struct interface_counters *c, const uint64_t *delta, nsec_t interval)
{
    double octets = (double)c->speed / 8 * (double)interval / SECOND * 1.25;
    return !c->speed ||
           ((double)delta[METER_IN_OCTETS] <= octets && (double)delta[METER_OUT_OCTETS] <= octets);
}

/* False when the exporter has begun anew. */
static bool compare(const uint64_t *before, const uint64_t *now, uint64_t *delta)
{
    bool has_grown = false, has_fallen = false;
    for (unsigned i = 0; i < METER_COLUMNS; i++) {
        has_grown = has_grown || now[i] > before[i];
        has_fallen = has_fallen || now[i] < before[i];
        delta[i] = now[i] - before[i];
    }
    if (has_fallen && !has_grown)
        return false;
    for (unsigned i = 0; i < METER_COLUMNS; i++)
        if (now[i] < before[i] && !has_wrapped(before[i], now[i], &delta[i]))
            return false;
    return true;
}

static uint64_t *bin_of(struct meter *m, uint32_t t)
{
    uint32_t at = t % METER_BINS;
    if (m->stamp[at] != t) {
        m->stamp[at] = t;
        memset(m->bin[at], 0, sizeof m->bin[at]);
    }
    return m->bin[at];
}

/* Each half minute has its share, and what division leaves over is in the last one. */
static void spread(struct meter *m, nsec_t from, nsec_t to)
{
    uint64_t left[METER_COLUMNS];
    memcpy(left, m->delta, sizeof left);
    for (nsec_t at = from; at < to;) {
        nsec_t end = (at / BIN + 1) * BIN;
        end = end < to ? end : to;
        double part = (double)(end - at) / (double)(to - from);
        uint64_t *bin = bin_of(m, (uint32_t)(at / BIN));
        for (unsigned i = 0; i < METER_COLUMNS; i++) {
            uint64_t share = end == to ? left[i] : (uint64_t)(part * (double)m->delta[i]);
            share = share < left[i] ? share : left[i];
            left[i] -= share;
            bin[i] += share;
        }
        at = end;
    }
}

void meter_take(struct meter *m, const struct interface_counters *c)
{
    uint64_t before[METER_COLUMNS], now[METER_COLUMNS];
    nsec_t since = m->last.at;
    if (since && c->at <= since)
        return;
    columns_of(&m->last, before);
    columns_of(c, now);
    m->last = *c;
    m->last.exporter = NULL;
    m->interval = 0;
    memset(m->delta, 0, sizeof m->delta);
    if (!since || c->at - since > INTERVAL_MOST)
        return;
    if (!compare(before, now, m->delta) || !is_possible(c, m->delta, c->at - since)) {
        m->restarts++;
        memset(m->delta, 0, sizeof m->delta);
        return;
    }
    m->interval = c->at - since;
    for (unsigned i = 0; i < METER_COLUMNS; i++)
        m->total[i] += m->delta[i];
    spread(m, since, c->at);
}

uint64_t meter_bin(const struct meter *m, uint32_t t, enum meter_column column)
{
    uint32_t at = t % METER_BINS;
    return m->stamp[at] == t ? m->bin[at][column] : UINT64_MAX;
}
