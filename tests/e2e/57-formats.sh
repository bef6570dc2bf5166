#!/bin/bash
# Events, statistics, and what --format, --filter and --sort make of listings.
. "$(dirname "$0")/lib.sh"
needs cgroups busybox
import_image || { not_ok "import"; done_testing; }
run() { podctl run --network none "$@"; }

# ---- events ----------------------------------------------------------------------------------------------------------
events() { podctl events --stream=false "$@"; }
words() { events "$@" --format '{{.Type}} {{.Status}} {{.Name}}' | tr '\n' ','; }
run -d --name ev --label foo=bar "$IMG" sleep 1000 >/dev/null
id=$(podctl inspect -f '{{.Id}}' ev)
podctl pause ev >/dev/null
podctl unpause ev >/dev/null
podctl exec ev true
podctl rename ev ew
podctl stop -t 0 ew >/dev/null
podctl rm ew >/dev/null
is "the life of a container" "$(words --filter container="$id")" "container create ev,container init ev,container start ev,container pause ev,container unpause ev,container exec ev,container exec_died ev,container rename ew,container died ew,container cleanup ew,container stop ew,container remove ew,"
like "a line for people" "$(events --filter event=create --filter container="$id")" \
	"^[0-9-]{10} [0-9:]{8}\.[0-9]+ \+0000 UTC container create $id \(image=$IMG, name=ev, foo=bar\)$"
like "--no-trunc=false" "$(events --filter event=create --filter container="$id" --no-trunc=false)" "create ${id:0:12} \("
is "JSON, a line each" "$(events --format json --filter container="$id" --filter event=died | python3 -c '
import json, sys
e = [json.loads(l) for l in sys.stdin]
print(len(e), e[0]["Type"], e[0]["Status"], e[0]["ContainerExitCode"], e[0]["Attributes"]["foo"])' 2>&1)" "1 container died 137 bar"
run --rm --name gone "$IMG" sh -c 'exit 3' || :
is "run --rm" "$(words --filter container=gone)" "container create gone,container init gone,container start gone,container died gone,container remove gone,"
is "the exit code" "$(events --filter container=gone --filter event=died --format '{{.ContainerExitCode}}')" 3
podctl volume create vol >/dev/null
podctl volume rm vol >/dev/null
is "volumes" "$(words --filter type=volume --filter volume=vol)" "volume create vol,volume remove vol,"
podctl tag "$IMG" localhost/t:1
podctl rmi localhost/t:1 >/dev/null
is "images" "$(words --filter type=image --filter event=tag --filter event=untag)" "image tag localhost/t:1,image untag localhost/t:1,"
podctl pod create --name pp >/dev/null
podctl run -d --pod pp --name ppc "$IMG" sleep 1000 >/dev/null
podctl pod pause pp >/dev/null
podctl pod unpause pp >/dev/null
podctl pod stop -t 0 pp >/dev/null
podctl pod rm pp >/dev/null
is "pods" "$(words --filter type=pod)" "pod create pp,pod start pp,pod pause pp,pod unpause pp,pod stop pp,pod remove pp,"
is "--filter label" "$(words --filter label=foo=bar --filter event=start)" "container start ev,"
is "--filter image" "$(words --filter image=nope)" ""
t_fails "--filter of nothing" 125 'nope is an invalid filter' podctl events --filter nope=1 --stream=false
t_fails "--since of no time" 125 '\-\-since' podctl events --since sometime --stream=false
is "--until in the past" "$(podctl events --until 1h --filter container=ev | wc -l)" 0
is "--since in the past" "$(events --since 1h --filter event=create --filter container=gone | wc -l)" 1
"$PODCTL_BIN" "${PODCTL_OPTS[@]}" events --filter event=died --format '{{.Name}}' >"$T/stream" &
follower=$!
sleep 0.5
run --rm --name now "$IMG" true
until_true 5 grep -q now "$T/stream"
is "new ones are followed" "$(cat "$T/stream")" now
kill -INT $follower
wait $follower
is "and Ctrl-C ends it" $? 0
is "--until ends it" "$(timeout 20 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" events --until "$(($(date +%s) + 1))" --filter container=now --filter event=start --format '{{.Status}}')" start
printf 'nonsense\n{"half":' >>"$RUNROOT/events.log"
echo >>"$RUNROOT/events.log"
t "what is no event is left out" events
head -c 1100000 /dev/zero | tr '\0' 'x' >>"$RUNROOT/events.log"; echo >>"$RUNROOT/events.log"
run --rm --name big "$IMG" true
[ -e "$RUNROOT/events.log.1" ] && ok "a long log is renamed" || not_ok "a long log is renamed"
is "and still read" "$(words --filter event=start --filter container=gone --filter container=big)" "container start gone,container start big,"
podctl rm -fa -t 0 >/dev/null

