#include "runtime/report.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "pkg/codec/node.h"
#include "pkg/util/buf.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/log.h"

static int log_fd = -1;
static bool json, datagram;
static char prefix[128];
static int status = 1;
static bool stderr_is_theirs;

int report_status(void) { return status; }
void report_set_status(int s) { status = s; }
void report_keep_off_stderr(void) { stderr_is_theirs = true; }

static void write_line(const char *level, const char *msg)
{
	char when[TIME_TEXT];
	auto_buf struct buf b = BUF_INIT(64 * KiB);

	if (log_fd < 0)
		return;
	(void) time_format(when, time_now_us());
	if (datagram) {
		buf_printf(&b, "%s%s", prefix, msg);
	} else if (json) {
		json_t *o = json_pack("{ssssss}", "msg", msg, "level", level, "time", when);
		char *text = o ? json_print(o) : NULL;

		if (text)
			buf_printf(&b, "%s\n", text);
		free(text);
		json_decref(o);
	} else {
		buf_printf(&b, "time=\"%s\" level=%s msg=\"", when, level);
		for (const char *p = msg; *p; p++) {
			if (*p == '"' || *p == '\\')
				buf_putc(&b, '\\');
			buf_putc(&b, *p);
		}
		buf_puts(&b, "\"\n");
	}
	if (!buf_failed(&b) && b.len)
		(void) !write(log_fd, b.data, b.len);
}

static void sink(enum log_level level, const char *line)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };

	write_line(names[level], line);
	if (log_fd < 0)
		dprintf(2, "podctl-runtime: %s: %s\n", names[level], line);
}

/* syslog and the journal both take the classic datagram on /dev/log. */
static int open_syslog(const char *id, struct err *err)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };

	log_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (log_fd < 0 || connect(log_fd, (struct sockaddr *) &a, sizeof a) < 0) {
		int rc = err_sys(err, errno, "--log: connect to /dev/log");

		fd_close_p(&log_fd);
		return rc;
	}
	datagram = true;
	snprintf(prefix, sizeof prefix, "<27>%.80s[%d]: ", *id ? id : "podctl-runtime", (int) getpid());
	return 0;
}

int report_open(const char *dest, const char *format, const char *level, struct err *err)
{
	static const char *const levels[] = { "error", "warning", "info", "debug", NULL };
	int max = LOG_LEVEL_WARN;

	if (format && strcmp(format, "json") != 0 && strcmp(format, "text") != 0)
		return err_set(err, ERR_INVALID, "--log-format: expected text or json, got '%s'", format);
	json = format && strcmp(format, "json") == 0;
	if (level) {
		if (strcmp(level, "warn") == 0)
			level = "warning";
		for (max = 0; levels[max] && strcmp(levels[max], level) != 0; max++)
			;
		if (!levels[max])
			return err_set(err, ERR_INVALID, "--log-level: unknown level '%s'", level);
	}
	log_set(sink, (enum log_level) max);
	if (!dest || !*dest || strcmp(dest, "/dev/stderr") == 0)
		return 0;
	if (strncmp(dest, "journald:", 9) == 0)
		return open_syslog(dest + 9, err);
	if (strncmp(dest, "syslog:", 7) == 0)
		return open_syslog(dest + 7, err);
	if (strncmp(dest, "file:", 5) == 0)
		dest += 5;
	log_fd = open(dest, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644);
	return log_fd < 0 ? err_sys(err, errno, "--log: open '%s'", dest) : 0;
}

void report_error(const struct err *err)
{
	write_line("error", err->msg);
	if (stderr_is_theirs && log_fd >= 0)
		return;
	/* on stderr too: a person types commands without --log, and an engine captures both */
	if (json && log_fd < 0) {
		log_fd = 2;
		write_line("error", err->msg);
		log_fd = -1;
	} else {
		dprintf(2, "podctl-runtime: error: %s\n", err->msg);
	}
}
