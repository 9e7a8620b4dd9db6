/* zmq_report.c - what a probe tells collectors beside flows: how it is, and what its fields are called. */
#include "io/zmq_report.h"

#include <sys/utsname.h>

#include "base/json.h"

enum { TIMEOUT_MOST = 600 /* seconds; ntopng takes no longer one */ };

static void open_member(struct json *j, const char *key)
{
    json_key(j, key);
    json_open(j);
}

static void write_probe(struct json *j, const struct zmq_report *r)
{
    struct utsname system_name;
    bool known = uname(&system_name) == 0;
    open_member(j, "probe");
    json_pair_string(j, "version", "Weir");
    json_pair_string(j, "osname", known ? system_name.sysname : "");
    json_pair_string(j, "license", "");
    json_pair_string(j, "edition", "");
    json_pair_string(j, "maintenance", "");
    json_pair_string(j, "public_ip", "");
    json_pair_string(j, "ip", "");
    json_pair_string(j, "uuid", "");
    json_pair_u64(j, "unique_source_id", r->source);
    json_close(j);
}

static uint64_t seconds_at_most(nsec_t t)
{
    nsec_t s = t / SECOND;
    return s > TIMEOUT_MOST ? TIMEOUT_MOST : (uint64_t)s;
}

/* Since the last report; the first has nothing to compare with. */
static void write_averages(struct json *j, const struct zmq_report *r)
{
    uint64_t ms = r->last && r->now > r->last ? (uint64_t)(r->now - r->last) / MILLISECOND : 0;
    uint64_t bytes = r->now_seen.bytes - r->last_seen.bytes;
    uint64_t packets = r->now_seen.packets - r->last_seen.packets;
    open_member(j, "avg");
    json_pair_u64(j, "bps", ms ? bytes * 8 * 1000 / ms : 0);
    json_pair_u64(j, "pps", ms ? packets * 1000 / ms : 0);
    json_close(j);
}

static void write_drops(struct json *j, const struct zmq_report *r)
{
    open_member(j, "drops");
    json_pair_u64(j, "export_queue_full", r->queue_full);
    json_pair_u64(j, "too_many_flows", 0);
    json_pair_u64(j, "elk_flow_drops", 0);
    json_pair_u64(j, "sflow_pkt_sample_drops", 0);
    json_pair_u64(j, "flow_collection_drops", 0);
    json_pair_u64(j, "flow_collection_udp_socket_drops", 0);
    json_pair_u64(j, "not_sent", r->not_sent);
    json_close(j);
}

void zmq_report_status(struct text *t, const struct zmq_report *r)
{
    struct json j = json_into(t);
    json_open(&j);
    open_member(&j, "iface");
    json_pair_string(&j, "name", r->config->instance);
    json_pair_u64(&j, "speed", r->now_seen.speed / 1000000);
    json_pair_string(&j, "ip", "");
    json_pair_string(&j, "watches", r->now_seen.watched);
    json_close(&j);
    write_probe(&j, r);
    json_pair_u64(&j, "time", (uint64_t)(r->now / SECOND));
    json_pair_u64(&j, "bytes", r->now_seen.bytes);
    json_pair_u64(&j, "packets", r->now_seen.packets);
    json_pair_u64(&j, "packet_drops", r->now_seen.dropped_packets);
    write_averages(&j, r);
    open_member(&j, "timeout");
    json_pair_u64(&j, "lifetime", seconds_at_most(r->config->flow_active));
    json_pair_u64(&j, "idle", seconds_at_most(r->config->flow_idle));
    json_pair_u64(&j, "collected_lifetime", 0);
    json_close(&j);
    write_drops(&j, r);
    open_member(&j, "flow_collection");
    json_pair_u64(&j, "nf_ipfix_flows", r->now_seen.records);
    json_pair_u64(&j, "sflow_samples", r->now_seen.samples);
    json_close(&j);
    open_member(&j, "zmq");
    json_pair_u64(&j, "num_flow_exports", r->flows);
    json_pair_u64(&j, "num_exporters", 1);
    json_pair_u64(&j, "num_zmq_exporters", 1);
    json_close(&j);
    json_close(&j);
}

static const char *format_of(const struct export_field *x)
{
    enum field_kind kind = x->field ? x->field->kind : KIND_number;
    if (kind == KIND_addr)
        return "ipv4_address";
    if (kind == KIND_mac)
        return "mac_address";
    return x->len ? "formatted_uint" : "ascii";
}

void zmq_report_template(struct text *t, const struct export_template *fields)
{
    struct json j = json_into(t);
    json_open_array(&j);
    for (unsigned i = 0; i < fields->n; i++) {
        const struct export_field *x = &fields->field[i];
        if (!x->id) /* it travels under its name */
            continue;
        json_open(&j);
        json_pair_u64(&j, "PEN", x->pen);
        json_pair_u64(&j, "field", x->pen == PEN_NTOP ? (uint64_t)NTOP_IN_V9 + x->id : x->id);
        json_pair_u64(&j, "len", x->len);
        json_pair_string(&j, "format", format_of(x));
        json_pair_string(&j, "name", x->name);
        json_pair_string(&j, "descr", x->field ? x->field->tip : "");
        json_close(&j);
    }
    json_close_array(&j);
}