# ---- stats -----------------------------------------------------------------------------------------------------------
run -d --name busy "$IMG" sh -c 'while :; do :; done' >/dev/null
run -d --name idle --memory 64m "$IMG" sleep 1000 >/dev/null
podctl create --network none --name never "$IMG" true >/dev/null
if ! podctl stats --no-stream >/dev/null 2>&1; then skip "stats" "no cgroups"; else
is "the columns" "$(podctl stats --no-stream | head -n 1 | tr -s ' ')" "ID NAME CPU % MEM USAGE / LIMIT MEM % NET IO BLOCK IO PIDS CPU TIME AVG CPU %"
like "a row" "$(podctl stats --no-stream idle | tail -n 1)" '^[0-9a-f]{12}  idle        [0-9.]+%[ ]+[0-9.]+[kM]?B / 67\.11MB +[0-9.]+% +0B / 0B'
is "all running ones" "$(podctl stats --no-stream --format '{{.Name}}' | sort | tr '\n' ' ')" "busy idle "
is "-a: the others too" "$(podctl stats -a --no-stream --format '{{.Name}} {{.PIDS}}' | grep never)" "never 0"
is "by name" "$(podctl stats --no-stream --format '{{.Name}} {{.MemLimit}} {{.PIDs}}' idle)" "idle 67108864 1"
is "JSON" "$(podctl stats --no-stream --format json idle | python3 -c 'import json, sys; d = json.load(sys.stdin)[0]; print(sorted(d), d["name"])')" \
	"['avg_cpu', 'block_io', 'cpu_percent', 'cpu_time', 'id', 'mem_percent', 'mem_usage', 'name', 'net_io', 'pids'] idle"
t_fails "of nothing" 125 'no container with name' podctl stats --no-stream nothing
is "a second look" "$(timeout 60 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" stats -i 1 --format '{{.CPU}}' busy | head -n 2 | tail -n 1 | awk '{ print ($1 > 0) }')" 1
podctl pod create --name sp >/dev/null
podctl run -d --pod sp --name spc "$IMG" sleep 1000 >/dev/null
is "pod stats" "$(podctl pod stats --no-stream --format '{{.Name}}' sp | tail -n 1)" spc
like "its columns" "$(podctl pod stats --no-stream sp | head -n 1)" '^POD           CID           NAME  +CPU %       MEM USAGE/ LIMIT'
podctl pod rm -ft 0 sp >/dev/null
fi
podctl rm -ft 0 busy >/dev/null

# ---- top -------------------------------------------------------------------------------------------------------------
is "top's columns" "$(podctl top idle | head -n 1 | tr -s ' ')" "USER PID PPID %CPU ELAPSED TTY TIME COMMAND"
is "columns by name" "$(podctl top idle pid,user args | tail -n 1 | tr -s ' ')" "1 root sleep 1000"
is "the host's view" "$(podctl top idle hpid huser | tail -n 1 | tr -s ' ')" "$(podctl inspect -f '{{.State.Pid}}' idle) $(id -un)"
like "capabilities" "$(podctl top idle capeff | tail -n 1)" '^CHOWN,DAC_OVERRIDE,FOWNER'
like "state, seccomp, nice" "$(podctl top idle state seccomp nice | tail -n 1)" '^S +(filter|disabled) +0$'
is "-l" "$(podctl create --network none "$IMG" true >/dev/null; podctl start -l >/dev/null; podctl rm -fl >/dev/null; podctl top idle pid | tail -n 1)" 1
is "other words are for the container's ps" "$(podctl top idle -o pid,args | sed -n 2p | tr -s ' ')" " 1 sleep 1000"
run -d --name user -u web "$IMG" sleep 1000 >/dev/null
is "names by the container's own files" "$(podctl top user user group | tail -n 1 | tr -s ' ')" "web web"
t_fails "of one that does not run" 125 'can only be used on running' podctl top never

# ---- wait ------------------------------------------------------------------------------------------------------------
is "wait for what is" "$(timeout 10 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" wait --condition running,paused idle)" -1
(sleep 0.3; podctl pause idle) >/dev/null &
is "one of several" "$(timeout 10 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" wait --condition paused,exited -i 50ms idle)" -1
wait
podctl unpause idle >/dev/null
(sleep 0.3; podctl rm -ft 0 user) >/dev/null &
is "removed" "$(timeout 10 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" wait --condition removed user)" -1
wait
t_fails "an unknown condition" 125 'unknown container state: nope' podctl wait --condition nope idle
t_fails "an interval that is none" 125 'expected a time' podctl wait -i soon idle
is "table and spaces" "$(podctl ps --filter name=idle --format 'table {{.Names}} {{.State}}' | tr -s ' ' | tr '\n' ';')" "NAMES STATE;idle running;"

