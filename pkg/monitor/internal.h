/*
 * internal.h — the parts of a monitor.  Everything hangs on one struct monitor; objects point back to it.
 *
 *   monitor.c  set-up, the turn (events -> status.json -> answers), the end        pod.c    the order of a start, phases, the end
 *   client.c   connections, queues, requests and their answers                     ctr.c    one container: create, release, exit, restart
 *   ops.c      the requests of proto.h                                             stop.c   stop, kill, pause
 *   runtime.c  calls of the OCI runtime, reaping                                    exec.c   exec sessions
 *   stdio.c    FIFOs, consoles, copying                                            log.c    log files
 *   storage.c, usage.c  limits of what is written to disk
 *   mounts.c, namespaces.c, status.c, adopt.c
 *
 * A callback never blocks and never fails: what goes wrong becomes the state of a container or the answer of a request.
 */
#ifndef PODCTL_MONITOR_INTERNAL_H
#define PODCTL_MONITOR_INTERNAL_H

#include <jansson.h>
#include <stdarg.h>
#include <sys/types.h>

#include "pkg/cgroup/cgroup.h"
#include "pkg/monitor/loop.h"
#include "pkg/monitor/plan.h"
#include "pkg/monitor/proto.h"
#include "pkg/util/cleanup.h"

#define CLIENT_QUEUE_MAX (256 * KiB) /* stream data waiting for one client */
#define CLIENT_QUEUE_LOW (64 * KiB)  /* a starter with more than this makes its container wait */
#define CLIENTS_MAX 256
#define PENDS_MAX 64     /* requests of one client without an answer; then it is not read */
#define SESSIONS_MAX 512 /* exec sessions at once */
#define SESSIONS_KEPT 64 /* ended ones of which the code is remembered; the oldest goes first */
#define SESSION_KEEP_US (300 * 1000000ULL)
#define JOB_TIMEOUT_US \
	(240 * 1000000ULL) /* a runtime that takes longer is hung; hooks and slow disks are not */
#define UNHEARD_US 100000  /* a pid 1 that cannot hear the signal is looked at again after this */
#define UNHEARD_SETTLED_US 10000
#define SETTLED_US 2000000 /* ... and sooner when it has run for so long */
#define EVENTS_MAX 48      /* of one pod; the oldest goes */
#define EVENT_MAX 512      /* bytes of an event's message */
#define CONDITIONS 6
#define LOGS_KEPT 10 /* attempts of which the log file stays */

struct monitor;
struct ctr;
struct session;

/* ---- log.c: k8s-file lines "TIME STREAM F|P text" ---- */
struct logfile {
	const char *path; /* the directory, borrowed; NULL when closed */
	int dir, fd;      /* -EBADF: nothing was written yet */
	int64_t size, max;
	uint32_t attempt;
};
/* Directory and file are made by the first line: many containers never write one. */
void log_open(struct logfile *l, const char *path, uint32_t attempt, int64_t max);
void log_close(struct logfile *l);
void log_write(struct logfile *l, enum proto_kind kind, const char *p, size_t n);

/* ---- stdio.c: what clients attach to: a container's or a terminal session's streams ---- */
struct stream {
	struct watch w;
	int fd; /* reader of a FIFO; -EBADF.  A terminal's output is its ptmx */
	enum proto_kind kind;
	struct io *io;
};
struct io {
	struct monitor *m;
	struct ctr *ctr; /* one of the two */
	struct session *session;
	struct stream out, err;
	struct watch in_w; /* on while input waits for the container */
	int in;            /* writer of stdin's FIFO */
	char *in_buf;      /* PROTO_DATA_MAX, when needed */
	size_t in_n, in_off;
	bool in_eof, in_once;
	struct client *in_owner; /* whose PROTO_IN is taken */
	bool paused;             /* back-pressure of the starter */
	/* terminal */
	bool terminal;
	struct watch term_w;
	int term_listen, term_conn, ptmx;
	uint16_t rows, cols;
	struct logfile *log; /* NULL: none */
};
void io_init(struct io *io, struct monitor *m);
/* The container's ends, for proc_spawn: fds[3], -1 for /dev/null; the caller closes them. */
int io_open_fifos(struct io *io, const char *dir, bool in, uid_t uid, gid_t gid, int fds[3], struct err *err);
int io_reopen_fifos(struct io *io, const char *dir, bool in);          /* adopt */
int io_open_console(struct io *io, const char *path, struct err *err); /* below run_dir */
bool io_console_ready(struct io *io); /* looks once more; false: no terminal came */
void io_resize(struct io *io, uint16_t rows, uint16_t cols);
void io_input(struct io *io, const char *p, size_t n); /* n == 0: end of file */
void io_drain(struct io *io);                          /* takes what is left after the last writer is gone */
void io_close(struct io *io);
void io_set_paused(struct io *io, bool paused);

