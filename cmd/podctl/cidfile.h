/*
 * cidfile.h — --cidfile: made before the container, so that a name that is taken is found in time; gone when it failed.
 */
#ifndef PODCTL_CMD_CIDFILE_H
#define PODCTL_CMD_CIDFILE_H

#include "cmd/podctl/cli.h"
#include "pkg/verb/create.h"

struct cidfile {
	const char *path;
	int fd;
	bool written;
};
int cidfile_open(struct cidfile *f, const char *path, struct err *err); /* NULL path: nothing to do */
int cidfile_write(struct cidfile *f, const char *id, struct err *err);
void cidfile_done(struct cidfile *f);

/* Fills what a create request takes from where it was typed: image and command, directory, command line. */
int create_prepare(struct cli *c, struct create_request *r, struct err *err);

#endif
