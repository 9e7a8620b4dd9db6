/* sflow_flow.c - the records of an sFlow flow sample: the packet, and what the switch knew about it. */
#include "codec/sflow_private.h"

enum {
    RECORD_HEADER = 1,
    RECORD_ETHERNET = 2,
    RECORD_IPV4 = 3,
    RECORD_IPV6 = 4,
    RECORD_SWITCH = 1001,
    RECORD_ROUTER = 1002,
    RECORD_GATEWAY = 1003,
    RECORD_USER = 1004,
    RECORD_URL = 1005,
    RECORD_MPLS = 1006,
    RECORD_NAT = 1007,
    RECORD_VLAN_TUNNEL = 1012,
    RECORD_NAT_PORT = 1020,
    RECORD_TUNNEL4_OUT = 1023,
    RECORD_TUNNEL4_IN = 1024,
    RECORD_TUNNEL6_OUT = 1025,
    RECORD_TUNNEL6_IN = 1026,
    RECORD_VNI_OUT = 1029,
    RECORD_VNI_IN = 1030
};

enum { LINK_NONE = 0xffff, TUNNEL_IN = 0, TUNNEL_OUT = 1 };

/* LINKTYPE_ of an sFlow header_protocol; LINK_NONE where there is none. */
static uint16_t link_of(uint32_t protocol)
{
    static const uint16_t links[] = {
        [0] = LINK_NONE,          [1] = 1 /* Ethernet */, [2] = LINK_NONE,
        [3] = 6 /* token ring */, [4] = 10 /* FDDI */,    [5] = 107 /* frame relay */,
        [6] = LINK_NONE,          [7] = 9 /* PPP */,      [8] = LINK_NONE,
        [9] = LINK_NONE,          [10] = LINK_NONE,       [11] = 228 /* IPv4 */,
        [12] = 229 /* IPv6 */,    [13] = 219 /* MPLS */,  [14] = 50 /* PPP over SONET */,
        [15] = 105 /* 802.11 */,
    };
    return protocol < sizeof links / sizeof *links ? links[protocol] : LINK_NONE;
}

/* frame_length counts what was stripped, too; a check sum of Ethernet that was never captured is no
 * part of the frames that the other sources hand over. Version 4 and before do not say `stripped`. */
static void read_header(struct cursor *c, uint32_t version, struct sflow_sample *s)
{
    uint32_t protocol = cur_be32(c);
    uint32_t length = cur_be32(c);
    uint32_t stripped = version >= 5 ? cur_be32(c) : 0;
    uint32_t captured = cur_be32(c);
    if (captured > cur_left(c)) {
        c->bad = true;
        return;
    }
    const uint8_t *bytes = cur_take(c, captured);
    cur_take(c, (4 - captured % 4) % 4 <= cur_left(c) ? (4 - captured % 4) % 4 : 0);
    if (!cur_ok(c) || s->has_frame)
        return;
    s->header_protocol = protocol;
    s->stripped = stripped;
    uint16_t link = link_of(protocol);
    if (link == LINK_NONE || !captured) /* nothing of the packet is there */
        return;
    uint32_t wire = length > stripped ? length - stripped : 0;
    s->has_frame = true;
    s->frame = (struct frame){.bytes = bytes,
                              .cap_len = captured,
                              .wire_len = wire > captured ? wire : captured,
                              .link = link};
}

static struct mac read_mac(struct cursor *c)
{
    struct mac m = {{0}};
    const uint8_t *p = cur_take(c, 8);
    if (p)
        memcpy(m.byte, p, sizeof m.byte);
    return m;
}

static void read_ethernet(struct cursor *c, struct sflow_sample *s)
{
    uint32_t length = cur_be32(c);
    s->flow.src_mac = read_mac(c);
    s->flow.dst_mac = read_mac(c);
    cur_be32(c); /* EtherType: the columns have none */
    if (!s->flow.bytes[0])
        s->flow.bytes[0] = length;
    s->has_columns = true;
}

