#!/bin/bash
# The kill matrix: SIGKILL of podctl, the monitor, the runtime and the cleaner in the middle of things; a reboot; a full disk, a
# read-only one.  The next command finds the truth, rm -f leaves nothing.  KILL_ROUNDS scales it, see killlib.sh.
. "$(dirname "$0")/lib.sh"
needs root busybox
import_image
. "$E2E/killlib.sh"
manifest() { # NAME
	cat <<-EOF
		apiVersion: v1
		kind: ConfigMap
		metadata: {name: $1-conf}
		data: {a: b}
		---
		apiVersion: v1
		kind: Pod
		metadata: {name: $1}
		spec:
		  terminationGracePeriodSeconds: 0
		  initContainers: [{name: i, image: $IMG, imagePullPolicy: Never, command: ["true"]}]
		  containers:
		  - {name: a, image: $IMG, imagePullPolicy: Never, command: [sleep, "1000"], volumeMounts: [{name: v, mountPath: /v}], ports: [{containerPort: 80, hostPort: $port}]}
		  - {name: b, image: $IMG, imagePullPolicy: Never, command: [sleep, "1000"], volumeMounts: [{name: c, mountPath: /c}]}
		  volumes: [{name: v, emptyDir: {}}, {name: c, configMap: {name: $1-conf}}]
	EOF
}
manifest kp >"$T/kp.yaml"
mkdir "$T/i" && "$E2E/mkimage.sh" "$T/i" localhost/other || exit 1

# clean: nothing of the container k and the pod kp is left to see, and their names are free
clean() {
	podctl ps -a || return 1
	podctl rm -f -t 0 k || return 1
	podctl kube down "$T/kp.yaml" || return 1
	! podctl ps -a --format '{{.Names}}' | grep -E '^k(p-.*)?$' || return 1
	podctl run --rm --network none --name k $IMG true
}
running() { podctl run -d --network none --name k $IMG sleep 100; }
published() { podctl run -d --network bridge -p $port:80 --name k $IMG sleep 100; }
stopped() { podctl create --network none --name k $IMG sleep 100; }
played() { podctl play kube "$T/kp.yaml"; }
other_image_gone() {
	podctl images && { podctl rmi -f localhost/other; podctl import -q "$T/small.tar" localhost/other; } && podctl rmi localhost/other && clean
}

podctl run --rm --network bridge $IMG true # bridge, table and caches are static: make them before counting
podctl import -q "$T/small.tar" localhost/other >/dev/null && podctl rmi localhost/other >/dev/null
until_true 3 sh -c "! ls '$RUNROOT/pods' | grep -q ."
before=$(machine_state)

matrix "run -d" nothing clean run -d --network none --name k $IMG sleep 100
matrix "run -d -p" nothing clean run -d --network bridge -p $port:80 --name k $IMG sleep 100
matrix "run --rm" nothing clean run --rm --network none --name k $IMG true
matrix "create" nothing clean create --network none --name k $IMG true
matrix "start" stopped clean start k
matrix "stop" running clean stop -t 0 k
matrix "rm -f" published clean rm -f -t 0 k
matrix "kill" running clean kill k
matrix "exec" running clean exec k true
matrix "play kube" nothing clean play kube "$T/kp.yaml"
matrix "kube down" played clean kube down "$T/kp.yaml"
matrix "pod rm -f" played clean pod rm -f kp
matrix "import" nothing other_image_gone import -q "$T/small.tar" localhost/other
matrix "load" nothing other_image_gone load -q -i "$T/i/docker-archive.tar"

# pull, from a registry of this file's own
if has python3; then
	mkdir -p "$T/reg/tags" "$T/reg/blobs" && cp -r "$T/i/oci/blobs/sha256" "$T/reg/blobs/"
	python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["manifests"][0]["digest"])' "$T/i/oci/index.json" >"$T/reg/tags/v1"
	python3 "$E2E/registry.py" "$T/reg" "$T/reg/log" >"$T/reg/ports" 2>/dev/null &
	at_end "kill $!"
	until_true 10 test -s "$T/reg/ports"
	pulled=127.0.0.1:$(cut -d' ' -f1 "$T/reg/ports")/plain/x:v1
	no_image() { podctl rmi -f "$pulled"; }
	image_gone() { # what was left does not hinder, and goes
		podctl images && podctl pull -q --tls-verify=false "$pulled" && podctl run --rm --network none "$pulled" true && podctl rmi "$pulled" && clean
	}
	matrix "pull" no_image image_gone pull -q --tls-verify=false "$pulled"
	matrix "rmi" "podctl pull -q --tls-verify=false $pulled" image_gone rmi "$pulled"
