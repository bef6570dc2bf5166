#!/bin/bash
# Kubernetes manifests: play, what runs, generate, the fixed point, down; and what is refused, with its place.
. "$(dirname "$0")/lib.sh"
needs root busybox bridge curl
import_image
before=$(machine_state)
port=$((21000 + $$ % 20000))
mkdir -p "$T/data"; echo from-host >"$T/data/file"
cat >"$T/app.yaml" <<EOF
apiVersion: v1
kind: ConfigMap
metadata:
  name: app-config
data:
  greeting: hello
  page.html: |
    <h1>served</h1>
    two lines
---
apiVersion: v1
kind: Pod
metadata:
  name: app
  labels:
    app: app
    tier: "1"
  annotations:
    example.org/why: test
spec:
  restartPolicy: OnFailure
  terminationGracePeriodSeconds: 3
  initContainers:
  - name: prepare
    image: $IMG
    imagePullPolicy: IfNotPresent
    command: [sh, -c, "echo prepared >/prep/init; echo init-log"]
    volumeMounts:
    - {name: work, mountPath: /prep}
  containers:
  - name: web
    image: $IMG
    imagePullPolicy: Never
    command: [httpd]
    args: ["-f", "-p", "8080", "-h", "/pages"]
    workingDir: /pages
    env:
    - {name: PLAIN, value: "v 1"}
    - name: GREETING
      valueFrom: {configMapKeyRef: {name: app-config, key: greeting}}
    ports:
    - {name: http, containerPort: 8080, hostPort: $port}
    volumeMounts:
    - {name: pages, mountPath: /pages}
    - {name: work, mountPath: /prep}
    - {name: host, mountPath: /host, readOnly: true}
  - name: side
    image: $IMG
    imagePullPolicy: Never
    command: [sh, -c, "echo side started; exec sleep 1000"]
    envFrom:
    - configMapRef: {name: app-config}
    volumeMounts:
    - {name: work, mountPath: /shared}
  volumes:
  - name: pages
    configMap:
      name: app-config
      items:
      - {key: page.html, path: index.html}
  - {name: work, emptyDir: {}}
  - name: host
    hostPath: {path: $T/data, type: Directory}
EOF
out=$(podctl play kube "$T/app.yaml" 2>"$T/err"); rc=$?
is "play succeeds" $rc 0
is "and says nothing on stderr" "$(cat "$T/err")" ""
like "it prints the pod" "$out" '^Pod:'
is "ids follow" "$(grep -cE '^[0-9a-f]{64}$' <<<"$out")" 3
is "the pod runs under its name" "$(podctl pod ps --format '{{.Name}} {{.Status}}')" "app Running"
is "containers are POD-CTR" "$(podctl ps --format '{{.Names}}' | grep -v infra | sort | tr '\n' ' ')" "app-side app-web "
until_true 5 curl -fs "http://127.0.0.1:$port/"
is "its page is served through the hostPort" "$(curl -fs "http://127.0.0.1:$port/" | head -1)" "<h1>served</h1>"
is "env value" "$(podctl exec app-web sh -c 'echo "$PLAIN"')" "v 1"
is "configMapKeyRef" "$(podctl exec app-web sh -c 'echo "$GREETING"')" hello
is "envFrom" "$(podctl exec app-side sh -c 'echo "$greeting"')" hello
is "workingDir" "$(podctl exec app-web pwd)" /pages
is "the init container ran first and shares the emptyDir" "$(podctl exec app-side cat /shared/init)" prepared
is "its log is kept" "$(podctl logs app-prepare)" init-log
is "emptyDir is 0777" "$(podctl exec app-side stat -c %a /shared)" 777
is "hostPath is there" "$(podctl exec app-web cat /host/file)" from-host
t_fails "and read-only" 1 "Read-only" podctl exec app-web touch /host/x
t_fails "a configMap volume is read-only" 1 "Read-only" podctl exec app-web touch /pages/x
is "logs of a member" "$(podctl logs app-side)" "side started"
was=$(podctl pod inspect app --format '{{.Id}}')
t "a second play of the same manifest" podctl play kube "$T/app.yaml"
is "is the same pod" "$(podctl pod inspect app --format '{{.Id}}')" "$was"
is "and changes nothing" "$(podctl ps --format '{{.Names}}' | grep -vc infra)" 2
t "generate kube" podctl generate kube app
podctl generate kube app >"$T/gen.yaml"
/usr/bin/python3 - "$T/app.yaml" "$T/gen.yaml" >"$T/cmp" 2>&1 <<'EOF' || true
import sys
try:
    import yaml
except ImportError:
    print("no-yaml"); sys.exit()
a, b = (sorted((d for d in yaml.safe_load_all(open(f)) if d), key=lambda d: d["kind"]) for f in sys.argv[1:3])
print("same" if a == b else "different:\n%r\n%r" % (a, b))
EOF
if grep -q no-yaml "$T/cmp"; then skip "it gives back what was played" "python3-yaml is not installed"; else is "it gives back what was played" "$(cat "$T/cmp")" same; fi
t "kube down" podctl kube down "$T/app.yaml"
is "nothing runs" "$(podctl ps -aq | wc -l)" 0
t "down again is fine" podctl kube down "$T/app.yaml"
t "what was generated plays" podctl play kube "$T/gen.yaml"
podctl generate kube app >"$T/gen2.yaml"
t "generate, play, generate is a fixed point" cmp "$T/gen.yaml" "$T/gen2.yaml"
t "--replace" podctl play kube --replace "$T/gen.yaml"
t "kube play --down" podctl kube play --down "$T/gen.yaml"
t "from standard input" bash -c "cat '$T/app.yaml' | ${PODCTL_BIN} ${PODCTL_OPTS[*]} play kube -"
t "pod rm -f of a played pod" podctl pod rm -f app

