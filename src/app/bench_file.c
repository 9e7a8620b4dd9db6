/* bench_file.c - `weir bench file`: a capture in the page cache, read as any capture is.
 *
 * Without FILE a capture is made in memory: the opening of the flows, which is not measured, then
 * packets of all of them. A FILE is read once unmeasured, so that it is in the page cache, and then
 * measured from its first packet on, flow creation and protocol detection included.
 */
#include "app/bench.h"
#include "app/bench_meter.h"
#include "app/bench_mix.h"
#include "base/text.h"
#include "io/sources.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    PACKETS = 6 << 20, /* measured */
    PACKETS_QUICK = 1 << 20,
    PACKET_NS = 100,
    RECORD = 16,             /* header of a packet in a capture */
    BATCH = 4096,            /* packets between two writes */
    NANOSECONDS = 0xa1b23c4d /* magic of a capture whose fractions are nanoseconds */
};

static const uint64_t begin_s = 1700000000;

struct file_line {
    uint32_t bytes, hosts;
    const char *path; /* NULL: made */
};

static void put_le32(uint8_t *to, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static bool write_all(int fd, const uint8_t *bytes, size_t n, struct err *e)
{
    while (n) {
        ssize_t done = write(fd, bytes, n);
        if (done <= 0)
            return fail(e, "the capture could not be made: %s", strerror(errno));
        bytes += done;
        n -= (size_t)done;
    }
    return true;
}

static bool write_header(int fd, struct err *e)
{
    uint8_t header[24] = {[4] = 2, [6] = 4};
    put_le32(header, NANOSECONDS);
    put_le32(header + 16, 65535);
    put_le32(header + 20, 1);
    return write_all(fd, header, sizeof header, e);
}

/* Packets [0, n) of the mix as a capture. */
static bool write_capture(int fd, struct bench_mix *mix, uint64_t n, struct err *e)
{
    struct text t = {0};
    bool ok = write_header(fd, e);
    uint8_t bytes[RECORD + 2048] = {0};
    for (uint64_t i = 0; ok && i < n; i++) {
        uint64_t ns = i * PACKET_NS;
        uint32_t len = mix_packet(mix, i, bytes + RECORD);
        put_le32(bytes, (uint32_t)(begin_s + ns / (uint64_t)SECOND));
        put_le32(bytes + 4, (uint32_t)(ns % (uint64_t)SECOND));
        put_le32(bytes + 8, len);
        put_le32(bytes + 12, len);
        text_add_n(&t, bytes, RECORD + len);
        if (i % BATCH == BATCH - 1 || i == n - 1) {
            ok = write_all(fd, (const uint8_t *)t.data, t.len, e);
            text_reset(&t);
        }
    }
    text_free(&t);
    return ok;
}

/* A capture in memory and its path; the descriptor stays open as long as it is needed. */
static int make_capture(const struct file_line *w, uint64_t packets, char *path, size_t size,
                        struct err *e)
{
    struct bench_mix mix = {.flows = w->hosts, .hosts = w->hosts, .form = {.bytes = w->bytes}};
    int fd = memfd_create("weir-bench", MFD_CLOEXEC);
    if (fd == -1) {
        fail(e, "no memory file for the capture: %s", strerror(errno));
        return -1;
    }
    bool ok =
        mix_init(&mix, e) && write_capture(fd, &mix, (uint64_t)MIX_OPENING * w->hosts + packets, e);
    mix_fini(&mix);
    if (!ok) {
        close(fd);
        return -1;
    }
    snprintf(path, size, "/proc/self/fd/%d", fd);
    return fd;
}

static void warm(const char *path)
{
    char bytes[65536];
    FILE *file = fopen(path, "re");
    while (file && fread(bytes, 1, sizeof bytes, file) == sizeof bytes) {
    }
    if (file)
        fclose(file);
}

static bool read_measured(struct bench *b, const struct file_line *w, const char *path)
{
    static struct stopwatch watch;
    struct bench_memory end = {0};
    struct source *source;
    unsigned n;
    if (!source_open(path, &(struct source_options){0}, 1, &source, &n, b->err))
        return false;
    meter_put(source, w->path ? 0 : (uint64_t)MIX_OPENING * w->hosts, &watch, &end);
    uint32_t room = w->path ? 0 : w->hosts + w->hosts / 8 + 1024;
    struct bench_run run = {
        .source = source, .max_flows = room, .max_hosts = room, .dpi_packets = w->path ? 0 : 1};
    if (!bench_start(b, &run))
        return false;
    struct answer *a = bench_wait(b, &run, &end);
    if (!a)
        return false;
    struct bench_line *l = b->line;
    l->speed = watch_speed(&watch);
    if (w->path && a->totals->wire_packets)
        l->packet_bytes = (uint32_t)(a->totals->wire_bytes / a->totals->wire_packets);
    line_add(l, "bytes_per_s", "", rate_of(l->speed.mean) * l->packet_bytes);
    bench_end(&run, a);
    return true;
}

static bool measure(struct bench *b, const void *what)
{
    const struct file_line *w = what;
    struct bench_line *l = b->line;
    l->bench = "file";
    l->variant = w->path ? "given" : "made";
    l->packet_bytes = w->bytes;
    l->hosts = w->hosts;
    if (w->path) {
        warm(w->path);
        return read_measured(b, w, w->path);
    }
    char path[64];
    uint64_t before = bench_memory_now().rss;
    int fd = make_capture(w, b->quick ? PACKETS_QUICK : PACKETS, path, sizeof path, b->err);
    if (fd == -1)
        return false;
    uint64_t now = bench_memory_now().rss;
    l->own = now > before ? now - before : 0;
    bool ok = read_measured(b, w, path);
    close(fd);
    return ok;
}

bool bench_file(struct bench *b)
{
    static const struct file_line full[] = {
        {64, 100, NULL},     {64, 1000, NULL}, {64, 10000, NULL},  {64, 100000, NULL},
        {64, 1000000, NULL}, {512, 100, NULL}, {512, 100000, NULL}};
    static const struct file_line quick[] = {
        {64, 1000, NULL}, {64, 100000, NULL}, {512, 1000, NULL}};
    const struct file_line *lines = b->quick ? quick : full;
    unsigned n = b->quick ? sizeof quick / sizeof *quick : sizeof full / sizeof *full;
    for (unsigned i = 0; i < b->arguments; i++) {
        if (!bench_run_line(b, measure, &(struct file_line){.path = b->argument[i]}))
            return false;
    }
    for (unsigned i = 0; !b->arguments && i < n; i++) {
        if (!bench_run_line(b, measure, &lines[i]))
            return false;
    }
    return true;
}
