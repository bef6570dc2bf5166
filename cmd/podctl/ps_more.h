/* ps_more.h — what ps shows when asked: namespaces and sizes. */
#ifndef PODCTL_CMD_PS_MORE_H
#define PODCTL_CMD_PS_MORE_H

#include <jansson.h>

#include "cmd/podctl/cli.h"
#include "pkg/pod/pod.h"

#define PS_NAMESPACE_FIELDS "Namespaces CGROUPNS IPC MNT NET PIDNS USERNS UTS"
/* Adds them to a row; numbers as in /proc/PID/ns, "" when pid is 0 or shown is false. */
void ps_namespaces(json_t *row, json_t *doc, int64_t pid, bool shown);
/* "12B (virtual 1.98MB)" into the row, the numbers into the document. */
int ps_size(struct cli *c, const struct pod *p, size_t i, json_t *row, json_t *doc, struct err *err);

#endif
