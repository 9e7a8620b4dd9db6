/* flow_tcp.c - TCP: handshake, connection state, sequence numbers.
 *
 * Terms follow RFC 9293. A segment beyond the expected number opens a gap (lost before Weir, or
 * late); one that falls into a young gap was out of order, into an old one a retransmission of
 * what was lost; one from before the expected number that fills no gap is a retransmission.
 */
#include "engine/problem.h"
#include "engine/worker.h"

enum { REORDER_US = 3000 /* a late segment within this time was reordered, as Wireshark judges */ };

static uint32_t usec(nsec_t from, nsec_t to)
{
    if (!from || to <= from)
        return 0;
    uint64_t us = (uint64_t)(to - from) / 1000;
    return us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

/* A SYN that agrees with an earlier choice of the client is the better reason for it. */
static void settle_client(struct flow_hot *h, struct flow_cold *c, unsigned client,
                          enum client_reason because)
{
    if (c->client_reason == CLIENT_SYN || c->client_reason == CLIENT_SYN_ACK)
        return;
    if (flow_client(h) == client)
        c->client_reason = because & 7;
}

/* A time that was measured, and whether it is worth a look. */
static uint32_t measured(struct flow_cold *c, uint32_t us, uint32_t slow)
{
    if (us > slow)
        c->marks |= MARK_SUSPECT;
    return us;
}

/* The first SYN and the first answer to it. */
static void time_handshake(struct flow_cold *c, const struct packet *p, bool answer)
{
    if (!answer && c->handshake_state == HANDSHAKE_NONE) {
        c->handshake_state = HANDSHAKE_SYN;
        c->handshake.at = p->ts;
    } else if (answer && c->handshake_state == HANDSHAKE_SYN) {
        c->server_rtt = measured(c, usec(c->handshake.at, p->ts) / 2, PROBLEM_SLOW_NETWORK_US);
        c->handshake_state = HANDSHAKE_SYN_ACK;
        c->handshake.at = p->ts;
    }
}

/* The client's first ACK, or the first that came later than the SYN-ACK. */
static void time_client(struct flow_cold *c, const struct packet *p)
{
    uint32_t us = usec(c->handshake.at, p->ts) / 2;
    if (!us)
        return;
    c->handshake_state = HANDSHAKE_TIMED;
    c->handshake.us = measured(c, us, PROBLEM_SLOW_NETWORK_US);
}

void flow_tcp_flags(struct worker *w, uint32_t index, const struct packet *p, unsigned end)
{
    struct flow_hot *h = flow_hot_at(&w->flows, index);
    struct flow_cold *c = flow_cold_at(&w->flows, index);
    struct hosts *hs = &w->hosts;
    struct host *from = host_at(hs, h->host[end]), *to = host_at(hs, h->host[!end]);
    if (p->tcp_flags & TCP_SYN) {
        bool answer = p->tcp_flags & TCP_ACK;
        w->tally.syn += !answer;
        w->tally.syn_ack += answer;
        host_add_syn(hs, from, SIDE_SENT, 1);
        host_add_syn(hs, to, SIDE_RCVD, 1);
        c->wscale[end] = p->tcp_wscale;
        settle_client(h, c, answer ? !end : end, answer ? CLIENT_SYN_ACK : CLIENT_SYN);
        time_handshake(c, p, answer);
        /* As long as the server has not answered, its end is timed and the client's is again. */
        if (h->bits & FLOW_TIME)
            h->bits |= FLOW_TIME;
    }
    if (p->tcp_flags & TCP_FIN) {
        w->tally.fin++;
        host_add_fin(hs, from, SIDE_SENT, 1);
        host_add_fin(hs, to, SIDE_RCVD, 1);
        if (h->tcp_flags[!end] & TCP_FIN)
            h->bits |= FLOW_CLOSED;
    }
    if (p->tcp_flags & TCP_RST) {
        w->tally.rst++;
        host_add_rst(hs, from, SIDE_SENT, 1);
        host_add_rst(hs, to, SIDE_RCVD, 1);
        h->bits |= FLOW_CLOSED;
        c->marks |= MARK_SUSPECT;
        if (!c->first_rst)
            c->first_rst = (uint8_t)(1 + end);
    }
}

void flow_time(struct worker *w, uint32_t index, const struct packet *p, unsigned end)
{
    struct flow_hot *h = flow_hot_at(&w->flows, index);
    struct flow_cold *c = flow_cold_at(&w->flows, index);
    bool from_client = end == flow_client(h);
    if (p->is_tcp && from_client && c->handshake_state == HANDSHAKE_SYN_ACK &&
        (p->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_ACK)
        time_client(c, p);
    if (!p->payload_len)
        return;
    if (from_client) {
        if (c->request_state == REQUEST_NONE) {
            c->request_state = REQUEST_SENT;
            c->request.at = p->ts;
        }
        /* From here on only the server has something to say, unless a handshake is under way. */
        if (c->handshake_state == HANDSHAKE_NONE || c->handshake_state == HANDSHAKE_TIMED)
            h->bits &= (uint16_t) ~(FLOW_TIME_LOW << end);
    } else {
        if (c->request_state == REQUEST_SENT) {
            c->request_state = REQUEST_ANSWERED;
            c->request.us = measured(c, usec(c->request.at, p->ts), PROBLEM_SLOW_SERVER_US);
        }
        h->bits &= (uint16_t)~FLOW_TIME;
    }
}

/* The flow's details, made at the first thing that is not as it should be; NULL without memory. */
static struct flow_tcp *details(struct worker *w, struct flow_cold *c)
{
    c->marks |= MARK_SUSPECT;
    return flow_make_tcp(&w->flows, c);
}

/* A hole in the sequence: everything from the expected number to this segment. */
static void open_gap(struct worker *w, struct flow_hot *h, struct flow_cold *c,
                     const struct packet *p, unsigned end)
{
    struct flow_tcp *t = details(w, c);
    if (!t)
        return;
    t->lost[end]++;
    t->gap_from[end] = h->next_seq[end];
    t->gap_to[end] = p->tcp_seq;
    t->gap_ts[end] = p->ts;
    host_add_lost(&w->hosts, host_at(&w->hosts, h->host[end]), SIDE_SENT, 1);
    host_add_lost(&w->hosts, host_at(&w->hosts, h->host[!end]), SIDE_RCVD, 1);
    w->tally.lost++;
}

static void late_segment(struct worker *w, struct flow_hot *h, struct flow_cold *c,
                         const struct packet *p, unsigned end)
{
    struct hosts *hs = &w->hosts;
    struct host *from = host_at(hs, h->host[end]), *to = host_at(hs, h->host[!end]);
    struct flow_tcp *t = details(w, c);
    if (!t)
        return;
    bool fills = t->gap_ts[end] && (int32_t)(p->tcp_seq - t->gap_from[end]) >= 0 &&
                 (int32_t)(p->tcp_seq - t->gap_to[end]) < 0;
    if (!fills || usec(t->gap_ts[end], p->ts) > REORDER_US) {
        t->retrans[end]++;
        host_add_retrans(hs, from, SIDE_SENT, 1);
        host_add_retrans(hs, to, SIDE_RCVD, 1);
        w->tally.retrans++;
        return;
    }
    t->ooo[end]++;
    host_add_ooo(hs, from, SIDE_SENT, 1);
    host_add_ooo(hs, to, SIDE_RCVD, 1);
    w->tally.ooo++;
    /* The gap was no loss if this segment starts where it began. */
    if (p->tcp_seq == t->gap_from[end] && t->lost[end]) {
        t->lost[end]--;
        host_sub_lost(hs, from, SIDE_SENT);
        host_sub_lost(hs, to, SIDE_RCVD);
        w->tally.lost -= w->tally.lost > 0;
        t->gap_ts[end] = 0;
    }
}

void flow_tcp_sequence(struct worker *w, uint32_t index, const struct packet *p, unsigned end)
{
    struct flow_hot *h = flow_hot_at(&w->flows, index);
    uint16_t known = (uint16_t)(FLOW_SEQ_LOW << end);
    uint32_t advance = p->payload_len + !!(p->tcp_flags & TCP_SYN) + !!(p->tcp_flags & TCP_FIN);
    if (__builtin_expect(!p->tcp_window && !(p->tcp_flags & (TCP_RST | TCP_SYN | TCP_FIN)), 0)) {
        struct flow_tcp *t = details(w, flow_cold_at(&w->flows, index));
        if (t)
            t->zero_window[end]++;
        w->tally.zero_window++;
    }
    int32_t ahead = (int32_t)(p->tcp_seq - h->next_seq[end]);
    if (__builtin_expect(!(h->bits & known) || (p->tcp_flags & TCP_SYN), 0)) {
        bool again = (h->bits & known) && ahead < 0 && p->tcp_seq + advance == h->next_seq[end];
        h->bits |= known;
        h->next_seq[end] = p->tcp_seq + advance;
        if (again)
            late_segment(w, h, flow_cold_at(&w->flows, index), p, end);
        return;
    }
    if (__builtin_expect(!ahead, 1)) {
        h->next_seq[end] += advance;
        return;
    }
    if (p->tcp_flags & TCP_RST)
        return;
    struct flow_cold *c = flow_cold_at(&w->flows, index);
    if (ahead == -1 && p->payload_len <= 1 && !(p->tcp_flags & (TCP_SYN | TCP_FIN))) {
        struct flow_tcp *t = details(w, c);
        if (t)
            t->keepalive[end]++;
        w->tally.keepalive++;
    } else if (ahead > 0) {
        open_gap(w, h, c, p, end);
        h->next_seq[end] = p->tcp_seq + advance;
    } else if (advance) {
        late_segment(w, h, c, p, end);
        if ((int32_t)(p->tcp_seq + advance - h->next_seq[end]) > 0)
            h->next_seq[end] = p->tcp_seq + advance;
    }
}

enum tcp_state flow_tcp_state(const struct flow_hot *h, const struct flow_cold *c)
{
    if (c->proto != 6)
        return TCP_STATE_NONE;
    unsigned client = flow_client(h);
    uint8_t mine = h->tcp_flags[client], theirs = h->tcp_flags[!client];
    bool syn = mine & TCP_SYN, answered = (theirs & TCP_SYN) && (theirs & TCP_ACK);
    bool client_rst = c->first_rst == 1 + client, server_rst = c->first_rst == 2 - client;
    if (!syn && answered)
        return server_rst ? TCP_RSTRH : (theirs & TCP_FIN) ? TCP_SHR : TCP_OTH;
    if (!syn)
        return TCP_OTH;
    if (!answered) {
        if (server_rst)
            return TCP_REJ;
        if (client_rst)
            return TCP_RSTOS0;
        return (mine & TCP_FIN) ? TCP_SH : TCP_S0;
    }
    if (client_rst)
        return TCP_RSTO;
    if (server_rst)
        return TCP_RSTR;
    if ((mine & TCP_FIN) && (theirs & TCP_FIN))
        return TCP_SF;
    if (mine & TCP_FIN)
        return TCP_S2;
    if (theirs & TCP_FIN)
        return TCP_S3;
    return TCP_S1;
}