else
	skip "pull killed" "python3 is missing"
fi

if has "${CC:-cc}"; then
	helpers_wrap monitor runtime
	helper_matrix monitor "" nothing clean run -d --network none --name k $IMG sleep 100
	helper_matrix monitor "" nothing clean run --rm --network none --name k $IMG true
	helper_matrix monitor "" stopped clean start k
	helper_matrix monitor "" nothing clean play kube "$T/kp.yaml"
	export KILLAT_CHILDREN=1 # the runtime's is the container's beginning
	helper_matrix runtime run nothing clean run -d --network none --name k $IMG sleep 100
	helper_matrix runtime create nothing clean play kube "$T/kp.yaml"
	helper_matrix runtime exec running clean exec k true
	unset KILLAT_CHILDREN
else
	skip "the helpers killed" "needs a C compiler"
fi

# the cleaner: a pod whose monitor and container are gone, cleaned up by hand
dead() { published && id=$(podctl inspect --format '{{.Id}}' k) && kill -9 $(engine_pids); }
is_exited() { [ "$(podctl ps -a --format '{{.State}}')" = exited ]; }
cleaned() { until_true 2 is_exited && clean; }
matrix "cleanup" dead cleaned cleanup @id

# the monitor of a living pod
parent() { awk '/^PPid/ { print $2 }' "/proc/$1/status"; }
podctl run -d --network none --name k $IMG sh -c 'trap "exit 7" TERM; echo up; while :; do sleep 0.1; done' >/dev/null
until_true 5 sh -c "'$PODCTL_BIN' ${PODCTL_OPTS[*]} logs k | grep -q up"
pid=$(podctl inspect --format '{{.State.Pid}}' k)
kill -9 "$(parent "$pid")"
t "the container survives its monitor" kill -0 "$pid"
is "ps tells the truth" "$(podctl ps --format '{{.Names}}')" k
is "logs are there" "$(podctl logs k | head -1)" up
is "exec works again (adopted)" "$(podctl exec k echo adopted)" adopted
t "stop works" podctl stop -t 2 k
is "it is stopped" "$(podctl ps -q | wc -l)" 0
t "it starts again" podctl start k
t "rm -f" podctl rm -f -t 0 k
running >/dev/null
pid=$(podctl inspect --format '{{.State.Pid}}' k)
kill -9 "$(parent "$pid")" "$pid"
is "monitor and container killed: it is exited" "$(sleep 0.1; podctl ps -a --format '{{.State}}')" exited
t "and can be removed" podctl rm k
podctl play kube "$T/kp.yaml" >/dev/null
kill -9 $(pgrep -f "^$BUILD/podctl-monitor" | while read -r p; do engine_pids | grep -x "$p"; done)
is "a played pod survives its monitor" "$(podctl pod ps --format '{{.Name}} {{.Status}}')" "kp Running"
t "kube down of a pod without monitor" podctl kube down "$T/kp.yaml"
podctl play kube "$T/kp.yaml" >/dev/null
kill -9 $(engine_pids)
is "everything killed: the pod is exited" "$(sleep 0.1; podctl pod ps --format '{{.Name}} {{.Status}}')" "kp Exited"
t "it starts anew" podctl pod start kp
is "and runs" "$(podctl pod ps --format '{{.Name}} {{.Status}}')" "kp Running"
t "down" podctl kube down "$T/kp.yaml"
settled "nothing is left of it" 0

