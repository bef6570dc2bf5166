/*
 * log.h — debug and warning lines of library code.
 *
 * Library code never prints.  A program installs a sink (stderr at --log-level, a log file); without one, lines are
 * dropped.  Secrets, environment values and tokens are never logged, at any level.
 */
#ifndef PODCTL_UTIL_LOG_H
#define PODCTL_UTIL_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

typedef void log_sink(enum log_level level, const char *line);
void log_set(log_sink *sink, enum log_level max);
int log_enabled(enum log_level level);
void log_at(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_debug(...) (log_enabled(LOG_LEVEL_DEBUG) ? log_at(LOG_LEVEL_DEBUG, __VA_ARGS__) : (void) 0)
#define log_info(...) log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) log_at(LOG_LEVEL_WARN, __VA_ARGS__)

#endif
