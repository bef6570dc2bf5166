/*
 * help.c — help texts, man pages and shell completion, all from the one table.
 */
#include "cmd/podctl/cli.h"

#include <string.h>

static bool in_group(const char *path, size_t len, const char *group)
{
	size_t n = group ? strlen(group) : 0;

	if (!group)
		return !memchr(path, ' ', len);
	return len > n && path[n] == ' ' && !strncmp(path, group, n);
}

/* Calls fn for each visible command with its last word in this group (NULL: top level). */
static void each_command(
	const char *group, void (*fn)(FILE *, const char *, size_t, const struct command *), FILE *out)
{
	const struct command *c;

	for (size_t i = 0; (c = command_at(i)); i++) {
		if (c->flags & CMD_HIDDEN)
			continue;
		for (const char *p = c->paths; *p;) {
			size_t n = strcspn(p, "|");

			if (in_group(p, n, group)) {
				size_t skip = group ? strlen(group) + 1 : 0;

				fn(out, p + skip, n - skip, c);
			}
			p += n + (p[n] == '|');
		}
	}
}

static void command_line(FILE *out, const char *word, size_t n, const struct command *c)
{
	(void) fprintf(out, "  %-12.*s %s\n", (int) n, word, c->summary);
}

/* "  -n, --name NAME            Give it a name" */
static void option_line(FILE *out, const struct option *o)
{
	char left[80];
	int len = (int) strcspn(o->name, "|");

	if (o->letter)
		(void) snprintf(left, sizeof left, "-%c, --%.*s%s%s", o->letter, len, o->name,
			o->value ? " " : "", o->value ? o->value : "");
	else
		(void) snprintf(left, sizeof left, "    --%.*s%s%s", len, o->name, o->value ? " " : "",
			o->value ? o->value : "");
	(void) fprintf(out, "  %-34s %s\n", left, o->help);
}

static void options(FILE *out, const struct option *table)
{
	for (const struct option *o = table; o && o->name; o++)
		if (o->kind != OPT_REFUSED)
			option_line(out, o);
}

void help_main(FILE *out)
{
	(void) fputs("Run pods and containers, and Kubernetes YAML, on this machine\n\nUsage:\n  podctl "
		     "[options] COMMAND\n\n"
		     "Groups:\n",
		out);
	for (const struct command_group *g = command_groups; g->path; g++)
		(void) fprintf(out, "  %-12s %s\n", g->path, g->summary);
	(void) fputs("\nCommands:\n", out);
	each_command(NULL, command_line, out);
	(void) fputs("\nOptions:\n", out);
	options(out, global_options);
}

void help_group(FILE *out, const char *group)
{
	for (const struct command_group *g = command_groups; g->path; g++)
		if (!strcmp(g->path, group))
			(void) fprintf(out, "%s\n\n", g->summary);
	(void) fprintf(out, "Usage:\n  podctl %s COMMAND\n\nCommands:\n", group);
	each_command(group, command_line, out);
}

static bool has_options(const struct command *c) { return c->options && c->options[0]; }

void help_command(FILE *out, const struct command *c, const char *path)
{
	(void) fprintf(out, "%s\n", c->summary);
	if (c->text)
		(void) fprintf(out, "\nDescription:\n  %s\n", c->text);
	(void) fprintf(out, "\nUsage:\n  podctl %s%s%s%s\n", path, has_options(c) ? " [options]" : "",
		*c->synopsis ? " " : "", c->synopsis);
	if (strchr(c->paths, '|')) {
		const char *sep = "";

		(void) fputs("\nAlso called:\n  ", out);
		for (const char *p = c->paths; *p;) {
			size_t n = strcspn(p, "|");

			if (n != strlen(path) || strncmp(p, path, n) != 0) {
				(void) fprintf(out, "%spodctl %.*s", sep, (int) n, p);
				sep = ", ";
			}
			p += n + (p[n] == '|');
		}
		(void) fputs("\n", out);
	}
	if (c->examples)
		(void) fprintf(out, "\nExamples:\n%s", c->examples);
	if (has_options(c)) {
		(void) fputs("\nOptions:\n", out);
		for (size_t i = 0; c->options[i]; i++)
			options(out, c->options[i]);
	}
}

