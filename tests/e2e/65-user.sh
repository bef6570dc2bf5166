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
is "nothing is left" "$(podctl ps -aq | wc -l)" 0
done_testing
