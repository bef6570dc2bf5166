#include "pkg/util/lsm.h"

#include <fcntl.h>
#include <unistd.h>

#include "pkg/util/buf.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/io.h"
#include "pkg/util/path.h"

bool lsm_apparmor(void)
{
	auto_buf struct buf b = BUF_INIT(64);

	return file_read(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", PATH_IN_STATE, &b) == 0 &&
	       b.data && b.data[0] == 'Y';
}

bool lsm_selinux(void) { return access("/sys/fs/selinux/enforce", F_OK) == 0; }
