#include "cmd/podctl-unpack/pack.h"

#include <fcntl.h>
#include <string.h>

#include "pkg/archive/recipe.h"
#include "pkg/archive/tree.h"
#include "pkg/util/cleanup.h"

int pack_format(const char *word, enum sink_format *ret, struct err *err)
{
	static const char *const words[] = { "plain", "gzip", "zstd" };

	for (size_t i = 0; i < LEN(words); i++)
		if (strcmp(word, words[i]) == 0) {
			*ret = (enum sink_format) i;
			return 0;
		}
	return err_set(err, ERR_INVALID, "--format=%s: not a format", word);
}

int pack_run(const struct pack_opts *o, int in, int dir, int out, struct sink_result *ret, struct err *err)
{
	struct sink_result r = { 0 };
	struct sink *s;
	int rc;

	if ((rc = sink_open(out, o->format, o->level, &s, err)) < 0)
		return rc;
	rc = o->tree ? tree_write(dir, !o->whole, s, err) : recipe_replay(in, dir, s, err);
	if (rc == 0)
		rc = sink_end(s, &r, err);
	sink_free(s);
	if (rc < 0)
		return rc;
	if (o->diff && strcmp(o->diff, r.diff_id) != 0)
		return err_set(err, ERR_CORRUPT,
			"the layer's files are not what they were: its diff id would be sha256:%s",
			r.diff_id);
	*ret = r;
	return 0;
}