/* ---- runtime.c ---- */
enum job_kind { JOB_NONE, JOB_REFILL, JOB_CREATE, JOB_START, JOB_DELETE, JOB_EXEC };
struct job {
	enum job_kind kind;
	pid_t pid;
	bool timed_out;
	struct timer timer;
	struct monitor *m;
	struct ctr *c;
	struct session *s;
};
void runtime_seal(struct monitor *m, const char *path); /* once; absolute path of a runtime of ours */
int refill_start(struct ctr *c, struct err *err);       /* its copy of the image, by podctl */
int runtime_create(struct ctr *c, const int fds[3], struct err *err);
int runtime_start(struct ctr *c, struct err *err);
int runtime_delete(struct ctr *c, struct err *err); /* ours: done at once; else a job */
int runtime_exec(struct session *s, const int fds[3], struct err *err);
/* Why a runtime call failed: its log file's last error, else its exit status. */
int runtime_reason(
	struct monitor *m, const char *dir, const char *log, const char *what, int status, struct err *err);
int runtime_pid(struct monitor *m, const char *dir, const char *file, pid_t *ret, struct err *err);
void runtime_reap(struct monitor *m);
bool runtime_orphan(struct monitor *m, pid_t pid, int *ret_status); /* was it reaped before we knew it? */

/* ---- check.c, dial.c: one run of a probe's or hook's handler ---- */
enum verdict {
	VERDICT_OK,
	VERDICT_WARNING,
	VERDICT_FAILED,
	VERDICT_ERROR /* it could not be asked */
};
struct check;
struct dial;
struct url;
typedef void check_fn(struct check *k, enum verdict v, const char *message);
struct check {
	struct check *next; /* of those whose helper runs */
	struct monitor *m;
	struct ctr *c;
	const struct handler *h;
	const char *name; /* literal; unique among the checks of a container */
	check_fn *done;
	bool on, timed_out;
	bool any_answer; /* http: whatever the status */
	bool written;    /* its process document is there */
	int code;        /* of a command */
	uint64_t timeout_us;
	struct timer timer;
	struct dial *dial;
	struct session *session;
	pid_t pid; /* of the helper */
	struct watch out_w;
	int out_fd;
	struct buf out;
};
void check_init(struct check *k, struct ctr *c, const struct handler *h, const char *name, check_fn *done);
void check_begin(
	struct check *k, uint64_t timeout_us); /* 0: as long as it takes; done may be called at once */
void check_cancel(struct check *k);            /* without a word; does nothing when it is not on */
void check_end(struct check *k, enum verdict v, const char *message);
void check_by_helper(struct check *k, const struct url *u);
bool check_reaped(struct monitor *m, pid_t pid, int status);
void check_exited(struct check *k, int code);               /* exec.c: the command ended */
void check_not_run(struct check *k, const struct err *err); /* ... or could not be begun */
void dial_begin(struct check *k);
bool dial_can(const struct handler *h);
void dial_timed_out(struct dial *d);
void dial_free(struct dial *d);

/* ---- probe.c ---- */
enum probe_kind { PROBE_STARTUP, PROBE_LIVENESS, PROBE_READINESS, PROBE_HEALTH };
struct worker {
	enum probe_kind kind;
	const struct probe *p;
	struct check check;
	struct timer timer;
	uint64_t due, asked_us;
	uint32_t run, tries; /* equal results in a row; runs that could not ask */
	bool last, held;
};
/* health.c */
#define LOOKS_KEPT 5
void health_begin(struct ctr *c); /* it is "starting" */
void health_done(struct worker *w, enum verdict v, const char *output);
int health_ask(struct ctr *c, struct err *err); /* at once; PEND_HEALTH is answered */
void health_adopt(struct ctr *c, const struct status_health *from);
void health_free(struct ctr *c);
void probes_begin(struct ctr *c);    /* it runs */
void probes_stopping(struct ctr *c); /* it is to end: only its readiness still matters */
void probes_end(struct ctr *c);
void probes_free(struct ctr *c);
bool worker_counts(struct worker *w, bool ok); /* one more result; true: its threshold is reached */

