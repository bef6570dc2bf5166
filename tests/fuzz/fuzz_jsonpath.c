/* kubectl's templates over a document; and the selectors of -l. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/codec/jsonpath.h"
#include "pkg/kube/label_selector.h"
#include "pkg/util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char document[] =
	"{\"kind\":\"List\",\"items\":[{\"metadata\":{\"name\":\"a\",\"labels\":{\"app.io/"
	"x\":\"1\"}},\"n\":3,\"c\":[{\"type\":\"Ready\"},"
	"{\"type\":\"Other\"}]},{\"metadata\":{\"name\":\"b\"},\"n\":10,\"yes\":true,\"nil\":null}]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 1);
	json_t *doc = json_loads(document, 0, NULL);
	auto_arena struct arena a = { 0 };
	struct label_selector s = { 0 };
	auto_buf struct buf b = BUF_INIT(MiB);
	struct err err = { 0 }, other = { 0 };

	if (!text || !doc)
		return 0;
	memcpy(text, data, size);
	if (jsonpath_print(text, doc, &b, &err) < 0 && !err.len)
		abort();
	if (label_selector_parse(text, &a, &s, &other) == 0)
		(void) label_selector_fits(
			&s, json_object_get(json_array_get(json_object_get(doc, "items"), 0), "metadata"));
	else if (!other.len)
		abort();
	json_decref(doc);
	free(text);
	return 0;
}
