/*
 * limits.h — every named limit on what comes from outside, with where the number comes from.
 */
#ifndef PODCTL_UTIL_LIMITS_H
#define PODCTL_UTIL_LIMITS_H

#define KiB 1024UL
#define MiB (1024UL * KiB)
#define GiB (1024UL * MiB)

#define ARENA_MAX_DEFAULT (64 * MiB) /* one decoded object; a manifest of YAML_MAX decodes to well below it */
#define YAML_MAX (16 * MiB)    /* one manifest file; etcd refuses objects past 1.5 MiB, a file holds many */
#define YAML_NODES_MAX 100000  /* after alias expansion: stops "billion laughs" */
#define YAML_DEPTH_MAX 100     /* Kubernetes' own schema nests below 40 */
#define JSON_MAX (16 * MiB)    /* an OCI config.json, plan or state file of ours */
#define MANIFEST_MAX (4 * MiB) /* the limit registries use (distribution spec, "Pushing Manifests") */
#define IMAGE_CONFIG_MAX (4 * MiB)
#define LAYERS_MAX 128       /* lower directories that one overlay mount may name */
#define PASSWD_MAX (1 * MiB) /* /etc/passwd and /etc/group of an image */
#define ENV_FILE_MAX (1 * MiB)
#define NAME_MAX_LEN 253         /* RFC 1123 subdomain */
#define PROTO_MSG_MAX (64 * KiB) /* one message between podctl and a monitor */
#define STATUS_MAX (4 * MiB)
#define PORTS_MAX 1024 /* published ports of one pod: one message of 64 KiB of map elements */

#endif
