#!/bin/bash
# kube resize: requests and limits of a pod that runs, in place or with a restart.
. "$(dirname "$0")/lib.sh"
needs root busybox python3
import_image
before=$(machine_state)
podctl tag $IMG localhost/podctl-demo

get() { # POD EXPRESSION: of what kube get shows, p
	podctl kube get pod "$1" -o json 2>/dev/null | python3 -c '
import json, sys
p = json.load(sys.stdin)
c = {x["name"]: x for x in p["status"].get("containerStatuses", [])}
r = {x["name"]: x.get("resources", {}) for x in p["spec"]["containers"] + p["spec"].get("initContainers", [])}
v = eval(sys.argv[1])
print(str(v).lower() if isinstance(v, bool) else v)' "$2"
}
holds() { [ "$(get "$1" "$2")" = true ]; }
soon() { if until_true 30 holds "$2" "$3"; then ok "$1"; else not_ok "$1" "$(get "$2" 'json.dumps(p["status"], indent=1)')"; fi; }
# limit CONTAINER V1-CONTROLLER V1-FILE V2-FILE: what its cgroup says
limit() {
	local id dir
	id=$(podctl container inspect --format '{{.Id}}' "$1")
	if is_cgroup2; then dir=$(find /sys/fs/cgroup -maxdepth 8 -type d -name "*$id*" | head -1); cat "$dir/$4"
	else dir=$(find "/sys/fs/cgroup/$2" -maxdepth 8 -type d -name "*$id*" | head -1); cat "$dir/$3"; fi 2>/dev/null
}
cpu() { limit "$1" cpu cpu.cfs_quota_us cpu.max | cut -d' ' -f1; }
memory() { limit "$1" memory memory.limit_in_bytes memory.max; }

timeout 60 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube --network host "$TOP/examples/k8s/resize.yaml" >/dev/null
soon "it runs" resize 'c["app"]["started"] and "running" in c["app"]["state"]'
is "its limit is in its cgroup" "$(cpu resize-app)" 20000
pid=$(podctl container inspect --format '{{.State.Pid}}' resize-app)
is "cpu" "$(podctl kube resize resize -c app --limits cpu=400m --requests cpu=200m)" "pod/resize resized"
is "is changed at once" "$(cpu resize-app)" 40000
is "in the same process" "$(podctl container inspect --format '{{.State.Pid}}' resize-app)" "$pid"
is "the manifest says so" "$(get resize 'r["app"]["limits"]["cpu"], r["app"]["requests"]["cpu"], r["app"]["limits"]["memory"]')" "('400m', '200m', '64Mi')"
is "and the status" "$(get resize 'c["app"]["resources"]["limits"]["cpu"], c["app"]["allocatedResources"]["cpu"], c["app"]["restartCount"]')" "('400m', '200m', 0)"
like "generate gives it back" "$(podctl generate kube resize)" 'cpu: 400m'
t "memory, whose policy is RestartContainer, by a patch" podctl kube resize pod/resize -p '{"spec":{"containers":[{"name":"app","resources":{"limits":{"memory":"128Mi"}}}]}}'
soon "restarts it" resize 'c["app"]["restartCount"] == 1 and "running" in c["app"]["state"] and c["app"]["resources"]["limits"]["memory"] == "128Mi"'
is "with the new limit" "$(memory resize-app)" 134217728
is "and the older change" "$(cpu resize-app)" 40000
like "an event says why" "$(podctl kube events)" 'Killing.*Container app resize requires restart'
podctl pod stop resize >/dev/null
podctl pod start resize >/dev/null
soon "it runs again" resize '"running" in c["app"]["state"]'
is "after a stop and a start the limits are the new ones" "$(cpu resize-app) $(memory resize-app)" "40000 134217728"
podctl pod stop resize >/dev/null
t "one that does not run" podctl kube resize pod resize --limits cpu=300m
podctl pod start resize >/dev/null
is "has it when it runs" "$(cpu resize-app)" 30000
is "a second play of the file changes nothing" "$(podctl play kube --network host "$TOP/examples/k8s/resize.yaml" >/dev/null; get resize 'r["app"]["limits"]["cpu"]')" 300m

t_fails "more than the limit" 125 'must be less than or equal to cpu limit' podctl kube resize resize -c app --requests cpu=2
is "changes nothing" "$(get resize 'r["app"]["requests"]["cpu"]') $(cpu resize-app)" "200m 30000"
t_fails "another class of service" 125 'Pod QOS Class may not change as a result of resizing \(it is Burstable, and would be Guaranteed\)' podctl kube resize resize --limits cpu=300m,memory=64Mi --requests cpu=300m,memory=64Mi
t_fails "no quantity" 125 'quantity|Quantity' podctl kube resize resize --limits cpu=much
t_fails "another resource" 125 'only cpu and memory resources are mutable' podctl kube resize resize --limits ephemeral-storage=1Gi
t_fails "a limit cannot be removed" 125 'cannot be removed' podctl kube resize resize -p '{"spec":{"containers":[{"name":"app","resources":{"limits":{"cpu":null}}}]}}'
t_fails "nothing but resources" 125 'a resize changes resources alone' podctl kube resize resize -p '{"spec":{"containers":[{"name":"app","image":"x"}]}}'
t_fails "a patch that is none" 125 'patch' podctl kube resize resize -p '{'
t_fails "no such container" 125 'there is no container "nobody"' podctl kube resize resize -c nobody --limits cpu=1
t_fails "no such pod" 125 'pods "nobody" not found' podctl kube resize nobody --limits cpu=1
t_fails "nothing asked" 125 'is needed' podctl kube resize resize
podctl run -d --name hand --network none $IMG sleep 1000 >/dev/null
t_fails "a container outside a manifest" 125 'not found|podctl update' podctl kube resize hand --limits cpu=1
podctl rm -f -t 0 hand >/dev/null
podctl play kube --down "$TOP/examples/k8s/resize.yaml" >/dev/null

printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: never}\nspec:\n  restartPolicy: Never\n  containers:\n  - {name: a, image: "%s", resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}]}\n' "$IMG" >"$T/never.yaml"
t_fails "RestartContainer of what is never restarted" 125 'never.yaml:7:.*resizePolicy\[0\].restartPolicy: Unsupported value' podctl play kube "$T/never.yaml"
printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: full}\nspec:\n  hostNetwork: true\n  terminationGracePeriodSeconds: 1\n  containers:\n  - name: a\n    image: "%s"\n    command: [sh, -c, "dd if=/dev/zero of=/m/x bs=1M count=8; exec sleep 1000"]\n    resources: {requests: {memory: 16Mi}, limits: {memory: 64Mi}}\n    volumeMounts: [{name: m, mountPath: /m}]\n  volumes: [{name: m, emptyDir: {medium: Memory}}]\n' "$IMG" >"$T/full.yaml"
podctl play kube "$T/full.yaml" >/dev/null
until_true 20 podctl exec full-a sh -c '[ "$(stat -c %s /m/x)" = 8388608 ]'
t_fails "less memory than is in use" 125 'below current usage' podctl kube resize full --limits memory=4Mi --requests memory=4Mi
podctl play kube --down "$T/full.yaml" >/dev/null
until_true 20 eval '[ "$(machine_state)" = "$before" ]'
is "nothing is left" "$(machine_state)" "$before"
done_testing