/* ---- man pages ------------------------------------------------------------------------------------------------------------- */

/* troff reads backslashes, leading dots and quotes; hyphens of options must stay hyphens. */
static void man_text(const char *s)
{
	if (*s == '.' || *s == '\'')
		(void) fputs("\\&", stdout);
	for (; *s; s++) {
		if (*s == '\\')
			(void) fputs("\\e", stdout);
		else if (*s == '-')
			(void) fputs("\\-", stdout);
		else
			(void) putchar(*s);
	}
}

static void man_options(const struct option *table)
{
	for (const struct option *o = table; o && o->name; o++) {
		int len = (int) strcspn(o->name, "|");
		char left[96];

		if (o->kind == OPT_REFUSED)
			continue;
		(void) snprintf(left, sizeof left, "--%.*s", len, o->name);
		(void) fputs(".TP\n\\fB", stdout);
		if (o->letter)
			(void) printf("\\-%c\\fR, \\fB", o->letter);
		man_text(left);
		(void) fputs("\\fR", stdout);
		if (o->value) {
			(void) fputs(" \\fI", stdout);
			man_text(o->value);
			(void) fputs("\\fR", stdout);
		}
		(void) putchar('\n');
		man_text(o->help);
		(void) fputs(".\n", stdout);
	}
}

static void man_refused(const struct option *table)
{
	for (const struct option *o = table; o && o->name; o++) {
		char left[96];

		if (o->kind != OPT_REFUSED)
			continue;
		(void) snprintf(left, sizeof left, "--%.*s", (int) strcspn(o->name, "|"), o->name);
		(void) fputs(".TP\n\\fB", stdout);
		man_text(left);
		(void) fputs("\\fR\n", stdout);
		man_text(o->help);
		(void) fputs(".\n", stdout);
	}
}

static void man_command_row(FILE *out, const char *word, size_t n, const struct command *c)
{
	(void) out;
	(void) printf(".TP\n\\fB%.*s\\fR\n%s.\n", (int) n, word, c->summary);
}

static void man_refused_commands(void)
{
	const struct command *c;

	(void) fputs(".SH NOT DONE\nThese commands are known and refused, with the reason:\n", stdout);
	for (size_t i = 0; (c = command_at(i)); i++) {
		if (!(c->flags & CMD_REFUSED))
			continue;
		(void) printf(".TP\n\\fB%.*s\\fR\n", (int) strcspn(c->paths, "|"), c->paths);
		man_text(c->text);
		(void) fputs(".\n", stdout);
	}
}

static void man_main(void)
{
	(void) fputs(
		".SH NAME\npodctl \\- run pods, containers and Kubernetes YAML on one machine\n.SH SYNOPSIS\n"
		"\\fBpodctl\\fR [\\fIoptions\\fR] \\fIcommand\\fR [\\fIarguments\\fR]\n.SH DESCRIPTION\n"
		"podctl runs pods without a daemon: each pod has one small monitor process and nothing else "
		"keeps running. "
		"It plays Kubernetes manifests, runs single containers, and keeps images. "
		"The command line follows podman's.\n.PP\n"
		"As root, state is kept in /var/lib/podctl and /run/podctl; for an ordinary user in "
		"~/.local/share/podctl and $XDG_RUNTIME_DIR/podctl.\n.SH OPTIONS\n",
		stdout);
	man_options(global_options);
	(void) fputs(".SH COMMANDS\n", stdout);
	each_command(NULL, man_command_row, stdout);
	for (const struct command_group *g = command_groups; g->path; g++) {
		(void) printf(".SS podctl %s\n%s.\n", g->path, g->summary);
		each_command(g->path, man_command_row, stdout);
	}
	man_refused_commands();
	(void) fputs(".SH EXIT STATUS\n.TP\n0\nThe command succeeded.\n.TP\n125\npodctl itself failed; the "
		     "reason is on standard "
		     "error.\n.TP\n126\nThe command in the container cannot be executed.\n.TP\n127\nThe "
		     "command in the container was "
		     "not found.\n.TP\nanything else\nThe exit code of the container; 128+N when it was "
		     "killed by signal N, 141 when nobody reads podctl's output any more: an attached "
		     "container goes on.\n"
		     ".SH FILES\n.TP\n/etc/containers/containers.conf\nDefaults of containers, shared with "
		     "other engines.\n"
		     ".SH SEE ALSO\n\\fBpodctl\\-run\\fR(1), \\fBpodctl\\-play\\-kube\\fR(1)\n",
		stdout);
}

