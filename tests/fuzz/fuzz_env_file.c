/* The file of fileKeyRef: input is "key\0text". */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/monitor/env_file.h"
#include "pkg/util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *key = calloc(1, size + 2), *text;
	auto_buf struct buf b = BUF_INIT(FILE_KEY_MAX);
	struct err err = { 0 };

	if (!key)
		return 0;
	memcpy(key, data, size);
	text = key + strlen(key) + 1;
	if (env_file_find(text, key, &b, &err) < 0 && !err.len)
		abort();
	free(key);
	return 0;
}
