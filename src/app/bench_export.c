/* bench_export.c - `weir bench export`: records into messages, from memory, and sent by UDP.
 *
 * Plain records of IPv4 and IPv6 with a name now and then, the default fields, one record a flow; the
 * figures of the line are nanoseconds of CPU a record. What is sent goes the whole way that a
 * worker's record goes: ring, thread, encoder, socket; its CPU time is that of the whole process.
 */
#include "app/bench.h"
#include "app/bench_sender.h"
#include "base/clock.h"
#include "base/text.h"
#include "codec/flow_out.h"
#include "codec/tlv_out.h"
#include "io/exports.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { KINDS_OF_RECORD = 64, ROUND = 4096, MESSAGE = 56000 };

/* What a line measures. */
struct form {
    const char *name;
    enum flow_format format; /* 0: TLV or JSON */
    bool is_json;
};

static const struct form forms[] = {{"netflow5", FLOW_NETFLOW5, false},
                                    {"netflow9", FLOW_NETFLOW9, false},
                                    {"ipfix", FLOW_IPFIX, false},
                                    {"tlv", 0, false},
                                    {"json", 0, true}};

static nsec_t cpu_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * SECOND + t.tv_nsec;
}

static void make_records(struct record *r, bool v4_alone)
{
    for (unsigned i = 0; i < KINDS_OF_RECORD; i++, r++) {
        uint8_t client[4] = {10, 0, 0, (uint8_t)i}, server[4] = {192, 0, 2, (uint8_t)i};
        memset(r, 0, sizeof *r);
        r->client = addr_v4(client);
        r->server = addr_v4(server);
        if (!v4_alone && i % 4 == 0)
            r->client.byte[0] = r->server.byte[0] = 0x20;
        r->proto = i % 3 ? 6 : 17;
        r->version = 4;
        r->client_port = (uint16_t)(40000 + i);
        r->server_port = 443;
        r->sent_packets = 7 + i;
        r->sent_bytes = 1000 + i;
        r->first = 1700000000 * SECOND;
        r->last = r->first + i * MILLISECOND;
        r->l7_master = 91;
        if (i % 2)
            tail_set(&r->tail, STRING_sni, "www.example.org", 15);
    }
}

static void count_bytes(void *to, const uint8_t *bytes, size_t len, unsigned told)
{
    (void)bytes;
    (void)told;
    *(uint64_t *)to += len;
}

static bool encode_flows(struct bench *b, const struct form *form, const struct record *records,
                         uint64_t *n, uint64_t *bytes)
{
    struct flow_out_config config = {.format = form->format, .boot = 1699990000 * SECOND};
    struct flow_out *o = flow_out_new(&config, count_bytes, bytes, b->err);
    if (!o)
        return false;
    nsec_t start = cpu_now(), now = 1700000100 * SECOND;
    while (cpu_now() - start < b->measure) {
        for (unsigned i = 0; i < ROUND; i++)
            flow_out_add(o, &records[i % KINDS_OF_RECORD], now);
        *n += ROUND;
    }
    flow_out_free(o);
    return true;
}

static void encode_texts(struct bench *b, const struct form *form, const struct record *records,
                         uint64_t *n, uint64_t *bytes)
{
    static struct export_template fields;
    export_template_everything(&fields);
    struct text t = {0};
    nsec_t start = cpu_now();
    while (cpu_now() - start < b->measure) {
        for (unsigned i = 0; i < ROUND; i++) {
            if (form->is_json)
                record_to_json_chosen(&t, &records[i % KINDS_OF_RECORD], &fields);
            else
                record_to_tlv(&t, &records[i % KINDS_OF_RECORD], &fields);
            if (t.len < MESSAGE)
                continue;
            *bytes += t.len;
            text_reset(&t);
        }
        *n += ROUND;
    }
    text_free(&t);
}

static bool measure(struct bench *b, const void *what)
{
    static struct record records[KINDS_OF_RECORD];
    const struct form *form = what;
    struct bench_line *l = b->line;
    uint64_t n = 0, bytes = 0;
    l->bench = "export";
    l->variant = form->name;
    make_records(records, form->format == FLOW_NETFLOW5);
    nsec_t start = cpu_now();
    if (!form->format)
        encode_texts(b, form, records, &n, &bytes);
    else if (!encode_flows(b, form, records, &n, &bytes))
        return false;
    double ns = (double)(cpu_now() - start) / (double)n;
    l->speed.mean = ns;
    line_add(l, "records_per_s", "", (double)SECOND / ns);
    line_add(l, "bytes_per_record", "", (double)bytes / (double)n);
    return true;
}

static bool send_records(struct bench *b, struct exports *x, const struct record *records)
{
    struct sink *sink = exports_feed(x, true, b->err);
    if (!sink || !exports_start(x, b->err))
        return false;
    nsec_t start = process_cpu();
    while (process_cpu() - start < b->measure) {
        for (unsigned i = 0; i < ROUND; i++)
            sink->record(sink, &records[i % KINDS_OF_RECORD]);
    }
    exports_stop(x, 10 * SECOND);
    struct export_state s;
    if (!exports_state(x, 0, &s) || !s.sent || s.sent != s.offered)
        return fail(b->err, "not all records were sent");
    double ns = (double)(process_cpu() - start) / (double)s.sent;
    b->line->speed.mean = ns;
    line_add(b->line, "records_per_s", "", (double)SECOND / ns);
    line_add(b->line, "bytes_per_record", "", (double)s.bytes / (double)s.sent);
    return true;
}

/* To a socket that nobody reads: dropping there costs next to nothing. */
static bool measure_sent(struct bench *b, const void *what)
{
    static struct record records[KINDS_OF_RECORD];
    const struct settings *s = b->settings;
    const struct exports_config config = {.format = FLOW_IPFIX,
                                          .mtu = (size_t)s->export_mtu,
                                          .queue_bytes = (size_t)s->export_queue,
                                          .queue_time = SECOND,
                                          .template_every = s->template_time * SECOND,
                                          .instance = "bench"};
    uint16_t port = 0;
    char target[64];
    int fd = bound_socket(SOCK_DGRAM, &port);
    snprintf(target, sizeof target, "ipfix://127.0.0.1:%u", port);
    b->line->bench = "export";
    b->line->variant = what;
    make_records(records, false);
    struct exports *x = fd == -1 ? NULL : exports_new(&config, b->err);
    bool ok = x && exports_add(x, target, b->err) && send_records(b, x, records);
    if (x)
        exports_free(x);
    if (fd != -1)
        close(fd);
    return ok;
}

bool bench_export(struct bench *b)
{
    for (unsigned i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (!bench_run_line(b, measure, &forms[i]))
            return false;
    }
    return bench_run_line(b, measure_sent, "ipfix, sent");
}
