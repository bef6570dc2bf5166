#include <stddef.h>
#include <stdint.h>

#include "pkg/codec/node.h"
#include "runtime/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any bytes as config.json: decoded or refused with a message, never a crash. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config c = { 0 };
	struct err err = { 0 };
	json_t *doc = json_parse((const char *) data, size, &err);

	if (doc && config_decode(doc, &c, &err) < 0 && !err.len)
		__builtin_trap(); /* a failure without a word */
	config_done(&c);
	return 0;
}
