/* bench_memory.c - `weir bench memory`: the whole process with so many hosts, and a quiet monitor. */
#include "app/bench.h"
#include "app/bench_mix.h"
#include "app/bench_net.h"
#include "base/alloc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HUGE_HOSTS = 10000000, PACKET_NS = 1000, IDLE_S = 10 };

/* Names of the figures; "flows" alone would be their number. */
static const char *const account_keys[] = {
#define ACCOUNT(name, kind, text) "account_" #name,
#include "base/accounts.def"
#undef ACCOUNT
};

/* Each account by its name, as the engine's tables stand full. */
static void tell_accounts(struct bench_line *l)
{
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        uint64_t used = mem_used((enum account)i);
        if (i != ACCOUNT_other && used)
            line_add(l, account_keys[i], "", (double)used);
    }
}

static bool measure(struct bench *b, const void *what)
{
    static struct bench_feed feed;
    uint32_t hosts = *(const uint32_t *)what;
    struct bench_mix mix = {.flows = hosts, .hosts = hosts, .form = {.bytes = 64}};
    struct feed_config config = {.make = mix_packet,
                                 .maker = &mix,
                                 .stride = 64,
                                 .opening = (uint64_t)MIX_OPENING * hosts,
                                 .gap = PACKET_NS,
                                 .measure = 1};
    struct bench_line *l = b->line;
    l->bench = "memory";
    l->hosts = hosts;
    uint64_t before = bench_memory_now().rss;
    if (!mix_init(&mix, b->err) || !feed_init(&feed, &config, b->err))
        return false;
    l->own = bench_memory_now().rss - before;
    uint32_t room = hosts + hosts / 8 + 1024;
    struct bench_run run = {
        .source = &feed.source, .max_flows = room, .max_hosts = room, .dpi_packets = 1};
    if (!bench_start(b, &run))
        return false;
    struct answer *a = bench_wait(b, &run, &feed.at_end);
    if (!a)
        return false;
    tell_accounts(l);
    line_add(l, "open_dpi_states", "", (double)a->totals->dpi_open);
    bench_end(&run, a);
    return true;
}

/* Value behind a word of /proc/PID/status, in bytes. */
static uint64_t status_of(pid_t pid, const char *word)
{
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    size_t n = fread(text, 1, sizeof text - 1, file);
    text[n] = '\0';
    fclose(file);
    const char *at = strstr(text, word);
    return at ? strtoull(at + strlen(word), NULL, 10) * 1024 : 0;
}

/* CPU time of the process, in seconds. */
static double cpu_of(pid_t pid)
{
    char path[64], text[1024];
    unsigned long user = 0, kernel = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    size_t n = fread(text, 1, sizeof text - 1, file);
    text[n] = '\0';
    fclose(file);
    const char *at = strrchr(text, ')');
    if (!at ||
        sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) != 2)
        return 0;
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

/* The program itself as a monitor of an interface on which nothing happens. */
static pid_t start_monitor(void)
{
    pid_t parent = getpid(), pid = fork();
    if (pid)
        return pid;
    if (getppid() == parent && freopen("/dev/null", "w", stdout) &&
        freopen("/dev/null", "w", stderr))
        execl("/proc/self/exe", "weir", "monitor", "-i", "lo", "--ring", "1M", "-w",
              "127.0.0.1:3999", (char *)NULL);
    _exit(127);
}

static bool measure_idle(struct bench *b, const void *what)
{
    (void)what;
    struct bench_line *l = b->line;
    l->bench = "memory";
    l->variant = "idle";
    if (!net_enter(b->err) || !net_up("lo", b->err))
        return false;
    pid_t pid = start_monitor();
    if (pid == -1)
        return fail(b->err, "no process for the monitor: %s", strerror(errno));
    nsec_t lasts = b->quick ? 2 * SECOND : IDLE_S * SECOND;
    clock_sleep(lasts / 2);
    double before = cpu_of(pid);
    clock_sleep(lasts);
    double spent = cpu_of(pid) - before;
    l->rss = status_of(pid, "VmRSS:");
    uint64_t peak = status_of(pid, "VmHWM:");
    kill(pid, SIGTERM);
    int status;
    waitpid(pid, &status, 0);
    if (!peak || (WIFEXITED(status) && WEXITSTATUS(status) != 0))
        return fail(b->err, "the monitor did not stay: status %d", status);
    line_add(l, "cpu_percent", "", 100 * spent * 1e9 / (double)lasts);
    line_add(l, "peak_bytes", "", (double)peak);
    snprintf(l->note, sizeof l->note, "%s",
             "a monitor of a quiet interface with its web server, ring of 1 MB included");
    return true;
}

bool bench_memory(struct bench *b)
{
    static const uint32_t quick[] = {100, 100000, 0};
    static const uint32_t full[] = {100, 1000, 10000, 100000, 1000000, HUGE_HOSTS, 0};
    uint32_t hosts[BENCH_SIZES];
    unsigned n = bench_sizes(b, b->quick ? quick : full, hosts);
    if (!n)
        return false;
    for (unsigned i = 0; i < n; i++) {
        if (bench_fits(b, "memory", hosts[i]) && !bench_run_line(b, measure, &hosts[i]))
            return false;
    }
    if (b->arguments)
        return true;
    /* Who may not make a namespace still has the rest. */
    if (!bench_apart(b, measure_idle, NULL))
        snprintf(b->line->note, sizeof b->line->note, "not measured: %.150s", b->err->text);
    line_print(b->line, b->settings->json);
    return true;
}
