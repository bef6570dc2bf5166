/*
 * store.h — rows, transactions, locks: the only code that speaks SQL.
 *
 * SQLite in WAL mode, synchronous=NORMAL, BEGIN IMMEDIATE, a busy timeout, no checkpoint at close
 * (SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE; the next opener checkpoints in the background path past 200 kB).
 * A row holds what was asked (spec, JSON) and, from cleanup, the final status; what is, is in the monitor's status.json.
 * user_version is the schema number: older ones migrate forward in one transaction under the exclusive engine lock, a
 * newer one is refused by name.  The database records its runroot and refuses another.
 *
 * Each call is its own transaction unless store_begin() is open.  No transaction is held across exec, pull, mount, wait.
 * Strings in returned rows live in the arena given.
 */
#ifndef PODCTL_STORE_STORE_H
#define PODCTL_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pkg/util/arena.h"
#include "pkg/util/err.h"

struct store;

int store_open(int root_fd, const char *root, const char *runroot, struct store **ret, struct err *err);
void store_close(struct store *s); /* NULL is fine */
int store_begin(struct store *s, struct err *err);
int store_commit(struct store *s, struct err *err);
void store_rollback(struct store *s); /* no-op without a transaction */
/* Past 'limit' bytes of WAL, which each next opener reads whole (2 us for a kB): it is written back and made empty.  By
 * cleaners past STORE_WAL_KEEP; by commands, when they have answered, past STORE_WAL_MAX.  Not when others are at it. */
#define STORE_WAL_KEEP (200L * 1024)
#define STORE_WAL_MAX (300L * 1024)
void store_checkpoint(struct store *s, off_t limit); /* NULL is fine */

/* What SQLite finds wrong with the file, a line each. */
int store_check(struct store *s, bool quick, struct arena *a, struct strs *ret, struct err *err);

/* Small facts: marker, version of things, subnet. NULL when absent. */
int store_meta_get(struct store *s, const char *key, struct arena *a, const char **ret, struct err *err);
int store_meta_set(struct store *s, const char *key, const char *value, struct err *err);

/* ---- pods and containers ------------------------------------------------------------------------------------------
 * A container outside a pod is a pod of one: a pod row with solo set, whose id and name are the container's. */
enum row_state { ROW_CREATING, ROW_CREATED, ROW_STARTED, ROW_EXITED, ROW_REMOVING };
extern const char *const row_state_names[]; /* "creating", ... NULL */

struct pod_row {
	const char *id, *name;
	enum row_state
		state; /* of the commands' view; ROW_STARTED: a monitor was launched, look at alive/status.json */
	bool solo;
	bool autoremove; /* --rm: removed when it ends */
	uint64_t created_us;
	const char *spec; /* JSON of struct pod_spec */
	const char *
		res; /* JSON: volatile resources it may hold (cgroup, netns, address, ports ...), for teardown */
	const char *status;    /* JSON: last status.json, written by cleanup; NULL before */
	const char *kube;      /* the manifest it was played from, JSON as written; NULL */
	const char *kube_file; /* digest of the file it came from, for down; NULL */
};
struct ctr_row {
	const char *id, *pod, *name; /* name: unique over pods and containers; in a pod POD-CTR */
	int64_t idx;                 /* order in the pod; the infra container is -1, init containers first */
	const char *image;           /* image id, NULL for infra and rootfs */
	const char *image_name;
	uint64_t created_us;
	const char *spec; /* JSON of struct container_spec */
};

/* ERR_EXISTS names who has the name: "the name 'web' is already in use by container 7f3a...; podctl rm it, --replace, or another". */
int store_pod_add(
	struct store *s, const struct pod_row *p, const struct ctr_row *c, size_t n, struct err *err);
int store_ctr_add(struct store *s, const struct ctr_row *c, struct err *err); /* to an existing pod */
int store_pod_set_state(struct store *s, const char *id, enum row_state state, struct err *err);
int store_pod_set_res(struct store *s, const char *id, const char *res, struct err *err);
int store_pod_set_status(
	struct store *s, const char *id, enum row_state state, const char *status, struct err *err);
