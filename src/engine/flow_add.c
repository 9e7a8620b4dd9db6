/* flow_add.c - from a data record of an exporter to the flow of its tuple, and from there a packet's way.
 *
 * Counters are scaled by the sampling rate here and nowhere else; what was sent is kept beside. What
 * the record adds is counted at once by flow_count(), which folds packets, too. A record tells of the
 * past: the interface's seconds get what was in them, and the flow's throughput is its average over
 * the time of the record.
 */
#include "engine/worker.h"
#include "model/protos.h"

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_ICMPV6 = 58 };

/* What one record adds to its flow, by end. */
struct addition {
    const struct flow_in *f;
    const struct addr *exporter;
    nsec_t now;
    uint32_t index;
    unsigned src;            /* the end that is f->src */
    struct flow_delta delta; /* what is news ... */
    struct flow_delta dup;   /* ... and what was told before, by another exporter or ... */
    bool is_own_dup;         /* ... by the same one */
    struct {
        uint64_t bytes, packets;
    } raw; /* what is news as it was sent */
    bool counts;
};

static uint64_t scaled(uint64_t n, uint32_t sampling)
{
    uint64_t product;
    return __builtin_mul_overflow(n, (uint64_t)(sampling ? sampling : 1), &product)
               ? UINT64_MAX >> 8
               : product;
}

/* The record's tuple as a packet from src to dst (way 0) or back (way 1) would have had it. */
static void packet_of(const struct flow_in *f, unsigned way, struct packet *p)
{
    static const struct mac none;
    bool is_icmp = f->proto == PROTO_ICMP || f->proto == PROTO_ICMPV6;
    *p = (struct packet){.ts = f->first,
                         .src = way ? f->dst : f->src,
                         .dst = way ? f->src : f->dst,
                         .src_port = is_icmp ? 0
                                     : way   ? f->dst_port
                                             : f->src_port,
                         .dst_port = is_icmp ? 0
                                     : way   ? f->src_port
                                             : f->dst_port,
                         .version = f->version,
                         .proto = f->proto,
                         .ttl = f->ttl[way],
                         .tos = f->tos[way],
                         .vlan = f->vlan & 0xfff,
                         .vlan_inner = f->vlan_inner & 0xfff,
                         .is_tcp = f->proto == PROTO_TCP,
                         .tcp_flags = f->tcp_flags[way],
                         .icmp_type = (uint8_t)(f->icmp >> 8),
                         .icmp_code = (uint8_t)f->icmp,
                         .src_mac = way ? f->dst_mac : f->src_mac,
                         .dst_mac = way ? f->src_mac : f->dst_mac};
    p->has_mac = memcmp(&f->src_mac, &none, sizeof none) || memcmp(&f->dst_mac, &none, sizeof none);
}

/* Who spoke first. Flags are those of all packets of the record, so only a SYN without ACK, and an
 * answer without anything else, say something. */
