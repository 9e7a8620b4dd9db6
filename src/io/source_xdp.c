/* source_xdp.c - live capture through AF_XDP (-i xdp:NAME): frames past the kernel's network stack.
 *
 * An AF_XDP socket hears one receive queue of the card, so queues are dealt out to the workers in
 * turn: with one worker it reads all of them. Whatever is sent to a socket does not reach this
 * machine's own stack: the place for xdp: is a mirror port or a tap.
 *
 * Frames are processed in place; their chunks go back to the kernel with the next read. A card
 * interrupts for every few frames, and waking up for each costs more than the frames do ([M] 5 to 15
 * microseconds): so after frames the reader naps for as long as half of the ring takes to fill with
 * the shortest frames at 10 Gbit/s.
 */
#include "io/sources.h"

#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "base/alloc.h"
#include "base/log.h"
#include "io/link_watch.h"
#include "io/live_link.h"
#include "io/packet_filter.h"
#include "io/source_names.h"
#include "io/wakeup.h"
#include "io/xdp_program.h"
#include "io/xdp_queue.h"

enum {
    SNAPLEN = 65535,
    RING_BYTES = 32 * 1024 * 1024,
    EMPTY_ROUNDS = 64,
    SHORTEST_FRAME_NS = 67 /* 64 bytes, preamble and gap at 10 Gbit/s */
};

static const char PREFIX[] = "xdp:";
static const nsec_t COUNT_EVERY = 100 * MILLISECOND;
static const nsec_t NAP_MAX = 4 * MILLISECOND;

/* What the workers of one interface share. */
struct xdp_group {
    pthread_mutex_t lock; /* of the program, which whoever is first puts on a new interface */
    struct xdp_program program;
    unsigned queues;    /* of the interface when it was put there */
    int promiscuous_fd; /* a deaf packet socket: the kernel ends the mode with it; -1 = none */
    bool promiscuous;
    unsigned workers;
    _Atomic unsigned users;
};

struct source_xdp {
    struct source base;
    struct live_link link;
    char name[IF_NAMESIZE];
    struct xdp_group *group;      /* counted */
    struct packet_filter *filter; /* NULL = none */
    struct wakeup wakeup;
    int watch_fd;
    uint32_t snaplen;
    uint64_t ring_bytes;

    struct xdp_queue *queue; /* owned */
    unsigned queues;         /* of this worker; 0 while the interface is away */
    unsigned all_queues;     /* of the interface */
    unsigned turn;           /* the queue that was read last; its frames are lent */
    nsec_t nap;
    bool is_native;  /* the driver runs the program */
    bool had_frames; /* since the last wait */
    bool is_lost;    /* the sockets are deaf: read them empty and open again */
    char words[NOTICE_BYTES];
    nsec_t looked_at, counted_at; /* clock_wall */
};

static struct source_xdp *self(struct source *base)
{
    return (struct source_xdp *)base;
}

static void count_drops(struct source_xdp *s, nsec_t now)
{
    s->counted_at = now;
    for (unsigned i = 0; i < s->queues; i++)
        xdp_queue_count(&s->queue[i], &s->base.counts);
}

static void close_queues(struct source_xdp *s)
{
    count_drops(s, s->counted_at);
    for (unsigned i = 0; i < s->queues; i++)
        xdp_queue_close(&s->queue[i]);
    mem_free(ACCOUNT_capture, s->queue, s->queues * sizeof *s->queue);
    s->queue = NULL;
    s->queues = s->turn = 0;
    s->is_lost = s->had_frames = false;
}

/* How this worker's frames come, for people. */
static void put_in_words(struct source_xdp *s)
{
    char address[SOURCE_ADDRESS];
    bool zero_copy = s->queues > 0 && s->queue[0].is_zero_copy;
    int n = snprintf(s->words, sizeof s->words, "up: %s, %u queue%s",
                     zero_copy      ? "zero copy"
                     : s->is_native ? "copied by the driver"
                                    : "copied by the kernel",
                     s->all_queues, s->all_queues == 1 ? "" : "s");
    if (s->queues == 0)
        snprintf(s->words, sizeof s->words, "up, but its %u queue%s other workers'", s->all_queues,
                 s->all_queues == 1 ? " is" : "s are");
    else if (source_host_use(s->name, address) == HOST_USE_ADDRESS)
        snprintf(s->words + n, sizeof s->words - (size_t)n, "; takes what is for %s", address);
}

