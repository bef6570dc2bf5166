/*
 * play.h — kube play, down, diff and generate: effects of plans that pkg/kube makes.
 *
 * Every pod of a manifest carries its owner as labels (PLAY_LABEL_*): the file it came from, kind and name of the document
 * that asked for it, a digest of what was asked.  By them a second play changes only what changed, and down finds the pods of
 * a file that has been edited since.  ConfigMaps, Secrets, claims, volumes and workloads are kept as objects of the store.
 */
#ifndef PODCTL_VERB_PLAY_H
#define PODCTL_VERB_PLAY_H

#include "pkg/image/pull.h"
#include "pkg/kube/kube.h"
#include "pkg/verb/verb.h"

#define PLAY_LABEL_FILE "podctl.kube/file"
#define PLAY_LABEL_KIND "podctl.kube/kind"
#define PLAY_LABEL_NAME "podctl.kube/name"
#define PLAY_LABEL_DIGEST "podctl.kube/digest"
#define PLAY_LABEL_GENERATION "podctl.kube/generation"
#define PLAY_LABEL_HELD "podctl.kube/held" /* started when another pod has ended, or is ready */

/* What the command line says of all pods, whatever the manifest has. */
struct play_options {
	bool no_hosts, no_hostname, no_pod_prefix, publish_all;
	struct strs networks, publish, ips, macs, log_opts;
	struct kvs annotations;
	const char *log_driver;
	bool strict;               /* warnings are errors */
	enum kube_unknown unknown; /* --validate */
	const char *userns;        /* of pods that do not say hostUsers: as --userns has it */
	const char *seccomp_root;  /* NULL: /var/lib/kubelet/seccomp */
};
struct play_request {
	const struct kube_input *in;
	size_t n;
	const struct kube_input *configs; /* --configmap: ConfigMaps for these manifests, not stored */
	size_t n_configs;
	bool replace;  /* pods of these names are removed first, changed or not */
	bool no_start; /* --start=false */
	bool prune;    /* what these files made earlier and no longer have goes */
	bool dry_run;  /* nothing is made; the plan is the result */
	struct play_options options;
	struct pull_options images; /* how images are pulled */
	struct progress progress;
};
struct played_pod {
	const char *id, *name;
	struct strs containers, init; /* ids */
	bool kept;                    /* it was there and had not changed */
	bool held;                    /* another pod of its Job starts it */
};
struct down_result {
	struct strs stopped, removed, config_maps, secrets, volumes;
};
struct play_result {
	struct played_pod *pod;
	size_t n;
	struct strs config_maps, volumes; /* volumes: of claims */
	struct down_result gone;          /* --replace, --prune */
	json_t *plan;                     /* --dry-run: new reference */
};
/* Faults of the documents go to d: then nothing was created and ERR_INVALID says how many.  Up to the first start of each pod
 * every failure undoes the whole play; after that failures are states of the pod. */
int verb_play(struct engine *e, const struct play_request *r, struct diag *d, struct arena *a,
	struct play_result *ret, struct err *err);

/* Idempotent: what is not there is down already.  volumes: claims and what is in them go too; one that others use stays, and
 * is told as an error when everything else is done. */
struct down_request {
	const struct kube_input *in;
	size_t n;
	bool volumes;
};
int verb_down(struct engine *e, const struct down_request *r, struct diag *d, struct arena *a,
	struct down_result *ret, struct err *err);

/* What a play would change, as unified differences of YAML; secrets are masked.  Returns 1 when there is something, 0 when
 * nothing, or a negative errno. */
int verb_kube_diff(struct engine *e, const struct play_request *r, struct diag *d, struct arena *a,
	struct buf *b, struct err *err);

/* YAML of pods, containers and volumes, in the order given. */
struct generate_request {
	const struct strs *names;
	const char *type; /* "pod", "deployment", ...; NULL: as it was played, else a pod */
	struct opt_i64 replicas;
	bool service, redact;
};
int verb_generate(struct engine *e, const struct generate_request *r, struct buf *b, struct err *err);

#endif
