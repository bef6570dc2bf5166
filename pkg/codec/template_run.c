/*
 * template_run.c — evaluation of a parsed template.
 */
#include "pkg/codec/template_tree.h"

#include <ctype.h>
#include <string.h>

#define VARS_MAX 64
#define CALLS_MAX 50 /* {{template}} inside {{template}} */

struct var {
	const char *name;
	json_t *value;
};
struct run {
	struct template *t;
	struct buf *out;
	struct err *err;
	struct var var[VARS_MAX];
	size_t n_var;
	int calls;
};
enum flow { FLOW_ON, FLOW_BREAK, FLOW_CONTINUE };

/* Objects that are maps in podman's Go types: a key that is not there is no mistake. */
static bool is_map(const char *name)
{
	static const char *const maps[] = { "Labels", "Annotations", "Sysctls", "Options", "Ports",
		"Networks", "PortBindings", "labels", "annotations", "Data", "Tmpfs", "Attributes" };

	for (size_t i = 0; name && i < LEN(maps); i++)
		if (!strcmp(maps[i], name))
			return true;
	return false;
}

/* The letters of two names, whatever their case and whether words are divided by '_': "IPv6Enabled", "ipv6_enabled". */
static bool same_letters(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (*a == '_')
			a++;
		while (*b == '_')
			b++;
		if (tolower((unsigned char) *a) != tolower((unsigned char) *b))
			return false;
		if (!*a)
			return true;
	}
}

/* Templates are written with the names of podman's Go fields; its JSON keys differ from them in case, and some more. */
static json_t *field_of(json_t *v, const char *name)
{
	static const char *const others[][2] = { { "CgroupsVersion", "cgroupVersion" },
		{ "DefaultCapabilities", "capabilities" }, { "Healthcheck", "Health" },
		{ "ImageID", "Image" } };
	/* pointers that are nil, and left out of the JSON */
	static const char *const optional[] = { "Healthcheck", "Secrets" };
	json_t *found = json_object_get(v, name), *item;
	const char *key;

	for (size_t i = 0; !found && i < LEN(others); i++)
		if (!strcmp(others[i][0], name))
			found = json_object_get(v, others[i][1]);
	if (found)
		return found;
	json_object_foreach(v, key, item) if (same_letters(key, name)) return item;
	for (size_t i = 0; json_is_object(v) && i < LEN(optional); i++)
		if (!strcmp(optional[i], name))
			return json_null();
	return NULL;
}

/* Follows .A.B from v (stolen). */
static json_t *follow(struct run *r, json_t *v, const struct strs *fields)
{
	for (size_t i = 0; i < fields->n && v; i++) {
		bool map = json_is_object(v) && i > 0 && is_map(fields->v[i - 1]);
		json_t *next = map ? json_object_get(v, fields->v[i]) : field_of(v, fields->v[i]);

		if (!next && !map) {
			(void) err_set(r->err, ERR_INVALID, "template: can't evaluate field %s in %s",
				fields->v[i],
				json_is_object(v)  ? "this object"
				: json_is_null(v)  ? "a nil value"
				: json_is_array(v) ? "a list"
						   : "a plain value");
			json_decref(v);
			return NULL;
		}
		json_incref(next);
		json_decref(v);
		v = next ? next : json_null();
	}
	return v;
}

static struct var *var_find(struct run *r, const char *name)
{
	for (size_t i = r->n_var; i--;)
		if (!strcmp(r->var[i].name, name))
			return &r->var[i];
	return NULL;
}

static int var_push(struct run *r, const char *name, json_t *value)
{
	if (r->n_var == VARS_MAX)
		return err_set(r->err, ERR_INVALID, "template: more than %d variables", VARS_MAX);
	r->var[r->n_var++] = (struct var){ name, json_incref(value) };
	return 0;
}

static void var_pop(struct run *r, size_t to)
{
	while (r->n_var > to)
		json_decref(r->var[--r->n_var].value);
}

static json_t *eval_pipe(struct run *r, const struct tnode *pipe, json_t *dot);

static json_t *eval_operand(struct run *r, const struct tnode *n, json_t *dot)
{
	struct var *v;

	switch (n->kind) {
	case T_DOT:
		return follow(r, json_incref(dot), &n->fields);
	case T_VAR:
		if (!(v = var_find(r, n->text))) {
			(void) err_set(r->err, ERR_INVALID, "template: undefined variable \"%s\"", n->text);
			return NULL;
		}
		return follow(r, json_incref(v->value), &n->fields);
	case T_PAREN:
		return follow(r, eval_pipe(r, n->pipe, dot), &n->fields);
	case T_LITERAL:
		return json_incref(n->value);
	case T_FUNC:
		return template_call(n->text, NULL, 0, r->err);
	default:
		(void) err_set(r->err, ERR_INVALID, "template: not a value");
		return NULL;
	}
}

