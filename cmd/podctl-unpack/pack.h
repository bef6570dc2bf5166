/* pack.h — podctl-unpack's other direction: a layer's directory becomes its tar.  Private to podctl-unpack. */
#ifndef PODCTL_UNPACK_PACK_H
#define PODCTL_UNPACK_PACK_H

#include "pkg/archive/sink.h"

struct pack_opts {
	enum sink_format format;
	int level;
	bool tree;        /* no recipe: the directory as it is */
	bool whole;       /* with tree: not a difference */
	const char *diff; /* the diff id that must come out; NULL: any */
};
int pack_format(const char *word, enum sink_format *ret, struct err *err);
/* recipe in, the tar out; dir: the layer. */
int pack_run(const struct pack_opts *o, int in, int dir, int out, struct sink_result *ret, struct err *err);

#endif
