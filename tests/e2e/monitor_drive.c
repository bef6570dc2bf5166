/*
 * monitor_drive.c — speaks proto.h on the command line, for 40-monitor.sh.
 *
 *   monitor_drive start MONITOR RUN_DIR DATA_DIR GO_JSON   starts a monitor, sends GO, relays until EXITED or hang-up
 *   monitor_drive adopt MONITOR RUN_DIR DATA_DIR           starts podctl-monitor --adopt, waits until it serves
 *   monitor_drive call RUN_DIR JSON                        one request; prints the answer
 *   monitor_drive talk RUN_DIR JSON                        one request (our 0, 1, 2 are passed with EXEC); relays until
 *                                                          EXITED, DROPPED or hang-up
 * Messages are printed as lines "J {...}", "O text", "E text"; NS_READY is answered with NET_READY.
 * $DRIVE_HOOK is a command that is called with the monitor's pid before GO is sent.
 * Option --detach before the verb: leave after the answer; --stdin: relay our standard input as PROTO_IN;
 * --early: the monitor makes its namespaces before it has read the plan.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkg/monitor/plan.h"
#include "pkg/monitor/proto.h"
#include "pkg/util/io.h"

static bool detach, relay_stdin, early;

static int die(const struct err *err)
{
	fprintf(stderr, "monitor_drive: %s\n", err->msg);
	return 3;
}

static int dir_open(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		perror(path);
		exit(3);
	}
	return fd;
}

static json_t *parse(const char *text)
{
	json_t *v = json_loads(text, 0, NULL);

	if (!v) {
		fprintf(stderr, "monitor_drive: not JSON: %s\n", text);
		exit(3);
	}
	return v;
}

/* 1: go on, 0: this was the last one. */
static int show(int sock, struct monitor_msg *m)
{
	const char *ev = json_string_value(json_object_get(m->json, "ev"));
	struct err err;

	if (m->kind == PROTO_JSON) {
		char *text = json_dumps(m->json, JSON_COMPACT);

		printf("J %s%s\n", text, m->nfds ? " +fd" : "");
		free(text);
	} else {
		printf("%c %.*s%s", m->kind, (int) m->n, m->data,
			m->n && m->data[m->n - 1] == '\n' ? "" : "\n");
	}
	fflush(stdout);
	if (ev && strcmp(ev, "NS_READY") == 0)
		(void) monitor_send(sock, json_pack("{s:s}", "op", "NET_READY"), NULL, 0, &err);
	if (json_object_get(m->json, "err"))
		return 0;
	if (json_object_get(m->json, "ok"))
		return !detach;
	return !(ev && (strcmp(ev, "EXITED") == 0 || strcmp(ev, "DROPPED") == 0));
}

static int relay(int sock)
{
	struct pollfd p[2] = { { .fd = sock, .events = POLLIN }, { .fd = -1, .events = POLLIN } };
	struct err err;

	while (poll(p, 2, 60000) > 0) {
		if (p[1].revents) {
			char buf[4096];
			ssize_t n = read(0, buf, sizeof buf);

			if (monitor_send_data(sock, PROTO_IN, buf, n > 0 ? (size_t) n : 0, &err) < 0)
				return die(&err);
			if (n <= 0)
				p[1].fd = -1;
		}
		if (p[0].revents) {
			struct monitor_msg m = { 0 };
			int rc = monitor_recv(sock, &m, &err);

			if (rc < 0)
				return die(&err);
			if (rc == 0) {
				printf("HUP\n");
				return 0;
			}
			rc = show(sock, &m);
			if (relay_stdin && json_object_get(m.json, "ok"))
				p[1].fd = 0; /* input before the answer would be dropped */
			monitor_msg_done(&m);
			if (!rc)
				return 0;
		}
	}
	fprintf(stderr, "monitor_drive: nothing for a minute\n");
	return 4;
}

static int start(char **argv, bool adopt)
{
	static const char *const adopting[] = { "--adopt", NULL };
	static const char *const making[] = { "--namespaces", "net,ipc,uts", NULL };
	int run = dir_open(argv[1]), data = dir_open(argv[2]), sock;
	int alive = openat(run, "alive", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct err err;
	pid_t pid;
	int rc;

	if (!adopt && lock_file(alive, true, false) < 0) {
		fprintf(stderr, "monitor_drive: 'alive' is locked\n");
		return 3;
	}
	if (monitor_spawn(argv[0],
		    adopt   ? adopting
		    : early ? making
			    : NULL,
		    alive, run, data, -1, &pid, &sock, NULL, &err) < 0)
		return die(&err);
	close(alive);
	if (getenv("DRIVE_HOOK")) { /* as podctl does: bundles are written when the monitor's pid is known */
		char command[512];

		snprintf(command, sizeof command, "%s %d", getenv("DRIVE_HOOK"), (int) pid);
		if (system(command) != 0)
			return 3;
	}
	if (adopt)
		detach = true;
	if (monitor_send(sock, adopt ? json_pack("{s:s}", "op", "HELLO") : parse(argv[3]), NULL, 0, &err) < 0)
		return die(&err);
	rc = relay(sock);
	if (!detach) { /* the pod is over: its monitor hangs up, be it that it ends or that it becomes the cleanup */
		struct monitor_msg m = { 0 };

		while (monitor_recv(sock, &m, &err) == 1)
			monitor_msg_done(&m);
	}
	return rc;
}

int main(int argc, char **argv)
{
	static const int std[] = { 0, 1, 2 };
	struct err err;
	json_t *v;
	int sock;

	for (; argc > 1 && strncmp(argv[1], "--", 2) == 0; argc--, argv++) {
		detach = detach || strcmp(argv[1], "--detach") == 0;
		early = early || strcmp(argv[1], "--early") == 0;
		relay_stdin = relay_stdin || strcmp(argv[1], "--stdin") == 0;
	}
	if (argc == 6 && strcmp(argv[1], "start") == 0)
		return start(argv + 2, false);
	if (argc == 5 && strcmp(argv[1], "adopt") == 0)
		return start(argv + 2, true);
	if (argc != 4)
		return 2;
	if (monitor_connect(dir_open(argv[2]), &sock, &err) < 0)
		return die(&err);
	v = parse(argv[3]);
	if (strcmp(argv[1], "call") == 0)
		detach = true;
	bool exec = strcmp(json_string_value(json_object_get(v, "op")), "EXEC") == 0 &&
		    !json_is_true(json_object_get(v, "tty")) && !json_is_true(json_object_get(v, "detach"));
	if (monitor_send(sock, v, std, exec ? 3 : 0, &err) < 0)
		return die(&err);
	return relay(sock);
}
