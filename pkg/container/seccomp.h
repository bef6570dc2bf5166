/*
 * seccomp.h — from a profile and a container's capabilities to the linux.seccomp object of its config.json.
 *
 * A profile says which rules hold for which capabilities, architectures and kernels; config.json wants plain rules.  The
 * default profile is compiled in, and the object is written straight as text: with some 400 names that is a hundred times
 * quicker than building a tree and printing it, so nothing needs to be kept between starts.  The same profile and
 * capabilities always give the same bytes, which is what the runtime keys its compiled filters by.
 * Format: INTERFACES l (seccomp.json of Docker and the containers project); OCI runtime-spec 1.3 config-linux.md "Seccomp".
 */
#ifndef PODCTL_CONTAINER_SECCOMP_H
#define PODCTL_CONTAINER_SECCOMP_H

#include <stddef.h>
#include <stdint.h>

#include "pkg/util/arena.h"
#include "pkg/util/buf.h"
#include "pkg/util/err.h"

#define SECCOMP_ARGS_MAX 6 /* a system call has no more */
struct seccomp_arg {
	unsigned index;
	uint64_t value, value_two;
	const char *op;
};
struct seccomp_rule {
	const char *names; /* divided by one space */
	const char *action;
	int errno_ret; /* -1: none said */
	size_t n_args;
	struct seccomp_arg args[SECCOMP_ARGS_MAX];
	uint64_t caps_with;                  /* holds when the container has all of these */
	uint64_t caps_without;               /* and none of these */
	const char *arches, *arches_without; /* GOARCH names divided by spaces; NULL: any, none */
	const char *kernel, *kernel_without; /* "4.8": from this kernel on; before this kernel */
};
struct seccomp_profile {
	const char *default_action;
	int default_errno;
	const struct seccomp_rule *rules;
	size_t n;
	const char *const *arches; /* SCMP_ARCH_* listed by the profile; NULL: this machine's family */
	const char *const *flags;  /* SECCOMP_FILTER_FLAG_*; NULL: none */
};
extern const struct seccomp_profile seccomp_default;

/* A profile file's text.  ERR_INVALID names what is wrong in it. */
int seccomp_parse(
	const char *text, size_t len, struct arena *a, struct seccomp_profile *ret, struct err *err);
/* Appends the JSON object for a container with these capabilities (bit per number).  kernel: uname's release. */
int seccomp_text(const struct seccomp_profile *p, uint64_t caps, const char *kernel, struct buf *b);

#endif
