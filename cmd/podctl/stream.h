/*
 * stream.h — between the user's terminal (or pipes) and a monitor's socket, for run, start -a, attach and exec -t.
 *
 * The user's own descriptors are only read and written here; their flags are never changed, for they belong to the shell as
 * well.  One poll over stdin, the socket and a signalfd: raw mode and window size with a terminal, signals passed on to the
 * container, the keys that detach.  What the container does not take of its input stops the reading of stdin, never that of
 * its output.
 */
#ifndef PODCTL_CMD_STREAM_H
#define PODCTL_CMD_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pkg/util/err.h"

struct stream {
	int sock;            /* borrowed */
	const char *ctr;     /* id */
	const char *session; /* exec: its session; NULL */
	bool tty, in;        /* the process has a terminal; our stdin is its */
	bool sig_proxy;
	int notify;                   /* a socket to look at meanwhile, by on_notify; negative: none */
	bool (*on_notify)(void *ctx); /* true: no more */
	void *notify_ctx;
	const char *detach_keys; /* "ctrl-p,ctrl-q"; "" none */
};
enum stream_end { STREAM_EXITED, STREAM_DETACHED, STREAM_LOST, STREAM_SIGNAL };
/* STREAM_EXITED: *ret_code is its exit code; STREAM_SIGNAL: 128 + the signal that ended us. */
int stream_run(const struct stream *s, enum stream_end *ret, int64_t *ret_code, struct err *err);
/* ERR_INVALID: not such a list. */
int detach_keys_parse(const char *text, unsigned char keys[16], size_t *ret_n, struct err *err);
/* Size of our terminal, 0 when there is none. */
void stream_size(uint16_t *rows, uint16_t *cols);

#endif
