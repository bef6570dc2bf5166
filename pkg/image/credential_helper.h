/*
 * credential_helper.h — docker-credential-NAME programs: secrets that are not in files (INTERFACES b.3).  Private to pkg/image.
 *
 * The program is found in the person's PATH; what it is asked and answers travels on pipes only.
 */
#ifndef PODCTL_IMAGE_CREDENTIAL_HELPER_H
#define PODCTL_IMAGE_CREDENTIAL_HELPER_H

#include "pkg/image/credentials.h"

/* *ret_found false: it has none for that server. */
int helper_get(struct engine *e, const struct registry_options *o, const char *suffix, const char *server,
	struct arena *a, struct credentials *ret, bool *ret_found, struct err *err);
int helper_store(struct engine *e, const struct registry_options *o, const char *suffix, const char *server,
	const char *user, const char *secret, struct err *err);
int helper_erase(struct engine *e, const struct registry_options *o, const char *suffix, const char *server,
	bool *ret_found, struct err *err);
/* The servers it has anything for. */
int helper_list(struct engine *e, const struct registry_options *o, const char *suffix, struct arena *a,
	struct strs *ret, struct err *err);

#endif
