/* read_records.c - `weir read --records`: what exporters sent, record by record, as they sent it.
 *
 * No flows and no workers: each export of the file goes to a collector, and what it tells is written
 * at once. Counters are those that were sent; the sampling rate stands beside them.
 */
#include "app/read_records.h"

#include <stdio.h>
#include <string.h>

#include "app/setup.h"
#include "base/alloc.h"
#include "codec/export_packet.h"
#include "codec/json_flow_in.h"
#include "net/decode.h"

enum { FLUSH_AT = 1 << 16 };

struct reader {
    struct output *out;
    struct collector *collector;
    struct decoder packets, samples;
    int port;
    const struct exporter *exporter; /* the last one, and its address */
    struct addr address;
    nsec_t next_tick;
    nsec_t now;
};

static const struct addr *address_of(struct reader *r, const struct exporter *x)
{
    if (!x || x != r->exporter) {
        struct exporter_row row = {.addr = {{0}}};
        if (x)
            exporter_to_row(x, &row);
        r->exporter = x;
        r->address = row.addr;
    }
    return &r->address;
}

static const char *const csv_header = "exporter,domain,src,src_port,dst,dst_port,proto,bytes,"
                                      "packets,bytes_back,packets_back,first_ms,"
                                      "last_ms,sampling,in,out\n";

/* The columns that every record has, for csv and as text with blanks between them. */
static void add_columns(struct text *t, const struct flow_in *f, const struct addr *exporter,
                        char between)
{
    char who[ADDR_TEXT], src[ADDR_TEXT], dst[ADDR_TEXT];
    addr_print(exporter, who);
    addr_print(&f->src, src);
    addr_print(&f->dst, dst);
    const struct {
        const char *text;
        uint64_t number;
    } column[] = {{who, 0},
                  {NULL, f->domain},
                  {src, 0},
                  {NULL, f->src_port},
                  {dst, 0},
                  {NULL, f->dst_port},
                  {NULL, f->proto},
                  {NULL, f->bytes[0]},
                  {NULL, f->packets[0]},
                  {NULL, f->bytes[1]},
                  {NULL, f->packets[1]},
                  {NULL, (uint64_t)(f->first / MILLISECOND)},
                  {NULL, (uint64_t)(f->last / MILLISECOND)},
                  {NULL, f->sampling},
                  {NULL, f->in_if},
                  {NULL, f->out_if}};
    for (size_t i = 0; i < sizeof column / sizeof *column; i++) {
        if (i)
            text_char(t, between);
        if (column[i].text)
            text_add(t, column[i].text);
        else
            text_u64(t, column[i].number);
    }
    text_char(t, '\n');
}

static void write_record(struct reader *r, const struct flow_in *f)
{
    struct output *out = r->out;
    const struct addr *exporter = address_of(r, f->exporter);
    if (out->form == OUTPUT_NONE || out->is_broken)
        return;
    if (out->form == OUTPUT_JSON) {
        flow_in_to_json(&out->text, f, exporter);
        text_char(&out->text, '\n');
    } else {
        if (!out->has_header && out->form == OUTPUT_CSV)
            text_add(&out->text, csv_header);
        out->has_header = true;
        add_columns(&out->text, f, exporter, out->form == OUTPUT_CSV ? ',' : ' ');
    }
    if (out->text.len >= FLUSH_AT)
        output_flush(out);
}

/* A sampled packet is told twice, as a record and as a frame. The record of a template has all that was
 * sent; sFlow's is the packet alone, so there the frame is written. */
static bool is_told_by_its_frame(const struct flow_in *f)
{
    return f->kind == FLOW_IN_SAMPLE && !f->raw.layout;
}

static void on_flows(void *to, const struct flow_in *f, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_told_by_its_frame(&f[i]))
            write_record(to, &f[i]);
}

/* A sampled packet is a record of one packet. */
static void on_frame(void *to, const struct frame *frame, const struct flow_in *f)
{
    struct reader *r = to;
    struct packet p;
    struct flow_in one = *f;
    if (!is_told_by_its_frame(f))
        return;
    enum reason why = packet_decode(&r->samples, frame, &p);
    if (why == REASON_ipv4 || why == REASON_ipv6) {
        one.src = p.src;
        one.dst = p.dst;
        one.src_port = p.src_port;
        one.dst_port = p.dst_port;
        one.proto = p.proto;
        one.version = p.version;
        one.tcp_flags[0] = p.tcp_flags;
        one.tos[0] = p.tos;
        one.bytes[0] = p.ip_bytes;
    } else {
        one.bytes[0] = frame->wire_len;
    }
    one.packets[0] = 1;
    if (!one.first)
        one.first = one.last = r->now;
    write_record(r, &one);
}

static const struct collector_ops ops = {.flows = on_flows, .frame = on_frame};

static void take(struct reader *r, const struct datagram *d)
{
    r->now = d->received;
    if (d->received >= r->next_tick) {
        collector_tick(r->collector, d->received);
        r->next_tick = d->received + SECOND;
    }
    collector_take(r->collector, d);
}

static void take_burst(struct reader *r, const struct source *s, const struct burst *b)
{
    struct packet p;
    struct datagram d;
    for (unsigned i = 0; i < b->n; i++) {
        if (s->is_collector) {
            take(r, &b->datagram[i]);
            continue;
        }
        enum reason why = packet_decode(&r->packets, &b->frame[i], &p);
        if ((why == REASON_ipv4 || why == REASON_ipv6) && export_in_packet(&p, r->port, &d))
            take(r, &d);
    }
}

static bool read_all(struct reader *r, struct source *s, char *damage, struct err *e)
{
    struct burst *b = mem_alloc(ACCOUNT_capture, sizeof *b);
    if (!b)
        return fail(e, "%s: out of memory", s->name);
    enum source_result got;
    while ((got = s->ops->read(s, b, 100)) != SOURCE_END && !r->out->is_broken)
        if (got == SOURCE_OK)
            take_burst(r, s, b);
    mem_free(ACCOUNT_capture, b, sizeof *b);
    memcpy(damage, s->damage, sizeof s->damage);
    output_flush(r->out);
    return true;
}

bool records_read(const struct records_config *config, const char *name, struct output *out,
                  char *damage, struct err *e)
{
    struct source_options options = setup_sources(config->settings);
    struct reader r = {.out = out, .port = config->export_port};
    struct source *source;
    unsigned n;
    options.original_speed = false;
    if (!source_file_open(name, &options, 1, &source, &n, e))
        return false;
    const struct collector_config wanted = {.sampling = config->settings->sampling,
                                            .allow = config->settings->exporters_allow,
                                            .keep_raw = true};
    r.collector = collector_new(&wanted, &ops, &r, e);
    bool ok = r.collector && decoder_init(&r.packets, config->settings->decap, e) &&
              decoder_init(&r.samples, config->settings->decap, e) &&
              read_all(&r, source, damage, e);
    decoder_fini(&r.packets);
    decoder_fini(&r.samples);
    if (r.collector)
        collector_free(r.collector);
    source->ops->close(source);
    return ok;
}
