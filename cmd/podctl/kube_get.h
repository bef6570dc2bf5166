/*
 * kube_get.h — kube get.  kube_get.c has pods and what all kinds share, kube_get_rows.c the tables of the others.
 */
#ifndef PODCTL_CMD_KUBE_GET_H
#define PODCTL_CMD_KUBE_GET_H

#include "cmd/podctl/cli.h"
#include "pkg/util/buf.h"
#include "pkg/verb/kube_objects.h"

struct get_command {
	const char *output, *selector, *namespace;
	bool watch, no_headers, show_labels, all_namespaces;
};
extern const struct option get_options[];
int run_get(struct cli *c, void *request, struct err *err);

struct kube_wanted {
	const struct kube_resource *r;
	struct strs names;
	json_t *list; /* what there is of it: the caller's */
};
struct kube_asked {
	struct kube_wanted v[64];
	size_t n;
	bool one; /* a single object was named */
};
/* "pods,deploy", "all", of which each may be followed by names; or KIND/NAME throughout. */
int kube_args_read(struct cli *c, struct kube_asked *ret, struct err *err);

/* "RWO,ROX" */
void modes_cell(const json_t *list, struct buf *b);
/* yaml, json, go-template= and jsonpath= of a list; one: of the single object in it.  ERR_INVALID: another form. */
int print_documents(const char *output, json_t *list, bool one, struct err *err);
/* spec: what stands behind custom-columns= */
int print_own_columns(struct arena *a, const char *spec, bool heads, const json_t *list, struct err *err);
bool is_document_form(const char *output);
/* Heading and rows of a kind that is not Pod; prefix: before each name, "deployment.apps/" or "". */
void kube_rows(struct arena *a, const struct kube_resource *r, const struct get_command *q,
	const char *prefix, const json_t *list, struct buf *b);
void labels_cell(const json_t *object, struct buf *b);

#endif