int store_pod_set_spec(struct store *s, const char *id, const char *spec, struct err *err);
int store_pod_set_kube(struct store *s, const char *id, const char *kube, struct err *err); /* its manifest */
int store_ctr_set_spec(struct store *s, const char *id, const char *spec, struct err *err);
/* ROW_REMOVING, and its name and its containers' names are free from now on. */
int store_pod_release(struct store *s, const char *id, struct err *err);
/* Takes a release back.  ERR_EXISTS: a name has been taken by somebody else. */
int store_pod_restore(struct store *s, const char *id, enum row_state state, struct err *err);
/* Deletes the rows of pod and containers, leases and ports.  Last step of pod_remove.  Absent is success. */
int store_pod_del(struct store *s, const char *id, struct err *err);
int store_ctr_del(struct store *s, const char *id, struct err *err);
int store_pod_get(struct store *s, const char *id, struct arena *a, struct pod_row *ret, struct err *err);
/* enum row_state; -ENOENT: it has no row; any other negative: cannot be told. */
int store_pod_state(struct store *s, const char *id);
int store_pods(
	struct store *s, struct arena *a, struct pod_row **ret, size_t *n, struct err *err); /* by created */
/* Ids of rows in ROW_CREATING and ROW_REMOVING: what a killed command may have left.  One look at an index. */
int store_pods_unsettled(struct store *s, struct arena *a, struct strs *ret, struct err *err);
/* A boot or a lost runroot: every row in ROW_STARTED becomes ROW_EXITED, and no address or port is held any more. */
int store_pods_lost(struct store *s, struct err *err);
int store_ctrs(struct store *s, const char *pod_or_null, struct arena *a, struct ctr_row **ret, size_t *n,
	struct err *err);

/* Another name for a container; pod (NULL: it is a member of one) is its pod of one, which has the same name. */
struct rename_row {
	const char *id, *name, *spec;
	const char *pod, *pod_spec;
};
int store_ctr_rename(struct store *s, const struct rename_row *r, struct err *err);

/* Name, full id or unique id prefix -> id.  ERR_NOT_FOUND "no such container 'x'" / "no such pod 'x'"; ERR_INVALID when a
 * prefix fits several.  Rows in ROW_REMOVING are not found. */
enum store_kind { STORE_POD, STORE_CONTAINER, STORE_ANY };
int store_find(struct store *s, const char *name_or_id, enum store_kind kind, struct arena *a,
	const char **ret_id, const char **ret_pod, struct err *err);

/* ---- addresses and published ports ------------------------------------------------------------------------------- */
/* Ranges of ids for user namespaces are leases too, of a network of this name; they last as long as the pod's row. */
#define LEASE_IDS "userns"
/* Takes the lowest free address of [first, last] (host byte order) of a network for a pod; the last given one is not
 * reused at once.  ERR_STATE: "no free address in 10.88.0.0/16". */
int store_lease_take(struct store *s, const char *network, const char *pod, uint32_t first, uint32_t last,
	uint32_t want, uint32_t *ret_ip, struct err *err);
/* Who holds which address of a network: rows and ids in the arena. */
struct lease_row {
	const char *pod;
	uint32_t ip; /* host byte order */
};
int store_lease_list(struct store *s, const char *network, struct arena *a, struct lease_row **ret,
	size_t *ret_n, struct err *err);
int store_lease_free(struct store *s, const char *pod, struct err *err);
/* Records ports; ERR_EXISTS: "port 8080/tcp is published by pod 'web'".  host_ip "" means all addresses. */
struct port_row {
	const char *proto, *host_ip;
	uint16_t host_port;
};
int store_ports_take(struct store *s, const char *pod, const struct port_row *p, size_t n, struct err *err);
/* Who holds one of these ports for itself, other than this pod: its id, owned by the arena; NULL when none does. */
int store_ports_holder(struct store *s, const char *pod, const struct port_row *p, size_t n, struct arena *a,
	const char **ret_id, struct err *err);
int store_ports_free(struct store *s, const char *pod, struct err *err);

