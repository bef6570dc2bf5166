/* What a pod's containers are told of it that only its start knows (pkg/container/late.h). */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "pkg/container/late.h"
#include "pkg/pod/internal.h"

#define UID_TEXT 37

char *pod_uid(const char *id, char ret[UID_TEXT])
{
	snprintf(ret, UID_TEXT, "%.8s-%.4s-4%.3s-a%.3s-%.12s", id, id + 8, id + 13, id + 17, id + 20);
	return ret;
}

/* Nothing is sent. */
void pod_host_address(char ret[INET_ADDRSTRLEN])
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) }, from;
	socklen_t n = sizeof from;
	auto_close int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(ret, INET_ADDRSTRLEN, "127.0.0.1");
	(void) inet_pton(AF_INET, "192.0.2.1", &to.sin_addr);
	if (s >= 0 && connect(s, (struct sockaddr *) &to, sizeof to) == 0 &&
		getsockname(s, (struct sockaddr *) &from, &n) == 0)
		(void) inet_ntop(AF_INET, &from.sin_addr, ret, INET_ADDRSTRLEN);
}

int pod_late(struct engine *e, struct pod *p, const struct pod_res *r, struct late *ret, struct err *err)
{
	struct arena *a = &p->arena;
	char uid[UID_TEXT], host[INET_ADDRSTRLEN];
	struct late l = { .pod_ip = "" };

	(void) e;
	pod_host_address(host);
	l.host_ip = arena_strdup(a, host);
	l.uid = arena_strdup(a, pod_uid(p->row.id, uid));
	if (p->spec.net == NET_HOST)
		l.pod_ip = l.host_ip;
	else if (r->has_net)
		l.pod_ip = arena_printf(a, "%u.%u.%u.%u", r->net.ip >> 24, r->net.ip >> 16 & 255,
			r->net.ip >> 8 & 255, r->net.ip & 255);
	if (!l.uid || !l.host_ip || !l.pod_ip)
		return err_sys(err, ENOMEM, "values of pod '%s'", p->row.name);
	*ret = l;
	return 0;
}

int pod_late_fill(struct engine *e, struct pod *p, const struct pod_res *r, struct err *err)
{
	struct pod_res of_row = { 0 };
	struct late l = { 0 };
	bool any = false;
	int rc;

	for (size_t i = 0; i < p->n; i++)
		any = any || late_in_container(&p->ctr[i]);
	if (!any)
		return 0;
	if (!r && (rc = pod_res_load(p, &p->arena, &of_row, err)) < 0)
		return rc;
	if ((rc = pod_late(e, p, r ? r : &of_row, &l, err)) < 0)
		return rc;
	for (size_t i = 0; i < p->n; i++)
		if (late_container(&p->ctr[i], &l, &p->arena) < 0)
			return err_sys(err, ENOMEM, "values of pod '%s'", p->row.name);
	return 0;
}
