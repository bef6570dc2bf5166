#!/bin/bash
# kube play in full: options, kinds, a second play, replace, prune, force, Jobs, claims, diff, dry runs, generate.
. "$(dirname "$0")/lib.sh"
needs root busybox bridge curl
import_image
before=$(machine_state)
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])'; }
port=$(free_port)
ids() { podctl pod ps --format '{{.Name}} {{.ID}}' --no-trunc | sort; }
id_of() { podctl pod inspect "$1" --format '{{.Id}}' 2>/dev/null; }
left() { podctl pod ps -q | wc -l; }
pod() { # NAME [MORE LINES OF THE CONTAINER [MORE LINES OF THE SPEC]]
	printf -- '---\napiVersion: v1\nkind: Pod\nmetadata: {name: %s, labels: {app: %s}}\nspec:\n  terminationGracePeriodSeconds: 0\n%s\n  containers:\n  - name: c\n    image: %s\n    imagePullPolicy: Never\n%s\n' "$1" "$1" "${3:-}" "$IMG" "${2:-    command: [sleep, \"1000\"]}"
}

# ---- a second play changes only what changed
{ pod one; pod two; } >"$T/a.yaml"
t "two pods" podctl play kube "$T/a.yaml"
was=$(ids)
out=$(podctl play kube "$T/a.yaml" 2>&1); rc=$?
is "the same again succeeds" $rc 0
is "and changes nothing" "$(ids)" "$was"
is "it prints the same ids" "$(grep -cE "^($(id_of one)|$(id_of two))" <<<"$out")" 2
one=$(id_of one) two=$(id_of two)
{ pod one; pod two '    command: [sleep, "2000"]'; } >"$T/a.yaml"
podctl kube diff "$T/a.yaml" >"$T/diff"; rc=$?
is "diff tells that something would change" $rc 1
like "and what" "$(cat "$T/diff")" '^\+ .*2000'
is "not more" "$(grep -c '^---' "$T/diff")" 1
t "a changed manifest" podctl play kube "$T/a.yaml"
is "what did not change goes on" "$(id_of one)" "$one"
is "what changed is another pod" "$([ "$(id_of two)" != "$two" ] && echo other)" other
is "of the second generation" "$(podctl pod inspect two --format '{{index .Labels "podctl.kube/generation"}}')" 2
until_true 10 sh -c "'$PODCTL_BIN' ${PODCTL_OPTS[*]} exec two-c cat /proc/1/cmdline | grep -q ^sleep" # it is about to
is "and runs the new command" "$(podctl exec two-c cat /proc/1/cmdline | tr '\0' ' ')" "sleep 2000 "
t "diff: nothing would change" podctl kube diff "$T/a.yaml"
podctl pod stop two >/dev/null
t_fails "diff: a pod that does not run" 1 "two.*started" podctl kube diff "$T/a.yaml"
t "a stopped pod is started by a play" podctl play kube "$T/a.yaml"
is "it runs" "$(podctl pod ps --filter name=two --format '{{.Status}}')" Running
t_fails "diff of a broken file" 2 "kind" podctl kube diff - <<<'kind: Pood'