static bool src_is_client(const struct flow_in *f, enum client_reason *because)
{
    unsigned flags = f->proto == PROTO_TCP ? f->tcp_flags[0] : 0;
    bool src_known = f->src_port && f->src_port < 1024,
         dst_known = f->dst_port && f->dst_port < 1024;
    *because = CLIENT_INITIATOR;
    if (f->flags & FLOW_IN_INITIATOR)
        return true;
    *because = CLIENT_SYN;
    if ((flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
        return true;
    *because = CLIENT_SYN_ACK;
    if (flags == (TCP_SYN | TCP_ACK))
        return false;
    *because = CLIENT_PORT;
    if (src_known != dst_known)
        return dst_known;
    *because = CLIENT_FIRST;
    return true;
}

/* Which application the exporter's detection found. */
static void take_told_app(const struct flow_in *f, struct l7_result *told)
{
    uint16_t app = f->l7_app ? f->l7_app : f->l7_master;
    memset(told, 0, offsetof(struct l7_result, names.bytes));
    told->master = f->l7_master;
    told->app = f->l7_app;
    told->category = protos_category_of(app);
    told->breed = protos_breed_of(app);
    told->confidence = f->confidence ? f->confidence : app ? CONFIDENCE_DPI : CONFIDENCE_NONE;
}

/* What it has read out of the packets. */
static void take_told_names(const struct flow_in_names *n, struct l7_result *told)
{
    told->risk = n->risk;
    told->tls_version = n->tls_version;
    told->tls_cipher = n->tls_cipher;
    told->http_code = n->http_code;
    told->dns_type = n->dns_type;
    told->dns_code = n->dns_code;
    told->names.used = n->tail.used;
    memcpy(told->names.bytes, n->tail.bytes, n->tail.used);
}

/* An application that the exporter named, else what the port says. */
static void name_flow(struct worker *w, uint32_t index, const struct flow_in *f)
{
    const struct flow_cold *c = flow_cold_at(&w->flows, index);
    bool has_app = f->l7_master || f->l7_app || (f->flags & FLOW_IN_APP);
    struct l7_result told;
    if (c->marks & MARK_NAMED)
        return;
    if (!has_app && !f->names) {
        flow_settle(w, index);
        return;
    }
    if (has_app)
        take_told_app(f, &told);
    else
        flow_guess(w, index, &told);
    if (f->names)
        take_told_names(f->names, &told);
    flow_take_verdict(w, index, &told);
}

/* The ports were used again: the record is of a connection after the one that had ended, or the
 * exporter says in another way that it is about another flow. */
static bool begins_anew(const struct worker *w, uint32_t index, const struct addition *a)
{
    const struct flow_hot *h = flow_hot_at(&w->flows, index);
    const struct flow_in *f = a->f;
    if (!w->config->timeouts)
        return false;
    if ((h->bits & FLOW_CLOSED) && (f->tcp_flags[0] & TCP_SYN) && f->first > flow_last(h))
        return true;
    bool has_sent = f->bytes[0] | f->packets[0], has_rcvd = f->bytes[1] | f->packets[1];
    return (h->bits & FLOW_EXPORTED) &&
           ((has_sent && flow_is_another(w, index, a->src, f, a->exporter)) ||
            (has_rcvd && flow_is_another(w, index, !a->src, f, a->exporter)));
}

static uint32_t flow_of(struct worker *w, const struct addition *a, const struct keyed *k)
{
    uint32_t index = flows_find(&w->flows, k);
    if (index && begins_anew(w, index, a)) {
        flow_end(w, index, END_OF_FLOW);
        index = 0;
    }
    if (index)
        return index;
    struct packet p;
    enum client_reason because;
    bool is_client = src_is_client(a->f, &because);
    packet_of(a->f, 0, &p);
    index = flow_begin_from(w, &p, k, is_client, because);
    if (index && (flow_hot_at(&w->flows, index)->bits & FLOW_RAW))
        flow_join(w, index);
    return index;
}

/* Counters since the flow began say only by their difference what is new, and parts that were told of them
 * on the way are in them again. */
static void since_before(struct addition *a, struct flow_export *x, unsigned end, uint64_t *bytes,
                         uint64_t *packets)
{
    uint64_t total_bytes = *bytes, total_packets = *packets;
    if (x && a->f->flags & FLOW_IN_PART) {
        x->total_bytes[end] += total_bytes;
        x->total_packets[end] += total_packets;
    }
    if (!(a->f->flags & FLOW_IN_TOTALS) || !x)
        return;
    if (total_bytes >= x->total_bytes[end] && total_packets >= x->total_packets[end]) {
        *bytes -= x->total_bytes[end];
        *packets -= x->total_packets[end];
    }
    bool is_final = a->f->flags & FLOW_IN_FINAL;
    x->total_bytes[end] = is_final ? 0 : total_bytes;
    x->total_packets[end] = is_final ? 0 : total_packets;
}

/* What src (way 0) or dst (way 1) has sent. */
static void add_way(struct worker *w, struct addition *a, unsigned way, unsigned hop)
{
    const struct flow_in *f = a->f;
    unsigned end = way ? !a->src : a->src;
    uint64_t bytes = f->bytes[way], packets = f->packets[way];
    struct flow_export *x = flow_exported(&w->flows, flow_cold_at(&w->flows, a->index));
    if (!bytes && !packets)
        return;
    enum told_before told = flow_is_told(w, a->index, end, hop, f, a->now);
    if (told != TOLD_NEWS) {
        a->is_own_dup = told == TOLD_BY_ITSELF;
        /* Totals of another exporter cannot be compared with those of this flow. */
        bool adds = !(f->flags & FLOW_IN_TOTALS);
        a->dup.bytes[end] = adds ? scaled(bytes, f->sampling) : 0;
        a->dup.packets[end] = adds ? scaled(packets, f->sampling) : 0;
        return;
    }
    flow_note_counted(w, a->index, end, f);
    since_before(a, x, end, &bytes, &packets);
    a->raw.bytes += bytes;
    a->raw.packets += packets;
    if (x) {
        x->raw_bytes[end] += bytes;
        x->raw_packets[end] += packets;
    }
    a->delta.bytes[end] = scaled(bytes, f->sampling);
    a->delta.packets[end] = scaled(packets, f->sampling);
    a->counts = true;
}

static void count_times(struct worker *w, const struct addition *a, unsigned end)
{
    struct flow_hot *h = flow_hot_at(&w->flows, a->index);
    struct flow_cold *c = flow_cold_at(&w->flows, a->index);
    const struct flow_in *f = a->f;
    if (h->bits & FLOW_FRESH) {
        flow_begin_interval(w, a->index, f->first);
        h->bits &= (uint16_t)~FLOW_FRESH;
    }
    if (!c->told && f->first < c->first)
        c->first = f->first; /* no record has told of the flow under another id */
    if (f->last > h->last[end])
        h->last[end] = f->last;
}

static uint16_t size_u16(uint32_t bytes)
{
    return bytes > UINT16_MAX ? UINT16_MAX : (uint16_t)bytes;
}

/* Nobody tells the size of each packet: all are of the average size. */
static void count_sizes(struct worker *w, const struct addition *a, unsigned way, unsigned end)
{
    struct flow_hot *h = flow_hot_at(&w->flows, a->index);
    uint64_t packets = a->delta.packets[end];
    if (a->f->max_len[way]) {
        uint16_t least = size_u16(a->f->min_len[way]), most = size_u16(a->f->max_len[way]);
        h->min_ip[end] = least < h->min_ip[end] ? least : h->min_ip[end];
        h->max_ip[end] = most > h->max_ip[end] ? most : h->max_ip[end];
    }
    if (!packets)
        return;
    uint64_t size = average(a->delta.bytes[end], packets);
    unsigned bin = size_bin(size > UINT32_MAX ? UINT32_MAX : (uint32_t)size);
    struct host *from = host_at(&w->hosts, h->host[end]), *to = host_at(&w->hosts, h->host[!end]);
    host_add_sizes(&w->hosts, from, SIDE_SENT * SIZE_BINS + bin, packets);
    host_add_sizes(&w->hosts, to, SIDE_RCVD * SIZE_BINS + bin, packets);
    w->tally.sizes[bin] += packets;
}

/* Latencies and retransmissions that a probe measured. */
static void take_measures(struct worker *w, const struct addition *a)
{
    const struct flow_in *f = a->f;
    struct flow_cold *c = flow_cold_at(&w->flows, a->index);
    if (f->client_us) {
        c->handshake_state = HANDSHAKE_TIMED;
        c->handshake.us = f->client_us;
    }
    if (f->server_us)
        c->server_rtt = f->server_us;
    if (f->appl_us) {
        c->request_state = REQUEST_ANSWERED;
        c->request.us = f->appl_us;
    }
    bool any = f->retrans[0] | f->retrans[1] | f->ooo[0] | f->ooo[1];
    struct flow_tcp *t = any ? flow_make_tcp(&w->flows, c) : NULL;
    for (unsigned way = 0; t && way < 2; way++) {
        t->retrans[way ? !a->src : a->src] += f->retrans[way];
        t->ooo[way ? !a->src : a->src] += f->ooo[way];
        w->tally.retrans += f->retrans[way];
        w->tally.ooo += f->ooo[way];
    }
    if (any || f->client_us || f->server_us || f->appl_us)
        c->marks |= MARK_SUSPECT;
}

/* One way of the record at its end of the flow. */
static void meet_way(struct worker *w, struct addition *a, unsigned way)
{
    struct flow_hot *h = flow_hot_at(&w->flows, a->index);
    unsigned end = way ? !a->src : a->src;
    if (!a->delta.bytes[end] && !a->delta.packets[end])
        return;
    if (!h->last[end]) {
        struct packet p;
        packet_of(a->f, way, &p);
        flow_meet_end(w, a->index, &p, end);
    }
    count_times(w, a, end);
    if (h->last[0] && h->last[1])
        h->bits |= FLOW_TWO_WAY;
    h->tcp_flags[end] |= a->f->proto == PROTO_TCP ? a->f->tcp_flags[way] : 0;
    count_sizes(w, a, way, end);
}

static void close_connection(struct flow_hot *h)
{
    bool both = h->tcp_flags[0] & h->tcp_flags[1] & TCP_FIN;
    bool reset = (h->tcp_flags[0] | h->tcp_flags[1]) & TCP_RST;
    if ((h->bits & FLOW_TCP) && (both || reset))
        h->bits |= FLOW_CLOSED;
}

/* In and out of the exporter's interfaces, whoever is counted for the flow. */
static void count_interfaces(struct worker *w, const struct addition *a)
{
    struct groups *gs = &w->groups;
    const struct flow_in *f = a->f;
    struct traffic told;
    for (unsigned way = 0; way < 2; way++) {
        unsigned end = way ? !a->src : a->src;
        told.bytes[way] = a->delta.bytes[end] + (a->is_own_dup ? 0 : a->dup.bytes[end]);
        told.packets[way] = a->delta.packets[end] + (a->is_own_dup ? 0 : a->dup.packets[end]);
    }
    const uint64_t back_bytes[2] = {told.bytes[1], told.bytes[0]};
    const uint64_t back_packets[2] = {told.packets[1], told.packets[0]};
    uint32_t in = groups_get_exporter_if(gs, a->exporter, f->in_if, a->now);
    uint32_t out = groups_get_exporter_if(gs, a->exporter, f->out_if, a->now);
    if (in)
        group_count(group_at(gs, in), w->tick, a->now, told.bytes, told.packets);
    if (out)
        group_count(group_at(gs, out), w->tick, a->now, back_bytes, back_packets);
}

/* The exporter as a whole. */
static void count_exporter(struct worker *w, const struct addition *a)
{
    struct groups *gs = &w->groups;
    unsigned s = a->src;
    const uint64_t bytes[2] = {a->delta.bytes[s], a->delta.bytes[!s]};
    const uint64_t packets[2] = {a->delta.packets[s], a->delta.packets[!s]};
    uint32_t index = groups_get_exporter(gs, a->exporter, a->f->domain, a->now);
    count_interfaces(w, a);
    if (!index)
        return;
    struct group *g = group_at(gs, index);
    group_count(g, w->tick, a->now, bytes, packets);
    g->told.records++;
    g->told.raw_bytes += a->raw.bytes;
    g->told.raw_packets += a->raw.packets;
    g->told.dup_bytes += a->dup.bytes[0] + a->dup.bytes[1];
    g->told.dup_packets += a->dup.packets[0] + a->dup.packets[1];
}

static uint32_t seconds_of(const struct flow_in *f)
{
    nsec_t lasted = f->last - f->first;
    return lasted > SECOND ? (uint32_t)((lasted + SECOND - 1) / SECOND) : 1;
}

/* The flow's own peak: what it had in an average second of the record. */
static void count_peak(struct worker *w, const struct addition *a, uint32_t seconds)
{
    struct flow_hot *h = flow_hot_at(&w->flows, a->index);
    uint64_t second = average(a->delta.bytes[0] + a->delta.bytes[1], seconds);
    uint32_t peak = second > UINT32_MAX ? UINT32_MAX : (uint32_t)second;
    h->peak_bytes = peak > h->peak_bytes ? peak : h->peak_bytes;
}

/* Totals, hosts and groups at once, series where it was. */
static void count_all(struct worker *w, const struct addition *a)
{
    struct tally *t = &w->tally;
    uint64_t bytes = a->delta.bytes[0] + a->delta.bytes[1];
    uint64_t packets = a->delta.packets[0] + a->delta.packets[1];
    uint64_t before[SERIES_COLUMNS] = {[SERIES_UPLOAD] = t->upload_bytes,
                                       [SERIES_DOWNLOAD] = t->download_bytes,
                                       [SERIES_INTERNAL] = t->internal_bytes};
    t->records++;
    t->record_packets += packets;
    t->record_bytes += bytes;
    t->ip_packets += packets;
    t->ip_bytes += bytes;
    *(a->f->version == 6 ? &t->v6_bytes : &t->v4_bytes) += bytes;
    t->pending_packets += packets;
    t->pending_bytes += bytes;
    uint32_t seconds = seconds_of(a->f);
    count_peak(w, a, seconds);
    flow_count(w, a->index, w->tick, &a->delta, seconds);
    const uint64_t was[SERIES_COLUMNS] = {
        [SERIES_UPLOAD] = t->upload_bytes - before[SERIES_UPLOAD],
        [SERIES_DOWNLOAD] = t->download_bytes - before[SERIES_DOWNLOAD],
        [SERIES_INTERNAL] = t->internal_bytes - before[SERIES_INTERNAL],
        [SERIES_PACKETS] = packets};
    series_spread(&w->series, w->tick, a->f->first, a->f->last, was);
}

/* True when this worker is the one to count what is between these addresses; else whoever is has been told
 * of it, or sees it, too. */
static bool is_mine(struct worker *w, const struct packet *p, const struct flow_in *f,
                    bool is_sample, const struct told_by *by)
{
    if (w->share > 1)
        return key_spread(p) % w->share == w->number;
    struct worker *owner = handover_owner(w, p);
    if (owner)
        handover_send(w, owner, f, is_sample ? p : NULL, by);
    return !owner;
}

void flow_in_key(const struct flow_in *f, struct keyed *k)
{
    unsigned skip = f->version == 4 ? 12 : 0;
    bool is_icmp = f->proto == PROTO_ICMP || f->proto == PROTO_ICMPV6;
    const struct ends ends = {.src = f->src.byte + skip,
                              .dst = f->dst.byte + skip,
                              .src_port = is_icmp ? 0 : f->src_port,
                              .dst_port = is_icmp ? 0 : f->dst_port,
                              .tags = ends_tags(f->vlan, f->vlan_inner),
                              .proto = f->proto,
                              .version = f->version};
    key_from_ends(&ends, k);
}

/* The same for a record; only who has peers has to ask. */
static bool is_my_record(struct worker *w, const struct flow_in *f, const struct addr *exporter,
                         nsec_t now)
{
    struct packet p;
    if (w->share <= 1 && !w->handover)
        return true;
    const struct told_by by = {*exporter, now};
    packet_of(f, 0, &p);
    return is_mine(w, &p, f, false, &by);
}

void flow_add(struct worker *w, const struct flow_in *f, const struct keyed *k,
              const struct addr *exporter, nsec_t now)
{
    if (!is_my_record(w, f, exporter, now))
        return;
    if (!f->version) {
        worker_count(w, REASON_record_without_ip, 0);
        return;
    }
    if (!(f->bytes[0] | f->bytes[1] | f->packets[0] | f->packets[1])) {
        worker_count(w, REASON_record_empty, 0);
        return;
    }
    struct addition a = {.f = f, .exporter = exporter, .now = now, .src = k->from_high};
    if (!(a.index = flow_of(w, &a, k))) {
        worker_count(w, REASON_record_no_room, 0);
        return;
    }
    unsigned hop = flow_note_exporter(w, a.index, f, exporter, a.src, now);
    add_way(w, &a, 0, hop);
    add_way(w, &a, 1, hop);
    count_exporter(w, &a);
    if (!a.counts) {
        worker_count(w, REASON_record_dup, 0);
        return;
    }
    meet_way(w, &a, 0);
    meet_way(w, &a, 1);
    close_connection(flow_hot_at(&w->flows, a.index));
    take_measures(w, &a);
    count_all(w, &a);
    name_flow(w, a.index, f);
    flow_judge(w, a.index);
}

/* A frame as the record of one packet. */
static struct flow_in record_of(const struct flow_in *sample, const struct packet *p)
{
    struct flow_in f = *sample;
    f.src = p->src;
    f.dst = p->dst;
    f.src_port = p->src_port;
    f.dst_port = p->dst_port;
    f.version = p->version;
    f.proto = p->proto;
    f.first = f.last = p->ts;
    f.bytes[0] = p->ip_bytes;
    f.packets[0] = 1;
    f.bytes[1] = f.packets[1] = 0;
    f.tcp_flags[0] = p->tcp_flags;
    f.min_len[0] = f.max_len[0] = p->ip_bytes;
    return f;
}

/* Sequence numbers of samples say nothing, so the packet is counted like a record; but it may be looked
 * into. */
static void add_packet(struct worker *w, struct addition *a, const struct packet *p)
{
    struct flow_hot *h = flow_hot_at(&w->flows, a->index);
    add_way(w, a, 0, flow_note_exporter(w, a->index, a->f, a->exporter, a->src, a->now));
    count_exporter(w, a);
    if (!a->counts) {
        worker_count(w, REASON_record_dup, 0);
        return;
    }
    if (!h->last[a->src])
        flow_meet_end(w, a->index, p, a->src);
    meet_way(w, a, 0);
    close_connection(h);
    count_all(w, a);
    if ((h->bits & FLOW_DPI) && p->payload_cap)
        flow_detect(w, a->index, p, a->src);
}

void flow_add_sample(struct worker *w, const struct packet *p, const struct flow_in *f,
                     const struct addr *exporter, nsec_t now)
{
    struct keyed k;
    key_from_packet(p, &k);
    struct flow_in one = record_of(f, p);
    struct addition a = {.f = &one, .exporter = exporter, .now = now, .src = k.from_high};
    a.index = flows_find(&w->flows, &k);
    if (!a.index && (a.index = flow_begin(w, p, &k)) &&
        (flow_hot_at(&w->flows, a.index)->bits & FLOW_RAW))
        flow_join(w, a.index);
    if (a.index)
        add_packet(w, &a, p);
    else
        worker_count(w, REASON_record_no_room, 0);
}

void flow_add_frame(struct worker *w, const struct frame *frame, const struct flow_in *f,
                    const struct addr *exporter, nsec_t now)
{
    struct packet p;
    enum reason why = packet_decode(&w->decoder, frame, &p);
    const struct told_by by = {*exporter, now};
    bool has_ip = why == REASON_ipv4 || why == REASON_ipv6;
    p.ts = frame->ts;
    /* Of a file all workers see a frame without addresses, and one counts it; else it has come here. */
    if (!has_ip && w->share <= 1)
        worker_count(w, REASON_record_without_ip, 0);
    else if (!is_mine(w, &p, f, true, &by))
        return;
    else if (has_ip)
        flow_add_sample(w, &p, f, exporter, now);
    else
        worker_count(w, REASON_record_without_ip, 0);
}
