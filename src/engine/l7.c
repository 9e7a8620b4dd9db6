/* l7.c - application protocols: libndpi behind a wall.
 *
 * A state is a pooled struct l7_flow with libndpi's flow behind it, and, for flows that say
 * something we can read (peek.h), a pooled struct peek. libndpi trusts the lengths in a packet and
 * now and then writes into it, so it is only shown a copy: cut to what was captured, with lengths
 * that say so, and with zeros behind its end.
 *
 * At most config.packets packets of a flow are looked at, all with payload, and four of UDP: the
 * verdict, and what else the application says, the certificate or the answer's code; fewer of who says
 * nothing that is known, see is_hopeless(). libndpi's memory is counted in account dpi.
 */
#include "engine/l7_guess.h"

#include "base/alloc.h"
#include "engine/l7_budget.h"
#include "engine/l7_names.h"
#include "engine/l7_rules.h"
#include "engine/l7_states.h"
#include "model/protos.h"

#include <ndpi_api.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "engine/ndpi.def"

enum {
    L7_STATES = 1 << 20, /* most open states of a worker, unless the configuration says less */
    L7_COPY = 16384,     /* most bytes of a packet that libndpi is shown */
    L7_SLACK = 256,      /* zeros behind them */
    L7_UDP_PACKETS = 4, /* two leave STUN, EAQ and TFTP unnamed, more than four name nothing else */
    L7_TCP_UNKNOWN = 5, /* FTP and IMAP are known at the fifth */
    L7_ANSWER = 15,     /* packets within which our own reader waits for the answer of HTTP */
    L7_UNUSABLE = 8,    /* packets that libndpi cannot take before we stop trying */
    L7_CONFIDENCES = 16,
    L7_SAMPLE = 7, /* one of so many looks is timed: the clock costs a thirtieth of a look */
    L7_STACK = 2   /* protocols at once in libndpi's flow */
};

/* Most that one look is charged with. More is the machine's other work, not ours. */
static const nsec_t dearest = 100 * MICROSECOND;

struct l7 {
    struct ndpi_detection_module_struct *module;
    struct l7_states states;
    struct l7_budget budget;
    nsec_t (*clock)(void);    /* NULL = nothing is timed */
    unsigned looks;           /* begun, timed or not */
    struct l7_memory *memory; /* of guesses */
    unsigned packets;
    bool enabled, remembers;
    uint8_t confidence[L7_CONFIDENCES]; /* libndpi's number to enum confidence */
    uint32_t copied;                    /* bytes of copy that are not zero */
    alignas(16) uint8_t copy[L7_COPY + L7_SLACK];
};

/* libndpi's flow stands behind ours, of a size known at run time. */
static struct ndpi_flow_struct *dpi_flow(struct l7_flow *f)
{
    return (struct ndpi_flow_struct *)(void *)(f + 1);
}

/* libndpi remembers across flows who spoke BitTorrent, Zoom ... and names later flows by it. What a
 * flow is called then depends on which others its worker has, so unless that is wanted the caches
 * are refused when a call on behalf of this thread's worker asks for them. */
static _Thread_local bool refuses_caches;

/* A module is 100,000 blocks of 46 bytes on average, so a header and an alignment of our own would
 * treble it. */
static void *hook_alloc(size_t size)
{
    return refuses_caches && dpi_is_cache(size) ? NULL : mem_alloc_unsized(ACCOUNT_dpi, size);
}

static void hook_free(void *memory)
{
    mem_free_unsized(ACCOUNT_dpi, memory);
}

static struct ndpi_detection_module_struct *open_module(const struct l7_config *config,
                                                        struct err *e)
{
    const char *rules = config->protos ? config->protos : "";
    dpi_set_hooks(hook_alloc, hook_free);
    struct ndpi_detection_module_struct *module = dpi_module_new(config->remember);
    if (!module) {
        fail(e, "libndpi cannot start: out of memory");
        return NULL;
    }
    dpi_enable_all(module);
    bool is_right = true;
    if (*rules && ndpi_load_protocols_file(module, rules) < 0)
        is_right = fail(e, "libndpi does not accept the custom protocols file %s", rules);
    if (is_right && !dpi_module_finish(module))
        is_right = fail(e, "libndpi cannot finish its tables: out of memory");
    if (!is_right) {
        ndpi_exit_detection_module(module);
        return NULL;
    }
    return module;
}

