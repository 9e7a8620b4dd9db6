/* process.c - what the kernel says about this process. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "face/api.h"

static uint64_t status_value(const char *line)
{
    line += strcspn(line, "0123456789");
    return strtoull(line, NULL, 10);
}

static uint64_t count_entries(const char *path)
{
    uint64_t n = 0;
    DIR *dir = opendir(path);
    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n > 3 ? n - 3 : 0; /* without . and .. and this one */
}

/* "AnonHugePages:" of smaps_rollup: the kernel walks its page tables for it, so only when somebody
 * looks. */
static uint64_t read_huge_bytes(void)
{
    char line[256];
    uint64_t bytes = 0;
    FILE *file = fopen("/proc/self/smaps_rollup", "re");
    while (file && fgets(line, sizeof line, file)) {
        if (!strncmp(line, "AnonHugePages:", 14))
            bytes = status_value(line) * 1024;
    }
    if (file)
        fclose(file);
    return bytes;
}

void process_read(struct process_state *p)
{
    char line[256];
    struct rusage usage;
    *p = (struct process_state){0};
    FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof line, file)) {
        if (!strncmp(line, "VmRSS:", 6))
            p->rss_bytes = status_value(line) * 1024;
        else if (!strncmp(line, "Threads:", 8))
            p->threads = status_value(line);
    }
    if (file)
        fclose(file);
    if (!getrusage(RUSAGE_SELF, &usage))
        p->cpu_ms = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
                    (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
    p->huge_bytes = read_huge_bytes();
    p->open_fds = count_entries("/proc/self/fd");
}

/* One line of /proc/self/task/TID/stat: the name in parentheses, then utime and stime in ticks as
 * fields 14 and 15 (proc(5)). */
static bool thread_read(const char *tid, char *name, size_t room, uint64_t *cpu_ms)
{
    char path[64], line[512];
    unsigned long user = 0, kernel = 0;
    snprintf(path, sizeof path, "/proc/self/task/%.20s/stat", tid);
    FILE *file = fopen(path, "re");
    bool ok = file && fgets(line, sizeof line, file);
    if (file)
        fclose(file);
    char *open = ok ? strchr(line, '(') : NULL, *close = ok ? strrchr(line, ')') : NULL;
    if (!open || !close)
        return false;
    snprintf(name, room, "%.*s", (int)(close - open - 1), open + 1);
    if (sscanf(close + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) !=
        2)
        return false;
    *cpu_ms = (uint64_t)(user + kernel) * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
    return true;
}

void threads_json(struct json *j)
{
    struct dirent *entry;
    DIR *dir = opendir("/proc/self/task");
    json_key(j, "threads");
    json_open_array(j);
    while (dir && (entry = readdir(dir))) {
        char name[32];
        uint64_t cpu_ms;
        if (entry->d_name[0] == '.' || !thread_read(entry->d_name, name, sizeof name, &cpu_ms))
            continue;
        json_open(j);
        json_pair_string(j, "name", name);
        json_pair_u64(j, "cpu_ms", cpu_ms);
        json_close(j);
    }
    if (dir)
        closedir(dir);
    json_close_array(j);
}
