/*
 * cidfile.h — --cidfile: made before the container, so that a name that is taken is found in time; gone when it failed.
 */
#ifndef PODCTL_CMD_CIDFILE_H
#define PODCTL_CMD_CIDFILE_H

#include "cmd/podctl/cli.h"
#include "pkg/verb/create.h"

struct cidfile {
	const char *flag, *path;
	int fd;
	bool written;
};
/* flag: for messages, "--cidfile".  NULL path: nothing to do */
int cidfile_open(struct cidfile *f, const char *flag, const char *path, struct err *err);
int cidfile_write(struct cidfile *f, const char *id, struct err *err);
void cidfile_done(struct cidfile *f);
/* --cidfile, --pod-id-file of commands on what exists: the id in the file is one more argument. */
int opt_idfile(struct cli *c, void *request, const char *value, struct err *err);
/* The first line of such a file, in c's arena. */
int idfile_read(struct cli *c, const char *path, const char **ret, struct err *err);

/* Fills what a create request takes from where it was typed: image and command, directory, command line. */
int create_prepare(struct cli *c, struct create_request *r, struct err *err);
/* The working directory, and whether the host relabels. */
int create_surroundings(struct cli *c, struct create_request *r, struct err *err);

#endif