/* Opens the sockets of this worker's queues: each so-many-th of the interface's. */
static bool open_queues(struct source_xdp *s, struct err *e)
{
    unsigned workers = s->group->workers, first = s->link.queue;
    s->all_queues = xdp_queues_of(s->name);
    if (s->all_queues > XDP_QUEUES_MAX)
        return fail(e, "xdp:%s: %u receive queues, of which Weir reads no more than %d", s->name,
                    s->all_queues, XDP_QUEUES_MAX);
    unsigned mine = first < s->all_queues ? (s->all_queues - first - 1) / workers + 1 : 0;
    s->queue = mem_alloc(ACCOUNT_capture, mine * sizeof *s->queue);
    if (!s->queue)
        return fail(e, "xdp:%s: out of memory", s->name);
    s->queues = mine;
    for (unsigned i = 0; i < mine; i++) {
        unsigned number = first + i * workers;
        if (!xdp_queue_open(&s->queue[i], s->name, number, s->ring_bytes / mine, e) ||
            !xdp_program_add(&s->group->program, number, xdp_queue_fd(&s->queue[i]), e)) {
            close_queues(s);
            return false;
        }
        nsec_t nap = (nsec_t)s->queue[i].chunks * SHORTEST_FRAME_NS / 2;
        s->nap = nap < NAP_MAX ? nap : NAP_MAX;
    }
    return true;
}

/* The card listens to all frames for as long as this socket is open. */
static void listen_to_all(struct xdp_group *g, const char *name, int ifindex)
{
    struct packet_mreq all = {.mr_ifindex = ifindex, .mr_type = PACKET_MR_PROMISC};
    if (!g->promiscuous)
        return;
    if (g->promiscuous_fd != -1)
        close(g->promiscuous_fd);
    g->promiscuous_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (g->promiscuous_fd == -1 ||
        setsockopt(g->promiscuous_fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) == -1)
        log_warning("%s: no promiscuous mode", name);
}

/* Puts the program on the interface unless another worker already has. Some drivers run it only on
 * the queues that there were at that moment, so a change of their number wants it put on afresh. */
static bool attach(struct source_xdp *s, struct err *e)
{
    struct xdp_group *g = s->group;
    bool good = true;
    pthread_mutex_lock(&g->lock);
    if (!xdp_program_is_on(&g->program, s->link.ifindex) || g->queues != s->all_queues) {
        good = xdp_program_attach(&g->program, s->name, s->link.ifindex, e);
        g->queues = s->all_queues;
        if (good)
            listen_to_all(g, s->name, s->link.ifindex);
    }
    s->is_native = g->program.is_native;
    pthread_mutex_unlock(&g->lock);
    return good;
}

/* False with a sentence when this machine would be cut off. */
static bool may_take(const char *name, struct err *e)
{
    char address[SOURCE_ADDRESS];
    return source_host_use(name, address) != HOST_USE_DEFAULT_ROUTE ||
           fail(e,
                "xdp:%s: this machine's default route goes through it and AF_XDP would cut it off; "
                "capture with -i %s",
                name, name);
}

/* Opens everything again on what bears the name now. */
static void reopen(struct source_xdp *s)
{
    unsigned index = if_nametoindex(s->name);
    struct err e = {""};
    if (index == 0) {
        live_link_say_absent(&s->link);
        return;
    }
    if (s->link.ifindex != (int)index)
        live_link_forget_card(&s->link);
    s->link.ifindex = (int)index;
    if (!may_take(s->name, &e) || !open_queues(s, &e) || !attach(s, &e)) {
        char words[NOTICE_BYTES];
        close_queues(s);
        snprintf(words, sizeof words, "absent: %.80s", e.text);
        live_link_say(&s->link, PRESENCE_ABSENT, words);
        return;
    }
    put_in_words(s);
    live_link_say_up(&s->link, s->words, s->name);
}

/* Looks whether the interface is still there, up, and as it was. */
static void look(struct source_xdp *s)
{
    char name[IF_NAMESIZE];
    if (!s->queue) {
        reopen(s);
    } else if (!if_indextoname((unsigned)s->link.ifindex, name)) {
        s->is_lost = true;
        live_link_say(&s->link, PRESENCE_ABSENT,
                      "absent: the interface was removed; waiting for it");
    } else if (!live_link_is_up(name)) {
        live_link_say_down(&s->link);
    } else {
        /* Queues were added or taken away: what they are is found out anew. */
        s->is_lost = xdp_queues_of(name) != s->all_queues;
        live_link_say_up(&s->link, s->words, name);
    }
}

/* What must be done from time to time, whether frames come or not. */
static void keep(struct source_xdp *s, nsec_t now, bool has_news)
{
    /* The wall clock may be set back. */
    if (has_news || now - s->counted_at >= COUNT_EVERY || now < s->counted_at)
        count_drops(s, now);
    if (has_news || now - s->looked_at >= LIVE_LOOK_EVERY || now < s->looked_at) {
        s->looked_at = now;
        live_link_count_card(&s->link);
        look(s);
    }
}

