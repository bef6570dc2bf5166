#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pkg/oci/state.h"
#include "pkg/util/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any bytes as state.json: a state whose strings can all be read, or a message. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_oci_state struct oci_state s = { 0 };
	struct err err = { 0 };
	json_t *o;

	if (oci_state_parse((const char *) data, size, &s, &err) < 0) {
		if (!err.len)
			__builtin_trap(); /* a failure without a word */
		return 0;
	}
	(void) (strlen(s.id) + strlen(s.bundle) + strlen(s.rootfs) + strlen(s.created) + strlen(s.owner) +
		strlen(s.cgroup_path));
	if ((o = oci_state_public(&s, OCI_STOPPED)))
		json_decref(o);
	return 0;
}
