/*
 * policy.h — policy.json: which images may come in (INTERFACES c.5).
 *
 * insecureAcceptAnything and reject are decided here.  What needs signatures is refused, and the message says so: podctl
 * checks none.  Without any policy.json everything is accepted, as other engines without the file's package do it.
 */
#ifndef PODCTL_IMAGE_POLICY_H
#define PODCTL_IMAGE_POLICY_H

#include <jansson.h>

#include "pkg/image/registry.h"

/* transport: "docker", "docker-archive", "oci", "dir" ...; identity: for docker the full name, for others an absolute path.
 * 0: accepted; ERR_DENIED and what says so. */
int policy_check(struct engine *e, const struct registry_options *o, const char *transport,
	const char *identity, struct err *err);
/* The same for a file or directory: its real path is the identity.  path NULL: a pipe, which only "" and the default speak of. */
int policy_check_path(struct engine *e, const struct registry_options *o, const char *transport,
	const char *path, struct err *err);
/* The document that counts (new reference): 'path', or the person's, or the machine's; *ret NULL: there is none. */
int policy_load(struct engine *e, const char *path, json_t **ret, struct err *err);
/* The same for one document (pure; tested). */
int policy_decide(const json_t *doc, const char *transport, const char *identity, struct err *err);

#endif
