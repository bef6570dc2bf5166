#!/bin/bash
# A pod's name where a container's is expected: exec and logs, as for kubectl.
. "$(dirname "$0")/lib.sh"
needs root busybox
import_image
engine="$PODCTL_BIN ${PODCTL_OPTS[*]}"
manifest() { # NAME ANNOTATIONS
	cat <<Y
apiVersion: v1
kind: Pod
metadata: {name: $1, annotations: {$2}}
spec:
  terminationGracePeriodSeconds: 0
  initContainers:
  - {name: setup, image: $IMG, imagePullPolicy: Never, command: [echo, made]}
  containers:
  - {name: web, image: $IMG, imagePullPolicy: Never, command: [sh, -c, "echo of web; exec sleep 1000"], env: [{name: ME, value: web}]}
  - {name: proxy, image: $IMG, imagePullPolicy: Never, command: [sh, -c, "echo of proxy; exec sleep 1000"], env: [{name: ME, value: proxy}]}
Y
}
t "a pod of two" podctl play kube - <<<"$(manifest app '')"
is "exec POD: its first container" "$(podctl exec app sh -c 'echo $ME')" web
is "exec -c NAME POD" "$(podctl exec -c proxy app sh -c 'echo $ME')" proxy
is "the whole name" "$(podctl exec --container app-proxy app sh -c 'echo $ME')" proxy
is "exec POD -c NAME -- COMMAND" "$(podctl exec app -c proxy -- sh -c 'echo $ME')" proxy
is "exec POD --container=NAME COMMAND" "$(podctl exec app --container=proxy sh -c 'echo $ME')" proxy
is "exec CONTAINER -- COMMAND" "$(podctl exec app-web -- sh -c 'echo $ME')" web
is "options of the command are its own" "$(podctl exec app sh -c 'echo $1' -- -c)" -c
is "nothing on stderr" "$(podctl exec app true 2>&1)" ""
is "its exit status" "$(podctl exec app sh -c 'exit 7'; echo $?)" 7
is "standard input" "$(echo typed | podctl exec -i app -c web -- cat)" typed
is "by the pod's id" "$(podctl exec "$(podctl pod inspect --format '{{.Id}}' app)" sh -c 'echo $ME')" web
t_fails "a container that it has not" 125 "pod 'app' has no container 'none'" podctl exec -c none app true
t_fails "no such pod" 125 'no such pod' podctl exec -c web none true
t_fails "-c of a container" 125 'no such pod.*name of a container' podctl exec -c web app-web true
t_fails "neither" 125 'no such container' podctl exec none true
t_fails "no command" 255 'non-empty command' podctl exec app -c web --
t_fails "an init container has ended" 255 'running|state' podctl exec -c setup app true
t_fails "--latest and --container" 125 'exclude' podctl exec -l -c web true

t "both have spoken" until_true 10 sh -c "$engine logs app-proxy | grep -q . && $engine logs app-web | grep -q ."
is "logs POD" "$(podctl logs app)" "of web"
is "logs POD -c NAME" "$(podctl logs app -c proxy)" "of proxy"
is "logs -c of an init container" "$(podctl logs -c setup app)" made
is "one container once" "$(podctl logs app app-web)" "of web"
is "several" "$(podctl logs --names app app-proxy | sort)" "$(printf 'app-proxy of proxy\napp-web of web')"
t_fails "logs: a container that it has not" 125 "pod 'app' has no container 'none'" podctl logs -c none app
t_fails "logs: nothing of that name" 125 'no such container' podctl logs none
t_fails "logs: no name" 125 'at least one container' podctl logs
is "kube exec" "$(podctl kube exec app -c proxy -- sh -c 'echo $ME')" proxy
echo copied >"$T/file"
t "cp to a pod: its first container" podctl cp "$T/file" app:/tmp/file
is "it is there" "$(podctl exec app-web cat /tmp/file)" copied
t "cp from a pod" podctl cp app:/tmp/file "$T/back"
is "it is the same" "$(cat "$T/back")" copied
t_fails "cp: neither" 125 'no such container' podctl cp none:/x "$T/back"
t "another, with a default container" podctl play kube - <<<"$(manifest two 'kubectl.kubernetes.io/default-container: proxy')"
is "exec: the annotation's" "$(podctl exec two sh -c 'echo $ME')" proxy
t "logs: the annotation's" until_true 10 sh -c "[ \"\$($engine logs two)\" = 'of proxy' ]"
podctl pod create --name empty >/dev/null
t_fails "a pod of none" 125 "pod 'empty' has no container" podctl exec empty true
podctl run -d --name empty-x --pod empty "$IMG" sleep 1000 >/dev/null
t "a pod made by hand" podctl exec empty true
t "and a container of it" podctl exec -c empty-x empty true
podctl pod rm -fa -t 0 >/dev/null
done_testing