# hand-made pods
podctl pod create --name hand -p $port:80 >/dev/null
podctl run -d --pod hand --name hand-c1 -e A=1 -v "$T/data:/data:ro" $IMG sleep 1000 >/dev/null
podctl generate kube hand >"$T/h1.yaml"
like "generate of a hand-made pod" "$(cat "$T/h1.yaml")" "hostPort: $port"
podctl pod rm -f hand >/dev/null
t "it plays" podctl play kube "$T/h1.yaml"
podctl generate kube hand >"$T/h2.yaml"
t "and comes back the same" cmp "$T/h1.yaml" "$T/h2.yaml"
podctl kube down "$T/h1.yaml" >/dev/null

# refusals: exit 125, a place, nothing made
bad() { # TEXT PATTERN; yaml on stdin
	cat >"$T/bad.yaml"
	t_fails "$1" 125 "$2" podctl play kube "$T/bad.yaml"
	[ "$(podctl ps -aq | wc -l)$(podctl pod ps -q | wc -l)" = 00 ] || not_ok "$1: something was left"
}
pod() { printf 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: bad\nspec:\n  containers:\n  - name: c\n    image: %s\n    imagePullPolicy: Never\n%s\n' "$IMG" "$1"; }
bad "broken YAML" "bad.yaml:[0-9]+:[0-9]+" <<<$'apiVersion: v1\nkind: [Pod'
bad "a tab" "bad.yaml:2:[0-9]+.*tab" <<<$'metadata:\n\tname: x\n'
bad "a duplicate key" "bad.yaml:4:1: kind: given twice" <<<$'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nkind: Pod\n'
pod '    imagePulPolicy: Never' | bad "an unknown field has a suggestion" "bad.yaml:10:5: spec.containers\[0\].imagePulPolicy: unknown field, did you mean imagePullPolicy"
pod '    ports: [{containerPort: 99999}]' | bad "a port out of range" "bad.yaml:10:[0-9]+: spec.containers\[0\].ports\[0\].containerPort.*65535"
pod '    command: sh' | bad "a wrong type" "bad.yaml:10:[0-9]+: spec.containers\[0\].command.*list"
pod '    volumeMounts: [{name: nope, mountPath: /x}]' | bad "a dangling volume" "bad.yaml:10:.*nope"
pod '    env: [{name: A, valueFrom: {configMapKeyRef: {name: nope, key: k}}}]' | bad "a dangling ConfigMap" "nope"
pod '    securityContext: {seLinuxOptions: {level: s0}}' | bad "what weakens isolation is refused by name" "seLinuxOptions"
sed 's/image: .*/image: localhost\/missing:1/' < <(pod '') | bad "a missing image is named with pod and container" "bad.*c.*localhost/missing:1"
pod '    livenessProb: {}' | bad "all faults" "livenessProb"
printf 'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n' | bad "an alias bomb" "bad.yaml"
head -c 100000000 /dev/zero | tr '\0' ' ' >"$T/huge.yaml"
t_fails "a 100 MB file" 125 "huge.yaml.*(large|MiB|limit)" podctl play kube "$T/huge.yaml"
python3 -c "import socket,time; s=socket.socket(); s.bind(('0.0.0.0',$port)); s.listen(); time.sleep(60)" & holder=$!
for _ in $(seq 100); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.1; done
pod "    ports: [{containerPort: 80, hostPort: $port}]" | bad "a hostPort in use is named by whom" "$port.*python3"
kill $holder
t_fails "a missing file" 125 "nope.yaml" podctl play kube "$T/nope.yaml"
is "a failing play says it once" "$(podctl play kube "$T/nope.yaml" 2>&1 | grep -c Error)" 1

# several pods and an init container that fails for good
cat >"$T/two.yaml" <<EOF
apiVersion: v1
kind: Pod
metadata: {name: one}
spec:
  hostNetwork: true
  containers: [{name: c, image: $IMG, imagePullPolicy: Never, command: [sleep, "1000"]}]
---
apiVersion: v1
kind: Pod
metadata: {name: two}
spec:
  restartPolicy: Never
  initContainers: [{name: i, image: $IMG, imagePullPolicy: Never, command: ["false"]}]
  containers: [{name: c, image: $IMG, imagePullPolicy: Never, command: [sleep, "1000"]}]
EOF
podctl play kube "$T/two.yaml" >/dev/null 2>&1
is "hostNetwork shares the host's" "$(podctl exec one-c readlink /proc/self/ns/net)" "$(readlink /proc/self/ns/net)"
podctl kube down "$T/two.yaml" >/dev/null
# restartPolicy Always comes back by itself
pod '    command: [sh, -c, "sleep 0.2; exit 3"]' | sed 's/name: bad/name: again/' >"$T/again.yaml"
podctl play kube "$T/again.yaml" >/dev/null
t "a container that exits is waiting for its restart" until_true 5 bash -c "${PODCTL_BIN} ${PODCTL_OPTS[*]} pod inspect again >/dev/null && ${PODCTL_BIN} ${PODCTL_OPTS[*]} ps -a --format '{{.Status}}' | grep -qiE 'restart|waiting|exited|up'"
podctl kube down "$T/again.yaml" >/dev/null
is "nothing is left" "$(podctl ps -aq | wc -l)$(podctl pod ps -q | wc -l)" 00
sleep 0.5
is "the machine is as before" "$(machine_state )" "$(echo "$before")"
done_testing
