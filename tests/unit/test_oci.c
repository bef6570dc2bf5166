#include "tests/unit/test.h"

#include <linux/mount.h>
#include <string.h>

#include "pkg/cgroup/cgroup.h"
#include "pkg/codec/node.h"
#include "pkg/oci/mount_opts.h"
#include "pkg/oci/tables.h"
#include "runtime/config.h"
#include "runtime/systemd.h"

static struct oci_mount_opts parse(struct arena *a, const char *const *words, size_t n)
{
	struct oci_mount_opts o;
	struct err err = { 0 };

	assert_int_equal(oci_mount_opts_parse(words, n, a, &o, &err), 0);
	return o;
}

static void mount_words_are_sorted_for_the_search(void **state)
{
	(void) state;
	for (size_t i = 1; oci_mount_opt_word(i); i++)
		assert_true(strcmp(oci_mount_opt_word(i - 1), oci_mount_opt_word(i)) < 0);
}

static void mount_words_become_flags_attributes_and_data(void **state)
{
	static const char *const words[] = { "rbind", "ro", "nosuid", "rslave", "size=64k", "rro",
		"mode=755" };
	struct arena a = { 0 };
	struct oci_mount_opts o = parse(&a, words, LEN(words));

	(void) state;
	assert_true(o.special == OCI_MOUNT_RBIND);
	assert_true(o.flags == (MS_RDONLY | MS_NOSUID));
	assert_true(o.attr_set == (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID));
	assert_true(o.rec_set == MOUNT_ATTR_RDONLY);
	assert_true(o.propagation == MS_SLAVE && o.propagation_rec);
	assert_string_equal(o.data, "size=64k,mode=755");
	arena_done(&a);
}

static void the_last_of_two_opposite_words_wins(void **state)
{
	static const char *const words[] = { "ro", "rw", "noatime", "strictatime" };
	struct arena a = { 0 };
	struct oci_mount_opts o = parse(&a, words, LEN(words));

	(void) state;
	assert_true(!(o.flags & MS_RDONLY) && !(o.attr_set & MOUNT_ATTR_RDONLY) &&
		    (o.attr_clr & MOUNT_ATTR_RDONLY));
	assert_true((o.attr_set & MOUNT_ATTR__ATIME) == MOUNT_ATTR_STRICTATIME);
	assert_true((o.attr_clr & MOUNT_ATTR__ATIME) == MOUNT_ATTR__ATIME);
	assert_true((o.flags & (MS_NOATIME | MS_STRICTATIME)) == MS_STRICTATIME);
	arena_done(&a);
}

static void shares_and_weights_map_onto_v2(void **state)
{
	(void) state;
	assert_int_equal(cgroup_weight_from_shares(0), 0);
	assert_int_equal(cgroup_weight_from_shares(2), 1);
	assert_int_equal(cgroup_weight_from_shares(1024), 39);
	assert_int_equal(cgroup_weight_from_shares(262144), 10000);
	assert_int_equal(cgroup_io_weight_from_blkio(10), 1);
	assert_int_equal(cgroup_io_weight_from_blkio(1000), 10000);
}

static void scopes_are_named_as_slice_prefix_name_says(void **state)
{
	char slice[256], scope[256];
	struct err err = { 0 };

	(void) state;
	assert_int_equal(systemd_scope_names("machine.slice:libpod:abc", "x", false, slice, scope, &err), 0);
	assert_string_equal(slice, "machine.slice");
	assert_string_equal(scope, "libpod-abc.scope");
	assert_int_equal(systemd_scope_names("", "x", true, slice, scope, &err), 0);
	assert_string_equal(slice, "user.slice");
	assert_true(systemd_scope_names("/not/this", "x", false, slice, scope, &err) < 0);
}

static int decode(const char *text, struct config *c, struct err *err)
{
	auto_free char *copy = strdup(text);
	json_t *doc = config_parse(copy, strlen(copy), err);

	assert_non_null(doc);
	return config_decode(doc, c, err);
}

#define HEAD "{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"r\"},"

static void a_configuration_is_refused_by_the_name_of_the_field(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ HEAD "\"linux\":{\"intelRdt\":{}}}", "linux.intelRdt" },
		{ HEAD "\"linux\":{\"namespaces\":[{\"type\":\"x\"}]}}", "unknown namespace 'x'" },
		{ HEAD "\"hostname\":\"a\"}", "needs a uts namespace" },
		{ HEAD "\"process\":{\"cwd\":\"/\",\"args\":[]}}", "process.args" },
		{ HEAD "\"process\":{\"cwd\":\"x\",\"args\":[\"a\"]}}", "process.cwd" },
		{ HEAD "\"mounts\":[{\"destination\":\"/a\",\"options\":[1]}]}",
			"options[0]: expected a string" },
		{ "{\"ociVersion\":\"2.0.0\",\"root\":{\"path\":\"r\"}}", "ociVersion" },
		{ HEAD "\"vm\":{}}", "vm:" },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct config c = { 0 };
		struct err err = { 0 };

		assert_true(decode(rows[i].text, &c, &err) < 0);
		assert_non_null(strstr(err.msg, rows[i].want));
		config_done(&c);
	}
}

static void integers_past_2_to_the_63_keep_their_bits(void **state)
{
	struct config c = { 0 };
	struct err err = { 0 };

	(void) state;
	assert_int_equal(
		decode(HEAD "\"process\":{\"cwd\":\"/\",\"args\":[\"9223372036854775808\"],\"rlimits\":["
			    "{\"type\":\"RLIMIT_CORE\",\"soft\":9223372036854775808,\"hard\":"
			    "18446744073709551615}]}}",
			&c, &err),
		0);
	assert_true(c.process.rlimits[0].soft >= 1ull << 63);
	assert_true(c.process.rlimits[0].hard == UINT64_MAX);
	assert_string_equal(c.process.args.v[0], "9223372036854775808");
	config_done(&c);
	assert_true(decode(HEAD "\"process\":{\"cwd\":\"/\",\"args\":[\"a\"],\"user\":{\"uid\":1.5}}}", &c,
			    &err) < 0);
	config_done(&c);
}

static void unknown_keys_are_ignored_and_known_ones_kept(void **state)
{
	struct config c = { 0 };
	struct err err = { 0 };

	(void) state;
	assert_int_equal(
		decode(HEAD
			"\"later\":1,\"process\":{\"cwd\":\"/\",\"args\":[\"a\",\"b\"],\"user\":{\"uid\":3},"
			"\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":18446744073709551615,\"hard\":"
			"18446744073709551615}]}}",
			&c, &err),
		0);
	assert_int_equal(c.process.args.n, 2);
	assert_null(c.process.args.v[2]);
	assert_int_equal(c.process.uid, 3);
	assert_true(c.process.rlimits[0].hard == UINT64_MAX);
	config_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mount_words_are_sorted_for_the_search),
		cmocka_unit_test(mount_words_become_flags_attributes_and_data),
		cmocka_unit_test(the_last_of_two_opposite_words_wins),
		cmocka_unit_test(shares_and_weights_map_onto_v2),
		cmocka_unit_test(scopes_are_named_as_slice_prefix_name_says),
		cmocka_unit_test(a_configuration_is_refused_by_the_name_of_the_field),
		cmocka_unit_test(unknown_keys_are_ignored_and_known_ones_kept),
		cmocka_unit_test(integers_past_2_to_the_63_keep_their_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
