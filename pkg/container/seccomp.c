#include "pkg/container/seccomp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/codec/node.h"
#include "pkg/util/text.h"

/* The names one machine goes by: in profiles (Go's) and in filters, with the architectures it also executes. */
#if defined __x86_64__
static const char *const go_arches[] = { "amd64", NULL };
static const char *const own_arches[] = { "SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", NULL };
#elif defined __aarch64__
static const char *const go_arches[] = { "arm64", NULL };
static const char *const own_arches[] = { "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", NULL };
#elif defined __arm__
static const char *const go_arches[] = { "arm", NULL };
static const char *const own_arches[] = { "SCMP_ARCH_ARM", NULL };
#elif defined __i386__
static const char *const go_arches[] = { "x86", "386", NULL };
static const char *const own_arches[] = { "SCMP_ARCH_X86", NULL };
#elif defined __riscv
static const char *const go_arches[] = { "riscv64", NULL };
static const char *const own_arches[] = { "SCMP_ARCH_RISCV64", NULL };
#elif defined __powerpc64__
static const char *const go_arches[] = { "ppc64le", NULL };
static const char *const own_arches[] = { "SCMP_ARCH_PPC64LE", NULL };
#elif defined __s390x__
static const char *const go_arches[] = { "s390x", NULL };
static const char *const own_arches[] = { "SCMP_ARCH_S390X", "SCMP_ARCH_S390", NULL };
#elif defined __loongarch64
static const char *const go_arches[] = { "loong64", NULL };
static const char *const own_arches[] = { "SCMP_ARCH_LOONGARCH64", NULL };
#else
#error "no seccomp architecture name is known for this machine"
#endif

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; p && *p; p = strchr(p, ' ') ? strchr(p, ' ') + 1 : NULL)
		if (strncmp(p, word, len) == 0 && (p[len] == ' ' || !p[len]))
			return true;
	return false;
}

static bool has_own_arch(const char *list)
{
	for (size_t i = 0; go_arches[i]; i++)
		if (has_word(list, go_arches[i]))
			return true;
	return false;
}

static bool kernel_is_from(const char *kernel, const char *from)
{
	unsigned k[2] = { 0 }, f[2] = { 0 };

	(void) sscanf(kernel, "%u.%u", &k[0], &k[1]); /* NOLINT: what does not scan stays 0 */
	(void) sscanf(from, "%u.%u", &f[0], &f[1]);   /* NOLINT */
	return k[0] > f[0] || (k[0] == f[0] && k[1] >= f[1]);
}

static bool rule_holds(const struct seccomp_rule *r, uint64_t caps, const char *kernel)
{
	return (r->caps_with & caps) == r->caps_with && !(r->caps_without & caps) &&
	       (!r->arches || has_own_arch(r->arches)) &&
	       (!r->arches_without || !has_own_arch(r->arches_without)) &&
	       (!r->kernel || kernel_is_from(kernel, r->kernel)) &&
	       (!r->kernel_without || !kernel_is_from(kernel, r->kernel_without));
}

static bool rule_is_default(const struct seccomp_profile *p, const struct seccomp_rule *r)
{
	if (strcmp(r->action, p->default_action) != 0)
		return false;
	return strcmp(r->action, "SCMP_ACT_ERRNO") != 0 || r->errno_ret == p->default_errno;
}

static void put_names(struct buf *b, const char *names)
{
	(void) buf_puts(b, "[\"");
	for (const char *p = names, *end; *p; p = end) {
		end = p + strcspn(p, " ");
		(void) buf_add(b, p, (size_t) (end - p));
		if (*end) {
			(void) buf_puts(b, "\",\"");
			end++;
		}
	}
	(void) buf_puts(b, "\"]");
}

static void put_list(struct buf *b, const char *key, const char *const *words)
{
	(void) buf_printf(b, ",\"%s\":[", key);
	for (size_t i = 0; words[i]; i++)
		(void) buf_printf(b, "%s\"%s\"", i ? "," : "", words[i]);
	(void) buf_putc(b, ']');
}

/* Rows first..last-1 of the rule's arguments in one OCI rule: they must hold together. */
static void put_rule(struct buf *b, const struct seccomp_rule *r, size_t first, size_t last, bool comma)
{
	(void) buf_puts(b, comma ? ",{\"names\":" : "{\"names\":");
	put_names(b, r->names);
	(void) buf_printf(b, ",\"action\":\"%s\"", r->action);
	if (r->errno_ret >= 0)
		(void) buf_printf(b, ",\"errnoRet\":%d", r->errno_ret);
	if (first < last) {
		(void) buf_puts(b, ",\"args\":[");
		for (size_t i = first; i < last; i++)
			(void) buf_printf(b,
				"%s{\"index\":%u,\"value\":%llu,\"valueTwo\":%llu,\"op\":\"%s\"}",
				i > first ? "," : "", r->args[i].index, (unsigned long long) r->args[i].value,
				(unsigned long long) r->args[i].value_two, r->args[i].op);
		(void) buf_putc(b, ']');
	}
	(void) buf_putc(b, '}');
}

