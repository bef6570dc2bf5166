/*
 * tables.h — the command tables, one per file of handlers; and the options several of them share.
 */
#ifndef PODCTL_CMD_TABLES_H
#define PODCTL_CMD_TABLES_H

#include "cmd/podctl/cli.h"

/* Each ended by an entry without paths. */
extern const struct command container_commands[];    /* container.c: life cycle */
extern const struct command container_io_commands[]; /* container_io.c: run, attach, exec, logs ... */
extern const struct command image_commands[];
extern const struct command images_commands[];     /* images.c: images */
extern const struct command image_show_commands[]; /* image_show.c: history, tree, mount, diff */
extern const struct command image_make_commands[]; /* image_make.c: commit, export */
extern const struct command login_commands[];      /* login.c: login, logout */
extern const struct command search_commands[];
extern const struct command manifest_commands[];  /* manifest.c */
extern const struct command image_out_commands[]; /* image_out.c: save, push */
extern const struct command image_scp_commands[]; /* image_scp.c: image scp */
extern const struct command trust_commands[];     /* trust.c: image trust show */
extern const struct command pod_commands[];
extern const struct command kube_commands[];
extern const struct command kube_view_commands[]; /* kube_view.c: get, describe, events, wait, logs, why */
extern const struct command kube_resize_commands[];
extern const struct command system_commands[];
extern const struct command change_commands[]; /* change.c: rename, port */
extern const struct command prune_commands[];
extern const struct command volume_commands[];
extern const struct command secret_commands[];
extern const struct command systemd_commands[]; /* generate_systemd.c */
extern const struct command mount_commands[];   /* mount.c: mount, unmount, init, cleanup */
extern const struct command df_commands[];
extern const struct command check_commands[]; /* check.c: system check */
extern const struct command events_commands[], health_commands[];
extern const struct command stats_commands[];
extern const struct command top_commands[];
extern const struct command update_commands[];
extern const struct command network_commands[];
extern const struct command clone_commands[];
extern const struct command refused_commands[]; /* last of all: who does a command stands before it */
extern const struct command copy_commands[];    /* copy.c: cp, diff */

extern const struct option create_options[]; /* create_options.c: struct create_request */
extern const struct option member_options[]; /* limit_options.c: what a pod says for its members */
extern const struct option limit_options[];  /* limit_options.c: the same */
extern const struct option help_options[];   /* just --help */

#endif
