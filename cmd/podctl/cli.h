/*
 * cli.h — the command line: one table of commands and options, from which parsing, help, completion and man pages come.
 *
 * A command names its paths ("run|container run"), the tables of its options, and the request struct they fill; what a
 * flag means is the table's row and nothing else.  The handler gets the filled request, calls verbs and prints.  Only
 * cmd/podctl prints, looks at the terminal, the working directory and the environment; pkg/verb gets all that by argument.
 */
#ifndef PODCTL_CMD_CLI_H
#define PODCTL_CMD_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include "pkg/codec/decode.h"
#include "pkg/engine/engine.h"
#include "pkg/util/arena.h"
#include "pkg/util/err.h"

enum { EXIT_ENGINE = 125, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127, EXIT_NO_SESSION = 255 };

struct cli;

enum option_kind {
	OPT_BOOL,  /* bool; --x, --x=false */
	OPT_OBOOL, /* struct opt_bool: the same, and whether it was given */
	OPT_STR,   /* const char * */
	OPT_STRS,  /* struct strs: each use adds one */
	OPT_CSV,   /* struct strs: each use adds one or several, divided by commas */
	OPT_KVS,   /* struct kvs: KEY=VALUE, or KEY alone for an empty value */
	OPT_INT,   /* struct opt_i64 within [min, max]; 0, 0: any */
	OPT_BYTES, /* struct opt_i64: 512, 64k, 100m, 2g */
	OPT_F64,   /* double, not negative */
	OPT_FN,    /* fn decides */
	OPT_HELP,
	OPT_REFUSED, /* known and not done: help says why; given, it is an error that names it */
};
typedef int option_fn(struct cli *c, void *request, const char *value, struct err *err);

struct option {
	const char *name; /* without dashes; "old|other" adds hidden spellings */
	char letter;
	enum option_kind kind;
	size_t offset;     /* into the request */
	const char *value; /* "NAME" for the help; NULL for booleans */
	const char *help;
	const char *implied; /* value taken when none is given (--x alone); NULL: one is needed */
	int64_t min, max;
	option_fn *fn;
};

/* clang-format off */
#define O_BOOL(T, m, n, l, h)       { .name = n, .letter = l, .kind = OPT_BOOL, .offset = offsetof(T, m), .help = h, .implied = "true" }
#define O_OBOOL(T, m, n, l, h)      { .name = n, .letter = l, .kind = OPT_OBOOL, .offset = offsetof(T, m), .help = h, .implied = "true" }
#define O_STR(T, m, n, l, v, h)     { .name = n, .letter = l, .kind = OPT_STR, .offset = offsetof(T, m), .value = v, .help = h }
#define O_STRS(T, m, n, l, v, h)    { .name = n, .letter = l, .kind = OPT_STRS, .offset = offsetof(T, m), .value = v, .help = h }
#define O_CSV(T, m, n, l, v, h)     { .name = n, .letter = l, .kind = OPT_CSV, .offset = offsetof(T, m), .value = v, .help = h }
#define O_KVS(T, m, n, l, h)        { .name = n, .letter = l, .kind = OPT_KVS, .offset = offsetof(T, m), .value = "KEY=VALUE", .help = h }
#define O_INT(T, m, n, l, v, h, lo, hi) { .name = n, .letter = l, .kind = OPT_INT, .offset = offsetof(T, m), .value = v, .help = h, .min = lo, .max = hi }
#define O_BYTES(T, m, n, l, h)      { .name = n, .letter = l, .kind = OPT_BYTES, .offset = offsetof(T, m), .value = "NUMBER[b|k|m|g]", .help = h }
#define O_F64(T, m, n, l, v, h)     { .name = n, .letter = l, .kind = OPT_F64, .offset = offsetof(T, m), .value = v, .help = h }
#define O_FN(f, n, l, v, h)         { .name = n, .letter = l, .kind = OPT_FN, .fn = f, .value = v, .help = h }
#define O_REFUSED(n, l, v, h)       { .name = n, .letter = l, .kind = OPT_REFUSED, .value = v, .help = h }
#define O_HELP                      { .name = "help", .kind = OPT_HELP, .help = "Print this help and exit", .implied = "true" }
#define O_END                       { .name = NULL }
/* clang-format on */

