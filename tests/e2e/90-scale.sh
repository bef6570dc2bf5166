#!/bin/bash
# Many pods and many runs: SCALE_PODS (200) played and taken down, SCALE_RUNS (100) run and removed, leave the machine as before.
. "$(dirname "$0")/lib.sh"
needs root busybox bridge
import_image
n=${SCALE_PODS:-200}
[ -z "${VM:-}" ] || n=${SCALE_PODS:-20}
podctl run --rm --network bridge $IMG true # bridge and table are static: make them before counting
until_true 3 sh -c "! ls '$RUNROOT/pods' | grep -q ."
before=$(machine_state)
disk() { du -s --inodes "$ROOT/pods" 2>/dev/null | cut -f1; }
for i in $(seq "$n"); do
	cat <<EOF
---
apiVersion: v1
kind: Pod
metadata: {name: many-$i}
spec:
  containers: [{name: c, image: $IMG, imagePullPolicy: Never, command: [sleep, "1000"], ports: [{containerPort: 80, hostPort: $((30000 + i))}], volumeMounts: [{name: v, mountPath: /v}]}]
  volumes: [{name: v, emptyDir: {}}]
EOF
done >"$T/many.yaml"
s=$EPOCHREALTIME
t "$n pods are played" podctl play kube "$T/many.yaml"
e=$EPOCHREALTIME
echo "# $(awk -v a="$s" -v b="$e" -v n="$n" 'BEGIN { printf "%.1f ms a pod", (b - a) * 1000 / n }')"
is "all run" "$(podctl pod ps --format '{{.Status}}' | grep -c Running)" "$n"
t "the database's log stays short" test "$(stat -c %s "$ROOT/db.sqlite-wal")" -lt 1000000
s=$EPOCHREALTIME
t "they are taken down" podctl kube down "$T/many.yaml"
e=$EPOCHREALTIME
echo "# $(awk -v a="$s" -v b="$e" -v n="$n" 'BEGIN { printf "%.1f ms a pod", (b - a) * 1000 / n }')"
is "none is left" "$(podctl pod ps -q | wc -l)" 0
calm() { [ "$(machine_state)" = "$before" ]; }
until_true 15 calm
is "the machine is as before" "$(machine_state)" "$before"
is "root/pods is empty" "$(ls "$ROOT/pods" 2>/dev/null | wc -l)" 0
is "runroot/pods is empty" "$(ls "$RUNROOT/pods" 2>/dev/null | wc -l)" 0

# one after the other: the database and the disk do not grow with them
runs=${SCALE_RUNS:-${VM:+10}}
runs=${runs:-100}
bad=0
some() { # N: so many runs, and the milliseconds of each
	local i s=$EPOCHREALTIME
	for i in $(seq "$1"); do podctl run --rm --network none $IMG true </dev/null || bad=$((bad + 1)); done
	awk -v a="$s" -v b="$EPOCHREALTIME" -v n="$1" 'BEGIN { printf "# %.1f ms a run\n", (b - a) * 1000 / n }'
}
some $((runs / 10))
until_true 15 calm
files=$(disk)
size=$(stat -c %s "$ROOT/db.sqlite")
some $((runs * 8 / 10))
some $((runs / 10))
is "$runs runs work" $bad 0
until_true 15 calm
is "the machine is as before them" "$(machine_state)" "$before"
few_files() { [ "$(disk)" -le $((files + 16)) ]; } # the directories of the next pod may be there already
t "no file is left of them" until_true 15 few_files
t "the database has not grown" test "$(stat -c %s "$ROOT/db.sqlite")" -le $((size + 65536))
done_testing