# a reboot: processes, mounts, runroot, links, rules and cgroups are gone, root is there
podctl run -d --network none --name k $IMG sleep 100 >/dev/null
podctl run -d --network bridge -p $((port + 1)):80 --restart always --name k2 $IMG sleep 100 >/dev/null
podctl play kube "$T/kp.yaml" >/dev/null
podctl create --network none --name k3 $IMG sleep 100 >/dev/null
machine_wipe
umount -l "$RUNROOT"
rm -rf "$RUNROOT"
is "after a reboot nothing runs" "$(podctl ps -q | wc -l)" 0
is "what ran is exited" "$(podctl ps -a --format '{{.Names}} {{.State}}' | grep '^k[23]\? ' | sort | tr '\n' ' ')" "k exited k2 exited k3 created "
is "the pod too" "$(podctl pod ps --format '{{.Name}} {{.Status}}')" "kp Exited"
t "containers start" podctl start k k2 k3
t "the pod starts" podctl pod start kp
is "all run" "$(podctl ps --format '{{.Names}}' | grep ^k | sort | tr '\n' ' ')" "k k2 k3 kp-a kp-b "
t "rm -f" podctl rm -f -t 0 k k2 k3
t "down" podctl kube down "$T/kp.yaml"
settled "nothing is left of it" 0
kill_counts

# a full disk, and one that cannot be written: one clear error, nothing left, and it works again afterwards
use_engine() { ROOT=$1/root RUNROOT=$1/run SUFFIX=$(printf %s "$1/root" | sha256sum | cut -c1-8) PODCTL_OPTS=(--root "$1/root" --runroot "$1/run" "${PODCTL_OPTS[@]:4}"); }
first=${ROOT%/root}
mkdir "$T/small"
mount -t tmpfs -o size=12m,mode=755 tmpfs "$T/small"
use_engine "$T/small"
at_end "use_engine '$T/small'; podctl system reset --force; machine_wipe; use_engine '$first'"
podctl import -q --change 'CMD ["/bin/sh"]' "$T/bb.tar" $IMG >/dev/null
podctl run --rm --network bridge $IMG true
until_true 3 calm
before=$(machine_state)
fill() { # KIB: so many are left
	rm -f "$T/small/filler"
	local free=$(($(df --output=avail "$T/small" | tail -1) - $1))
	[ $free -le 0 ] || head -c ${free}k /dev/zero >"$T/small/filler"
}
full() { # TEXT CMD...
	local text=$1 left bad=0 rc failed=0
	shift
	for left in 0 4 8 16 24 32 48 64 96 128; do
		rm -f "$T/small/filler"
		clean >/dev/null 2>&1
		fill $left
		timeout 30 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" "$@" >"$T/out" 2>"$T/err"
		rc=$?
		[ $rc -eq 0 ] && continue
		failed=$((failed + 1))
		[ $rc -eq 125 ] && [ "$(grep -c '^Error: ' "$T/err")" = 1 ] && grep -qiE 'no space left|disk is full|full' "$T/err" ||
			{ bad=$((bad + 1)); echo "# $text with $left KiB: $rc"; sed 's/^/#   /' "$T/err"; }
		rm -f "$T/small/filler"
		[ -z "$(podctl ps -aq)" ] || { bad=$((bad + 1)); echo "# $text with $left KiB left: $(podctl ps -a)"; }
	done
	rm -f "$T/small/filler"
	[ $failed -gt 0 ] || bad=never
	clean >"$T/why" 2>&1 || { bad=$((bad + 1)); cat "$T/why"; }
	settled "$text on a full disk: one clear error, nothing left" $bad
}
full "run" run -d --network none --name k $IMG sleep 100
full "play kube" play kube "$T/kp.yaml"
full "import" import -q "$T/bb.tar" localhost/other
mount -o remount,ro "$T/small"
t_fails "run on a read-only disk" 125 '^Error: .*(read-only|Read-only|cannot be written)' podctl run -d --network none --name k $IMG sleep 100
t_fails "ps on a read-only disk" 125 '^Error: .*(read-only|Read-only|cannot be written)' podctl ps -a
mount -o remount,rw "$T/small"
t "and it works again" clean
t "system reset" podctl system reset --force
is "leaves nothing" "$(ls -A "$T/small" | tr '\n' ' ')$(machine_state | grep -v ' 0$')$(engine_cgroups)$(nft list tables | grep "$SUFFIX")$(ip link | grep "$SUFFIX")" ""
use_engine "$first"
done_testing
