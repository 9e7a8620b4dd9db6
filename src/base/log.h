/* log.h - what an operator can act on, once, with the subject in the line. */
#ifndef WEIR_BASE_LOG_H
#define WEIR_BASE_LOG_H

/* ntopng's levels: -v 0 shows errors only, 2 (the default) up to info, 3 and more debug. */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines above this level are not written. Before threads start. */
void log_set_level(enum log_level level);

/* Lines begin with "weir: " instead of time and level, as those of a command that ends by itself
 * do. Before threads start. */
void log_set_brief(void);

/* Writes one line to standard error: local time, level, sentence. Any thread but a packet loop;
 * each call site is limited to 5 lines at once and one a second, the rest is counted and said. */
void log_write(enum log_level level, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#define log_error(...)   log_write(LOG_LEVEL_ERROR, __FILE__, __LINE__, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __FILE__, __LINE__, __VA_ARGS__)
#define log_info(...)    log_write(LOG_LEVEL_INFO, __FILE__, __LINE__, __VA_ARGS__)
#define log_debug(...)   log_write(LOG_LEVEL_DEBUG, __FILE__, __LINE__, __VA_ARGS__)

#endif
