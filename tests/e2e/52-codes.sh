#!/bin/bash
# Exit statuses and messages as podman's: 125 the engine, 126 and 127 the command, 128+n a signal, 255 no exec session; what goes
# to stdout and what to stderr.
. "$(dirname "$0")/lib.sh"
needs cgroups busybox
import_image || { not_ok "import"; done_testing; }
run() { podctl run --network none "$@"; }
# status TEXT WANTED COMMAND...
status() {
	local text=$1 want=$2 rc
	shift 2
	"$@" >/dev/null 2>"$T/err" </dev/null
	rc=$?
	is "$text" "$rc" "$want"
	[ $rc = "$want" ] || sed 's/^/# /' "$T/err"
}
run -d --name up "$IMG" sleep 1000 >/dev/null
podctl create --network none --name made "$IMG" true >/dev/null
run --name done "$IMG" sh -c 'exit 3'

# ---- run ---------------------------------------------------------------------------------------------------------------------
status "the command's own" 7 run --rm "$IMG" sh -c 'exit 7'
status "killed by a signal" 143 run --rm --init "$IMG" sh -c 'kill $$'
t_fails "not found" 127 '^Error: .*not found' run --rm "$IMG" nosuch
t_fails "not found, by its path" 127 '^Error: .*no such file or directory' run --rm "$IMG" /nosuch
t_fails "not to be executed" 126 '^Error: .*(permission denied|not permitted)' run --rm "$IMG" /etc
t_fails "a user that is not there" 126 '^Error: unable to find user nosuch: no matching entries in passwd file' run --rm -u nosuch "$IMG" true
t_fails "a group that is not there" 126 '^Error: unable to find group nosuch' run --rm -u 0:nosuch "$IMG" true
is "whoever reads its output goes away" "$(run --name endless "$IMG" yes 2>&1 | head -1; echo "${PIPESTATUS[0]}")" "y
141"
is "the container does not" "$(podctl inspect --format '{{.State.Running}}' endless)" true
podctl rm -f -t 0 endless >/dev/null
if [ -n "${PODCTL_RUNTIME:-}" ]; then
	skip "-w of what is not there" "another runtime makes it"
else
	t_fails "a directory that is not there" 126 'workdir "/nodir" does not exist on container [0-9a-f]{64}' run --rm -w /nodir "$IMG" true
	t_fails "or is none" 126 'workdir "/etc/passwd" exists on container [0-9a-f]{64}, but is not a directory' run --rm -w /etc/passwd "$IMG" true
fi
status "the image's is made" 0 sh -c "'$PODCTL_BIN' ${PODCTL_OPTS[*]@Q} import -q --change 'WORKDIR /made/by/it' '$T/bb.tar' localhost/wd && '$PODCTL_BIN' ${PODCTL_OPTS[*]@Q} run --rm --network none localhost/wd test -d /made/by/it"
is "a mount may bring it" "$(run --rm -v "$T:/nodir/x" -w /nodir/x "$IMG" pwd)" /nodir/x
is "nothing of those stays" "$(podctl ps -a --format '{{.Names}}' | sort | tr '\n' ' ')" "done made up "
t_fails "an unknown flag" 125 'unknown flag: --nosuch' run --nosuch "$IMG"
t_fails "no image" 125 'image not known' podctl run --pull never localhost/nosuch true
t_fails "a source that is not there" 125 'statfs /nosuch/dir: no such file or directory' run --rm -v /nosuch/dir:/x "$IMG" true
t_fails "a name that is taken" 125 'is already in use' run --name up "$IMG" true
t_fails "no port" 125 "publish abc" run --rm -p abc "$IMG" true
t_fails "a port beyond the last" 125 "publish 99999:80" run --rm -p 99999:80 "$IMG" true
t_fails "no such pod" 125 'no pod with name or ID nosuch found: no such pod' podctl run --rm --pod nosuch "$IMG" true

# ---- exec --------------------------------------------------------------------------------------------------------------------
status "exec: the command's" 5 podctl exec up sh -c 'exit 5'
status "exec: killed" 137 podctl exec up sh -c 'kill -9 $$'
t_fails "exec: not found" 127 'not found' podctl exec up nosuch
t_fails "exec: not to be executed" 126 '(permission denied|not permitted)' podctl exec up /etc
t_fails "exec: no container" 125 'no container with name or ID "nosuch" found: no such container' podctl exec nosuch true
t_fails "exec: no command" 255 'must provide a non-empty command' podctl exec up
t_fails "exec: not running" 255 'can only create exec sessions on running containers' podctl exec made true
t_fails "exec: no such user" 255 'unable to find user nosuch' podctl exec -u nosuch up true
t_fails "exec: no such directory" 127 'no such file or directory' podctl exec -w /nodir up true

