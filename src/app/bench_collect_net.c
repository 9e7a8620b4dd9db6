/* bench_collect_net.c - records that come by UDP, TCP and ZMQ.
 *
 * A process of its own sends as fast as it can; what is measured is the worker's time for a record, and
 * beside it that of the whole process, as ZMQ has threads of its own. The kernel's work on the
 * receiving side of the loopback is in the sender's time. Each message sent was received or dropped.
 */
#include "app/bench_collect_net.h"

#include "app/bench_meter.h"
#include "app/bench_sender.h"
#include "app/setup.h"
#include "io/sources.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FLOWS = 10000, TRAIN_BYTES = 32 << 20 };

struct net_line {
    const char *name, *spec; /* of a source; with the port */
    enum send_by by;
    enum train_form_index form;
};

/* The process that sends. */
struct sender {
    struct send_order order;
    struct train *train;
    pid_t pid;
    int go; /* a pipe: closed when it shall begin */
    struct sent {
        struct send_report done;
        struct err err;
    } * shared;
};

/* Forked before the engine has threads. It waits for its sign. */
static bool sender_start(struct sender *s, struct err *e)
{
    int ends[2];
    s->shared =
        mmap(NULL, sizeof *s->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s->shared == MAP_FAILED || pipe(ends) == -1)
        return fail(e, "no memory for a sender");
    pid_t parent = getpid();
    s->pid = fork();
    if (s->pid == -1)
        return fail(e, "no process to send: %s", strerror(errno));
    if (!s->pid) {
        char sign;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[1]);
        bool ok = getppid() == parent && read(ends[0], &sign, 1) == 0 &&
                  train_send(s->train, &s->order, &s->shared->done, &s->shared->err);
        _exit(ok ? 0 : 1);
    }
    close(ends[0]);
    s->go = ends[1];
    return true;
}

static bool sender_end(struct sender *s, struct err *e)
{
    int status = 0;
    while (waitpid(s->pid, &status, 0) == -1 && errno == EINTR) {
    }
    if (WIFEXITED(status) && !WEXITSTATUS(status))
        return true;
    return fail(e, "%s", *s->shared->err.text ? s->shared->err.text : "the sender failed");
}

/* The watch has counted messages. */
static struct bench_speed by_record(struct bench_speed s, double records)
{
    s.p5 /= records;
    s.p50 /= records;
    s.mean /= records;
    s.packets = (uint64_t)((double)s.packets * records);
    return s;
}

static void tell(struct bench_line *l, const struct sent *sent, const struct totals_row *t,
                 nsec_t cpu)
{
    const struct send_report *s = &sent->done;
    double records = (double)(t->records ? t->records : 1);
    line_add(l, "cpu_ns_per_record", "", (double)cpu / records);
    line_add(l, "records_per_s_and_core", "", records * 1e9 / (double)cpu);
    line_add(l, "records_per_s", "", records * 1e9 / (double)s->took);
    line_add(l, "sent", "", (double)s->messages);
    line_add(l, "received", "", (double)t->received);
    line_add(l, "dropped", "", (double)t->kernel_dropped);
    line_add(l, "unaccounted", "", (double)s->messages - (double)bench_seen(t));
    line_add(l, "sender_ns_per_message", "", (double)s->cpu / (double)s->messages);
}

static bool run(struct bench *b, const struct net_line *line, struct sender *s)
{
    static struct stopwatch watch;
    struct source_options options = setup_sources(b->settings);
    struct bench_memory end = {0};
    struct source *source;
    unsigned n;
    char spec[128];
    snprintf(spec, sizeof spec, "%s127.0.0.1:%u", line->spec, s->order.port);
    if (!source_open(spec, &options, 1, &source, &n, b->err))
        return false;
    meter_put(source, s->train->opening, &watch, &end);
    struct bench_run run = {.source = source, .dpi_packets = 1};
    if (!bench_start(b, &run))
        return false;
    nsec_t before = process_cpu();
    close(s->go);
    bool ok = sender_end(s, b->err);
    struct answer *a = bench_settle(run.engine, s->shared->done.messages);
    nsec_t cpu = process_cpu() - before;
    b->line->rss = bench_memory_now().peak;
    /* Stopped, the worker's thread has left the watch alone. */
    engine_stop(run.engine);
    b->line->speed = by_record(watch_speed(&watch), s->train->each);
    if (ok && a->totals)
        tell(b->line, s->shared, a->totals, cpu);
    answer_free(a);
    engine_free(run.engine);
    return ok;
}

static bool measure(struct bench *b, const void *what)
{
    static struct train train;
    const struct net_line *line = what;
    struct sender s = {
        .order = {.by = line->by, .port = free_port(), .lasts = b->quick ? SECOND : 4 * SECOND},
        .train = &train};
    b->line->bench = "collect";
    b->line->variant = line->name;
    b->line->hosts = FLOWS;
    if (!s.order.port)
        return fail(b->err, "no port is free");
    return train_make(&train, &train_forms[line->form], FLOWS, TRAIN_BYTES, clock_wall(), b->err) &&
           sender_start(&s, b->err) && run(b, line, &s);
}

bool bench_collect_net(struct bench *b)
{
    static const struct net_line lines[] = {
        {"udp, v9", "udp://", SEND_UDP, FORM_NETFLOW9},
        {"tcp, ipfix", "ipfix://", SEND_TCP, FORM_MINIMAL},
        {"zmq, json", "tcp://", SEND_ZMQ, FORM_JSON},
        {"zmq, tlv", "tcp://", SEND_ZMQ, FORM_TLV},
    };
    for (unsigned i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (collect_wants(b, lines[i].name) && !bench_run_line(b, measure, &lines[i]))
            return false;
    }
    return true;
}
