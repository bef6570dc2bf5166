#!/bin/bash
# The kubelet in the monitor: probes, hooks, sidecars, deadlines, rules of restart, and what is said of it.
. "$(dirname "$0")/lib.sh"
needs root busybox bridge python3
import_image
before=$(machine_state)

# value POD EXPRESSION: of its status.json as s; c(NAME) is a container, ev(REASON) the events with it
value() {
	local id
	id=$(podctl pod inspect --format '{{.Id}}' "$1" 2>/dev/null) || return 1
	python3 - "$RUNROOT/pods/$id/status.json" "$2" <<'PY'
import json, sys
s = json.load(open(sys.argv[1]))
def c(name): return next(x for x in s["containers"] if x["name"] == name)
def ev(reason): return [e for e in s.get("events", []) if e["reason"] == reason]
def cond(kind): return next(x for x in s["conditions"] if x["type"] == kind)
v = eval(sys.argv[2])
print(str(v).lower() if isinstance(v, bool) else v)
PY
}
holds() { [ "$(value "$1" "bool($2)")" = true ]; } # POD EXPRESSION
soon() { # TEXT POD EXPRESSION: becomes true within ten seconds
	if until_true 10 holds "$2" "$3"; then ok "$1"; else not_ok "$1" "$(value "$2" 'json.dumps(s, indent=1)' 2>&1)"; fi
}
pod() { # NAME: a manifest from stdin, below "spec:", is played; $IMG and the rest are filled in
	{
		printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec:\n' "$1"
		sed -e "s|IMAGE|{image: $IMG, imagePullPolicy: Never}|" -e 's/^/  /'
	} | python3 -c '
import re, sys
# "- name: x" followed by "<<: IMAGE" becomes plain keys: the reader takes no merge keys
print(re.sub(r"<<: \{image: (\S+), imagePullPolicy: Never\}", r"image: \1\n    imagePullPolicy: Never", sys.stdin.read()), end="")' >"$T/$1.yaml"
	timeout 60 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube "${@:2}" "$T/$1.yaml"
}
down() { podctl play kube --down "$T/$1.yaml" >/dev/null 2>&1; }

# ---- probes
pod web >/dev/null <<'Y'
terminationGracePeriodSeconds: 2
containers:
- name: web
  <<: IMAGE
  command: [sh, -c, "mkdir -p /w/cgi-bin; echo yes >/w/up; printf '#!/bin/sh\nenv >>/tmp/asked\nprintf \"Status: 302\\\\r\\\\nLocation: /up\\\\r\\\\n\\\\r\\\\n\"\n' >/w/cgi-bin/go; chmod +x /w/cgi-bin/go; exec httpd -f -p 8080 -h /w"]
  ports: [{name: http, containerPort: 8080}]
  readinessProbe: {httpGet: {path: /up, port: http}, periodSeconds: 1}
  livenessProbe: {tcpSocket: {port: http}, periodSeconds: 1}
  startupProbe: {httpGet: {path: /cgi-bin/go?x=1, port: 8080, httpHeaders: [{name: X-Probe, value: mine}]}, periodSeconds: 1, failureThreshold: 20}
Y
soon "a pod is ready when its probes are content" web 's["phase"] == "Running" and c("web")["ready"] and c("web")["started"] and cond("Ready")["is_true"]'
like "an HTTP probe sends its headers and follows redirects" "$(podctl exec web-web cat /tmp/asked | sort | tr '\n' ' ')" 'HTTP_USER_AGENT=kube-probe/.*HTTP_X_PROBE=mine.*QUERY_STRING=x=1'
podctl exec web-web rm /w/up
soon "a readiness probe that fails takes the pod out" web 'not c("web")["ready"] and c("web")["started"] and cond("Ready")["reason"] == "ContainersNotReady" and cond("Ready")["message"] == "containers with unready status: [web]"'
soon "and says why" web 'ev("Unhealthy")[-1]["message"] == "Readiness probe failed: HTTP probe failed with statuscode: 404" and ev("Unhealthy")[-1]["field_path"] == "spec.containers{web}" and ev("Unhealthy")[-1]["count"] >= 1'
podctl exec web-web touch /w/up
soon "until it succeeds again" web 'cond("ContainersReady")["is_true"]'
is "and nothing is restarted" "$(value web 'c("web").get("restarts", 0)')" 0
is "the order of events is Kubernetes'" "$(value web '[e["reason"] for e in s["events"]][:4]')" "['Scheduled', 'Pulled', 'Created', 'Started']"
down web

pod live >/dev/null <<'Y'
terminationGracePeriodSeconds: 30
containers:
- name: a
  <<: IMAGE
  command: [sh, -c, "trap '' TERM; touch /tmp/ok; sleep 1; rm /tmp/ok; while :; do sleep 1; done"]
  livenessProbe: {exec: {command: [cat, /tmp/ok]}, periodSeconds: 1, failureThreshold: 2, terminationGracePeriodSeconds: 1}
