#include "pkg/image/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/image/registries.h"
#include "pkg/util/io.h"
#include "pkg/util/limits.h"

#define POLICY_MAX (1 * MiB)
#define SCOPE_TEXT 4500

/* ---- the document is strict --------------------------------------------------------------------------------------------- */

static int keys_check(const json_t *v, const char *const *keys, const char *what, struct err *err)
{
	const char *key;
	json_t *value;

	if (!json_is_object(v))
		return err_set(err, ERR_INVALID, "%s: expected an object", what);
	json_object_foreach((json_t *) v, key, value)
	{
		size_t i = 0;

		while (keys[i] && strcmp(keys[i], key) != 0)
			i++;
		if (!keys[i])
			return err_set(err, ERR_INVALID, "%s: unknown key \"%.60s\"", what, key);
	}
	return 0;
}

static int requirements_check(const json_t *list, const char *what, struct err *err)
{
	static const struct {
		const char *type;
		const char *keys[12];
	} known[] = {
		{ "insecureAcceptAnything", { "type" } },
		{ "reject", { "type" } },
		{ "signedBy", { "type", "keyType", "keyPath", "keyPaths", "keyData", "signedIdentity" } },
		{ "signedBaseLayer", { "type", "baseLayerIdentity" } },
		{ "sigstoreSigned", { "type", "keyPath", "keyPaths", "keyData", "keyDatas", "fulcio", "pki",
					    "rekorPublicKeyPath", "rekorPublicKeyPaths", "rekorPublicKeyData",
					    "signedIdentity" } },
	};

	if (!json_is_array(list) || !json_array_size(list))
		return err_set(err, ERR_INVALID, "%s: expected a list with at least one requirement", what);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *r = json_array_get(list, i);
		const char *type = json_string_value(json_object_get(r, "type"));
		size_t k = 0;
		int rc;

		while (k < LEN(known) && (!type || strcmp(type, known[k].type) != 0))
			k++;
		if (k == LEN(known))
			return err_set(err, ERR_INVALID, "%s: unknown policy requirement type \"%.60s\"",
				what, type ? type : "");
		if ((rc = keys_check(r, known[k].keys, what, err)) < 0)
			return rc;
	}
	return 0;
}

static int document_check(const json_t *doc, struct err *err)
{
	static const char *const top[] = { "default", "transports", NULL };
	const json_t *transports = json_object_get(doc, "transports"), *scopes, *list;
	const char *transport, *scope;
	char what[200];
	int rc;

	if ((rc = keys_check(doc, top, "policy", err)) < 0)
		return rc;
	if (!json_object_get(doc, "default"))
		return err_set(err, ERR_INVALID, "the default policy is missing");
	if ((rc = requirements_check(json_object_get(doc, "default"), "default", err)) < 0)
		return rc;
	if (transports && !json_is_object(transports))
		return err_set(err, ERR_INVALID, "transports: expected an object");
	json_object_foreach((json_t *) (transports ? transports : doc), transport, scopes)
	{
		if (!transports)
			break;
		if (!json_is_object(scopes))
			return err_set(err, ERR_INVALID, "transports.%.60s: expected an object", transport);
		json_object_foreach((json_t *) scopes, scope, list)
		{
			(void) snprintf(what, sizeof what, "transports.%.60s.\"%.100s\"", transport, scope);
			if ((rc = requirements_check(list, what, err)) < 0)
				return rc;
		}
	}
	return 0;
}

/* ---- which of them counts -------------------------------------------------------------------------------------------------- */

