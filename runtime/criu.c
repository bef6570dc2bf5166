#include <stdlib.h>
#include <unistd.h>

#include "runtime/command.h"

/* Both commands drive criu(8).  Images of other runtimes differ in what they name their parts, and nothing here has been
 * run against a criu yet, so the commands say what is missing instead of making an image nobody can restore. */
static int refuse(const char *what, struct err *err)
{
	if (access("/usr/sbin/criu", X_OK) < 0 && access("/usr/bin/criu", X_OK) < 0 &&
		access("/usr/local/sbin/criu", X_OK) < 0)
		return err_set(
			err, ERR_UNSUPPORTED, "%s: needs criu, which is not installed (package criu)", what);
	return err_set(err, ERR_UNSUPPORTED, "%s: this version of podctl-runtime does not support it", what);
}

int cmd_checkpoint(const struct globals *g, int argc, char **argv, struct err *err)
{
	(void) g, (void) argc, (void) argv;
	return refuse("checkpoint", err);
}

int cmd_restore(const struct globals *g, int argc, char **argv, struct err *err)
{
	(void) g, (void) argc, (void) argv;
	return refuse("restore", err);
}
