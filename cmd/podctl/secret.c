/*
 * secret.c — podctl secret ...
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/util/io.h"
#include "pkg/verb/secret.h"

#define auto_secrets AUTO(secrets_done)

/* ---- create ---------------------------------------------------------------------------------------------------------------------- */

struct create_command {
	struct kvs labels;
	const char *driver;
	bool env, replace, ignore;
};

static int read_data(const char *from, bool env, struct buf *b, struct err *err)
{
	auto_close int fd = -EBADF;
	const char *value;
	int rc;

	if (env) {
		if (!(value = getenv(from)))
			return err_set(err, ERR_NOT_FOUND,
				"cannot create store secret data: environment variable %s is not set", from);
		(void) buf_puts(b, value);
		return buf_failed(b) ? err_sys(err, -b->error, "read the secret") : 0;
	}
	if (!strcmp(from, "-") && isatty(STDIN_FILENO))
		return err_set(err, ERR_INVALID, "if `-` is used, data must be passed into stdin");
	if (strcmp(from, "-") != 0 && (fd = open(from, O_RDONLY | O_CLOEXEC)) < 0)
		return err_sys(err, errno, "open '%s'", from);
	rc = io_read_all(fd >= 0 ? fd : STDIN_FILENO, b);
	if (rc == -EFBIG)
		return err_set(err, ERR_INVALID, "secret data must be larger than 0 and less than %d bytes",
			SECRET_MAX);
	return rc < 0 ? err_sys(err, -rc, "read '%s'", from) : 0;
}

static int run_create(struct cli *c, void *request, struct err *err)
{
	const struct create_command *r = request;
	struct secret_create_request q = {
		.name = c->args.v[0], .labels = r->labels, .replace = r->replace, .ignore = r->ignore
	};
	auto_buf struct buf b = BUF_INIT(SECRET_MAX);
	const char *id = NULL;
	int rc;

	if (r->driver && *r->driver && strcmp(r->driver, "file") != 0)
		return err_set(err, ERR_UNSUPPORTED, "--driver %s: there is only \"file\"", r->driver);
	if ((rc = read_data(c->args.v[1], r->env, &b, err)) < 0)
		return rc;
	q.data = b.data ? b.data : "";
	q.n = b.len;
	if ((rc = verb_secret_create(&c->engine, &q, &c->arena, &id, err)) < 0)
		return rc;
	print_line(id);
	return 0;
}

#define C struct create_command
static const struct option create_secret_options[] = {
	O_STR(C, driver, "driver", 'd', "NAME", "file, the only one"),
	O_REFUSED("driver-opts", 0, "KEY=VALUE", "the driver \"file\" has no options here"),
	O_BOOL(C, env, "env", 0, "The second argument names an environment variable"),
	O_BOOL(C, ignore, "ignore", 0, "One that is there already is no error"),
	O_KVS(C, labels, "label", 'l', "Set a label"),
	O_BOOL(C, replace, "replace", 0, "Replace one that is there"),
	O_END,
};
#undef C

/* ---- ls -------------------------------------------------------------------------------------------------------------------------- */

struct list_command {
	struct strs filters;
	const char *format;
	bool quiet, no_heading;
};

static int run_list(struct cli *c, void *request, struct err *err)
{
	static const struct header headers[] = { { "CreatedAt", "CREATED" }, { "UpdatedAt", "UPDATED" },
		{ NULL, NULL } };
	const struct list_command *r = request;
	struct listing l = { .format = r->format,
		.headers = headers,
		.fields = "ID Name Driver CreatedAt UpdatedAt",
		.no_heading = r->no_heading,
		.columns = "{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.CreatedAt}}\t{{.UpdatedAt}}" };
	auto_secrets struct secrets s = { 0 };
	uint64_t now = time_now_us();
	int rc = verb_secrets(&c->engine, &r->filters, &c->arena, &s, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; r->quiet && i < s.n; i++)
		print_line(s.v[i].id);
	if (r->quiet)
		return 0;
	l.rows = json_array();
	for (size_t i = 0; i < s.n; i++)
		(void) json_array_append_new(l.rows,
			json_pack("{s:s, s:s, s:s, s:s, s:s}", "ID", s.v[i].id, "Name", s.v[i].name, "Driver",
				"file", "CreatedAt", words_ago(&c->arena, s.v[i].created_us, now),
				"UpdatedAt", words_ago(&c->arena, s.v[i].updated_us, now)));
	rc = print_listing(&l, err);
	json_decref(l.rows);
	return rc;
}

#define L struct list_command
static const struct option list_options[] = {
	O_STRS(L, filters, "filter", 'f', "KEY=VALUE", "name (a regular expression) or id (its beginning)"),
	O_STR(L, format, "format", 0, "TEMPLATE", "json, table, or a Go template"),
	O_BOOL(L, no_heading, "noheading", 'n', "No line of headings"),
	O_BOOL(L, quiet, "quiet", 'q', "Ids only"),
	O_END,
};
#undef L

/* ---- inspect, rm, exists ------------------------------------------------------------------------------------------------------------ */

struct many_command {
	bool all, ignore, show, pretty;
	const char *format;
};

static void print_pretty(struct cli *c, const struct secret *s, const json_t *doc)
{
	uint64_t now = time_now_us();
	const char *key;
	json_t *v;

	(void) printf("ID:                %s\nName:              %s\nLabels:            ", s->id, s->name);
	json_object_foreach(json_object_get(json_object_get(doc, "Spec"), "Labels"), key, v)(void)
		printf("%s=%s ", key, json_string_value(v));
	(void) printf("\nDriver:            file\nCreated:           %s\nUpdated:           %s\n",
		words_ago(&c->arena, s->created_us, now), words_ago(&c->arena, s->updated_us, now));
}

