/* source_libpcap.c - live capture through libpcap, for systems without AF_PACKET (-i pcap:NAME).
 *
 * libpcap lends a packet for the length of a callback only, so packets are copied into one arena
 * that a burst fills at most. One worker reads them all.
 */
#include "io/sources.h"

#include <net/if.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "io/capture_format.h"
#include "io/source_names.h"
#include "io/wakeup.h"

enum {
    ARENA = 1024 * 1024,
    SNAPLEN = 65535,
    BUFFER_BYTES = 8 * 1024 * 1024,
    GATHER_MS = 50 /* libpcap hands over what came in this time */
};

static const char PREFIX[] = "pcap:";
static const nsec_t RETRY_EVERY = SECOND;

struct source_libpcap {
    struct source base;
    pcap_t *handle; /* NULL while the interface is away */
    struct wakeup wakeup;
    char name[64];
    char *bpf; /* owned, NULL = everything */
    uint32_t snaplen;
    int buffer_bytes;
    bool promiscuous;
    uint16_t link;
    bool is_nano;
    unsigned dropped, interface_dropped; /* as libpcap last said; it counts in 32 bits */
    nsec_t tried_at;
    struct burst *burst; /* being filled by the callback */
    size_t used;
    uint8_t arena[ARENA];
};

static struct source_libpcap *self(struct source *base)
{
    return (struct source_libpcap *)base;
}

/* Puts the user's filter on the handle. */
static bool set_filter(struct source_libpcap *s, struct err *e)
{
    struct bpf_program program;
    if (!s->bpf)
        return true;
    if (pcap_compile(s->handle, &program, s->bpf, 1, PCAP_NETMASK_UNKNOWN) != 0)
        return fail(e, "packet filter '%.200s': %s", s->bpf, pcap_geterr(s->handle));
    bool good = pcap_setfilter(s->handle, &program) == 0;
    if (!good)
        fail(e, "packet filter '%.200s': %s", s->bpf, pcap_geterr(s->handle));
    pcap_freecode(&program);
    return good;
}

static void close_handle(struct source_libpcap *s)
{
    if (s->handle)
        pcap_close(s->handle);
    s->handle = NULL;
    s->dropped = s->interface_dropped = 0;
}

static bool open_handle(struct source_libpcap *s, struct err *e)
{
    char text[PCAP_ERRBUF_SIZE] = "";
    s->handle = pcap_create(s->name, text);
    if (!s->handle)
        return fail(e, "%s: %s", s->name, text);
    pcap_set_snaplen(s->handle, (int)s->snaplen);
    pcap_set_promisc(s->handle, s->promiscuous);
    pcap_set_timeout(s->handle, GATHER_MS);
    pcap_set_buffer_size(s->handle, s->buffer_bytes);
    s->is_nano = pcap_set_tstamp_precision(s->handle, PCAP_TSTAMP_PRECISION_NANO) == 0;
    int r = pcap_activate(s->handle);
    bool good = r >= 0;
    if (r == PCAP_ERROR_PERM_DENIED)
        fail(e, "%s: this user may not capture; run as root or with the right to capture", s->name);
    else if (!good)
        fail(e, "%s: %s: %s", s->name, pcap_statustostr(r), pcap_geterr(s->handle));
    if (good && pcap_setnonblock(s->handle, 1, text) == -1)
        good = fail(e, "%s: %s", s->name, text);
    good = good && set_filter(s, e);
    if (good) {
        s->link = capture_link((uint32_t)pcap_datalink(s->handle));
        notice_set(&s->base.state, "up");
    } else {
        close_handle(s);
    }
    return good;
}

static void count_drops(struct source_libpcap *s)
{
    struct pcap_stat now;
    if (pcap_stats(s->handle, &now) != 0)
        return;
    counter_add(&s->base.counts.kernel_dropped, now.ps_drop - s->dropped);
    counter_add(&s->base.counts.interface_dropped, now.ps_ifdrop - s->interface_dropped);
    s->dropped = now.ps_drop;
    s->interface_dropped = now.ps_ifdrop;
}

static void take_packet(u_char *context, const struct pcap_pkthdr *h, const u_char *bytes)
{
    struct source_libpcap *s = (struct source_libpcap *)(void *)context;
    struct burst *b = s->burst;
    uint32_t len = h->caplen < s->snaplen ? h->caplen : s->snaplen;
    uint8_t *copy = s->arena + s->used;
    memcpy(copy, bytes, len);
    s->used += len;
    nsec_t fraction = (nsec_t)h->ts.tv_usec * (s->is_nano ? 1 : MICROSECOND);
    b->frame[b->n++] = (struct frame){
        .bytes = copy,
        .ts = (nsec_t)h->ts.tv_sec * SECOND + fraction,
        .cap_len = len,
        .wire_len = h->len,
        .link = s->link,
    };
    counter_add(&s->base.counts.received_bytes, h->len);
    /* The next one, as large as can be, must find its place. */
    if (b->n == BURST_FRAMES || ARENA - s->used < s->snaplen)
        pcap_breakloop(s->handle);
}

