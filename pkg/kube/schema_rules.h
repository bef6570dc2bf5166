/*
 * schema_rules.h — what the API server asks of values beyond their type, for schema_check.
 *
 * A rule of one field is a word behind its type in schema.tbl; rules that join fields of one object stand in a table by the
 * object's type.  Both hold wherever the field or object appears, also below what podctl has no use for: a manifest that is
 * fine here is one that a cluster takes.
 */
#ifndef PODCTL_KUBE_SCHEMA_RULES_H
#define PODCTL_KUBE_SCHEMA_RULES_H

#include "pkg/kube/schema.h"

bool schema_is_qualified(const char *s);  /* [prefix/]name: keys of labels, annotations, conditions */
bool schema_is_config_key(const char *s); /* of a ConfigMap or Secret */

/* "must be at most 63 ...", "" when anything goes. */
const char *schema_must(unsigned rule);
/* n: a scalar of the right type; an empty string is an absent field. */
void schema_value(struct diag *d, const struct node *n, unsigned rule, const char *at);
/* The keys of a map, and what its values are to one another. */
void schema_map(struct diag *d, const struct node *map, unsigned rule, const char *at);
void schema_object(struct diag *d, const struct node *n, const char *type, const char *at);

#endif