# ---- what fails touches nothing that was there
one=$(id_of one) two=$(id_of two)
python3 -c "import socket,time; s=socket.socket(); s.bind(('0.0.0.0',$port)); s.listen(); time.sleep(60)" & holder=$!
for _ in $(seq 100); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.1; done
{ pod one '    command: [sleep, "3000"]'; pod two '    command: [sleep, "2000"]'; pod three "    command: [sleep, \"1\"]
    ports: [{containerPort: 80, hostPort: $port}]"; } >"$T/b.yaml"
t_fails "a play that fails at its last pod" 125 "$port" podctl play kube "$T/b.yaml"
kill $holder
is "leaves the old pods as they were" "$(ids)" "$(printf 'one %s\ntwo %s' "$one" "$two")"
is "running" "$(podctl pod ps --format '{{.Status}}' | sort -u)" Running
until_true 5 sh -c "'$PODCTL_BIN' ${PODCTL_OPTS[*]} exec one-c cat /proc/1/cmdline | grep -q ^sleep"
is "with the old command" "$(podctl exec one-c cat /proc/1/cmdline | tr '\0' ' ')" "sleep 1000 "
{ pod one '    command: [sleep, "3000"]'; pod three | sed 's|image:.*|image: localhost/none|'; } >"$T/b.yaml"
t_fails "a missing image" 125 "localhost/none" podctl play kube "$T/b.yaml"
is "leaves them too" "$(id_of one)" "$one"
podctl create --name four-c $IMG true >/dev/null
{ pod one '    command: [sleep, "3000"]'; pod four; } >"$T/b.yaml"
t_fails "a name that somebody has" 125 "four-c.*in use" podctl play kube "$T/b.yaml"
is "leaves them as well" "$(id_of one)" "$one"
podctl rm four-c >/dev/null
podctl pod create --name hand >/dev/null
t_fails "a pod made by hand is not replaced" 125 "hand.*already exists" podctl play kube - <<<"$(pod hand)"
t "but by --replace" podctl play kube --replace - <<<"$(pod hand)"
podctl pod rm -f hand >/dev/null
out=$(podctl play kube --replace "$T/a.yaml")
like "--replace tells what it stopped" "$out" "^Pods stopped:"
is "and makes all anew" "$([ "$(id_of one)" != "$one" ] && [ "$(id_of two)" != "$two" ] && echo anew)" anew

# ---- down with an edited file, prune
pod renamed >"$T/a.yaml"
t "the file has another pod now" podctl play kube "$T/a.yaml"
is "the others stay" "$(left)" 3
t "--prune" podctl play kube --prune "$T/a.yaml"
is "they are gone" "$(podctl pod ps --format '{{.Name}}')" renamed
pod again >"$T/a.yaml"
out=$(podctl kube down "$T/a.yaml")
is "down takes what the file made before" "$(left)" 0
like "it tells so" "$out" "^Pods removed:"
t "down again" podctl kube down "$T/a.yaml"
t_fails "--prune needs a file" 125 "standard input" podctl play kube --prune - <<<"$(pod x)"

# ---- from a web server
pod fetched >"$T/fetched.yaml"
python3 -u -m http.server --bind 127.0.0.1 --directory "$T" 0 >"$T/server" 2>/dev/null & server=$!
until_true 20 grep -q ' port ' "$T/server"
url=http://127.0.0.1:$(sed 's/.* port \([0-9]*\).*/\1/;q' "$T/server")
t "a manifest behind a URL" podctl play kube "$url/fetched.yaml"
is "its pod" "$(podctl pod ps --format '{{.Name}}')" fetched
t "comes down by it" podctl kube down "$url/fetched.yaml"
is "nothing is left" "$(left)" 0
t_fails "one that is not there" 125 "nope.yaml.*does not have it" podctl play kube "$url/nope.yaml"
kill $server

# ---- options
t "--start=false" podctl play kube --start=false - <<<"$(pod idle)"
is "made, not started" "$(podctl pod ps --format '{{.Status}}')" Created
t "it is started by the next play" podctl play kube - <<<"$(pod idle)"
is "now it runs" "$(podctl pod ps --format '{{.Status}}')" Running
podctl kube down - <<<"$(pod idle)" >/dev/null
web='    command: [sh, -c, "mkdir /w; echo hi >/w/index.html; httpd -f -p 80 -h /w"]
    ports: [{containerPort: 80}]'
pod web "$web" >"$T/w.yaml"
t "--publish, --annotation, --log-opt, --no-hosts, --no-hostname, --no-pod-prefix, --mac-address" podctl play kube --publish $port:80 --annotation who=me \
	--log-driver k8s-file --log-opt max-size=1m --no-hosts --no-hostname --no-pod-prefix --mac-address 02:00:00:00:00:07 "$T/w.yaml"
t "published" until_true 5 curl -fs "http://127.0.0.1:$port/"
is "the annotation" "$(podctl inspect c --format '{{index .Config.Annotations "who"}}')" me
is "the name" "$(podctl ps --format '{{.Names}}' | grep -v infra)" c
is "the hardware address" "$(podctl exec c cat /sys/class/net/eth0/address)" 02:00:00:00:00:07
is "/etc/hosts is the image's" "$(podctl exec c sh -c 'cat /etc/hosts 2>/dev/null | wc -c')" 0
ip=$(podctl inspect c --format '{{.NetworkSettings.IPAddress}}')
podctl kube down "$T/w.yaml" >/dev/null
[ -n "$ip" ] || ip=$(podctl network inspect podman --format '{{(index .Subnets 0).Gateway}}' 2>/dev/null | sed 's/\.1$/.77/')
sed -i "s/containerPort: 80/containerPort: $port/; s/-p 80/-p $port/" "$T/w.yaml"
t "--publish-all" podctl play kube --publish-all "$T/w.yaml"
t "on the same port" until_true 5 curl -fs "http://127.0.0.1:$port/"
podctl kube down "$T/w.yaml" >/dev/null
t "--network host" podctl play kube --network host "$T/w.yaml"
is "the host's" "$(podctl exec web-c readlink /proc/self/ns/net)" "$(readlink /proc/self/ns/net)"
podctl kube down "$T/w.yaml" >/dev/null
t "--network none" podctl play kube --network none "$T/w.yaml"
is "has only lo" "$(podctl exec web-c ls /sys/class/net | tr '\n' ' ')" "lo "
podctl kube down "$T/w.yaml" >/dev/null
if [ -n "$ip" ]; then
	t "--ip" podctl play kube --ip "$ip" "$T/w.yaml"
	like "is the pod's" "$(podctl exec web-c ip addr)" "inet $ip/"
	podctl kube down "$T/w.yaml" >/dev/null
fi
t_fails "--ip of another network" 125 "192.0.2.7" podctl play kube --ip 192.0.2.7 "$T/w.yaml"
t_fails "--annotation without a value" 125 'annotations must be formatted KEY=VALUE' podctl play kube --annotation who "$T/w.yaml"
t_fails "--authfile must be there, needed or not" 125 'credential file is not accessible.*No such file' podctl play kube --authfile "$T/none.json" "$T/w.yaml"
t "--multiple-pods is so anyway" podctl play kube --multiple-pods --dry-run "$T/w.yaml"
t_fails "and cannot be otherwise" 125 'as many pods as its manifest says' podctl play kube --multiple-pods=false "$T/w.yaml"
t_fails "kube apply, whatever its options" 125 'cluster.*kubectl apply' podctl kube apply -f "$T/w.yaml"
t_fails "port-forward is refused by name" 125 'publish the port' podctl port-forward web 8080:80
t_fails "debug too" 125 'podctl run --rm -it' podctl kube debug -it web --image=x
t_fails "--build is refused by name" 125 "build" podctl play kube --build "$T/w.yaml"
t "--build=false is not" podctl play kube --build=false --userns host --down "$T/w.yaml"
t_fails "--userns keep-id is refused" 125 "keep-id" podctl play kube --userns keep-id "$T/w.yaml"
t_fails "--log-driver nonsense" 125 "nonsense" podctl play kube --log-driver nonsense "$T/w.yaml"
t_fails "kube apply is refused by name" 125 "cluster" podctl kube apply web
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: side}\ndata: {K: from-file}\n' >"$T/cm.yaml"
pod cm '    command: [sleep, "1000"]
    envFrom: [{configMapRef: {name: side}}]' >"$T/c.yaml"