/* ---- usage.c: what a tree takes of its disk ---- */
struct usage {
	int fd; /* of the directory that is read */
	dev_t dev;
	ino_t ino;
	uint64_t bytes;
	struct usage_level *level;
	size_t depth, room;
};
bool usage_begin(struct usage *u, int root, const char *path); /* false: it is not there */
/* Looks at about so many entries; false: all of them were counted. */
bool usage_step(struct usage *u, size_t budget);
void usage_end(struct usage *u);

/* ---- storage.c ---- */
struct storage {
	struct timer timer;
	bool walking, in_tree, known;
	size_t at; /* tree */
	struct usage usage;
	uint64_t spent_us;
	uint64_t blocks, files; /* free ones when the last walk began */
};
void storage_begin(struct monitor *m); /* does nothing when nothing is limited */
void storage_judge(struct monitor *m); /* evicts the pod when it is past a limit */
void storage_end(struct monitor *m);
const char *storage_words(uint64_t bytes, char *text, size_t size);

/* ---- containers ---- */
enum role { ROLE_INFRA, ROLE_INIT, ROLE_SIDECAR, ROLE_MEMBER };
struct ctr {
	struct ctr *next;
	struct monitor *m;
	struct arena arena; /* of one that came with ADD */
	struct plan_container *p;
	enum role role;
	struct status_container s; /* reason is a literal, message is owned */
	struct job job;
	bool wanted;  /* to be started with the pod, or by START */
	bool begun;   /* create was called for this attempt */
	bool created; /* and has succeeded: init waits to be released */
	bool mounted;
	bool own_pidns;   /* when its init is gone, everything is */
	bool kill_wanted; /* it must not live on once create is done */
	bool start_after_delete;
	bool restart_wanted; /* RESTART */
	bool restart_counts; /* ... by a resize */
	bool auto_restart;   /* this attempt was begun by the restart policy */
	bool done;           /* of this start of the pod: init has completed, another was released */
	bool cleanup_due;    /* ended for good in a pod that may go on */
	bool init_ended;     /* an init container that ended and will not be retried */
	bool tried;          /* an attempt was begun: the next one has the next number */
	bool at_once;        /* the runtime call that creates it starts it too */
	bool exited_early;   /* before the runtime's `start` call was over */
	int early_code;
	bool delete_due; /* the runtime's state of a past attempt is still there */
	bool decide_due; /* it has ended; what follows waits for a foreign runtime's `delete` */
	bool paused;
	bool timed_out;
	struct watch pid_w; /* adopted: pidfd */
	int pidfd;
	struct io io;
	struct logfile log;
	struct timer restart_timer, timeout_timer, stop_timer;
	bool stopping;
	int stop_signal;
	uint64_t stop_end; /* time_mono_us */
	uint32_t backoff_n;
	const char *unmade; /* why it could not be created: the word it waits with; NULL: that is not why */
	uint32_t ignored;   /* restarts that do not count: podFailurePolicy */
	uint64_t released_mono;
	uint64_t oom_base;
	uint64_t disk_used;    /* its layer and logs, when they were last looked at */
	struct worker *probes; /* made when it first runs */
	size_t n_probes;
	bool startup_ok, readiness_ok;
	bool probe_killed;           /* its end is a failed probe's: it is started again whatever its code */
	struct check hook;           /* postStart, preStop */
	bool hooking;                /* postStart is under way */
	bool pre_stopped;            /* preStop was begun */
	struct status_health health; /* s.health points here when it has a health check */
	struct status_look looks[LOOKS_KEPT];
	bool was_healthy;
	json_t *file_env;       /* values of env_files, as this attempt has them */
	struct status_end last; /* s.last points here when there is one; its strings are owned */
};
struct ctr *ctr_new(struct monitor *m, struct plan_container *p, struct err *err);
void ctr_free(struct ctr *c);
struct ctr *ctr_find(struct monitor *m, const char *id);
bool ctr_is_alive(const struct ctr *c); /* has a process, or a runtime call that may make one */
bool ctr_is_over(const struct ctr *c);  /* not alive and no restart pending */
void ctr_begin(struct ctr *c);          /* mounts, stdio, create; failures become its state */
void ctr_release(struct ctr *c);        /* lets the created container go */
void ctr_refilled(struct ctr *c, int status);
void ctr_created(struct ctr *c, int status); /* job ends */
void ctr_started(struct ctr *c, int status);
void ctr_deleted(struct ctr *c);
void ctrs_delete(struct monitor *m); /* what could wait for the answers */
void ctr_exited(struct ctr *c, int code);
void ctr_failed(struct ctr *c, const struct err *err); /* could not be created or released */
void ctr_reason(struct ctr *c, const char *reason, const char *message);
void ctr_cancel_restart(struct ctr *c);
uint64_t ctr_backoff(struct ctr *c);
int ctr_rootfs_fd(struct ctr *c, struct err *err);
const char *hook_words(const struct check *k, const char *message); /* stop.c: why a hook failed; static */
void ctr_remember(
	struct ctr *c, const char *reason, const char *message); /* the end of an attempt, as lastState */
