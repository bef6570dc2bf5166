/*
 * kube_resize.c — kube resize.
 */
#include <string.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/util/limits.h"
#include "pkg/verb/resize.h"

static int add(struct cli *c, struct kvs *to, const char *option, const char *value, struct err *err)
{
	for (const char *p = value; *p;) {
		size_t n = strcspn(p, ","), name = strcspn(p, "=");
		char *key, *text;

		if (name >= n)
			return err_set(err, ERR_INVALID, "--%s %s: expected cpu=QUANTITY,memory=QUANTITY",
				option, value);
		key = arena_strndup(&c->arena, p, name);
		text = arena_strndup(&c->arena, p + name + 1, n - name - 1);
		if (!key || !text || kvs_set(to, &c->arena, key, text) < 0)
			return err_sys(err, ENOMEM, "--%s", option);
		p += n + (p[n] == ',');
	}
	return 0;
}

static int opt_limits(struct cli *c, void *request, const char *value, struct err *err)
{
	return add(c, &((struct resize_request *) request)->limits, "limits", value, err);
}

static int opt_requests(struct cli *c, void *request, const char *value, struct err *err)
{
	return add(c, &((struct resize_request *) request)->requests, "requests", value, err);
}

/* "web", "pod/web", "pod web" */
static int pod_named(const struct cli *c, const char **ret, struct err *err)
{
	static const char *const words[] = { "pod", "pods", "po" };
	const char *first = c->args.v[0], *slash = strchr(first, '/');
	size_t n = slash ? (size_t) (slash - first) : strlen(first);
	bool is_kind = false;

	for (size_t i = 0; i < LEN(words); i++)
		is_kind = is_kind || (strlen(words[i]) == n && strncmp(first, words[i], n) == 0);
	if (slash && !is_kind)
		return err_set(err, ERR_UNSUPPORTED, "'%s': only pods can be resized", first);
	if (c->args.n == 2 && (slash || !is_kind))
		return err_set(err, ERR_INVALID, "'%s': one pod at a time", c->args.v[1]);
	*ret = slash ? slash + 1 : c->args.v[c->args.n - 1];
	return 0;
}

static void show(struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(1 * MiB);

	diag_print(d, DIAG_ERROR, &b);
	if (b.data)
		(void) fwrite(b.data, 1, b.len, stderr);
}

static int run_resize(struct cli *c, void *request, struct err *err)
{
	struct resize_request *r = request;
	auto_diag struct diag d = { 0 };
	const char *name = "";
	int rc = pod_named(c, &r->pod, err);

	if (rc < 0)
		return rc;
	if (!r->patch && !r->limits.n && !r->requests.n)
		return err_set(err, ERR_INVALID, "kube resize: --limits, --requests or --patch is needed");
	if (r->patch && (r->limits.n || r->requests.n || r->container))
		return err_set(err, ERR_INVALID,
			"--patch names its containers and resources; --container, --limits and --requests do "
			"not go with it");
	rc = verb_resize(&c->engine, r, &d, &name, &c->arena, err);
	show(&d);
	if (rc == 0)
		print_line(arena_printf(&c->arena, "pod/%s resized", name));
	return rc;
}

#define R struct resize_request
static const struct option resize_options[] = {
	O_STR(R, container, "container", 'c', "NAME", "This container; else all but init containers"),
	O_FN(opt_limits, "limits", 0, "cpu=N,memory=N", "At most so much"),
	O_STR(R, patch, "patch", 'p', "JSON",
		"A patch of the subresource resize: {\"spec\": {\"containers\": [{\"name\": .., "
		"\"resources\": ..}]}}"),
	O_FN(opt_requests, "requests", 0, "cpu=N,memory=N", "So much is its due"),
	O_END,
};
#undef R

/* clang-format off */
static const struct option *const o_resize[] = { resize_options, help_options, NULL };

const struct command kube_resize_commands[] = {
	{ "kube resize", "POD", "Give the containers of a played pod other requests and limits",
		"What runs goes on running with them, or is restarted where its resizePolicy says RestartContainer. The manifest that generate kube "
		"gives back has them too. As in a cluster cpu and memory can be changed, not removed, and the pod's class of service stays.",
		"  podctl kube resize web -c app --limits cpu=500m,memory=128Mi\n"
		"  podctl kube resize web --patch '{\"spec\":{\"containers\":[{\"name\":\"app\",\"resources\":{\"limits\":{\"cpu\":\"1\"}}}]}}'\n",
		o_resize, sizeof(struct resize_request), 1, 2, 0, run_resize },
	{ .paths = NULL },
};
/* clang-format on */