t_fails "a ConfigMap that is nowhere" 125 "side" podctl play kube "$T/c.yaml"
t "--configmap" podctl play kube --configmap "$T/cm.yaml" "$T/c.yaml"
is "its value" "$(podctl exec cm-c sh -c 'echo $K')" from-file
podctl kube down "$T/c.yaml" >/dev/null
t_fails "it was not kept" 125 "side" podctl play kube "$T/c.yaml"
t_fails "--configmap with something else" 125 "ConfigMap" podctl play kube --configmap "$T/w.yaml" "$T/c.yaml"
t_fails "the same ConfigMap twice is ambiguous" 125 "ambiguous" podctl play kube --configmap "$T/cm.yaml" "$T/c.yaml" "$T/cm.yaml"
t "several files" podctl play kube "$T/cm.yaml" "$T/c.yaml"
t "a stored ConfigMap serves later files" podctl play kube --replace "$T/c.yaml"
sed -i 's/from-file/changed/' "$T/cm.yaml"
was=$(id_of cm)
t "a changed ConfigMap" podctl play kube "$T/cm.yaml" "$T/c.yaml"
is "makes pods that take variables from it anew" "$([ "$(id_of cm)" != "$was" ] && podctl exec cm-c sh -c 'echo $K')" changed
t "down with several files" podctl kube down "$T/cm.yaml" "$T/c.yaml"
is "nothing runs" "$(left)" 0

