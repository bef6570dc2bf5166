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

#include "pkg/util/cleanup.h" /* LEN */

#endif
