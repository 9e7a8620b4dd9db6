/* probe.c - exports out of settings, for `weir probe` and for any monitor with --export. */
#include "app/probe.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "io/sources.h"

#include <stdio.h>
#include <string.h>

enum { NAMED_EXPORTERS = 256 /* whose interfaces are told */ };

const struct other_name probe_names[] = {{'3', NULL, "collector-port"},
                                         {'I', "probe-name", "instance-name"},
                                         {'M', "max-num-flows", "max-flows"},
                                         {'Q', NULL, "out-iface-idx"},
                                         {'V', "flow-version", "export-version"},
                                         {'a', NULL, "all-collectors"},
                                         {'b', NULL, "verbose"},
                                         {'d', "idle-timeout", "flow-idle"},
                                         {'f', "bpf-filter", "packet-filter"},
                                         {'l', "queue-timeout", "export-wait"},
                                         {'n', "collector", "export"},
                                         {'o', NULL, "template-packets"},
                                         {'q', "sender-address", "export-from"},
                                         {'s', NULL, "snaplen"},
                                         {'t', "lifetime-timeout", "flow-active"},
                                         {'u', NULL, "in-iface-idx"},
                                         {0, "flow-templ", "flow-template"},
                                         {0, NULL, NULL}};

/* Writing begins by emptying the file. */
static bool check_not_read(const struct exports *x, const struct settings *s, struct err *e)
{
    for (unsigned i = 0; i < s->interfaces.n; i++) {
        const char *path = s->interfaces.item[i];
        if (source_is_file(path) && exports_write(x, path))
            return fail(e, "--export: %s is read, so it cannot be written", path);
    }
    return true;
}

static bool add_all(struct exports *x, const struct settings *s, struct err *e)
{
    for (unsigned i = 0; i < s->export.n; i++) {
        if (!exports_add(x, s->export.item[i], e))
            return false;
    }
    for (unsigned i = 0; i < s->zmq.n; i++) {
        if (!exports_add_zmq(x, s->zmq.item[i], e))
            return false;
    }
    return check_not_read(x, s, e);
}

bool probe_is_all_files(const struct settings *s)
{
    for (unsigned i = 0; i < s->interfaces.n; i++) {
        if (!source_is_file(s->interfaces.item[i]))
            return false;
    }
    return s->interfaces.n > 0;
}

static bool check(const struct settings *s, struct err *e)
{
    int64_t v = s->export_version;
    if (v != FLOW_NETFLOW5 && v != FLOW_NETFLOW9 && v != FLOW_IPFIX)
        return fail(e, "--export-version is 5, 9 or 10");
    if (strcmp(s->zmq_format, "tlv") != 0 && strcmp(s->zmq_format, "json") != 0)
        return fail(e, "--zmq-format is tlv or json");
    return true;
}

bool probe_exports(const struct settings *s, const char *instance, struct exports **x,
                   struct err *e)
{
    /* Lives as long as the process: exports borrow it. */
    static struct export_template chosen;
    *x = NULL;
    if (!s->export.n && !s->zmq.n)
        return true;
    if (!check(s, e) || (s->template[0] && !export_template_parse(&chosen, s->template, e)))
        return false;
    if (*chosen.no_value)
        log_warning("-T: Weir knows nothing of these, not sent: %s", chosen.no_value);
    struct exports_config config = {
        .template = s->template[0] ? &chosen : NULL,
        .format = (enum flow_format)s->export_version,
        .biflow = s->biflow,
        .packet_time = probe_is_all_files(s) && !s->original_speed,
        .domain = (uint32_t)s->export_domain,
        .mtu = (size_t)s->export_mtu,
        .queue_bytes = (size_t)s->export_queue,
        .queue_time = s->export_wait * SECOND,
        .template_every = s->template_time * SECOND,
        .template_packets = (unsigned)s->template_packets,
        .rate = (uint64_t)s->export_rate,
        .zmq_connects = s->zmq_connects,
        .zmq_json = !strcmp(s->zmq_format, "json"),
        .zmq_key = s->zmq_key,
        .zmq_plain = s->zmq_plain,
        .flow_active = s->flow_active * SECOND,
        .flow_idle = s->flow_idle * SECOND,
        .instance = instance,
        .from = s->export_from,
        .shares_out = !s->all_collectors,
        .in_if = (uint32_t)s->in_iface,
        .out_if = (uint32_t)s->out_iface,
    };
    struct exports *all = exports_new(&config, e);
    if (!all)
        return false;
    if (!add_all(all, s, e)) {
        exports_free(all);
        return false;
    }
    /* `-n none` alone leaves nothing to do. */
    if (!exports_count(all)) {
        exports_free(all);
        return true;
    }
    *x = all;
    return true;
}

/* The interfaces of one exporter that have a name; its address is written before the first of them. */
static unsigned write_interfaces(struct json *j, struct engine *engine, const struct addr *addr)
{
    const struct question q = {
        .kind = QUESTION_EXPORTER, .iface = -1, .addr = *addr, .timeout = SECOND};
    struct answer *a = question_ask(engine, &q);
    unsigned named = 0;
    for (uint32_t i = 0; a && i < a->exporter.interfaces; i++) {
        const struct exporter_if_row *row = &a->exporter.interface[i];
        char text[ADDR_TEXT], number[16];
        if (!row->name[0])
            continue;
        if (!named++) {
            addr_print(addr, text);
            json_key(j, text);
            json_open(j);
        }
        snprintf(number, sizeof number, "%u", row->index);
        json_pair_string(j, number, row->name);
    }
    if (named)
        json_close(j);
    answer_free(a);
    return named;
}

void probe_interface_names(struct engine *engine, struct text *t)
{
    const struct question q = {
        .kind = QUESTION_EXPORTERS, .iface = -1, .limit = NAMED_EXPORTERS, .timeout = SECOND};
    struct answer *a = question_ask(engine, &q);
    struct json j = json_into(t);
    unsigned named = 0;
    json_open(&j);
    for (uint32_t i = 0; a && i < a->n; i++) {
        /* Rows are in order of addresses, one for each domain. */
        const struct addr *addr = &a->exporters[i].row.addr;
        if (!i || !addr_equal(addr, &a->exporters[i - 1].row.addr))
            named += write_interfaces(&j, engine, addr);
    }
    json_close(&j);
    answer_free(a);
    if (!named)
        text_reset(t);
}

void probe_report(const struct exports *x)
{
    struct export_state s;
    for (unsigned i = 0; exports_state(x, i, &s); i++) {
        printf("%s: %llu of %llu records sent in %llu messages, %llu bytes\n", s.name,
               (unsigned long long)s.sent, (unsigned long long)s.offered,
               (unsigned long long)s.messages, (unsigned long long)s.bytes);
        for (unsigned d = 0; d < EXPORT_DROPS; d++) {
            if (s.dropped[d])
                printf("  %llu not sent. %s (%s)\n", (unsigned long long)s.dropped[d],
                       export_drop_text((enum export_drop)d),
                       export_drop_name((enum export_drop)d));
        }
    }
    fflush(stdout);
}
