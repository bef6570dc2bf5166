#include "cmd/podctl/registry.h"

#include <signal.h>
#include <stdlib.h>

#include "pkg/util/log.h"

extern char **environ;

static void warn(void *ctx, const char *line)
{
	(void) ctx;
	log_warn("%s", line);
}

int registry_prepare(struct cli *c, struct registry_options *o, struct err *err)
{
	/* as libcurl knows them; HTTP_PROXY in capitals is a trap for CGI programs and not read */
	static const char *const proxies[] = { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
		"ALL_PROXY", "no_proxy", "NO_PROXY" };

	if (!o->authfile)
		o->authfile = getenv("REGISTRY_AUTH_FILE");
	o->registries_conf = getenv("CONTAINERS_REGISTRIES_CONF");
	o->docker_config = getenv("DOCKER_CONFIG");
	o->environment = environ;
	o->warn = warn;
	for (size_t i = 0; i < LEN(proxies); i++) {
		const char *v = getenv(proxies[i]);

		if (v && strs_addf(&o->proxies, &c->arena, "%s=%s", proxies[i], v) < 0)
			return err_sys(err, ENOMEM, "pull");
	}
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
