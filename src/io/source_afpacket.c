/* source_afpacket.c - live capture on Linux: a TPACKET_V3 ring per worker, processed in place.
 *
 * A block belongs to us from the moment the kernel has closed it until the read after the one that
 * handed out its last frame. While there are blocks nothing else is looked at; when there is none
 * we wait for the ring, for a wake-up and for news of interfaces, all in one poll().
 *
 * An interface that goes down only falls silent. One that is deleted leaves a deaf socket behind:
 * the ring is read empty, closed, and opened again on whatever bears the name next.
 */
#include "io/sources.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "io/link_watch.h"
#include "io/live_link.h"
#include "io/packet_filter.h"
#include "io/source_names.h"
#include "io/wakeup.h"

#if defined(__linux__)

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "io/fanout.h"
#include "io/packet_socket.h"

enum {
    SNAPLEN = 65535,
    RING_BYTES = 8 * 1024 * 1024,
    MACS = 12,
    TAG = 4,
    /* Where the kernel puts the sender's address: behind the header, rounded up to 16 bytes. */
    ADDRESS_AT = (sizeof(struct tpacket3_hdr) + 15) / 16 * 16,
    EMPTY_ROUNDS = 64,
    LINK_RAW_IP = 101,
    LINK_NOTHING = 0xffff /* no LINKTYPE: counted as one that cannot be decoded */
};

/* A deleted interface's last block is closed by the kernel within the retire time. */
static const nsec_t LAST_BLOCK = 3 * PACKET_RETIRE_MS * MILLISECOND;

/* What the queues of one interface share. */
struct afpacket_group {
    struct fanout fanout;
    _Atomic unsigned users;
};

struct source_afpacket {
    struct source base;
    struct packet_request request; /* strings are owned */
    struct packet_socket socket;
    struct packet_filter *filter; /* for frames the kernel could not judge; NULL = none */
    struct afpacket_group *group; /* counted */
    struct wakeup wakeup;
    int watch_fd;

    unsigned block;                     /* next block of the ring, or the one being read */
    struct tpacket_block_desc *current; /* NULL = none */
    uint8_t *next;                      /* its next frame */
    uint32_t left;                      /* frames of it not handed out yet */

    struct live_link link;
    nsec_t looked_at, counted_at; /* clock_mono */
    nsec_t lost_at;               /* when the interface was found deleted; 0 = it was not */
};

static struct source_afpacket *self(struct source *base)
{
    return (struct source_afpacket *)base;
}

/* The kernel forgets its counts when they are read, so each read adds. */
static void count_drops(struct source_afpacket *s)
{
    struct tpacket_stats_v3 stats = {0};
    socklen_t len = sizeof stats;
    if (s->socket.fd == -1 ||
        getsockopt(s->socket.fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) == -1)
        return;
    counter_add(&s->base.counts.kernel_dropped, stats.tp_drops);
    counter_add(&s->base.counts.ring_full, stats.tp_freeze_q_cnt);
}

static void reset_ring(struct source_afpacket *s)
{
    s->block = 0;
    s->current = NULL;
    s->left = 0;
}

static void close_ring(struct source_afpacket *s)
{
    count_drops(s);
    packet_socket_close(&s->socket);
    reset_ring(s);
}

/* The interface the ring is bound to, which the kernel sets to -1 when it is deleted. */
static int bound_to(const struct source_afpacket *s)
{
    struct sockaddr_ll address = {0};
    socklen_t len = sizeof address;
    if (getsockname(s->socket.fd, (struct sockaddr *)&address, &len) == -1)
        return -1;
    return address.sll_ifindex;
}

/* Opens the ring again on what bears the name now. */
static void reopen(struct source_afpacket *s)
{
    unsigned index = if_nametoindex(s->request.name);
    if (index == 0) {
        live_link_say_absent(&s->link);
        return;
    }
    /* Only an interface that is up can be shared between workers by older kernels. */
    if (!live_link_is_up(s->request.name)) {
        live_link_say_down(&s->link);
        return;
    }
    struct err e = {""};
    char words[NOTICE_BYTES];
    s->request.ifindex = s->link.ifindex = (int)index;
    if (!packet_socket_open(&s->socket, &s->request, &e)) {
        snprintf(words, sizeof words, "absent: %.80s", e.text);
        live_link_say(&s->link, PRESENCE_ABSENT, words);
        return;
    }
    reset_ring(s);
    live_link_forget_card(&s->link);
    packet_socket_begin(&s->socket, &s->request);
    s->lost_at = 0;
    live_link_say(&s->link, PRESENCE_UP, "up");
}