# ---- a ConfigMap reaches pods that run
vol() { # NAME: a pod with the ConfigMap and the Secret as files
	pod "$1" '    command: [sleep, "1000"]
    volumeMounts: [{name: c, mountPath: /c}, {name: s, mountPath: /s}]' '  volumes: [{name: c, configMap: {name: live}}, {name: s, secret: {secretName: live}}]'
}
live() { printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: live}\ndata: {%s}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: live}\nstringData: {%s}\n' "$1" "$2"; }
{ live 'k: one, gone: x' 's: one'; vol live; } >"$T/live.yaml"
vol later >"$T/later.yaml"
t "files of a ConfigMap and a Secret" podctl play kube "$T/live.yaml"
t "another pod of another file" podctl play kube "$T/later.yaml"
is "as they are" "$(podctl exec live-c sh -c 'cat /c/k /s/s; ls /c')" "$(printf 'oneonegone\nk')"
was=$(ids)
{ live 'k: two, new: z' 's: two'; vol live; } >"$T/live.yaml"
t "they change" podctl play kube "$T/live.yaml"
is "the pods are the same" "$(ids)" "$was"
is "the files are new" "$(podctl exec live-c sh -c 'cat /c/k /s/s; ls /c')" "$(printf 'twotwok\nnew')"
is "in the other pod, too" "$(podctl exec later-c sh -c 'cat /c/k /s/s; ls /c')" "$(printf 'twotwok\nnew')"
podctl pod restart later >/dev/null
is "and after a restart" "$(podctl exec later-c cat /c/k)" two
live 'k: three' 's: three' | podctl play kube -
is "a ConfigMap alone reaches them" "$(podctl exec live-c cat /c/k)$(podctl exec later-c cat /s/s)" threethree
podctl kube down "$T/live.yaml" "$T/later.yaml" >/dev/null
fixed() { printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fixed}\nimmutable: true\ndata: {k: %s}\n' "$1"; }
fixed one | podctl play kube - >/dev/null
t "an immutable ConfigMap may come again" podctl play kube - <<<"$(fixed one)"
t_fails "but not change" 125 "immutable" podctl play kube - <<<"$(fixed two)"
t_fails "nor be mutable again" 125 "immutable" podctl play kube - <<<"$(fixed one | sed /immutable/d)"
fixed one | podctl kube down - >/dev/null
mkdir "$T/dir"; pod d1 >"$T/dir/1.yaml"; pod d2 >"$T/dir/2.yml"; echo no >"$T/dir/readme.txt"
t "a directory" podctl play kube "$T/dir"
is "is all its manifests" "$(left)" 2
t "down with it" podctl kube down "$T/dir"
is "takes them all" "$(left)" 0
t_fails "a directory without manifests" 125 "no files" podctl play kube "$T/rootfs"

# ---- dry run
cat >"$T/dry.yaml" <<EOF
apiVersion: v1
kind: Secret
metadata: {name: pw}
stringData: {password: s3cr3t}
EOF
pod dry '    command: [sh, -c, "echo $(PW)"]
    env:
    - {name: PW, valueFrom: {secretKeyRef: {name: pw, key: password}}}
    - {name: URL, value: "db://u:$(PW)@h"}
    - {name: PLAIN, value: seen}' >>"$T/dry.yaml"
podctl play kube --dry-run "$T/dry.yaml" >"$T/plan"
t "the plan is JSON" python3 -m json.tool "$T/plan"
like "with the environment" "$(cat "$T/plan")" '"PLAIN": "seen"'
like "secrets masked" "$(cat "$T/plan")" '"URL": "db://u:\*+@h"'
is "everywhere" "$(grep -c s3cr3t "$T/plan")" 0
like "as YAML too" "$(podctl play kube --dry-run -o yaml "$T/dry.yaml")" '^pods:'
is "nothing was made" "$(left)" 0
t "the secret" podctl play kube "$T/dry.yaml"
is "diff masks secrets" "$(sed 's/s3cr3t/0th3r/' "$T/dry.yaml" | podctl kube diff - | grep -cE 's3cr3t|0th3r')" 0
like "generate gives the Secret beside the reference" "$(podctl generate kube dry)" 'kind: Secret'
is "--redact hides it" "$(podctl generate kube --redact dry | grep -c s3cr3t)" 0
out=$(podctl kube down "$T/dry.yaml")
like "down removes it" "$out" "^Secrets removed:"

