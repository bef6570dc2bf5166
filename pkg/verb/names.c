/*
 * names.c — names for containers that got none.
 */
#include "pkg/verb/verb.h"

#include <sys/random.h>

/* clang-format off */
static const char *const adjectives[] = {
	"amber", "brave", "brisk", "calm", "clear", "clever", "cosy", "crisp", "dapper", "eager", "early", "fair", "fleet", "fond",
	"frank", "fresh", "gentle", "glad", "golden", "grand", "green", "happy", "hardy", "honest", "humble", "jolly", "keen",
	"kind", "lively", "loyal", "lucid", "lucky", "merry", "mild", "modest", "neat", "nimble", "noble", "patient", "plain",
	"polite", "proud", "quick", "quiet", "ready", "robust", "rosy", "serene", "sharp", "silver", "sleek", "smart", "snug",
	"solid", "spry", "steady", "sturdy", "sunny", "swift", "tidy", "vivid", "warm", "wise", "witty",
};
static const char *const animals[] = {
	"badger", "beaver", "bison", "bittern", "bream", "bunting", "carp", "civet", "cod", "condor", "coot", "crane", "curlew",
	"dingo", "dormouse", "eagle", "egret", "eland", "elk", "ermine", "falcon", "ferret", "finch", "gannet", "gecko", "gibbon",
	"grouse", "gull", "hare", "heron", "ibex", "ibis", "jackdaw", "jay", "kestrel", "kite", "lapwing", "lark", "lemur",
	"linnet", "lynx", "magpie", "marmot", "marten", "merlin", "mole", "newt", "ocelot", "orca", "oriole", "osprey", "otter",
	"petrel", "plover", "quail", "raven", "robin", "seal", "shrew", "skua", "stoat", "swan", "tapir", "wren",
};
/* clang-format on */

int name_random(struct engine *e, struct arena *a, const char **ret, struct err *err)
{
	uint32_t r[2];

	for (int tries = 0; tries < 64; tries++) {
		const char *name, *id = NULL, *pod = NULL;
		struct err one = { 0 };

		if (getrandom(r, sizeof r, 0) != sizeof r)
			return err_sys(err, errno, "choose a name");
		name = arena_printf(
			a, "%s_%s", adjectives[r[0] % LEN(adjectives)], animals[r[1] % LEN(animals)]);
		/* the last tries get a number: with thousands of containers every pair may be taken */
		if (name && tries > 8)
			name = arena_printf(a, "%s%u", name, (r[0] >> 16) % 1000);
		if (!name)
			return err_sys(err, ENOMEM, "choose a name");
		if (store_find(e->store, name, STORE_ANY, a, &id, &pod, &one) < 0) {
			*ret = name;
			return 0;
		}
	}
	return err_set(err, ERR_STATE, "no free name was found; give one with --name");
}