static void man_paths(const struct command *c)
{
	for (const char *p = c->paths; *p;) {
		size_t n = strcspn(p, "|");

		(void) printf("%s\\fBpodctl %.*s\\fR%s ", p == c->paths ? "" : ".br\n", (int) n, p,
			has_options(c) ? " [\\fIoptions\\fR]" : "");
		man_text(c->synopsis);
		(void) putchar('\n');
		p += n + (p[n] == '|');
	}
}

static void man_command(const struct command *c, const char *path)
{
	bool refused = false;

	(void) fputs(".SH NAME\npodctl\\-", stdout);
	for (const char *p = path; *p; p++)
		(void) fputs(*p == ' ' ? "\\-" : (char[]){ *p, 0 }, stdout);
	(void) printf(" \\- %s\n.SH SYNOPSIS\n", c->summary);
	man_paths(c);
	(void) fputs(".SH DESCRIPTION\n", stdout);
	man_text(c->text ? c->text : c->summary);
	(void) fputs(c->text ? "\n" : ".\n", stdout);
	if (has_options(c)) {
		(void) fputs(".SH OPTIONS\n", stdout);
		for (size_t i = 0; c->options[i]; i++)
			man_options(c->options[i]);
		for (size_t i = 0; c->options[i]; i++)
			for (const struct option *o = c->options[i]; o->name; o++)
				refused = refused || o->kind == OPT_REFUSED;
	}
	if (refused) {
		(void) fputs(".SH NOT DONE\nThese options are known and refused, with the reason:\n", stdout);
		for (size_t i = 0; c->options[i]; i++)
			man_refused(c->options[i]);
	}
	if (c->examples) {
		(void) fputs(".SH EXAMPLES\n.nf\n", stdout);
		man_text(c->examples);
		(void) fputs(".fi\n", stdout);
	}
	(void) fputs(".SH EXIT STATUS\n125 when podctl fails, 126 when the command in the container cannot "
		     "be executed, 127 when it "
		     "is not found, otherwise the container's own code where one is passed on.\n.SH SEE "
		     "ALSO\n\\fBpodctl\\fR(1)\n",
		stdout);
}

static void man_group(const struct command_group *g)
{
	(void) printf(".SH NAME\npodctl\\-%s \\- %s\n.SH SYNOPSIS\n\\fBpodctl %s\\fR \\fIcommand\\fR\n.SH "
		      "COMMANDS\n",
		g->path, g->summary, g->path);
	each_command(g->path, man_command_row, stdout);
	(void) fputs(".SH SEE ALSO\n\\fBpodctl\\fR(1)\n", stdout);
}

static const struct command_group *group_by_path(const char *path)
{
	for (const struct command_group *g = command_groups; g->path; g++)
		if (!strcmp(g->path, path))
			return g;
	return NULL;
}

static const struct command *by_path(const char *path, const char **ret_path, struct arena *a)
{
	const struct command *c;
	const char *p;

	for (size_t i = 0; (c = command_at(i)); i++)
		for (size_t k = 0; (p = command_path(c, k, a)); k++)
			if (!strcmp(p, path)) {
				*ret_path = p;
				return c;
			}
	return NULL;
}