/* and, or: stop at the first operand that decides. */
static json_t *eval_and_or(struct run *r, const struct tnode *call, json_t *dot, json_t *last, bool is_or)
{
	json_t *v = NULL;

	for (const struct tnode *n = call->list->next; n; n = n->next) {
		json_decref(v);
		if (!(v = eval_operand(r, n, dot)))
			return NULL;
		if (template_truth(v) == is_or)
			return v;
	}
	if (last) {
		json_decref(v);
		v = json_incref(last);
	}
	if (!v)
		(void) err_set(r->err, ERR_INVALID, "template: %s needs an argument", is_or ? "or" : "and");
	return v;
}

/* 'last': value of the command before in the pipeline (borrowed), or NULL. */
static json_t *eval_call(struct run *r, const struct tnode *call, json_t *dot, json_t *last)
{
	const struct tnode *fn = call->list;
	json_t *arg[32], *ret = NULL;
	size_t n = 0;
	bool bad = false;

	if (fn->kind != T_FUNC)
		return eval_operand(r, fn, dot);
	if (!strcmp(fn->text, "and") || !strcmp(fn->text, "or"))
		return eval_and_or(r, call, dot, last, fn->text[0] == 'o');
	for (const struct tnode *o = fn->next; o && !bad; o = o->next) {
		if (n == LEN(arg) - 1)
			bad = err_set(r->err, ERR_INVALID, "template: too many arguments for %s", fn->text) <
			      0;
		else if (!(arg[n] = eval_operand(r, o, dot)))
			bad = true;
		else
			n++;
	}
	if (!bad && last)
		arg[n++] = json_incref(last);
	if (!bad)
		ret = template_call(fn->text, arg, n, r->err);
	while (n)
		json_decref(arg[--n]);
	return ret;
}

static json_t *eval_pipe(struct run *r, const struct tnode *pipe, json_t *dot)
{
	json_t *v = NULL;

	for (const struct tnode *call = pipe->list; call; call = call->next) {
		json_t *next = eval_call(r, call, dot, v);

		json_decref(v);
		if (!(v = next))
			return NULL;
	}
	return v;
}

static int run_list(struct run *r, const struct tnode *n, json_t *dot, enum flow *flow);

static int set_var(struct run *r, const struct tnode *pipe, json_t *v)
{
	struct var *old;

	if (!pipe->assign)
		return var_push(r, pipe->var[0], v);
	if (!(old = var_find(r, pipe->var[0])))
		return err_set(r->err, ERR_INVALID, "template: undefined variable \"%s\"", pipe->var[0]);
	json_decref(old->value);
	old->value = json_incref(v);
	return 0;
}

static int run_branch(struct run *r, const struct tnode *n, json_t *dot, enum flow *flow)
{
	json_t *v = eval_pipe(r, n->pipe, dot);
	size_t vars = r->n_var;
	int rc = v ? 0 : -EINVAL;

	if (rc == 0 && n->pipe->var[0])
		rc = set_var(r, n->pipe, v);
	if (rc == 0 && template_truth(v))
		rc = run_list(r, n->list, n->kind == T_WITH ? v : dot, flow);
	else if (rc == 0)
		rc = run_list(r, n->otherwise, dot, flow);
	var_pop(r, vars);
	json_decref(v);
	return rc;
}

