#!/bin/bash
# Clones, and what the pod commands have that no other file looks at.
. "$(dirname "$0")/lib.sh"
needs root busybox
import_image || { not_ok "import"; done_testing; }
run() { podctl run --network none "$@"; }

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
done_testing