/* struct sampled_ipv4, sampled_ipv6: length, protocol, addresses, ports, flags, TOS or priority. */
static void read_ip(struct cursor *c, bool is_v6, struct sflow_sample *s)
{
    const uint8_t *p = cur_take(c, is_v6 ? 56 : 32);
    if (!p)
        return;
    struct flow_in *f = &s->flow;
    size_t width = is_v6 ? 16 : 4;
    f->bytes[0] = load_be32(p);
    f->proto = (uint8_t)load_be32(p + 4);
    f->version = is_v6 ? 6 : 4;
    f->src = is_v6 ? addr_v6(p + 8) : addr_v4(p + 8);
    f->dst = is_v6 ? addr_v6(p + 8 + width) : addr_v4(p + 8 + width);
    const uint8_t *tail = p + 8 + 2 * width;
    f->src_port = (uint16_t)load_be32(tail);
    f->dst_port = (uint16_t)load_be32(tail + 4);
    f->tcp_flags[0] = (uint8_t)load_be32(tail + 8);
    f->tos[0] = (uint8_t)load_be32(tail + 12);
    if (f->proto == 1 || f->proto == 58)
        f->icmp = (uint16_t)(f->src_port << 8 | (f->dst_port & 0xff));
    s->has_columns = true;
}

static void read_switch(struct cursor *c, struct sflow_sample *s)
{
    const uint8_t *p = cur_take(c, 16);
    if (!p)
        return;
    s->flow.vlan = load_be32(p) < 4096 ? (uint16_t)load_be32(p) : 0;
    s->flow.vlan_out = load_be32(p + 8) < 4096 ? (uint16_t)load_be32(p + 8) : 0;
}

static void read_router(struct cursor *c, struct sflow_sample *s)
{
    struct addr hop = sflow_addr(c);
    uint32_t src_mask = cur_be32(c), dst_mask = cur_be32(c);
    if (!cur_ok(c))
        return;
    s->flow.next_hop = hop;
    s->flow.src_mask = src_mask <= 128 ? (uint8_t)src_mask : 0;
    s->flow.dst_mask = dst_mask <= 128 ? (uint8_t)dst_mask : 0;
}

/* A list of n numbers that the bytes must hold; as many as fit are kept. */
static void read_numbers(struct cursor *c, uint32_t n, uint32_t *list, unsigned *len, unsigned max)
{
    if (n > cur_left(c) / 4) {
        c->bad = true;
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t value = cur_be32(c);
        if (*len < max)
            list[(*len)++] = value;
    }
}

static void read_gateway(struct cursor *c, uint32_t version, struct sflow_sample *s)
{
    struct sflow_gateway g = {.is_present = true};
    struct addr hop = {{0}};
    if (version >= 5)
        hop = sflow_addr(c);
    g.as = cur_be32(c);
    g.src_as = cur_be32(c);
    g.src_peer_as = cur_be32(c);
    uint32_t segments = cur_be32(c);
    if (version < 4) { /* one plain list of AS numbers */
        read_numbers(c, segments, g.path, &g.path_len, SFLOW_PATH);
    } else {
        for (uint32_t i = 0; i < segments && cur_ok(c); i++) {
            cur_be32(c); /* set or sequence */
            read_numbers(c, cur_be32(c), g.path, &g.path_len, SFLOW_PATH);
        }
        read_numbers(c, cur_be32(c), g.communities, &g.communities_len, SFLOW_COMMUNITIES);
        g.local_pref = cur_be32(c);
    }
    if (!cur_ok(c))
        return;
    s->gateway = g;
    s->flow.bgp_next_hop = hop;
    s->flow.src_as = g.src_as;
    /* An empty path: the destination lies in the router's own AS. */
    s->flow.dst_as = g.path_len ? g.path[g.path_len - 1] : g.as;
}

static void read_user(struct cursor *c, uint32_t version, struct sflow_sample *s)
{
    if (version >= 5)
        cur_be32(c); /* IANA character set */
    struct sflow_text src = sflow_text(c);
    if (version >= 5)
        cur_be32(c);
    struct sflow_text dst = sflow_text(c);
    if (!cur_ok(c))
        return;
    s->src_user = src;
    s->dst_user = dst;
}

static void read_url(struct cursor *c, uint32_t version, struct sflow_sample *s)
{
    uint32_t direction = cur_be32(c);
    struct sflow_text url = sflow_text(c);
    struct sflow_text host = {0};
    if (version >= 5)
        host = sflow_text(c);
    if (!cur_ok(c))
        return;
    s->url_direction = direction;
    s->url = url;
    s->host = host;
}

/* struct extended_mpls: next hop, the labels it came with, the labels it leaves with. The first that
 * is there is what the capture of this interface would show. */
