#!/bin/bash
# What a played pod may write to disk: limits.ephemeral-storage of containers, sizeLimit of emptyDirs; past one it is evicted.
. "$(dirname "$0")/lib.sh"
needs root busybox python3
import_image
before=$(machine_state)

pod() { # NAME: its spec from stdin is played
	{ printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec:\n  hostNetwork: true\n' "$1"; sed -e "s|IMAGE|$IMG|" -e 's/^/  /'; } >"$T/$1.yaml"
	timeout 60 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube "$T/$1.yaml"
}
# get POD EXPRESSION: of what kube get shows, as s (status)
get() {
	podctl kube get pod "$1" -o json 2>/dev/null | python3 -c '
import json, sys
s = json.load(sys.stdin)["status"]
v = eval(sys.argv[1])
print(str(v).lower() if isinstance(v, bool) else v)' "$2"
}
is_evicted() { [ "$(get "$1" 's["phase"] + s.get("reason", "")')" = FailedEvicted ]; }
evicted() { # TEXT POD MESSAGE
	if until_true 90 is_evicted "$2"; then is "$1" "$(get "$2" 's["message"]')" "$3"; else not_ok "$1" "$(get "$2" s)"; fi
}

pod layer >/dev/null <<'Y'
containers:
- name: b
  image: IMAGE
  command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 0.2; done"]
  resources: {limits: {ephemeral-storage: 1Gi}}
- name: a
  image: IMAGE
  command: [sh, -c, "trap 'exit 0' TERM; mkdir -p /d/e/f; dd if=/dev/zero of=/d/e/f/big bs=1M count=3 2>/dev/null; while :; do sleep 0.2; done"]
  resources: {limits: {ephemeral-storage: 1Mi}}
Y
pod empty >/dev/null <<'Y'
containers:
- name: a
  image: IMAGE
  command: [sh, -c, "trap 'exit 0' TERM; dd if=/dev/zero of=/v/big bs=1M count=3 2>/dev/null; while :; do sleep 0.2; done"]
  volumeMounts: [{name: data, mountPath: /v}]
volumes: [{name: data, emptyDir: {sizeLimit: 2M}}]
Y
pod together >/dev/null <<'Y'
containers:
- name: a
  image: IMAGE
  command: [sh, -c, "trap 'exit 0' TERM; dd if=/dev/zero of=/v/big bs=1M count=3 2>/dev/null; while :; do sleep 0.2; done"]
  volumeMounts: [{name: data, mountPath: /v}]
  resources: {limits: {ephemeral-storage: 1Mi}}
- name: b
  image: IMAGE
  command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 0.2; done"]
  resources: {limits: {ephemeral-storage: 1Mi}}
volumes: [{name: data, emptyDir: {}}]
Y
pod logs >/dev/null <<'Y'
containers:
- name: a
  image: IMAGE
  command: [sh, -c, "trap 'exit 0' TERM; yes 0123456789012345678901234567890123456789 | head -c 3000000; while :; do sleep 0.2; done"]
  resources: {limits: {ephemeral-storage: 1Mi}}
Y
pod modest >/dev/null <<'Y'
restartPolicy: Never
containers:
- name: a
  image: IMAGE
  command: [sh, -c, "trap 'exit 0' TERM; dd if=/dev/zero of=/v/a bs=64k count=1 2>/dev/null; for i in 1 2 3 4 5 6 7 8 9; do ln /v/a /v/$i; done; truncate -s 1G /sparse; while :; do sleep 0.2; done"]
  volumeMounts: [{name: data, mountPath: /v}]
  resources: {limits: {ephemeral-storage: 512Ki}}
volumes: [{name: data, emptyDir: {sizeLimit: 256Ki}}]
Y
evicted "a writable layer past limits.ephemeral-storage" layer 'Container a exceeded its local ephemeral storage limit "1Mi". '
evicted "an emptyDir past its sizeLimit" empty 'Usage of EmptyDir volume "data" exceeds the limit "2M". '
evicted "containers and emptyDirs past the sum of the limits" together 'Pod ephemeral local storage usage exceeds the total limit of containers 2Mi. '
evicted "logs count too" logs 'Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. '
like "it is told as an event" "$(podctl kube events 2>&1)" 'Warning +Evicted +Pod/layer +Container a exceeded'
is "and as a condition" "$(get layer '[c["reason"] for c in s["conditions"] if c["type"] == "DisruptionTarget" and c["status"] == "True"]')" "['TerminationByKubelet']"
like "kube get pods says Evicted" "$(podctl kube get pods)" '^layer +0/2 +Evicted'
is "files with several names count once, holes do not: it runs" "$(get modest 's["phase"]')" Running
for p in layer empty together logs modest; do
	podctl play kube --down "$T/$p.yaml" >/dev/null 2>&1
done
until_true 20 eval '[ "$(machine_state)" = "$before" ]'
is "nothing is left" "$(machine_state)" "$before"
done_testing
