/*
 * kube_page.h — what pages of kube describe have in common.
 */
#ifndef PODCTL_CMD_KUBE_PAGE_H
#define PODCTL_CMD_KUBE_PAGE_H

#include <jansson.h>

#include "cmd/podctl/cli.h"
#include "pkg/util/buf.h"

struct page {
	struct cli *c;
	struct buf b; /* what is to be printed */
	const json_t *pod, *spec,
		*status; /* the object, borrowed; of a template status is NULL: nothing is said of states */
};
void page_line(struct page *p, int depth, const char *key, const char *value);
/* "Labels:  a=b", each further one in a line of its own; "<none>". */
void page_map(struct page *p, int depth, const char *title, const json_t *map, const char *between);
const char *page_time(struct page *p, const json_t *time);
void page_containers(struct page *p, const char *title, const char *key); /* of the list spec.KEY */
void page_volumes(struct page *p);
/* Prints what is collected so far and then the events. */
void page_events(struct page *p);
/* Prints the whole page of an object that is not a Pod. */
void page_object(struct page *p, const char *kind, bool events);

#endif