static int run_inspect(struct cli *c, void *request, struct err *err)
{
	const struct many_command *r = request;
	json_t *list = json_array();
	int rc = 0, status = 0;

	for (size_t i = 0; rc == 0 && i < c->args.n; i++) {
		auto_secrets struct secrets s = { 0 };
		struct err one = { 0 };
		json_t *v;

		if (verb_secret_find(&c->engine, c->args.v[i], &c->arena, &s, &one) < 0) {
			(void) err_wrap(&one, "inspecting secret");
			cli_error(&one);
			status = EXIT_ENGINE;
			continue;
		}
		v = verb_secret_document(&c->engine, &s.v[0], r->show, &c->arena);
		if (r->pretty)
			print_pretty(c, &s.v[0], v);
		else if (r->format && !format_is_json(r->format))
			rc = print_document(v, r->format, err);
		else
			(void) json_array_append(list, v);
		json_decref(v);
	}
	if (rc == 0 && !r->pretty && (!r->format || format_is_json(r->format)))
		rc = print_json(list, 4);
	json_decref(list);
	return rc < 0 ? rc : status;
}

static int name_all(struct cli *c, const struct many_command *r, struct err *err)
{
	auto_secrets struct secrets s = { 0 };
	struct strs none = { 0 };
	int rc;

	if (r->all && c->args.n)
		return err_set(err, ERR_INVALID, "`podctl secret rm` takes either names or --all");
	if (!r->all && !c->args.n)
		return err_set(
			err, ERR_INVALID, "`podctl secret rm` requires one argument, or the --all flag");
	if (!r->all)
		return 0;
	rc = verb_secrets(&c->engine, &none, &c->arena, &s, err);
	for (size_t i = 0; rc == 0 && i < s.n; i++)
		if (strs_add(&c->args, &c->arena, s.v[i].name) < 0)
			rc = err_sys(err, ENOMEM, "list secrets");
	return rc;
}

static int run_remove(struct cli *c, void *request, struct err *err)
{
	const struct many_command *r = request;
	int rc = name_all(c, r, err), status = 0;

	for (size_t i = 0; rc == 0 && i < c->args.n; i++) {
		auto_secrets struct secrets s = { 0 };
		struct err one = { 0 };

		if (verb_secret_find(&c->engine, c->args.v[i], &c->arena, &s, &one) == 0 &&
			verb_secret_remove(&c->engine, &s.v[0], &one) == 0) {
			print_line(s.v[0].id);
			continue;
		}
		if (r->ignore && one.kind == ERR_NOT_FOUND)
			continue;
		cli_error(&one);
		status = EXIT_ENGINE;
	}
	return rc < 0 ? rc : status;
}

static int run_exists(struct cli *c, void *request, struct err *err)
{
	auto_secrets struct secrets s = { 0 };
	int rc = verb_secret_find(&c->engine, c->args.v[0], &c->arena, &s, err);

	(void) request;
	return rc < 0 && err->kind == ERR_NOT_FOUND ? 1 : rc;
}

#define M struct many_command
static const struct option inspect_options[] = {
	O_STR(M, format, "format", 'f', "TEMPLATE", "Print through a Go template; json for JSON"),
	O_BOOL(M, pretty, "pretty", 0, "Print for people"),
	O_BOOL(M, show, "showsecret", 0, "Print what is in it, too"),
	O_END,
};
static const struct option remove_options[] = {
	O_BOOL(M, all, "all", 'a', "All secrets"),
	O_BOOL(M, ignore, "ignore", 'i', "One that is not there is no error"),
	O_END,
};
#undef M

/* clang-format off */
static const struct option *const o_create[] = { create_secret_options, help_options, NULL };
static const struct option *const o_list[] = { list_options, help_options, NULL };
static const struct option *const o_inspect[] = { inspect_options, help_options, NULL };
static const struct option *const o_remove[] = { remove_options, help_options, NULL };
static const struct option *const o_help[] = { help_options, NULL };

const struct command secret_commands[] = {
	{ "secret create", "NAME FILE|-", "Create a secret",
		"A secret is a Kubernetes Secret that the engine keeps: pods of manifests refer to it by name. Its one key has the name of the secret; "
		"a file that holds a Kubernetes Secret is taken for what it says.",
		"  printf %s hunter2 | podctl secret create password -\n  podctl secret create --env token TOKEN\n",
		o_create, sizeof(struct create_command), 2, 2, 0, run_create },
	{ "secret ls|secret list", "", "List secrets", NULL, "  podctl secret ls --filter name=pass\n",
		o_list, sizeof(struct list_command), 0, 0, 0, run_list },
	{ "secret inspect", "SECRET...", "Print what is known of secrets as JSON", NULL,
		"  podctl secret inspect --showsecret -f '{{.SecretData}}' password\n",
		o_inspect, sizeof(struct many_command), 1, -1, 0, run_inspect },
	{ "secret rm|secret remove", "SECRET...", "Remove secrets", "Pods that run keep what they got.", "  podctl secret rm password\n",
		o_remove, sizeof(struct many_command), 0, -1, 0, run_remove },
	{ "secret exists", "SECRET", "Exit 0 when there is such a secret, else 1", NULL, NULL, o_help, 0, 1, 1, 0, run_exists },
	{ .paths = NULL },
};
/* clang-format on */
