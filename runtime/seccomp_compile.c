#include <dlfcn.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/util/cleanup.h"
#include "runtime/seccomp.h"

/* Of libseccomp 2.5, in case the header is older. */
#define OPTIMIZE ((enum scmp_filter_attr) 8)

const char *const seccomp_action_names[] = { "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
	"SCMP_ACT_TRAP", "SCMP_ACT_ERRNO", "SCMP_ACT_TRACE", "SCMP_ACT_ALLOW", "SCMP_ACT_LOG",
	"SCMP_ACT_NOTIFY", NULL };
const char *const seccomp_operator_names[] = { "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ",
	"SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ", NULL };
static const enum scmp_compare operators[] = { SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE, SCMP_CMP_EQ,
	SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_MASKED_EQ };
const char *const seccomp_arch_names[] = { "SCMP_ARCH_X86", "SCMP_ARCH_X86_64", "SCMP_ARCH_X32",
	"SCMP_ARCH_ARM", "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32",
	"SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64",
	"SCMP_ARCH_PPC64LE", "SCMP_ARCH_S390", "SCMP_ARCH_S390X", "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64",
	"SCMP_ARCH_RISCV64", NULL };
static const uint32_t archs[] = { SCMP_ARCH_X86, SCMP_ARCH_X86_64, SCMP_ARCH_X32, SCMP_ARCH_ARM,
	SCMP_ARCH_AARCH64, SCMP_ARCH_MIPS, SCMP_ARCH_MIPS64, SCMP_ARCH_MIPS64N32, SCMP_ARCH_MIPSEL,
	SCMP_ARCH_MIPSEL64, SCMP_ARCH_MIPSEL64N32, SCMP_ARCH_PPC, SCMP_ARCH_PPC64, SCMP_ARCH_PPC64LE,
	SCMP_ARCH_S390, SCMP_ARCH_S390X, SCMP_ARCH_PARISC, SCMP_ARCH_PARISC64, SCMP_ARCH_RISCV64 };
const char *const seccomp_flag_names[] = { "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG",
	"SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", NULL };
static const unsigned flag_bits[] = { SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_FILTER_FLAG_LOG,
	SECCOMP_FILTER_FLAG_SPEC_ALLOW, 1u << 5 };
static_assert(LEN(archs) == LEN(seccomp_arch_names) - 1 &&
		      LEN(operators) == LEN(seccomp_operator_names) - 1 &&
		      LEN(flag_bits) == LEN(seccomp_flag_names) - 1,
	"a value per name");

/* The functions of libseccomp: linked in where there is its archive, so that the program needs no loader; else found when
 * a filter must be compiled. */
static struct {
	void *handle;
	scmp_filter_ctx (*init)(uint32_t);
	void (*release)(scmp_filter_ctx);
	int (*attr_set)(scmp_filter_ctx, enum scmp_filter_attr, uint32_t);
	int (*arch_add)(scmp_filter_ctx, uint32_t);
	int (*rule_add_array)(scmp_filter_ctx, uint32_t, int, unsigned, const struct scmp_arg_cmp *);
	int (*resolve_name)(const char *);
	int (*export_bpf)(const scmp_filter_ctx, int);
} lib
#ifdef SECCOMP_LINKED
	= { .init = seccomp_init,
		  .release = seccomp_release,
		  .attr_set = seccomp_attr_set,
		  .arch_add = seccomp_arch_add,
		  .rule_add_array = seccomp_rule_add_array,
		  .resolve_name = seccomp_syscall_resolve_name,
		  .export_bpf = seccomp_export_bpf };

static int open_library(struct err *err)
{
	(void) err;
	return 0;
}
#else
	;

static int find(const char *name, void *slot, struct err *err)
{
	void *f = dlsym(lib.handle, name);

	if (!f)
		return err_set(err, ERR_UNSUPPORTED, "linux.seccomp: libseccomp.so.2 has no %s", name);
	memcpy(slot, &f, sizeof f);
	return 0;
}

static int open_library(struct err *err)
{
	int rc;

	if (lib.handle)
		return 0;
	if (!(lib.handle = dlopen("libseccomp.so.2", RTLD_NOW | RTLD_LOCAL)))
		return err_set(err, ERR_UNSUPPORTED,
			"linux.seccomp: a new filter must be compiled, which needs libseccomp.so.2 (package "
			"libseccomp2): "
			"%s",
			dlerror());
	if ((rc = find("seccomp_init", &lib.init, err)) < 0 ||
		(rc = find("seccomp_release", &lib.release, err)) < 0 ||
		(rc = find("seccomp_attr_set", &lib.attr_set, err)) < 0 ||
		(rc = find("seccomp_arch_add", &lib.arch_add, err)) < 0 ||
		(rc = find("seccomp_rule_add_array", &lib.rule_add_array, err)) < 0 ||
		(rc = find("seccomp_syscall_resolve_name", &lib.resolve_name, err)) < 0 ||
		(rc = find("seccomp_export_bpf", &lib.export_bpf, err)) < 0)
		return rc;
	return 0;
}
#endif

