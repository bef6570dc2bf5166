#include <string.h>

#include "pkg/kube/internal.h"

static void data_of(const char *kind, const struct node *plain, const struct node *base64,
	const struct node *strings, struct kube_data *ret)
{
	bool secret = strcmp(kind, "Secret") == 0;

	ret->plain = secret ? strings : plain;
	ret->base64 = secret ? plain : base64;
}

bool kube_config_find(struct kube_set *s, const char *kind, const char *name, struct kube_data *ret)
{
	const struct node *stored;

	for (size_t i = 0; i < s->n; i++) {
		const struct kube_doc *d = &s->doc[i];

		if (d->config && strcmp(d->kind->name, kind) == 0 && strcmp(d->name, name) == 0) {
			data_of(kind, d->config->data, d->config->binary, d->config->strings, ret);
			return true;
		}
	}
	if (!s->options->lookup || !(stored = s->options->lookup(s->options->lookup_ctx, kind, name)))
		return false;
	data_of(kind, node_get(stored, "data"), node_get(stored, "binaryData"),
		node_get(stored, "stringData"), ret);
	return true;
}

static int digit(char c)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c ? strchr(alphabet, c) : NULL;

	return p ? (int) (p - alphabet) : -1;
}

/* The decoded bytes as text; NULL without memory or when there is a NUL among them. */
static const char *base64_text(struct arena *a, const char *in, bool *ret_binary)
{
	char *out = arena_alloc(a, strlen(in) / 4 * 3 + 4);
	unsigned bits = 0;
	size_t n = 0;
	int have = 0, d;

	for (; out && *in; in++) {
		if ((d = digit(*in)) < 0)
			continue; /* padding and line ends; schema_check has looked at the rest */
		bits = bits << 6 | (unsigned) d;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (char) (bits >> have & 0xff);
			if (!out[n - 1]) {
				*ret_binary = true;
				return NULL;
			}
		}
	}
	return out;
}

const char *kube_config_text(struct kube_set *s, const struct kube_data *d, const char *key, bool *ret_binary)
{
	const struct node *v = node_get(d->plain, key);

	*ret_binary = false;
	if (v)
		return v->kind == NODE_STRING ? v->text : "";
	v = node_get(d->base64, key);
	return v && v->kind == NODE_STRING ? base64_text(s->arena, v->text, ret_binary) : v ? "" : NULL;
}
