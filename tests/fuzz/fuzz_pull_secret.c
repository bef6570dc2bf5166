/* Kubernetes' pull secrets: a document like docker's config.json, asked for an image; input is "host\0repository\0document". */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/image/credentials.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *host = calloc(1, size + 3), *repository, *document;
	auto_arena struct arena a = { 0 };
	struct strs documents = { 0 };
	struct credentials found = { 0 };
	struct err err = { 0 };
	bool is_there = false;

	if (!host)
		return 0;
	memcpy(host, data, size);
	repository = host + strlen(host) + 1;
	document = (size_t) (repository - host) <= size ? repository + strlen(repository) + 1 : repository;
	if (strs_add(&documents, &a, document) == 0 &&
		pull_secret_find(&documents, host, repository, &a, &found, &is_there, &err) < 0 && !err.len)
		abort();
	free(host);
	return 0;
}
