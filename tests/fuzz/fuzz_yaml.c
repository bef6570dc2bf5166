/* Fuzz target: any bytes -> YAML nodes -> JSON -> YAML -> the same JSON.  Seeds: tests/fuzz/corpus/yaml/. */
#include <stdlib.h>

#include "pkg/codec/node.h"
#include "pkg/util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read can be written, and is read as the same again. */
static void there_and_back(const struct node *doc)
{
	struct buf b = BUF_INIT(64 * MiB);
	struct arena arena = { 0 };
	struct diag *diag = calloc(1, sizeof *diag);
	struct err err = { 0 };
	struct node **docs;
	json_t *v = node_to_json(doc), *again;
	size_t n;

	if (!diag || !v || yaml_emit(v, &b, &err) < 0)
		abort();
	if (yaml_parse(b.data, b.len, &arena, diag, &docs, &n, &err) < 0 || diag->errors || n != 1)
		abort();
	again = node_to_json(docs[0]);
	if (!json_equal(v, again))
		abort();
	json_decref(v);
	json_decref(again);
	buf_done(&b);
	arena_done(&arena);
	diag_done(diag);
	free(diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = { 0 };
	struct diag *diag = calloc(1, sizeof *diag);
	struct err err = { 0 };
	struct node **docs;
	size_t n;

	if (diag && size <= 65536 &&
		yaml_parse((const char *) data, size, &arena, diag, &docs, &n, &err) == 0 && !diag->errors)
		for (size_t i = 0; i < n; i++)
			there_and_back(docs[i]);
	if (diag)
		diag_done(diag);
	free(diag);
	arena_done(&arena);
	return 0;
}