static void fill_names(struct ndpi_detection_module_struct *module)
{
    const char *unknown = ndpi_get_proto_name(module, NDPI_PROTOCOL_UNKNOWN);
    for (uint16_t id = 0; id < PROTOS_MAX; id++) {
        const char *name = ndpi_get_proto_name(module, id);
        if (!name || (id && !strcmp(name, unknown)))
            continue;
        unsigned category = (unsigned)ndpi_get_proto_category(module, dpi_verdict(id));
        protos_set(id, name, (uint8_t)category, (uint8_t)ndpi_get_proto_breed(module, id));
    }
    for (unsigned i = 0; i < CATEGORIES_MAX && i < NDPI_PROTOCOL_NUM_CATEGORIES; i++) {
        const char *name = ndpi_category_get_name(module, (ndpi_protocol_category_t)i);
        if (name && *name)
            protos_set_category((uint8_t)i, name);
    }
    for (unsigned i = 0; i < NUM_BREEDS && i < BREEDS_MAX; i++)
        protos_set_breed((uint8_t)i, dpi_breed_text(module, i));
    for (unsigned i = 1; i < NDPI_MAX_RISK && i < RISKS_MAX; i++) {
        uint16_t of_client, of_server;
        uint16_t score = ndpi_risk2score((ndpi_risk)1 << i, &of_client, &of_server);
        protos_set_risk((uint8_t)i, ndpi_risk2str((ndpi_risk_enum)i), score);
    }
}

/* A module costs 20 ms to make, which a small capture would notice: the one that named the
 * protocols becomes the first worker's. Written before threads; spare is taken by any of them. */
static _Atomic(struct ndpi_detection_module_struct *) spare;
static char named_by[4096]; /* rules of the names that stand in the tables */
static bool is_named, remembers;

bool l7_start(const struct l7_config *config, struct err *e)
{
    const char *rules = config->protos ? config->protos : "";
    if (*rules && !l7_rules_check(rules, e))
        return false;
    if (is_named && !strcmp(named_by, rules))
        return true;
    if (strlen(rules) >= sizeof named_by)
        return fail(e, "the name of the custom protocols file is too long");
    struct ndpi_detection_module_struct *module = open_module(config, e);
    if (!module)
        return false;
    fill_names(module);
    memcpy(named_by, rules, strlen(rules) + 1);
    is_named = true;
    remembers = config->remember;
    module = atomic_exchange(&spare, module);
    if (module)
        ndpi_exit_detection_module(module);
    return true;
}

static struct ndpi_detection_module_struct *take_module(const struct l7_config *config,
                                                        struct err *e)
{
    const char *rules = config->protos ? config->protos : "";
    bool is_same = is_named && remembers == config->remember && !strcmp(named_by, rules);
    struct ndpi_detection_module_struct *module = is_same ? atomic_exchange(&spare, NULL) : NULL;
    return module ? module : open_module(config, e);
}

struct l7 *l7_new(const struct l7_config *config, struct err *e)
{
    struct l7 *l = mem_alloc(ACCOUNT_dpi, sizeof *l);
    if (!l) {
        fail(e, "protocol detection: out of memory");
        return NULL;
    }
    l->enabled = config->enabled;
    l->remembers = config->remember;
    l->packets = config->packets ? config->packets : 8;
    l->clock = config->clock;
    l7_budget_init(&l->budget, config->clock ? config->share : 0);
    for (unsigned i = 0; i < L7_CONFIDENCES && i < NDPI_CONFIDENCE_MAX; i++)
        l->confidence[i] =
            (uint8_t)l7_names_confidence(ndpi_confidence_get_name((ndpi_confidence_t)i));
    l->module = take_module(config, e);
    l->memory = mem_alloc(ACCOUNT_dpi, sizeof *l->memory);
    if (l->module && !l->memory)
        fail(e, "protocol detection: out of memory");
    if (!l->module || !l->memory ||
        !l7_states_init(&l->states, ndpi_detection_get_sizeof_ndpi_flow_struct(),
                        config->states ? config->states : L7_STATES, e)) {
        l7_free(l);
        return NULL;
    }
    return l;
}

