#!/bin/bash
# What kubectl users look at: kube get, describe, events, wait and logs; why.
. "$(dirname "$0")/lib.sh"
needs root busybox bridge
import_image
port=$((21000 + $$ % 9000))
cat >"$T/v.yaml" <<E2
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web, tier: front}, annotations: {note: "x y"}}
spec:
  initContainers: [{name: setup, image: $IMG, imagePullPolicy: Never, command: [sh, -c, "echo init"]}]
  containers:
  - name: a
    image: $IMG
    imagePullPolicy: Never
    command: [sh, -c, "echo hello; sleep 1000"]
    ports: [{containerPort: 80, hostPort: $port, name: http}]
    resources: {limits: {memory: 64Mi}}
    env: [{name: A, value: b}]
    volumeMounts: [{name: v, mountPath: /v}]
  - {name: crash, image: $IMG, imagePullPolicy: Never, command: [sh, -c, "echo going down; exit 3"]}
  volumes: [{name: v, emptyDir: {}}]
---
apiVersion: v1
kind: Pod
metadata: {name: job}
spec:
  restartPolicy: Never
  containers: [{name: a, image: $IMG, imagePullPolicy: Never, command: ["true"]}]
E2
t "two pods are played" podctl play kube "$T/v.yaml"
status() { podctl kube get "pod/$1" --no-headers | awk '{ print $2, $3 }'; }
settled() { [ "$(status web)" = "1/2 CrashLoopBackOff" ] && [ "$(status job)" = "0/1 Completed" ]; }
t "get: what works, what crashes, what is done" until_true 10 settled
is "get: kubectl's columns" "$(podctl kube get pods | head -1 | tr -s ' ')" "NAME READY STATUS RESTARTS AGE"
is "get -o wide: its address" "$(podctl kube get pod web -o wide --no-headers | awk '{ print ($6 ~ /^10\./ || $8 ~ /^10\./) }')" 1
is "get -o name" "$(podctl kube get pods -o name | tr '\n' ' ')" "pod/job pod/web "
is "get -l" "$(podctl kube get pods -l 'app in (web,x),tier!=back' -o name)" pod/web
is "get -l that fits none says so on stderr" "$(podctl kube get pods -l app=none 2>&1)" "No resources found in default namespace."
t_fails "get of what is not there" 125 'pods "nope" not found' podctl kube get pod nope
t_fails "get of another kind" 125 "the server doesn't have a resource type \"gadgets\"" podctl kube get gadgets
t_fails "get -l with a fault" 125 "expected" podctl kube get pods -l 'a in b'
json() { podctl kube get pod web -o json | python3 -c "import json,sys; d=json.load(sys.stdin); print($1)"; }
if has python3; then
	is "-o json: a v1 Pod" "$(json 'd["kind"], d["apiVersion"], d["metadata"]["namespace"], d["status"]["phase"]')" "Pod v1 default Running"
	is "-o json: states" "$(json '[list(s["state"])[0] for s in d["status"]["initContainerStatuses"] + d["status"]["containerStatuses"]]')" "['terminated', 'running', 'waiting']"
	is "-o json: restarts are counted" "$(json 'd["status"]["containerStatuses"][1]["restartCount"] > 0')" True
	is "-o json: quality of service" "$(json 'd["status"]["qosClass"]')" Burstable
	is "-o json: several are a List" "$(podctl kube get pods -o json | python3 -c 'import json,sys; d=json.load(sys.stdin); print(d["kind"], len(d["items"]))')" "List 2"
fi
like "-o yaml" "$(podctl kube get pod/web -o yaml)" '^  phase: Running$'
is "-o go-template" "$(podctl kube get pod web -o 'go-template={{.status.phase}} {{index .metadata.labels "app"}}')" "Running web"
page=$(podctl kube describe pod web)
for want in '^Name: +web$' '^Labels: +app=web$' '^Status: +Running$' '^  setup:$' '^    Port: +80/TCP \(http\)$' "^    Host Port: +$port/TCP$" \
	'^      memory: +64Mi$' '^      A: +b$' '^      /v from v \(rw\)$' '^      Reason: +CrashLoopBackOff$' 'EmptyDir' '^QoS Class: +Burstable$' '^  Ready +False$' '^  Normal +Started .*podctl +Started container a$'; do
	like "describe: /$want/" "$page" "$want"
