/* kube explain: what a field of a manifest is and what podctl does with it. */
#include <stdio.h>

#include "cmd/podctl/kube_explain.h"
#include "pkg/kube/kube.h"
#include "pkg/util/limits.h"

int run_explain(struct cli *c, void *request, struct err *err)
{
	const struct explain_command *r = request;
	auto_buf struct buf b = BUF_INIT(4 * MiB);
	int rc = r->support && r->recursive
			 ? err_set(err, ERR_INVALID, "--support and --recursive exclude each other")
			 : kube_explain(c->args.n ? c->args.v[0] : NULL,
				   r->support     ? KUBE_EXPLAIN_SUPPORT
				   : r->recursive ? KUBE_EXPLAIN_TREE
						  : KUBE_EXPLAIN_ONE,
				   &b, err);

	if (rc == 0 && b.data)
		(void) fwrite(b.data, 1, b.len, stdout);
	return rc;
}
