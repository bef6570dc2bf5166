/*
 * label_selector.h — kubectl's -l: "app=web,tier!=db,env in (a,b),!old,new" (API concepts, "Labels and Selectors").
 */
#ifndef PODCTL_KUBE_LABEL_SELECTOR_H
#define PODCTL_KUBE_LABEL_SELECTOR_H

#include <jansson.h>

#include "pkg/codec/decode.h"

enum label_op { LABEL_IN, LABEL_NOT_IN, LABEL_EXISTS, LABEL_NOT_EXISTS };
struct label_rule {
	char *key;
	enum label_op op;
	struct strs values;
};
struct label_selector {
	struct label_rule *v;
	size_t n;
};
/* "" and NULL fit everything.  ERR_INVALID says what was expected where. */
int label_selector_parse(const char *text, struct arena *a, struct label_selector *ret, struct err *err);
/* labels: an object of strings, or NULL. */
bool label_selector_fits(const struct label_selector *s, const json_t *labels);

#endif