bool ctr_is_started(const struct ctr *c); /* up, its postStart done, its startup probe content */
char *ctr_message(struct ctr *c);         /* message.c: what it left to say; NULL or owned */

/* ---- events.c: `podctl events` ---- */
void event_started(struct ctr *c);
void event_died(struct ctr *c);
void event_exec(struct ctr *c, bool died, int code);
void event_health(struct ctr *c, const char *health); /* "healthy", "unhealthy" */

/* ---- stop.c ---- */
void ctr_stop(struct ctr *c, uint64_t timeout_us, int sig); /* UINT64_MAX, 0: as planned */
void ctr_kill(struct ctr *c, int sig);
void ctr_signal(struct ctr *c, int sig);
int ctr_pause(struct monitor *m, struct ctr *c, bool pause, struct err *err); /* c NULL: the pod */
bool signal_is_heard(
	const char *proc_status, int sig); /* by the process whose /proc/PID/status text this is */

/* ---- exec.c ---- */
struct session {
	struct session *next;
	struct monitor *m;
	struct ctr *c;
	char id[80];
	char console[24];    /* name of its console socket in run_dir */
	struct check *check; /* it is a probe's or hook's */
	bool internal;       /* ... or was, until that lost interest */
	struct job job;
	pid_t pid;
	bool tty, detach, running, over, answered;
	int code;
	struct pend *pend; /* the EXEC request */
	struct client *client;
	struct io io;
	struct timer timer;
};
struct pend;
int session_start(struct monitor *m, struct pend *pend, const json_t *request, const int *fds, size_t nfds,
	struct err *err);
int session_check(
	struct check *k, const int fds[3], struct err *err); /* the handler's command, in its container */
void session_abandon(struct session *s);                     /* killed, and of interest to nobody */
void session_created(struct session *s, int status);
void session_exited(struct session *s, int code);
struct session *session_find(struct monitor *m, const char *id);
void session_client_gone(struct session *s);
void sessions_free(struct monitor *m);

/* ---- client.c ---- */
struct out {
	struct out *next;
	size_t n;
	int fd; /* passed with it, owned; -EBADF */
	bool data;
	char bytes[];
};
enum pend_wait {
	PEND_NONE,
	PEND_GO,
	PEND_START,       /* START, RESTART: fails when the container does */
	PEND_RUNNING,     /* WAIT running */
	PEND_STOPPED,     /* STOP of a container */
	PEND_EXITED,      /* WAIT stopped */
	PEND_REMOVED,     /* WAIT removed */
	PEND_POD_STOPPED, /* STOP of the pod */
	PEND_EXEC,
	PEND_HEALTH,  /* HEALTH */
	PEND_SESSION, /* WAIT session */
};
/* A request without its answer yet; answers leave in the order of requests. */
struct pend {
	struct pend *next;
	struct client *client;
	enum pend_wait wait;
	struct ctr *c;
	struct session *s;
	json_t *answer; /* ready, but an older one is not */
	int fd;
	struct io *attach; /* takes effect with the answer */
};
struct client {
	struct client *next;
	struct monitor *m;
	struct watch w;
	int fd;
	bool dead, starter, cleans;
	bool waits_kick; /* it is read when it says so */
	bool closing;    /* nothing is read any more; closed once the queue is sent */
	struct out *head, **tail;
	size_t queued;
	struct pend *pends;
	size_t n_pends;
	struct io *attached;
	bool want_in, want_out, want_err, hold_in;
};
struct client *client_new(struct monitor *m, int fd);
int client_listen(struct monitor *m, struct err *err);
void client_send(struct client *c, json_t *msg, int fd); /* takes msg and fd */
void client_data(
	struct client *c, enum proto_kind kind, char *buf, size_t n); /* buf[0] is free for the kind */
