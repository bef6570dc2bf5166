/*
 * check_notes.c — annotations that podman reads: what cannot be is a fault, what means nothing here is said.
 *
 * "NAME" is for the whole pod, "NAME/CONTAINER" for one container.  What they do is pkg/verb/play_annotations.c's.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "pkg/kube/internal.h"
#include "pkg/util/text.h"

#define PODMAN "io.podman.annotations."

struct annotation {
	const char *name;  /* without "/CONTAINER" */
	const char *words; /* the only values, in any case: " a b "; NULL: any, or checked where it is used */
	const char *none;  /* those of them that change nothing; NULL: all do something */
	const char *why;   /* the others do not either; NULL: they do */
};

#define BOOLS " 1 t true 0 f false "
#define NO " 0 f false "
#define MADE "containers of a played pod are made from its fields"

/* clang-format off */
static const struct annotation known[] = {
	{ PODMAN "apparmor", NULL, NULL, NULL },
	{ PODMAN "autoremove", BOOLS, NO, "a container goes with its pod" },
	{ PODMAN "cid-file", NULL, NULL, NULL },
	{ PODMAN "cpuset", NULL, NULL, NULL },
	{ PODMAN "infra.name", NULL, NULL, NULL },
	{ PODMAN "init", BOOLS, NULL, NULL },
	{ PODMAN "init.container.type", " always once ", " always ", "init containers run at each start of their pod" },
	{ PODMAN "label", NULL, NULL, NULL },
	{ PODMAN "memory-nodes", NULL, NULL, NULL },
	{ PODMAN "pids-limit", NULL, NULL, NULL },
	{ PODMAN "privileged", BOOLS, NO, MADE ": securityContext.privileged" },
	{ PODMAN "publish-all", BOOLS, NO, MADE ": podctl play kube --publish-all" },
	{ PODMAN "seccomp", NULL, NULL, NULL },
	{ PODMAN "ulimit", NULL, NULL, NULL },
	{ PODMAN "userns", NULL, NULL, NULL },
	{ PODMAN "volumes-from", NULL, NULL, NULL },
	{ "io.containers.autoupdate", " registry local disabled ", " disabled ",
		"images are not updated behind your back; podctl pull, then podctl play kube --replace" },
	{ "io.containers.sdnotify", " conmon container healthy ignore ", " conmon ignore ",
		"play kube tells no supervisor; podctl pod start --sdnotify does" },
};
/* clang-format on */

static bool is_one_of(const char *words, const char *value)
{
	size_t n = strlen(value);

	for (const char *at = words; at && n && !strchr(value, ' '); at = strchr(at + 1, ' '))
		if (strncasecmp(at + 1, value, n) == 0 && at[n + 1] == ' ')
			return true;
	return false;
}

static bool has_container(const struct k8s_pod_spec *p, const char *name)
{
	const struct list lists[] = { p->init, p->containers };

	for (size_t l = 0; l < LEN(lists); l++)
		for (size_t i = 0; i < lists[l].n; i++) {
			const char *given = LIST_AT(lists[l], const struct k8s_container, i)->name;

			if (given && strcmp(given, name) == 0)
				return true;
		}
	return false;
}

/* NULL: not podman's, or it knows none of that name. */
static const struct annotation *find(const char *key)
{
	size_t n = strcspn(key, "/");

	for (size_t i = 0; i < LEN(known); i++)
		if (strlen(known[i].name) == n && strncmp(known[i].name, key, n) == 0)
			return &known[i];
	return NULL;
}

/* A host's directory for SELinux: where that does not rule there is nothing to relabel. */
static void check_bind(struct kube_set *s, const struct node *key, const struct node *value)
{
	if (strcasecmp(value->text, "z") != 0)
		FAULT(s, value, "metadata.annotations[%s]: unknown value \"%s\", expected z or Z", key->text,
			value->text);
	else if (s->options->node.selinux)
		FAULT(s, value,
			"metadata.annotations[%s]: relabelling for SELinux is not done yet; chcon -R -t "
			"container_file_t does it",
			key->text);
}

static void check_one(
	struct kube_set *s, const struct kube_member *m, const struct node *key, const struct node *value)
{
	const struct annotation *a = find(key->text);
	const char *slash = strchr(key->text, '/');

	if (strcmp(key->text, "bind-mount-options") == 0 ||
		strncmp(key->text, "bind-mount-options:", 19) == 0)
		check_bind(s, key, value);
	else if (!a && strncmp(key->text, PODMAN, strlen(PODMAN)) == 0)
		REMARK(s, DIAG_NOTE, key,
			"metadata.annotations[%s]: has no effect: podctl knows none called so", key->text);
	if (!a)
		return;
	if (slash && !has_container(m->spec, slash + 1))
		REMARK(s, DIAG_NOTE, key,
			"metadata.annotations[%s]: has no effect: there is no container \"%s\"", key->text,
			slash + 1);
	else if (a->words && !is_one_of(a->words, value->text))
		FAULT(s, value, "metadata.annotations[%s]: unknown value \"%s\", expected one of%.*s",
			key->text, value->text, (int) strlen(a->words) - 1, a->words);
	else if (a->why && !is_one_of(a->none, value->text))
		REMARK(s, DIAG_NOTE, key, "metadata.annotations[%s]: has no effect: %s", key->text, a->why);
}

void kube_check_notes(struct kube_set *s, const struct kube_member *m)
{
	const struct node *notes = node_get(m->meta->node, "annotations");

	for (size_t i = 0; notes && notes->kind == NODE_MAP && i < notes->n; i++)
		if (notes->item[i]->kind == NODE_STRING)
			check_one(s, m, notes->key[i], notes->item[i]);
}
