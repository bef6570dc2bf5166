/* Go templates of --format, over a document. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/codec/template.h"
#include "pkg/util/cleanup.h"
#include "pkg/util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 1);
	json_t *doc = json_loads(
		"{\"ID\":\"x\",\"Names\":[\"a\",\"b\"],\"Labels\":{\"k\":\"v\"},\"N\":3,\"Nil\":null}", 0,
		NULL);
	auto_buf struct buf b = BUF_INIT(MiB);
	struct template *t = NULL;
	struct err err = { 0 };

	if (!text || !doc)
		return 0;
	memcpy(text, data, size);
	if (template_parse(text, &t, &err) < 0 ? !err.len : template_run(t, doc, &b, &err) < 0 && !err.len)
		abort();
	template_free(t);
	json_decref(doc);
	free(text);
	return 0;
}
