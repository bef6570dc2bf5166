#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/util/io.h"
#include "runtime/process.h"
#include "runtime/seccomp.h"

static const char *listener_path(const struct config *g)
{
	const char *path = json_string_value(json_object_get(g->seccomp, "listenerPath"));

	if (!path)
		path = config_annotation(g, "run.oci.seccomp.receiver");
	return path ? path : getenv("RUN_OCI_SECCOMP_RECEIVER");
}

int seccomp_listener_open(const struct config *g, const struct filter *f, struct err *err)
{
	const char *path = listener_path(g);
	int fd;

	if (!(f->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER))
		return -EBADF; /* nothing is notified, so there is nothing to listen to */
	if (!path || !*path)
		return err_set(err, ERR_INVALID,
			"linux.seccomp.listenerPath: is required where SCMP_ACT_NOTIFY is used");
	if (path[0] != '/')
		return err_set(
			err, ERR_INVALID, "linux.seccomp.listenerPath '%s': expected an absolute path", path);
	fd = console_connect(path, err);
	return fd < 0 ? err_wrap(err, "linux.seccomp.listenerPath") : fd;
}

char *seccomp_listener_text(const struct config *g, json_t *state, pid_t pid)
{
	const char *metadata = json_string_value(json_object_get(g->seccomp, "listenerMetadata"));
	json_t *o;
	char *text;

	if (!state)
		return NULL;
	o = json_pack("{sss[s]sIso}", "ociVersion", g->oci_version, "fds", "seccompFd", "pid",
		(json_int_t) pid, "state", state);
	if (o && metadata)
		(void) json_object_set_new(o, "metadata", json_string(metadata));
	text = o ? json_print(o) : NULL;
	json_decref(o);
	return text;
}

int seccomp_listener_send(int sock, const char *text, int fd, struct err *err)
{
	int rc = !text ? -ENOMEM : fd_send(sock, text, strlen(text), &fd, 1);

	return rc < 0 ? err_sys(err, -rc, "send the seccomp listener to linux.seccomp.listenerPath") : 0;
}
