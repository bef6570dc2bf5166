#include "tests/unit/test.h"

#include <string.h>

#include "pkg/infra/infra.h"
#include "pkg/network/network.h"
#include "pkg/pod/pod.h"

static struct pod pod_of(struct container_spec *c, struct status_container *s, size_t n, bool alive)
{
	static char ids[8][2] = { "a", "b", "c", "d", "e", "f", "g", "h" };
	struct pod p = {
		.ctr = c, .n = n, .alive = alive, .lock_fd = -EBADF, .run_fd = -EBADF, .data_fd = -EBADF
	};

	for (size_t i = 0; i < n; i++) {
		c[i].id = ids[i];
		s[i].id = ids[i];
	}
	p.status.containers = (struct list){ .v = s, .n = n };
	return p;
}

static void a_pod_is_called_by_what_its_containers_do(void **state)
{
	static const struct {
		int a, b;
		bool alive;
		const char *want;
	} cases[] = {
		{ CTR_CREATED, CTR_CREATED, false, "Created" }, { CTR_RUNNING, CTR_RUNNING, true, "Running" },
		{ CTR_RUNNING, CTR_WAITING, true, "Running" }, { CTR_RUNNING, CTR_EXITED, true, "Degraded" },
		{ CTR_RUNNING, CTR_PAUSED, true, "Degraded" }, { CTR_PAUSED, CTR_PAUSED, true, "Paused" },
		{ CTR_EXITED, CTR_EXITED, true, "Exited" },
		{ CTR_RUNNING, CTR_RUNNING, false,
			"Exited" }, /* nobody lives: whatever was written last is over */
	};

	(void) state;
	for (size_t i = 0; i < LEN(cases); i++) {
		struct container_spec c[2] = { { .role = ROLE_INFRA } };
		struct status_container s[2] = { { .state = cases[i].a }, { .state = cases[i].b } };
		struct pod p = pod_of(c, s, 2, cases[i].alive);

		assert_string_equal(pod_state_word(&p), cases[i].want);
	}
}

static void a_finished_init_container_does_not_count(void **state)
{
	struct container_spec c[2] = { { .role = ROLE_INIT }, { .role = ROLE_MEMBER } };
	struct status_container s[2] = { { .state = CTR_EXITED }, { .state = CTR_RUNNING } };
	struct pod p = pod_of(c, s, 2, true);

	(void) state;
	assert_string_equal(pod_state_word(&p), "Running");
	s[0].exit_code = 1;
	assert_string_equal(pod_state_word(&p), "Degraded");
}

static void a_container_that_never_ran_has_no_status(void **state)
{
	struct container_spec c[1] = { { .role = ROLE_MEMBER } };
	struct status_container s[1] = { { .state = CTR_RUNNING } };
	struct pod p = pod_of(c, s, 1, true);

	(void) state;
	assert_non_null(pod_status_of(&p, "a"));
	assert_null(pod_status_of(&p, "z"));
}

static void a_pod_shares_what_it_says(void **state)
{
	struct arena a = { 0 };
	struct pod_spec p = { 0 };
	struct infra_share s;
	struct err err = { 0 };

	(void) state;
	assert_int_equal(infra_share_of(&p, &s, &err), 0);
	assert_true(s.net && s.ipc && s.uts && !s.pid);
	p.share_pid = true;
	assert_int_equal(infra_share_of(&p, &s, &err), 0);
	assert_true(s.pid);
	p.share_pid = false;
	assert_int_equal(strs_add(&p.share, &a, "ipc"), 0);
	assert_int_equal(infra_share_of(&p, &s, &err), 0);
	assert_true(!s.net && s.ipc && !s.uts && !s.pid);
	assert_int_equal(strs_add(&p.share, &a, "user"), 0);
	assert_true(infra_share_of(&p, &s, &err) < 0);
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
	p.share.v[1] = (char *) "nte";
	assert_true(infra_share_of(&p, &s, &err) < 0);
	assert_int_equal(err.kind, ERR_INVALID);
	arena_done(&a);
}

static void a_pod_spec_survives_its_row(void **state)
{
	struct arena a = { 0 };
	struct err err = { 0 };
	struct port_spec port = {
		.host_ip = (char *) "127.0.0.1", .host_port = 8080, .container_port = 80, .proto = PROTO_UDP
	};
	struct file_spec file = {
		.path = (char *) "d/a", .data = (char *) "x", .base64 = true, .mode = 0400
	};
	struct volume_spec volume = {
		.name = (char *) "cfg", .type = VOLUME_CONFIG_MAP, .files = { &file, 1 }
	};
	struct pod_spec in = { .name = (char *) "p",
		.net = NET_BRIDGE,
		.ports = { &port, 1 },
		.volumes = { &volume, 1 },
		.kube = true,
		.grace = 30,
		.created_us = 1700000000000000 },
			out = { 0 };
	json_t *v = encode_json(pod_spec_fields, &in);

	(void) state;
	assert_non_null(v);
	assert_int_equal(decode_json(v, pod_spec_fields, &out, &a, &err), 0);
	json_decref(v);
	assert_int_equal(out.net, NET_BRIDGE);
	assert_int_equal(LIST_AT(out.ports, struct port_spec, 0)->proto, PROTO_UDP);
	assert_int_equal(LIST_AT(out.ports, struct port_spec, 0)->host_port, 8080);
	assert_int_equal(LIST_AT(out.volumes, struct volume_spec, 0)->type, VOLUME_CONFIG_MAP);
	assert_int_equal(
		LIST_AT(LIST_AT(out.volumes, struct volume_spec, 0)->files, struct file_spec, 0)->mode, 0400);
	assert_true(out.kube);
	assert_int_equal(out.grace, 30);
	assert_int_equal(out.created_us, 1700000000000000);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pod_is_called_by_what_its_containers_do),
		cmocka_unit_test(a_finished_init_container_does_not_count),
		cmocka_unit_test(a_container_that_never_ran_has_no_status),
		cmocka_unit_test(a_pod_shares_what_it_says),
		cmocka_unit_test(a_pod_spec_survives_its_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
