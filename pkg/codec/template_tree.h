/*
 * template_tree.h — the parsed form of a template; shared by template.c (parser), template_run.c (evaluation) and
 * template_fn.c (functions).
 */
#ifndef PODCTL_CODEC_TEMPLATE_TREE_H
#define PODCTL_CODEC_TEMPLATE_TREE_H

#include "pkg/codec/template.h"
#include <stdbool.h>

#include "pkg/util/arena.h"

enum tnode_kind {
	T_TEXT,
	T_ACTION,
	T_IF,
	T_RANGE,
	T_WITH,
	T_BREAK,
	T_CONTINUE,
	T_TEMPLATE, /* statements */
	T_PIPE,     /* list of T_CALL; var: declared or set */
	T_CALL,     /* list of operands; the first may be T_FUNC */
	T_DOT,
	T_VAR,
	T_FUNC,
	T_LITERAL,
	T_PAREN
};
struct tnode {
	enum tnode_kind kind;
	const char *text;        /* T_TEXT: text; T_VAR, T_FUNC, T_TEMPLATE: name */
	json_t *value;           /* T_LITERAL: owned */
	struct strs fields;      /* operands: .A.B that follow */
	struct tnode *list;      /* statements: body; T_PIPE: calls; T_CALL: operands */
	struct tnode *otherwise; /* T_IF, T_RANGE, T_WITH: else */
	struct tnode *pipe;      /* statements, T_PAREN: what is evaluated */
	const char *var[2];      /* T_PIPE: "$x" of := or =; range: index and element */
	bool assign;             /* "=" instead of ":=" */
	struct tnode *next;
};
struct tdefine {
	const char *name;
	struct tnode *body;
	struct tdefine *next;
};
struct template
{
	struct arena arena;
	struct tnode *body;
	struct tdefine *define;
	bool plain_times;
};

/* template_fn.c: calls function 'name' on n values (borrowed); new reference or NULL with err. */
json_t *template_call(const char *name, json_t *const *arg, size_t n, struct err *err);
bool template_has_function(const char *name);
bool template_truth(const json_t *v);
/* Appends a value as Go prints it with %v. */
void template_print(const json_t *v, struct buf *b);

#endif
