#include "pkg/util/log.h"

#include <stdarg.h>
#include <stdio.h>

static log_sink *sink_fn;
static enum log_level max_level;

void log_set(log_sink *sink, enum log_level max)
{
	sink_fn = sink;
	max_level = max;
}

int log_enabled(enum log_level level) { return sink_fn && level <= max_level; }

void log_at(enum log_level level, const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	if (!log_enabled(level))
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	sink_fn(level, line);
}
