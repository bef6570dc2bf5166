#!/bin/bash
# StatefulSets: their pods come up one after the other, each when the one before it is ready.
. "$(dirname "$0")/lib.sh"
needs root busybox python3
import_image
before=$(machine_state)
mkdir "$T/marks"

set_of() { # NAME POLICY PROBE: its pod N is ready as soon as the file ready-N is there
	printf 'apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: %s}\nspec:\n  replicas: 3\n  serviceName: %s\n  podManagementPolicy: %s\n  selector: {matchLabels: {app: %s}}\n  template:\n    metadata: {labels: {app: %s}}\n    spec:\n      terminationGracePeriodSeconds: 1\n      volumes: [{name: t, hostPath: {path: %s}}]\n      containers:\n      - {name: c, image: "%s", imagePullPolicy: Never, volumeMounts: [{name: t, mountPath: /t}], command: [sh, -c, "hostname >>/t/%s; trap \\"exit 0\\" TERM; while :; do sleep 0.1; done"]%s}\n' \
		"$1" "$1" "$2" "$1" "$1" "$T/marks" "$IMG" "$1" "$3" >"$T/$1.yaml"
}
PROBE=', readinessProbe: {periodSeconds: 1, failureThreshold: 1, exec: {command: [sh, -c, "test -e /t/ready-$(hostname)"]}}'
states() { podctl pod ps --format '{{.Name}}={{.Status}}' | sort | tr '\n' ' '; }
settled() { until_true 60 eval "[ \"\$(states)\" = '$1' ]"; states; }
began() { sort "$T/marks/$1" 2>/dev/null | tr '\n' ' '; }
ready() { podctl kube get sts "$1" | awk 'NR == 2 { print $2 }'; }
is_up() { until_true 60 eval "[ \"\$(ready $1)\" = $2 ]"; ready "$1"; }
play() { timeout 300 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube "$@" >/dev/null; }
down() { podctl kube down "$T/$1.yaml" >/dev/null; rm -f "$T"/marks/*; }

set_of quick OrderedReady ''
t "a set without probes is played" play "$T/quick.yaml"
is "its pods are all there at once" "$(states)" "quick-0=Running quick-1=Running quick-2=Running "
down quick

set_of db OrderedReady "$PROBE"
t "a set with probes is played" play "$T/db.yaml"
is "only its first pod is started" "$(states)" "db-0=Running db-1=Created db-2=Created "
is "it is counted as not ready" "$(is_up db 0/3)" 0/3
touch "$T/marks/ready-db-0"
is "when it is ready the second starts, the third waits" "$(settled 'db-0=Running db-1=Running db-2=Created ')" 'db-0=Running db-1=Running db-2=Created '
is "one is ready" "$(is_up db 1/3)" 1/3
t "the first one's restart" podctl pod restart db-0
is "it is ready again" "$(is_up db 1/3)" 1/3
is "and has started nobody" "$(states)" "db-0=Running db-1=Running db-2=Created "
touch "$T/marks/ready-db-1"
is "the third follows the second" "$(settled 'db-0=Running db-1=Running db-2=Running ')" 'db-0=Running db-1=Running db-2=Running '
touch "$T/marks/ready-db-2"
is "all are ready" "$(is_up db 3/3)" 3/3
is "each began in its turn" "$(began db)" "db-0 db-0 db-1 db-2 "
podctl pod stop -t 1 db-1 >/dev/null
podctl pod restart db-0 >/dev/null
is "who was stopped by hand stays so" "$(is_up db 2/3) $(states)" "2/3 db-0=Running db-1=Exited db-2=Running "
t "the next play starts it" play "$T/db.yaml"
is "all are ready again" "$(is_up db 3/3)" 3/3
sed -i 's/replicas: 3/replicas: 4/' "$T/db.yaml"
t "one more is asked for when all are ready" play "$T/db.yaml"
is "it starts" "$(is_up db 3/4) $(states)" "3/4 db-0=Running db-1=Running db-2=Running db-3=Running "
touch "$T/marks/ready-db-3"
is "and is ready" "$(is_up db 4/4)" 4/4
down db

set_of slow OrderedReady "$PROBE"
touch "$T"/marks/ready-slow-{0,1,2}
t "--wait-ready waits for all" play --wait-ready "$T/slow.yaml"
is "they are" "$(ready slow)" 3/3
down slow

set_of gone OrderedReady "$PROBE"
touch "$T/marks/ready-gone-0"
play "$T/gone.yaml"
podctl pod rm -f -t 0 gone-0 >/dev/null
t "down in the midst of it" podctl kube down "$T/gone.yaml"
is "leaves none" "$(states)" ""
rm -f "$T"/marks/*

set_of again OrderedReady "$PROBE"
play --start=false "$T/again.yaml"
is "--start=false starts none" "$(states)" "again-0=Created again-1=Created again-2=Created "
t "a play starts the first" play "$T/again.yaml"
kill -9 "$(sed -n 's/.*"monitor": *\([0-9]*\).*/\1/p' "$RUNROOT/pods/$(podctl pod inspect --format '{{.Id}}' again-0)/status.json")"
touch "$T"/marks/ready-again-{0,1,2}
is "its monitor is killed; with the new one the others follow" "$(is_up again 3/3)" 3/3
down again

set_of both Parallel "$PROBE"
t "podManagementPolicy: Parallel" play "$T/both.yaml"
is "starts all, ready or not" "$(settled 'both-0=Running both-1=Running both-2=Running ')" 'both-0=Running both-1=Running both-2=Running '
down both

until_true 30 eval '[ "$(machine_state)" = "$before" ]'
is "nothing is left" "$(machine_state)" "$before"
done_testing
