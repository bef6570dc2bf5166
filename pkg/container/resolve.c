#include "pkg/container/resolve.h"

#include <string.h>
#include <strings.h>

#include "pkg/util/limits.h"

static int no_memory(struct err *err) { return err_sys(err, ENOMEM, "resolve container"); }

const char *env_get(const struct strs *env, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->v[i], key, len) == 0 && env->v[i][len] == '=')
			return env->v[i] + len + 1;
	return NULL;
}

int env_set(struct strs *env, struct arena *a, const char *key, const char *value)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->v[i], key, len) == 0 && env->v[i][len] == '=') {
			char *text = arena_printf(a, "%s=%s", key, value);

			if (!text)
				return -ENOMEM;
			env->v[i] = text;
			return 0;
		}
	return strs_addf(env, a, "%s=%s", key, value);
}

/* "K=V" as images and configuration have it; a word without '=' is a name without a value and sets nothing. */
static int env_set_text(struct strs *env, struct arena *a, const char *text)
{
	const char *eq = strchr(text, '=');
	char *key;

	if (!eq || eq == text)
		return 0;
	if (!(key = arena_strndup(a, text, (size_t) (eq - text))))
		return -ENOMEM;
	return env_set(env, a, key, eq + 1);
}

static int resolve_argv(
	const struct image_config *img, struct container_spec *spec, struct arena *a, struct err *err)
{
	struct strs argv = { 0 };
	bool no_cmd = spec->entrypoint_set || !img;

	if ((spec->entrypoint_set ? strs_add_all(&argv, a, &spec->entrypoint)
		    : img         ? strs_add_all(&argv, a, &img->entrypoint)
				  : 0) < 0)
		return no_memory(err);
	if ((spec->command_set || spec->command.n ? strs_add_all(&argv, a, &spec->command)
		    : no_cmd                      ? 0
						  : strs_add_all(&argv, a, &img->cmd)) < 0)
		return no_memory(err);
	if (!argv.n)
		return err_set(err, ERR_INVALID,
			"no command specified: %s; give one after the image, or set --entrypoint",
			img ? "the image has neither ENTRYPOINT nor CMD"
			    : "a root file system has no default");
	if (!*argv.v[0])
		return err_set(err, ERR_INVALID, "the command is an empty string");
	spec->argv = argv;
	return 0;
}

/* Whether a variable of the engine or the image is wanted. */
static bool is_wanted(const struct container_spec *spec, const char *text)
{
	size_t n = strcspn(text, "=");

	if (spec->unsetenv_all)
		return false;
	for (size_t i = 0; i < spec->unsetenv.n; i++)
		if (strlen(spec->unsetenv.v[i]) == n && strncmp(spec->unsetenv.v[i], text, n) == 0)
			return false;
	return true;
}

/* "$NAME" and "${NAME}" become what env has of that name, or nothing. */
static char *expand(const struct strs *env, const char *text, struct arena *a)
{
	auto_buf struct buf b = BUF_INIT(ENV_FILE_MAX);

	while (*text) {
		const char *name = text + 1 + (text[0] == '$' && text[1] == '{'), *value;
		size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
		char *key;

		if (*text != '$' || !n || (text[1] == '{' && name[n] != '}')) {
			(void) buf_putc(&b, *text++);
			continue;
		}
		if (!(key = arena_strndup(a, name, n)))
			return NULL;
		if ((value = env_get(env, key)))
			(void) buf_puts(&b, value);
		text = name + n + (text[1] == '{');
	}
	return buf_failed(&b) ? NULL : arena_strdup(a, b.data ? b.data : "");
}

/* Order, the last wins: engine's defaults, image, what the spec has already, what was asked. */
static int resolve_env(const struct engine *e, const struct image_config *img, struct container_spec *spec,
	struct arena *a, struct err *err)
{
	struct strs env = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < e->config.env.n; i++)
		if (is_wanted(spec, e->config.env.v[i]))
			rc = env_set_text(&env, a, e->config.env.v[i]);
	if (rc == 0 && spec->terminal && !env_get(&env, "TERM") && is_wanted(spec, "TERM"))
		rc = env_set(&env, a, "TERM", "xterm");
	if (rc == 0 && is_wanted(spec, "container"))
		rc = env_set(&env, a, "container", "podctl");
	for (size_t i = 0; rc == 0 && img && i < img->env.n; i++)
		if (is_wanted(spec, img->env.v[i]))
			rc = env_set_text(&env, a, img->env.v[i]);
	for (size_t i = 0; rc == 0 && i < spec->env.n; i++)
		rc = env_set_text(&env, a, spec->env.v[i]);
	for (size_t i = 0; rc == 0 && i < spec->env_asked.n; i++)
		rc = env_set(&env, a, spec->env_asked.v[i].key, spec->env_asked.v[i].value);
	for (size_t i = 0; rc == 0 && i < spec->env_merge.n; i++) {
		char *value = expand(&env, spec->env_merge.v[i].value, a);

		rc = value ? env_set(&env, a, spec->env_merge.v[i].key, value) : -ENOMEM;
	}
	if (rc < 0)
		return no_memory(err);
	spec->env = env;
	return 0;
}

#define HEALTH_INTERVAL_US 30000000
#define HEALTH_TIMEOUT_US 30000000
#define HEALTH_RETRIES 3

static void opt_default(struct opt_i64 *v, int64_t of_image, int64_t otherwise)
{
	if (!v->set)
		v->v = of_image > 0 ? of_image : otherwise;
	v->set = true;
}

