#include "pkg/codec/template_tree.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 100 /* nesting of actions and parentheses */

struct parser {
	struct template *t;
	const char *start, *p;
	bool trim; /* the action just read ended in -}} */
	int depth;
	struct err *err;
};

/* A place as line:column of the template's text. */
static int fault(struct parser *s, const char *what)
{
	int line = 1, col = 1;

	for (const char *q = s->start; q < s->p; q++) {
		col = *q == '\n' ? 1 : col + 1;
		line += *q == '\n';
	}
	return err_set(s->err, ERR_INVALID, "template: %d:%d: %s", line, col, what);
}

static struct tnode *node_new(struct parser *s, enum tnode_kind kind)
{
	struct tnode *n = arena_alloc(&s->t->arena, sizeof *n);

	if (!n)
		(void) err_sys(s->err, ENOMEM, "read the template");
	else
		n->kind = kind;
	return n;
}

static void skip_space(struct parser *s)
{
	while (*s->p && isspace((unsigned char) *s->p))
		s->p++;
}

static bool at_close(const struct parser *s) { return !strncmp(s->p, "}}", 2) || !strncmp(s->p, "-}}", 3); }

static int close_action(struct parser *s)
{
	skip_space(s);
	s->trim = *s->p == '-';
	if (s->trim)
		s->p++;
	if (strncmp(s->p, "}}", 2) != 0)
		return fault(s, *s->p ? "unexpected text in action" : "unclosed action");
	s->p += 2;
	return 0;
}

static size_t word_len(const char *p)
{
	size_t n = 0;

	while (isalnum((unsigned char) p[n]) || p[n] == '_')
		n++;
	return n;
}

static const char *take_word(struct parser *s, size_t n)
{
	const char *w = arena_strndup(&s->t->arena, s->p, n);

	s->p += n;
	return w ? w : "";
}

static bool word_is(struct parser *s, const char *word)
{
	size_t n = word_len(s->p);

	if (n != strlen(word) || strncmp(s->p, word, n) != 0)
		return false;
	s->p += n;
	return true;
}

/* ---- operands ----------------------------------------------------------------------------------------------------- */

static char unescape_char(char c)
{
	static const char from[] = "ntr\\\"'0", to[] = "\n\t\r\\\"'\0";
	const char *at = strchr(from, c);

	return at && c ? to[at - from] : c;
}

/* "text" and `raw`; 'c' is the number of its character. */
static int parse_quoted(struct parser *s, json_t **ret)
{
	char quote = *s->p++;
	auto_buf struct buf b = BUF_INIT(64 * 1024);

	while (*s->p && *s->p != quote) {
		if (*s->p == '\\' && quote != '`' && s->p[1]) {
			(void) buf_putc(&b, unescape_char(s->p[1]));
			s->p += 2;
		} else {
			(void) buf_putc(&b, *s->p++);
		}
	}
	if (!*s->p)
		return fault(s, "unterminated string");
	s->p++;
	if (quote == '\'' && b.len != 1)
		return fault(s, "a character constant holds one character");
	*ret = quote == '\'' ? json_integer((unsigned char) b.data[0])
			     : json_stringn(b.data ? b.data : "", b.len);
	return *ret ? 0 : fault(s, "a string that is not UTF-8");
}

static int parse_number(struct parser *s, json_t **ret)
{
	char *end;
	size_t n = strcspn(s->p, " \t\n|)}");
	bool real = memchr(s->p, '.', n) != NULL;

	*ret = real ? json_real(strtod(s->p, &end)) : json_integer(strtoll(s->p, &end, 0));
	if (end != s->p + n && !(*end == '-' && end[1] == '}')) {
		json_decref(*ret);
		*ret = NULL;
		return fault(s, "bad number syntax");
	}
	s->p = end;
	return 0;
}

static int parse_pipe(struct parser *s, struct tnode **ret);

static int parse_word(struct parser *s, struct tnode *n)
{
	static const char *const constants[] = { "true", "false", "nil" };
	size_t len = word_len(s->p);

	for (size_t i = 0; i < LEN(constants); i++) {
		if (word_is(s, constants[i])) {
			n->kind = T_LITERAL;
			n->value = i == 0 ? json_true() : i == 1 ? json_false() : json_null();
			return 0;
		}
	}
	n->kind = T_FUNC;
	n->text = take_word(s, len);
	if (!template_has_function(n->text)) {
		char text[128];

		(void) snprintf(text, sizeof text, "function \"%.60s\" not defined", n->text);
		return fault(s, text);
	}
	return 0;
}

