/*
 * yaml_scalar.h — what an unquoted YAML scalar means, as Kubernetes' own reader (sigs.k8s.io/yaml) takes it.
 *
 * That reader follows YAML 1.1: yes, no, on, off, y and n are booleans, 012 is ten, 1_000 a number.  Dates stay strings.
 * The reader and the printer share these rules, so that what one prints the other reads back as the same value.
 */
#ifndef PODCTL_CODEC_YAML_SCALAR_H
#define PODCTL_CODEC_YAML_SCALAR_H

#include "pkg/codec/node.h"

enum node_kind yaml_scalar_kind(const char *text); /* of an unquoted scalar */
bool yaml_float_is_finite(const char *text);       /* false for .inf, .nan and what a double cannot hold */
/* Applies an explicit tag ("tag:yaml.org,2002:str") to a scalar; NULL or what is wrong with it. */
const char *yaml_scalar_tag(struct node *n, const char *tag);

#endif