static int health_argv(const struct strs *test, struct strs *argv, struct arena *a)
{
	bool shell = strcmp(test->v[0], "CMD-SHELL") == 0;
	int rc = shell ? strs_add(argv, a, "/bin/sh") | strs_add(argv, a, "-c") : 0;

	for (size_t i = 1; rc == 0 && i < test->n; i++)
		rc = strs_add(argv, a, test->v[i]);
	return rc;
}

/* What was asked of a health check above what the image has of one; an image's is run too when nothing was asked. */
static int resolve_health(
	const struct image_config *img, struct container_spec *spec, struct arena *a, struct err *err)
{
	static const struct image_health none;
	const struct image_health *h = img && img->health.test.n ? &img->health : &none;
	struct health_spec *s = spec->health;
	struct probe *p;

	if (spec->kube_restart || (!s && !h->test.n))
		return 0; /* Kubernetes does not know an image's */
	if (!s && !(s = spec->health = arena_alloc(a, sizeof *s)))
		return no_memory(err);
	if (s->test.n)
		h = &none;
	else if (h->test.n && strs_add_all(&s->test, a, &h->test) < 0)
		return no_memory(err);
	opt_default(&s->interval, h->interval_ns / 1000, HEALTH_INTERVAL_US);
	opt_default(&s->timeout, h->timeout_ns / 1000, HEALTH_TIMEOUT_US);
	opt_default(&s->start_period, h->start_period_ns / 1000, 0);
	opt_default(&s->retries, h->retries, HEALTH_RETRIES);
	if (s->test.n < 2 || strcasecmp(s->test.v[0], "NONE") == 0)
		return 0;
	if ((!spec->care && !(spec->care = arena_alloc(a, sizeof *spec->care))) ||
		!(p = arena_alloc(a, sizeof *p)) || health_argv(&s->test, &p->handler.argv, a) < 0)
		return no_memory(err);
	p->handler.type = HANDLER_EXEC;
	p->delay_us = (uint64_t) s->start_period.v;
	p->period_us = (uint64_t) s->interval.v;
	p->timeout_us = (uint64_t) s->timeout.v;
	p->failure = (uint32_t) s->retries.v;
	p->success = 1;
	spec->care->health = p;
	spec->care->health_action = s->action;
	spec->care->health_manual = !s->interval.v;
	return 0;
}

/* As the kubelet has it: a name could be anybody's in the image's own files. */
static int check_non_root(const char *user, struct err *err)
{
	size_t n = strcspn(user, ":");

	if (!n || strspn(user, "0") == n)
		return err_set(err, ERR_INVALID,
			"container has runAsNonRoot and image will run as root; give runAsUser, or use an "
			"image with a USER");
	if (strspn(user, "0123456789") != n)
		return err_set(err, ERR_INVALID,
			"container has runAsNonRoot and image has non-numeric user (%.*s), cannot verify "
			"user is non-root; "
			"give runAsUser",
			(int) n, user);
	return 0;
}

static int resolve_rest(const struct engine *e, const struct image_config *img, struct container_spec *spec,
	struct arena *a, struct err *err)
{
	const char *cwd = spec->cwd && *spec->cwd                        ? spec->cwd
			  : img && img->working_dir && *img->working_dir ? img->working_dir
									 : "/";
	const char *user = spec->user && *spec->user ? spec->user : img && img->user ? img->user : "";
	const char *stop = spec->stop_signal && *spec->stop_signal        ? spec->stop_signal
			   : img && img->stop_signal && *img->stop_signal ? img->stop_signal
									  : "SIGTERM";
	struct kvs labels = { 0 };
	int rc = 0;

	/* ":GID": the image's user in another group */
	if (user[0] == ':') {
		const char *of_image = img && img->user && *img->user ? img->user : "0";

		user = arena_printf(a, "%.*s%s", (int) strcspn(of_image, ":"), of_image, user);
		if (!user)
			return no_memory(err);
	}
	if (spec->run_as_non_root && (rc = check_non_root(user, err)) < 0)
		return rc;
	/* an image may say a relative WORKDIR; it is below "/" */
	if (!(spec->cwd = cwd[0] == '/' ? arena_strdup(a, cwd) : arena_printf(a, "/%s", cwd)) ||
		!(spec->user = arena_strdup(a, user)) || !(spec->stop_signal = arena_strdup(a, stop)))
		return no_memory(err);
	for (size_t i = 0; rc == 0 && img && i < img->labels.n; i++)
		rc = kvs_set(&labels, a, img->labels.v[i].key, img->labels.v[i].value);
	for (size_t i = 0; rc == 0 && i < spec->labels.n; i++)
		rc = kvs_set(&labels, a, spec->labels.v[i].key, spec->labels.v[i].value);
	spec->labels = labels;
	for (size_t i = 0; rc == 0 && img && i < img->exposed_ports.n; i++) {
		bool there = false;

		for (size_t k = 0; k < spec->exposed.n; k++)
			there = there || strcmp(spec->exposed.v[k], img->exposed_ports.v[i]) == 0;
		if (!there)
			rc = strs_add(&spec->exposed, a, img->exposed_ports.v[i]);
	}
	if (rc < 0)
		return no_memory(err);
	if (!spec->log_driver || !*spec->log_driver)
		spec->log_driver = (char *) "k8s-file";
	if (!spec->log_size_max && e->config.log_size_max > 0)
		spec->log_size_max = e->config.log_size_max;
	return 0;
}

int container_resolve(const struct engine *e, const struct image_config *img, struct container_spec *spec,
	struct arena *a, struct err *err)
{
	int rc;

	if ((rc = resolve_argv(img, spec, a, err)) < 0 || (rc = resolve_env(e, img, spec, a, err)) < 0 ||
		(rc = resolve_health(img, spec, a, err)) < 0)
		return rc;
	return resolve_rest(e, img, spec, a, err);
}