static int parse_fields(struct parser *s, struct tnode *n)
{
	while (*s->p == '.') {
		size_t len = word_len(s->p + 1);
		const char *field;

		if (len == 0) {
			if (n->kind == T_DOT && n->fields.n == 0) {
				s->p++;
				return 0;
			}
			return fault(s, "expected a field name after '.'");
		}
		s->p++;
		field = take_word(s, len);
		if (strs_add(&n->fields, &s->t->arena, field) < 0)
			return err_sys(s->err, ENOMEM, "read the template");
	}
	return 0;
}

static int parse_operand(struct parser *s, struct tnode **ret)
{
	struct tnode *n = node_new(s, T_DOT);
	int rc = 0;

	if (!n)
		return -ENOMEM;
	*ret = n;
	if (*s->p == '.') {
		if (isdigit((unsigned char) s->p[1]))
			return fault(s, "expected a field name after '.'");
	} else if (*s->p == '$') {
		n->kind = T_VAR;
		n->text = take_word(s, 1 + word_len(s->p + 1));
	} else if (*s->p == '(') {
		n->kind = T_PAREN;
		s->p++;
		if (++s->depth > DEPTH_MAX)
			return fault(s, "nested too deeply");
		if ((rc = parse_pipe(s, &n->pipe)) < 0)
			return rc;
		s->depth--;
		skip_space(s);
		if (*s->p != ')')
			return fault(s, "unclosed left paren");
		s->p++;
	} else if (*s->p == '"' || *s->p == '`' || *s->p == '\'') {
		n->kind = T_LITERAL;
		rc = parse_quoted(s, &n->value);
	} else if (isdigit((unsigned char) *s->p) ||
		   ((*s->p == '-' || *s->p == '+') && isdigit((unsigned char) s->p[1]))) {
		n->kind = T_LITERAL;
		rc = parse_number(s, &n->value);
	} else if (word_len(s->p) > 0) {
		rc = parse_word(s, n);
	} else {
		return fault(s, *s->p ? "unexpected character in operand" : "unclosed action");
	}
	return rc < 0 ? rc : parse_fields(s, n);
}

/* One command: operands up to '|', ')' or the action's end. */
static int parse_call(struct parser *s, struct tnode **ret)
{
	struct tnode *call = node_new(s, T_CALL), **tail;
	int rc;

	if (!call)
		return -ENOMEM;
	*ret = call; /* linked at once: what failed is freed with the rest */
	tail = &call->list;
	for (;;) {
		skip_space(s);
		if (*s->p == '|' || *s->p == ')' || at_close(s))
			break;
		if ((rc = parse_operand(s, tail)) < 0)
			return rc;
		tail = &(*tail)->next;
	}
	if (!call->list)
		return fault(s, "missing value for command");
	if (call->list->next && call->list->kind != T_FUNC)
		return fault(s, "can't give argument to non-function");
	return 0;
}

/* "$x := ", "$i, $v := ", "$x = " before a pipeline; nothing is taken when there is none. */
static void parse_declaration(struct parser *s, struct tnode *pipe)
{
	const char *from = s->p;
	const char *var[2] = { NULL, NULL };

	for (int i = 0; i < 2 && *s->p == '$'; i++) {
		var[i] = take_word(s, 1 + word_len(s->p + 1));
		skip_space(s);
		if (*s->p != ',')
			break;
		s->p++;
		skip_space(s);
	}
	if (var[0] && (!strncmp(s->p, ":=", 2) || (*s->p == '=' && s->p[1] != '='))) {
		pipe->assign = *s->p == '=';
		s->p += pipe->assign ? 1 : 2;
		pipe->var[0] = var[0];
		pipe->var[1] = var[1];
		return;
	}
	s->p = from;
}

