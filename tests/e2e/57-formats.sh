#!/bin/bash
# Events, statistics, and what --format, --filter and --sort make of listings.
. "$(dirname "$0")/lib.sh"
needs root busybox
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
done_testing
