/* source_pcap.c - capture files and standard input as a source.
 *
 * Each worker has its own source on the same file and reads all of it. Frames lie in the reader's
 * buffer until the next read. A pipe is polled, so that a worker never hangs in it; so is the clock
 * when the file is played at its original speed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "io/capture_file.h"
#include "io/packet_filter.h"
#include "io/sources.h"
#include "io/wakeup.h"
#include "net/decode.h"

enum {
    /* Bursts of which nothing passed the filter before the worker may look at its mail. */
    EMPTY_ROUNDS = 64,
    /* How long opening waits for the first bytes of a pipe, to say at once if they are no capture. */
    PIPE_PATIENCE_MS = 500
};

/* At original speed: a gap longer than this is a pause of whoever recorded, and is cut to a second. */
static const nsec_t PACE_GAP = HOUR;

struct source_pcap {
    struct source base;
    struct capture *capture;
    struct packet_filter *filter; /* NULL: everything passes */
    struct wakeup wakeup;
    int fd; /* closed with the source unless it is standard input */
    bool is_pipe;
    bool ended;
    int wait_ms;        /* how long this read may wait for the pipe */
    uint32_t last_link; /* link type of the last frame; beyond 16 bits before the first */

    bool is_paced;
    bool has_start;
    nsec_t start_mono, start_ts; /* this moment of the clock is that moment of the file */
    nsec_t last_ts;
    struct burst pending; /* frames read ahead of their time: those from next_pending on */
    unsigned next_pending;
};

/* Bytes for the reader. A pipe is waited for once a read; then it is only looked at. */
static ssize_t input_read(void *context, void *buf, size_t n, struct err *e)
{
    struct source_pcap *s = context;
    if (s->is_pipe) {
        struct pollfd fds[2] = {{.fd = s->fd, .events = POLLIN},
                                {.fd = s->wakeup.read_fd, .events = POLLIN}};
        int ready = poll(fds, 2, s->wait_ms);
        s->wait_ms = 0;
        if (ready <= 0 || fds[0].revents == 0)
            return CAPTURE_INPUT_LATER;
    }
    for (;;) {
        ssize_t got = read(s->fd, buf, n);
        if (got >= 0) {
            counter_add(&s->base.counts.position, (uint64_t)got);
            return got;
        }
        if (errno == EAGAIN)
            return CAPTURE_INPUT_LATER;
        if (errno != EINTR) {
            fail(e, "reading failed: %s", strerror(errno));
            return CAPTURE_INPUT_FAILED;
        }
    }
}

static void say_unknown_link(struct source_pcap *s, uint16_t link)
{
    if (!link_is_known(link))
        log_warning("%s: packets of link type %u (%s) cannot be decoded and count as other",
                    s->base.name, link, link_name(link));
}

/* Takes out what the filter refuses. */
static void apply_filter(struct source_pcap *s, struct burst *b)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < b->n; i++)
        if (packet_filter_match(s->filter, &b->frame[i]))
            b->frame[kept++] = b->frame[i];
    counter_add(&s->base.counts.filtered, b->n - kept);
    b->n = kept;
}

static void count_frames(struct source_pcap *s, const struct burst *b)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < b->n; i++) {
        bytes += b->frame[i].wire_len;
        if (b->frame[i].link != s->last_link) {
            say_unknown_link(s, b->frame[i].link);
            s->last_link = b->frame[i].link;
        }
    }
    counter_add(&s->base.counts.received, b->n);
    counter_add(&s->base.counts.received_bytes, bytes);
}

static enum source_result finish(struct source_pcap *s)
{
    const char *damage = capture_damage(s->capture);
    if (!s->ended) {
        s->ended = true;
        snprintf(s->base.damage, sizeof s->base.damage, "%s", damage);
        notice_set(&s->base.state,
                   damage[0] ? "read up to where it is damaged" : "read to its end");
        if (damage[0])
            counter_add(&s->base.counts.damaged, 1);
    }
    return SOURCE_END;
}

/* The next frames of the file, whatever their time. */
static enum source_result next_frames(struct source_pcap *s, struct burst *b)
{
    for (int round = 0; round < EMPTY_ROUNDS; round++) {
        switch (capture_read(s->capture, b->frame, BURST_FRAMES, &b->n)) {
        case CAPTURE_END:
            return finish(s);
        case CAPTURE_LATER:
            return SOURCE_IDLE;
        case CAPTURE_FRAMES:
            break;
        }
        if (s->filter)
            apply_filter(s, b);
        if (b->n > 0) {
            count_frames(s, b);
            return SOURCE_OK;
        }
    }
    return SOURCE_IDLE;
}

/* The moment (clock_mono) at which a frame is due. */
static nsec_t due_at(struct source_pcap *s, nsec_t ts, nsec_t now)
{
    if (!s->has_start) {
        s->has_start = true;
        s->start_mono = now;
        s->start_ts = s->last_ts = ts;
    }
    if (ts - s->last_ts > PACE_GAP) {
        s->start_ts += ts - s->last_ts - SECOND;
        log_info("%s: a gap of %lld s in the capture is played as one second", s->base.name,
                 (long long)((ts - s->last_ts) / SECOND));
        s->last_ts = ts;
    }
    return s->start_mono + (ts - s->start_ts);
}

static void sleep_until(struct source_pcap *s, nsec_t until, nsec_t now)
{
    struct pollfd fd = {.fd = s->wakeup.read_fd, .events = POLLIN};
    nsec_t ms = (until - now + MILLISECOND - 1) / MILLISECOND;
    if (ms > 0)
        poll(&fd, 1, ms > 1000 ? 1000 : (int)ms);
}

