#!/bin/bash
# The command line: what it prints, what it exits with, what it says when something is wrong.
. "$(dirname "$0")/lib.sh"
needs busybox

# ---- nothing is needed for these -------------------------------------------------------------------------------------
like "version" "$("$PODCTL_BIN" --version)" '^podctl version [0-9]'
like "version command" "$("$PODCTL_BIN" version)" '^Version: +[0-9]'
like "version through a template" "$("$PODCTL_BIN" version --format '{{.Client.Version}}')" '^[0-9]'
like "help" "$("$PODCTL_BIN" --help)" 'Commands:'
like "help of a group" "$("$PODCTL_BIN" pod --help)" 'inspect'
like "help of a command names its aliases" "$("$PODCTL_BIN" run --help)" 'podctl container run'
is "help and --help are the same" "$("$PODCTL_BIN" help run)" "$("$PODCTL_BIN" run --help)"
t_fails "no command" 125 "missing command 'podctl COMMAND'" "$PODCTL_BIN"
t_fails "a group alone" 125 "missing command 'podctl pod COMMAND'" "$PODCTL_BIN" pod
t_fails "an unknown command" 125 'unrecognized command `podctl xyzzy`' "$PODCTL_BIN" xyzzy
t_fails "a misspelled command" 125 'Did you mean `podctl images`' "$PODCTL_BIN" imags
t_fails "a misspelled command of a group" 125 'Did you mean `podctl pod create`' "$PODCTL_BIN" pod creat
t_fails "an unknown flag" 125 'unknown flag: --xyzzyxyzzy' "$PODCTL_BIN" ps --xyzzyxyzzy
t_fails "a misspelled flag" 125 'did you mean --name' "$PODCTL_BIN" run --nam x y
t_fails "an unknown letter" 125 "unknown shorthand flag: 'Z' in -Z" "$PODCTL_BIN" ps -Z
t_fails "a flag without its argument" 125 'flag needs an argument: --name' "$PODCTL_BIN" run --name
t_fails "a letter without its argument" 125 "flag needs an argument: 'v' in -v" "$PODCTL_BIN" run -v
t_fails "a boolean that is none" 125 'expected true or false' "$PODCTL_BIN" run --rm=maybe x
t_fails "a number that is none" 125 'expected a whole number' "$PODCTL_BIN" run --pids-limit many x
t_fails "a size that is none" 125 'expected a size' "$PODCTL_BIN" run -m 1x x
t_fails "too few arguments" 125 'requires at least 1 arg' "$PODCTL_BIN" run
t_fails "what is known and not done is refused by name" 125 'Error: --rdt-class: ' "$PODCTL_BIN" run --rdt-class x x
t_fails "a global option that is refused" 125 'Error: --storage-opt' "$PODCTL_BIN" --storage-opt x ps
t_fails "a bad log level" 125 'no level' "$PODCTL_BIN" --log-level loud images
is "success prints nothing on stderr" "$("$PODCTL_BIN" --version 2>&1 >/dev/null)" ""
t "completion for bash is a script" bash -n <("$PODCTL_BIN" completion bash)
like "completion knows commands" "$("$PODCTL_BIN" completion fish)" "'play'|play"
like "man page of run" "$("$PODCTL_BIN" docs man run)" '^\.TH PODCTL-RUN 1'
t "info --check lists prerequisites" bash -c '"$0" info --check | grep -q ^kernel' "$PODCTL_BIN"

# ---- images ----------------------------------------------------------------------------------------------------------
is "images of an empty store" "$(podctl images)" "REPOSITORY  TAG         IMAGE ID    CREATED     SIZE"
is "containers of an empty store" "$(podctl ps)" \
	"CONTAINER ID  IMAGE       COMMAND     CREATED     STATUS      PORTS       NAMES"
is "pods of an empty store" "$(podctl pod ps)" \
	"POD ID      NAME        STATUS      CREATED     INFRA ID    # OF CONTAINERS"
import_image || { not_ok "import"; done_testing; }
like "images" "$(podctl images | tail -1)" '^localhost/bb +latest +[0-9a-f]{12} +.*ago +[0-9.]+ [kM]B$'
is "images through a template" "$(podctl images --format '{{.Repository}}:{{.Tag}}')" "$IMG"
is "image inspect through a template" "$(podctl image inspect -f '{{.Os}}' "$IMG")" linux
t "tag" podctl tag "$IMG" localhost/other:v1
is "images of one repository" "$(podctl images -q localhost/other | wc -l)" 1
is "rmi takes only the name" "$(podctl rmi localhost/other:v1)" "Untagged: localhost/other:v1"
t_fails "rmi of nothing" 1 'not found' podctl rmi localhost/nothing
t_fails "run of an image that is not there" 125 'not found locally' podctl run localhost/nothing true
t_fails "import from a file that is not there" 125 'No such file' podctl import "$T/nothing.tar" x
t "image exists" podctl image exists "$IMG"
t_fails "image exists, not" 1 '' podctl image exists localhost/nothing

