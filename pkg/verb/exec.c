/*
 * exec.c — one more process in a running container: made by the pod's monitor, which already sits in the pod's cgroup.
 */
#include <string.h>

#include "pkg/container/oci_gen.h"
#include "pkg/container/user.h"
#include "pkg/engine/paths.h"
#include "pkg/image/image.h"
#include "pkg/monitor/proto.h"
#include "pkg/util/text.h"
#include "pkg/verb/containers.h"

/* The directories whose union the container sees: its own layer, then the image's. */
static int container_layers(
	struct engine *e, const struct pod *p, size_t i, struct arena *a, struct layers *ret, struct err *err)
{
	const struct container_spec *c = &p->ctr[i];
	struct image_row image = { 0 };
	struct strs dirs = { 0 }, lowers = { 0 };
	char rel[PATH_TEXT];
	int rc;

	if (c->rootfs && *c->rootfs) {
		rc = strs_add(&dirs, a, c->rootfs);
	} else {
		rc = strs_addf(&dirs, a, "%s/upper", path_abs_root(e, path_ctr_data(rel, p->row.id, c->id)));
		if (rc == 0 && (rc = store_image_get(e->store, p->ctr_row[i].image, a, &image, err)) < 0)
			return rc;
		if (rc == 0 && !e->vfs && (rc = image_lowers(e, &image, a, &lowers, err)) < 0)
			return rc;
		if (rc == 0)
			rc = strs_add_all(&dirs, a, &lowers);
	}
	return rc < 0 ? err_sys(err, -rc, "look up the user") : layers_open(&dirs, ret, err);
}

static int process_object(struct engine *e, const struct pod *p, size_t i, const struct exec_request *r,
	json_t **ret, struct err *err)
{
	auto_arena struct arena a = { 0 };
	auto_layers struct layers layers = { 0 };
	auto_free struct user *user = calloc(1, sizeof *user);
	const struct container_spec *c = &p->ctr[i];
	struct oci_facts f = { .config = &e->config, .in_userns = e->in_userns, .user = user };
	struct strs env = { 0 };
	struct oci_exec x = { .argv = &r->command,
		.env = &env,
		.cwd = r->workdir,
		.terminal = r->tty,
		.privileged = r->privileged };
	int rc;

	if (!user)
		return err_sys(err, ENOMEM, "exec");
	for (size_t k = 0; k < r->env.n; k++)
		if (strs_addf(&env, &a, "%s=%s", r->env.v[k].key, r->env.v[k].value) < 0)
			return err_sys(err, ENOMEM, "exec");
	if (r->tty && strs_add(&env, &a, "TERM=xterm") < 0)
		return err_sys(err, ENOMEM, "exec");
	if ((rc = container_layers(e, p, i, &a, &layers, err)) < 0 ||
		(rc = user_lookup(&layers, r->user ? r->user : c->user, r->user ? NULL : &c->groups,
			 r->user ? USER_GROUPS_ASKED : (enum user_groups) c->user_groups, user, err)) < 0)
		return rc;
	if (!r->user && !c->no_passwd)
		user_home(user, c->cwd);
	pod_own_limits(e, p, &f);
	return oci_gen_exec(c, &f, &x, ret, err);
}

int verb_exec(struct engine *e, const struct target *t, const struct exec_request *r, struct arena *a,
	int *ret_sock, const char **ret_session, bool *ret_refused, struct err *err)
{
	AUTO(pod_done) struct pod p = { .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF };
	auto_close int sock = -EBADF;
	json_t *process = NULL, *request, *answer = NULL;
	bool pass = !r->tty && !r->detach;
	char session[ID_LEN + 1];
	size_t i;
	int rc;

	*ret_refused = false;
	if ((rc = pod_load(e, t->pod, false, &p, err)) < 0 || (rc = pod_late_fill(e, &p, NULL, err)) < 0)
		return rc;
	i = pod_index(&p, t->id);
	if (i == p.n)
		return err_set(err, ERR_NOT_FOUND, "no container with name or ID \"%s\" found", t->asked);
	if (strcmp(ctr_word(&p, i), "running") != 0)
		return err_set(err, ERR_STATE,
			"can only create exec sessions on running containers: %s is %s: container state "
			"improper",
			t->asked, ctr_word(&p, i));
	if ((rc = process_object(e, &p, i, r, &process, err)) < 0)
		return rc;
	id_random(session);
	request = json_pack("{s:s, s:s, s:o, s:b, s:b, s:i, s:i, s:s, s:b}", "op", "EXEC", "ctr", t->id,
		"process", process, "tty", r->tty, "detach", r->detach, "rows", r->rows, "cols", r->cols,
		"session", session, "stdin", r->interactive);
	if ((rc = pod_connect(e, &p, &sock, err)) < 0) {
		json_decref(request);
		return rc;
	}
	if ((rc = monitor_send(sock, request, pass ? r->fds : NULL, pass ? 3 : 0, err)) < 0)
		return rc;
	for (;;) {
		struct monitor_msg m = { 0 };

		if ((rc = monitor_recv(sock, &m, err)) <= 0)
			return rc < 0 ? rc : err_set(err, ERR_SYSTEM, "exec: the pod's monitor went away");
		if (m.kind == PROTO_JSON && (json_object_get(m.json, "ok") || json_object_get(m.json, "err")))
			answer = json_incref(m.json);
		monitor_msg_done(&m);
		if (answer)
			break;
	}
	rc = monitor_answer_err(answer, err);
	*ret_refused = rc < 0 && (err->kind == ERR_NOT_FOUND || err->kind == ERR_DENIED);
	json_decref(answer);
	if (rc < 0)
		return rc;
	*ret_session = arena_strdup(a, session);
	*ret_sock = fd_steal(&sock);
	return 0;
}