void l7_free(struct l7 *l)
{
    if (!l)
        return;
    l7_states_fini(&l->states);
    if (l->module)
        ndpi_exit_detection_module(l->module);
    mem_free(ACCOUNT_dpi, l->memory, sizeof *l->memory);
    mem_free(ACCOUNT_dpi, l, sizeof *l);
}

/* When a look begins that is to be timed, else 0. */
static nsec_t look_begins(struct l7 *l)
{
    return l->budget.percent && ++l->looks % L7_SAMPLE == 0 ? l->clock() : 0;
}

static void look_ends(struct l7 *l, nsec_t began)
{
    if (!began)
        return;
    nsec_t now = l->clock(), took = now - began;
    l7_budget_fill(&l->budget, now);
    l7_budget_spend(&l->budget, L7_SAMPLE * (took < dearest ? took : dearest));
}

struct l7_flow *l7_open(struct l7 *l, uint32_t owner, enum l7_refusal *why)
{
    *why = L7_NONE;
    if (!l->enabled)
        return NULL;
    /* Who looks at nothing times nothing: the bucket has to be filled here. */
    if (!l7_budget_has_time(&l->budget)) {
        l7_budget_fill(&l->budget, l->clock());
        if (!l7_budget_has_time(&l->budget)) {
            *why = L7_NO_TIME;
            return NULL;
        }
    }
    struct l7_flow *f = l7_states_take(&l->states, owner);
    if (!f)
        *why = L7_NO_ROOM;
    return f;
}

uint32_t l7_oldest(const struct l7 *l)
{
    const struct l7_states *s = &l->states;
    return s->oldest ? ((const struct l7_flow *)pool_at(&s->pool, s->oldest))->owner : 0;
}

static void give_state(struct l7 *l, struct l7_flow *f)
{
    ndpi_free_flow_data(dpi_flow(f));
    l7_states_give(&l->states, f);
}

uint64_t l7_open_states(const struct l7 *l)
{
    return counter_get(&l->states.open);
}

static void put_be16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* Copies the packet for libndpi with lengths that are true of the copy. 0 when there is nothing
 * that it could read. */
static uint16_t copy_packet(struct l7 *l, const struct packet *p)
{
    uint32_t len = p->ip_cap > L7_COPY ? L7_COPY : p->ip_cap;
    uint32_t head = p->version == 4 ? sizeof(struct ndpi_iphdr) : sizeof(struct ndpi_ipv6hdr);
    if (!p->ip || !p->l4 || p->is_later_fragment || len < head || p->ip[0] >> 4 != p->version)
        return 0;
    memcpy(l->copy, p->ip, len);
    if (l->copied > len)
        memset(l->copy + len, 0, l->copied - len);
    l->copied = len;
    if (p->version == 4)
        put_be16(l->copy + 2, len);
    else
        put_be16(l->copy + 4, len - head);
    return (uint16_t)len;
}

/* An unknown flow costs the most: each packet goes through some 150 dissectors, 1.7 us. Of 1,169 TCP
 * flows of the corpus that 24 packets could name only one was named behind this limit, and it spoke
 * what its port belongs to. */
static bool is_hopeless(const struct l7_flow *f, const struct ndpi_flow_struct *flow)
{
    return f->failed ||
           (f->proto == IPPROTO_TCP && f->fed >= L7_TCP_UNKNOWN && !dpi_port_is_possible(flow));
}

/* Packets of a flow that libndpi is shown at most. */
static unsigned most_packets(const struct l7 *l, const struct l7_flow *f)
{
    return f->proto == IPPROTO_UDP && l->packets > L7_UDP_PACKETS ? L7_UDP_PACKETS : l->packets;
}

/* Is this enough? Called once a packet was looked at. */
static bool is_settled(const struct l7 *l, struct l7_flow *f, const struct peek *k, bool wants_more)
{
    if ((f->proto != IPPROTO_TCP && f->proto != IPPROTO_UDP) || f->unusable >= L7_UNUSABLE)
        return true;
    /* A long request: the code of its answer is worth a glance of our own. */
    if (f->fed >= most_packets(l, f))
        return !k || !k->http || k->http_code || f->seen >= L7_ANSWER;
    if (!f->app)
        return is_hopeless(f, dpi_flow(f));
    bool waits = k && (k->stream[0].bytes || k->stream[1].bytes);
    if (k && k->dns)
        wants_more = !k->dns_answered;
    return !wants_more && !waits;
}