static int action_value(const char *name, int64_t errno_ret, uint32_t *ret, struct err *err)
{
	int i = cfg_choice(name, seccomp_action_names, "linux.seccomp action", err);
	const uint32_t values[] = { SCMP_ACT_KILL_THREAD, SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD,
		SCMP_ACT_TRAP, SCMP_ACT_ERRNO((uint32_t) errno_ret), SCMP_ACT_TRACE((uint32_t) errno_ret),
		SCMP_ACT_ALLOW, SCMP_ACT_LOG, SCMP_ACT_NOTIFY };

	if (i < 0)
		return i;
	*ret = values[i];
	return 0;
}

static int decode_arg(const json_t *o, struct scmp_arg_cmp *a, struct err *err)
{
	static const char at[] = "linux.seccomp.syscalls.args";
	int64_t index = -1, value = 0, two = 0;
	const char *op = "";
	int rc;

	if ((rc = cfg_int(o, at, "index", 0, 5, &index, NULL, err)) < 0 ||
		(rc = cfg_int(o, at, "value", INT64_MIN, INT64_MAX, &value, NULL, err)) < 0 ||
		(rc = cfg_int(o, at, "valueTwo", INT64_MIN, INT64_MAX, &two, NULL, err)) < 0 ||
		(rc = cfg_str(o, at, "op", &op, err)) < 0 ||
		(rc = cfg_choice(op, seccomp_operator_names, "linux.seccomp.syscalls.args.op", err)) < 0)
		return rc;
	if (index < 0)
		return err_set(err, ERR_INVALID, "%s.index: is required", at);
	*a = (struct scmp_arg_cmp){ .arg = (unsigned) index,
		.op = operators[rc],
		.datum_a = (uint64_t) value,
		.datum_b = (uint64_t) two };
	return 0;
}

/* Conditions on different arguments must all hold; several on the same argument are alternatives, one rule each. */
static int add_rule(scmp_filter_ctx ctx, uint32_t action, int nr, const struct scmp_arg_cmp *args, unsigned n)
{
	unsigned seen[6] = { 0 };
	bool alternatives = false;
	int rc = 0;

	for (unsigned i = 0; i < n; i++)
		alternatives |= seen[args[i].arg]++ > 0;
	if (!alternatives)
		return lib.rule_add_array(ctx, action, nr, n, args);
	for (unsigned i = 0; rc == 0 && i < n; i++)
		rc = lib.rule_add_array(ctx, action, nr, 1, &args[i]);
	return rc;
}

static int add_syscalls(scmp_filter_ctx ctx, const json_t *o, uint32_t fallback, bool strict,
	struct filter *f, struct err *err)
{
	static const char at[] = "linux.seccomp.syscalls";
	const json_t *names, *args, *item;
	struct scmp_arg_cmp cmp[6];
	const char *action = "";
	int64_t errno_ret = EPERM;
	uint32_t act;
	size_t i;
	int rc;

	if ((rc = cfg_str(o, at, "action", &action, err)) < 0 ||
		(rc = cfg_int(o, at, "errnoRet", 0, 65535, &errno_ret, NULL, err)) < 0 ||
		(rc = action_value(action, errno_ret, &act, err)) < 0 ||
		(rc = cfg_array(o, at, "names", &names, err)) < 0 ||
		(rc = cfg_array(o, at, "args", &args, err)) < 0)
		return rc;
	if (act == fallback)
		return 0; /* libseccomp refuses a rule that says what happens anyway */
	if (json_array_size(args) > LEN(cmp))
		return err_set(err, ERR_INVALID, "%s.args: more than 6", at);
	json_array_foreach(args, i, item)
	{
		if ((rc = decode_arg(item, &cmp[i], err)) < 0)
			return rc;
	}
	json_array_foreach(names, i, item)
	{
		const char *name = json_string_value(item);
		int nr;

		if (!name)
			return err_set(err, ERR_INVALID, "%s.names[%zu]: expected a string", at, i);
		if ((nr = lib.resolve_name(name)) == __NR_SCMP_ERROR) {
			if (strict)
				return err_set(err, ERR_INVALID, "%s: unknown system call '%s'", at, name);
			continue; /* of a newer kernel or another architecture */
		}
		if (act == SCMP_ACT_NOTIFY && strcmp(name, "sendmsg") == 0)
			return err_set(err, ERR_INVALID,
				"%s: SCMP_ACT_NOTIFY of 'sendmsg', which hands the listener over, would wait "
				"for ever",
				at);
		if (act == SCMP_ACT_NOTIFY)
			f->flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
		if ((rc = add_rule(ctx, act, nr, cmp, (unsigned) json_array_size(args))) < 0 && rc != -EDOM)
			return err_sys(err, -rc, "%s: add the rule for '%s'", at, name);
	}
	return 0;
}

