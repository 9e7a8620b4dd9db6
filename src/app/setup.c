/* setup.c - what settings mean to the floors below. */
#include "app/setup.h"

#include "base/ceiling.h"
#include "codec/export_packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    /* Measured by weir bench at a million each, 375 and 336 with their index entries. */
    FLOW_BYTES = 384,
    HOST_BYTES = 352,
    ENTRIES_MIN = 1024,
    ENTRIES_MAX = 100000000,
    /* Flows undecided at once on an interface: 150,000 new ones a second, each for a fifth of one. */
    LIVE_STATES = 32768,
    /* Of what is available when nothing is said: the page cache and others live here too. */
    MEMORY_PERCENT = 60,
    /* The first entries of each table of a worker, and what tables leave to others. */
    WORKER_LEAST = 4 * 1024 * 1024,
};

static uint8_t source_of(const struct settings *s, const char *name)
{
    const struct option_info *option = settings_find(name);
    return option ? s->source[option - settings_options] : (uint8_t)SETTING_DEFAULT;
}

bool setup_is_given(const struct settings *s, const char *name)
{
    return source_of(s, name) != SETTING_DEFAULT;
}

bool setup_is_argument(const struct settings *s, const char *name)
{
    return source_of(s, name) == SETTING_ARGUMENT;
}

bool setup_locals(const struct settings *s, struct locals *l, struct err *e)
{
    *l = (struct locals){0};
    for (unsigned i = 0; i < s->local_networks.n; i++) {
        if (!locals_add(l, s->local_networks.item[i], e))
            return false;
    }
    return true;
}

static unsigned bits_of(const uint8_t *mask, size_t n)
{
    unsigned bits = 0;
    for (size_t i = 0; i < n; i++)
        bits += (unsigned)__builtin_popcount(mask[i]);
    return bits;
}

/* "192.168.7.0/24" of an interface's address and mask; false for families without. */
static bool network_of(const struct ifaddrs *a, char *text, size_t size)
{
    char addr[INET6_ADDRSTRLEN];
    if (!a->ifa_addr || !a->ifa_netmask)
        return false;
    if (a->ifa_addr->sa_family == AF_INET) {
        struct sockaddr_in in, mask;
        memcpy(&in, a->ifa_addr, sizeof in);
        memcpy(&mask, a->ifa_netmask, sizeof mask);
        unsigned bits = bits_of((const uint8_t *)&mask.sin_addr, 4);
        inet_ntop(AF_INET, &in.sin_addr, addr, sizeof addr);
        return bits > 0 && snprintf(text, size, "%s/%u", addr, bits) > 0;
    }
    if (a->ifa_addr->sa_family == AF_INET6) {
        struct sockaddr_in6 in, mask;
        memcpy(&in, a->ifa_addr, sizeof in);
        memcpy(&mask, a->ifa_netmask, sizeof mask);
        unsigned bits = bits_of((const uint8_t *)&mask.sin6_addr, 16);
        inet_ntop(AF_INET6, &in.sin6_addr, addr, sizeof addr);
        return bits > 0 && snprintf(text, size, "%s/%u", addr, bits) > 0;
    }
    return false;
}

void setup_own_networks(struct locals *l, const char *interface)
{
    struct ifaddrs *all;
    if (getifaddrs(&all) == -1)
        return;
    bool is_any = !strcmp(interface, "any");
    for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
        char text[INET6_ADDRSTRLEN + 8];
        if ((is_any || !strcmp(a->ifa_name, interface)) && network_of(a, text, sizeof text))
            locals_add(l, text, NULL);
    }
    freeifaddrs(all);
}

/* Three quarters of what one worker may use, in entries of so many bytes: flows and hosts may not
 * starve each other, and which of them needs more is not known before. */
static uint32_t entries(int64_t wanted, uint64_t budget, uint32_t bytes)
{
    uint64_t n = wanted > 0 ? (uint64_t)wanted : budget / 4 * 3 / bytes;
    if (n < ENTRIES_MIN)
        n = ENTRIES_MIN;
    return n > ENTRIES_MAX ? ENTRIES_MAX : (uint32_t)n;
}