# ---- claims and volumes
cat >"$T/pvc.yaml" <<EOF
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, labels: {l: v}}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
EOF
pod user '    command: [sh, -c, "echo kept >>/d/f; sleep 1000"]
    volumeMounts: [{name: d, mountPath: /d}]' '  volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]' >>"$T/pvc.yaml"
like "play tells the volume" "$(podctl play kube "$T/pvc.yaml")" "^Volumes:"
is "it has the labels of its claim" "$(podctl volume inspect data --format '{{.Labels.l}}')" v
until_true 5 podctl exec user-c cat /d/f
podctl generate kube user >"$T/pvc2.yaml"
like "generate gives the claim" "$(cat "$T/pvc2.yaml")" "kind: PersistentVolumeClaim"
t "down keeps the volume" podctl kube down "$T/pvc.yaml"
t "it is there" podctl volume exists data
t "again" podctl play kube "$T/pvc2.yaml"
until_true 5 sh -c "[ \$(cat '$ROOT/volumes/data/'*/f '$ROOT/volumes/data/f' 2>/dev/null | wc -l) -ge 2 ]"
is "with what was in it" "$(podctl exec user-c sh -c 'wc -l </d/f' | tr -d ' ')" 2
clone() { printf 'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: clone}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, dataSource: {kind: %s, name: %s}}\n' "$1" "$2"; }
t "a claim from another claim" podctl play kube - <<<"$(clone PersistentVolumeClaim data)"
is "starts with its content" "$(podctl run --rm -v clone:/c $IMG wc -l /c/f)" "2 /c/f"
podctl run --rm -v clone:/c $IMG rm /c/f
podctl play kube - <<<"$(clone PersistentVolumeClaim data)"
is "once" "$(podctl run --rm -v clone:/c $IMG ls /c)" ""
podctl kube down --force - <<<"$(clone PersistentVolumeClaim data)" >/dev/null
t_fails "from a claim that is not there" 125 'dataSource.name: there is no PersistentVolumeClaim "nope"' podctl play kube - <<<"$(clone PersistentVolumeClaim nope)"
t_fails "from something else" 125 "dataSource: not supported.*VolumeSnapshot" podctl play kube - <<<"$(clone VolumeSnapshot x)"
out=$(podctl kube down --force "$T/pvc.yaml")
like "--force tells the volumes" "$out" "^Volumes removed:"
t_fails "it is gone" 1 "" podctl volume exists data
mkdir "$T/disk"
cat >"$T/pv.yaml" <<EOF
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: {capacity: {storage: 2Gi}, accessModes: [ReadWriteOnce], hostPath: {path: $T/disk}, claimRef: {name: data}}
---
EOF
cat "$T/pvc.yaml" >>"$T/pv.yaml"
t "a PersistentVolume" podctl play kube "$T/pv.yaml"
t "is the directory it names" until_true 5 test -s "$T/disk/f"
t_fails "no volume is made for it" 1 "" podctl volume exists data
podctl kube down --force "$T/pv.yaml" >/dev/null
t "what is in it stays" test -s "$T/disk/f"

