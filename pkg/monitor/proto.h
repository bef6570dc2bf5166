/*
 * proto.h — what podctl and a monitor say to each other.
 *
 * SOCK_SEQPACKET; one record is one message.  The first byte tells: PROTO_JSON a JSON object, PROTO_IN/OUT/ERR stream data
 * (at most PROTO_DATA_MAX bytes; an empty one is end of file).  The peer is checked by SO_PEERCRED (root, or the engine's
 * user).  Additive: unknown keys are ignored, unknown ops get an error.  A monitor never blocks on a client: each has a
 * bounded out queue (256 KiB); a slow one is dropped with a message, except the starter of `run`, which gives back-pressure.
 *
 * Requests {"op":OP,...} and their final answer {"ok":true,...} or {"err":{"kind":K,"errnum":N,"msg":"..."}}; several
 * requests may follow each other on one connection, answers come in order; events {"ev":E,...} may come between.
 *   HELLO {version}                     -> {version, pod, pid}
 *   GO {attach: ctr id or absent, stdin, stdout, stderr: bool, tty_rows, tty_cols}, descriptors: bound sockets to hold.
 *       First message of the starter but MOUNT.  Events: NS_READY {} + netns descriptor (when plan.net_wait; answer NET_READY),
 *       CTR_STARTED {ctr, pid}, then the answer ok once every autostart member was started (init containers have completed)
 *       or err when a start failed for good (the monitor has stopped what ran and ends; "ran": true beside err when a
 *       container had been started, an init container for instance).  With attach, data records follow until
 *       EXITED {ctr, code, oom}.  In a played pod (plan.kube) an init container that failed or waits for its retry is a
 *       state of the pod: GO is answered ok.  A starter that hangs up before the first container was started undoes the start.
 *   MOUNT {overlay}                     -> no answer          before GO: a root file system of the plan to come is mounted
 *                                          while the starter goes on writing; what fails is tried again, and told, by GO
 *   NET_READY {}                        -> no answer; {"op":"NET_FAILED","msg"} undoes everything
 *   START {ctr}                         -> ok {pid}            created or exited member of a living pod
 *   STOP {ctr or absent: whole pod, timeout_us or absent: plan's, signal or absent}
 *                                       -> ok {} when stopped  absent ctr, or a pod of one: the monitor
 *                                          ends after its answer; with "cleans": true the client tears down as long as
 *                                          it stays connected, else the monitor executes cleanup
 *   KILL {ctr or absent, signal}        -> ok
 *   RESTART {ctr, timeout_us, why}      -> ok {pid}; why "resize": it counts as a restart
 *   PAUSE, UNPAUSE {ctr or absent}      -> ok
 *   WAIT {ctr, condition: "stopped" | "running" | "removed"} -> ok {code} when true (at once when already)
 *   WAIT {session}                      -> ok {code} when the exec session has ended (the last 64 are kept, 5 minutes)
 *   ATTACH {ctr, stdin, stdout, stderr} -> ok {stdin: bool, owner of stdin}, then data records both ways, then
 *                                          EXITED {ctr, code} when it ended for good; also before START
 *   EXEC {ctr, process: OCI process object, tty, detach, rows, cols, session}
 *       without tty and detach: descriptors stdin, stdout, stderr of the client are passed to the process itself
 *                                       -> ok {pid, session} once it runs (err kind NOT_FOUND/DENIED: 127/126), then
 *                                          EXITED {session, code}; with tty: data records as for ATTACH
 *   HEALTH {ctr}                        -> ok {status, healthy, code}   its health check, run now
 *   RESIZE {ctr or session, rows, cols} -> ok
 *   ROOTFS_FD {ctr}                     -> ok + O_PATH descriptor of the mounted rootfs
 *   ADD {container: plan_container}     -> ok                  a new member (created, not started)
 *   FORGET {ctr}                        -> ok                  a stopped member is removed from the plan and status
 *   STATUS {}                           -> ok {status}
 *   GOODBYE {}                          closes without meaning anything
 * Input (PROTO_IN) counts from the answer to GO, ATTACH or EXEC on; what is sent before is dropped.
 * Events to attached and waiting clients: EXITED {ctr, code, oom}, DROPPED {msg}.
 */
#ifndef PODCTL_MONITOR_PROTO_H
#define PODCTL_MONITOR_PROTO_H

#include <jansson.h>
#include <sys/types.h>

#include "pkg/util/err.h"
#include "pkg/util/limits.h"

#define PROTO_VERSION 1
#define PROTO_DATA_MAX (32 * KiB)
enum proto_kind { PROTO_JSON = 'J', PROTO_IN = 'I', PROTO_OUT = 'O', PROTO_ERR = 'E' };

/* ---- client side (blocking), used by pkg/pod and pkg/verb ---- */
struct monitor_msg {
	enum proto_kind kind;
	json_t *json; /* PROTO_JSON: owned, json_decref */
	char *data;   /* stream data, owned, free; n bytes, NUL after */
	size_t n;
	int fds[8]; /* received descriptors, owned */
	size_t nfds;
};
void monitor_msg_done(struct monitor_msg *m);

/* Starts podctl-monitor for a pod.  *ret_sock: our end of its first client connection.  alive_fd: opened and locked by the
 * caller, inherited.  cgroup_fd: -1 or the v2 cgroup it is born in.  The plan need not exist until GO is sent.
 * argv_extra (NULL: none): {"--namespaces", "net,ipc,uts"} makes what the plan will name while the plan is being written
 * (saves 0.3-0.5 ms); {"--runtime", PATH} a runtime of ours that is made unwritable meanwhile; {"--adopt"} takes over a pod whose monitor was killed: alive_fd is then open and unlocked, ret_sock may
 * be NULL, else it is an ordinary first connection on which HELLO tells when it serves; {"--wait"}: alive_fd, run_dir and
 * data_dir are -1, and POD {"run_dir", "namespaces"} passes the three before anything else is sent.
 * ret_kick (NULL: it looks at its socket at once): what is sent until GO is read when monitor_kick() was called. */
int monitor_spawn(const char *program, const char *const *argv_extra, int alive_fd, int run_dir, int data_dir,
	int cgroup_fd, pid_t *ret_pid, int *ret_sock, int *ret_kick, struct err *err);
/* Lets a new monitor read what was sent to it, while we go on: who wakes another by a socket tells the scheduler that it is
 * about to wait itself, and the other is kept on the same CPU until it does. */
void monitor_kick(int kick);
/* Connects to pods/ID/ctl in run_dir.  ERR_NOT_FOUND: no monitor there. */
int monitor_connect(int run_dir, int *ret_sock, struct err *err);
/* Takes the reference of 'request'.  fds are borrowed. */
int monitor_send(int sock, json_t *request, const int *fds, size_t nfds, struct err *err);
int monitor_send_data(int sock, enum proto_kind kind, const void *p, size_t n, struct err *err);
/* One message; 1, or 0 at end of file. */
int monitor_recv(int sock, struct monitor_msg *ret, struct err *err);
/* Sends and reads to the final answer, dropping events; *ret_answer (may be NULL) is a new reference.
 * -EPIPE (ERR_STATE): the monitor hung up before it had answered: the pod has ended or is about to. */
int monitor_call(int sock, json_t *request, json_t **ret_answer, struct err *err);
/* Fills err from {"err":{...}} and returns its code; 0 when the message is not an error. */
int monitor_answer_err(const json_t *answer, struct err *err);

#endif
