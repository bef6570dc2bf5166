/*
 * criu.h — asking criu(8) to save or restore a tree of processes.
 *
 * The conversation is criu's own RPC: `criu swrk FD` reads one request, may ask back (notifications, with a terminal's
 * master as a descriptor) and answers once.  Its messages are protocol buffers; the few fields used here are written and
 * read by hand.  Spec: images/rpc.proto of CRIU 3.x; criu's answers are checked like any foreign message.
 */
#ifndef PODCTL_RUNTIME_CRIU_H
#define PODCTL_RUNTIME_CRIU_H

#include <sys/types.h>

#include "pkg/util/buf.h"
#include "runtime/config.h"

enum criu_type { CRIU_DUMP = 1, CRIU_RESTORE = 2, CRIU_PRE_DUMP = 4, CRIU_NOTIFY = 6 };

/* Fields of criu_opts. */
enum {
	CRIU_IMAGES_DIR_FD = 1,
	CRIU_PID = 2,
	CRIU_LEAVE_RUNNING = 3,
	CRIU_EXT_UNIX_SK = 4,
	CRIU_TCP_ESTABLISHED = 5,
	CRIU_SHELL_JOB = 7,
	CRIU_FILE_LOCKS = 8,
	CRIU_LOG_LEVEL = 9,
	CRIU_LOG_FILE = 10,
	CRIU_NOTIFY_SCRIPTS = 12,
	CRIU_ROOT = 13,
	CRIU_PARENT_IMG = 14,
	CRIU_TRACK_MEM = 15,
	CRIU_AUTO_DEDUP = 16,
	CRIU_WORK_DIR_FD = 17,
	CRIU_MANAGE_CGROUPS = 24,
	CRIU_RST_SIBLING = 26,
	CRIU_INHERIT_FD = 27,
	CRIU_CGROUPS_MODE = 34,
	CRIU_EXTERNAL = 37,
	CRIU_EMPTY_NS = 38,
	CRIU_FREEZE_CGROUP = 44,
	CRIU_ORPHAN_PTS_MASTER = 50,
	CRIU_CONFIG_FILE = 51,
	CRIU_TCP_CLOSE = 52,
	CRIU_LSM_PROFILE = 53,
	CRIU_LSM_MOUNT_CONTEXT = 63,
};

void criu_put_int(struct buf *b, unsigned field, uint64_t value);
void criu_put_text(struct buf *b, unsigned field, const char *text);
void criu_put_inherited(struct buf *opts, const char *key, int fd);

struct criu_answer {
	unsigned type;
	bool success;
	pid_t pid;         /* of a restored init, or of the process a notification is about */
	char script[40];   /* which notification */
	char message[200]; /* why it failed */
};
/* Pure; -EBADMSG: that is no message of criu. */
int criu_parse(const void *p, size_t n, struct criu_answer *ret);

/* One request to its end.  notify (may be NULL) is called for each notification; fd: a terminal's master, or -EBADF,
 * borrowed.  fds: descriptors of ours that criu and what it restores shall have under the same number.  program: NULL
 * looks for criu.  log: the directory and name of criu's log, from which an error takes its reason. */
struct criu_call {
	const char *program;
	enum criu_type type;
	const struct buf *opts;
	int (*notify)(const struct criu_answer *a, int fd, void *arg, struct err *err);
	void *arg;
	const int *fds;
	size_t n_fds;
	int log_dir;
	const char *log;
};
int criu_run(const struct criu_call *c, pid_t *ret_pid, struct err *err);

/* --- what checkpoint and restore share (runtime/checkpoint.c) --- */
struct criu_opts {
	const char *id, *image_path, *work_path, *parent_path, *cgroups_mode, *lsm_profile, *lsm_context,
		*empty_ns;
	bool leave_running, tcp_established, tcp_close, ext_unix, shell_job, file_locks, pre_dump, auto_dedup;
};
#define CRIU_DESCRIPTORS \
	"descriptors.json" /* beside the images: what stdio was, as other runtimes write it */

/* Options of both kinds. */
int criu_common(
	struct buf *b, const struct criu_opts *o, const struct config *g, bool restore, struct err *err);
/* The mounts that come from outside: named at the dump by where they are, at the restore by where they come from. */
int criu_mounts(
	struct buf *b, const struct config *g, const char *cgroup_path, bool restore, struct err *err);
/* Opens (and with make, makes) the directory of images; *ret_work that of logs, the same unless told otherwise. */
int criu_directories(const struct criu_opts *o, bool make, int *ret_images, int *ret_work, struct err *err);

#endif
