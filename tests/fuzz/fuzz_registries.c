/* Fuzz target: any bytes as registries.conf (what names it then leads to), policy.json, auth.json, WWW-Authenticate. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/codec/toml.h"
#include "pkg/image/credentials.h"
#include "pkg/image/image.h"
#include "pkg/image/policy.h"
#include "pkg/image/registries.h"
#include "pkg/transfer/challenge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void conf(const char *text, size_t size, struct arena *a)
{
	static const char *const names[] = { "docker.io/library/x:v1", "a.b.example/x",
		"localhost:5000/x/y@sha256:"
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" };
	struct registries r = { 0 };
	struct diag d = { 0 };
	struct err err = { 0 };
	struct node *root;

	if (toml_parse(text, size, a, &d, &root, &err) == 0 &&
		registries_add(&r, root, "f", true, a, &err) == 0)
		for (size_t i = 0; i < LEN(names); i++) {
			struct image_name n;
			struct place *p;
			size_t count;

			if (image_name_parse(names[i], a, &n, &err) == 0)
				(void) registries_match(&r, &n, a, &p, &count, &err);
			err_clear(&err);
		}
	diag_done(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena a = { 0 };
	struct challenge c = { 0 };
	struct err err = { 0 };
	struct found f;
	char *text;
	json_t *v;

	if (size > 65536 || !(text = arena_strndup(&a, (const char *) data, size)))
		return 0;
	(void) challenge_parse(text, &c);
	conf(text, strlen(text), &a);
	if ((v = json_loadb(text, strlen(text), 0, NULL))) {
		(void) policy_decide(v, "docker", "docker.io/library/x:v1", &err);
		err_clear(&err);
		(void) credentials_in(v, false, "docker.io", "library/x", &a, &f, &err);
		err_clear(&err);
		(void) credentials_in(v, true, "h.example:5000", "", &a, &f, &err);
	}
	json_decref(v);
	return 0;
}