static void set_absent(struct source_libpcap *s, const char *why)
{
    char words[NOTICE_BYTES];
    snprintf(words, sizeof words, "absent: %.80s", why);
    notice_set(&s->base.state, words);
}

/* The interface went away: try again now and then. */
static enum source_result read_absent(struct source_libpcap *s, int timeout_ms)
{
    struct pollfd fd = {.fd = s->wakeup.read_fd, .events = POLLIN};
    poll(&fd, 1, timeout_ms);
    wakeup_clear(&s->wakeup);
    nsec_t now = clock_mono();
    if (now - s->tried_at < RETRY_EVERY)
        return SOURCE_LOST;
    s->tried_at = now;
    struct err e = {""};
    if (!open_handle(s, &e)) {
        set_absent(s, e.text);
        return SOURCE_LOST;
    }
    log_info("%s: capturing again", s->base.name);
    return SOURCE_IDLE;
}

static enum source_result read_handle(struct source_libpcap *s, struct burst *b, int timeout_ms)
{
    b->n = 0;
    s->used = 0;
    s->burst = b;
    if (!s->handle)
        return read_absent(s, timeout_ms);
    int r = pcap_dispatch(s->handle, BURST_FRAMES, take_packet, (u_char *)s);
    if (r == 0 && timeout_ms > 0) {
        /* Some systems' descriptors are not quite pollable; a short wait works with all. */
        int wait = timeout_ms < GATHER_MS ? timeout_ms : GATHER_MS;
        struct pollfd fds[2] = {{.fd = s->wakeup.read_fd, .events = POLLIN},
                                {.fd = pcap_get_selectable_fd(s->handle), .events = POLLIN}};
        poll(fds, 2, wait);
        wakeup_clear(&s->wakeup);
        r = pcap_dispatch(s->handle, BURST_FRAMES, take_packet, (u_char *)s);
    }
    count_drops(s);
    if (b->n > 0) {
        counter_add(&s->base.counts.received, b->n);
        return SOURCE_OK;
    }
    if (r >= 0 || r == PCAP_ERROR_BREAK)
        return SOURCE_IDLE;
    log_warning("%s: absent: %s", s->base.name, pcap_geterr(s->handle));
    set_absent(s, pcap_geterr(s->handle));
    close_handle(s);
    return SOURCE_LOST;
}

static enum source_result source_libpcap_read(struct source *base, struct burst *b, int timeout_ms)
{
    enum source_result r = read_handle(self(base), b, timeout_ms);
    b->now = clock_wall();
    return r;
}

static void source_libpcap_wake(struct source *base)
{
    wakeup_send(&self(base)->wakeup);
}

static void source_libpcap_close(struct source *base)
{
    struct source_libpcap *s = self(base);
    close_handle(s);
    wakeup_fini(&s->wakeup);
    if (s->bpf)
        mem_free(ACCOUNT_capture, s->bpf, strlen(s->bpf) + 1);
    mem_free(ACCOUNT_capture, s, sizeof *s);
}

static const struct source_ops source_libpcap_ops = {
    .read = source_libpcap_read,
    .wake = source_libpcap_wake,
    .close = source_libpcap_close,
};

bool source_libpcap_takes(const char *spec)
{
    if (!strncmp(spec, PREFIX, sizeof PREFIX - 1))
        return true;
#if defined(__linux__)
    return false;
#else
    char name[IF_NAMESIZE];
    return !strcmp(spec, "any") || source_interface(spec, name) != 0;
#endif
}

bool source_libpcap_open(const char *spec, const struct source_options *options, unsigned workers,
                         struct source **out, unsigned *n, struct err *e)
{
    (void)workers;
    *n = 0;
    struct source_libpcap *s = mem_alloc(ACCOUNT_capture, sizeof *s);
    if (!s)
        return fail(e, "%s: out of memory", spec);
    s->base.ops = &source_libpcap_ops;
    s->wakeup = (struct wakeup){-1, -1};
    const char *name = strncmp(spec, PREFIX, sizeof PREFIX - 1) ? spec : spec + sizeof PREFIX - 1;
    char known[IF_NAMESIZE];
    snprintf(s->name, sizeof s->name, "%.63s", source_interface(name, known) ? known : name);
    snprintf(s->base.name, sizeof s->base.name, "%s", s->name);
    snprintf(s->base.kind, sizeof s->base.kind, "libpcap");
    s->snaplen = options->snaplen && options->snaplen < ARENA / 2 ? options->snaplen : SNAPLEN;
    uint64_t ring = options->ring_bytes ? options->ring_bytes : BUFFER_BYTES;
    s->buffer_bytes = ring > INT32_MAX ? INT32_MAX : (int)ring;
    s->promiscuous = !options->no_promiscuous;
    bool good = wakeup_init(&s->wakeup, e);
    if (good && options->bpf && options->bpf[0]) {
        size_t size = strlen(options->bpf) + 1;
        s->bpf = mem_alloc(ACCOUNT_capture, size);
        if (s->bpf)
            memcpy(s->bpf, options->bpf, size);
        else
            good = fail(e, "%s: out of memory", spec);
    }
    if (!good || !open_handle(s, e)) {
        source_libpcap_close(&s->base);
        return false;
    }
    out[(*n)++] = &s->base;
    return true;
}
