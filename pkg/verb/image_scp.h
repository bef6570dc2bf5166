/*
 * image_scp.h — an image from one user's store into another's, on this machine: podctl save as the one, podctl load as the
 * other, and a pipe between them.
 */
#ifndef PODCTL_VERB_IMAGE_SCP_H
#define PODCTL_VERB_IMAGE_SCP_H

#include "pkg/verb/verb.h"

struct scp_side {
	bool other; /* not the person who calls: */
	uid_t uid;
	gid_t gid;
	const char *user, *home;
};
struct scp_request {
	struct scp_side from, to;
	const char *image;
	const char *name; /* it gets there; NULL: its own */
	bool quiet;
};
/* What save and load say goes where ours does.  ERR_STATE: one of them failed, and said why. */
int verb_image_scp(struct engine *e, const struct scp_request *r, struct err *err);

#endif