uint64_t setup_memory(const struct settings *s)
{
    if (s->memory > 0)
        return (uint64_t)s->memory;
    uint64_t available = ceiling_available("");
    if (!available) /* no /proc here */
        available = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    return available / 100 * MEMORY_PERCENT;
}

bool setup_hold_memory(unsigned workers, struct err *e)
{
    return ceiling_hold((uint64_t)workers * WORKER_LEAST, e);
}

void setup_engine(const struct settings *s, const struct locals *l, unsigned interfaces,
                  struct engine_config *config)
{
    uint64_t budget = setup_memory(s) / ((uint64_t)s->workers * (interfaces ? interfaces : 1));

    *config = (struct engine_config){
        .flow_idle = s->flow_idle * SECOND,
        .flow_active = s->flow_active * SECOND,
        .tcp_closed_idle = s->tcp_closed_idle * SECOND,
        .local_host_idle = s->local_host_idle * SECOND,
        .remote_host_idle = s->remote_host_idle * SECOND,
        .timeouts = s->timeouts,
        .decap = s->decap,
        .max_flows = entries(s->max_flows, budget, FLOW_BYTES),
        .max_hosts = entries(s->max_hosts, budget, HOST_BYTES),
        .locals = l,
        .dedup = s->dedup,
        .sampling = s->sampling,
        .exporters_allow = s->exporters_allow,
        .zmq_password = s->zmq_password,
        .learn_names = s->dns_mode != 3,
        .l7 = {.enabled = s->dpi,
               .packets = (unsigned)s->dpi_packets,
               .protos = s->protos,
               .share = (unsigned)s->dpi_budget,
               .clock = clock_mono,
               .states = LIVE_STATES},
    };
}

bool setup_export_port(const struct settings *s, int *port, struct err *e)
{
    const char *word = s->collector_port;
    char *end;
    *port = EXPORT_PORT_NONE;
    if (!*word)
        return true;
    if (!strcmp(word, "any")) {
        *port = EXPORT_PORT_ANY;
        return true;
    }
    long n = strtol(word, &end, 10);
    if (*end || n < 1 || n > UINT16_MAX)
        return fail(e, "--collector-port %.40s is neither a UDP port nor `any`", word);
    *port = (int)n;
    return true;
}

struct source_options setup_sources(const struct settings *s)
{
    return (struct source_options){
        .bpf = s->bpf,
        .original_speed = s->original_speed,
        .no_promiscuous = s->promisc_off,
        .zmq_secret = s->zmq_secret,
        .snaplen = (uint32_t)s->snaplen,
        .ring_bytes = (uint64_t)s->ring,
    };
}

bool setup_l7(const struct settings *s, struct err *e)
{
    struct l7_config config = {
        .enabled = s->dpi, .packets = (unsigned)s->dpi_packets, .protos = s->protos};
    return l7_start(&config, e);
}

bool setup_data_dir(const struct settings *s, char *dir)
{
    if (s->data_dir[0])
        return snprintf(dir, PATH_MAX, "%s", s->data_dir) < PATH_MAX;
    if (geteuid() == 0)
        return snprintf(dir, PATH_MAX, "/var/lib/weir") < PATH_MAX;
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (state && *state == '/')
        return snprintf(dir, PATH_MAX, "%s/weir", state) < PATH_MAX;
    return home && *home == '/' && snprintf(dir, PATH_MAX, "%s/.local/state/weir", home) < PATH_MAX;
}

/* Makes the directory and those above it. */
static bool make_dir(char *dir, struct err *e)
{
    for (char *slash = strchr(dir + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash)
            *slash = '\0';
        int made = mkdir(dir, 0700);
        int why = errno;
        if (slash)
            *slash = '/';
        if (made == -1 && why != EEXIST && !slash)
            return fail(e, "cannot make %s: %s; choose another --data-dir", dir, strerror(why));
        if (!slash)
            return true;
    }
}

bool setup_make_data_dir(const struct settings *s, char *dir, struct err *e)
{
    if (!setup_data_dir(s, dir))
        return fail(e, "no directory to keep anything in; give --data-dir");
    return make_dir(dir, e);
}