static int add_all(scmp_filter_ctx ctx, const json_t *profile, uint32_t fallback, bool strict,
	struct filter *f, struct err *err)
{
	const json_t *list, *item;
	const char *name;
	size_t i;
	int rc;

	if ((rc = cfg_array(profile, "linux.seccomp", "architectures", &list, err)) < 0)
		return rc;
	json_array_foreach(list, i, item)
	{
		if ((rc = cfg_choice((name = json_string_value(item)) ? name : "", seccomp_arch_names,
			     "linux.seccomp.architectures", err)) < 0)
			return rc;
		if ((rc = lib.arch_add(ctx, archs[rc])) < 0 && rc != -EEXIST)
			return err_sys(err, -rc, "linux.seccomp.architectures: add '%s'", name);
	}
	if ((rc = cfg_array(profile, "linux.seccomp", "flags", &list, err)) < 0)
		return rc;
	json_array_foreach(list, i, item)
	{
		if ((rc = cfg_choice((name = json_string_value(item)) ? name : "", seccomp_flag_names,
			     "linux.seccomp.flags", err)) < 0)
			return rc;
		f->flags |= flag_bits[rc];
	}
	if ((rc = cfg_array(profile, "linux.seccomp", "syscalls", &list, err)) < 0)
		return rc;
	json_array_foreach(list, i, item)
	{
		if ((rc = add_syscalls(ctx, item, fallback, strict, f, err)) < 0)
			return rc;
	}
	return 0;
}

static int export_prog(scmp_filter_ctx ctx, struct filter *f, struct err *err)
{
	auto_close int fd = memfd_create("seccomp", MFD_CLOEXEC);
	struct stat st;
	int rc;

	if (fd < 0 || (rc = lib.export_bpf(ctx, fd)) < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno ? errno : EIO, "linux.seccomp: export the filter");
	if (st.st_size == 0 || (size_t) st.st_size > SECCOMP_PROG_MAX * sizeof(struct sock_filter))
		return err_set(err, ERR_INVALID,
			"linux.seccomp: the compiled filter is larger than the kernel takes");
	if (!(f->prog.filter = malloc((size_t) st.st_size)))
		return err_sys(err, ENOMEM, "linux.seccomp: export the filter");
	if (pread(fd, f->prog.filter, (size_t) st.st_size, 0) != st.st_size)
		return err_sys(err, EIO, "linux.seccomp: export the filter");
	f->prog.len = (unsigned short) ((size_t) st.st_size / sizeof(struct sock_filter));
	return 0;
}

int seccomp_compile(const json_t *profile, bool strict, struct filter *f, struct err *err)
{
	const char *action = "";
	int64_t errno_ret = EPERM;
	uint32_t fallback;
	scmp_filter_ctx ctx;
	int rc;

	if ((rc = open_library(err)) < 0 ||
		(rc = cfg_str(profile, "linux.seccomp", "defaultAction", &action, err)) < 0 ||
		(rc = cfg_int(profile, "linux.seccomp", "defaultErrnoRet", 0, 65535, &errno_ret, NULL, err)) <
			0 ||
		(rc = action_value(action, errno_ret, &fallback, err)) < 0)
		return rc;
	if (fallback == SCMP_ACT_NOTIFY)
		return err_set(err, ERR_INVALID,
			"linux.seccomp.defaultAction: SCMP_ACT_NOTIFY cannot be the default");
	if (!(ctx = lib.init(fallback)))
		return err_sys(err, ENOMEM, "linux.seccomp: compile the filter");
	(void) lib.attr_set(ctx, OPTIMIZE, 2); /* an older library makes it linear */
	if ((rc = add_all(ctx, profile, fallback, strict, f, err)) == 0)
		rc = export_prog(ctx, f, err);
	lib.release(ctx);
	if (f->flags &
		SECCOMP_FILTER_FLAG_NEW_LISTENER) /* the kernel takes not both, and we are single-threaded */
		f->flags &= ~(unsigned) SECCOMP_FILTER_FLAG_TSYNC;
	return rc;
}
