/* bench_live.c - `weir bench live`: an interface, in a network namespace of its own.
 *
 * A pair of joined interfaces is made; one thread sends frames into one end as fast as one core can,
 * the engine captures at the other end. What is measured is the worker's own time; the kernel's
 * work on the receiving side happens in the sender's time, which is what limits the rate. Each
 * frame sent must be received or be counted as dropped.
 */
#include "app/bench.h"
#include "app/bench_meter.h"
#include "app/bench_mix.h"
#include "app/bench_net.h"
#include "app/setup.h"
#include "base/thread.h"
#include "io/sources.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FLOWS = 1000, BATCH = 64, FRAME = 2048 };

static const char from[] = "weir-bench0", to[] = "weir-bench1";

struct live_line {
    const char *variant, *spec;
};

/* Owned by the thread until it is joined. */
struct sender {
    struct thread thread;
    struct bench_mix mix;
    int fd;
    nsec_t until;
    uint64_t sent;
    nsec_t cpu;
    int error; /* errno that ended it, 0 = none */
};

/* A full queue is no failure: what was not taken is offered again. */
static bool send_batch(struct sender *s, struct mmsghdr *batch)
{
    for (unsigned done = 0; done < BATCH;) {
        int n = sendmmsg(s->fd, batch + done, BATCH - done, 0);
        if (n == -1 && errno != ENOBUFS && errno != EAGAIN && errno != EINTR) {
            s->error = errno;
            return false;
        }
        done += n > 0 ? (unsigned)n : 0;
        s->sent += n > 0 ? (uint64_t)n : 0;
    }
    return true;
}

static void send_packets(void *argument)
{
    static uint8_t bytes[BATCH][FRAME];
    struct sender *s = argument;
    struct iovec part[BATCH];
    struct mmsghdr batch[BATCH] = {0};
    for (unsigned i = 0; i < BATCH; i++) {
        part[i].iov_base = bytes[i];
        batch[i].msg_hdr = (struct msghdr){.msg_iov = &part[i], .msg_iovlen = 1};
    }
    nsec_t before = clock_cpu();
    uint64_t n = 0;
    do {
        for (unsigned i = 0; i < BATCH; i++)
            part[i].iov_len = mix_packet(&s->mix, n++, bytes[i]);
    } while (send_batch(s, batch) && clock_mono() < s->until);
    s->cpu = clock_cpu() - before;
}

static bool sender_start(struct sender *s, nsec_t lasts, struct err *e)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_protocol = 0, /* it only sends */
                                  .sll_ifindex = (int)if_nametoindex(from)};
    s->mix = (struct bench_mix){.flows = FLOWS, .hosts = FLOWS, .form = {.bytes = 64}};
    s->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    /* Past the queueing discipline, which would only cost time. */
    int yes = 1;
    if (s->fd == -1 || bind(s->fd, (struct sockaddr *)&address, sizeof address) == -1 ||
        setsockopt(s->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes) == -1)
        return fail(e, "no socket to send by: %s", strerror(errno));
    s->until = clock_mono() + lasts;
    return mix_init(&s->mix, e) && thread_start(&s->thread, "sender", send_packets, s, e);
}

static void tell(struct bench_line *l, const struct sender *s, const struct totals_row *t)
{
    line_add(l, "user_ns_per_packet", "", l->speed.mean);
    line_add(l, "sent", "", (double)s->sent);
    line_add(l, "received", "", (double)t->received);
    line_add(l, "dropped", "", (double)(t->kernel_dropped + t->interface_dropped));
    line_add(l, "unaccounted", "", (double)s->sent - (double)bench_seen(t));
    line_add(l, "sender_ns_per_packet", "", s->sent ? (double)s->cpu / (double)s->sent : 0);
}

static bool run(struct bench *b, const char *spec)
{
    static struct stopwatch watch;
    static struct sender sender;
    struct source_options options = setup_sources(b->settings);
    struct bench_memory end = {0};
    struct source *source;
    unsigned n;
    if (!source_open(spec, &options, 1, &source, &n, b->err))
        return false;
    meter_put(source, MIX_OPENING * FLOWS + WATCH_CHUNK, &watch, &end);
    struct bench_run live = {.source = source, .dpi_packets = 1};
    if (!bench_start(b, &live) ||
        !sender_start(&sender, b->quick ? 2 * SECOND : 8 * SECOND, b->err))
        return false;
    thread_join(&sender.thread);
    struct answer *a = bench_settle(live.engine, sender.sent);
    b->line->rss = bench_memory_now().peak;
    bool ok = a->totals && !sender.error;
    /* Stopped, the worker's thread has left the watch alone. */
    engine_stop(live.engine);
    b->line->speed = watch_speed(&watch);
    if (ok)
        tell(b->line, &sender, a->totals);
    answer_free(a);
    engine_free(live.engine);
    close(sender.fd);
    return ok || fail(b->err, "sending failed: %s", strerror(sender.error));
}

static bool measure(struct bench *b, const void *what)
{
    const struct live_line *w = what;
    b->line->bench = "live";
    b->line->variant = w->variant;
    b->line->packet_bytes = 64;
    b->line->hosts = FLOWS;
    return net_enter(b->err) && net_pair(from, to, b->err) && run(b, w->spec);
}

bool bench_live(struct bench *b)
{
    static const struct live_line lines[] = {{"afpacket", "weir-bench1"},
                                             {"xdp", "xdp:weir-bench1"}};
    for (unsigned i = 0; i < sizeof lines / sizeof *lines; i++) {
        /* Who may not make a namespace, or has a kernel without AF_XDP, still has the rest. */
        if (!bench_apart(b, measure, &lines[i]))
            snprintf(b->line->note, sizeof b->line->note, "not measured: %.150s", b->err->text);
        line_print(b->line, b->settings->json);
    }
    return true;
}