static int parse_pipe(struct parser *s, struct tnode **ret)
{
	struct tnode *pipe = node_new(s, T_PIPE), **tail;
	int rc;

	if (!pipe)
		return -ENOMEM;
	*ret = pipe;
	skip_space(s);
	parse_declaration(s, pipe);
	tail = &pipe->list;
	for (;;) {
		if ((rc = parse_call(s, tail)) < 0)
			return rc;
		if (tail != &pipe->list && (*tail)->list->kind != T_FUNC)
			return fault(s, "non executable command in pipeline");
		tail = &(*tail)->next;
		if (*s->p != '|')
			break;
		s->p++;
	}
	return 0;
}

/* ---- statements --------------------------------------------------------------------------------------------------- */

enum stop { STOP_EOF, STOP_END, STOP_ELSE };
static int parse_list(struct parser *s, struct tnode **ret, enum stop *stop);

/* The body of if, range, with: up to {{end}}, through {{else}} and {{else if}}. */
static int parse_block(struct parser *s, struct tnode *n)
{
	enum stop stop;
	int rc;

	if (++s->depth > DEPTH_MAX)
		return fault(s, "nested too deeply");
	if ((rc = parse_pipe(s, &n->pipe)) < 0 || (rc = close_action(s)) < 0 ||
		(rc = parse_list(s, &n->list, &stop)) < 0)
		return rc;
	if (stop == STOP_ELSE) {
		struct tnode *chained = NULL;

		skip_space(s);
		if (word_is(s, "if"))
			chained = node_new(s, T_IF);
		else if (word_is(s, "with"))
			chained = node_new(s, T_WITH);
		if (chained) {
			n->otherwise = chained;
			rc = parse_block(s, chained); /* takes the one {{end}} */
			s->depth--;
			return rc;
		}
		if ((rc = close_action(s)) < 0 || (rc = parse_list(s, &n->otherwise, &stop)) < 0)
			return rc;
	}
	s->depth--;
	if (stop != STOP_END)
		return fault(
			s, stop == STOP_EOF ? "unexpected EOF: {{end}} is missing" : "unexpected {{else}}");
	return close_action(s);
}

static int parse_name(struct parser *s, const char **ret)
{
	json_t *v = NULL;
	int rc;

	skip_space(s);
	if (*s->p != '"' && *s->p != '`')
		return fault(s, "expected a quoted template name");
	if ((rc = parse_quoted(s, &v)) < 0)
		return rc;
	*ret = arena_strdup(&s->t->arena, json_string_value(v));
	json_decref(v);
	return *ret ? 0 : err_sys(s->err, ENOMEM, "read the template");
}

static int parse_define(struct parser *s, const char **ret_name, struct tnode **ret_pipe)
{
	struct tdefine *d = arena_alloc(&s->t->arena, sizeof *d);
	enum stop stop;
	int rc;

	if (!d)
		return err_sys(s->err, ENOMEM, "read the template");
	if ((rc = parse_name(s, &d->name)) < 0)
		return rc;
	*ret_name = d->name;
	d->next = s->t->define;
	s->t->define = d;
	if (ret_pipe && (rc = parse_pipe(s, ret_pipe)) < 0)
		return rc;
	if ((rc = close_action(s)) < 0 || (rc = parse_list(s, &d->body, &stop)) < 0)
		return rc;
	if (stop != STOP_END)
		return fault(s, "unexpected EOF: {{end}} is missing");
	return close_action(s);
}

static int parse_template(struct parser *s, struct tnode *n)
{
	int rc = parse_name(s, &n->text);

	if (rc < 0)
		return rc;
	skip_space(s);
	if (!at_close(s) && (rc = parse_pipe(s, &n->pipe)) < 0)
		return rc;
	return close_action(s);
}