/* The pending frames that are due, waiting for the first of them at most until the deadline. */
static enum source_result due_frames(struct source_pcap *s, struct burst *b, nsec_t deadline)
{
    const struct burst *from = &s->pending;
    nsec_t now = clock_mono();
    nsec_t due = due_at(s, from->frame[s->next_pending].ts, now);
    if (due > now) {
        sleep_until(s, due < deadline ? due : deadline, now);
        now = clock_mono();
    }
    while (s->next_pending < from->n) {
        const struct frame *f = &from->frame[s->next_pending];
        if (due_at(s, f->ts, now) > now)
            break;
        s->last_ts = f->ts;
        b->frame[b->n++] = *f;
        s->next_pending++;
    }
    return b->n > 0 ? SOURCE_OK : SOURCE_IDLE;
}

static enum source_result source_pcap_read(struct source *base, struct burst *b, int timeout_ms)
{
    struct source_pcap *s = (struct source_pcap *)base;
    b->n = 0;
    b->now = 0;
    s->wait_ms = timeout_ms;
    if (s->is_pipe || s->is_paced)
        wakeup_clear(&s->wakeup);
    if (!s->is_paced)
        return next_frames(s, b);

    if (s->next_pending == s->pending.n) {
        s->next_pending = s->pending.n = 0;
        enum source_result r = next_frames(s, &s->pending);
        if (r != SOURCE_OK) {
            s->pending.n = 0;
            return r;
        }
    }
    return due_frames(s, b, clock_mono() + timeout_ms * MILLISECOND);
}

static void source_pcap_wake(struct source *base)
{
    wakeup_send(&((struct source_pcap *)base)->wakeup);
}

static void source_pcap_close(struct source *base)
{
    struct source_pcap *s = (struct source_pcap *)base;
    capture_close(s->capture);
    packet_filter_free(s->filter);
    wakeup_fini(&s->wakeup);
    if (s->fd > STDIN_FILENO)
        close(s->fd);
    mem_free(ACCOUNT_capture, s, sizeof *s);
}

static const struct source_ops source_pcap_ops = {
    .read = source_pcap_read,
    .wake = source_pcap_wake,
    .close = source_pcap_close,
};

bool source_pcap_takes(const char *spec)
{
    struct stat st;
    return !strcmp(spec, "-") || strchr(spec, '/') || (spec[0] && stat(spec, &st) == 0);
}

/* Opens the bytes behind spec and finds out what they are. */
static bool open_bytes(struct source_pcap *s, const char *spec, const char *shown, struct err *e)
{
    struct stat st;
    s->fd = STDIN_FILENO;
    if (strcmp(spec, "-") != 0) {
        s->fd = open(spec, O_RDONLY | O_CLOEXEC);
        if (s->fd == -1 && errno == ENOENT)
            return fail(e, "%s: no such file", shown);
        if (s->fd == -1 && errno == EACCES)
            return fail(e, "%s: this user may not read it; use sudo or change its permissions",
                        shown);
    }
    if (s->fd == -1 || fstat(s->fd, &st) == -1)
        return fail(e, "%s: cannot be opened: %s", shown, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return fail(e, "%s: is a directory; name the capture files in it", shown);
    if (s->fd == STDIN_FILENO && isatty(s->fd))
        return fail(e, "%s: is a terminal; send a capture into it: tcpdump -w - | weir -i -",
                    shown);
    s->is_pipe = !S_ISREG(st.st_mode);
    if (!s->is_pipe) {
        atomic_store(&s->base.counts.size, (uint64_t)st.st_size);
        posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    return true;
}

static bool set_up(struct source_pcap *s, const char *spec, const struct source_options *options,
                   struct err *e)
{
    const char *slash = strrchr(spec, '/');
    const char *shown = !strcmp(spec, "-") ? "standard input" : spec;
    struct err why = {""};
    snprintf(s->base.name, sizeof s->base.name, "%.63s",
             strcmp(spec, "-") ? (slash && slash[1] ? slash + 1 : spec) : "standard input");
    if (!open_bytes(s, spec, shown, e))
        return false;
    if (!wakeup_init(&s->wakeup, &why))
        return fail(e, "%s: %s", shown, why.text);
    if (options->bpf && options->bpf[0] && !(s->filter = packet_filter_new(options->bpf, e)))
        return false;
    s->capture = capture_new((struct capture_input){input_read, s}, &why);
    s->wait_ms = PIPE_PATIENCE_MS;
    if (!s->capture || !capture_start(s->capture, &why))
        return fail(e, "%s: %s", shown, why.text);
    snprintf(s->base.kind, sizeof s->base.kind, "%s", "pcap");
    char words[NOTICE_BYTES];
    snprintf(words, sizeof words, "reading %s", capture_kind(s->capture));
    notice_set(&s->base.state, words);
    s->base.is_file = true;
    s->base.sees_all = true;
    s->is_paced = options->original_speed;
    return true;
}

bool source_pcap_open(const char *spec, const struct source_options *options, unsigned workers,
                      struct source **out, unsigned *n, struct err *e)
{
    *n = 0;
    do {
        struct source_pcap *s = mem_alloc(ACCOUNT_capture, sizeof *s);
        if (!s)
            fail(e, "%s: out of memory", spec);
        if (s) {
            s->base.ops = &source_pcap_ops;
            s->wakeup = (struct wakeup){-1, -1};
            s->fd = -1;
            s->last_link = UINT32_MAX;
            out[(*n)++] = &s->base;
        }
        if (!s || !set_up(s, spec, options, e)) {
            sources_close(out, n);
            return false;
        }
        /* What flows by can be read by one only. */
        if (s->is_pipe)
            break;
    } while (*n < workers);
    return true;
}