static bool feed(struct l7 *l, struct l7_flow *f, const struct packet *p, bool from_client)
{
    f->proto = p->proto;
    f->seen++;
    struct peek *k = l7_states_peek_for(&l->states, f, p);
    if (k)
        peek_read(k, p, from_client);
    if (f->fed >= most_packets(l, f))
        return is_settled(l, f, k, false);

    uint16_t len = copy_packet(l, p);
    if (!len) {
        f->unusable++;
        return is_settled(l, f, k, false);
    }
    struct ndpi_flow_struct *flow = dpi_flow(f);
    uint64_t ms = p->ts > 0 ? (uint64_t)(p->ts / MILLISECOND) : 0;
    refuses_caches = !l->remembers;
    ndpi_protocol v = dpi_feed(l->module, flow, l->copy, len, ms, from_client);
    f->fed++;
    f->master = dpi_master(&v);
    f->app = dpi_app(&v);
    f->category = (uint8_t)v.category;
    f->failed = dpi_failed(flow);
    return is_settled(l, f, k, f->app && dpi_wants_more(l->module, flow, &v));
}

bool l7_feed(struct l7 *l, struct l7_flow *f, const struct packet *p, bool from_client)
{
    nsec_t began = look_begins(l);
    bool done = feed(l, f, p, from_client);
    look_ends(l, began);
    return done;
}

/* libndpi keeps what protocols told in one union: it may only be read as what the flow is. */
static bool flow_is(const struct ndpi_flow_struct *flow, uint16_t proto)
{
    for (int i = 0; i < L7_STACK; i++) {
        if (flow->detected_protocol_stack[i] == proto)
            return true;
    }
    return false;
}

static bool flow_has_tls(const struct ndpi_flow_struct *flow)
{
    static const uint16_t carriers[] = {
        NDPI_PROTOCOL_TLS,        NDPI_PROTOCOL_QUIC,      NDPI_PROTOCOL_DTLS,
        NDPI_PROTOCOL_MAIL_SMTPS, NDPI_PROTOCOL_MAIL_POPS, NDPI_PROTOCOL_MAIL_IMAPS,
    };
    for (size_t i = 0; i < sizeof carriers / sizeof *carriers; i++) {
        if (flow_is(flow, carriers[i]))
            return true;
    }
    return false;
}

static void tell_tls(const struct ndpi_flow_struct *flow, struct l7_result *r)
{
    struct tail *names = &r->names;
    l7_names_put(names, STRING_sni, flow->host_server_name, sizeof flow->host_server_name);
    l7_names_put(names, STRING_tls_alpn, dpi_alpn(flow), SIZE_MAX);
    l7_names_put(names, STRING_ja3c, dpi_ja3_client(flow), JA3_TEXT);
    l7_names_put(names, STRING_ja4, dpi_ja4_client(flow), JA4_TEXT);
    l7_names_put(names, STRING_ja3s, flow->protos.tls_quic.ja3_server, JA3_TEXT);
    l7_names_put(names, STRING_tls_subject, flow->protos.tls_quic.subjectDN, SIZE_MAX);
    l7_names_put(names, STRING_tls_issuer, flow->protos.tls_quic.issuerDN, SIZE_MAX);
    l7_names_put(names, STRING_tls_cert, flow->protos.tls_quic.server_names, SIZE_MAX);
    if (!r->tls_version)
        r->tls_version = flow->protos.tls_quic.ssl_version;
    if (!r->tls_cipher)
        r->tls_cipher = flow->protos.tls_quic.server_cipher;
    r->tls_mismatch =
        names_mismatch(names, flow->protos.tls_quic.server_names, flow->protos.tls_quic.subjectDN);
}

static void tell_http(const struct ndpi_flow_struct *flow, struct l7_result *r)
{
    l7_names_put(&r->names, STRING_http_host, flow->host_server_name,
                 sizeof flow->host_server_name);
    l7_names_put(&r->names, STRING_http_agent, flow->http.user_agent, SIZE_MAX);
    l7_names_put(&r->names, STRING_http_type, flow->http.content_type, SIZE_MAX);
    if (!r->http_code)
        r->http_code = flow->http.response_status_code;
}

