#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pkg/util/err.h"
#include "runtime/criu.h"
#include "runtime/sync.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any bytes as what the runtime hears: from the container's first process, which may already be the container's, and from
 * criu.  An error that is taken over stays one, and its text can be printed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct criu_answer a;
	struct err err = { 0 };
	int fds[2];

	(void) criu_parse(data, size, &a);
	if (size > 4096 || sync_pair(fds) < 0)
		return 0;
	if (send(fds[1], data, size, MSG_NOSIGNAL) == (ssize_t) size) {
		close(fds[1]);
		if (sync_expect(fds[0], size % SYNC_STEP_COUNT, NULL, &err) < 0 &&
			(!err.len || strlen(err.msg) != err.len || err.errnum < 0))
			__builtin_trap();
	} else {
		close(fds[1]);
	}
	close(fds[0]);
	return 0;
}