/* The most specific scope: the whole name, without tag, its namespaces upwards, the host, *.domain upwards, "". */
static const json_t *scope_find(const json_t *scopes, const char *transport, const char *identity)
{
	bool docker = strcmp(transport, "docker") == 0, tagged = docker || strncmp(transport, "oci", 3) == 0;
	char at[SCOPE_TEXT];
	const json_t *found;
	char *cut, *dot;

	(void) snprintf(at, sizeof at, "%s", identity);
	for (;;) {
		if ((found = json_object_get(scopes, at)))
			return found;
		if ((docker && (cut = strrchr(at, '@'))) ||
			(tagged && (cut = strrchr(at, ':')) && !strchr(cut, '/') && strchr(at, '/')))
			*cut = '\0';
		else if ((cut = strrchr(at, '/')) && cut != at)
			*cut = '\0';
		else
			break;
	}
	if (docker) {
		char host[SCOPE_TEXT + 2];

		for (dot = strchr(at, '.'); dot; dot = strchr(dot + 1, '.')) {
			(void) snprintf(host, sizeof host, "*%s", dot);
			if ((found = json_object_get(scopes, host)))
				return found;
		}
	} else if ((found = json_object_get(scopes, "/"))) {
		return found;
	}
	return json_object_get(scopes, "");
}

int policy_decide(const json_t *doc, const char *transport, const char *identity, struct err *err)
{
	const json_t *list;
	int rc;

	if ((rc = document_check(doc, err)) < 0)
		return rc;
	list = scope_find(
		json_object_get(json_object_get(doc, "transports"), transport), transport, identity);
	if (!list)
		list = json_object_get(doc, "default");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *type = json_string_value(json_object_get(json_array_get(list, i), "type"));

		if (strcmp(type, "reject") == 0)
			return err_set(err, ERR_DENIED,
				"Source image rejected: Running image %s:%s%s is rejected by policy.",
				transport, strcmp(transport, "docker") == 0 ? "//" : "", identity);
		if (strcmp(type, "insecureAcceptAnything") != 0)
			return err_set(err, ERR_DENIED,
				"Source image rejected: the policy wants signatures (%s) of %s:%s%s, which "
				"podctl does "
				"not check; give it a scope with insecureAcceptAnything, or verify and copy "
				"it with "
				"skopeo",
				type, transport, strcmp(transport, "docker") == 0 ? "//" : "", identity);
	}
	return 0;
}

/* 1: *ret is it, 0: there is no such file. */
static int file_load(const char *path, bool must_exist, json_t **ret, struct err *err)
{
	auto_buf struct buf b = BUF_INIT(POLICY_MAX);
	int rc = file_read(AT_FDCWD, path, PATH_IN_STATE, &b);
	json_error_t why;
	json_t *doc;

	if ((rc == -ENOENT || rc == -ENOTDIR) && !must_exist)
		return 0;
	if (rc < 0)
		return err_sys(err, -rc, "read '%s'", path);
	if (!(doc = json_loadb(b.data ? b.data : "", b.len, JSON_REJECT_DUPLICATES, &why)))
		return err_set(err, ERR_INVALID, "%s:%d:%d: %s", path, why.line, why.column, why.text);
	if ((rc = document_check(doc, err)) < 0) {
		json_decref(doc);
		return err_wrap(err, "%s", path);
	}
	*ret = doc;
	return 1;
}

int policy_load(struct engine *e, const char *path, json_t **ret, struct err *err)
{
	char own[4200], at[4300];
	int rc;

	*ret = NULL;
	if (path) {
		rc = file_load(path, true, ret, err);
		return rc < 0 ? rc : 0;
	}
	containers_config_dir(e, own);
	if (own[0]) {
		(void) snprintf(at, sizeof at, "%s/policy.json", own);
		if ((rc = file_load(at, false, ret, err)) != 0)
			return rc < 0 ? rc : 0;
	}
	rc = file_load("/etc/containers/policy.json", false, ret, err);
	return rc < 0 ? rc : 0;
}

int policy_check(struct engine *e, const struct registry_options *o, const char *transport,
	const char *identity, struct err *err)
{
	json_t *doc;
	int rc = policy_load(e, o ? o->signature_policy : NULL, &doc, err);

	if (rc < 0 || !doc)
		return rc;
	rc = policy_decide(doc, transport, identity, err);
	json_decref(doc);
	return rc;
}

int policy_check_path(struct engine *e, const struct registry_options *o, const char *transport,
	const char *path, struct err *err)
{
	char whole[PATH_MAX];

	/* the scope is a real path: a link must not lead round a rule */
	return policy_check(e, o, transport, path && realpath(path, whole) ? whole : path ? path : "", err);
}