/* ---- images ------------------------------------------------------------------------------------------------------ */
struct image_row {
	const char *id;            /* 64 hex: digest of the config */
	const char *digest;        /* "sha256:..." of the manifest, "" when there was none */
	uint64_t created_us, size; /* size: sum of the layers on disk plus config */
	const char *config;        /* the image config JSON, as it came */
	const char *manifest;      /* the manifest JSON, as it came; "" when made here */
	struct strs names;         /* "docker.io/library/x:latest" */
	struct strs layers;        /* diff ids without "sha256:", lowest first */
	bool read_only;            /* of another store, which is only read */
};
/* Adds or keeps an image and gives it 'names' (each moves from another image that had it). */
int store_image_add(struct store *s, const struct image_row *i, struct err *err);
int store_image_get(struct store *s, const char *id, struct arena *a, struct image_row *ret, struct err *err);
int store_images(struct store *s, struct arena *a, struct image_row **ret, size_t *n, struct err *err);
/* The same without the documents: config and manifest are "".  They lie on pages of their own, so this is quick. */
int store_image_heads(
	struct store *s, struct arena *a, struct image_row **ret, size_t *ret_n, struct err *err);
/* Another root whose images are found here too, only to be read: its rows come with read_only.  ERR_UNSUPPORTED: of another
 * schema. */
int store_images_from(struct store *s, const char *root, struct err *err);
/* Exact name -> id, or id / unique prefix (at least 1 digit) -> id.  ERR_NOT_FOUND. */
int store_image_by_name(
	struct store *s, const char *name, struct arena *a, const char **ret_id, struct err *err);
int store_image_by_prefix(
	struct store *s, const char *prefix, struct arena *a, const char **ret_id, struct err *err);
int store_image_tag(struct store *s, const char *id, const char *name, struct err *err);
int store_image_untag(struct store *s, const char *name, struct err *err);
/* Of a manifest list: the only image that changes. */
int store_image_set_manifest(
	struct store *s, const char *id, const char *manifest, const char *digest, struct err *err);
/* Names of containers that use the image. */
int store_image_users(struct store *s, const char *id, struct arena *a, struct strs *ret, struct err *err);
/* How many containers use each of the n images. */
int store_image_uses(struct store *s, const struct image_row *rows, size_t n, size_t *ret, struct err *err);
/* Deletes the row; *ret_layers: diff ids that no image uses any more (their directories may go). */
int store_image_del(
	struct store *s, const char *id, struct arena *a, struct strs *ret_layers, struct err *err);
bool store_layer_used(struct store *s, const char *diff_id);

/* 1: the spec of another container or pod names this id, whatever for; 0: none does. */
int store_mentioned(struct store *s, const char *id, struct err *err);

/* ---- volumes ------------------------------------------------------------------------------------------------------ */
struct volume_row {
	const char *name;
	uint64_t created_us;
	bool anonymous;     /* made for one container, goes with it */
	bool fresh;         /* nothing has mounted it yet */
	const char *labels; /* JSON object, NULL: none */
};
/* Adds a volume; 1, or 0 when it was there. */
int store_volume_add(struct store *s, const struct volume_row *v, struct err *err);
/* ERR_NOT_FOUND "no such volume". */
int store_volume_get(
	struct store *s, const char *name, struct arena *a, struct volume_row *ret, struct err *err);
int store_volumes(struct store *s, struct arena *a, struct volume_row **ret, size_t *n, struct err *err);
int store_volume_used(struct store *s, const char *name, struct err *err); /* no longer fresh */
/* Names and ids of the containers that mount it. */
int store_volume_users(struct store *s, const char *name, struct arena *a, struct strs *ret_names,
	struct strs *ret_ids, struct err *err);
/* Deletes the row while nobody mounts it: ERR_STATE names the users, ERR_NOT_FOUND. */
int store_volume_del(struct store *s, const char *name, struct err *err);

/* ---- Kubernetes objects kept by kind and name ------------------------------------------------------------------------ */
struct object_row {
	const char *kind, *name;
	const char *doc; /* JSON */
	const char *
		file; /* absolute path of the manifest it came from; NULL: from standard input or made by hand */
	uint64_t created_us, updated_us;
};
/* Adds it, or changes doc, file and updated_us of the one that is there. */
int store_object_put(struct store *s, const struct object_row *o, struct err *err);
/* ERR_NOT_FOUND */
int store_object_get(struct store *s, const char *kind, const char *name, struct arena *a,
	struct object_row *ret, struct err *err);
/* By kind (NULL: all of Kubernetes', not our own podctl.*) and name. */
int store_objects(struct store *s, const char *kind, struct arena *a, struct object_row **ret, size_t *ret_n,
	struct err *err);
/* 1: deleted, 0: it was not there. */
int store_object_del(struct store *s, const char *kind, const char *name, struct err *err);

#endif
