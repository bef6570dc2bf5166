/*
 * test.h — what every unit test includes first.  cmocka.h needs these four
 * headers before it and clang-format sorts includes, so the order lives here once.
 */
#ifndef PODCTL_TESTS_UNIT_TEST_H
#define PODCTL_TESTS_UNIT_TEST_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "pkg/util/cleanup.h" /* LEN */
#include "pkg/util/path.h"

/* Some valgrinds (3.19) and sandboxes know no openat2, without which no path is opened here. */
static inline bool have_openat2(void)
{
	int fd = path_open(AT_FDCWD, ".", PATH_IN_STATE, O_PATH, 0);

	if (fd >= 0)
		close(fd);
	return fd != -ENOSYS;
}
#define NEEDS_OPENAT2()                                              \
	do {                                                         \
		if (!have_openat2()) {                               \
			print_message("skipped: no openat2 here\n"); \
			skip();                                      \
		}                                                    \
	} while (0)

#endif