/* Looks whether the interface is still there, up, and called as it was. */
static void look(struct source_afpacket *s, nsec_t now)
{
    s->looked_at = now;
    if (s->request.ifindex == 0)
        return;
    if (s->socket.fd == -1) {
        reopen(s);
        return;
    }
    char name[IF_NAMESIZE];
    if (bound_to(s) != s->request.ifindex || !if_indextoname((unsigned)s->request.ifindex, name)) {
        if (s->lost_at == 0)
            s->lost_at = now;
        live_link_say(&s->link, PRESENCE_ABSENT,
                      "absent: the interface was removed; waiting for it");
        if (now - s->lost_at >= LAST_BLOCK) {
            close_ring(s);
            reopen(s);
        }
        return;
    }
    if (!live_link_is_up(name)) {
        live_link_say_down(&s->link);
        return;
    }
    live_link_say_up(&s->link, "up", name);
}

/* Waits for a block, a wake-up or news of interfaces, and keeps the counts. */
static void wait_for_block(struct source_afpacket *s, int timeout_ms)
{
    struct pollfd fds[3] = {{.fd = s->wakeup.read_fd, .events = POLLIN},
                            {.fd = s->watch_fd, .events = POLLIN},
                            {.fd = s->socket.fd, .events = POLLIN | POLLERR}};
    /* A deleted interface is let go after its last block, also when nothing more is heard of it. */
    int longest = (int)((s->lost_at ? LAST_BLOCK : LIVE_LOOK_EVERY) / MILLISECOND);
    if (timeout_ms > longest)
        timeout_ms = longest;
    int ready = poll(fds, 3, timeout_ms);
    bool news = false;
    if (ready > 0) {
        if (fds[0].revents)
            wakeup_clear(&s->wakeup);
        if (fds[1].revents)
            news = link_watch_changed(s->watch_fd);
        if (fds[2].revents & (POLLERR | POLLHUP)) {
            /* ENETDOWN, told once: reading it makes the descriptor quiet again. */
            int what;
            socklen_t len = sizeof what;
            getsockopt(s->socket.fd, SOL_SOCKET, SO_ERROR, &what, &len);
            news = true;
        }
    }
    count_drops(s);
    nsec_t now = clock_mono();
    if (news || now - s->looked_at >= LIVE_LOOK_EVERY || s->lost_at != 0) {
        live_link_count_card(&s->link);
        look(s, now);
    }
}

static struct tpacket_block_desc *block_at(const struct source_afpacket *s, unsigned block)
{
    return (struct tpacket_block_desc *)(void *)(s->socket.ring + (size_t)block * PACKET_BLOCK);
}

