/*
 * template.h — Go templates over JSON values, for --format: the subset of INTERFACES m.
 *
 * Fields, chains, variables, pipelines, if/else, range, with, break, continue, define/template/block, comments, trimming,
 * literals, and the functions and or not eq ne lt le gt ge len index slice print printf println html js urlquery join json
 * lower pad split title truncate upper.  A field that is not there is an error, as for a Go struct; keys below an
 * object called Labels, Annotations and the like (maps in Go) give "<no value>".  A field is found by podman's Go name of it
 * where that differs from the JSON key in case or in underscores only.
 * Not done: methods other than fields, complex numbers, call.
 */
#ifndef PODCTL_CODEC_TEMPLATE_H
#define PODCTL_CODEC_TEMPLATE_H

#include <jansson.h>

#include "pkg/util/buf.h"
#include "pkg/util/err.h"

struct template;

/* ERR_INVALID: "template: 1:7: ..." with the place. */
int template_parse(const char *text, struct template **ret, struct err *err);
/* Appends what it gives for 'dot' (borrowed) to b. */
int template_run(struct template *t, const json_t *dot, struct buf *b, struct err *err);
/* Times are printed as they are in the document, not as Go prints its own. */
void template_plain_times(struct template *t);
void template_free(struct template *t); /* NULL is fine */

/* "\t", "\n" and "\\" as two characters, as a shell passes them, become what they mean. */
void template_unescape(const char *text, struct buf *b);

#endif
