/*
 * registries.h — where an image may be had: registries.conf and certs.d (INTERFACES c).  Private to pkg/image.
 *
 * Version 2 of the format with its drop-ins; the old [registries.search] form is read too, with a warning.
 */
#ifndef PODCTL_IMAGE_REGISTRIES_H
#define PODCTL_IMAGE_REGISTRIES_H

#include "pkg/image/name.h"
#include "pkg/image/registry.h"

enum mirror_use { MIRROR_ALL, MIRROR_DIGEST_ONLY, MIRROR_TAG_ONLY };
struct mirror {
	const char *location;
	bool insecure;
	enum mirror_use use;
};
struct registry {
	const char *prefix, *location; /* location NULL: nothing is rewritten ("*." prefixes) */
	bool insecure, blocked;
	struct list mirrors; /* struct mirror */
};
enum short_name_mode { SHORT_NAME_PERMISSIVE, SHORT_NAME_ENFORCING, SHORT_NAME_DISABLED };

/* All files as one. */
struct registries {
	struct strs search; /* unqualified-search-registries */
	bool search_set;    /* somebody said something of them, if only that there are none */
	const char *search_file;
	struct strs helpers; /* credential-helpers; empty: only the auth files */
	enum short_name_mode mode;
	struct kvs aliases; /* short name -> host/path; "": taken back */
	struct list v;      /* struct registry; prefixes are unique */
	bool v1;            /* the main file has the old form */
};
/* Reads what there is; a warning about the old form goes to o->warn. */
int registries_load(struct engine *e, const struct registry_options *o, struct arena *a,
	struct registries *ret, struct err *err);
/* Adds one parsed file; later ones say more.  main: not a drop-in (pure; tested). */
struct node;
int registries_add(struct registries *r, const struct node *file, const char *path, bool main,
	struct arena *a, struct err *err);

struct place {
	const char *host;       /* as written: the key of credentials and certificates */
	const char *repository; /* there */
	bool insecure;
	bool plain;         /* http was asked for */
	const char *socket; /* a daemon's, on this machine; NULL */
};
/* Places for a normalised name: mirrors in order, then the registry.  ERR_DENIED when the name is blocked (pure). */
int registries_match(const struct registries *r, const struct image_name *n, struct arena *a,
	struct place **ret, size_t *ret_n, struct err *err);
/* The same from the machine's files and options. */
int registries_places(struct engine *e, const struct image_name *n, const struct registry_options *o,
	struct arena *a, struct place **ret, size_t *ret_n, struct err *err);
/* A registry's own host, for login and search: blocked is an error. */
int registries_host(struct engine *e, const char *host, const struct registry_options *o, struct arena *a,
	struct place *ret, struct err *err);

struct certificates {
	struct strs ca;
	const char *cert, *key; /* NULL */
};
int registries_certificates(struct engine *e, const char *host, const char *cert_dir, struct arena *a,
	struct certificates *ret, struct err *err);

/* ~/.config/containers of the person, "" when there is none. */
void containers_config_dir(const struct engine *e, char dir[4200]);

#endif
