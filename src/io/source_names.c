/* source_names.c - names and numbers of interfaces, as the kinds of sources ask for them. */
#include "io/source_names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

unsigned source_interface(const char *spec, char *name)
{
    size_t len = strlen(spec);
    if (len == 0 || strchr(spec, '/'))
        return 0;
    unsigned index = len < IF_NAMESIZE ? if_nametoindex(spec) : 0;
    if (index != 0) {
        memcpy(name, spec, len + 1);
        return index;
    }
    char *end;
    errno = 0;
    unsigned long number = strtoul(spec, &end, 10);
    if (spec[0] < '0' || spec[0] > '9' || *end || errno || number == 0 || number > INT32_MAX)
        return 0;
    return if_indextoname((unsigned)number, name) ? (unsigned)number : 0;
}

/* A number from a file of one line; false when there is none. */
static bool read_number(const char *name, const char *what, uint64_t *value)
{
    char path[128], line[64] = "";
    snprintf(path, sizeof path, "/sys/class/net/%s/%s", name, what);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool good = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    if (good)
        *value = strtoull(line, NULL, 10);
    return good;
}

bool source_card_drops(const char *name, unsigned ifindex, uint64_t *drops)
{
    uint64_t index;
    /* In a network namespace of its own a process may still see the files of another. */
    return read_number(name, "ifindex", &index) && index == ifindex &&
           read_number(name, "statistics/rx_missed_errors", drops);
}

void source_program_path(char path[SOURCE_PATH])
{
    ssize_t n = readlink("/proc/self/exe", path, SOURCE_PATH - 1);
    if (n > 0)
        path[n] = '\0';
    else
        snprintf(path, SOURCE_PATH, "weir");
}

/* The address in text; false for one that is of the link alone, or of no IP at all. */
static bool address_text(const struct sockaddr *a, char text[SOURCE_ADDRESS])
{
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)a;
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)a;
    if (a && a->sa_family == AF_INET)
        return inet_ntop(AF_INET, &v4->sin_addr, text, SOURCE_ADDRESS) != NULL;
    return a && a->sa_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) &&
           inet_ntop(AF_INET6, &v6->sin6_addr, text, SOURCE_ADDRESS) != NULL;
}

static bool has_address(const char *name, char text[SOURCE_ADDRESS])
{
    struct ifaddrs *all;
    bool found = false;
    if (getifaddrs(&all) == -1)
        return false;
    for (const struct ifaddrs *a = all; a && !found; a = a->ifa_next)
        found = !strcmp(a->ifa_name, name) && address_text(a->ifa_addr, text);
    freeifaddrs(all);
    return found;
}

/* True when a line of a table of routes leads everywhere through the interface. */
static bool is_default_v4(const char *line, const char *name)
{
    char through[IF_NAMESIZE];
    unsigned to, mask;
    return sscanf(line, "%15s %8x %*8x %*x %*d %*d %*d %8x", through, &to, &mask) == 3 && to == 0 &&
           mask == 0 && !strcmp(through, name);
}

static bool is_default_v6(const char *line, const char *name)
{
    enum { REJECT = 0x200 };
    char to[33], through[IF_NAMESIZE];
    unsigned bits, flags;
    return sscanf(line, "%32s %2x %*32s %*2x %*32s %*8x %*8x %*8x %8x %15s", to, &bits, &flags,
                  through) == 4 &&
           bits == 0 && !(flags & REJECT) && !strcmp(through, name);
}

static bool any_line(const char *path, const char *name,
                     bool (*is_default)(const char *line, const char *name))
{
    char line[256];
    bool found = false;
    FILE *file = fopen(path, "re");
    while (file && !found && fgets(line, sizeof line, file))
        found = is_default(line, name);
    if (file)
        fclose(file);
    return found;
}

static enum source_host_use use_of(const char *name, char address[SOURCE_ADDRESS])
{
    bool addressed = has_address(name, address);
    if (any_line("/proc/net/route", name, is_default_v4) ||
        any_line("/proc/net/ipv6_route", name, is_default_v6))
        return HOST_USE_DEFAULT_ROUTE;
    return addressed ? HOST_USE_ADDRESS : HOST_USE_NONE;
}

enum source_host_use source_host_use(const char *name, char address[SOURCE_ADDRESS])
{
    char path[128], master[256];
    uint64_t index;
    address[0] = '\0';
    enum source_host_use use = use_of(name, address);
    snprintf(path, sizeof path, "/sys/class/net/%s/master", name);
    if (use != HOST_USE_NONE || !read_number(name, "ifindex", &index) ||
        index != if_nametoindex(name))
        return use;
    ssize_t n = readlink(path, master, sizeof master - 1);
    if (n <= 0)
        return use;
    master[n] = '\0';
    const char *leaf = strrchr(master, '/');
    return use_of(leaf ? leaf + 1 : master, address);
}