done
t "describe by pod/NAME" podctl kube describe pod/job
like "why: the crash and what it said last" "$(podctl why web | tr '\n' ' ')" 'container crash: CrashLoopBackOff.*next try in [0-9]+s.*with code 3 .*going down'
like "why: a pod that is done" "$(podctl why job)" 'done its work'
cat >"$T/beside.yaml" <<E2
apiVersion: v1
kind: Pod
metadata: {name: beside}
spec:
  terminationGracePeriodSeconds: 0
  initContainers:
  - {name: once, image: $IMG, command: [sh, -c, "[ -e /v/tried ] || { touch /v/tried; exit 1; }"], volumeMounts: [{name: v, mountPath: /v}]}
  - {name: stays, image: $IMG, restartPolicy: Always, command: [sleep, "1000"]}
  - {name: ends, image: $IMG, restartPolicy: Always, command: [sh, -c, "sleep 1; exit 3"]}
  containers:
  - {name: a, image: $IMG, command: [sleep, "1000"]}
  volumes: [{name: v, emptyDir: {}}]
E2
podctl play kube "$T/beside.yaml" >/dev/null
beside() { [ "$(podctl kube get pod beside --no-headers | awk '{ print $2, $3, $4 }')" = "2/3 Init:CrashLoopBackOff 1" ]; }
t "get: a sidecar that crashes is shown, and its restarts; those of init containers that are done are not" until_true 20 beside
podctl kube down "$T/beside.yaml" >/dev/null
cat >"$T/hand.yaml" <<E2
apiVersion: v1
kind: Pod
metadata: {name: hand}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: a, image: $IMG, command: [sleep, "1000"]}
  - {name: b, image: $IMG, command: [sleep, "1000"]}
E2
podctl play kube "$T/hand.yaml" >/dev/null
podctl stop -t 0 hand-b >/dev/null
like "why: what was stopped by hand" "$(podctl why hand | paste -sd' ')" 'container b: .*it was stopped by hand; podctl start hand-b'
podctl start hand-b >/dev/null
like "until it is started again" "$(podctl why hand)" 'nothing is wrong'
podctl kube down "$T/hand.yaml" >/dev/null
is "logs: the first container's" "$(podctl kube logs web)" hello
is "logs -c of an init container" "$(podctl kube logs web -c setup)" init
is "logs --previous" "$(podctl kube logs web crash --previous)" "going down"
is "logs: one attempt at a time" "$(podctl kube logs web -c crash)" "going down"
is "logs --all-containers --prefix" "$(podctl kube logs web --all-containers --prefix | sort | tr '\n' ' ')" "[pod/web/a] hello [pod/web/crash] going down [pod/web/setup] init "
t_fails "logs --previous where there is none" 125 'previous terminated container "a" in pod "web" not found' podctl kube logs web -c a -p
t_fails "logs of no container" 125 'container nope is not valid for pod web' podctl kube logs web -c nope
t "wait for a phase" podctl kube wait --for 'jsonpath={.status.phase}=Succeeded' pod/job --timeout 5s
t_fails "wait: the time is over" 1 'timed out waiting for the condition on pods/web' podctl kube wait --for condition=Ready pod/web --timeout 200ms
(sleep 0.3; podctl pod rm -f -t 0 job >/dev/null) &
is "wait --for delete" "$(podctl kube wait --for delete pod/job --timeout 10s)" "pod/job condition met"
wait
t_fails "wait for what" 125 'expected delete, condition=' podctl kube wait --for nonsense pod/web
(sleep 0.5; podctl pod stop -t 0 web >/dev/null) &
like "get --watch shows what changes" "$(timeout 4 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" kube get pods -w | tr -s ' ' | tail -1)" '^web 0/2 '
wait
like "events: kubectl's columns" "$(podctl kube events | head -1 | tr -s ' ')" '^LAST SEEN TYPE REASON OBJECT MESSAGE'
like "events of one pod, of one type" "$(podctl kube events --for pod/web --types Warning | tr -s ' ')" 'Warning BackOff Pod/web Back-off restarting failed container crash'
t_fails "events of no pod" 125 'not found' podctl kube events --for pod/nope
podctl pod create --name hand >/dev/null
podctl run -d --pod hand --name inside $IMG sleep 100 >/dev/null
is "a hand-made pod is shown too" "$(status hand)" "1/1 Running"
podctl pod rm -f -t 0 hand >/dev/null
t "down" podctl kube down "$T/v.yaml"
done_testing
