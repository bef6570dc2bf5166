/*
 * command.h — the commands of the command line, one file per group; main.c has their table.
 */
#ifndef PODCTL_RUNTIME_COMMAND_H
#define PODCTL_RUNTIME_COMMAND_H

#include "runtime/container.h"
#include "runtime/options.h"

/* argv: what follows the command's name.  Returns the exit status, or a negative errno with err filled. */
typedef int command_fn(const struct globals *g, int argc, char **argv, struct err *err);

command_fn cmd_create, cmd_run, cmd_start, cmd_state, cmd_kill, cmd_delete, cmd_exec, cmd_list, cmd_ps,
	cmd_pause, cmd_resume, cmd_update, cmd_events, cmd_features, cmd_spec, cmd_checkpoint, cmd_restore;

/* The status an error ends the program with when it says something of the program that was to run, else 1. */
#define COMMAND_HELP 1000 /* returned after --help: print the table, exit 0 */
extern const struct opt *command_help_table;

/* options_parse and the one positional of most commands; COMMAND_HELP after --help. */
int command_id(int argc, char **argv, const struct opt *table, const char **ret_id, struct err *err);

/* runtime/manage.c: kill and delete for other files. */
int container_delete(const struct globals *g, const char *id, bool force, struct err *err);
/* A pidfd of the init, checked against its start time; ERR_STATE when it is gone. */
int container_pidfd(const struct oci_state *s, struct err *err);
/* Adds "paused" to what the state directory tells. */
enum oci_status container_status(int dir, const struct oci_state *s);

/* runtime/foreground.c: stdio of a terminal, signals and the exit status of a child that runs in the foreground. */
/* notify: the container's NOTIFY_SOCKET until it is ready, or -EBADF. */
int foreground_wait(pid_t pid, int pidfd, int ptmx, int notify, struct err *err);

#endif
