/* Text that comes from people and files: a published port, a base hosts file, a resolv.conf, a recorded network. */
#include <stdint.h>
#include <stdlib.h>

#include "pkg/network/ports.h"
#include "pkg/network/result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one_port(const char *text)
{
	auto_arena struct arena a = { 0 };
	struct port_map p, *v;
	struct err err = { 0 };
	size_t n;

	if (port_map_parse(text, &a, &p, &err) < 0) {
		if (!err.msg[0])
			abort(); /* a failure says why */
	} else if (ports_expand(&p, 1, &a, &v, &n, &err) == 0 && n != p.range) {
		abort();
	}
}

static void files(const char *text)
{
	static const char *const names[] = { "web", "web-app" };
	auto_buf struct buf hosts = BUF_INIT(1024 * 1024), again = BUF_INIT(1024 * 1024),
			    resolv = BUF_INIT(1024 * 1024);
	struct err err = { 0 };

	if (hosts_file(text, 0x0a580005, "web", names, LEN(names), 0x0a580001, NULL, 0, &hosts, &err) == 0) {
		/* what we wrote is a base that loses and gains nothing */
		if (hosts_file(hosts.data, 0x0a580005, "web", names, LEN(names), 0x0a580001, NULL, 0, &again,
			    &err) < 0 ||
			again.len != hosts.len)
			abort();
	}
	err_clear(&err);
	(void) resolv_file(text, NULL, NULL, NULL, false, false, &resolv, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena a = { 0 };
	char *text = malloc(size + 1);
	struct net_result r;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	one_port(text);
	files(text);
	(void) net_result_of_row(text, &a, &r);
	free(text);
	return 0;
}
