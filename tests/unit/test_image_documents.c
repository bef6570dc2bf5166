/* Unit tests for pkg/image/{config,manifest,changes}.c: documents from outside. */
#include "tests/unit/test.h"

#include <string.h>

#include "pkg/image/changes.h"
#include "pkg/image/image.h"
#include "pkg/image/manifest.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define D "sha256:" HEX64

static void a_config_is_decoded(void **state)
{
	auto_arena struct arena a = { 0 };
	struct err err = { 0 };
	struct image_config c;

	(void) state;
	assert_int_equal(
		image_config_parse(
			"{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Env\":[\"A=b\"],"
			"\"Cmd\":[\"sh\",\"-c\"],\"Entrypoint\":null,\"User\":\"\",\"WorkingDir\":\"/w\","
			"\"ExposedPorts\":{\"80/tcp\":{}},\"Labels\":{\"k\":\"v\"},\"ArgsEscaped\":true},"
			"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" D "\"]},\"history\":[]}",
			&a, &c, &err),
		0);
	assert_int_equal(c.env.n, 1);
	assert_int_equal(c.cmd.n, 2);
	assert_int_equal(c.entrypoint.n, 0);
	assert_null(c.user);
	assert_string_equal(c.working_dir, "/w");
	assert_string_equal(c.exposed_ports.v[0], "80/tcp");
	assert_string_equal(kvs_get(&c.labels, "k"), "v");
	assert_string_equal(c.diff_ids.v[0], HEX64);
}

static void configs_of_wrong_shape_are_refused(void **state)
{
	static const char *const rows[] = { "", "[]", "{", "1", "{\"config\":[]}",
		"{\"config\":{\"Env\":\"A=b\"}}", "{\"config\":{\"Env\":[1]}}",
		"{\"rootfs\":{\"diff_ids\":[\"../../x\"]}}", "{\"rootfs\":{\"diff_ids\":{}}}",
		"{\"rootfs\":{\"type\":\"other\"}}", "{\"config\":{\"ExposedPorts\":[\"80\"]}}",
		"{\"os\":\"a\",\"os\":\"b\"}", "{\"rootfs\":{\"diff_ids\":[\"sha512:" HEX64 HEX64 "\"]}}" };

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		auto_arena struct arena a = { 0 };
		struct err err = { 0 };
		struct image_config c;

		assert_true(image_config_parse(rows[i], &a, &c, &err) < 0);
		assert_non_null(strstr(err.msg, "image config"));
	}
}

static void docker_manifests_are_lists(void **state)
{
	static const char good[] =
		"[{\"Config\":\"c.json\",\"RepoTags\":null,\"Layers\":[\"a\",\"b\"],\"Parent\":\"x\"}]";
	auto_arena struct arena a = { 0 };
	struct docker_image *list;
	struct err err = { 0 };
	size_t n;

	(void) state;
	assert_int_equal(docker_manifest_parse(good, strlen(good), &a, &list, &n, &err), 0);
	assert_int_equal(n, 1);
	assert_int_equal(list[0].tags.n, 0);
	assert_string_equal(list[0].layers.v[1], "b");
	static const char *const bad[] = { "{}", "[]", "[1]", "[{}]", "[{\"Config\":\"\"}]",
		"[{\"Config\":1}]", "nonsense" };

	for (size_t i = 0; i < LEN(bad); i++)
		assert_true(docker_manifest_parse(bad[i], strlen(bad[i]), &a, &list, &n, &err) < 0);
}

static int parse(const char *text, struct arena *a, struct oci_document *d, struct err *err)
{
	return oci_document_parse(text, strlen(text), a, d, err);
}