Y
soon "a liveness probe that fails so often restarts the container, with its own grace" live 'c("a").get("restarts", 0) == 1 and c("a")["last"]["exit_code"] == 137'
soon "both are told" live "ev('Killing')[0]['message'] == 'Container a failed liveness probe, will be restarted' and 'cat: can' in ev('Unhealthy')[0]['message']"
podctl pod kill live >/dev/null
down live

pod slow >/dev/null <<'Y'
terminationGracePeriodSeconds: 1
restartPolicy: Never
containers:
- name: a
  <<: IMAGE
  command: [sleep, "1000"]
  startupProbe: {tcpSocket: {port: 1}, periodSeconds: 1, failureThreshold: 2}
  livenessProbe: {exec: {command: ["false"]}, periodSeconds: 1}
- name: b
  <<: IMAGE
  command: [sleep, "1000"]
  livenessProbe: {exec: {command: [sleep, "60"]}, periodSeconds: 1, failureThreshold: 100}
  readinessProbe: {exec: {command: [no-such-program]}, periodSeconds: 1}
Y
soon "a startup probe that fails ends the container; Never means never" slow 'c("a")["state"] == "exited" and not c("a").get("restarts") and ev("Killing")[0]["message"] == "Container a failed startup probe"'
is "until then liveness is not asked" "$(value slow '[e["message"] for e in ev("Unhealthy") if "a}" in e["field_path"] and "Liveness" in e["message"]]')" "[]"
like "a refused connection is named" "$(value slow '[e["message"] for e in ev("Unhealthy") if "Startup" in e["message"]]')" 'Startup probe failed: dial tcp 10\.[0-9.]+:1: connect: connection refused'
soon "a command that takes too long has failed" slow 'any(e["message"] == "Liveness probe failed: command \"sleep 60\" timed out" for e in ev("Unhealthy"))'
soon "one that is not there counts for nothing" slow 'any(e["message"].startswith("Readiness probe errored") for e in ev("Unhealthy")) and c("b")["state"] == "running" and not c("b").get("ready")'
like "and nothing of it is left running" "$(podctl top slow-b 2>/dev/null | grep -c 'sleep 60')" '^[01]$'
down slow

pod inside --network none >/dev/null <<'Y'
terminationGracePeriodSeconds: 1
containers:
- name: a
  <<: IMAGE
  command: [httpd, -f, -p, "8080", -h, /etc]
  readinessProbe: {httpGet: {path: passwd, port: 8080}, periodSeconds: 1, failureThreshold: 1}
Y
soon "a pod without a network is probed from within" inside 'c("a").get("ready")'
# ---- a monitor that was killed
monitor=$(value inside 's["monitor"]')
kill -9 "$monitor"
until_true 5 podctl exec inside-a true
soon "an adopted pod is still watched" inside "s['monitor'] != $monitor and c('a').get('ready')"
monitor=$(value inside 's["monitor"]')
kill -9 "$monitor"
until_true 10 sh -c "! kill -0 $monitor"
podctl pod ps >/dev/null
soon "who lists pods finds it a new monitor" inside "s['monitor'] != $monitor and c('a').get('ready')"
kill -STOP "$(value inside 'c("a")["pid"]')"
soon "and what hangs is noticed" inside 'not c("a")["ready"]'
kill -CONT "$(value inside 'c("a")["pid"]')"
down inside

# ---- TLS and gRPC, by the helper
if has openssl; then
	port=$((24000 + $$ % 20000))
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/key" -out "$T/cert" -days 2 -subj /CN=x 2>/dev/null
	cat "$T/key" >>"$T/cert"
	python3 "$E2E/health_server.py" grpc $port & servers=$!
	python3 "$E2E/health_server.py" https $((port + 1)) "$T/cert" >"$T/asked" & servers="$servers $!"
	at_end "kill $servers"
	sed "s/PORT1/$((port + 1))/; s/PORT/$port/" >"$T/tls" <<'Y'
hostNetwork: true
terminationGracePeriodSeconds: 1
containers:
- name: up
  <<: IMAGE
  command: [sleep, "1000"]
  startupProbe: {httpGet: {host: localhost, path: /here, port: PORT1, scheme: HTTPS, httpHeaders: [{name: X-Probe, value: mine}]}, periodSeconds: 1, failureThreshold: 9}
  readinessProbe: {grpc: {port: PORT, service: up}, periodSeconds: 1}
- name: down
  <<: IMAGE
  command: [sleep, "1000"]
  readinessProbe: {grpc: {port: PORT, service: down}, periodSeconds: 1}