/* libseccomp takes one comparison for an argument; a profile that has several means any of them. */
static bool same_argument_twice(const struct seccomp_rule *r)
{
	unsigned seen = 0;

	for (size_t i = 0; i < r->n_args; i++) {
		if (seen & 1u << r->args[i].index)
			return true;
		seen |= 1u << r->args[i].index;
	}
	return false;
}

int seccomp_text(const struct seccomp_profile *p, uint64_t caps, const char *kernel, struct buf *b)
{
	bool comma = false;

	(void) buf_printf(b, "{\"defaultAction\":\"%s\"", p->default_action);
	if (strcmp(p->default_action, "SCMP_ACT_ERRNO") == 0 && p->default_errno >= 0)
		(void) buf_printf(b, ",\"defaultErrnoRet\":%d", p->default_errno);
	put_list(b, "architectures", p->arches ? p->arches : own_arches);
	if (p->flags && p->flags[0])
		put_list(b, "flags", p->flags);
	(void) buf_puts(b, ",\"syscalls\":[");
	for (size_t i = 0; i < p->n; i++) {
		const struct seccomp_rule *r = &p->rules[i];
		bool split = same_argument_twice(r);

		if (!*r->names || !rule_holds(r, caps, kernel) || rule_is_default(p, r))
			continue;
		for (size_t k = 0; k < (split ? r->n_args : 1); k++) {
			put_rule(b, r, split ? k : 0, split ? k + 1 : r->n_args, comma);
			comma = true;
		}
	}
	return buf_puts(b, "]}");
}

/* ---- reading a profile file ------------------------------------------------------------------------------------- */

static const char *const actions[] = { "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
	"SCMP_ACT_TRAP", "SCMP_ACT_ERRNO", "SCMP_ACT_TRACE", "SCMP_ACT_ALLOW", "SCMP_ACT_LOG",
	"SCMP_ACT_NOTIFY", NULL };
static const char *const ops[] = { "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE",
	"SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ", NULL };

/* The table's own string, so that nothing of the file reaches config.json unchecked. */
static const char *known(const char *const *table, const json_t *v)
{
	for (size_t i = 0; json_is_string(v) && table[i]; i++)
		if (strcmp(table[i], json_string_value(v)) == 0)
			return table[i];
	return NULL;
}

static bool is_word(const char *s)
{
	return *s && !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")];
}

/* A list of words (or one word) joined by spaces; NULL: out of memory or a word that is none. */
static const char *words_of(const json_t *list, struct arena *a)
{
	struct buf b = BUF_INIT(64 * 1024);
	const json_t *v;
	size_t i;
	char *ret = NULL;
	bool ok = json_is_array(list);

	json_array_foreach((json_t *) list, i, v)
	{
		if (!json_is_string(v) || !is_word(json_string_value(v))) {
			ok = false;
			break;
		}
		(void) buf_printf(&b, "%s%s", i ? " " : "", json_string_value(v));
	}
	if (ok && !buf_failed(&b))
		ret = arena_strdup(a, b.data ? b.data : "");
	buf_done(&b);
	return ret;
}

static int parse_errno(const json_t *rule, const char *name_key, const char *number_key, int *ret)
{
	const char *name = json_string_value(json_object_get(rule, name_key));
	const json_t *number = json_object_get(rule, number_key);

	*ret = -1;
	if (name && *name) {
		for (int e = 1; e < 256; e++)
			if (strerrorname_np(e) && strcmp(strerrorname_np(e), name) == 0) {
				*ret = e;
				return 0;
			}
		return -EINVAL;
	}
	if (json_is_integer(number)) {
		if (json_integer_value(number) < 0 || json_integer_value(number) > 4095)
			return -EINVAL;
		*ret = (int) json_integer_value(number);
	}
	return 0;
}

static int parse_filter(const json_t *v, struct arena *a, uint64_t *caps, const char **arches,
	const char **kernel, size_t row, struct err *err)
{
	const json_t *list = json_object_get(v, "caps"), *c;
	size_t i;

	json_array_foreach((json_t *) list, i, c)
	{
		int cap = json_is_string(c) ? cap_parse(json_string_value(c)) : -EINVAL;

		if (cap < 0)
			return err_set(err, ERR_INVALID, "syscalls[%zu]: unknown capability '%s'", row,
				json_is_string(c) ? json_string_value(c) : "");
		*caps |= 1ULL << cap;
	}
	if (json_array_size(json_object_get(v, "arches")) &&
		!(*arches = words_of(json_object_get(v, "arches"), a)))
		return err_set(err, ERR_INVALID, "syscalls[%zu]: arches must be a list of names", row);
	if (json_object_get(v, "minKernel") &&
		!(*kernel = arena_strdup(a, json_string_value(json_object_get(v, "minKernel")))))
		return err_set(err, ERR_INVALID, "syscalls[%zu]: minKernel must be a string", row);
	return 0;
}

