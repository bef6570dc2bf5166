/*
 * quantity.h — Kubernetes quantities: 500m, 0.5, 64Mi, 1G, 2e3.
 *
 * [+-] digits [. digits], then n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or e/E and an exponent.  Computed in integers; what
 * does not come out even is rounded up, as Kubernetes does.
 */
#ifndef PODCTL_KUBE_QUANTITY_H
#define PODCTL_KUBE_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

bool quantity_is_valid(const char *text);
/* The value times 'scale' (1: whole units, 1000: thousandths).  0, -EINVAL no quantity, -ERANGE past INT64_MAX. */
int quantity_parse(const char *text, int64_t scale, int64_t *ret);
/* a / divisor rounded up, both quantities; for resourceFieldRef. */
int quantity_divide(const char *text, const char *divisor, int64_t *ret);

#endif