Y
	sed -i "s/port: PORT/port: $port/" "$T/tls"
	pod tls <"$T/tls" >/dev/null
	soon "gRPC and HTTPS, whose certificate is not looked at" tls 'c("up")["ready"]'
	like "the helper sends the headers too" "$(cat "$T/asked")" '/ok mine kube-probe/'
	soon "a service that does not serve is not ready" tls 'not c("down")["ready"] and ev("Unhealthy")[-1]["message"] == "Readiness probe failed: service unhealthy (responded with \"NOT_SERVING\")"'
	down tls
	kill $servers
else
	skip "gRPC and HTTPS" "needs openssl"
fi

# ---- hooks
pod hooks >/dev/null <<'Y'
terminationGracePeriodSeconds: 8
volumes: [{name: v, emptyDir: {}}]
containers:
- name: a
  <<: IMAGE
  command: [sh, -c, "trap 'echo term >>/v/log; exit 0' TERM; echo main; while :; do sleep 0.1; done"]
  volumeMounts: [{name: v, mountPath: /v}]
  lifecycle:
    postStart: {exec: {command: [sh, -c, "sleep 1; echo post >>/v/log"]}}
    preStop: {exec: {command: [sh, -c, "echo pre >>/v/log; sleep 1; echo done >>/v/log"]}}
- name: b
  <<: IMAGE
  command: [sh, -c, "echo b >>/v/log; exec sleep 1000"]
  volumeMounts: [{name: v, mountPath: /v}]
Y
log="$ROOT/pods/$(podctl pod inspect --format '{{.Id}}' hooks)/volumes"
log=$(find "$log" -maxdepth 3 -name v -type d | head -1)/log
until_true 10 grep -q b "$log"
is "postStart of one container holds back the next" "$(tr '\n' ' ' <"$log")" "post b "
cp "$log" "$T/log.before" 2>/dev/null
podctl pod stop hooks >/dev/null
is "preStop comes before the signal" "$(tr '\n' ' ' <"$log")" "post b pre done term "
down hooks

pod badhook >/dev/null <<'Y'
terminationGracePeriodSeconds: 1
containers:
- name: a
  <<: IMAGE
  command: [sleep, "1000"]
  lifecycle: {postStart: {exec: {command: [sh, -c, "echo no; exit 3"]}}}
Y
soon "a postStart that fails ends its container" badhook 'c("a").get("restarts", 0) >= 1 and ev("FailedPostStartHook") and "exited with 3: no" in ev("FailedPostStartHook")[0]["message"]'
down badhook

pod sleepy >/dev/null <<'Y'
terminationGracePeriodSeconds: 3
containers:
- name: a
  <<: IMAGE
  command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 0.1; done"]
  lifecycle: {preStop: {sleep: {seconds: 2}}}
Y
start=$(date +%s%N)
podctl pod stop sleepy >/dev/null
took=$((($(date +%s%N) - start) / 1000000))
if [ $took -ge 2000 ] && [ $took -lt 3500 ]; then ok "preStop: sleep is part of the grace"; else not_ok "preStop: sleep is part of the grace" "$took ms"; fi
down sleepy

# ---- sidecars
pod side >/dev/null <<'Y'
restartPolicy: Never
terminationGracePeriodSeconds: 5
volumes: [{name: v, emptyDir: {}}]
initContainers:
- name: s1
  <<: IMAGE
  restartPolicy: Always
  command: [sh, -c, "trap 'echo s1-end >>/v/log; exit 0' TERM; sleep 0.5; echo s1 >>/v/log; touch /up; while :; do sleep 0.1; done"]
  startupProbe: {exec: {command: [test, -e, /up]}, periodSeconds: 1, failureThreshold: 9}
  volumeMounts: [{name: v, mountPath: /v}]
- name: i
  <<: IMAGE
  command: [sh, -c, "echo i >>/v/log"]
  volumeMounts: [{name: v, mountPath: /v}]
- name: s2
  <<: IMAGE
  restartPolicy: Always
  command: [sh, -c, "trap 'echo s2-end >>/v/log; exit 0' TERM; echo s2 >>/v/log; while :; do sleep 0.1; done"]
  volumeMounts: [{name: v, mountPath: /v}]
containers:
- name: main
  <<: IMAGE
  command: [sh, -c, "sleep 1; echo main >>/v/log"]
  volumeMounts: [{name: v, mountPath: /v}]
Y
id=$(podctl pod inspect --format '{{.Id}}' side)
log=$(find "$ROOT/pods/$id/volumes" -maxdepth 3 -name v -type d | head -1)/log
ended() { [ "$(podctl pod inspect --format '{{.State}}' "$1")" = Exited ]; }
t "sidecars do not hold open a pod whose work is done" until_true 10 ended side
is "they start in their place and end last, in reverse" "$(tr '\n' ' ' <"$log")" "s1 i s2 main s2-end s1-end "
down side