enum command_flag {
	CMD_NO_ENGINE = 1, /* works without root, runroot and database */
	CMD_HIDDEN = 2,    /* not in help, completion and man pages */
	CMD_OPTS_FIRST =
		4,        /* options end at the first argument (run, exec: the rest belongs to the program) */
	CMD_REMOVES = 8,  /* what killed commands left without a row goes with it */
	CMD_REFUSED = 16, /* known and not done; its text says why */
	CMD_ENTERS = 32   /* calls cli_enter() itself, when it knows whether it starts a pod */
};
struct command {
	const char *paths;                   /* "run|container run": the first is its name in messages */
	const char *synopsis;                /* "IMAGE [COMMAND [ARG...]]" */
	const char *summary;                 /* one line */
	const char *text;                    /* more, or NULL */
	const char *examples;                /* lines, or NULL */
	const struct option *const *options; /* tables, NULL at the end */
	size_t request_size;
	int min_args, max_args; /* max -1: any number */
	unsigned flags;
	int (*run)(struct cli *c, void *request,
		struct err *err); /* exit status, or a negative errno with err filled */
};
struct command_group {
	const char *path, *summary;
};

extern const struct command_group command_groups[]; /* ended by a NULL path */
/* All commands, in the order of help; ended by NULL. */
extern const struct command *const command_tables[];
extern const struct option global_options[];

struct globals {
	const char *root, *runroot, *runtime, *cgroup_manager, *log_level, *storage_driver;
	struct strs storage_opts;
	bool help, version, no_output;
};

struct cli {
	struct arena arena;
	struct globals globals;
	struct engine_options opt;
	struct engine engine;
	bool engine_open;
	char *const *argv; /* of the whole program: what inspect shows as the create command */
	const struct command *command;
	const char *path; /* the spelling used: "container run" */
	struct strs args; /* what is left after options */
	bool help;
};

/* ---- options.c ---------------------------------------------------------------------------------------------------- */
/* Parses the words after the command's name into request (zeroed) and c->args.  Unknown flags: ERR_INVALID, with
 * "did you mean". */
int options_parse(struct cli *c, char *const *argv, void *request, struct err *err);
/* The global options before the command; *ret: index of the first word that is not one. */
int options_parse_globals(struct cli *c, char *const *argv, size_t *ret, struct err *err);
/* The option of that name or letter among a command's tables and the global ones; NULL: unknown. */
const struct option *option_find(const struct command *cmd, const char *name, size_t len, bool *ret_global);

/* ---- commands.c --------------------------------------------------------------------------------------------------- */
/* Finds the command that argv names; *ret_n: words used.  NULL with *ret_group: a group without a command. */
const struct command *command_find(
	char *const *argv, size_t *ret_n, const char **ret_path, const char **ret_group);
/* The nearest command to what was typed, or NULL. */
const char *command_nearest(struct arena *a, const char *group, const char *word);
/* i-th command of all, NULL at the end. */
const struct command *command_at(size_t i);
/* i-th path of a command copied into a, NULL at the end. */
const char *command_path(const struct command *cmd, size_t i, struct arena *a);

/* ---- help.c ------------------------------------------------------------------------------------------------------- */
void help_main(FILE *out);
void help_group(FILE *out, const char *group);
void help_command(FILE *out, const struct command *cmd, const char *path);
int docs_man(const char *path, struct err *err); /* a troff page on stdout; "" is podctl itself */
int docs_completion(const char *shell, struct err *err);

/* ---- engine for a handler ------------------------------------------------------------------------------------------ */
int cli_engine(struct cli *c, struct err *err);
/* What comes before a command's own work: the user's namespace, the engine, leftovers.  starts: it will start a new pod. */
int cli_enter(struct cli *c, bool starts, struct err *err);
/* Prints "Error: ..." once; for commands that go on with their other arguments. */
void cli_error(const struct err *err);
/* Prints it; the exit status of a command that removes several, so far: 1 not there, 2 in use, as podman's. */
int cli_not_removed(const struct err *err, int status);
/* Exit status of a failure of the engine. */
int cli_status(const struct err *err);

#endif