static void a_document_is_an_index_or_a_manifest(void **state)
{
	auto_arena struct arena a = { 0 };
	struct oci_document d;
	struct err err = { 0 };

	(void) state;
	assert_int_equal(
		parse("{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"" D "\"}]}", &a, &d, &err), 0);
	assert_true(d.is_index);
	assert_int_equal(parse("{\"config\":{\"digest\":\"" D "\"},\"layers\":[{\"digest\":\"" D "\"}]}", &a,
				 &d, &err),
		0);
	assert_false(d.is_index);
	assert_int_equal(d.n_layers, 1);
	assert_true(parse("{\"manifests\":[],\"layers\":[]}", &a, &d, &err) < 0);
	assert_true(parse("{\"manifests\":[],\"config\":{\"digest\":\"" D "\"}}", &a, &d, &err) < 0);
	assert_true(parse("{\"schemaVersion\":1,\"fsLayers\":[]}", &a, &d, &err) < 0);
	assert_non_null(strstr(err.msg, "schema 1"));
	assert_true(parse("{}", &a, &d, &err) < 0);
	assert_true(parse("{\"config\":{\"digest\":\"sha256:../../../etc/passwd\"}}", &a, &d, &err) < 0);
}

static void the_platform_of_this_machine_is_taken(void **state)
{
	auto_arena struct arena a = { 0 };
	const struct descriptor *c;
	struct oci_document d;
	struct err err = { 0 };

	(void) state;
	assert_int_equal(
		parse("{\"manifests\":["
		      "{\"digest\":\"" D "\",\"size\":1,\"platform\":{\"os\":\"linux\",\"architecture\":"
		      "\"amd64\",\"variant\":\"v3\"}},"
		      "{\"digest\":\"" D
		      "\",\"size\":2,\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}},"
		      "{\"digest\":\"" D "\",\"size\":3,\"platform\":{\"os\":\"linux\",\"architecture\":"
		      "\"arm64\",\"variant\":\"v8\"}},"
		      "{\"digest\":\"" D
		      "\",\"size\":4,\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}}]}",
			&a, &d, &err),
		0);
	c = platform_choose(&d, "linux", "amd64", &err);
	assert_non_null(c);
	assert_int_equal(c->size, 4);
	c = platform_choose(&d, "linux", "arm64", &err);
	assert_non_null(c);
	assert_int_equal(c->size, 3);
	assert_null(platform_choose(&d, "linux", "s390x", &err));
	assert_non_null(strstr(err.msg, "linux/arm64/v8"));
	assert_null(strstr(err.msg, "unknown"));
}

static void artifacts_are_no_images(void **state)
{
	static const struct {
		const char *text, *type;
	} rows[] = {
		{ "{\"artifactType\":\"x/sbom\",\"config\":{\"mediaType\":\"application/"
		  "vnd.oci.empty.v1+json\",\"digest\":\"" D "\"},\"layers\":[]}",
			"type x/sbom, not an image" },
		{ "{\"config\":{\"mediaType\":\"x/chart\",\"digest\":\"" D "\"},\"layers\":[]}",
			"type x/chart, not an image" },
		{ "{\"artifactType\":\"x/old\",\"blobs\":[]}", "type x/old, not an image" },
		{ "{\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"" D
		  "\"},\"layers\":[{\"mediaType\":\"text/plain\",\"digest\":\"" D "\"}]}",
			"layer 0 is of type text/plain" },
	};
	auto_arena struct arena a = { 0 };
	struct oci_document d;
	struct err err;

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		err = (struct err){ 0 };
		if (parse(rows[i].text, &a, &d, &err) == 0)
			assert_true(image_manifest_check(&d, &err) < 0);
		assert_int_equal(err.kind, ERR_UNSUPPORTED);
		assert_non_null(strstr(err.msg, rows[i].type));
	}
}

static void an_entry_that_says_its_platform_goes_first(void **state)
{
	auto_arena struct arena a = { 0 };
	const struct descriptor *c;
	struct err err = { 0 };
	struct oci_document d;

	(void) state;
	assert_int_equal(parse("{\"manifests\":[{\"artifactType\":\"x/y\",\"digest\":\"" D
			       "\",\"size\":1},{\"digest\":\"" D "\",\"size\":2},{\"artifactType\":"
			       "\"application/vnd.oci.image.config.v1+json\",\"digest\":\"" D
			       "\",\"size\":3,\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}}]}",
				 &a, &d, &err),
		0);
	assert_non_null(c = platform_choose(&d, "linux", "amd64", &err));
	assert_int_equal(c->size, 3);
	assert_non_null(c = platform_choose(&d, "linux", "arm64", &err));
	assert_int_equal(c->size, 2);
}

