/*
 * options.h — volumes that are not directories of ours: volume create --opt type=, device= and o=, as mount(8) has them.
 *
 * Done: type=none or bind with o=bind (a directory of the host under a name), type=tmpfs (each pod has one of its own, which
 * goes with its end), and o=uid=,gid= for an ordinary volume.  Everything else is refused by name: block devices and network
 * file systems are mounted by the host, whose directory a volume can then name.
 */
#ifndef PODCTL_VOLUME_OPTIONS_H
#define PODCTL_VOLUME_OPTIONS_H

#include "pkg/codec/decode.h"
#include "pkg/engine/engine.h"
#include "pkg/util/arena.h"

enum volume_kind { VOLUME_KIND_DIR, VOLUME_KIND_BIND, VOLUME_KIND_TMPFS };
struct volume_options {
	enum volume_kind kind;
	const char *device;      /* VOLUME_KIND_BIND: absolute path of the host */
	const char *mount;       /* VOLUME_KIND_TMPFS: "size=1m,mode=700"; words of mount(8) */
	bool read_only;          /* o=ro */
	struct opt_i64 uid, gid; /* VOLUME_KIND_DIR */
	struct kvs asked;        /* as given, for inspect */
};

/* Reads what was typed; everything lives in a.  ERR_INVALID, ERR_UNSUPPORTED. */
int volume_options_read(
	const struct kvs *asked, struct arena *a, struct volume_options *ret, struct err *err);
/* Keeps them beside the volume's row; and what is kept there.  1: it has some, 0: it is an ordinary one. */
int volume_options_store(struct engine *e, const char *name, const struct volume_options *o, struct err *err);
int volume_options_load(
	struct engine *e, const char *name, struct arena *a, struct volume_options *ret, struct err *err);
void volume_options_forget(struct engine *e, const char *name);

#endif
