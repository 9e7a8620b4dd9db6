/* ceiling.c - the whole process stays below --memory. */
#include "base/ceiling.h"

#include <limits.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

enum {
    LINE = 4096,
    SLACK = 128,           /* the part of the limit kept back for what happens between two looks */
    MEGABYTE = 1024 * 1024 /* as --memory counts */
};

/* Large blocks go back to the kernel at once: an answer of a second ago must not cost flows. */
static const int mmap_above = 256 * 1024;

static _Atomic uint64_t limit, outside, resident;
static uint64_t at_first; /* resident before anything was built */

/* The first number of a file, UINT64_MAX when there is none ("max") or no such file. */
static uint64_t number_in(const char *path)
{
    char line[LINE];
    FILE *file = fopen(path, "re");
    uint64_t n = UINT64_MAX;
    if (file && fgets(line, sizeof line, file) && line[0] >= '0' && line[0] <= '9')
        n = strtoull(line, NULL, 10);
    if (file)
        fclose(file);
    return n;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The lowest limit of a cgroup and those around it. A container may see its own group as the root
 * although the path still names it as the machine does, so the root counts too. */
static uint64_t group_limit(const char *mount, const char *group, const char *file)
{
    char at[LINE], path[2 * LINE];
    uint64_t lowest = UINT64_MAX;
    snprintf(at, sizeof at, "%s", group);
    for (;;) {
        snprintf(path, sizeof path, "%s%s/%s", mount, at, file);
        lowest = least(lowest, number_in(path));
        char *slash = strrchr(at, '/');
        if (!slash)
            return lowest;
        *slash = '\0';
    }
}

/* Lines of /proc/self/cgroup: "0::/path" is version 2, "9:memory:/path" version 1. */
static uint64_t cgroup_limit(const char *root)
{
    char line[LINE], path[LINE];
    uint64_t lowest = UINT64_MAX;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *kinds = strchr(line, ':');
        char *group = kinds ? strchr(kinds + 1, ':') : NULL;
        if (!group)
            continue;
        *group++ = '\0';
        if (!kinds[1]) {
            snprintf(path, sizeof path, "%s/sys/fs/cgroup", root);
            lowest = least(lowest, group_limit(path, group, "memory.max"));
        } else if (!strcmp(kinds + 1, "memory")) {
            snprintf(path, sizeof path, "%s/sys/fs/cgroup/memory", root);
            lowest = least(lowest, group_limit(path, group, "memory.limit_in_bytes"));
        }
    }
    if (file)
        fclose(file);
    return lowest;
}

static uint64_t machine_available(const char *root)
{
    static const char key[] = "MemAvailable:";
    char line[LINE], path[LINE];
    uint64_t available = UINT64_MAX;
    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, key, sizeof key - 1))
            available = strtoull(line + sizeof key - 1, NULL, 10) * 1024;
    if (file)
        fclose(file);
    return available;
}

uint64_t ceiling_available(const char *root)
{
    uint64_t bytes = least(machine_available(root), cgroup_limit(root));
    return bytes == UINT64_MAX ? 0 : bytes;
}

uint64_t ceiling_resident(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file && fscanf(file, "%*u %llu", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void ceiling_set(uint64_t bytes)
{
    at_first = ceiling_resident();
    atomic_store(&limit, bytes);
    mem_set_budget(0);
#if defined(__GLIBC__)
    if (bytes)
        (void)mallopt(M_MMAP_THRESHOLD, mmap_above);
#endif
}

void ceiling_look(void)
{
    uint64_t most = atomic_load(&limit);
    if (!most)
        return;
    uint64_t accounts = mem_total();
    uint64_t now = ceiling_resident();
    /* What an account holds but has not touched yet makes the rest look smaller than it is: it
     * was at least this large before there were any accounts. */
    uint64_t rest = now > accounts + at_first ? now - accounts : at_first;
    uint64_t kept = rest + most / SLACK;
    atomic_store(&resident, now);
    atomic_store(&outside, rest);
    mem_set_budget(most > kept ? most - kept : 1);
}

bool ceiling_hold(uint64_t need, struct err *e)
{
    uint64_t most = atomic_load(&limit);
    if (!most)
        return true;
    ceiling_look();
    uint64_t held = mem_total();
    if (mem_budget() >= held + need)
        return true;
    uint64_t least_limit = (atomic_load(&outside) + held + need) * SLACK / (SLACK - 1);
    return fail(e,
                "--memory %lluM is too little: at least %lluM are needed here, %lluM for the "
                "program itself and %lluM for its rings and first tables",
                (unsigned long long)(most / MEGABYTE),
                (unsigned long long)(least_limit / MEGABYTE + 1),
                (unsigned long long)(atomic_load(&outside) / MEGABYTE),
                (unsigned long long)((held + need) / MEGABYTE));
}

struct ceiling ceiling_state(void)
{
    return (struct ceiling){.limit = atomic_load(&limit),
                            .outside = atomic_load(&outside),
                            .budget = mem_budget(),
                            .resident = atomic_load(&resident)};
}
