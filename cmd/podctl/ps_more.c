#include "cmd/podctl/ps_more.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/podctl/print.h"
#include "pkg/verb/df.h"

/* "pid:[4026531836]" -> "4026531836" */
static void ns_number(int64_t pid, const char *file, char *to, size_t size)
{
	char path[64], link[64];
	ssize_t n;

	*to = '\0';
	(void) snprintf(path, sizeof path, "/proc/%lld/ns/%s", (long long) pid, file);
	if (pid > 0 && (n = readlink(path, link, sizeof link - 1)) > 0) {
		const char *at;

		link[n] = '\0';
		at = strchr(link, '[');
		if (at)
			(void) snprintf(to, size, "%.*s", (int) strcspn(at + 1, "]"), at + 1);
	}
}

void ps_namespaces(json_t *row, json_t *doc, int64_t pid, bool shown)
{
	static const struct {
		const char *file, *field, *key;
	} table[] = { { "cgroup", "CGROUPNS", "Cgroup" }, { "ipc", "IPC", "Ipc" }, { "mnt", "MNT", "Mnt" },
		{ "net", "NET", "Net" }, { "pid", "PIDNS", "Pidns" }, { "user", "USERNS", "Userns" },
		{ "uts", "UTS", "Uts" } };
	json_t *all = json_object();

	for (size_t i = 0; i < LEN(table); i++) {
		char text[32] = "";

		if (shown)
			ns_number(pid, table[i].file, text, sizeof text);
		(void) json_object_set_new(row, table[i].field, json_string(text));
		if (*text)
			(void) json_object_set_new(all, table[i].key, json_string(text));
	}
	(void) json_object_set(row, "Namespaces", all);
	(void) json_object_set_new(doc, "Namespaces", all);
}

int ps_size(struct cli *c, const struct pod *p, size_t i, json_t *row, json_t *doc, struct err *err)
{
	uint64_t own = 0, all = 0;
	int rc = verb_container_size(&c->engine, p, i, &own, &all, err);

	if (rc < 0)
		return rc;
	(void) json_object_set_new(row, "Size",
		json_string(arena_printf(&c->arena, "%s (virtual %s)", words_size_3(&c->arena, own),
			words_size_3(&c->arena, all))));
	(void) json_object_set_new(doc, "Size",
		json_pack("{s:I, s:I}", "rootFsSize", (json_int_t) all, "rwSize", (json_int_t) own));
	return 0;
}
