/* audit_arch.h — the name that seccomp has for the machine we are compiled for. */
#ifndef PODCTL_UTIL_AUDIT_ARCH_H
#define PODCTL_UTIL_AUDIT_ARCH_H

#include <linux/audit.h>

#if defined(__x86_64__)
#define AUDIT_ARCH_HERE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define AUDIT_ARCH_HERE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define AUDIT_ARCH_HERE AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define AUDIT_ARCH_HERE AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define AUDIT_ARCH_HERE AUDIT_ARCH_S390X
#else
#error "audit_arch.h: name the audit architecture of this machine"
#endif

#endif
