/* What pods and name servers send to podctl-dns, and the files of names. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/network/dns_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An answer of ours is one to the question, fits, and is not a question itself. */
static void ask(const struct dns_table *t, const uint8_t *data, size_t size)
{
	uint8_t out[DNS_UDP_MAX];
	struct dns_found f = { 0 };
	struct dns_query q, again;
	int rc = dns_query_parse(data, size, &q);
	size_t n;

	if (rc < 0)
		return;
	if (q.question > size || q.room > sizeof out || strlen(q.name) >= sizeof q.name)
		abort();
	if (rc > 0)
		f.answer.code = rc;
	else if (dns_table_ask(t, &q, (unsigned) size, &f) == DNS_FORWARD)
		return;
	n = dns_answer_write(data, &q, &f.answer, out, q.room);
	if (n > q.room || dns_query_parse(out, n, &again) != -EBADMSG)
		abort();
	if (q.question > DNS_HEADER && !dns_is_answer(out, n, q.id, data, q.question))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_table t = { .gateway = 0x0a580001, .prefix = 16 };
	size_t half = size / 2;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	(void) dns_table_put(&t, "1", "10.88.0.5 app app-web ?web\n10.88.0.6 app @192.0.2.1\n");
	(void) dns_table_put(&t, "2", text);
	ask(&t, data, size);
	if (half > DNS_HEADER)
		(void) dns_is_answer(data, half, (uint16_t) (data[0] << 8 | data[1]), data + half, half);
	dns_table_done(&t);
	free(text);
	return 0;
}