# ---- workloads
workload() { # KIND API NAME SPEC-LINES
	printf -- '---\napiVersion: %s\nkind: %s\nmetadata: {name: %s}\nspec:\n%s\n' "$2" "$1" "$3" "$4"
}
template="  selector: {matchLabels: {app: w}}
  template:
    metadata: {labels: {app: w}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: c, image: $IMG, imagePullPolicy: Never, command: [sleep, \"1000\"]}]"
{ workload Deployment apps/v1 d "  replicas: 3
$template"; workload ReplicaSet apps/v1 r "$template"; workload DaemonSet apps/v1 ds "$template"; workload StatefulSet apps/v1 s "  replicas: 2
$template"; workload ReplicationController v1 o "$(sed '1s/.*/  selector: {app: w}/' <<<"$template")"; } >"$T/work.yaml"
t "workloads" podctl play kube "$T/work.yaml"
is "their pods" "$(podctl pod ps --format '{{.Name}}' | sort | tr '\n' ' ')" "d-pod-0 d-pod-1 d-pod-2 ds-pod o-pod r-pod s-0 s-1 "
is "by owner" "$(podctl pod ps --filter label=podctl.kube/kind=StatefulSet --format '{{.Name}}' | sort | tr '\n' ' ')" "s-0 s-1 "
was=$(id_of d-pod-1)
sed -i 's/replicas: 3/replicas: 2/' "$T/work.yaml"
t "fewer replicas" podctl play kube "$T/work.yaml"
is "one is gone" "$(podctl pod ps --format '{{.Name}}' | grep -c '^d-')" 2
is "the others are the same" "$(id_of d-pod-1)" "$was"
like "generate of a workload by its name" "$(podctl generate kube d)" "kind: Deployment"
podctl generate kube -t deployment d-pod-0 >"$T/d1.yaml"
like "and of its pod by --type" "$(cat "$T/d1.yaml")" "replicas: 2"
sed -i 's/replicas: 2/replicas: 0/' "$T/work.yaml"
t "none" podctl play kube "$T/work.yaml"
is "are gone" "$(podctl pod ps --format '{{.Name}}' | sort | tr '\n' ' ')" "ds-pod o-pod r-pod "
t "down" podctl kube down "$T/work.yaml"
is "all gone" "$(left)" 0
job() { # NAME SPEC COMMAND [POLICY]
	workload Job batch/v1 "$1" "$2
  template:
    spec:
      restartPolicy: ${4:-Never}
      terminationGracePeriodSeconds: 0
      containers: [{name: c, image: $IMG, imagePullPolicy: Never, command: [sh, -c, '$3']}]"
}
job good "  backoffLimit: 0" 'echo out of the job' >"$T/good.yaml"
out=$(timeout 20 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube --wait --logs "$T/good.yaml"); rc=$?
is "--wait ends with the job" $rc 0
like "--logs shows what it says" "$out" "out of the job"
is "and nothing stays" "$(left)" 0
job bad "  backoffLimit: 0" 'exit 7' >"$T/bad.yaml"
timeout 20 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube -w "$T/bad.yaml" >/dev/null; rc=$?
is "the exit code of the first failure" $rc 7
job again "  backoffLimit: 1" 'echo a try; exit 4' >"$T/again.yaml"
out=$(timeout 30 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube --wait --logs "$T/again.yaml"); rc=$?
is "backoffLimit: a second try" "$rc $(grep -c "a try" <<<"$out")" "4 2"
mkdir "$T/turns"
job turns "  completions: 4
  parallelism: 1
  completionMode: Indexed
  backoffLimit: 0" "echo \$JOB_COMPLETION_INDEX >>/t/f" | sed 's|containers: \[{|volumes: [{name: t, hostPath: {path: '"$T/turns"'}}]\n      containers: [{volumeMounts: [{name: t, mountPath: /t}], |' >"$T/turns.yaml"
t "a Job with parallelism 1" timeout 30 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube --wait "$T/turns.yaml"
is "its pods run one after the other" "$(tr '\n' ' ' <"$T/turns/f")" "0 1 2 3 "
job held "  suspend: true" true >"$T/held.yaml"
t "a suspended Job" podctl play kube "$T/held.yaml"
is "is made and not started" "$(podctl pod ps --format '{{.Status}}')" Created
podctl kube down "$T/held.yaml" >/dev/null
job gone "  ttlSecondsAfterFinished: 0" true >"$T/gone.yaml"
t "ttlSecondsAfterFinished: 0" podctl play kube "$T/gone.yaml"
t "goes by itself" until_true 5 sh -c "[ \$('$PODCTL_BIN' ${PODCTL_OPTS[*]} pod ps -q | wc -l) = 0 ]"
podctl kube down "$T/gone.yaml" >/dev/null
pod fg '    command: [sh, -c, "echo up; sleep 1000"]' >"$T/fg.yaml"
"$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube --wait --logs "$T/fg.yaml" >"$T/fg.out" 2>&1 & fg=$!
t "--wait stays" until_true 5 grep -q "up$" "$T/fg.out"
kill -TERM $fg; wait $fg; rc=$?
is "and a signal stops it" $rc 0
is "with its pods" "$(left)" 0
t_fails "a CronJob is refused by name" 125 "CronJob" podctl play kube - <<<"$(workload CronJob batch/v1 x '  schedule: "@daily"')"
t_fails "a Service too" 125 "Service" podctl play kube - <<<"$(workload Service v1 x '  ports: [{port: 80}]')"

# ---- ready
pod soon '    command: [sh, -c, "sleep 1; touch /tmp/ready; sleep 1000"]
    readinessProbe: {periodSeconds: 1, exec: {command: [test, -f, /tmp/ready]}}' >"$T/soon.yaml"
t "--wait-ready" podctl play kube --wait-ready "$T/soon.yaml"
is "it is ready" "$(podctl kube wait --for condition=Ready --timeout 0 pod/soon)" "pod/soon condition met"
podctl kube down "$T/soon.yaml" >/dev/null
sed -i 's/touch .tmp.ready/true/' "$T/soon.yaml"
t_fails "what never gets ready is told" 125 "soon.*not ready after 2s" podctl play kube --wait-ready=2s "$T/soon.yaml"
is "and stays" "$(left)" 1
podctl kube down "$T/soon.yaml" >/dev/null
pod fails '    command: [sleep, "1000"]' "  restartPolicy: Never
  initContainers: [{name: i, image: $IMG, imagePullPolicy: Never, command: [\"false\"]}]" >"$T/fails.yaml"
t_fails "what has failed is told at once" 125 "fails.*failed.*'i'" timeout 10 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube --wait-ready "$T/fails.yaml"
podctl kube down "$T/fails.yaml" >/dev/null
t "a Job that completes is as good as ready" podctl play kube --wait-ready "$T/good.yaml"
podctl kube down "$T/good.yaml" >/dev/null

# ---- secrets by hand and by manifest are the same
printf hunter2 | podctl secret create --label k=v pass - >"$T/id"
like "secret create prints an id" "$(cat "$T/id")" '^[0-9a-f]{25}$'
t_fails "twice the same name" 125 "pass: secret name in use" podctl secret create pass "$T/id"
is "ls" "$(podctl secret ls --format '{{.Name}} {{.Driver}}')" "pass file"
is "inspect" "$(podctl secret inspect pass --format '{{.Spec.Name}} {{.Spec.Labels.k}}')" "pass v"
is "what is in it is shown on demand" "$(podctl secret inspect --showsecret pass --format '{{.SecretData}}')" hunter2
is "and not else" "$(podctl secret inspect pass | grep -c hunter2)" 0
t "exists" podctl secret exists pass
pod reader '    command: [sh, -c, "sleep 1000"]
    env: [{name: P, valueFrom: {secretKeyRef: {name: pass, key: pass}}}]' >"$T/reader.yaml"
t "a manifest refers to it" podctl play kube "$T/reader.yaml"
is "and gets it" "$(podctl exec reader-c sh -c 'echo $P')" hunter2
podctl kube down "$T/reader.yaml" >/dev/null
t "it is not the manifest's to take down" podctl secret exists pass
printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: other}\nstringData: {one: "1", two: "2"}\n' | podctl secret create whole - >/dev/null
like "a Kubernetes Secret is taken for what it says" "$(podctl generate kube whole)" 'two: "2"'
is "rm prints ids" "$(podctl secret rm pass)" "$(cat "$T/id")"
t_fails "rm of nothing" 125 "no such secret" podctl secret rm pass
t_fails "inspect of nothing" 125 "no secret with name or id" podctl secret inspect pass
t_fails "exists of nothing" 1 "" podctl secret exists pass
printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: played}\ndata: {k: aGk=}\n' | podctl play kube -
is "a played Secret is one of them" "$(podctl secret ls --filter name=play --format '{{.Name}}')" played
t_fails "its type is for good" 125 "type is Opaque and cannot become example.com/x" podctl play kube - <<<"$(printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: played}\ntype: example.com/x\ndata: {k: aGk=}\n')"
is "rm --all" "$(podctl secret rm --all | wc -l)" 2

# ---- every example comes back as it was written
podctl tag $IMG localhost/podctl-demo
mkdir "$T/ex"
for f in "$TOP"/examples/k8s/*.yaml; do
	name=${f##*/}
	podctl play kube -q --start=false "$f" >/dev/null 2>"$T/err" || { not_ok "$name plays" "$(cat "$T/err")"; continue; }
	pods=$(podctl pod ps --format '{{.Name}}' | sort)
	podctl generate kube $pods >"$T/ex/one.yaml"
	podctl kube down --force "$f" >/dev/null
	t "$name: what is generated plays" podctl play kube -q --start=false "$T/ex/one.yaml"
	podctl generate kube $pods >"$T/ex/two.yaml"
	t "$name: and comes back the same" cmp "$T/ex/one.yaml" "$T/ex/two.yaml"
	podctl kube down --force "$T/ex/one.yaml" >/dev/null
done
is "no example leaves a pod" "$(left)" 0

# ---- generate
podctl run -d --name solo -p $port:80 -e A=1 --label x=y --restart always $IMG sleep 1000 >/dev/null
podctl run -d --name other $IMG sleep 1000 >/dev/null
t "-f writes a file" podctl generate kube -f "$T/g.yaml" solo
t_fails "and does not overwrite" 125 "exists" podctl generate kube -f "$T/g.yaml" solo
like "its labels are kept" "$(cat "$T/g.yaml")" 'x: "y"'
is "two containers are one pod" "$(podctl generate kube solo other | grep -c '^kind: Pod')" 1
like "-s writes a Service" "$(podctl generate kube -s solo)" "type: NodePort"
is "with a stable port" "$(podctl generate kube -s solo | grep nodePort)" "$(podctl generate kube -s solo | grep nodePort)"
is "and no hostPort" "$(podctl generate kube -s solo | grep -c hostPort)" 0
for kind in deployment:Deployment daemonset:DaemonSet statefulset:StatefulSet job:Job cronjob:CronJob pod:Pod; do
	like "--type ${kind%:*}" "$(podctl generate kube --type ${kind%:*} solo)" "^kind: ${kind#*:}"
done
like "--replicas" "$(podctl generate kube -t deployment -r 4 solo)" "replicas: 4"
t_fails "--replicas of a pod" 125 "deployment" podctl generate kube -r 4 solo
t_fails "an unknown type" 125 "deployment" podctl generate kube -t thing solo
t_fails "an unknown name" 125 "nobody.*not found" podctl generate kube nobody
podctl generate kube -t deployment solo >"$T/dep.yaml"
podctl rm -f -t 0 solo other >/dev/null
t "a generated Deployment plays" podctl play kube "$T/dep.yaml"
podctl generate kube -t deployment solo-pod-deployment-pod >"$T/dep2.yaml"
t "and comes back the same" cmp "$T/dep.yaml" "$T/dep2.yaml"
podctl kube down "$T/dep.yaml" >/dev/null
printf hush | podctl secret create quiet - >/dev/null
podctl create --name much --sysctl net.core.somaxconn=99 --stop-signal USR1 --ipc host --health-cmd 'test -f /x' --health-interval 5s --ulimit nofile=100:200 \
	--pids-limit 50 --secret quiet --secret quiet,type=env,target=HUSH --umask 077 $IMG sleep 1000 >/dev/null
podctl generate kube much >"$T/much.yaml"
podctl rm much >/dev/null
for what in stopSignal:.SIGUSR1 hostIPC:.true name:.net.core.somaxconn periodSeconds:.5 secretName:.quiet ulimit/much:.nofile=100:200 pids-limit/much 'no.field.for.the.umask'; do
	like "generate of a container: $what" "$(cat "$T/much.yaml")" "$what"
done
t "what it wrote plays" podctl play kube --strict "$T/much.yaml"
is "with its secret" "$(podctl exec much-pod-much sh -c 'cat /run/secrets/quiet; echo $HUSH')" hushhush
is "and its limits" "$(podctl exec much-pod-much sh -c 'ulimit -Sn; cat /proc/sys/net/core/somaxconn' | tr '\n' ' ')" "100 99 "
podctl kube down "$T/much.yaml" >/dev/null
podctl volume create vol >/dev/null
like "generate of a volume" "$(podctl generate kube vol)" "kind: PersistentVolumeClaim"
podctl volume rm vol >/dev/null

is "nothing runs" "$(left)" 0
sleep 0.5
# memory for the files of Secrets is mounted once, where /run is none, and stays as the bridge does
is "the machine is as before" "$(machine_state | grep -v "host mounts")" "$(grep -v "host mounts" <<<"$before")"
done_testing