# ---- run -------------------------------------------------------------------------------------------------------------
run() { podctl run --network none "$@"; }
is "run" "$(run --rm "$IMG" echo hello)" hello
t_fails "exit code of the container" 7 '' run --rm "$IMG" sh -c 'exit 7'
t_fails "127: not found" 127 "executable file .?nosuch.? not found|.nosuch.: executable file not found" run --rm "$IMG" nosuch
t_fails "126: cannot be executed" 126 '[Pp]ermission denied|is a directory|not permitted' run --rm "$IMG" /etc
is "errors are told once" "$(run --rm "$IMG" nosuch 2>&1 | grep -c Error)" 1
is "standard input" "$(echo in | run --rm -i "$IMG" cat)" in
is "without -i there is none" "$(echo in | run --rm "$IMG" cat)" ""
is "a megabyte through a pipe" "$(head -c 1000000 /dev/zero | run --rm -i "$IMG" cat | wc -c)" 1000000
is "stderr is apart" "$(run --rm "$IMG" sh -c 'echo out; echo err >&2' 2>/dev/null)" out
is "environment" "$(FROM=here run --rm -e A=1 -e FROM -e NOTSET "$IMG" sh -c 'echo $A $FROM ${NOTSET-unset}')" "1 here unset"
printf '# comment\nA=file\nB=file\n' >"$T/env"
is "env file is below -e" "$(run --rm -e A=flag --env-file "$T/env" "$IMG" sh -c 'echo $A $B')" "flag file"
is "user, group, directory" "$(run --rm -u web:extra -w /tmp "$IMG" sh -c 'id -u; id -g; pwd' | tr '\n' ' ')" "1000 2000 /tmp "
is "host name" "$(run --rm --hostname box "$IMG" hostname)" box
echo data >"$T/file"
chmod 644 "$T/file"
is "a bind mount" "$(run --rm -v "$T/file:/file:ro" "$IMG" cat /file)" data
is "a relative bind mount" "$(cd "$T" && run --rm -v ./file:/file:ro "$IMG" cat /file)" data
is "entry point" "$(run --rm --entrypoint '["/bin/echo","a"]' "$IMG" b)" "a b"
t_fails "a source that is not there" 125 'No such file or directory' run --rm -v "$T/nothing:/x" "$IMG" true
t_fails "a bad name" 125 'names must match' run --name 'a/b' "$IMG" true
is "nothing is left of runs with --rm and of failed ones" "$(until_true 5 test -z "$(podctl ps -aq)"; podctl ps -aq)" ""

# ---- the life of one container ----------------------------------------------------------------------------------------
id=$(run -d --name one --label k=v --cidfile "$T/cid" "$IMG" sleep 1000)
like "run -d prints the id" "$id" '^[0-9a-f]{64}$'
is "cidfile" "$(cat "$T/cid")" "$id"
t_fails "cidfile is not overwritten" 125 'exists already' run -d --cidfile "$T/cid" "$IMG" true
t_fails "a name in use" 125 "name 'one' is already in use" run -d --name one "$IMG" true
is "ps" "$(podctl ps --format '{{.ID}} {{.Names}} {{.State}} {{.Image}}')" "${id:0:12} one running $IMG"
is "ps -q --no-trunc" "$(podctl ps -q --no-trunc)" "$id"
is "ps --filter label" "$(podctl ps -q --filter label=k=v | wc -l)" 1
is "ps --filter that does not fit" "$(podctl ps -q --filter name=two | wc -l)" 0
t_fails "an unknown filter" 125 'invalid filter' podctl ps --filter colour=red
is "ps as JSON" "$(podctl ps --format json | grep -c '"Id": "'"$id"'"')" 1
is "table with a template" "$(podctl ps --format 'table {{.Names}}\t{{.State}}' | tail -1)" "one         running"
t_fails "a field that is not there" 125 "can't evaluate field Nope" podctl ps --format '{{.Nope}}'
is "inspect by prefix" "$(podctl inspect -f '{{.Name}}' "${id:0:6}")" one
t_fails "inspect of nothing" 125 'no such object: "nothing"' podctl inspect nothing
is "exec" "$(podctl exec one echo in)" in
is "exec -i" "$(echo x | podctl exec -i one cat)" x
t_fails "exec's code" 3 '' podctl exec one sh -c 'exit 3'
t_fails "exec: not found" 127 'not found' podctl exec one nosuch
t_fails "exec without a command" 255 'non-empty command' podctl exec one
is "exec as a user with a variable" "$(podctl exec -u web -e A=b -w /tmp one sh -c 'id -u; echo $A; pwd' | tr '\n' ' ')" "1000 b /tmp "
like "top" "$(podctl top one)" 'sleep 1000'
echo file >"$T/out"
podctl exec -u web one sh -c 'id -u' >"$T/out" 2>&1
if [ -n "${PODCTL_RUNTIME:-}" ]; then
	skip "a file that exec writes to keeps its owner" "crun and runc give it to the container's user"
