/* exporter_detail.c - what is known of one exporter beside its sums: interfaces, templates, rates. */
#include "engine/meter.h"
#include "face/api.h"
#include "face/exporters.h"

/* Amounts between the last two samples as a rate. */
static uint64_t per_second(uint64_t amount, nsec_t interval)
{
    return (uint64_t)((double)amount * SECOND / (double)interval);
}

/* What the interface itself counted, not scaled by anything. */
static void counters_object(struct json *j, const struct exporter_if_row *i)
{
    json_key(j, "counters");
    json_open(j);
    json_pair_i64(j, "t", to_ms(i->counters.at));
    json_pair_bool(j, "admin_up", i->counters.admin_up);
    json_pair_bool(j, "oper_up", i->counters.oper_up);
    if (i->interval) {
        json_pair_i64(j, "interval_ms", i->interval / MILLISECOND);
        json_pair_u64(j, "in_bps", per_second(i->delta[METER_IN_OCTETS] * 8, i->interval));
        json_pair_u64(j, "out_bps", per_second(i->delta[METER_OUT_OCTETS] * 8, i->interval));
        json_pair_u64(j, "in_pps", per_second(i->delta[METER_IN_PACKETS], i->interval));
        json_pair_u64(j, "out_pps", per_second(i->delta[METER_OUT_PACKETS], i->interval));
    }
    json_key(j, "total");
    json_open(j);
    for (unsigned k = 0; k < METER_COLUMNS; k++)
        json_pair_u64(j, meter_names[k], i->total[k]);
    json_close(j);
    json_pair_u64(j, "restarts", i->restarts);
    json_close(j);
}

static void interface_object(struct json *j, const struct exporter_if_row *i)
{
    json_open(j);
    json_pair_u64(j, "index", i->index);
    json_pair_string(j, "name", i->name);
    json_pair_string(j, "description", i->description);
    json_pair_u64(j, "speed_bps", i->speed);
    json_pair_u64(j, "bytes_in", i->traffic.bytes[0]);
    json_pair_u64(j, "bytes_out", i->traffic.bytes[1]);
    json_pair_u64(j, "packets_in", i->traffic.packets[0]);
    json_pair_u64(j, "packets_out", i->traffic.packets[1]);
    json_pair_u64(j, "bps", i->bps);
    json_pair_i64(j, "first_seen", to_ms(i->first));
    json_pair_i64(j, "last_seen", to_ms(i->last));
    if (i->counters.at)
        counters_object(j, i);
    json_close(j);
}

static void field_object(struct json *j, const struct template_field_row *f)
{
    json_open(j);
    json_pair_u64(j, "id", f->id);
    json_pair_u64(j, "pen", f->pen);
    json_pair_string(j, "name", f->name);
    json_pair_u64(j, "octets", f->octets);
    json_pair_bool(j, "scope", f->is_scope);
    json_close(j);
}

static void template_object(struct json *j, const struct exporter_detail *d,
                            const struct exporter_template *t)
{
    json_open(j);
    json_pair_u64(j, "domain", t->domain);
    json_pair_string(j, "protocol", telemetry_title(t->telemetry));
    json_pair_u64(j, "id", t->row.id);
    json_pair_bool(j, "options", t->row.is_options);
    json_pair_bool(j, "heard", t->is_heard);
    json_pair_u64(j, "octets", t->row.octets);
    json_pair_bool(j, "variable", t->row.is_variable);
    json_pair_u64(j, "records", t->row.records);
    json_pair_u64(j, "changes", t->row.changes);
    json_pair_i64(j, "learnt", to_ms(t->row.learnt));
    json_pair_i64(j, "used", to_ms(t->row.used));
    json_key(j, "fields");
    json_open_array(j);
    for (uint32_t i = 0; i < t->fields; i++)
        field_object(j, &d->field[t->first_field + i]);
    json_close_array(j);
    json_close(j);
}

static void rate_object(struct json *j, const struct exporter_sampling *s)
{
    static const char *const modes[] = {[SAMPLING_MODE_UNKNOWN] = "unknown",
                                        [SAMPLING_MODE_COUNT] = "count",
                                        [SAMPLING_MODE_TIME] = "time",
                                        [SAMPLING_MODE_RANDOM] = "random",
                                        [SAMPLING_MODE_MATCH] = "match"};
    const char *source = kind_word(KIND_sampling_source, s->row.source);
    json_open(j);
    json_pair_u64(j, "domain", s->domain);
    json_pair_string(j, "protocol", telemetry_title(s->telemetry));
    json_pair_bool(j, "heard", s->is_heard);
    if (s->row.has_id)
        json_pair_u64(j, "id", s->row.id);
    json_pair_string(j, "name", s->row.name);
    json_pair_u64(j, "rate", s->row.rate);
    json_pair_string(j, "mode", modes[s->row.mode <= SAMPLING_MODE_MATCH ? s->row.mode : 0]);
    json_pair_string(j, "source", source ? source : "unknown");
    json_pair_u64(j, "before", s->row.before);
    if (s->row.changed)
        json_pair_i64(j, "changed", to_ms(s->row.changed));
    json_close(j);
}

void exporter_detail_keys(struct json *j, const struct exporter_detail *d)
{
    json_key(j, "interfaces");
    json_open_array(j);
    for (uint32_t i = 0; i < d->interfaces; i++)
        interface_object(j, &d->interface[i]);
    json_close_array(j);
    json_key(j, "layouts");
    json_open_array(j);
    for (uint32_t i = 0; i < d->templates; i++)
        template_object(j, d, &d->template[i]);
    json_close_array(j);
    json_key(j, "rates");
    json_open_array(j);
    for (uint32_t i = 0; i < d->samplings; i++)
        rate_object(j, &d->sampling[i]);
    json_close_array(j);
}
