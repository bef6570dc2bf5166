/* Where a Job stands, told from its document and its pods. */
#include "tests/unit/test.h"

#include <string.h>

#include "pkg/util/cleanup.h"
#include "pkg/verb/job_state.h"

static struct job_state judge(const char *spec, const char *pods, struct job_pod *v)
{
	static struct job_exit exits[16];
	json_error_t e;
	json_t *job = json_pack("{s:o}", "spec", json_loads(spec, 0, &e));
	struct job_state s;
	size_t n = 0;

	/* one letter a pod: Held, Active, Succeeded, Failed with the code that follows, sTopped */
	for (const char *p = pods; *p; p++) {
		enum job_pod_state state = *p == 'H'   ? JOB_POD_HELD
					   : *p == 'A' ? JOB_POD_ACTIVE
					   : *p == 'S' ? JOB_POD_SUCCEEDED
					   : *p == 'F' ? JOB_POD_FAILED
						       : JOB_POD_STOPPED;

		v[n] = (struct job_pod){ .name = "j-0",
			.index = (int64_t) n,
			.state = state,
			.started_us = state == JOB_POD_HELD ? 0 : 5,
			.finished_us = state == JOB_POD_HELD || state == JOB_POD_ACTIVE ? 0 : 7 + n,
			.exit = &exits[n] };
		if (state == JOB_POD_FAILED) {
			exits[n] = (struct job_exit){ .container = "c", .code = p[1] - '0' };
			v[n].n_exit = 1;
			p++;
		}
		n++;
	}
	job_judge(job, v, n, &s);
	json_decref(job);
	return s;
}

static void a_job_is_what_its_pods_are(void **state)
{
	static const struct {
		const char *spec, *pods;
		enum job_outcome outcome;
		const char *reason;
		int64_t wanted;
	} rows[] = {
		{ "{}", "A", JOB_OPEN, "", 0 },
		{ "{}", "S", JOB_COMPLETE, "CompletionsReached", 0 },
		{ "{\"completions\":3}", "SHH", JOB_OPEN, "", 1 },
		{ "{\"completions\":3,\"parallelism\":2}", "SHH", JOB_OPEN, "", 2 },
		{ "{\"completions\":3,\"parallelism\":2}", "AHH", JOB_OPEN, "", 1 },
		{ "{\"completions\":3,\"parallelism\":2}", "AAH", JOB_OPEN, "", 0 },
		{ "{\"completions\":3,\"parallelism\":2}", "SSS", JOB_COMPLETE, "CompletionsReached", 0 },
		{ "{\"parallelism\":2}", "SA", JOB_OPEN, "", 0 },
		{ "{\"parallelism\":2}", "SS", JOB_COMPLETE, "CompletionsReached", 0 },
		{ "{\"completions\":2,\"suspend\":true}", "HH", JOB_SUSPENDED, "JobSuspended", 0 },
		{ "{\"completions\":2,\"backoffLimit\":0}", "F1H", JOB_FAILED, "BackoffLimitExceeded", 0 },
		{ "{\"completions\":3,\"backoffLimitPerIndex\":0}", "F1SH", JOB_OPEN, "", 1 },
		{ "{\"completions\":3,\"backoffLimitPerIndex\":0}", "F1SS", JOB_FAILED, "FailedIndexes", 0 },
		{ "{\"completions\":3,\"backoffLimitPerIndex\":0,\"maxFailedIndexes\":1}", "F1F1H",
			JOB_FAILED, "MaxFailedIndexesExceeded", 0 },
		{ "{\"podFailurePolicy\":{\"rules\":[{\"action\":\"FailJob\",\"onExitCodes\":{\"operator\":"
		  "\"In\",\"values\":[4]}}]},\"completions\":2,\"backoffLimitPerIndex\":1}",
			"F4H", JOB_FAILED, "PodFailurePolicy", 0 },
		{ "{\"podFailurePolicy\":{\"rules\":[{\"action\":\"FailIndex\",\"onExitCodes\":{\"operator\":"
		  "\"In\",\"values\":[4]}},{\"action\":\"FailJob\",\"onExitCodes\":{\"operator\":\"NotIn\","
		  "\"values\":[5]}}]},\"completions\":2,\"backoffLimitPerIndex\":1}",
			"F4H", JOB_OPEN, "", 1 },
		{ "{\"successPolicy\":{\"rules\":[{\"succeededIndexes\":\"0,2-3\",\"succeededCount\":2}]},"
		  "\"completions\":5,\"parallelism\":5}",
			"ASSAA", JOB_OPEN, "", 0 },
		{ "{\"successPolicy\":{\"rules\":[{\"succeededIndexes\":\"0,2-3\",\"succeededCount\":2}]},"
		  "\"completions\":5,\"parallelism\":5}",
			"ASSSA", JOB_COMPLETE, "SuccessPolicy", 0 },
		{ "{\"successPolicy\":{\"rules\":[{\"succeededIndexes\":\"0\"}]},\"completions\":2}", "ST",
			JOB_COMPLETE, "SuccessPolicy", 0 },
	};

	(void) state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct job_pod pods[8];
		struct job_state s = judge(rows[i].spec, rows[i].pods, pods);

		if (s.outcome != rows[i].outcome || strcmp(s.reason, rows[i].reason) != 0 ||
			s.wanted != rows[i].wanted)
			fail_msg("%s with %s: %d %s, %lld wanted", rows[i].spec, rows[i].pods,
				(int) s.outcome, s.reason, (long long) s.wanted);
		assert_true(s.finished_us == 0 || s.outcome >= JOB_COMPLETE);
	}
}

static void tries_within_pods_count(void **state)
{
	struct job_pod pods[2] = { { .state = JOB_POD_ACTIVE, .restarts = 2 },
		{ .index = 1, .state = JOB_POD_SUCCEEDED, .restarts = 2 } };
	json_t *job = json_pack(
		"{s:{s:i, s:i, s:i}}", "spec", "completions", 2, "parallelism", 2, "backoffLimit", 4);
	struct job_state s;

	(void) state;
	job_judge(job, pods, 2, &s);
	assert_int_equal(s.outcome, JOB_OPEN);
	pods[0].restarts++;
	job_judge(job, pods, 2, &s);
	assert_int_equal(s.outcome, JOB_FAILED);
	assert_int_equal(s.failed, 5);
	assert_int_equal(s.finished_us, 0); /* one still works */
	json_decref(job);
}

static void indexes_are_written_in_runs(void **state)
{
	auto_buf struct buf b = BUF_INIT(100);
	struct job_pod pods[8];

	(void) state;
	(void) judge("{}", "SSASSSAS", pods);
	job_indexes(pods, 8, JOB_POD_SUCCEEDED, &b);
	assert_string_equal(b.data, "0,1,3-5,7");
	assert_true(job_index_is_in("0,2-4", 3));
	assert_false(job_index_is_in("0,2-4", 1));
	assert_false(job_index_is_in("", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_is_what_its_pods_are),
		cmocka_unit_test(tries_within_pods_count),
		cmocka_unit_test(indexes_are_written_in_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