/* Waits for frames, a wake-up or news of interfaces. True when there was news. */
static bool wait_for_frames(struct source_xdp *s, int timeout_ms)
{
    struct pollfd fds[2 + XDP_QUEUES_MAX] = {{.fd = s->wakeup.read_fd, .events = POLLIN},
                                             {.fd = s->watch_fd, .events = POLLIN}};
    if (s->had_frames && timeout_ms > 0) {
        s->had_frames = false;
        clock_sleep(s->nap);
        return false;
    }
    for (unsigned i = 0; i < s->queues; i++)
        fds[2 + i] = (struct pollfd){.fd = xdp_queue_fd(&s->queue[i]), .events = POLLIN};
    int longest = (int)(LIVE_LOOK_EVERY / MILLISECOND);
    if (poll(fds, 2 + s->queues, timeout_ms < longest ? timeout_ms : longest) <= 0)
        return false;
    bool news = false;
    if (fds[0].revents)
        wakeup_clear(&s->wakeup);
    if (fds[1].revents)
        news = link_watch_changed(s->watch_fd);
    for (unsigned i = 0; i < s->queues; i++)
        news = news || (fds[2 + i].revents & (POLLERR | POLLHUP));
    return news;
}

/* Frames of the next queue in turn that has some, as many as fit and pass. */
static bool take(struct source_xdp *s, struct burst *b)
{
    struct xdp_take t = {
        .now = b->now, .snaplen = s->snaplen, .filter = s->filter, .counts = &s->base.counts};
    for (unsigned i = 0; i < s->queues; i++) {
        s->turn = s->turn + 1 < s->queues ? s->turn + 1 : 0;
        while (xdp_queue_take(&s->queue[s->turn], &t, b)) {
            if (b->n > 0)
                return true;
            /* The filter refused them all. */
            xdp_queue_give_back(&s->queue[s->turn]);
        }
    }
    return false;
}

static enum source_result source_xdp_read(struct source *base, struct burst *b, int timeout_ms)
{
    struct source_xdp *s = self(base);
    b->n = 0;
    if (s->queues > 0)
        xdp_queue_give_back(&s->queue[s->turn]);
    for (bool waited = false, news = false;; waited = true) {
        b->now = clock_wall();
        if (take(s, b)) {
            s->had_frames = true;
            keep(s, b->now, news);
            return SOURCE_OK;
        }
        if (s->is_lost) {
            close_queues(s);
            reopen(s);
        }
        keep(s, b->now, news);
        if (waited)
            break;
        news = wait_for_frames(s, timeout_ms);
    }
    return s->link.presence == PRESENCE_UP ? SOURCE_IDLE : SOURCE_LOST;
}

static void source_xdp_wake(struct source *base)
{
    wakeup_send(&self(base)->wakeup);
}

static void put_group(struct xdp_group *g)
{
    if (!g || atomic_fetch_sub(&g->users, 1) != 1)
        return;
    xdp_program_close(&g->program);
    if (g->promiscuous_fd != -1)
        close(g->promiscuous_fd);
    pthread_mutex_destroy(&g->lock);
    mem_free(ACCOUNT_capture, g, sizeof *g);
}

static void source_xdp_close(struct source *base)
{
    struct source_xdp *s = self(base);
    close_queues(s);
    packet_filter_free(s->filter);
    wakeup_fini(&s->wakeup);
    link_watch_close(s->watch_fd);
    put_group(s->group);
    mem_free(ACCOUNT_capture, s, sizeof *s);
}

static const struct source_ops source_xdp_ops = {
    .read = source_xdp_read,
    .wake = source_xdp_wake,
    .close = source_xdp_close,
};

bool source_xdp_takes(const char *spec)
{
    return !strncmp(spec, PREFIX, sizeof PREFIX - 1);
}

/* True when the interface's frames begin with an Ethernet header. */
static bool is_ethernet(const char *name)
{
    struct ifreq request = {0};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool known = fd != -1 && ioctl(fd, SIOCGIFHWADDR, &request) == 0;
    if (fd != -1)
        close(fd);
    return known && (request.ifr_hwaddr.sa_family == ARPHRD_ETHER ||
                     request.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK);
}

/* True when the card takes VLAN tags off: XDP has no place in which they are told. */
static bool strips_tags(const char *name)
{
    struct ethtool_value flags = {.cmd = ETHTOOL_GFLAGS};
    struct ifreq request = {.ifr_data = (char *)&flags};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool known = fd != -1 && ioctl(fd, SIOCETHTOOL, &request) == 0;
    if (fd != -1)
        close(fd);
    return known && (flags.data & ETH_FLAG_RXVLAN);
}