static void changes_follow_a_dockerfile(void **state)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{ "CMD [\"a\",\"b\"]", "{\"Cmd\":[\"a\",\"b\"]}" },
		{ "cmd a b", "{\"Cmd\":[\"/bin/sh\",\"-c\",\"a b\"]}" },
		{ "CMD=/bin/bash", "{\"Cmd\":[\"/bin/sh\",\"-c\",\"/bin/bash\"]}" },
		{ "ENTRYPOINT [\"e\"]", "{\"Entrypoint\":[\"e\"]}" },
		{ "ENV A=b C=\"d e\" F='g h'", "{\"Env\":[\"A=b\",\"C=d e\",\"F=g h\"]}" },
		{ "ENV A b c", "{\"Env\":[\"A=b c\"]}" },
		{ "LABEL k=v", "{\"Labels\":{\"k\":\"v\"}}" },
		{ "EXPOSE 80 53/udp", "{\"ExposedPorts\":{\"53/udp\":{},\"80/tcp\":{}}}" },
		{ "VOLUME /a /b", "{\"Volumes\":{\"/a\":{},\"/b\":{}}}" },
		{ "VOLUME [\"/a\"]", "{\"Volumes\":{\"/a\":{}}}" },
		{ "USER 1000:1000", "{\"User\":\"1000:1000\"}" },
		{ "WORKDIR /w", "{\"WorkingDir\":\"/w\"}" },
		{ "ONBUILD RUN make", "{\"OnBuild\":[\"RUN make\"]}" },
		{ "STOPSIGNAL SIGQUIT", "{\"StopSignal\":\"SIGQUIT\"}" },
	};
	static const char *const bad[] = { "", "CMD", "RUN ls", "ENV", "ENV A", "EXPOSE 0", "EXPOSE x",
		"EXPOSE 80/foo", "STOPSIGNAL NOPE", "SHELL x", "CMD [1]", "USER a b" };

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		json_t *config = json_object();
		struct err err = { 0 };
		char *text;

		assert_int_equal(image_change(config, rows[i].line, &err), 0);
		text = json_dumps(config, JSON_COMPACT | JSON_SORT_KEYS);
		assert_string_equal(text, rows[i].want);
		free(text);
		json_decref(config);
	}
	for (size_t i = 0; i < LEN(bad); i++) {
		json_t *config = json_object();
		struct err err = { 0 };

		assert_true(image_change(config, bad[i], &err) < 0);
		json_decref(config);
	}
}

static void a_variable_set_again_is_replaced(void **state)
{
	json_t *config = json_object();
	struct err err = { 0 };

	(void) state;
	assert_int_equal(image_change(config, "ENV A=1 AB=2", &err), 0);
	assert_int_equal(image_change(config, "ENV A=3", &err), 0);
	assert_int_equal(json_array_size(json_object_get(config, "Env")), 2);
	assert_string_equal(json_string_value(json_array_get(json_object_get(config, "Env"), 0)), "A=3");
	json_decref(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_config_is_decoded),
		cmocka_unit_test(configs_of_wrong_shape_are_refused),
		cmocka_unit_test(docker_manifests_are_lists),
		cmocka_unit_test(a_document_is_an_index_or_a_manifest),
		cmocka_unit_test(the_platform_of_this_machine_is_taken),
		cmocka_unit_test(artifacts_are_no_images),
		cmocka_unit_test(an_entry_that_says_its_platform_goes_first),
		cmocka_unit_test(changes_follow_a_dockerfile),
		cmocka_unit_test(a_variable_set_again_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
