/*
 * The names that a pod has on its network: its own, its containers', hostname.subdomain and the aliases it was given.
 *
 * Played pods have names, as on podman's network for them, pods on a defined network, and whoever was given an alias.  A pod that cannot have any (somebody else has port 53) starts all the
 * same, with the host's name servers and a warning.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pkg/network/names.h"
#include "pkg/pod/internal.h"
#include "pkg/util/log.h"

static bool has_names(const struct start *s)
{
	const struct pod_spec *spec = &s->p->spec;

	return spec->net == NET_BRIDGE && s->res.has_net && !s->res.net.no_dns &&
	       (spec->kube || spec->aliases.n || (spec->network && *spec->network));
}

/* hostname.subdomain.NAMESPACE.svc.cluster.local, and what is left of it without its end. */
static int add_fqdn(struct start *s, struct strs *names)
{
	const char *full = s->p->spec.fqdn;
	size_t n = full ? strlen(full) : 0;

	for (int labels = 0; n && labels < 4; labels++) {
		if (strs_addf(names, &s->p->arena, "%.*s", (int) n, full) < 0)
			return -ENOMEM;
		if (labels == 0) /* .cluster.local goes as one */
			n = n > 14 && !strcmp(full + n - 14, ".cluster.local") ? n - 14 : 0;
		else
			while (n && full[--n] != '.')
				;
	}
	return 0;
}

static int add_names(struct start *s, struct strs *names)
{
	const struct pod_spec *spec = &s->p->spec;
	struct arena *a = &s->p->arena;
	int rc = strs_add(names, a, spec->name);

	for (size_t i = 0; rc >= 0 && i < s->p->n; i++)
		if (s->p->ctr[i].role != ROLE_INIT && strcmp(s->p->ctr[i].name, spec->name) != 0)
			rc = strs_add(names, a, s->p->ctr[i].name);
	if (rc >= 0)
		rc = strs_add_all(names, a, &spec->aliases);
	if (rc >= 0 && spec->solo)
		rc = strs_addf(names, a, "%.12s", s->p->row.id);
	if (rc >= 0)
		rc = add_fqdn(s, names);
	if (rc >= 0 && spec->hostname && *spec->hostname)
		rc = strs_addf(names, a, "?%s", spec->hostname);
	/* as the manifest has them: several pods may have a container "web" */
	for (size_t i = 0; rc >= 0 && i < s->p->n; i++)
		if (s->p->ctr[i].role == ROLE_MEMBER && s->p->ctr[i].short_name)
			rc = strs_addf(names, a, "?%s", s->p->ctr[i].short_name);
	return rc;
}

int pod_names_publish(struct start *s, bool *ret_served, struct err *err)
{
	struct strs names = { 0 };
	struct names_request r = {
		.pod = s->p->row.id, .net = &s->res.net, .names = &names, .internal = s->res.net.internal
	};
	int rc;

	*ret_served = false;
	if (!has_names(s))
		return 0;
	if (!s->p->spec.kube) /* dnsConfig's stand beside ours in resolv.conf, as Kubernetes has it */
		r.servers = &s->p->spec.dns_servers;
	if (add_names(s, &names) < 0)
		return err_sys(err, ENOMEM, "names of the pod");
	if ((rc = names_publish(s->e, &r, err)) == 0) {
		*ret_served = true;
		return 0;
	}
	if (err->kind != ERR_EXISTS)
		return err_wrap(err, "names of the pod");
	log_warn("'%s' has no names on its network, and the host's name servers: %s", s->p->spec.name,
		err->msg);
	err_clear(err);
	return 0;
}
