/* history.h — what an image was made of, newest first: its config's history beside its layers. */
#ifndef PODCTL_IMAGE_HISTORY_H
#define PODCTL_IMAGE_HISTORY_H

#include "pkg/image/image.h"

struct history_step {
	const char *id;    /* of the image that ends with this step; "<missing>": none that is here */
	const char *layer; /* diff id; NULL: it made none */
	const char *created, *created_by, *comment, *author; /* "" when absent; created as written */
	uint64_t created_us, size;                           /* size: of the layer's tar */
	struct strs tags;                                    /* of that image */
};
int image_history(struct engine *e, const struct image_row *img, struct arena *a, struct history_step **ret,
	size_t *ret_n, struct err *err);

/* The image that img was made from: its layers and history are the beginning of img's; NULL. */
const struct image_row *image_parent(const struct image_row *img, const struct image_row *all, size_t n);

#endif