# ---- what is not there, or not so ----------------------------------------------------------------------------------------------
for verb in start attach wait stop kill pause unpause restart logs port top rename\ {}\ x init export commit\ {}\ x diff mount; do
	case $verb in *'{}'*) args=${verb/'{}'/nosuch} ;; *) args="$verb nosuch" ;; esac
	# shellcheck disable=SC2086
	t_fails "$args" 125 '^Error: .*nosuch.*(no such container|not found)' podctl $args
done
t_fails "rm of nothing" 1 'no such container' podctl rm nosuch
status "rm -f of nothing" 0 podctl rm -f nosuch
status "rm -i of nothing" 0 podctl rm -i nosuch
t_fails "rm of what runs" 2 'running or paused containers cannot be removed without force: container state improper' podctl rm up
t_fails "kill of what does not run" 125 'can only kill running containers.*container state improper' podctl kill done
t_fails "pause of what does not run" 125 'container state improper' podctl pause made
t_fails "unpause of what is not paused" 125 'container state improper' podctl unpause up
t_fails "attach to what does not run" 125 'you can only attach to running containers' podctl attach made
t_fails "top of what does not run" 125 'top can only be used on running containers' podctl top made
status "stop of what does not run" 0 podctl stop done
status "start of what runs" 0 podctl start up
status "start -a gives the status" 3 podctl start -a done
is "wait gives it too" "$(podctl wait done)" 3
for what in "image nosuch" "volume nosuch" "pod nosuch" "network nosuch" "container nosuch"; do
	# shellcheck disable=SC2086
	t_fails "inspect: $what" 125 'Error: inspecting object: .*nosuch' podctl ${what% *} inspect ${what#* }
	# shellcheck disable=SC2086
	status "exists: $what" 1 podctl ${what% *} exists ${what#* }
done
t_fails "rmi of nothing" 1 'nosuch: image not known' podctl rmi nosuch
t_fails "rmi of what is used" 2 'in use' podctl rmi "$IMG"
t_fails "volume rm of nothing" 1 'no such volume' podctl volume rm nosuch
t_fails "pod rm of nothing" 1 'no such pod' podctl pod rm nosuch
t_fails "a filter that is none" 125 'bogus is an invalid filter' podctl ps --filter bogus=1
t_fails "a type that is none" 125 'invalid type "bogus"' podctl inspect --type bogus up
is "and nothing is printed" "$(podctl inspect --type bogus up 2>/dev/null)" ""
t_fails "a command that is none" 125 'unrecognized command .podctl bogus.' podctl bogus

t_fails "an order that is none" 125 '"bogus" is not a valid value' podctl ps --sort bogus
t_fails "of pods" 125 '"bogus" is not a valid value' podctl pod ps --sort bogus
is "made so long ago" "$(podctl ps -a --filter until=0s --format '{{.Names}}' | wc -l) $(podctl ps -a --filter until=10h --format '{{.Names}}' | wc -l)" "3 0"
is "volumes by scope" "$(podctl volume create sv; podctl volume ls -q --filter scope=local; podctl volume ls -q --filter scope=global)" $'sv\nsv'
podctl volume rm sv >/dev/null
is "ambient capabilities" "$(podctl top up capamb | head -n 1)" "AMBIENT CAPS"

# ---- stdout and stderr ---------------------------------------------------------------------------------------------------------
quiet() { # TEXT WANTED-STDOUT COMMAND...: succeeds, and says nothing on stderr
	local text=$1 want=$2 out
	shift 2
	out=$("$@" 2>"$T/err" </dev/null) || echo "# exit $?"
	is "$text" "$out$(cat "$T/err")" "$want"
}
id=$(podctl inspect -f '{{.Id}}' up)
quiet "stop prints the name as given" "${id:0:12}" podctl stop -t 0 "${id:0:12}"
quiet "several, in their order" $'up\nmade' podctl start up made
quiet "restart" up podctl restart -t 0 up
quiet "pause" up podctl pause up
quiet "unpause" up podctl unpause up
quiet "kill" up podctl kill up
quiet "rename says nothing" "" podctl rename done over
quiet "rm" $'over\nmade' podctl rm over made
quiet "volume create" v podctl volume create v
quiet "volume rm" v podctl volume rm v
quiet "tag says nothing" "" podctl tag "$IMG" localhost/other
quiet "untag too" "" podctl untag "$IMG" localhost/other
is "create makes the volumes" "$(podctl create --network none --name cv -v cv:/v -v /anon "$IMG" true >/dev/null && podctl volume ls -q | wc -l; podctl rm -v cv >/dev/null; podctl volume ls -q)" $'2\ncv'
podctl volume rm cv >/dev/null
like "create prints the id" "$(podctl create --network none "$IMG" true 2>&1)" '^[0-9a-f]{64}$'
like "run -d too" "$(run -d "$IMG" true 2>&1)" '^[0-9a-f]{64}$'
podctl rm -fa -t 0 >/dev/null
done_testing
