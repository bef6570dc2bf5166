#include "runtime/tune.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/sched/types.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pkg/util/buf.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"
#include "pkg/util/path.h"
#include "pkg/util/text.h"

#define SET_WORDS 1024 /* bytes of a CPU or node set: 8192 bits, the largest NR_CPUS of distributions */

int tune_cpu_list(const char *text, unsigned char *bits, size_t size)
{
	memset(bits, 0, size);
	while (*text) {
		char *end;
		unsigned long a, b;

		text += strspn(text, " ,");
		if (!*text)
			break;
		a = b = strtoul(text, &end, 10);
		if (end == text)
			return -EINVAL;
		if (*end == '-') {
			text = end + 1;
			b = strtoul(text, &end, 10);
			if (end == text)
				return -EINVAL;
		}
		if (b < a || b >= size * 8 || (*end && *end != ',' && *end != ' '))
			return -EINVAL;
		for (; a <= b; a++)
			bits[a / 8] = (unsigned char) (bits[a / 8] | 1u << (a % 8));
		text = end;
	}
	return 0;
}

static int set_affinity(const char *list, struct err *err)
{
	unsigned char bits[SET_WORDS];

	if (!list || !*list)
		return 0;
	if (tune_cpu_list(list, bits, sizeof bits) < 0)
		return err_set(err, ERR_INVALID, "process.execCPUAffinity: '%s' is not a list of CPUs", list);
	if (syscall(SYS_sched_setaffinity, 0, sizeof bits, bits) < 0)
		return err_sys(err, errno, "process.execCPUAffinity '%s'", list);
	return 0;
}

int tune_scheduling(const struct cfg_process *p, struct err *err)
{
	const struct cfg_scheduler *s = &p->sched;
	struct sched_attr a = { .size = sizeof a,
		.sched_policy = s->policy,
		.sched_flags = s->flags,
		.sched_nice = s->nice,
		.sched_priority = s->priority,
		.sched_runtime = s->runtime,
		.sched_deadline = s->deadline,
		.sched_period = s->period };
	int rc;

	if (s->set && syscall(SYS_sched_setattr, 0, &a, 0) < 0)
		return err_sys(err, errno, "process.scheduler");
	if (p->io_class && syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0,
				   IOPRIO_PRIO_VALUE(p->io_class, p->io_priority)) < 0)
		return err_sys(err, errno, "process.ioPriority");
	if ((rc = set_affinity(p->cpu_final ? p->cpu_final : p->cpu_initial, err)) < 0)
		return rc;
	return 0;
}

int tune_linux(const struct config *g, struct err *err)
{
	unsigned char nodes[SET_WORDS] = { 0 };

	if (g->has_personality && personality(g->personality) < 0)
		return err_sys(err, errno, "linux.personality");
	if (g->mempolicy < 0)
		return 0;
	if (g->mempolicy_nodes && tune_cpu_list(g->mempolicy_nodes, nodes, sizeof nodes) < 0)
		return err_set(err, ERR_INVALID, "linux.memoryPolicy.nodes: '%s' is not a list of nodes",
			g->mempolicy_nodes);
	if (syscall(SYS_set_mempolicy, g->mempolicy | (int) g->mempolicy_flags,
		    g->mempolicy_nodes && *g->mempolicy_nodes ? nodes : NULL,
		    g->mempolicy_nodes && *g->mempolicy_nodes ? sizeof nodes * 8 : 0) < 0)
		return err_sys(err, errno, "linux.memoryPolicy");
	return 0;
}

/* The home directory of uid in the container's own /etc/passwd: opened below the root, regular files only, bounded. */
static char *home_of(uid_t uid, char *ret, size_t size)
{
	auto_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_buf struct buf b = BUF_INIT(PASSWD_MAX);
	char *at, *line;

	snprintf(ret, size, "%s", uid == 0 ? "/root" : "/");
	if (root < 0 || file_read(root, "etc/passwd", PATH_IN_ROOTFS, &b) < 0 || !b.data)
		return ret;
	at = b.data;
	while ((line = strsep(&at, "\n"))) {
		char *f[7];
		uint64_t id;
		int n = 0;

		while (n < 7 && (f[n] = strsep(&line, ":")))
			n++;
		if (n >= 6 && parse_u64(f[2], 0, UINT32_MAX, &id) == 0 && id == uid) {
			if (f[5][0] == '/')
				snprintf(ret, size, "%s", f[5]);
			break;
		}
	}
	return ret;
}

int tune_user(struct process *s, struct err *err)
{
	static char home[PATH_MAX + 8], listen_pid[] = "LISTEN_PID=1";
	const struct cfg_process *p = s->p;
	char **env = calloc(p->env.n + 3, sizeof *env);
	bool has_home = false;
	size_t n = 0;

	if (!env)
		return err_sys(err, ENOMEM, "make the environment");
	s->uid = p->uid;
	s->gid = p->gid;
	s->groups = p->groups;
	s->n_groups = p->n_groups;
	for (size_t i = 0; i < p->env.n; i++) {
		has_home |= strncmp(p->env.v[i], "HOME=", 5) == 0 && p->env.v[i][5];
		if (strcmp(p->env.v[i], "HOME=") != 0)
			env[n++] = (char *) p->env.v[i];
	}
	if (!has_home) {
		memcpy(home, "HOME=", 5);
		(void) home_of(s->uid, home + 5, PATH_MAX);
		env[n++] = home;
	}
	if (s->preserve_fds && getenv("LISTEN_FDS")) {
		static char listen_fds[32], names[1024];

		snprintf(listen_fds, sizeof listen_fds, "LISTEN_FDS=%.8s", getenv("LISTEN_FDS"));
		env = reallocarray(env, n + 4, sizeof *env);
		if (!env)
			return err_sys(err, ENOMEM, "make the environment");
		env[n++] = listen_fds;
		env[n++] = listen_pid;
		if (getenv("LISTEN_FDNAMES") && snprintf(names, sizeof names, "LISTEN_FDNAMES=%s",
							getenv("LISTEN_FDNAMES")) < (int) sizeof names)
			env[n++] = names;
		env[n] = NULL;
	}
	s->env = env;
	return 0;
}

void tune_signals(void)
{
	sigset_t none;

	/* only what may be ignored or caught in a runtime: a caller's SIG_IGN must not reach the container */
	for (int sig = 1; sig < 65; sig++)
		(void) signal(sig, SIG_DFL);
	sigemptyset(&none);
	(void) sigprocmask(SIG_SETMASK, &none, NULL);
}
