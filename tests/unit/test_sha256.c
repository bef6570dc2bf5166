#include "tests/unit/test.h"

#include <string.h>

#include "pkg/util/sha256.h"

static void digests_of_the_standard_are_reproduced(void **state)
{
	static const struct {
		const char *text, *hex;
	} rows[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	char hex[65];

	(void) state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		sha256_hex(rows[i].text, strlen(rows[i].text), hex);
		assert_string_equal(hex, rows[i].hex);
	}
}

static void a_million_letters_in_odd_pieces_give_one_digest(void **state)
{
	unsigned char digest[32];
	char text[1000], hex[65];
	struct sha256 s;
	size_t left = 1000000, piece = 1;

	(void) state;
	memset(text, 'a', sizeof text);
	sha256_init(&s);
	while (left) {
		size_t n = piece < left ? piece : left;

		sha256_update(&s, text, n);
		left -= n;
		piece = piece * 7 % 997 + 1;
	}
	sha256_final(&s, digest);
	digest_hex(digest, hex);
	assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_of_the_standard_are_reproduced),
		cmocka_unit_test(a_million_letters_in_odd_pieces_give_one_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