void client_kill(struct client *c);
void client_close(struct client *c); /* once what is queued has been sent */
void client_flush(struct client *c); /* may end it */
void clients_flush(struct monitor *m);
void clients_bury(struct monitor *m);       /* frees the dead ones */
bool clients_idle(const struct monitor *m); /* nothing waits to be sent */
void client_watch(struct client *c);
bool client_read(struct client *c); /* one message; false: there is none, or the client is gone */
void client_handle(
	struct client *c, char *buf, size_t n, int *fds, size_t nfds); /* one message; fds are consumed */
void client_attach(struct client *c, struct io *io);
void client_detach(struct client *c);
void io_fan_out(struct io *io, enum proto_kind kind, char *buf, size_t n); /* buf[0] free, data from buf[1] */
void io_exited(
	struct io *io, json_t *event); /* EXITED to all that are attached, and detaches them; takes event */
void io_detach_all(struct io *io);
struct pend *pend_new(struct client *c, enum pend_wait wait);
void pend_answer(struct pend *p, json_t *answer, int fd); /* takes both; p is gone or going */
void pend_fail(struct pend *p, const struct err *err);
/* Every pending request with this wait (and container, session; NULL: any). */
void pends_answer(
	struct monitor *m, enum pend_wait wait, struct ctr *c, struct session *s, const char *fmt, ...);
void pends_fail(
	struct monitor *m, enum pend_wait wait, struct ctr *c, struct session *s, const struct err *err);
json_t *err_json(const struct err *err);

/* ---- ops.c ---- */
void op_handle(struct client *c, const json_t *request, int *fds, size_t nfds);

/* ---- pod.c ---- */
enum stage { STAGE_IDLE, STAGE_INFRA, STAGE_INIT, STAGE_MEMBERS, STAGE_RUNNING, STAGE_STOPPING, STAGE_OVER };
void pod_deadline(struct monitor *m); /* sets its timer, when there is one */
void pod_go(struct monitor *m);       /* plan is read: make what it names, begin */
void pod_advance(struct monitor *m);  /* something happened: pod_settle is to do what is next */
void pod_settle(struct monitor *m);
void pod_halt(struct monitor *m, uint64_t timeout_us, int sig, bool by_user);
/* A rule of a container starts all of them again, init containers first; infra and what it holds stay. */
void pod_restart_all(struct monitor *m, uint64_t delay_us);
void pod_start_failed(struct monitor *m, const struct err *err);
/* It fails as a whole, with so much time for its containers to end.  reason is a literal; message is copied. */
void pod_fail(struct monitor *m, const char *reason, const char *message, uint64_t grace_us);
const char *pod_phase(const struct monitor *m);

/* ---- env_file.c: variables that files say ---- */
int env_files_apply(struct ctr *c, struct err *err);      /* reads them anew and writes config.json */
int env_files_into(const struct ctr *c, json_t *process); /* of an exec; 0 or -ENOMEM */

/* ---- mounts.c, namespaces.c, status.c, adopt.c ---- */
int mounts_make(struct monitor *m, struct err *err);
/* Splits "size=1m,noexec" into flags and what the file system itself takes.  -E2BIG. */
int mount_options_split(const char *options, unsigned long *flags, char *data, size_t size);
/* nfs.c: mounts it in a child, which may look up names and be killed when it takes too long. */
int nfs_run(const struct plan_mount *p, struct err *err);
/* subpath.c */
int binds_make(const struct list *binds, struct err *err);
/* A detached mount shows what it has with the owners of the pod's user namespace. */
int mount_with_ids(int tree, const char *what, struct err *err);
int overlay_mount(const struct plan_overlay *o, struct err *err);
int overlay_options(const struct plan_overlay *o, const int *fds, char *text,
	size_t size); /* fds NULL: by path; -E2BIG */
