#include "cmd/podctl/registry.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkg/util/log.h"
#include "pkg/util/text.h"

extern char **environ;

static void warn(void *ctx, const char *line)
{
	(void) ctx;
	log_warn("%s", line);
}

/* Which of several registries: a number, or the name itself. */
static int choose(void *ctx, const char *name, const struct strs *candidates, size_t *ret, struct err *err)
{
	char line[600];

	(void) ctx;
	(void) fprintf(stderr, "Please select an image for '%s':\n", name);
	for (size_t i = 0; i < candidates->n; i++)
		(void) fprintf(stderr, "  %zu) %s\n", i + 1, candidates->v[i]);
	for (;;) {
		uint64_t n = 0;

		(void) fprintf(stderr, "1-%zu [1]: ", candidates->n);
		(void) fflush(stderr);
		if (!fgets(line, sizeof line, stdin))
			return err_set(err, ERR_INVALID, "short-name \"%s\": no image was selected", name);
		line[strcspn(line, "\r\n")] = '\0';
		if (!line[0] || parse_u64(line, 1, candidates->n, &n) == 0) {
			*ret = line[0] ? (size_t) n - 1 : 0;
			return 0;
		}
		for (size_t i = 0; i < candidates->n; i++)
			if (!strcmp(line, candidates->v[i])) {
				*ret = i;
				return 0;
			}
	}
}

int registry_prepare(struct cli *c, struct registry_options *o, struct err *err)
{
	/* as libcurl knows them; HTTP_PROXY in capitals is a trap for CGI programs and not read */
	static const char *const proxies[] = { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
		"ALL_PROXY", "no_proxy", "NO_PROXY" };

	if (!o->authfile)
		o->authfile = getenv("REGISTRY_AUTH_FILE");
	o->registries_conf = getenv("CONTAINERS_REGISTRIES_CONF");
	o->docker_host = getenv("DOCKER_HOST");
	o->docker_config = getenv("DOCKER_CONFIG");
	o->environment = environ;
	o->warn = warn;
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		o->choose = choose;
	for (size_t i = 0; i < LEN(proxies); i++) {
		const char *v = getenv(proxies[i]);

		if (v && strs_addf(&o->proxies, &c->arena, "%s=%s", proxies[i], v) < 0)
			return err_sys(err, ENOMEM, "pull");
	}
	return 0;
}

int registry_delay(const char *value, struct registry_options *o, struct err *err)
{
	static const struct {
		const char *unit;
		double seconds;
	} units[] = { { "ms", 0.001 }, { "us", 1e-6 }, { "ns", 1e-9 }, { "s", 1 }, { "m", 60 },
		{ "h", 3600 } };
	double sum = 0;
	const char *p = value;

	while (*p) {
		char number[24];
		size_t n = strspn(p, "0123456789."), i = 0;

		if (!n || n >= sizeof number)
			break;
		(void) snprintf(number, sizeof number, "%.*s", (int) n, p);
		p += n;
		while (i < LEN(units) && strncmp(p, units[i].unit, strlen(units[i].unit)) != 0)
			i++;
		if (i == LEN(units) && *p)
			break;
		sum += strtod(number, NULL) * (i < LEN(units) ? units[i].seconds : 1);
		p += i < LEN(units) ? strlen(units[i].unit) : 0;
	}
	if (*p || !*value || sum > 86400)
		return err_set(
			err, ERR_INVALID, "--retry-delay %s: expected a time such as 5s or 1m30s", value);
	o->retry_delay_s = (struct opt_i64){ .set = true, .v = sum < 1 && sum > 0 ? 1 : (int64_t) sum };
	return 0;
}

static volatile int caught;

static void on_signal(int sig) { caught = sig; }

void signals_watch(struct registry_options *o)
{
	struct sigaction sa = { .sa_handler = on_signal };

	(void) sigaction(SIGINT, &sa, NULL);
	(void) sigaction(SIGTERM, &sa, NULL);
	(void) sigaction(SIGHUP, &sa, NULL);
	o->stop = &caught;
}

int signal_caught(void) { return caught; }