int docs_man(const char *path, struct err *err)
{
	auto_arena struct arena a = { 0 };
	const struct command *c = NULL;
	const struct command_group *g = NULL;
	const char *spelled = "";

	if (*path && !(c = by_path(path, &spelled, &a)) && (g = group_by_path(path)))
		spelled = g->path;
	if (*path && !c && !g)
		return err_set(err, ERR_NOT_FOUND, "no command is called '%s'", path);
	(void) fputs(".TH PODCTL", stdout);
	for (const char *p = spelled; *p; p++)
		(void) (p == spelled ? putchar('-') : 0), (void) putchar(*p == ' '                ? '-'
									 : *p >= 'a' && *p <= 'z' ? *p - 32
												  : *p);
	(void) fputs(" 1 \"\" \"podctl " PODCTL_VERSION "\"\n", stdout);
	if (c)
		man_command(c, spelled);
	else if (g)
		man_group(g);
	else
		man_main();
	return 0;
}

/* ---- completion ---------------------------------------------------------------------------------------------------------------- */

static void words_of(FILE *out, const char *word, size_t n, const struct command *c)
{
	(void) c;
	(void) fprintf(out, "%.*s ", (int) n, word);
}

static void flags_of(const struct option *table)
{
	for (const struct option *o = table; o && o->name; o++)
		if (o->kind != OPT_REFUSED)
			(void) printf("--%.*s ", (int) strcspn(o->name, "|"), o->name);
}

/* One case per command: its flags.  bash and zsh (through bashcompinit) read the same text. */
static void bash(void)
{
	const struct command *c;

	(void) fputs(
		"# completion of podctl for bash; made by `podctl docs completion bash`\n"
		"_podctl() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} w words=() path flags=\"\"\n"
		"\tfor w in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do [[ $w == -* ]] || words+=(\"$w\"); done\n"
		"\tcase \"${words[0]:-}\" in\n",
		stdout);
	for (const struct command_group *g = command_groups; g->path; g++) {
		(void) printf("\t%s)\n\t\t[ ${#words[@]} -gt 1 ] || { COMPREPLY=($(compgen -W \"", g->path);
		each_command(g->path, words_of, stdout);
		(void) printf("\" -- \"$cur\")); return; }\n\t\tpath=\"%s ${words[1]}\" ;;\n", g->path);
	}
	(void) fputs("\t\"\")\n\t\tCOMPREPLY=($(compgen -W \"", stdout);
	each_command(NULL, words_of, stdout);
	for (const struct command_group *g = command_groups; g->path; g++)
		(void) printf("%s ", g->path);
	flags_of(global_options);
	(void) fputs("\" -- \"$cur\")); return ;;\n\t*) path=${words[0]} ;;\n\tesac\n\tcase \"$path\" in\n",
		stdout);
	for (size_t i = 0; (c = command_at(i)); i++) {
		if (c->flags & CMD_HIDDEN)
			continue;
		(void) fputs("\t", stdout);
		for (const char *p = c->paths; *p;) {
			size_t n = strcspn(p, "|");

			(void) printf("%s\"%.*s\"", p == c->paths ? "" : "|", (int) n, p);
			p += n + (p[n] == '|');
		}
		(void) fputs(") flags=\"", stdout);
		for (size_t k = 0; c->options && c->options[k]; k++)
			flags_of(c->options[k]);
		(void) fputs("\" ;;\n", stdout);
	}
	(void) fputs("\tesac\n\tif [[ $cur == -* ]]; then\n\t\tCOMPREPLY=($(compgen -W \"$flags\" -- "
		     "\"$cur\"))\n\t\treturn\n\tfi\n"
		     "\tcase \"$path\" in\n\t*kube*|import|load|\"image import\"|\"image load\") "
		     "COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
		     "\trun|create|rmi|tag|image*|container\\ run|container\\ create)\n"
		     "\t\tCOMPREPLY=($(compgen -W \"$(podctl images --format '{{.Repository}}:{{.Tag}}' "
		     "2>/dev/null)\" -- \"$cur\")) ;;\n"
		     "\tpod*) COMPREPLY=($(compgen -W \"$(podctl pod ps --format '{{.Name}}' 2>/dev/null)\" "
		     "-- \"$cur\")) ;;\n"
		     "\t*) COMPREPLY=($(compgen -W \"$(podctl ps -a --format '{{.Names}}' 2>/dev/null)\" -- "
		     "\"$cur\")) ;;\n"
		     "\tesac\n}\ncomplete -o default -F _podctl podctl\n",
		stdout);
}