void overlay_unmount(const struct plan_overlay *o);
int overlay_renew(
	struct monitor *m, const struct plan_overlay *o, struct err *err); /* an empty upper layer */
int ns_flags(const struct strs *names, int *ret, struct err *err);
int ns_make(struct monitor *m, int flags, bool apply, struct err *err);
int ns_apply(struct monitor *m, struct err *err); /* hostname, sysctls, lo */
void ns_hold_pid(struct monitor *m, pid_t infra);
/* A non-blocking TCP socket where the pod's probes are dialled from; -errno. */
int ns_socket(struct monitor *m, const struct ctr *c, int family);
void ns_sockets_free(struct monitor *m);
void status_write(struct monitor *m);
json_t *status_json(struct monitor *m, bool events);
/* pod_notes.c; c NULL: of the pod.  Only played pods keep them. */
void pod_note(struct monitor *m, const struct ctr *c, bool warning, const char *reason, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void pod_notes_adopt(struct monitor *m, const struct list *events); /* copies */
void pod_notes_free(struct monitor *m);
/* conditions.c */
void conditions_update(struct monitor *m);
/* As of the last conditions_update. */
bool pod_is_ready(const struct monitor *m);
size_t conditions_count(const struct monitor *m);
void conditions_adopt(struct monitor *m, const struct list *conditions);
int adopt_lock(struct err *err); /* before anything of the pod is touched */
int adopt(struct monitor *m, struct err *err);
const struct cgroup_fs *monitor_cgroups(struct monitor *m); /* NULL: none usable */
void monitor_spawn_cleanup(struct monitor *m, const char *ctr);
/* A monitor that was started before its pod was known (--wait): what it would have inherited. */
int monitor_take(struct monitor *m, const json_t *v, int *fds, size_t nfds, struct err *err);
int monitor_load(struct monitor *m, struct err *err); /* plan.json and the containers it names */

struct monitor {
	struct loop loop;
	struct arena arena; /* of the plan */
	struct plan plan;
	bool have_plan, adopted;
	int run_fd, data_fd, signal_fd, ctl_fd, host_mnt_fd, rt_root_fd;
	int rt_fd; /* the runtime as nobody can write it; -EBADF: not opened yet, -ENOTSUP: cannot be */
	struct watch signal_w, ctl_w, kick_w;
	struct cgroup_fs cgroups;
	bool cgroups_open;
	int ns_made;    /* CLONE_NEW* flags of what is held */
	pid_t pid_held; /* infra whose pid namespace is at PLAN_FD_PID */
	bool ns_return; /* we may come back from a namespace we enter */
	int held[64];
	size_t n_held;
	struct ctr *ctrs;
	struct strs early; /* targets of root file systems that were mounted before GO */
	struct client *clients;
	size_t n_clients;
	struct session *sessions;
	size_t n_sessions;
	struct client *starter; /* NULL once it is gone */
	struct pend *go;
	enum stage stage;
	bool net_ready, started_any, dirty, by_user, rebirth, restart_pod;
	bool advance;       /* pod_step is due */
	struct err failure; /* of the start; the answer to GO once everything is undone */
	bool failed, set_up_failed, enter_due;
	bool waits; /* for POD */
	uint64_t stop_timeout_us, stop_began;
	int stop_signal;
	uint64_t started_us;
	struct timer retry, rebirth_timer, deadline_timer;
	bool restart_all; /* the stop under way is that of pod_restart_all */
	uint64_t restart_delay_us;
	const char *reason, *message; /* of a pod that failed as a whole */
	bool initialized;             /* init containers are over, sidecars run */
	struct status_event events[EVENTS_MAX];
	size_t n_events;
	struct status_condition conditions[CONDITIONS];
	bool led;     /* that it is ready was told */
	bool trimmed; /* what the start took of memory was given back */
	struct storage storage;
	struct check *helpers;
	int ns_home;     /* our network namespace, to come back to; 0: not opened, -1: there is no way back */
	int sockets[16]; /* made in the pod's network namespace, in advance */
	size_t n_sockets;
	struct {
		pid_t pid;
		int status;
	} orphans[32];
	size_t n_orphans;
	bool finished;
};

#endif
