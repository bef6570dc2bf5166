#!/bin/bash
# Clones, and what the pod commands have that no other file looks at.
. "$(dirname "$0")/lib.sh"
needs cgroups busybox
import_image || { not_ok "import"; done_testing; }
run() { podctl run --network none "$@"; }

# ---- a paused pod ----------------------------------------------------------------------------------------------------------
podctl pod create --network none --name ice >/dev/null
for c in ice1 ice2 ice3; do podctl run -d --pod ice --name $c "$IMG" sleep 1000 >/dev/null; done
podctl pod pause ice >/dev/null
t "one container of a paused pod goes on alone" podctl unpause ice1
is "the others do not" "$(podctl ps -a --filter pod=ice --format '{{.Names}} {{.State}}' | grep -v infra | sort | tr '\n' ' ')" "ice1 running ice2 paused ice3 paused "
t "it can be asked" podctl exec ice1 true
t "one that is frozen can be removed" podctl rm -f -t 0 ice2
t "the pod goes on" podctl pod unpause ice
podctl pod pause ice >/dev/null
t "and is removed while it is paused" podctl pod rm -f -t 0 ice

# ---- container clone -------------------------------------------------------------------------------------------------
run -d --name web --label a=b -e X=1 --memory 64m -v named:/n -v /anon "$IMG" sh -c 'echo $X >/anon/f; hostname >/n/h; sleep 1000' >/dev/null
until_true 5 podctl exec web test -s /n/h
id=$(podctl container clone web)
like "clone prints an id" "$id" '^[0-9a-f]{64}$'
is "its name" "$(podctl inspect -f '{{.Name}} {{.State.Status}}' "$id")" "web-clone created"
is "and the next" "$(podctl inspect -f '{{.Name}}' "$(podctl container clone web)")" web-clone1
is "a name as asked" "$(podctl inspect -f '{{.Name}} {{index .Config.Labels "a"}} {{.HostConfig.Memory}}' "$(podctl container clone --memory 32m web other)")" "other b 33554432"
t "it starts" podctl start web-clone
until_true 5 podctl exec web-clone test -s /anon/f
is "with the same variables" "$(podctl exec web-clone cat /anon/f)" 1
is "a host name of its own" "$(podctl exec web-clone hostname)" "${id:0:12}"
is "the named volume is shared" "$(podctl exec web-clone test -s /n/h && echo yes)" yes
is "the one without a name is not" "$(podctl inspect web web-clone -f '{{range .Mounts}}{{if eq .Destination "/anon"}}{{.Name}}{{end}}{{end}}' | sort -u | wc -l)" 2
t_fails "a name that is taken" 125 'in use' podctl container clone web other
t_fails "--destroy of one that runs" 125 'give --force too' podctl container clone --destroy web
t "with --force" podctl container clone --destroy --force --run --name next web
t_fails "the old one is gone" 1 '' podctl container exists web
is "the new one runs" "$(podctl inspect -f '{{.State.Status}}' next)" running
t_fails "another image" 125 'with another image: not done' podctl container clone next again "$IMG"
podctl pod create --name cp >/dev/null
t "into a pod" podctl container clone --pod cp --run --name inpod next
is "as its member" "$(podctl ps --filter pod=cp --filter name=inpod --format '{{.PodName}}')" cp
podctl pod rm -ft 0 cp >/dev/null
podctl rm -fa -t 0 >/dev/null

# ---- pod clone -------------------------------------------------------------------------------------------------------
podctl pod create --name pp --label p=q >/dev/null
podctl run -d --pod pp --name one "$IMG" sleep 1000 >/dev/null
podctl run -d --pod pp --name two "$IMG" sleep 1000 >/dev/null
t "pod clone" podctl pod clone pp
is "its name, state and label" "$(podctl pod ps --filter name=pp-clone --format '{{.Name}} {{.Status}} {{.Labels}}')" "pp-clone Created map[p:q]"
is "its members" "$(podctl ps -a --filter pod=pp-clone --format '{{.Names}}' | grep -v infra | sort | tr '\n' ' ')" "one-clone two-clone "
t "it starts" podctl pod start pp-clone
is "all of it" "$(podctl ps --filter pod=pp-clone --format '{{.Names}}' | grep -cv infra)" 2
is "by name, at once, the old one gone" "$(podctl pod clone --destroy --start pp third >/dev/null; podctl pod ps --format '{{.Name}} {{.Status}}' | sort | tr '\n' ' ')" "pp-clone Running third Running "
t_fails "a clone of nothing" 125 'no such pod' podctl pod clone nothing

# ---- inspect, top, logs -------------------------------------------------------------------------------------------------
is "pod inspect -l" "$(podctl pod inspect -l -f '{{.Name}}')" third
is "pod top with columns" "$(podctl pod top third comm | sort -u | tr '\n' ' ')" "COMMAND pause sleep "
t_fails "and none" 125 'no column' podctl pod top third nope
podctl run -d --pod third --name talk "$IMG" echo said >/dev/null
until_true 5 sh -c "[ \"\$($PODCTL_BIN ${PODCTL_OPTS[*]} logs talk)\" = said ]"
like "pod logs --color" "$(podctl pod logs --color --names third | cat -v)" '\^\[\[3[0-9]mtalk\^\[\[0m said'
podctl pod rm -fa -t 0 >/dev/null

# ---- pod create --------------------------------------------------------------------------------------------------------
printf 'x=y\n# none\n' >"$T/labels"
podctl pod create --name hp --pid host --label-file "$T/labels" --userns host >/dev/null
is "--label-file" "$(podctl pod inspect -f '{{index .Labels "x"}}' hp)" y
is "--pid host" "$(podctl run --rm --pod hp "$IMG" readlink /proc/self/ns/pid)" "$(readlink /proc/self/ns/pid)"
t_fails "--pid of no kind" 125 'private and host' podctl pod create --pid maybe
t_fails "--userns of no mode" 125 'no mode' podctl pod create --userns bogus
podctl pod rm -fa -t 0 >/dev/null

# ---- completion ----------------------------------------------------------------------------------------------------------
podctl completion bash >"$T/bash"
t "bash reads its completion" bash -n "$T/bash"
is "it knows the words of a group" "$(bash -c '. "$1"; COMP_WORDS=(podctl pod cl); COMP_CWORD=2; _podctl; echo "${COMPREPLY[*]}"' - "$T/bash")" clone
is "and options" "$(bash -c '. "$1"; COMP_WORDS=(podctl run --device-read); COMP_CWORD=2; _podctl; echo "${COMPREPLY[*]}"' - "$T/bash")" "--device-read-bps --device-read-iops"
is "fish: each line once" "$(podctl completion fish | grep ^complete | sort | uniq -d | grep -c .)" 0
is "fish: an option says what it is" "$(podctl completion fish | grep -c -- '"run" "container run".* -l tz -r -d ')" 1
if has fish; then t "fish reads it" sh -c "$PODCTL_BIN completion fish | fish -n"; else skip "fish reads it" "no fish here"; fi
is "a man page for every command" "$(podctl docs commands | while read -r c; do podctl docs man $c >/dev/null || echo "$c"; done)" ""
done_testing