static bool is_mail_or_ftp(const struct ndpi_flow_struct *flow)
{
    static const uint16_t protos[] = {
        NDPI_PROTOCOL_FTP_CONTROL,
        NDPI_PROTOCOL_MAIL_POP,
        NDPI_PROTOCOL_MAIL_IMAP,
        NDPI_PROTOCOL_MAIL_SMTP,
    };
    for (size_t i = 0; i < sizeof protos / sizeof *protos; i++) {
        if (flow_is(flow, protos[i]))
            return true;
    }
    return false;
}

/* Who logged in, where it was said in clear text. */
static void tell_user(const struct l7_flow *f, const struct ndpi_flow_struct *flow,
                      struct l7_result *r)
{
    const char *user = NULL;
    size_t size = 0;
    if (f->proto == IPPROTO_TCP && is_mail_or_ftp(flow)) {
        user = flow->l4.tcp.ftp_imap_pop_smtp.username;
        size = sizeof flow->l4.tcp.ftp_imap_pop_smtp.username;
    } else if (flow_is(flow, NDPI_PROTOCOL_TELNET)) {
        user = flow->protos.telnet.username;
        size = sizeof flow->protos.telnet.username;
    } else if (flow_is(flow, NDPI_PROTOCOL_KERBEROS)) {
        user = flow->protos.kerberos.username;
        size = sizeof flow->protos.kerberos.username;
    }
    l7_names_put(&r->names, STRING_user_name, user, size);
}

static void tell_dhcp(const struct ndpi_flow_struct *flow, struct l7_result *r)
{
    l7_names_put(&r->names, STRING_dhcp_name, flow->host_server_name,
                 sizeof flow->host_server_name);
    l7_names_put(&r->names, STRING_dhcp_fingerprint, flow->protos.dhcp.fingerprint,
                 sizeof flow->protos.dhcp.fingerprint);
    l7_names_put(&r->names, STRING_dhcp_class, flow->protos.dhcp.class_ident,
                 sizeof flow->protos.dhcp.class_ident);
}

/* The hash that BitTorrent's flows are known by, in hexadecimal; "" without. */
static void bittorrent_hash(const struct ndpi_flow_struct *flow, char *hex)
{
    static const uint8_t none[sizeof flow->protos.bittorrent.hash];
    const uint8_t *hash = (const uint8_t *)flow->protos.bittorrent.hash;
    hex[0] = '\0';
    if (!flow_is(flow, NDPI_PROTOCOL_BITTORRENT) || flow_has_tls(flow) ||
        !memcmp(hash, none, sizeof none))
        return;
    for (size_t i = 0; i < sizeof none; i++) {
        *hex++ = "0123456789abcdef"[hash[i] >> 4];
        *hex++ = "0123456789abcdef"[hash[i] & 15];
    }
    *hex = '\0';
}

static bool is_dns(const struct l7_result *r)
{
    static const uint16_t protos[] = {NDPI_PROTOCOL_DNS, NDPI_PROTOCOL_MDNS, NDPI_PROTOCOL_LLMNR};
    for (size_t i = 0; i < sizeof protos / sizeof *protos; i++) {
        if (r->master == protos[i] || r->app == protos[i])
            return true;
    }
    return false;
}

static void tell_peek(struct l7 *l, const struct l7_flow *f, struct l7_result *r)
{
    struct peek *k = l7_states_peek(&l->states, f);
    if (!k)
        return;
    peek_fini(k);
    /* A name read on port 53 is none when libndpi saw that something else talks there. */
    if (k->dns && !is_dns(r) && r->confidence >= CONFIDENCE_CACHE)
        return;
    r->names = k->names;
    r->tls_version = k->tls_version ? k->tls_version : k->client_version;
    r->tls_cipher = k->tls_cipher;
    r->http_code = k->http_code;
    r->dns_type = k->dns_type;
    r->dns_code = k->dns_code;
}

