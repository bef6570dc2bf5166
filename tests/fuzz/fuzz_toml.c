/* Fuzz target: containers.conf and any other TOML; the tree is walked to its leaves. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/codec/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t walk(const struct node *n)
{
	size_t sum = strlen(n->text);

	for (size_t i = 0; i < n->n; i++)
		sum += walk(n->item[i]) + (n->kind == NODE_MAP ? strlen(n->key[i]->text) : 0);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag *d = calloc(1, sizeof *d);
	struct arena a = { 0 };
	struct node *root;
	struct err err;

	if (d && toml_parse((const char *) data, size, &a, d, &root, &err) == 0 && walk(root) == SIZE_MAX)
		abort();
	if (d)
		diag_done(d);
	free(d);
	arena_done(&a);
	return 0;
}