# ---- the end
pod dead >/dev/null <<'Y'
activeDeadlineSeconds: 1
terminationGracePeriodSeconds: 1
containers:
- name: a
  <<: IMAGE
  command: [sleep, "1000"]
Y
t "a pod past its deadline is ended" until_true 10 ended dead
down dead

pod words >/dev/null <<'Y'
restartPolicy: OnFailure
containers:
- name: file
  <<: IMAGE
  command: [sh, -c, "printf 'from the file' >/dev/termination-log; exit 1"]
- name: own
  <<: IMAGE
  command: [sh, -c, "printf %05000d 7 >/tmp/end; exit 1"]
  terminationMessagePath: /tmp/end
- name: logs
  <<: IMAGE
  command: [sh, -c, "echo one; echo two; exit 1"]
  terminationMessagePolicy: FallbackToLogsOnError
- name: quiet
  <<: IMAGE
  command: [sh, -c, "echo one; exit 1"]
- name: rules
  <<: IMAGE
  command: [sh, -c, "exit 42"]
  restartPolicy: Never
  restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [42]}}]
- name: never
  <<: IMAGE
  command: [sh, -c, "exit 7"]
  restartPolicy: Never
- name: done
  <<: IMAGE
  command: ["true"]
- name: keep
  <<: IMAGE
  command: [sleep, "1000"]
Y
soon "a container's last words are its message" words 'c("file")["last"]["message"] == "from the file" and c("file")["last"]["reason"] == "Error"'
is "no more than 4096 bytes of a file" "$(value words 'len(c("own")["last"]["message"])')" "1536"
is "or the end of its log" "$(value words 'c("logs")["last"]["message"]')" $'one\ntwo'
is "when it is asked for" "$(value words 'c("quiet")["last"].get("message", "")')" ""
soon "a container waits for its next try" words 'c("file")["state"] == "waiting" and c("file")["reason"] == "CrashLoopBackOff" and c("file")["message"].startswith("back-off 10s restarting failed container=file pod=words")'
soon "a rule of a container is above its policy" words 'c("rules").get("restarts", 0) >= 1'
is "its policy is above the pod's" "$(value words '(c("never")["state"], c("never")["exit_code"], c("never").get("restarts", 0), c("done")["reason"])')" "('exited', 7, 0, 'Completed')"
down words

pod init >/dev/null <<'Y'
initContainers:
- name: i
  <<: IMAGE
  command: [sh, -c, "echo try; exit 1"]
containers:
- name: a
  <<: IMAGE
  command: [sleep, "1000"]
Y
soon "an init container that fails is tried again" init 'c("i")["reason"] == "CrashLoopBackOff" and c("a")["reason"] == "PodInitializing" and s["phase"] == "Pending" and cond("Initialized")["message"] == "containers with incomplete status: [i]"'
like "and its logs stay" "$(podctl logs init-i)" try
down init

# ---- the examples do what their headers say
podctl tag $IMG localhost/podctl-demo
example() { timeout 60 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube "$TOP/examples/k8s/$1.yaml" >/dev/null; }
gone() { podctl play kube --down "$TOP/examples/k8s/$1.yaml" >/dev/null 2>&1; }
example probes
soon "probes.yaml: ready" probes 'c("web")["ready"]'
podctl exec probes-web busybox rm /page/index.html
soon "probes.yaml: not ready, not restarted" probes 'not c("web")["ready"] and not c("web").get("restarts")'
podctl exec probes-web busybox rm /page/alive
soon "probes.yaml: restarted, and ready again" probes 'c("web").get("restarts") == 1 and c("web")["ready"] and ev("Killing")'
gone probes
example sidecar
t "sidecar.yaml: it is over when the work is done" until_true 10 ended sidecar
is "sidecar.yaml: nothing is lost" "$(podctl logs sidecar-shipper)" "shipped 3 lines"
gone sidecar
example hooks
until_true 10 bash -c "'$PODCTL_BIN' ${PODCTL_OPTS[*]} logs hooks-first | grep -q second"
podctl pod stop hooks >/dev/null
is "hooks.yaml: everything in its order" "$(podctl logs hooks-first | tr '\n' ',')" "registered,second began,drained,asked to stop,"
gone hooks
example last-words
soon "last-words.yaml: messages, back-off, rules" last-words 'c("tells")["last"]["message"] == "the database is not there\n" and c("logs")["last"]["message"] == "starting\nno license\n" and c("tells")["reason"] == "CrashLoopBackOff" and c("rules").get("restarts") and not c("once").get("restarts")'
gone last-words
example deadline
t "deadline.yaml: it ends in time" until_true 12 ended deadline
is "deadline.yaml: with its grace" "$(podctl logs deadline-work)" "time is over"
gone deadline

is "nothing is left of it" "$(machine_state)" "$before"
done_testing
