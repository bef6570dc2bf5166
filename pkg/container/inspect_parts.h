/*
 * inspect_parts.h — shared by the files of inspect: small JSON values, and the parts that are files of their own.
 */
#ifndef PODCTL_CONTAINER_INSPECT_PARTS_H
#define PODCTL_CONTAINER_INSPECT_PARTS_H

#include "pkg/container/inspect.h"

static inline json_t *text(const char *s)
{
	json_t *v = json_string(s ? s : "");

	return v ? v : json_string("(not UTF-8)");
}

static inline json_t *list_json(const struct strs *l, size_t from)
{
	json_t *v = json_array();

	for (size_t i = from; l && i < l->n; i++)
		(void) json_array_append_new(v, text(l->v[i]));
	return v;
}

static inline json_t *map_json(const struct kvs *m)
{
	json_t *v = json_object();

	for (size_t i = 0; i < m->n; i++)
		(void) json_object_set_new(v, m->v[i].key, text(m->v[i].value));
	return v;
}

static inline void set(json_t *v, const char *key, json_t *value)
{
	(void) json_object_set_new(v, key, value);
}

/* New references. */
json_t *inspect_ports(const struct inspect_facts *f);
json_t *inspect_mounts(const struct inspect_facts *f);
json_t *inspect_host_config(const struct inspect_facts *f);
/* "bounding" or "effective", in podman's order */
json_t *inspect_caps(const struct inspect_facts *f, const char *which);

#endif