else
	is "a file that exec writes to keeps its owner" "$(stat -c %u "$T/out") $(cat "$T/out")" "$(id -u) 1000"
fi
if podctl pause one 2>&1 | grep -q 'no cgroup of its own'; then
	skip "pause" "this user has no cgroups of their own"
else
	podctl unpause one >/dev/null 2>&1
	t "pause" podctl pause one
	is "paused" "$(podctl ps --format '{{.Status}}')" Paused
	t "unpause" podctl unpause one
fi
t_fails "rm of one that runs" 2 'cannot be removed without force' podctl rm one
t_fails "rmi of an image in use" 2 'in use' podctl rmi "$IMG"
is "stop prints the name" "$(podctl stop -t 0 one)" one
is "wait" "$(podctl wait one)" 137
like "exited" "$(podctl ps -a --format '{{.Status}}')" '^Exited \(137\) .*ago$'
t_fails "kill of one that does not run" 125 'can only kill running' podctl kill one
t_fails "exec into one that does not run" 255 'running containers' podctl exec one true
t "start again" podctl start one
is "kill" "$(podctl kill -s KILL one)" one
until_true 5 sh -c '! "$0" "${@}" ps -q | grep -q .' "$PODCTL_BIN" "${PODCTL_OPTS[@]}"
t "restart" podctl restart -t 0 one
is "rm -f" "$(podctl rm -f -t 0 one)" one
t_fails "rm of nothing" 1 'no such container' podctl rm one
t "rm -f of nothing" podctl rm -f one
t_fails "stop of nothing" 125 'no such container' podctl stop one
t "stop -i of nothing" podctl stop -i one
t_fails "no names at all" 125 'must provide at least one' podctl stop
t_fails "all and names" 125 'no arguments are needed with --all' podctl rm -a x

# ---- create, start -a, logs --------------------------------------------------------------------------------------------
podctl create -q --network none --name job "$IMG" sh -c 'echo a; echo b >&2; exit 4' >/dev/null
is "created" "$(podctl ps -a --format '{{.Status}}')" Created
t_fails "start -a gives the code" 4 '' podctl start -a job
is "logs" "$(podctl logs job 2>/dev/null)" a
is "logs of stderr" "$(podctl logs job 2>&1 >/dev/null)" b
like "logs with times" "$(podctl logs -t job 2>/dev/null)" '^20[0-9-]+T[0-9:.]+(Z|\+00:00) a$'
is "logs --tail" "$(podctl logs --tail 1 job 2>&1 | wc -l)" 1
is "logs --until long ago" "$(podctl logs --until 2001-01-01 job 2>&1 | wc -l)" 0
t_fails "logs of nothing" 125 'no such container' podctl logs nothing
run -d --name slow "$IMG" sh -c 'for i in 1 2 3; do echo $i; sleep 0.2; done' >/dev/null
is "logs -f ends with the container" "$(podctl logs -f slow | tr '\n' ' ')" "1 2 3 "
run -d --name late "$IMG" sh -c 'sleep 0.5; echo late' >/dev/null
is "logs of what has not written yet" "$(podctl logs late)" ""
is "logs -f waits for the first line" "$(podctl logs -f late)" "late"
t "what is always mounted leaves no trace in the writable layer" sh -c '! ls "$1"/pods/*/containers/*/upper/*/hosts 2>/dev/null' - "$ROOT"
is "logs of several have prefixes" "$(podctl logs job slow 2>/dev/null | awk '{ print NF }' | sort -u)" 2
is "rm -a prints ids" "$(podctl rm -fa | grep -cE '^[0-9a-f]{64}$')" 3