static int parse_args(const json_t *list, struct seccomp_rule *r, size_t row, struct err *err)
{
	const json_t *v;
	size_t i;

	if (json_array_size(list) > SECCOMP_ARGS_MAX)
		return err_set(
			err, ERR_INVALID, "syscalls[%zu]: more than %d arguments", row, SECCOMP_ARGS_MAX);
	json_array_foreach((json_t *) list, i, v)
	{
		struct seccomp_arg *g = &r->args[r->n_args++];
		json_int_t index = json_integer_value(json_object_get(v, "index"));

		if (index < 0 || index >= SECCOMP_ARGS_MAX || !(g->op = known(ops, json_object_get(v, "op"))))
			return err_set(err, ERR_INVALID,
				"syscalls[%zu].args[%zu]: index must be 0 to 5 and op one of SCMP_CMP_*", row,
				i);
		g->index = (unsigned) index;
		g->value = (uint64_t) json_integer_value(json_object_get(v, "value"));
		g->value_two = (uint64_t) json_integer_value(json_object_get(v, "valueTwo"));
	}
	return 0;
}

static int parse_rule(const json_t *v, struct arena *a, struct seccomp_rule *r, size_t row, struct err *err)
{
	const char *one = json_string_value(json_object_get(v, "name"));
	int rc;

	r->names = one && is_word(one) ? arena_strdup(a, one) : words_of(json_object_get(v, "names"), a);
	if (!r->names)
		return err_set(err, ERR_INVALID, "syscalls[%zu]: names must be a list of system calls", row);
	if (!(r->action = known(actions, json_object_get(v, "action"))))
		return err_set(err, ERR_INVALID, "syscalls[%zu]: unknown action", row);
	if (parse_errno(v, "errno", "errnoRet", &r->errno_ret) < 0)
		return err_set(err, ERR_INVALID, "syscalls[%zu]: unknown errno", row);
	if ((rc = parse_args(json_object_get(v, "args"), r, row, err)) < 0 ||
		(rc = parse_filter(json_object_get(v, "includes"), a, &r->caps_with, &r->arches, &r->kernel,
			 row, err)) < 0)
		return rc;
	return parse_filter(json_object_get(v, "excludes"), a, &r->caps_without, &r->arches_without,
		&r->kernel_without, row, err);
}

static int parse_list(
	const json_t *doc, const char *key, struct arena *a, const char *const **ret, struct err *err)
{
	const json_t *list = json_object_get(doc, key), *v;
	struct strs l = { 0 };
	size_t i;

	json_array_foreach((json_t *) list, i, v)
	{
		if (!json_is_string(v) || !is_word(json_string_value(v)))
			return err_set(err, ERR_INVALID, "%s: expected names", key);
		if (strs_add(&l, a, json_string_value(v)) < 0)
			return err_sys(err, ENOMEM, "read it");
	}
	*ret = l.n ? (const char *const *) l.v : NULL;
	return 0;
}

static int parse_profile(const json_t *doc, struct arena *a, struct seccomp_profile *p, struct err *err)
{
	const json_t *list = json_object_get(doc, "syscalls"), *v;
	struct seccomp_rule *rules;
	size_t i;
	int rc;

	if (!(p->default_action = known(actions, json_object_get(doc, "defaultAction"))))
		return err_set(err, ERR_INVALID, "defaultAction: expected one of SCMP_ACT_*");
	if (parse_errno(doc, "defaultErrno", "defaultErrnoRet", &p->default_errno) < 0)
		return err_set(err, ERR_INVALID, "defaultErrno: unknown error name");
	if ((rc = parse_list(doc, "architectures", a, &p->arches, err)) < 0 ||
		(rc = parse_list(doc, "flags", a, &p->flags, err)) < 0)
		return rc;
	if (!(rules = arena_array(a, json_array_size(list) + 1, sizeof *rules)))
		return err_sys(err, ENOMEM, "read it");
	json_array_foreach(
		(json_t *) list, i, v) if ((rc = parse_rule(v, a, &rules[i], i, err)) < 0) return rc;
	p->rules = rules;
	p->n = json_array_size(list);
	return 0;
}

int seccomp_parse(const char *text, size_t len, struct arena *a, struct seccomp_profile *ret, struct err *err)
{
	struct seccomp_profile p = { 0 };
	json_t *doc = json_parse(text, len, err);
	int rc;

	if (!doc)
		return err_wrap(err, "seccomp profile");
	rc = parse_profile(doc, a, &p, err);
	json_decref(doc);
	if (rc < 0)
		return err_wrap(err, "seccomp profile");
	*ret = p;
	return 0;
}
