#include "pkg/verb/change.h"
#include "pkg/codec/node.h"

#include <stdlib.h>
#include <string.h>

#include "pkg/pod/inspect.h"
#include "pkg/util/text.h"

#define auto_loaded AUTO(pod_done)
#define POD_NONE                                                       \
	{                                                              \
		.lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF \
	}

/* ---- rename ---------------------------------------------------------------------------------------------------------- */

static char *spec_text(const struct field *table, const void *spec)
{
	json_t *v = encode_json(table, spec);
	char *text = v ? json_print(v) : NULL;

	json_decref(v);
	return text;
}

int verb_rename(struct engine *e, const struct target *t, const char *name, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	auto_free char *spec = NULL, *pod_spec = NULL;
	struct rename_row row = { .id = t->id, .name = name };
	size_t i;
	int rc;

	if (!name_is_valid(name))
		return err_set(err, ERR_INVALID,
			"rename to '%s': names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*", name);
	if ((rc = pod_load(e, t->pod, true, &p, err)) < 0)
		return rc;
	if ((i = pod_index(&p, t->id)) == p.n)
		return err_set(err, ERR_NOT_FOUND, "no container with name or ID \"%s\" found", t->asked);
	if (p.ctr[i].role == ROLE_INFRA)
		return err_set(err, ERR_INVALID,
			"%s is the infra container of pod %s; it has no name of its own", t->asked,
			p.row.name);
	if (!strcmp(p.ctr[i].name, name))
		return 0;
	if (!(p.ctr[i].name = arena_strdup(&p.arena, name)) ||
		!(spec = spec_text(container_spec_fields, &p.ctr[i])))
		return err_sys(err, ENOMEM, "rename");
	row.spec = spec;
	if (p.row.solo) {
		p.spec.name = p.ctr[i].name;
		if (!(pod_spec = spec_text(pod_spec_fields, &p.spec)))
			return err_sys(err, ENOMEM, "rename");
		row.pod = p.row.id;
		row.pod_spec = pod_spec;
	}
	rc = store_ctr_rename(e->store, &row, err);
	if (rc == 0)
		ctr_event(e, &p, i, "rename");
	return rc;
}

/* ---- port ------------------------------------------------------------------------------------------------------------ */

static int port_line(
	struct arena *a, struct port_line *to, uint16_t ctr, uint16_t host, int proto, const char *ip)
{
	*to = (struct port_line){ .container_port = ctr,
		.host_port = host,
		.proto = port_proto_names[proto],
		.host_ip = arena_strdup(a, ip && *ip ? ip : "0.0.0.0") };
	return to->host_ip ? 0 : -ENOMEM;
}

static int compare_lines(const void *a, const void *b)
{
	const struct port_line *x = a, *y = b;
	int rc = (x->container_port > y->container_port) - (x->container_port < y->container_port);

	if (rc == 0)
		rc = strcmp(x->proto, y->proto);
	return rc ? rc : (x->host_port > y->host_port) - (x->host_port < y->host_port);
}

int verb_ports(struct engine *e, const struct target *t, struct arena *a, struct port_line **ret,
	size_t *ret_n, struct err *err)
{
	auto_loaded struct pod p = POD_NONE;
	struct net_result net = { 0 };
	struct port_line *v;
	size_t n = 0, max = 0;
	int rc;

	if ((rc = pod_load(e, t->pod, false, &p, err)) < 0 || (rc = pod_net(&p, &p.arena, &net, err)) < 0)
		return rc;
	for (size_t i = 0; i < p.spec.ports.n; i++) {
		const struct port_spec *s = LIST_AT(p.spec.ports, struct port_spec, i);

		max += s->range ? s->range : 1u;
	}
	if (!(v = arena_array(a, max + net.n_ports + 1, sizeof *v)))
		return err_sys(err, ENOMEM, "list ports");
	for (size_t i = 0; i < net.n_ports && rc == 0; i++)
		rc = port_line(a, &v[n++], net.ports[i].container_port, net.ports[i].host_port,
			net.ports[i].proto, net.ports[i].host_ip);
	for (size_t i = 0; !net.n_ports && i < p.spec.ports.n; i++) {
		const struct port_spec *s = LIST_AT(p.spec.ports, struct port_spec, i);

		for (unsigned k = 0; k < (s->range ? s->range : 1u) && rc == 0; k++)
			rc = port_line(a, &v[n++], (uint16_t) (s->container_port + k),
				(uint16_t) (s->host_port ? s->host_port + k : 0), s->proto, s->host_ip);
	}
	if (rc < 0)
		return err_sys(err, ENOMEM, "list ports");
	qsort(v, n, sizeof *v, compare_lines);
	*ret = v;
	*ret_n = n;
	return 0;
}