/* Whether this interface may be taken away from the machine, and by so many. */
static bool may_open(const char *spec, const char *name, unsigned workers, struct err *e)
{
    char address[SOURCE_ADDRESS];
    if (!is_ethernet(name))
        return fail(e, "%s: AF_XDP is for Ethernet; capture with -i %s", spec, name);
    unsigned queues = xdp_queues_of(name);
    if (workers > queues)
        return fail(e,
                    "%s: %u workers cannot share %u receive queue%s; use --workers %u, or give the "
                    "card more queues (ethtool -L %s)",
                    spec, workers, queues, queues == 1 ? "" : "s", queues, name);
    if (!may_take(name, e))
        return false;
    if (source_host_use(name, address) == HOST_USE_ADDRESS)
        log_warning("%s: takes all packets away from this machine, which has the address %s there",
                    spec, address);
    if (strips_tags(name))
        log_warning("%s: the card takes VLAN tags off and AF_XDP does not tell them; "
                    "ethtool -K %s rxvlan off keeps them",
                    spec, name);
    return true;
}

static struct xdp_group *new_group(const struct source_options *options, unsigned workers,
                                   const char *name, struct err *e)
{
    struct xdp_group *g = mem_alloc(ACCOUNT_capture, sizeof *g);
    if (!g) {
        fail(e, "xdp:%s: out of memory", name);
        return NULL;
    }
    *g = (struct xdp_group){.lock = PTHREAD_MUTEX_INITIALIZER,
                            .promiscuous_fd = -1,
                            .promiscuous = !options->no_promiscuous,
                            .workers = workers,
                            .users = 1};
    if (xdp_program_load(&g->program, name, e))
        return g;
    put_group(g);
    return NULL;
}

/* One worker's part, without queues yet. NULL with a sentence. */
static struct source_xdp *new_worker(struct xdp_group *group, unsigned worker, const char *name,
                                     const struct source_options *options, struct err *e)
{
    struct source_xdp *s = mem_alloc(ACCOUNT_capture, sizeof *s);
    if (!s) {
        fail(e, "xdp:%s: out of memory", name);
        return NULL;
    }
    s->base.ops = &source_xdp_ops;
    s->group = group;
    atomic_fetch_add(&group->users, 1);
    s->wakeup = (struct wakeup){-1, -1};
    s->watch_fd = link_watch_open();
    s->snaplen = options->snaplen ? options->snaplen : SNAPLEN;
    s->ring_bytes = options->ring_bytes ? options->ring_bytes : RING_BYTES;
    snprintf(s->name, sizeof s->name, "%s", name);
    snprintf(s->base.name, sizeof s->base.name, "%s", name);
    snprintf(s->base.kind, sizeof s->base.kind, "xdp");
    s->link = (struct live_link){
        .base = &s->base, .name = s->name, .ifindex = (int)if_nametoindex(name), .queue = worker};
    bool has_filter = options->bpf && options->bpf[0];
    if (wakeup_init(&s->wakeup, e) &&
        (!has_filter || (s->filter = packet_filter_new(options->bpf, e)) != NULL) &&
        open_queues(s, e))
        return s;
    source_xdp_close(&s->base);
    return NULL;
}

/* All sockets stand before the first frame is sent to any of them. */
static bool begin(struct source **out, unsigned n, struct err *e)
{
    for (unsigned i = 0; i < n; i++) {
        if (!attach(self(out[i]), e))
            return false;
        put_in_words(self(out[i]));
        look(self(out[i]));
        live_link_count_card(&self(out[i])->link);
    }
    return true;
}

bool source_xdp_open(const char *spec, const struct source_options *options, unsigned workers,
                     struct source **out, unsigned *n, struct err *e)
{
    char name[IF_NAMESIZE];
    *n = 0;
    if (!source_interface(spec + sizeof PREFIX - 1, name))
        return source_no_interface(spec, e);
    if (!may_open(spec, name, workers, e))
        return false;
    /* Both libraries would write to standard error; what matters comes back as an error. */
    libbpf_set_print(NULL);
    libxdp_set_print(NULL);
    struct xdp_group *group = new_group(options, workers, name, e);
    bool good = group != NULL;
    while (good && *n < workers) {
        struct source_xdp *s = new_worker(group, *n, name, options, e);
        good = s != NULL;
        if (s)
            out[(*n)++] = &s->base;
    }
    good = good && begin(out, *n, e);
    put_group(group);
    while (!good && *n > 0) {
        --*n;
        out[*n]->ops->close(out[*n]);
    }
    return good;
}
