/* log.c - what an operator can act on, once, with the subject in the line.
 *
 * A call site that repeats itself is limited by a token bucket, found by file and line in a small
 * open table. When the table is full, further sites share its last place: they may be limited
 * together, but nothing grows. One lock; no caller is a packet loop.
 */
#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum { LOG_SITES = 512, LOG_BURST = 5, LOG_LINE = 1024 };

/* One call site. Guarded by log_lock. */
struct log_site {
    const char *file;
    int line;
    nsec_t refilled; /* monotonic time of the last token that was given back */
    uint32_t tokens;
    uint64_t silent; /* lines left out since the last one that was written */
};

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static struct log_site log_sites[LOG_SITES];
static enum log_level log_limit = LOG_LEVEL_INFO;
static bool log_is_brief;

void log_set_brief(void)
{
    log_is_brief = true;
}

void log_set_level(enum log_level level)
{
    log_limit = level;
}

static struct log_site *log_site_of(const char *file, int line)
{
    size_t at = ((uintptr_t)file / 16 + (unsigned)line * 31U) % LOG_SITES;
    for (unsigned step = 0; step < LOG_SITES - 1; step++) {
        struct log_site *site = &log_sites[(at + step) % LOG_SITES];
        if (site->file == file && site->line == line)
            return site;
        if (!site->file) {
            *site = (struct log_site){.file = file, .line = line, .tokens = LOG_BURST};
            return site;
        }
    }
    return &log_sites[(at + LOG_SITES - 1) % LOG_SITES];
}

/* Takes a token; false when the site has said enough for now. */
static bool log_allowed(struct log_site *site, nsec_t now)
{
    nsec_t earned = (now - site->refilled) / SECOND;
    if (earned > 0) {
        site->tokens =
            earned + site->tokens > LOG_BURST ? LOG_BURST : site->tokens + (uint32_t)earned;
        site->refilled = now;
    }
    if (site->tokens == 0) {
        site->silent++;
        return false;
    }
    site->tokens--;
    return true;
}

static size_t log_head(char *line, size_t size, enum log_level level)
{
    static const char *const words[] = {"ERROR", "WARNING", "info", "debug"};
    if (log_is_brief)
        return (size_t)snprintf(line, size, "weir: ");
    nsec_t now = clock_wall();
    time_t seconds = (time_t)(now / SECOND);
    struct tm local;
    localtime_r(&seconds, &local);
    size_t len = strftime(line, size, "%Y-%m-%d %H:%M:%S", &local);
    int n = snprintf(line + len, size - len, ".%03d %s: ", (int)(now % SECOND / MILLISECOND),
                     words[level <= LOG_LEVEL_DEBUG ? level : LOG_LEVEL_DEBUG]);
    return len + (size_t)n;
}

void log_write(enum log_level level, const char *file, int line, const char *format, ...)
{
    if (level > log_limit)
        return;

    char text[LOG_LINE];
    pthread_mutex_lock(&log_lock);
    struct log_site *site = log_site_of(file, line);
    if (log_allowed(site, clock_mono())) {
        size_t len = log_head(text, sizeof text, level);
        va_list arguments;
        va_start(arguments, format);
        int n = vsnprintf(text + len, sizeof text - len, format, arguments);
        va_end(arguments);
        if (n > 0)
            len += (size_t)n;
        /* Room is kept for the newline of a line that was cut. */
        if (len > sizeof text - 64)
            len = sizeof text - 64;
        if (site->silent) {
            n = snprintf(text + len, sizeof text - len, " (and %llu like this, not shown)",
                         (unsigned long long)site->silent);
            len += (size_t)n;
            site->silent = 0;
        }
        /* A newline inside would let a stranger's name forge a line of the log. */
        for (size_t i = 0; i < len; i++)
            if ((unsigned char)text[i] < ' ' || text[i] == 127)
                text[i] = '?';
        text[len++] = '\n';
        ssize_t written = write(STDERR_FILENO, text, len);
        (void)written;
    }
    pthread_mutex_unlock(&log_lock);
}
