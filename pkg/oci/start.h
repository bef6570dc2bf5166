/*
 * start.h — letting a created container go.
 *
 * The contract between podctl-runtime and whoever starts what it created:
 *   - `create` leaves in the state directory <root>/<id>/ the files state.json and exec.fifo.
 *   - The container's init holds exec.fifo open O_RDWR and blocks in read(2).  It goes on when one byte '\0' arrives,
 *     and never sees end of file, so a starter that comes and dies changes nothing.
 *   - The starter opens the fifo O_WRONLY|O_NONBLOCK (ENXIO: init is dead, nobody reads), then unlinks it, then writes.
 *     Who unlinks it is the one who starts: a second starter gets ENOENT.  Unlinked also means `running` to `state`.
 *   - exec failures after the release end init with status 126 or 127 and one line on its stderr; the common ones (no
 *     such file, not executable) were already reported by `create`.
 * A container with poststart hooks (state.json "poststart": true) must be started by `podctl-runtime start`, which runs
 * them.  startContainer hooks are run by init itself and need nothing.
 */
#ifndef PODCTL_OCI_START_H
#define PODCTL_OCI_START_H

#include "pkg/util/err.h"

#define OCI_START_FIFO "exec.fifo"

/* Releases the init of the container whose state directory is state_dir, without executing anything.  init_pidfd may be
 * -1.  Never blocks.  ERR_STATE: it was started before, or its init is dead. */
int oci_start_release(int state_dir, int init_pidfd, struct err *err);

#endif
