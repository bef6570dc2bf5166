/*
 * report.h — where the one error line of a command goes: stderr, and --log as text or JSON.
 */
#ifndef PODCTL_RUNTIME_REPORT_H
#define PODCTL_RUNTIME_REPORT_H

#include "pkg/util/err.h"

/* dest: PATH, file:PATH, journald:ID, syslog:ID or NULL; format: text, json or NULL; level: debug, info, warning, error. */
int report_open(const char *dest, const char *format, const char *level, struct err *err);
void report_error(const struct err *err);
/* The exit status of a command that failed: 1 unless a command chose another (run, exec: 126, 127). */
int report_status(void);
void report_set_status(int status);
/* exec: stderr belongs to the process; with --log, errors go there alone. */
void report_keep_off_stderr(void);

#endif