static int run_once(struct run *r, const struct tnode *n, json_t *key, json_t *item, enum flow *flow)
{
	size_t vars = r->n_var;
	const char *const *var = n->pipe->var;
	int rc = 0;

	if (var[1])
		rc = var_push(r, var[0], key);
	if (rc == 0 && var[0])
		rc = var_push(r, var[1] ? var[1] : var[0], item);
	if (rc == 0)
		rc = run_list(r, n->list, item, flow);
	var_pop(r, vars);
	if (*flow == FLOW_CONTINUE)
		*flow = FLOW_ON;
	return rc;
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static int range_map(struct run *r, const struct tnode *n, json_t *v, enum flow *flow)
{
	size_t size = json_object_size(v), i = 0;
	auto_free const char **keys = calloc(size + 1, sizeof *keys);
	const char *key;
	json_t *item;
	int rc = keys ? 0 : err_sys(r->err, ENOMEM, "run the template");

	json_object_foreach(v, key, item) if (keys) keys[i++] = key;
	if (keys)
		qsort(keys, size, sizeof *keys, compare_keys);
	for (i = 0; rc == 0 && i < size && *flow != FLOW_BREAK; i++) {
		json_t *k = json_string(keys[i]);

		rc = run_once(r, n, k, json_object_get(v, keys[i]), flow);
		json_decref(k);
	}
	return rc;
}

static int run_range(struct run *r, const struct tnode *n, json_t *dot, enum flow *flow)
{
	json_t *v = eval_pipe(r, n->pipe, dot);
	enum flow inner = FLOW_ON;
	int rc = v ? 0 : -EINVAL;

	if (!v)
		return rc;
	if (!template_truth(v)) {
		rc = run_list(r, n->otherwise, dot, flow);
	} else if (json_is_object(v)) {
		rc = range_map(r, n, v, &inner);
	} else if (json_is_array(v) || json_is_integer(v)) {
		size_t size = json_is_array(v) ? json_array_size(v) : (size_t) json_integer_value(v);

		for (size_t i = 0; rc == 0 && i < size && inner != FLOW_BREAK; i++) {
			json_t *k = json_integer((json_int_t) i);

			rc = run_once(r, n, k, json_is_array(v) ? json_array_get(v, i) : k, &inner);
			json_decref(k);
			if (buf_failed(r->out))
				break;
		}
	} else {
		rc = err_set(r->err, ERR_INVALID, "template: range can't iterate over this value");
	}
	json_decref(v);
	return rc;
}

static int run_template(struct run *r, const struct tnode *n, json_t *dot, enum flow *flow)
{
	for (const struct tdefine *d = r->t->define; d; d = d->next) {
		json_t *v;
		size_t vars = r->n_var;
		int rc;

		if (strcmp(d->name, n->text) != 0)
			continue;
		if (++r->calls > CALLS_MAX)
			return err_set(
				r->err, ERR_INVALID, "template: \"%s\" calls itself too deeply", n->text);
		v = n->pipe ? eval_pipe(r, n->pipe, dot) : json_null();
		rc = v ? run_list(r, d->body, v, flow) : -EINVAL;
		var_pop(r, vars);
		json_decref(v);
		r->calls--;
		return rc;
	}
	return err_set(r->err, ERR_INVALID, "template: \"%s\" not defined", n->text);
}

/* Fields that are times in podman's Go types: their JSON is "2026-01-02T15:04:05.6Z", printed they are "2026-01-02 15:04:05.6
 * +0000 UTC". */
static bool is_time(const struct tnode *pipe, const json_t *v)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd";
	static const char *const names[] = { "Created", "Started", "Finished", "Start", "End" };
	const struct tnode *of = pipe->list && !pipe->list->next ? pipe->list->list : NULL;
	const char *name, *text = json_string_value(v);
	size_t len = text ? json_string_length(v) : 0, n;
	bool known;

	if (len < sizeof shape || text[len - 1] != 'Z' || !of || of->next || !of->fields.n)
		return false;
	name = of->fields.v[of->fields.n - 1];
	n = strlen(name);
	known = n > 2 && !strcmp(name + n - 2, "At");
	for (size_t i = 0; i < LEN(names); i++)
		known = known || !strcmp(names[i], name);
	for (size_t i = 0; known && shape[i]; i++)
		known = shape[i] == 'd' ? isdigit((unsigned char) text[i]) != 0 : shape[i] == text[i];
	return known;
}

/* As Go's Time.String: fractions without the zeros at their end. */
static void print_time(const char *text, struct buf *b)
{
	size_t n = strlen(text) - 1;

	if (text[19] == '.') {
		while (text[n - 1] == '0')
			n--;
		n -= text[n - 1] == '.';
	}
	(void) buf_printf(b, "%.10s %.*s +0000 UTC", text, (int) (n - 11), text + 11);
}

static int run_action(struct run *r, const struct tnode *n, json_t *dot)
{
	json_t *v = eval_pipe(r, n->pipe, dot);
	int rc = 0;

	if (!v)
		return -EINVAL;
	if (n->pipe->var[0])
		rc = set_var(r, n->pipe, v);
	else if (json_is_null(v))
		(void) buf_puts(r->out, "<no value>");
	else if (!r->t->plain_times && is_time(n->pipe, v))
		print_time(json_string_value(v), r->out);
	else
		template_print(v, r->out);
	json_decref(v);
	return rc;
}

static int run_list(struct run *r, const struct tnode *n, json_t *dot, enum flow *flow)
{
	size_t vars = r->n_var;
	int rc = 0;

	for (; n && rc == 0 && *flow == FLOW_ON; n = n->next) {
		switch (n->kind) {
		case T_TEXT:
			(void) buf_puts(r->out, n->text);
			break;
		case T_ACTION:
			rc = run_action(r, n, dot);
			break;
		case T_IF:
		case T_WITH:
			rc = run_branch(r, n, dot, flow);
			break;
		case T_RANGE:
			rc = run_range(r, n, dot, flow);
			break;
		case T_TEMPLATE:
			rc = run_template(r, n, dot, flow);
			break;
		case T_BREAK:
			*flow = FLOW_BREAK;
			break;
		case T_CONTINUE:
			*flow = FLOW_CONTINUE;
			break;
		default:
			break;
		}
	}
	var_pop(r, vars);
	return rc;
}

void template_plain_times(struct template *t) { t->plain_times = true; }

int template_run(struct template *t, const json_t *dot, struct buf *b, struct err *err)
{
	struct run r = { .t = t, .out = b, .err = err };
	json_t *root = json_incref((json_t *) dot);
	enum flow flow = FLOW_ON;
	int rc = var_push(&r, "$", root);

	if (rc == 0)
		rc = run_list(&r, t->body, root, &flow);
	var_pop(&r, 0);
	json_decref(root);
	if (rc == 0 && buf_failed(b))
		return err_sys(err, -b->error, "run the template");
	return rc;
}
