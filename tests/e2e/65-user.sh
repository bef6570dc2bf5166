#!/bin/bash
# An ordinary user: the whole of a container's life in a user namespace of their own, and what is refused by name.
. "$(dirname "$0")/lib.sh"
needs user busybox newuidmap
grep -q "^$(id -un):" /etc/subuid 2>/dev/null || skip_all "needs subordinate ids for $(id -un)"
import_image || { not_ok "import"; done_testing; }
is "unshare: root inside" "$(podctl unshare id -u)" 0
is "run" "$(podctl run --rm $IMG echo hi)" hi
is "its root is an ordinary user outside" "$(podctl run --rm $IMG id -u)" 0
is "exit codes pass" "$(podctl run --rm $IMG sh -c 'exit 7'; echo $?)" 7
is "another user inside" "$(podctl run --rm --user 1000:1000 $IMG id -u)" 1000
t "detached" podctl run -d --name u1 $IMG sh -c 'echo log; exec sleep 100'
is "exec" "$(podctl exec u1 cat /proc/1/comm)" sleep
is "logs" "$(podctl logs u1)" log
t "the writable layer is native overlay" bash -c "${PODCTL_BIN} ${PODCTL_OPTS[*]} exec u1 sh -c 'rm /etc/group && mkdir /new && test ! -e /etc/group'"
t "stop" podctl stop -t 0 u1
t "start" podctl start u1
t "rm -f" podctl rm -f -t 0 u1
t "network host" podctl run --rm --network host $IMG true
t_fails "bridge is refused by name" 125 "bridge.*user|user.*bridge" podctl run --rm --network bridge $IMG true
t_fails "published ports are refused by name" 125 "publish|port" podctl run --rm -p 8080:80 $IMG true
cat >"$T/p.yaml" <<EOF
apiVersion: v1
kind: Pod
metadata: {name: up}
spec:
  hostNetwork: true
  containers:
  - {name: a, image: $IMG, imagePullPolicy: Never, command: [sleep, "100"], volumeMounts: [{name: v, mountPath: /v}]}
  - {name: b, image: $IMG, imagePullPolicy: Never, command: [sleep, "100"], volumeMounts: [{name: v, mountPath: /v}]}
  volumes: [{name: v, emptyDir: {}}]
EOF
t "play kube with hostNetwork" podctl play kube "$T/p.yaml"
podctl exec up-a sh -c 'echo shared >/v/f'
is "an emptyDir is shared" "$(podctl exec up-b cat /v/f)" shared
t "kube down" podctl kube down "$T/p.yaml"
podctl run -d --name all --init --tmpfs /t -v uv:/v $IMG sh -c 'echo m >/t/m; echo v >/v/f; sleep 100' >/dev/null
until_true 5 podctl exec all test -s /v/f
is "--init" "$(podctl top all args | sed -n 2p | cut -d' ' -f1)" /run/podctl-init
is "the host's view of a user" "$(podctl top all huser | sed -n 2p)" "$(id -un)"
is "a user without a name" "$(podctl run --rm -u 1234 $IMG tail -n 1 /etc/passwd)" "1234:*:1234:0:container user:/:/bin/sh"
is "--systemd" "$(podctl run --rm --systemd always $IMG sh -c 'grep -c "^tmpfs /run" /proc/mounts')" 2
is "cp from memory, as a tar" "$(podctl cp all:/t/m - | tar xOf -)" m
is "volume export" "$(podctl volume export uv | tar xOf - f)" v
podctl volume export uv >"$T/uv.tar"
t "volume import" podctl volume import uv "$T/uv.tar"
like "ps -s" "$(podctl ps -s --format '{{.Size}}' --filter name=all)" 'virtual'
is "ps --ns" "$(podctl ps --ns --format '{{.NET}}' --filter name=all)" "$(readlink "/proc/$(podctl inspect -f '{{.State.Pid}}' all)/ns/net" | tr -dc 0-9)"
is "events" "$(podctl events --stream=false --filter container=all --filter event=start --format '{{.Name}}')" all
is "network ls" "$(podctl network ls -q)" podctl
if podctl stats --no-stream all >/dev/null 2>&1; then
	is "stats" "$(podctl stats --no-stream --format '{{.Name}}' all)" all
	t "update" podctl update --pids-limit 50 all
else
	t_fails "stats without a cgroup is refused by name" 125 'no cgroups' podctl stats --no-stream all
	t_fails "update too" 125 'delegated cgroup' podctl update --memory 64m all
fi
podctl rm -fa -t 0 >/dev/null
podctl pod create --name upp >/dev/null
podctl run -d --pod upp --name uppc $IMG sleep 100 >/dev/null
t "pod clone" podctl pod clone --start upp
is "two pods run" "$(podctl pod ps --filter status=running -q | wc -l)" 2
podctl pod rm -fa -t 0 >/dev/null
is "nothing is left" "$(podctl ps -aq | wc -l)" 0
done_testing
