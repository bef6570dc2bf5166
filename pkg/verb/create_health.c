/*
 * create_health.c — --health-cmd and what belongs to it.  Pure; an image's HEALTHCHECK is merged with it by container_resolve.
 */
#include "pkg/verb/create.h"

#include <string.h>
#include <strings.h>

#include "pkg/util/text.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "read the options of the health check"); }

/* As podman reads it: a JSON list is a command, other text a shell's; both may begin with CMD, CMD-SHELL or NONE. */
static int test_of(const char *text, struct strs *ret, struct arena *a, struct err *err)
{
	json_t *list = *text == '[' ? json_loads(text, 0, NULL) : NULL, *item;
	size_t i;
	int rc = 0;

	if (!*text || (list && !json_array_size(list))) {
		json_decref(list);
		return err_set(err, ERR_INVALID,
			"--health-cmd: must define a healthcheck command for all healthchecks");
	}
	if (!list) {
		if (strcasecmp(text, "none") == 0)
			rc = strs_add(ret, a, "NONE");
		else if (strncmp(text, "CMD-SHELL ", 10) == 0)
			rc = strs_add(ret, a, "CMD-SHELL") |
			     strs_add(ret, a, text + 10 + strspn(text + 10, " "));
		else if (strncmp(text, "CMD ", 4) == 0) {
			char *words = arena_strdup(a, text + 4), *save = NULL;

			rc = words ? strs_add(ret, a, "CMD") : -ENOMEM;
			for (char *w = words ? strtok_r(words, " ", &save) : NULL; w && rc == 0;
				w = strtok_r(NULL, " ", &save))
				rc = strs_add(ret, a, w);
		} else
			rc = strs_add(ret, a, "CMD-SHELL") | strs_add(ret, a, text);
		return rc ? no_memory(err) : 0;
	}
	item = json_array_get(list, 0);
	if (json_is_string(item) && strcmp(json_string_value(item), "CMD") != 0 &&
		strcmp(json_string_value(item), "CMD-SHELL") != 0 &&
		strcasecmp(json_string_value(item), "NONE") != 0)
		rc = strs_add(ret, a, json_array_size(list) > 1 ? "CMD" : "CMD-SHELL");
	json_array_foreach(list, i, item)
	{
		if (!json_is_string(item)) {
			json_decref(list);
			return err_set(
				err, ERR_INVALID, "--health-cmd %s: expected a JSON list of strings", text);
		}
		rc |= strs_add(ret, a, json_string_value(item));
	}
	json_decref(list);
	return rc ? no_memory(err) : 0;
}

static int duration(const char *flag, const char *text, uint64_t min_us, struct opt_i64 *ret, struct err *err)
{
	uint64_t us;

	if (!text)
		return 0;
	if (duration_parse(text, &us) < 0)
		return err_set(
			err, ERR_INVALID, "--%s %s: expected a time such as 30s, 1m30s or 500ms", flag, text);
	if (us < min_us)
		return err_set(err, ERR_INVALID, "--%s %s: must be at least 1 second", flag, text);
	ret->set = true;
	ret->v = (int64_t) us;
	return 0;
}

int create_health(const struct create_request *r, struct container_spec *c, struct arena *a, struct err *err)
{
	struct health_spec *h;
	int rc;

	if (r->no_healthcheck && r->health_cmd)
		return err_set(err, ERR_INVALID, "cannot specify both --no-healthcheck and --health-cmd");
	if (!r->no_healthcheck && !r->health_cmd && !r->health_interval && !r->health_timeout &&
		!r->health_start_period && !r->health_retries.set && !r->health_on_failure)
		return 0;
	if (!(h = arena_alloc(a, sizeof *h)))
		return no_memory(err);
	c->health = h;
	if (r->no_healthcheck)
		return strs_add(&h->test, a, "NONE") < 0 ? no_memory(err) : 0;
	if (r->health_cmd && (rc = test_of(r->health_cmd, &h->test, a, err)) < 0)
		return rc;
	if (r->health_interval && strcmp(r->health_interval, "disable") == 0)
		h->interval.set = true;
	else if ((rc = duration("health-interval", r->health_interval, 0, &h->interval, err)) < 0)
		return rc;
	if ((rc = duration("health-timeout", r->health_timeout, 1000000, &h->timeout, err)) < 0 ||
		(rc = duration("health-start-period", r->health_start_period, 0, &h->start_period, err)) < 0)
		return rc;
	if (r->health_retries.set && r->health_retries.v < 1)
		return err_set(err, ERR_INVALID, "--health-retries: must be greater than 0");
	h->retries = r->health_retries;
	for (int i = 0; r->health_on_failure; i++) {
		if (!health_action_names[i])
			return err_set(err, ERR_INVALID,
				"--health-on-failure: \"%s\" is no action; there are none, kill, restart and "
				"stop",
				r->health_on_failure);
		if (strcmp(health_action_names[i], r->health_on_failure) == 0) {
			h->action = i;
			break;
		}
	}
	return 0;
}
