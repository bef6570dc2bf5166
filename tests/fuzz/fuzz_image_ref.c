/* Fuzz target: any text as an image name; what is taken must be taken again, unchanged.  Seeds: corpus/image_ref/. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/image/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena a = { 0 };
	struct err err = { 0 };
	const char *full, *again;
	char *ref;

	if (size > 4096 || !(ref = arena_strndup(&a, (const char *) data, size)))
		return 0;
	if (image_name_local(ref, &a, &full, &err) == 0 &&
		(image_name_local(full, &a, &again, &err) < 0 || strcmp(full, again) != 0))
		abort();
	err_clear(&err);
	if (image_name_normalize(ref, &a, &full, &err) == 0 &&
		(image_name_normalize(full, &a, &again, &err) < 0 || strcmp(full, again) != 0))
		abort();
	return 0;
}