# ---- rm --depend -------------------------------------------------------------------------------------------------------
run -d --name base "$IMG" sleep 1000 >/dev/null
podctl run -d --network container:base --name top "$IMG" sleep 1000 >/dev/null
podctl run -d --network none --requires top --name topmost "$IMG" sleep 1000 >/dev/null
t "rm --depend" podctl rm -ft 0 --depend base
is "takes what needs it along" "$(podctl ps -a --format '{{.Names}}' | grep -cE 'base|top')" 0
podctl rm -fa -t 0 >/dev/null

# ---- ps --------------------------------------------------------------------------------------------------------------
run -d --name one --label a=b "$IMG" sh -c 'head -c 1000 /dev/zero >/file; sleep 1000' >/dev/null
podctl create --network none --name two "$IMG" true >/dev/null
until_true 5 podctl exec one test -s /file
like "ps -s" "$(podctl ps -s --filter name=one | tail -n 1)" 'one +[0-9.]+k?B \(virtual [0-9.]+MB\)$'
is "its heading" "$(podctl ps -s | head -n 1 | tr -s ' ')" "CONTAINER ID IMAGE COMMAND CREATED STATUS PORTS NAMES SIZE"
is "ps --ns" "$(podctl ps --ns | head -n 1 | tr -s ' ')" "CONTAINER ID NAMES PID CGROUPNS IPC MNT NET PIDNS USERNS UTS"
is "its numbers" "$(podctl ps --ns --format '{{.PIDNS}}' --filter name=one)" "$(readlink "/proc/$(podctl inspect -f '{{.State.Pid}}' one)/ns/pid" | tr -dc 0-9)"
t_fails "not both" 125 'cannot be given together' podctl ps --ns --size
t "--sync and --external" podctl ps --sync --external
is "--watch" "$(timeout 2.5 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" ps --watch 1 --format '{{.Names}}' | head -n 2 | sort -u)" one
is "networks by name" "$(podctl ps --filter name=one --format '{{.Networks}}')" ""
is "what never ended" "$(podctl ps -a --filter name=two --format '{{.ExitedAt}} {{.Exited}}')" "-62135596800 false"
is "inspect -s" "$(podctl inspect -s one | python3 -c 'import json, sys; d = json.load(sys.stdin)[0]; print(d["SizeRw"] >= 1000, d["SizeRootFs"] > d["SizeRw"])')" "True True"
podctl volume create iv >/dev/null
is "inspect finds volumes" "$(podctl inspect -f '{{.Driver}}' iv)" local
is "and networks" "$(podctl inspect --type network -f '{{.driver}}' podctl)" bridge
t_fails "of no kind" 125 'invalid type' podctl inspect --type farm one
like "stats: every field" "$(podctl run -d --network none --name counted "$IMG" sleep 1000 >/dev/null; podctl stats --no-stream --format '{{.PerCPU}} {{.ContainerStats.Name}} {{.AvgCPU}} {{.Up}}' counted)" '^\[\] counted [0-9.]+% [0-9]+$'
podctl rm -f -t 0 counted >/dev/null
is "events: .Details" "$(events --filter event=create --filter container=one --format '{{.Details.ID}} {{.Details.Attributes}}' | wc -w | tr -d ' ')" 2
is "-q gives way to a format" "$(podctl ps -aq --filter name='^one$' --format '{{.Names}}')" one
is "restart-policy=" "$(podctl ps -aq --filter name='^one$' --filter restart-policy=no --format '{{.Names}}')$(podctl ps -aq --filter restart-policy=always)" one
t_fails "a state that cannot be" 125 'unknown state: bogus' podctl ps --filter status=bogus
t_fails "nor of a pod" 125 'unknown state: bogus' podctl pod ps --filter status=bogus
t_fails "an exit code that cannot be" 125 "'x' is no exit code" podctl ps -a --filter exited=x
t_fails "exec: the container first" 125 'no container with name or ID "nope"' podctl exec nope
podctl pod create --name shares --share net,uts >/dev/null
is "pod ps --ns" "$(podctl pod ps --ns --noheading --filter name=shares | awk '{ print $(NF-1) }')" net,uts
podctl pod rm -f shares >/dev/null
t_fails "a refused flag by the name it was called" 125 '\-\-ssh: ' podctl --ssh x ps
t_fails "one edit in three letters" 125 'unknown flag: --xyz$' podctl ps --xyz
t_fails "ps takes no arguments" 125 '.podctl ps. takes no arguments' podctl ps extra
like "version" "$(podctl version --format json)" '^\{"Client":\{.*"Version":"[0-9.]+".*"OsArch":"linux/(amd64|arm64|riscv64)"'
podctl rm -fa -t 0 >/dev/null
done_testing