/* Gives the block that was read back to the kernel. */
static void release(struct source_afpacket *s)
{
    if (!s->current)
        return;
    __atomic_store_n(&s->current->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    s->current = NULL;
    s->block = (s->block + 1) % s->socket.blocks;
}

/* Takes the next block if the kernel has closed it. */
static bool take_block(struct source_afpacket *s)
{
    if (s->socket.fd == -1)
        return false;
    struct tpacket_block_desc *d = block_at(s, s->block);
    if (!(__atomic_load_n(&d->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
        return false;
    s->current = d;
    s->left = d->hdr.bh1.num_pkts;
    s->next = (uint8_t *)d + d->hdr.bh1.offset_to_first_pkt;
    /* A ring that never empties is never waited for, so the counts are taken here as well. */
    count_drops(s);
    nsec_t now = clock_mono();
    if (now - s->counted_at >= LIVE_LOOK_EVERY) {
        s->counted_at = now;
        live_link_count_card(&s->link);
    }
    return true;
}

/* Puts the VLAN tag back that the card or the kernel took off; the ring has room for it. */
static void restore_tag(const struct tpacket3_hdr *h, struct frame *f, uint8_t *bytes)
{
    if (f->cap_len < MACS)
        return;
    unsigned type = h->tp_status & TP_STATUS_VLAN_TPID_VALID ? h->hv1.tp_vlan_tpid : ETH_P_8021Q;
    unsigned tag = h->hv1.tp_vlan_tci;
    bytes -= TAG;
    memmove(bytes, bytes + TAG, MACS);
    bytes[MACS] = (uint8_t)(type >> 8);
    bytes[MACS + 1] = (uint8_t)type;
    bytes[MACS + 2] = (uint8_t)(tag >> 8);
    bytes[MACS + 3] = (uint8_t)tag;
    f->bytes = bytes;
    f->cap_len += TAG;
    f->wire_len += TAG;
}

/* A frame of a device whose link header nobody reads: the IP packet in it. */
static void without_link_header(const struct tpacket3_hdr *h, const struct sockaddr_ll *from,
                                struct frame *f)
{
    uint32_t header = (uint32_t)(h->tp_net - h->tp_mac);
    unsigned type = ntohs(from->sll_protocol);
    f->link = type == ETH_P_IP || type == ETH_P_IPV6 ? LINK_RAW_IP : LINK_NOTHING;
    if (h->tp_net < h->tp_mac || header > f->cap_len)
        return;
    f->bytes += header;
    f->cap_len -= header;
    f->wire_len -= header;
}

static void next_frame(struct source_afpacket *s, struct frame *f)
{
    struct tpacket3_hdr *h = (struct tpacket3_hdr *)(void *)s->next;
    const struct sockaddr_ll *from = (const struct sockaddr_ll *)(void *)(s->next + ADDRESS_AT);
    uint8_t *bytes = s->next + h->tp_mac;
    int link = s->socket.device_type == -1 ? packet_link_of(from->sll_hatype) : s->socket.link;
    *f = (struct frame){
        .bytes = bytes,
        .ts = (nsec_t)h->tp_sec * SECOND + h->tp_nsec,
        .cap_len = h->tp_snaplen,
        .wire_len = h->tp_len,
        .link = (uint16_t)link,
        .outgoing = from->sll_pkttype == PACKET_OUTGOING,
    };
    if (link == -1)
        without_link_header(h, from, f);
    else if (h->tp_status & TP_STATUS_VLAN_VALID)
        restore_tag(h, f, bytes);
    s->next += h->tp_next_offset;
    s->left--;
}

/* Frames of the current block, as many as fit and pass. */
static void fill_burst(struct source_afpacket *s, struct burst *b)
{
    uint64_t bytes = 0, refused = 0;
    while (s->left > 0 && b->n < BURST_FRAMES) {
        struct frame *f = &b->frame[b->n];
        next_frame(s, f);
        if (s->socket.filters_here && !packet_filter_match(s->filter, f)) {
            refused++;
            continue;
        }
        bytes += f->wire_len;
        b->n++;
    }
    counter_add(&s->base.counts.received, b->n);
    counter_add(&s->base.counts.received_bytes, bytes);
    if (refused)
        counter_add(&s->base.counts.filtered, refused);
}

static enum source_result read_ring(struct source_afpacket *s, struct burst *b, int timeout_ms)
{
    b->n = 0;
    for (int round = 0; round < EMPTY_ROUNDS; round++) {
        if (s->left == 0)
            release(s);
        if (s->current || take_block(s)) {
            fill_burst(s, b);
            if (b->n > 0)
                return SOURCE_OK;
            continue;
        }
        /* Waited once already: the time is over. */
        if (timeout_ms < 0)
            break;
        wait_for_block(s, timeout_ms);
        timeout_ms = -1;
    }
    return s->link.presence == PRESENCE_UP ? SOURCE_IDLE : SOURCE_LOST;
}

static enum source_result source_afpacket_read(struct source *base, struct burst *b, int timeout_ms)
{
    enum source_result r = read_ring(self(base), b, timeout_ms);
    b->now = clock_wall();
    return r;
}

static void source_afpacket_wake(struct source *base)
{
    wakeup_send(&self(base)->wakeup);
}

static void put_group(struct afpacket_group *g)
{
    if (g && atomic_fetch_sub(&g->users, 1) == 1) {
        pthread_mutex_destroy(&g->fanout.lock);
        mem_free(ACCOUNT_capture, g, sizeof *g);
    }
}

static void free_text(const char *text)
{
    if (text)
        mem_free(ACCOUNT_capture, (void *)(uintptr_t)text, strlen(text) + 1);
}

static void source_afpacket_close(struct source *base)
{
    struct source_afpacket *s = self(base);
    close_ring(s);
    packet_filter_free(s->filter);
    wakeup_fini(&s->wakeup);
    link_watch_close(s->watch_fd);
    put_group(s->group);
    free_text(s->request.name);
    free_text(s->request.bpf);
    mem_free(ACCOUNT_capture, s, sizeof *s);
}

static const struct source_ops source_afpacket_ops = {
    .read = source_afpacket_read,
    .wake = source_afpacket_wake,
    .close = source_afpacket_close,
};

bool source_afpacket_takes(const char *spec)
{
    char name[IF_NAMESIZE];
    return !strcmp(spec, "any") || source_interface(spec, name) != 0;
}

static char *copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = mem_alloc(ACCOUNT_capture, size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

/* A queue that owns its strings but has no ring yet. NULL when out of memory. */
static struct source_afpacket *new_queue(const char *name, int ifindex,
                                         const struct source_options *options, struct err *e)
{
    struct source_afpacket *s = mem_alloc(ACCOUNT_capture, sizeof *s);
    if (!s) {
        fail(e, "%s: out of memory", name);
        return NULL;
    }
    s->base.ops = &source_afpacket_ops;
    s->socket.fd = -1;
    s->wakeup = (struct wakeup){-1, -1};
    s->watch_fd = ifindex ? link_watch_open() : -1;
    s->request = (struct packet_request){
        .name = copy_text(name),
        .bpf = copy_text(options->bpf ? options->bpf : ""),
        .ifindex = ifindex,
        .snaplen = options->snaplen ? options->snaplen : SNAPLEN,
        .ring_bytes = options->ring_bytes ? options->ring_bytes : RING_BYTES,
        .promiscuous = !options->no_promiscuous,
    };
    s->link = (struct live_link){.base = &s->base, .name = s->request.name, .ifindex = ifindex};
    snprintf(s->base.name, sizeof s->base.name, "%s", name);
    snprintf(s->base.kind, sizeof s->base.kind, "%s", "afpacket");
    if (!s->request.name || !s->request.bpf || !wakeup_init(&s->wakeup, e) ||
        (s->request.bpf[0] && !(s->filter = packet_filter_new(s->request.bpf, e)))) {
        if (!s->request.name || !s->request.bpf)
            fail(e, "%s: out of memory", name);
        s->base.ops->close(&s->base);
        return NULL;
    }
    return s;
}

/* An interface that is down is opened once to see that we may, and for good when it comes up: older
 * kernels share packets only of interfaces that are up. */
static bool try_while_down(struct source **out, unsigned n, struct err *e)
{
    struct source_afpacket *first = self(out[0]);
    struct packet_request alone = first->request;
    alone.fanout = NULL;
    if (!packet_socket_open(&first->socket, &alone, e))
        return false;
    packet_socket_close(&first->socket);
    for (unsigned i = 0; i < n; i++)
        look(self(out[i]), clock_mono());
    return true;
}

/* Opens the rings of all queues before any of them lets packets in, so that none is seen twice. */
static bool open_queues(struct source **out, unsigned n, struct err *e)
{
    const struct packet_request *r = &self(out[0])->request;
    if (r->ifindex != 0 && !live_link_is_up(r->name))
        return try_while_down(out, n, e);
    for (unsigned i = 0; i < n; i++) {
        struct source_afpacket *s = self(out[i]);
        if (!packet_socket_open(&s->socket, &s->request, e))
            return false;
    }
    for (unsigned i = 0; i < n; i++) {
        struct source_afpacket *s = self(out[i]);
        packet_socket_begin(&s->socket, &s->request);
        live_link_say(&s->link, PRESENCE_UP, "up");
        look(s, clock_mono());
        live_link_count_card(&s->link);
    }
    return true;
}

bool source_afpacket_open(const char *spec, const struct source_options *options, unsigned workers,
                          struct source **out, unsigned *n, struct err *e)
{
    char name[IF_NAMESIZE] = "any";
    int ifindex = strcmp(spec, "any") ? (int)source_interface(spec, name) : 0;
    struct afpacket_group *group = NULL;
    *n = 0;
    if (workers > 1) {
        group = mem_alloc(ACCOUNT_capture, sizeof *group);
        if (!group)
            return fail(e, "%s: out of memory", name);
        *group = (struct afpacket_group){.fanout = FANOUT_INIT, .users = 1};
    }
    bool good = true;
    for (unsigned i = 0; i < workers && good; i++) {
        struct source_afpacket *s = new_queue(name, ifindex, options, e);
        good = s != NULL;
        if (!s)
            break;
        s->link.queue = i;
        s->group = group;
        if (group) {
            atomic_fetch_add(&group->users, 1);
            s->request.fanout = &group->fanout;
        }
        out[(*n)++] = &s->base;
    }
    struct err why = {""};
    bool is_missing = false;
    if (good) {
        good = open_queues(out, *n, &why);
        is_missing = !good && !packet_socket_is_known();
    }
    if (!good && why.text[0])
        fail(e, "%s", why.text);
    put_group(group);
    if (!good)
        sources_close(out, n);
    /* Some containers and emulated kernels have no packet sockets, but libpcap may know a way. */
    return is_missing ? source_libpcap_open(spec, options, workers, out, n, e) : good;
}

#else

bool source_afpacket_takes(const char *spec)
{
    (void)spec;
    return false;
}

bool source_afpacket_open(const char *spec, const struct source_options *options, unsigned workers,
                          struct source **out, unsigned *n, struct err *e)
{
    (void)options, (void)workers, (void)out, (void)n;
    return fail(e, "%s: this system has no AF_PACKET", spec);
}

#endif
