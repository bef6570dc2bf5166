/* Fuzz target: an answer to a probe, whole and in pieces, and where it leads.  Seeds: corpus/http/. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/monitor/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http whole, pieces;
	struct url from = { .host = "10.0.0.1", .port = 80, .target = "/a/b?c" }, to;
	int rc = 0, again = 0;

	http_init(&whole);
	rc = http_feed(&whole, (const char *) data, size);
	http_init(&pieces);
	for (size_t i = 0; i < size && again == 0; i++)
		again = http_feed(&pieces, (const char *) data + i, 1);
	if (whole.status != pieces.status || (rc < 0) != (again < 0) ||
		strcmp(whole.location, pieces.location) != 0)
		abort();
	(void) http_end(&whole);
	if (url_follow(&from, whole.location, &to) == 0 && (!*to.host || !to.port || to.target[0] != '/'))
		abort();
	return 0;
}