/* Everything that the state knows besides the verdict. */
static void tell(struct l7 *l, struct l7_flow *f, struct l7_result *r)
{
    const struct ndpi_flow_struct *flow = dpi_flow(f);
    r->risk = flow->risk;
    tell_peek(l, f, r);
    if (flow_has_tls(flow))
        tell_tls(flow, r);
    if (flow_is(flow, NDPI_PROTOCOL_HTTP) || flow_is(flow, NDPI_PROTOCOL_HTTP_CONNECT) ||
        flow_is(flow, NDPI_PROTOCOL_HTTP_PROXY))
        tell_http(flow, r);
    if (flow_is(flow, NDPI_PROTOCOL_DHCP))
        tell_dhcp(flow, r);
    tell_user(f, flow, r);

    char hash[2 * sizeof flow->protos.bittorrent.hash + 1];
    bittorrent_hash(flow, hash);
    l7_names_put_info(&r->names);
    l7_names_put(&r->names, STRING_info, hash, sizeof hash);
    l7_names_put(&r->names, STRING_info, flow->host_server_name, sizeof flow->host_server_name);
}

static void name_verdict(struct l7 *l, struct l7_result *r)
{
    uint16_t best = r->app ? r->app : r->master;
    r->breed = (uint8_t)ndpi_get_proto_breed(l->module, best);
    if (best >= NDPI_LAST_IMPLEMENTED_PROTOCOL && r->confidence != CONFIDENCE_NONE)
        r->confidence = CONFIDENCE_CUSTOM;
}

struct l7_memory *l7_memory_of(struct l7 *l)
{
    return l->memory;
}

bool l7_ask_listed(struct l7 *l, uint32_t address)
{
    struct in_addr a = {htonl(address)};
    return ndpi_network_ptree_match(l->module, &a) != NDPI_PROTOCOL_UNKNOWN;
}

void l7_ask_guess(struct l7 *l, uint8_t proto, const uint32_t address[2], const uint16_t port[2],
                  struct l7_result *r)
{
    const uint32_t nowhere[2] = {0, 0};
    memset(r, 0, offsetof(struct l7_result, names.bytes));

    ndpi_protocol v = dpi_guess(l->module, proto, address, port);
    r->master = dpi_master(&v);
    r->app = dpi_app(&v);
    r->category = (uint8_t)v.category;
    if (r->app && proto != IPPROTO_TCP && proto != IPPROTO_UDP) {
        r->confidence = CONFIDENCE_DPI; /* the IP header says it: no guess */
    } else if (r->app) {
        ndpi_protocol by_port = dpi_guess(l->module, proto, nowhere, port);
        r->confidence = dpi_app(&by_port) == r->app ? CONFIDENCE_PORT : CONFIDENCE_IP;
    }
    name_verdict(l, r);
}

static void end(struct l7 *l, struct l7_flow *f, const struct l7_tuple *t, struct l7_result *r)
{
    struct ndpi_flow_struct *flow = dpi_flow(f);
    if (!f->fed) {
        l7_guess(l, t, r);
        tell_peek(l, f, r);
        l7_names_put_info(&r->names);
        give_state(l, f);
        return;
    }
    memset(r, 0, offsetof(struct l7_result, names.bytes));
    if (!f->app) {
        refuses_caches = !l->remembers;
        ndpi_protocol v = dpi_give_up(l->module, flow);
        f->master = dpi_master(&v);
        f->app = dpi_app(&v);
        f->category = (uint8_t)v.category;
    }
    r->master = f->master;
    r->app = f->app;
    r->category = f->category;
    unsigned confidence = (unsigned)flow->confidence;
    r->confidence = r->app && confidence < L7_CONFIDENCES ? l->confidence[confidence] : 0;
    name_verdict(l, r);
    tell(l, f, r);
    give_state(l, f);
}

void l7_end(struct l7 *l, struct l7_flow *f, const struct l7_tuple *t, struct l7_result *r)
{
    nsec_t began = look_begins(l);
    end(l, f, t, r);
    look_ends(l, began);
}

void l7_close(struct l7 *l, struct l7_flow *f, const struct packet *p, bool from_client,
              struct l7_result *r)
{
    const struct l7_tuple tuple = {
        .client = from_client ? p->src : p->dst,
        .server = from_client ? p->dst : p->src,
        .client_port = from_client ? p->src_port : p->dst_port,
        .server_port = from_client ? p->dst_port : p->src_port,
        .proto = p->proto,
    };
    l7_end(l, f, &tuple, r);
}

const char *l7_version(void)
{
    return ndpi_revision();
}
