#!/bin/bash
# Jobs: turns, retries, rules for failures and successes, deadlines, and what goes when they are over.
. "$(dirname "$0")/lib.sh"
needs root busybox python3
import_image
before=$(machine_state)

job() { # NAME SPEC COMMAND
	printf 'apiVersion: batch/v1\nkind: Job\nmetadata: {name: %s}\nspec:\n%s\n  template:\n    spec:\n      hostNetwork: true\n      restartPolicy: Never\n      terminationGracePeriodSeconds: 1\n      volumes: [{name: t, hostPath: {path: %s}}]\n      containers:\n      - {name: c, image: "%s", imagePullPolicy: Never, volumeMounts: [{name: t, mountPath: /t}], command: [sh, -c, '"'%s'"']}\n' \
		"$1" "$2" "$T/marks" "$IMG" "$3" >"$T/$1.yaml"
}
mkdir "$T/marks"
play() { timeout 100 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube "$@" >/dev/null; }
down() { podctl kube down "$T/$1.yaml" >/dev/null; }
states() { podctl pod ps --format '{{.Name}}={{.Status}}' | sort | tr '\n' ' '; }
settled() { until_true 60 eval "[ \"\$(states)\" = '$1' ]"; states; }
lines() { sort "$T/marks/$1" 2>/dev/null | tr '\n' ' '; }

job turns '  completions: 3
  completionMode: Indexed' 'echo $JOB_COMPLETION_INDEX $(ls /t | grep -c running) >>/t/turns; touch /t/running-$JOB_COMPLETION_INDEX; sleep 0.3; rm /t/running-*'
play "$T/turns.yaml"
is "without parallelism pods take turns" "$(settled 'turns-pod-0=Exited turns-pod-1=Exited turns-pod-2=Exited ')" 'turns-pod-0=Exited turns-pod-1=Exited turns-pod-2=Exited '
is "one at a time" "$(lines turns)" "0 0 1 0 2 0 "
down turns

job limit '  completions: 3
  parallelism: 2
  backoffLimit: 0
  completionMode: Indexed' 'if [ $JOB_COMPLETION_INDEX = 0 ]; then sleep 1; exit 3; fi; trap "exit 0" TERM; while :; do sleep 0.1; done'
play "$T/limit.yaml"
is "a failure past backoffLimit ends the Job: the others are stopped, no more started" "$(settled 'limit-pod-0=Exited limit-pod-1=Exited limit-pod-2=Created ')" 'limit-pod-0=Exited limit-pod-1=Exited limit-pod-2=Created '
down limit

job each '  completions: 3
  parallelism: 1
  completionMode: Indexed
  backoffLimitPerIndex: 0' 'echo $JOB_COMPLETION_INDEX >>/t/each; [ $JOB_COMPLETION_INDEX != 1 ]'
play --wait "$T/each.yaml"
is "backoffLimitPerIndex: the others have their turn; --wait tells the failure" "$? $(lines each)" "1 0 1 2 "
job most '  completions: 4
  parallelism: 1
  completionMode: Indexed
  backoffLimitPerIndex: 0
  maxFailedIndexes: 1' 'echo $JOB_COMPLETION_INDEX >>/t/most; exit 2'
play --wait "$T/most.yaml"
is "maxFailedIndexes: one more ends it" "$? $(lines most)" "2 0 1 "

job policy '  backoffLimit: 1
  podFailurePolicy:
    rules:
    - {action: Ignore, onExitCodes: {operator: In, values: [42]}}
    - {action: FailJob, onExitCodes: {containerName: c, operator: In, values: [7]}}' 'echo x >>/t/policy; n=$(wc -l </t/policy); [ $n -gt 1 ] || exit 42; exit 7'
play --wait "$T/policy.yaml"
is "podFailurePolicy: Ignore tries again, FailJob does not" "$? $(lines policy)" "7 x x "

job enough '  completions: 3
  parallelism: 3
  completionMode: Indexed
  successPolicy: {rules: [{succeededIndexes: "1", succeededCount: 1}]}' '[ $JOB_COMPLETION_INDEX = 1 ] || { trap "exit 0" TERM; while :; do sleep 0.1; done; }'
