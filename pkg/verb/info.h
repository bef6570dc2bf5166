/*
 * info.h — what `podctl info` says of the engine and the machine, with podman's keys.
 */
#ifndef PODCTL_VERB_INFO_H
#define PODCTL_VERB_INFO_H

#include "pkg/image/registry.h"
#include "pkg/verb/verb.h"

struct info_request {
	struct registry_options at; /* registries.conf */
	const char *tmpdir;         /* where images are kept meanwhile */
};
/* A new reference.  What cannot be read (of a foreign runtime, say) is empty; only the store's errors are errors. */
int verb_info(struct engine *e, const struct info_request *r, json_t **ret, struct err *err);
/* {APIVersion, Version, GitCommit, BuiltTime, Built, OsArch, Os}: of `info` and `version`. */
json_t *verb_version(void);
/* The machine's architecture as images name it. */
const char *verb_arch(const char *machine);

#endif