static void read_mpls(struct cursor *c, struct sflow_sample *s)
{
    struct addr hop = sflow_addr(c);
    uint32_t labels[2][SFLOW_LABELS];
    unsigned n[2] = {0, 0};
    for (unsigned i = 0; i < 2; i++)
        read_numbers(c, cur_be32(c), labels[i], &n[i], SFLOW_LABELS);
    if (!cur_ok(c))
        return;
    if (addr_is_none(&s->flow.next_hop))
        s->flow.next_hop = hop;
    unsigned which = n[0] ? 0 : 1;
    for (unsigned i = 0; i < 3 && i < n[which]; i++)
        s->flow.mpls[i] = labels[which][i] >> 12;
}

static void read_nat(struct cursor *c, struct sflow_sample *s)
{
    struct addr src = sflow_addr(c), dst = sflow_addr(c);
    if (!cur_ok(c))
        return;
    s->flow.nat_src = src;
    s->flow.nat_dst = dst;
}

static void read_nat_port(struct cursor *c, struct sflow_sample *s)
{
    s->flow.nat_src_port = (uint16_t)cur_be32(c);
    s->flow.nat_dst_port = (uint16_t)cur_be32(c);
}

/* Tags that the agent took off the sampled header: TPID << 16 | TCI, outermost first. */
static void read_vlan_tunnel(struct cursor *c, struct sflow_sample *s)
{
    uint32_t tags[SFLOW_LABELS];
    unsigned n = 0;
    read_numbers(c, cur_be32(c), tags, &n, SFLOW_LABELS);
    if (!cur_ok(c) || n == 0)
        return;
    s->flow.vlan = tags[0] & 0xfff;
    if (n > 1)
        s->flow.vlan_inner = tags[1] & 0xfff;
}

static void read_tunnel(struct cursor *c, bool is_v6, struct sflow_tunnel *t)
{
    struct sflow_sample outer = {0};
    read_ip(c, is_v6, &outer);
    if (!outer.has_columns)
        return;
    t->is_present = true;
    t->src = outer.flow.src;
    t->dst = outer.flow.dst;
}

static void read_vni(struct cursor *c, struct sflow_tunnel *t)
{
    t->vni = cur_be32(c);
    t->is_present = true;
}

size_t sflow_record_size(uint32_t format)
{
    switch (format) {
    case RECORD_ETHERNET:
        return 24;
    case RECORD_IPV4:
        return 32;
    case RECORD_IPV6:
        return 56;
    case RECORD_SWITCH:
        return 16;
    default:
        return 0;
    }
}

bool sflow_flow_record(struct cursor *c, uint32_t format, uint32_t version, struct sflow_sample *s)
{
    switch (format) {
    case RECORD_HEADER:
        return read_header(c, version, s), true;
    case RECORD_ETHERNET:
        return read_ethernet(c, s), true;
    case RECORD_IPV4:
        return read_ip(c, false, s), true;
    case RECORD_IPV6:
        return read_ip(c, true, s), true;
    case RECORD_SWITCH:
        return read_switch(c, s), true;
    case RECORD_ROUTER:
        return read_router(c, s), true;
    case RECORD_GATEWAY:
        return read_gateway(c, version, s), true;
    case RECORD_USER:
        return read_user(c, version, s), true;
    case RECORD_URL:
        return read_url(c, version, s), true;
    case RECORD_MPLS:
        return read_mpls(c, s), true;
    case RECORD_NAT:
        return read_nat(c, s), true;
    case RECORD_NAT_PORT:
        return read_nat_port(c, s), true;
    case RECORD_VLAN_TUNNEL:
        return read_vlan_tunnel(c, s), true;
    case RECORD_TUNNEL4_OUT:
    case RECORD_TUNNEL6_OUT:
        return read_tunnel(c, format == RECORD_TUNNEL6_OUT, &s->tunnel[TUNNEL_OUT]), true;
    case RECORD_TUNNEL4_IN:
    case RECORD_TUNNEL6_IN:
        return read_tunnel(c, format == RECORD_TUNNEL6_IN, &s->tunnel[TUNNEL_IN]), true;
    case RECORD_VNI_OUT:
    case RECORD_VNI_IN:
        return read_vni(c, &s->tunnel[format == RECORD_VNI_OUT ? TUNNEL_OUT : TUNNEL_IN]), true;
    default:
        return false;
    }
}