play --wait "$T/enough.yaml"
is "successPolicy: enough is enough" "$?" 0

job late '  activeDeadlineSeconds: 3
  completions: 2
  parallelism: 1' 'sleep 1000'
play --wait "$T/late.yaml"
rc=$?
is "activeDeadlineSeconds is the Job's: the second is not started" "$([ $rc -ne 0 ] && echo failed)" failed

job now '  ttlSecondsAfterFinished: 0
  completions: 2
  parallelism: 1' 'echo x >>/t/now'
play "$T/now.yaml"
is "ttlSecondsAfterFinished: 0 goes when all of it is over" "$(settled '')" ""
is "not before" "$(lines now)" "x x "
t_fails "the Job too" 125 "not found" podctl generate kube now
job soon '  ttlSecondsAfterFinished: 4' 'echo x >>/t/soon'
play "$T/soon.yaml"
until_true 30 eval '[ "$(states)" = "soon-pod=Exited " ]'
is "a longer one is waited for" "$(states)" "soon-pod=Exited "
is "and then it is gone" "$(settled '')" ""

bad() { # TEXT PATTERN SPEC
	job bad "$3" true
	t_fails "$1" 125 "$2" podctl play kube "$T/bad.yaml"
}
bad "FailIndex needs backoffLimitPerIndex" 'rules\[0\].action: Invalid value: "FailIndex"' '  podFailurePolicy: {rules: [{action: FailIndex, onExitCodes: {operator: In, values: [1]}}]}'
bad "a rule of nothing" 'specifying one of onExitCodes and onPodConditions' '  podFailurePolicy: {rules: [{action: Count}]}'
bad "a container that is not there" 'must be one of the container' '  podFailurePolicy: {rules: [{action: Count, onExitCodes: {containerName: x, operator: In, values: [1]}}]}'
bad "0 is no failure" 'must not be 0 for the In operator' '  podFailurePolicy: {rules: [{action: Count, onExitCodes: {operator: In, values: [0]}}]}'
bad "successPolicy of a Job without indexes" 'requires completionMode Indexed' '  successPolicy: {rules: [{succeededCount: 1}]}'
bad "indexes that are none" 'expected rising numbers below completions' '  completionMode: Indexed
  completions: 2
  successPolicy: {rules: [{succeededIndexes: "0-5"}]}'
bad "backoffLimitPerIndex without indexes" 'requires completionMode Indexed' '  backoffLimitPerIndex: 1'

# ---- a CronJob is run by hand, or by somebody's timer
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: words}\ndata: {say: hello}\n---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nightly}\nspec:\n  schedule: "0 3 * * *"\n  jobTemplate:\n    metadata: {labels: {app: nightly}}\n    spec:\n      template:\n        spec:\n          hostNetwork: true\n          restartPolicy: Never\n          containers: [{name: c, image: "%s", imagePullPolicy: Never, envFrom: [{configMapRef: {name: words}}], command: [sh, -c, "echo $say; exit 4"]}]\n      backoffLimit: 0\n' "$IMG" >"$T/cron.yaml"
sed -i 's/echo ; exit/echo $say; exit/' "$T/cron.yaml"
t_fails "a CronJob is refused, with what to do" 125 'kube create job NAME --from=cronjob/NAME' podctl play kube "$T/cron.yaml"
out=$(timeout 60 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" kube create job now --from=cronjob/nightly -f "$T/cron.yaml" --wait --logs)
is "its Job is run once" "$? $(grep -c hello <<<"$out")" "4 1"
t "or left to itself" podctl kube create job later --from=cronjob/nightly -f "$T/cron.yaml"
t_fails "a name is used once" 125 'jobs.batch "later" already exists' podctl kube create job later --from=cronjob/nightly -f "$T/cron.yaml"
is "it has the template's labels" "$(podctl kube get jobs -l app=nightly -o name)" job.batch/later
t_fails "another CronJob is not there" 125 'cronjobs.batch "x" not found' podctl kube create job y --from=cronjob/x -f "$T/cron.yaml"
podctl pod rm -f -t 0 later-pod >/dev/null
until_true 20 eval '[ "$(machine_state)" = "$before" ]'
is "nothing is left" "$(machine_state)" "$before"
done_testing
