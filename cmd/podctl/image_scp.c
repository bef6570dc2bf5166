/*
 * image_scp.c — image scp between users of this machine.
 */
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "cmd/podctl/print.h"
#include "cmd/podctl/tables.h"
#include "pkg/verb/image_scp.h"

struct scp_command {
	bool quiet;
};

static int login_find(struct cli *c, const char *name, struct scp_side *ret, struct err *err)
{
	FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *pw = NULL;

	while (f && (pw = fgetpwent(f)) && strcmp(pw->pw_name, name) != 0)
		;
	if (pw)
		*ret = (struct scp_side){ .other = pw->pw_uid != c->opt.uid,
			.uid = pw->pw_uid,
			.gid = pw->pw_gid,
			.user = arena_strdup(&c->arena, pw->pw_name),
			.home = arena_strdup(&c->arena, pw->pw_dir) };
	if (f)
		(void) fclose(f);
	return pw ? 0 : err_set(err, ERR_NOT_FOUND, "no user '%s' in /etc/passwd", name);
}

/* [[USER@]localhost::]IMAGE; *ret_place: there was a place.  */
static int side_parse(struct cli *c, const char *text, struct scp_side *ret, const char **ret_image,
	bool *ret_place, struct err *err)
{
	const char *colons = strstr(text, "::"), *at = strchr(text, '@');
	const char *host;

	*ret_place = colons != NULL;
	*ret_image = colons ? colons + 2 : text;
	if (!colons)
		return 0;
	host = at && at < colons ? at + 1 : text;
	if ((size_t) (colons - host) != 9 || strncmp(host, "localhost", 9) != 0)
		return err_set(err, ERR_UNSUPPORTED,
			"'%s': podctl works on this machine only; podctl save IMAGE | ssh HOST podctl load",
			text);
	if (host == text)
		return 0;
	return login_find(c, arena_strndup(&c->arena, text, (size_t) (at - text)), ret, err);
}

static int run_image_scp(struct cli *c, void *request, struct err *err)
{
	struct scp_request r = { .quiet = ((struct scp_command *) request)->quiet };
	bool from_place = false, to_place = false;
	int rc;

	if ((rc = side_parse(c, c->args.v[0], &r.from, &r.image, &from_place, err)) < 0 ||
		(c->args.n > 1 && (rc = side_parse(c, c->args.v[1], &r.to, &r.name, &to_place, err)) < 0))
		return rc;
	if (!*r.image)
		return err_set(err, ERR_INVALID, "'%s': no image is named", c->args.v[0]);
	if (r.name && !*r.name)
		r.name = NULL;
	if (!from_place && !to_place)
		return err_set(err, ERR_INVALID, "must specify a destination: USER@localhost::");
	if (r.from.other == r.to.other && r.from.uid == r.to.uid)
		return err_set(err, ERR_INVALID,
			"source and destination are the same store; podctl tag gives an image another name");
	if (c->opt.uid != 0)
		return err_set(err, ERR_DENIED,
			"only root reaches other users' stores: sudo podctl image scp %s %s", c->args.v[0],
			c->args.n > 1 ? c->args.v[1] : "");
	return verb_image_scp(&c->engine, &r, err);
}

static const struct option scp_options[] = {
	O_BOOL(struct scp_command, quiet, "quiet", 'q', "Do not say what was loaded"),
	O_END,
};

/* clang-format off */
static const struct option *const o_scp[] = { scp_options, help_options, NULL };

const struct command image_scp_commands[] = {
	{ "image scp", "[USER@localhost::]IMAGE [USER@localhost::[NAME]]", "Copy an image into another user's store",
		"Between users of this machine, as root. To other machines: podctl save IMAGE | ssh HOST podctl load.",
		"  podctl image scp web tom@localhost::\n  podctl image scp tom@localhost::web root@localhost::\n",
		o_scp, sizeof(struct scp_command), 1, 2, 0, run_image_scp },
	{ .paths = NULL },
};
/* clang-format on */