/* Between single quotes fish reads \\ and \'. */
static void fish_text(const char *s)
{
	(void) putchar('\'');
	for (; *s; s++) {
		if (*s == '\'' || *s == '\\')
			(void) putchar('\\');
		(void) putchar(*s);
	}
	(void) putchar('\'');
}

static void fish_word(const char *group, size_t n_group, const char *word, size_t n, const char *summary)
{
	(void) printf("complete -c podctl -f -n '__podctl_at \"%.*s\"' -a '%.*s' -d ", (int) n_group, group,
		(int) n, word);
	fish_text(summary);
	(void) putchar('\n');
}

/* The options of a command, for all its names at once. */
static void fish_options(const struct command *c)
{
	for (size_t k = 0; c->options && c->options[k]; k++)
		for (const struct option *o = c->options[k]; o->name; o++) {
			if (o->kind == OPT_REFUSED)
				continue;
			(void) fputs("complete -c podctl -n '__podctl_in", stdout);
			for (const char *p = c->paths; *p; p += strcspn(p, "|"), p += *p == '|')
				(void) printf(" \"%.*s\"", (int) strcspn(p, "|"), p);
			(void) printf("' -l %.*s", (int) strcspn(o->name, "|"), o->name);
			if (o->letter)
				(void) printf(" -s %c", o->letter);
			if (o->value)
				(void) fputs(" -r", stdout);
			(void) fputs(" -d ", stdout);
			fish_text(o->help);
			(void) putchar('\n');
		}
}

static void fish(void)
{
	const struct command *c;

	(void) fputs("# completion of podctl for fish; made by `podctl docs completion fish`\n"
		     "function __podctl_words\n\tset -l w (commandline -opc)\n\tset -e w[1]\n"
		     "\tstring match -v -- '-*' $w | string join ' '\nend\n"
		     "function __podctl_at\n\ttest (__podctl_words | string collect) = \"$argv[1]\"\nend\n"
		     "function __podctl_in\n\tset -l w (__podctl_words)\n\tfor p in $argv\n"
		     "\t\tstring match -q -- \"$p *\" \"$w \"; and return 0\n\tend\n\treturn 1\nend\n",
		stdout);
	for (const struct command_group *g = command_groups; g->path; g++)
		fish_word("", 0, g->path, strlen(g->path), g->summary);
	for (size_t i = 0; (c = command_at(i)); i++) {
		if (c->flags & CMD_HIDDEN)
			continue;
		for (const char *p = c->paths; *p; p += strcspn(p, "|"), p += *p == '|') {
			size_t n = strcspn(p, "|"), head = strcspn(p, " |");

			if (head == n)
				fish_word("", 0, p, n, c->summary);
			else
				fish_word(p, head, p + head + 1, n - head - 1, c->summary);
		}
		fish_options(c);
	}
}

int docs_completion(const char *shell, struct err *err)
{
	if (!strcmp(shell, "bash")) {
		bash();
	} else if (!strcmp(shell, "zsh")) {
		(void) fputs("#compdef podctl\nautoload -U +X bashcompinit && bashcompinit\n", stdout);
		bash();
	} else if (!strcmp(shell, "fish")) {
		fish();
	} else {
		return err_set(
			err, ERR_INVALID, "no completion for '%s'; there are bash, zsh and fish", shell);
	}
	return 0;
}
