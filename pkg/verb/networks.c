#include "pkg/verb/networks.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "pkg/network/bridge.h"
#include "pkg/network/network.h"
#include "pkg/network/subnet.h"
#include "pkg/util/io.h"
#include "pkg/util/sha256.h"

/* As podman makes one: of its name. */
static void id_of(char id[65]) { sha256_hex(NETWORK_NAME, strlen(NETWORK_NAME), id); }

/* The engine's network is as old as its root. */
static uint64_t created_us(const struct engine *e)
{
	struct statx st;

	if (statx(e->root_fd, "", AT_EMPTY_PATH, STATX_BTIME | STATX_CTIME, &st) < 0)
		return 0;
	return st.stx_mask & STATX_BTIME
		       ? (uint64_t) st.stx_btime.tv_sec * 1000000 + st.stx_btime.tv_nsec / 1000
		       : (uint64_t) st.stx_ctime.tv_sec * 1000000;
}

static int subnets(struct engine *e, json_t *doc, struct err *err)
{
	char text[SUBNET_TEXT], gateway[IP_TEXT];
	auto_close int lock = -EBADF;
	struct subnet s;
	int rc;

	if (e->rootless)
		return 0;
	if ((lock = network_lock(e, err)) < 0)
		return lock;
	if ((rc = subnet_get(e, &s, err)) < 0)
		return rc;
	(void) json_object_set_new(doc, "subnets",
		json_pack("[{s:s, s:s}]", "subnet", subnet_text(text, s), "gateway",
			ip_text(gateway, subnet_gateway(s))));
	return 0;
}

static int document(struct engine *e, json_t **ret, struct err *err)
{
	char id[65], name[BRIDGE_NAME], created[TIME_TEXT];
	json_t *doc;
	int rc;

	id_of(id);
	doc = json_pack("{s:s, s:s, s:s, s:s, s:s, s:[]}", "name", NETWORK_NAME, "id", id, "driver", "bridge",
		"network_interface", bridge_name(e, name), "created", time_format(created, created_us(e)),
		"subnets");
	if (!doc)
		return err_sys(err, ENOMEM, "networks");
	if ((rc = subnets(e, doc, err)) < 0) {
		json_decref(doc);
		return rc;
	}
	(void) json_object_set_new(doc, "ipv6_enabled", json_false());
	(void) json_object_set_new(doc, "internal", json_false());
	(void) json_object_set_new(doc, "dns_enabled", json_false());
	(void) json_object_set_new(doc, "ipam_options", json_pack("{s:s}", "driver", "host-local"));
	*ret = doc;
	return 0;
}

static int fits(const char *text, const char *id, struct err *err)
{
	const char *eq = strchr(text, '='), *value = eq ? eq + 1 : "";
	size_t n = eq ? (size_t) (eq - text) : strlen(text);

	if (n == 4 && !strncasecmp(text, "name", n))
		return strstr(NETWORK_NAME, value) != NULL;
	if (n == 2 && !strncasecmp(text, "id", n))
		return !strncmp(id, value, strlen(value));
	if (n == 6 && !strncasecmp(text, "driver", n))
		return !strcmp(value, "bridge");
	if ((n == 5 && !strncasecmp(text, "label", n)) || (n == 5 && !strncasecmp(text, "until", n)))
		return 0;
	if (n == 8 && !strncasecmp(text, "dangling", n))
		return strcmp(value, "true") != 0;
	return err_set(err, ERR_INVALID,
		"invalid filter \"%s\"; there are name, id, driver, label, dangling and until", text);
}

int verb_networks(struct engine *e, const struct strs *filters, json_t **ret, struct err *err)
{
	json_t *doc = NULL;
	char id[65];
	int rc = 1;

	id_of(id);
	for (size_t i = 0; rc > 0 && i < filters->n; i++)
		rc = fits(filters->v[i], id, err);
	if (rc < 0 || (rc > 0 && (rc = document(e, &doc, err)) < 0))
		return rc;
	*ret = json_array();
	return !doc || json_array_append_new(*ret, doc) == 0 ? 0 : err_sys(err, ENOMEM, "networks");
}

int verb_network_inspect(struct engine *e, const char *name, json_t **ret, struct err *err)
{
	static const char *const names[] = { NETWORK_NAME, "podman", "bridge" };
	char id[65];

	id_of(id);
	for (size_t i = 0; i < LEN(names); i++)
		if (!strcmp(names[i], name))
			return document(e, ret, err);
	if (strlen(name) >= 3 && !strncmp(id, name, strlen(name)))
		return document(e, ret, err);
	return err_set(err, ERR_NOT_FOUND,
		"inspecting object: network %s: unable to find network with name or ID %s: network not found",
		name, name);
}