/* One {{...}} after its opening.  *ret NULL: nothing to run (comment, define, end, else). */
static int parse_action(struct parser *s, struct tnode **ret, enum stop *stop, bool *done)
{
	static const struct {
		const char *word;
		enum tnode_kind kind;
	} blocks[] = {
		{ "if", T_IF },
		{ "range", T_RANGE },
		{ "with", T_WITH },
	};
	struct tnode *n = node_new(s, T_ACTION);
	const char *name;

	if (!n)
		return -ENOMEM;
	skip_space(s);
	if (!strncmp(s->p, "/*", 2)) {
		const char *end = strstr(s->p, "*/");

		if (!end)
			return fault(s, "unclosed comment");
		s->p = end + 2;
		return close_action(s);
	}
	if (word_is(s, "end")) {
		*stop = STOP_END;
		*done = true;
		return 0;
	}
	if (word_is(s, "else")) {
		*stop = STOP_ELSE;
		*done = true;
		return 0;
	}
	if (word_is(s, "define"))
		return parse_define(s, &name, NULL);
	*ret = n;
	for (size_t i = 0; i < LEN(blocks); i++) {
		if (word_is(s, blocks[i].word)) {
			n->kind = blocks[i].kind;
			return parse_block(s, n);
		}
	}
	if (word_is(s, "template")) {
		n->kind = T_TEMPLATE;
		return parse_template(s, n);
	}
	if (word_is(s, "block")) {
		n->kind = T_TEMPLATE;
		return parse_define(s, &n->text, &n->pipe);
	}
	if (word_is(s, "break") || word_is(s, "continue")) {
		n->kind = s->p[-1] == 'k' ? T_BREAK : T_CONTINUE;
		return close_action(s);
	}
	int rc = parse_pipe(s, &n->pipe);

	return rc < 0 ? rc : close_action(s);
}

static int add_text(struct parser *s, const char *from, const char *to, bool trim_end, struct tnode ***tail)
{
	struct tnode *n;

	if (s->trim)
		while (from < to && isspace((unsigned char) *from))
			from++;
	s->trim = false;
	if (trim_end)
		while (to > from && isspace((unsigned char) to[-1]))
			to--;
	if (from == to)
		return 0;
	if (!(n = node_new(s, T_TEXT)))
		return -ENOMEM;
	n->text = arena_strndup(&s->t->arena, from, (size_t) (to - from));
	**tail = n;
	*tail = &n->next;
	return n->text ? 0 : err_sys(s->err, ENOMEM, "read the template");
}

/* Statements up to the end of text, or an {{end}} or {{else}} whose word has been read. */
static int parse_list(struct parser *s, struct tnode **ret, enum stop *stop)
{
	struct tnode **tail = ret;
	int rc;

	for (;;) {
		const char *open = strstr(s->p, "{{");
		bool trim_end = open && open[2] == '-' && isspace((unsigned char) open[3]), done = false;

		if ((rc = add_text(s, s->p, open ? open : s->p + strlen(s->p), trim_end, &tail)) < 0)
			return rc;
		if (!open) {
			s->p += strlen(s->p);
			*stop = STOP_EOF;
			return 0;
		}
		s->p = open + (trim_end ? 3 : 2);
		if ((rc = parse_action(s, tail, stop, &done)) < 0 || done)
			return rc;
		if (*tail)
			tail = &(*tail)->next;
	}
}

int template_parse(const char *text, struct template **ret, struct err *err)
{
	struct template *t = calloc(1, sizeof *t);
	struct parser s = { .t = t, .start = text, .p = text, .err = err };
	enum stop stop = STOP_EOF;
	int rc;

	if (!t)
		return err_sys(err, ENOMEM, "read the template");
	rc = parse_list(&s, &t->body, &stop);
	if (rc == 0 && stop != STOP_EOF)
		rc = fault(&s, stop == STOP_END ? "unexpected {{end}}" : "unexpected {{else}}");
	if (rc < 0) {
		template_free(t);
		return rc;
	}
	*ret = t;
	return 0;
}

static void drop_values(struct tnode *n)
{
	for (; n; n = n->next) {
		json_decref(n->value);
		drop_values(n->list);
		drop_values(n->otherwise);
		drop_values(n->pipe);
	}
}

void template_free(struct template *t)
{
	if (!t)
		return;
	drop_values(t->body);
	for (struct tdefine *d = t->define; d; d = d->next)
		drop_values(d->body);
	arena_done(&t->arena);
	free(t);
}

void template_unescape(const char *text, struct buf *b)
{
	for (; *text; text++) {
		if (*text == '\\' && (text[1] == 't' || text[1] == 'n' || text[1] == '\\'))
			(void) buf_putc(b, unescape_char(*++text));
		else
			(void) buf_putc(b, *text);
	}
}
