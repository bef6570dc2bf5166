#ifndef PODCTL_UTIL_LSM_H
#define PODCTL_UTIL_LSM_H

#include <stdbool.h>

/* Whether the kernel enforces them: apparmor(7), selinux(8).  Nothing is remembered. */
bool lsm_apparmor(void);
bool lsm_selinux(void);

#endif
