/*
 * images.h — verbs on images.
 */
#ifndef PODCTL_VERB_IMAGES_H
#define PODCTL_VERB_IMAGES_H

#include "pkg/image/pull.h"
#include "pkg/verb/verb.h"

struct image_list {
	struct image_row *v;
	size_t n;
	size_t *users; /* containers of each */
};
/* reference: NULL all, else those it names ("x", "localhost/x:tag", id prefix). */
int verb_images(
	struct engine *e, const char *reference, struct arena *a, struct image_list *ret, struct err *err);
/* The same by store_image_heads(). */
int verb_image_heads(
	struct engine *e, const char *reference, struct arena *a, struct image_list *ret, struct err *err);

struct import_request {
	int fd;
	const char *url;            /* instead of fd; NULL */
	struct registry_options at; /* how the network is reached */
	const char *name, *message;
	struct strs changes;
	struct image_platform platform;
};
int verb_import(struct engine *e, const struct import_request *r, struct arena *a, const char **ret_id,
	struct err *err);
struct load_request {
	int fd;
	const char *path; /* an oci directory, else NULL */
	struct progress progress;
};
int verb_load(struct engine *e, const struct load_request *r, struct arena *a, struct strs *ret_names,
	struct err *err);
/* policy: as for run; NULL: always, which is what the word pull says. */
int verb_pull(struct engine *e, const char *image, const char *policy, const struct pull_options *o,
	struct arena *a, const char **ret_id, struct err *err);
int verb_tag(struct engine *e, const char *image, const char *name, struct err *err);
/* force: containers that use it are removed first. */
int verb_rmi(struct engine *e, const char *image, bool force, struct arena *a, struct strs *ret_lines,
	struct err *err);
int verb_inspect_image(struct engine *e, const char *image, struct arena *a, json_t **ret, struct err *err);

#endif
