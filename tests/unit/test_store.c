/* Unit tests for pkg/store: rows, names, leases, ports, images, transactions, opening. */
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "pkg/store/store.h"
#include "pkg/util/io.h"
#include "pkg/util/path.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "ab0000000000000000000000000000000000000000000000000000000000000b"
#define C "c000000000000000000000000000000000000000000000000000000000000001"
#define D "d000000000000000000000000000000000000000000000000000000000000001"

struct fixture {
	char dir[64];
	int fd;
	struct store *s;
	struct arena a;
	struct err err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	strcpy(f->dir, "/tmp/podctl-store-XXXXXX");
	if (!mkdtemp(f->dir) || (f->fd = open(f->dir, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return -1;
	*state = f;
	return store_open(f->fd, f->dir, "/run/x", &f->s, &f->err);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	store_close(f->s);
	arena_done(&f->a);
	close(f->fd);
	(void) dir_remove(AT_FDCWD, f->dir);
	free(f);
	return 0;
}

static void add_pod(struct fixture *f, const char *id, const char *name, const char *ctr_id,
	const char *ctr_name, int want)
{
	struct pod_row p = { .id = id, .name = name, .solo = ctr_id == id, .created_us = 5, .spec = "{}" };
	struct ctr_row c = {
		.id = ctr_id, .pod = id, .name = ctr_name, .idx = 0, .image = "i1", .created_us = 6
	};

	assert_int_equal(store_pod_add(f->s, &p, &c, 1, &f->err), want);
}

static void rows_come_back_as_they_went_in(void **state)
{
	struct fixture *f = *state;
	struct pod_row p = { .id = A,
		.name = "web",
		.state = ROW_CREATED,
		.autoremove = true,
		.created_us = 1700000000000001,
		.spec = "{\"a\":1}",
		.res = NULL,
		.kube = "{}",
		.kube_file = "sha256:x" },
		       got, *pods;
	struct ctr_row c[2] = {
		{ .id = C, .pod = A, .name = "web-main", .idx = 1, .image = "img", .image_name = "x:latest", .spec = "[]" },
		{ .id = D, .pod = A, .name = "web-infra", .idx = -1 },
	}, *ctrs;
	size_t n;

	assert_int_equal(store_pod_add(f->s, &p, c, 2, &f->err), 0);
	assert_int_equal(store_pod_get(f->s, A, &f->a, &got, &f->err), 0);
	assert_string_equal(got.name, "web");
	assert_string_equal(got.spec, "{\"a\":1}");
	assert_null(got.res);
	assert_null(got.status);
	assert_string_equal(got.kube_file, "sha256:x");
	assert_true(got.autoremove && !got.solo && got.state == ROW_CREATED);
	assert_int_equal(got.created_us, 1700000000000001);
	assert_int_equal(store_pod_set_status(f->s, A, ROW_EXITED, "{\"s\":2}", &f->err), 0);
	assert_int_equal(store_pod_set_res(f->s, A, "{\"r\":3}", &f->err), 0);
	assert_int_equal(store_pods(f->s, &f->a, &pods, &n, &f->err), 0);
	assert_int_equal(n, 1);
	assert_string_equal(pods[0].status, "{\"s\":2}");
	assert_string_equal(pods[0].res, "{\"r\":3}");
	assert_int_equal(pods[0].state, ROW_EXITED);
	assert_int_equal(store_ctrs(f->s, A, &f->a, &ctrs, &n, &f->err), 0);
	assert_int_equal(n, 2);
	assert_int_equal(ctrs[0].idx, -1); /* infra first */
	assert_null(ctrs[0].image);
	assert_string_equal(ctrs[1].image_name, "x:latest");
	assert_int_equal(store_ctr_set_spec(f->s, C, "{}", &f->err), 0);
	assert_int_equal(store_ctr_set_spec(f->s, A, "{}", &f->err), -ENOENT);
	assert_int_equal(store_pod_set_state(f->s, D, ROW_EXITED, &f->err), -ENOENT);
	assert_int_equal(store_ctrs(f->s, NULL, &f->a, &ctrs, &n, &f->err), 0);
	assert_int_equal(n, 2);
}

static void a_name_is_unique_over_pods_and_containers(void **state)
{
	struct fixture *f = *state;
	struct pod_row *pods;
	size_t n;

	add_pod(f, A, "web", C, "web-main", 0);
	add_pod(f, B, "web-main", D, "web-main-x", -EEXIST); /* a pod may not be called as a container is */
	assert_non_null(strstr(f->err.msg, "'web-main' is already in use by container c00000000000"));
	assert_non_null(strstr(f->err.msg, "podctl rm web-main"));
	add_pod(f, B, "other", D, "web", -EEXIST);
	assert_non_null(strstr(f->err.msg, "by pod aaaaaaaaaaaa"));
	assert_int_equal(store_pods(f->s, &f->a, &pods, &n, &f->err), 0);
	assert_int_equal(n, 1); /* nothing of the failed ones stayed */
	add_pod(f, B, "other", D, "solo", 0);
}

static void released_names_are_free_and_not_found(void **state)
{
	struct fixture *f = *state;
	const char *id, *pod;

	add_pod(f, A, "web", C, "web-main", 0);
	assert_int_equal(store_pod_release(f->s, A, &f->err), 0);
	assert_int_equal(store_find(f->s, "web", STORE_ANY, &f->a, &id, &pod, &f->err), -ENOENT);
	assert_int_equal(store_find(f->s, "c000", STORE_CONTAINER, &f->a, &id, &pod, &f->err), -ENOENT);
	/* how it ended may be noted later: it must not be seen again */
	assert_int_equal(store_pod_set_status(f->s, A, ROW_EXITED, "{\"s\":2}", &f->err), 0);
	assert_int_equal(store_pod_state(f->s, A), ROW_REMOVING);
	add_pod(f, B, "web", D, "web-main", 0);
	/* the late end of the first pod must not take the names of the second */
	assert_int_equal(store_pod_release(f->s, A, &f->err), 0);
	assert_int_equal(store_pod_del(f->s, A, &f->err), 0);
	assert_int_equal(store_pod_del(f->s, A, &f->err), 0);
	assert_int_equal(store_find(f->s, "web", STORE_POD, &f->a, &id, &pod, &f->err), 0);
	assert_string_equal(id, B);
	assert_int_equal(store_find(f->s, "web-main", STORE_CONTAINER, &f->a, &id, &pod, &f->err), 0);
	assert_string_equal(id, D);
	assert_string_equal(pod, B);
	assert_int_equal(store_ctr_del(f->s, D, &f->err), 0);
	assert_int_equal(store_find(f->s, "web-main", STORE_ANY, &f->a, &id, &pod, &f->err), -ENOENT);
}

static void names_ids_and_prefixes_are_found(void **state)
{
	struct fixture *f = *state;
	const char *id = NULL, *pod = NULL;

	add_pod(f, A, "web", C, "web-main", 0);
	add_pod(f, B, "solo", B, "solo", 0);
	assert_int_equal(store_find(f->s, "web", STORE_POD, &f->a, &id, &pod, &f->err), 0);
	assert_string_equal(id, A);
	assert_string_equal(pod, A);
	assert_int_equal(store_find(f->s, "web", STORE_CONTAINER, &f->a, &id, &pod, &f->err), -ENOENT);
	assert_string_equal(f->err.msg,
		"no container with name or ID \"web\" found: no such container (that is the name of a pod)");
	assert_int_equal(store_find(f->s, "solo", STORE_CONTAINER, &f->a, &id, &pod, &f->err), 0);
	assert_string_equal(pod, B);
	assert_int_equal(store_find(f->s, "solo", STORE_POD, &f->a, &id, &pod, &f->err), -ENOENT);
	assert_int_equal(store_find(f->s, "solo", STORE_ANY, &f->a, &id, &pod, &f->err), 0);
	assert_int_equal(store_find(f->s, "a", STORE_ANY, &f->a, &id, &pod, &f->err), -EINVAL);
	assert_non_null(strstr(f->err.msg, "give more digits"));
	assert_int_equal(store_find(f->s, "a", STORE_POD, &f->a, &id, &pod, &f->err), 0);
	assert_int_equal(store_find(f->s, "ab", STORE_ANY, &f->a, &id, &pod, &f->err), 0);
	assert_string_equal(id, B);
	assert_int_equal(store_find(f->s, C, STORE_CONTAINER, &f->a, &id, &pod, &f->err), 0);
	assert_string_equal(pod, A);
	assert_int_equal(store_find(f->s, "zz", STORE_ANY, &f->a, &id, NULL, &f->err), -ENOENT);
	assert_int_equal(store_find(f->s, "", STORE_ANY, &f->a, &id, NULL, &f->err), -ENOENT);
	assert_int_equal(store_find(f->s, "a%", STORE_ANY, &f->a, NULL, NULL, &f->err), -ENOENT);
}

static void unsettled_and_lost_rows_are_known(void **state)
{
	struct fixture *f = *state;
	struct strs ids = { 0 };
	struct pod_row p;

	add_pod(f, A, "web", C, "web-main", 0); /* ROW_CREATING */
	add_pod(f, B, "solo", B, "solo", 0);
	assert_int_equal(store_pod_set_state(f->s, B, ROW_STARTED, &f->err), 0);
	assert_int_equal(store_pods_unsettled(f->s, &f->a, &ids, &f->err), 0);
	assert_int_equal(ids.n, 1);
	assert_string_equal(ids.v[0], A);
	assert_int_equal(store_pods_lost(f->s, &f->err), 0);
	assert_int_equal(store_pod_get(f->s, B, &f->a, &p, &f->err), 0);
	assert_int_equal(p.state, ROW_EXITED);
	assert_int_equal(store_pod_get(f->s, A, &f->a, &p, &f->err), 0);
	assert_int_equal(p.state, ROW_CREATING);
}

static void addresses_go_round(void **state)
{
	struct fixture *f = *state;
	const char *pods[] = { "p1", "p2", "p3" };
	uint32_t ip;

	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(store_lease_take(f->s, "n", pods[i], 10, 13, 0, &ip, &f->err), 0);
		assert_int_equal(ip, 10 + i);
	}
	assert_int_equal(store_lease_take(f->s, "n", "p3", 10, 13, 0, &ip, &f->err), 0);
	assert_int_equal(ip, 12); /* its own again */
	assert_int_equal(store_lease_free(f->s, "p1", &f->err), 0);
	assert_int_equal(store_lease_take(f->s, "n", "p4", 10, 13, 0, &ip, &f->err), 0);
	assert_int_equal(ip, 13); /* not the one just given back */
	assert_int_equal(store_lease_take(f->s, "n", "p5", 10, 13, 0, &ip, &f->err), 0);
	assert_int_equal(ip, 10);
	ip = 77;
	assert_int_equal(store_lease_take(f->s, "n", "p6", 10, 13, 0, &ip, &f->err), -EBUSY);
	assert_int_equal(ip, 77);
	assert_non_null(strstr(f->err.msg, "no free address in network 'n'"));
	assert_int_equal(store_lease_take(f->s, "m", "p6", 10, 13, 0, &ip, &f->err), 0); /* another network */
	assert_int_equal(store_lease_take(f->s, "n", "p7", 10, 13, 11, &ip, &f->err), -EEXIST);
	assert_non_null(strstr(f->err.msg, "address 0.0.0.11 is in use"));
	assert_int_equal(store_lease_free(f->s, "p2", &f->err), 0);
	assert_int_equal(store_lease_take(f->s, "n", "p7", 10, 13, 11, &ip, &f->err), 0);
	assert_int_equal(store_lease_take(f->s, "n", "p8", 10, 13, 14, &ip, &f->err), -EINVAL);
	assert_int_equal(store_lease_take(f->s, "top", "p", 0xfffffffe, 0xffffffff, 0, &ip, &f->err), 0);
	assert_int_equal(store_lease_take(f->s, "top", "q", 0xfffffffe, 0xffffffff, 0, &ip, &f->err), 0);
	assert_int_equal(store_lease_take(f->s, "top", "r", 0xfffffffe, 0xffffffff, 0, &ip, &f->err), -EBUSY);
}

static void a_port_has_one_owner(void **state)
{
	struct fixture *f = *state;
	struct port_row all = { "tcp", "", 8080 }, lo = { "tcp", "127.0.0.1", 8080 },
			other = { "tcp", "10.0.0.1", 8080 };
	struct port_row udp = { "udp", "0.0.0.0", 8080 },
			two[] = { { "tcp", "", 81 }, { "tcp", "1.2.3.4", 81 } };

	add_pod(f, A, "web", C, "web-main", 0);
	add_pod(f, B, "solo", B, "solo", 0);
	assert_int_equal(store_ports_take(f->s, A, &lo, 1, &f->err), 0);
	assert_int_equal(store_ports_take(f->s, B, &other, 1, &f->err), 0);
	assert_int_equal(store_ports_take(f->s, D, &all, 1, &f->err), -EEXIST);
	assert_int_equal(store_ports_take(f->s, D, &lo, 1, &f->err), -EEXIST);
	assert_string_equal(f->err.msg, "port 8080/tcp is published by pod 'web'");
	assert_int_equal(store_ports_take(f->s, D, &other, 1, &f->err), -EEXIST);
	assert_string_equal(f->err.msg, "port 8080/tcp is published by container 'solo'");
	assert_int_equal(store_ports_take(f->s, D, &udp, 1, &f->err), 0);
	assert_int_equal(store_ports_take(f->s, A, two, 2, &f->err), -EINVAL);
	assert_int_equal(
		store_ports_take(f->s, B, &lo, 1, &f->err), -EEXIST); /* the failed call gave nothing back */
	assert_int_equal(
		store_ports_take(f->s, A, &lo, 1, &f->err), 0); /* again, after a start that was cut short */
	assert_int_equal(store_ports_free(f->s, A, &f->err), 0);
	assert_int_equal(store_pod_del(f->s, B, &f->err), 0); /* takes its ports along */
	assert_int_equal(store_ports_take(f->s, C, &all, 1, &f->err), 0);
}

static void image_names_move_and_shared_layers_stay(void **state)
{
	struct fixture *f = *state;
	char *l1[] = { "base", "one" }, *l2[] = { "base", "two" }, *n1[] = { "x:latest", "x:1" },
	     *n2[] = { "x:latest" };
	struct image_row a = { .id = A,
		.digest = "sha256:m",
		.created_us = 2,
		.size = 30,
		.config = "{}",
		.manifest = "{1}",
		.names = { n1, 2, 2 },
		.layers = { l1, 2, 2 } },
			 got, *rows;
	struct image_row b = {
		.id = B, .created_us = 1, .config = "{}", .names = { n2, 1, 1 }, .layers = { l2, 2, 2 }
	};
	struct strs layers = { 0 }, users = { 0 };
	const char *id;
	size_t n;

	assert_int_equal(store_image_add(f->s, &a, &f->err), 0);
	assert_int_equal(store_image_add(f->s, &b, &f->err), 0);
	assert_int_equal(store_image_by_name(f->s, "x:latest", &f->a, &id, &f->err), 0);
	assert_string_equal(id, B);
	a.digest = a.manifest = ""; /* loaded again from an archive without a manifest: what is known stays */
	a.names.n = 0;
	assert_int_equal(store_image_add(f->s, &a, &f->err), 0);
	assert_int_equal(store_image_get(f->s, A, &f->a, &got, &f->err), 0);
	assert_string_equal(got.digest, "sha256:m");
	assert_string_equal(got.manifest, "{1}");
	assert_int_equal(got.names.n, 1);
	assert_string_equal(got.names.v[0], "x:1");
	assert_int_equal(got.layers.n, 2);
	assert_string_equal(got.layers.v[1], "one");
	assert_int_equal(got.size, 30);
	assert_int_equal(store_images(f->s, &f->a, &rows, &n, &f->err), 0);
	assert_int_equal(n, 2);
	assert_string_equal(rows[0].id, A);
	assert_int_equal(store_image_by_prefix(f->s, "a", &f->a, &id, &f->err), -EINVAL);
	assert_int_equal(store_image_by_prefix(f->s, "aa", &f->a, &id, &f->err), 0);
	assert_int_equal(store_image_by_prefix(f->s, "", &f->a, &id, &f->err), -ENOENT);
	assert_int_equal(store_image_tag(f->s, D, "y:1", &f->err), -ENOENT);
	assert_int_equal(store_image_tag(f->s, B, "y:1", &f->err), 0);
	assert_int_equal(store_image_untag(f->s, "y:1", &f->err), 0);
	assert_int_equal(store_image_untag(f->s, "y:1", &f->err), -ENOENT);
	assert_int_equal(store_image_del(f->s, A, &f->a, &layers, &f->err), 0);
	assert_int_equal(layers.n, 1);
	assert_string_equal(layers.v[0], "one");
	assert_true(store_layer_used(f->s, "base"));
	assert_false(store_layer_used(f->s, "one"));
	assert_int_equal(store_image_del(f->s, A, &f->a, &layers, &f->err), -ENOENT);
	add_pod(f, C, "web", D, "web-main", 0);
	assert_int_equal(store_image_users(f->s, "i1", &f->a, &users, &f->err), 0);
	assert_int_equal(users.n, 1);
	assert_string_equal(users.v[0], "web-main");
}

static void objects_are_kept_by_kind_and_name(void **state)
{
	struct fixture *f = *state;
	struct object_row row = {
		.kind = "ConfigMap", .name = "c", .doc = "{}", .created_us = 1, .updated_us = 1
	};
	struct object_row got = { 0 }, *all = NULL;
	size_t n = 0;

	assert_int_equal(store_object_put(f->s, &row, &f->err), 0);
	row = (struct object_row){ "ConfigMap", "c", "{2}", "f", 2, 2 };
	assert_int_equal(store_object_put(f->s, &row, &f->err), 0);
	assert_int_equal(store_object_get(f->s, "ConfigMap", "c", &f->a, &got, &f->err), 0);
	assert_string_equal(got.doc, "{2}");
	assert_string_equal(got.file, "f");
	assert_int_equal(got.created_us, 1);
	assert_int_equal(got.updated_us, 2);
	assert_int_equal(store_object_get(f->s, "Secret", "c", &f->a, &got, &f->err), -ENOENT);
	assert_string_equal(f->err.msg, "no such Secret 'c'");
	row.kind = "Secret";
	assert_int_equal(store_object_put(f->s, &row, &f->err), 0);
	assert_int_equal(store_objects(f->s, NULL, &f->a, &all, &n, &f->err), 0);
	assert_int_equal(n, 2);
	assert_int_equal(store_objects(f->s, "Secret", &f->a, &all, &n, &f->err), 0);
	assert_int_equal(n, 1);
	assert_string_equal(all[0].kind, "Secret");
	assert_int_equal(store_object_del(f->s, "ConfigMap", "c", &f->err), 1);
	assert_int_equal(store_object_del(f->s, "ConfigMap", "c", &f->err), 0);
}

static void a_released_pod_can_have_its_names_back(void **state)
{
	struct fixture *f = *state;
	const char *id, *pod;

	add_pod(f, A, "web", C, "web-main", 0);
	assert_int_equal(store_pod_release(f->s, A, &f->err), 0);
	assert_int_equal(store_find(f->s, "web", STORE_POD, &f->a, &id, &pod, &f->err), -ENOENT);
	assert_int_equal(store_pod_restore(f->s, A, ROW_EXITED, &f->err), 0);
	assert_int_equal(store_find(f->s, "web", STORE_POD, &f->a, &id, &pod, &f->err), 0);
	assert_int_equal(store_find(f->s, "web-main", STORE_CONTAINER, &f->a, &id, &pod, &f->err), 0);
	assert_int_equal(store_pod_state(f->s, A), ROW_EXITED);
	assert_int_equal(store_pod_release(f->s, A, &f->err), 0);
	add_pod(f, B, "web", D, "web-other", 0);
	assert_int_equal(store_pod_restore(f->s, A, ROW_EXITED, &f->err), -EEXIST);
	assert_int_equal(store_pod_state(f->s, A), ROW_REMOVING);
}

static void a_transaction_is_all_or_nothing(void **state)
{
	struct fixture *f = *state;
	const char *v;
	uint32_t ip;

	assert_int_equal(store_begin(f->s, &f->err), 0);
	assert_int_equal(store_meta_set(f->s, "k", "v", &f->err), 0);
	add_pod(f, A, "web", C, "web-main", 0);
	add_pod(f, B, "web2", D, "web", -EEXIST); /* fails alone: the rest of the transaction stands */
	assert_int_equal(store_lease_take(f->s, "n", A, 1, 9, 0, &ip, &f->err), 0);
	store_rollback(f->s);
	store_rollback(f->s); /* no-op */
	assert_int_equal(store_meta_get(f->s, "k", &f->a, &v, &f->err), 0);
	assert_null(v);
	assert_int_equal(store_begin(f->s, &f->err), 0);
	add_pod(f, A, "web", C, "web-main", 0);
	add_pod(f, B, "web2", D, "web", -EEXIST);
	assert_int_equal(store_commit(f->s, &f->err), 0);
	assert_int_equal(store_find(f->s, "web", STORE_POD, &f->a, &v, NULL, &f->err), 0);
	assert_int_equal(store_find(f->s, "web2", STORE_POD, &f->a, &v, NULL, &f->err), -ENOENT);
}

static void a_second_opener_sees_the_rows_and_the_file_is_private(void **state)
{
	struct fixture *f = *state;
	struct store *again;
	const char *v;
	struct stat st;

	assert_int_equal(store_meta_set(f->s, "k", "v", &f->err), 0);
	assert_int_equal(store_open(f->fd, f->dir, "/run/x", &again, &f->err), 0);
	assert_int_equal(store_meta_get(again, "k", &f->a, &v, &f->err), 0);
	assert_string_equal(v, "v");
	store_close(again);
	assert_int_equal(fstatat(f->fd, "db.sqlite", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(fstatat(f->fd, "db.sqlite-wal", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(store_open(f->fd, f->dir, "/run/y", &again, &f->err), -EINVAL);
	assert_non_null(strstr(f->err.msg, "belongs to runroot '/run/x'"));
}

static void a_large_wal_is_put_back_by_a_checkpoint(void **state)
{
	struct fixture *f = *state;
	char big[20000], key[8];
	struct stat st;

	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	for (int i = 0; i < 20; i++) {
		snprintf(key, sizeof key, "%d", i);
		assert_int_equal(store_meta_set(f->s, key, big, &f->err), 0);
	}
	assert_int_equal(fstatat(f->fd, "db.sqlite-wal", &st, 0), 0);
	assert_true(st.st_size > 200 * 1024);
	store_checkpoint(f->s, STORE_WAL_KEEP);
	assert_int_equal(fstatat(f->fd, "db.sqlite-wal", &st, 0), 0);
	assert_true(st.st_size < 10 * 1024);
}

static void a_damaged_or_newer_database_is_refused_by_name(void **state)
{
	struct fixture *f = *state;
	struct store *again;
	char version[4] = { 0, 0, 0, 9 };
	int fd;

	store_checkpoint(f->s, STORE_WAL_KEEP);
	store_close(f->s);
	f->s = NULL;
	assert_int_equal(unlinkat(f->fd, "db.sqlite", 0), 0);
	(void) unlinkat(f->fd, "db.sqlite-wal", 0);
	(void) unlinkat(f->fd, "db.sqlite-shm", 0);
	assert_int_equal(store_open(f->fd, f->dir, "/run/x", &again, &f->err), 0);
	store_close(again);
	fd = openat(f->fd, "db.sqlite", O_RDWR | O_CLOEXEC);
	(void) unlinkat(f->fd, "db.sqlite-shm", 0);
	(void) unlinkat(f->fd, "db.sqlite-wal", 0);
	assert_int_equal(pwrite(fd, version, 4, 60), 4); /* user_version of the file header */
	if (lseek(fd, 0, SEEK_END) >= 4096)
		assert_int_equal(store_open(f->fd, f->dir, "/run/x", &again, &f->err), -EOPNOTSUPP);
	assert_int_equal(ftruncate(fd, 0), 0);
	for (int i = 0; i < 600; i++)
		assert_int_equal(write(fd, "no database ", 12), 12);
	close(fd);
	assert_int_equal(store_open(f->fd, f->dir, "/run/x", &again, &f->err), -EBADMSG);
	assert_non_null(strstr(f->err.msg, f->dir));
}

/* Many processes make the same database at once; every one of them gets its rows in. */
static void concurrent_first_openers_agree(void **state)
{
	struct fixture *f = *state;
	char dir[] = "/tmp/podctl-store-XXXXXX";
	struct store *s;
	int fd, status, failed = 0;
	const char *v;

	assert_non_null(mkdtemp(dir));
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 12; i++)
		if (fork() == 0) {
			char key[8];

			snprintf(key, sizeof key, "%d", i);
			if (store_open(fd, dir, "/run/x", &s, &f->err) < 0)
				_exit(fprintf(stderr, "open: %s\n", f->err.msg) > 0 ? 1 : 3);
			for (int k = 0; k < 20; k++)
				if (store_meta_set(s, key, "v", &f->err) < 0)
					_exit(fprintf(stderr, "set: %s\n", f->err.msg) > 0 ? 2 : 3);
			store_close(s);
			_exit(0);
		}
	while (wait(&status) > 0)
		failed += status != 0;
	assert_int_equal(failed, 0);
	assert_int_equal(store_open(fd, dir, "/run/x", &s, &f->err), 0);
	assert_int_equal(store_meta_get(s, "11", &f->a, &v, &f->err), 0);
	assert_string_equal(v, "v");
	store_close(s);
	close(fd);
	(void) dir_remove(AT_FDCWD, dir);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rows_come_back_as_they_went_in),
		TEST(a_name_is_unique_over_pods_and_containers),
		TEST(released_names_are_free_and_not_found),
		TEST(names_ids_and_prefixes_are_found),
		TEST(unsettled_and_lost_rows_are_known),
		TEST(addresses_go_round),
		TEST(a_port_has_one_owner),
		TEST(image_names_move_and_shared_layers_stay),
		TEST(objects_are_kept_by_kind_and_name),
		TEST(a_released_pod_can_have_its_names_back),
		TEST(a_transaction_is_all_or_nothing),
		TEST(a_second_opener_sees_the_rows_and_the_file_is_private),
		TEST(a_large_wal_is_put_back_by_a_checkpoint),
		TEST(a_damaged_or_newer_database_is_refused_by_name),
		TEST(concurrent_first_openers_agree),
	};

	int root = path_open(AT_FDCWD, "/tmp", PATH_IN_ROOTFS, O_PATH, 0);

	if (root == -ENOSYS) { /* valgrind of Debian 12 does not know the call */
		print_message("skipped: no openat2 here\n");
		return 0;
	}
	close(root);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