# ---- pods ----------------------------------------------------------------------------------------------------------------
pod=$(podctl pod create --network none --name p --label a=b)
like "pod create prints the id" "$pod" '^[0-9a-f]{64}$'
t_fails "a pod's name in use" 125 "name 'p' is already in use" podctl pod create --name p
t "a member" podctl run -d --pod p --name m "$IMG" sleep 1000
is "pod ps" "$(podctl pod ps --format '{{.Name}} {{.Status}} {{.NumberOfContainers}}')" "p Running 2"
is "ps --pod" "$(podctl ps --format '{{.PodName}}' --filter name=m)" p
is "pod inspect" "$(podctl pod inspect -f '{{.Name}} {{.State}}' p)" "p Running"
t_fails "network options belong to the pod" 125 'belong to the pod' podctl run --pod p --network host "$IMG" true
t_fails "pod rm of one that runs" 125 'running containers' podctl pod rm p
like "pod stop prints the id" "$(podctl pod stop -t 0 p)" "^[0-9a-f]{64}$"
is "stopped" "$(podctl pod ps --format '{{.Status}}')" Exited
t "pod start" podctl pod start p
t "pod exists" podctl pod exists p
like "pod rm -f prints the id" "$(podctl pod rm -f p)" "^[0-9a-f]{64}$"
t_fails "pod rm of nothing" 1 'no such pod' podctl pod rm p
is "its containers went with it" "$(podctl ps -aq)" ""

# ---- kube: what the command adds to the engine ----------------------------------------------------------------------------
cat >"$T/app.yaml" <<-YAML
	apiVersion: v1
	kind: Pod
	metadata: {name: app}
	spec:
	  hostNetwork: true
	  terminationGracePeriodSeconds: 0
	  containers:
	  - {name: a, image: $IMG, command: [sleep, "1000"]}
	  - {name: b, image: $IMG, command: [sleep, "1000"]}
YAML
out=$(podctl play kube "$T/app.yaml")
is "play prints pod and containers" "$(sed -E 's/^[0-9a-f]{64}$/ID/' <<<"$out" | tr '\n' ' ')" "Pod: ID Containers: ID ID "
id=$(podctl pod inspect --format "{{.Id}}" app)
t "playing it twice" podctl play kube "$T/app.yaml"
is "changes nothing" "$(podctl pod inspect --format "{{.Id}}" app)" "$id"
t "play --replace" podctl play kube --replace "$T/app.yaml"
podctl generate kube app >"$T/gen.yaml"
is "down" "$(podctl kube down "$T/app.yaml" | sed -E 's/^[0-9a-f]{64}$/ID/' | tr '\n' ' ')" "Pods stopped: ID Pods removed: ID "
is "down again" "$(podctl kube down "$T/app.yaml" | tr '\n' ' ')" "Pods stopped: Pods removed: "
t "what was generated plays" podctl kube play "$T/gen.yaml"
is "and is a fixed point" "$(podctl kube generate app)" "$(cat "$T/gen.yaml")"
t "play --down from standard input" bash -c 'cat "$1" | "$0" "${@:2}" play kube --down -' "$PODCTL_BIN" "$T/gen.yaml" "${PODCTL_OPTS[@]}"
sed 's/image:/imag:/' "$T/app.yaml" >"$T/bad.yaml"
t_fails "faults have file, line and column" 125 'bad.yaml:[0-9]+:[0-9]+: .*did you mean image' podctl play kube "$T/bad.yaml"
t_fails "and are counted" 125 'Error: .*bad.yaml: [0-9]+ faults, nothing was created' podctl play kube "$T/bad.yaml"
sed 's,localhost/bb:latest,localhost/nothing,' "$T/app.yaml" >"$T/noimage.yaml"
t_fails "a missing image names pod and container" 125 "pod 'app': container 'a': .*not found locally" podctl play kube "$T/noimage.yaml"
sed 's/"1000"/"1000", "x"/; s/name: b, \(.*\)\[sleep/name: b, \1[nosuch/' "$T/app.yaml" >"$T/fails.yaml"
t_fails "a start that fails undoes the play" 125 "pod 'app': container 'b'" podctl play kube "$T/fails.yaml"
is "nothing was left" "$(podctl pod ps -q; podctl ps -aq)" ""
t "dry run makes nothing" podctl play kube --dry-run "$T/app.yaml"
is "really nothing" "$(podctl pod ps -q)" ""
done_testing
