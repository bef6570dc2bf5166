/* Fuzz target: any bytes as docker's manifest.json, an OCI document, an image config, a change.  Seeds: corpus/manifest/. */
#include <stdint.h>
#include <stdlib.h>

#include "pkg/image/changes.h"
#include "pkg/image/image.h"
#include "pkg/image/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena a = { 0 };
	struct docker_image *images;
	struct image_config config;
	struct oci_document doc;
	struct err err = { 0 };
	json_t *runtime;
	size_t n;
	char *text;

	if (size > 65536 || !(text = arena_strndup(&a, (const char *) data, size)))
		return 0;
	(void) docker_manifest_parse(text, size, &a, &images, &n, &err);
	err_clear(&err);
	if (oci_document_parse(text, size, &a, &doc, &err) == 0)
		(void) (doc.is_index ? platform_choose(&doc, "linux", "amd64", &err) != NULL
				     : image_manifest_check(&doc, &err) == 0);
	err_clear(&err);
	(void) image_config_parse(text, &a, &config, &err);
	err_clear(&err);
	if ((runtime = json_object()))
		(void) image_change(runtime, text, &err);
	json_decref(runtime);
	return 0;
}
