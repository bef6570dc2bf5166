#!/bin/bash
# Many pods: SCALE_PODS (200) played and taken down leave the machine as before.
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
done_testing
