#!/bin/bash
# Images as people handle them: listed, filtered, named, mounted, made of containers, removed, counted.
. "$(dirname "$0")/lib.sh"
needs busybox root

bash "$E2E/mkimage.sh" "$T/img" localhost/x:latest >/dev/null || { not_ok "make an image"; done_testing; }
id=$(cat "$T/img/id")
cd "$T" || exit 1
podctl load -q -i "$T/img/docker-archive.tar" >/dev/null
run() { podctl run --network none "$@"; }

# ---- commit ----------------------------------------------------------------------------------------------------------
run --name c1 -e FOO=bar -l made=here localhost/x sh -c 'echo new >/new; rm /etc/issue; rm -r /var/www; mkdir /var/www; touch /var/www/z; chmod 700 /home; ln /new /hard; ln -s new /soft; mkfifo /fifo; : >"/a name with spaces"' >/dev/null 2>&1
com=$(podctl commit --change 'CMD ["cat","/new"]' -c 'LABEL a=b' -c EXPOSE=80 -c 'ENV E=1' -c 'WORKDIR /tmp' -c 'STOPSIGNAL SIGINT' -c 'USER 0' -c 'VOLUME /v' -c 'ONBUILD RUN x' -a me -m why --iidfile iid c1 com:1 2>err)
like "commit prints the id" "$com" '^[0-9a-f]{64}$'
is "and nothing on standard error" "$(cat err)" ""
is "the id is in the file" "$(cat iid)" "$com"
is "what runs is the new command" "$(run --rm com:1 2>&1)" new
is "what was deleted is gone" "$(run --rm com:1 sh -c 'ls /etc/issue /var/www 2>/dev/null | tr "\n" " "')" "/var/www: z "
is "hard links stay" "$(run --rm com:1 stat -c %h /new)" 2
is "modes, links, fifos, names" "$(run --rm com:1 sh -c 'stat -c %a /home; readlink /soft; test -p /fifo && ls -d "/a name with spaces"' | tr '\n' ' ')" "700 new /a name with spaces "
inspect() { podctl image inspect --format "$1" com:1; }
is "changes are in the config" "$(inspect '{{.Config.WorkingDir}} {{.Config.StopSignal}} {{.Config.User}} {{index .Config.OnBuild 0}} {{.Author}} {{.Comment}}')" "/tmp SIGINT 0 RUN x me why"
is "so is what the container was given" "$(inspect '{{index .Config.Labels "made"}} {{index .Config.Labels "a"}} {{index .Config.Labels "org.example.suite"}}')" "here b podctl"
like "its environment" "$(inspect '{{join .Config.Env ","}}')" 'FOO=bar.*E=1|E=1.*FOO=bar'
is "the parent is the image it was made of" "$(inspect '{{.Parent}}')" "$id"
is "one layer more" "$(inspect '{{len .RootFS.Layers}}')" 2
t_fails "an instruction that is none" 125 'RUN' podctl commit -c 'RUN ls' c1 no
t_fails "a container that is not there" 125 'no container' podctl commit nosuch no
t_fails "a format that is none" 125 'oci and docker' podctl commit -f zip c1 no
t "commit without a name" podctl commit -q c1
is "it is dangling" "$(podctl images -q -f dangling=true | wc -l)" 1
sq=$(podctl commit -s c1 sq)
is "squashed: one layer" "$(podctl image inspect --format '{{len .RootFS.Layers}}' "$sq")" 1
is "with everything in it" "$(run --rm sq cat /new /etc/group | wc -l)" 5
run -d --name c2 localhost/x sleep 1000 >/dev/null
t "commit of a running container, paused meanwhile" podctl commit -q --pause c2 paused
is "which runs on" "$(podctl inspect --format '{{.State.Status}}' c2)" running
t "docker's format" podctl commit -q -f docker c1 dock
like "is docker's" "$(podctl image inspect --format '{{.ManifestType}}' dock)" 'docker.distribution'
run --name c3 -v "$T:/mnt/v" localhost/x true
podctl commit -q --include-volumes c3 vols >/dev/null
is "--include-volumes" "$(podctl image inspect --format '{{json .Config.Volumes}}' vols)" '{"/mnt/v":{}}'
podctl rm -f -t 0 c2 c3 >/dev/null

# ---- export, import ------------------------------------------------------------------------------------------------------
t "export" podctl export -o c1.tar c1
is "it has the new file" "$(tar xOf c1.tar hard)" new
is "and not the deleted" "$(tar tf c1.tar | grep -c '^etc/issue')" 0
is "nor whiteouts" "$(tar tf c1.tar | grep -c '\.wh\.')" 0
is "to standard output" "$(podctl export c1 | tar xO hard)" new
is "import what was exported" "$(podctl import -q -c 'CMD ["cat","/new"]' -m imported c1.tar imp:1 | cut -c1-7)" "sha256:"
is "and run it" "$(run --rm imp:1)" new
t "for another platform" podctl import -q --os linux --arch arm64 --variant v8 c1.tar arm:1
is "which it says" "$(podctl image inspect --format '{{.Os}}/{{.Architecture}}' arm:1)" linux/arm64
t_fails "export of nothing" 125 'no container' podctl export nosuch

# ---- images --------------------------------------------------------------------------------------------------------------
podctl rmi -f arm:1 imp:1 sq paused dock vols >/dev/null
is "sorted by tag" "$(podctl images --sort tag --format '{{.Tag}}' | tr '\n' ' ')" "1 <none> latest "
is "sorted by repository" "$(podctl images --sort repository --format '{{.Repository}}' | tr '\n' ' ')" "<none> localhost/com localhost/x "
is "sorted by size" "$(podctl images --sort size -q | head -1)" "${id:0:12}"
t_fails "sorted by nothing" 125 'created, id, repository, size, tag' podctl images --sort weight
filter() { is "filter $1" "$(podctl images -f "$1" --format '{{.Repository}}' | sort | tr '\n' ' ')" "$2"; }
filter reference=localhost/x "localhost/x "
filter 'reference=*com*' "localhost/com "
filter 'reference=localhost/*:1' "localhost/com "
filter label=made "<none> localhost/com "
filter label=made=there ""
filter 'label!=made' "localhost/x "
filter before=com:1 "localhost/x "
filter since=localhost/x "<none> localhost/com "
filter after=localhost/x "<none> localhost/com "
filter dangling=true "<none> "
filter dangling=false "localhost/com localhost/x "
filter containers=true "localhost/x "
filter "id=${id:0:12}" "localhost/x "
filter until=2025-01-01 "localhost/x "
filter manifest=true ""
filter readonly=true ""
t_fails "a filter that is none" 125 'unsupported image filter' podctl images -f nosuch=1
t_fails "a filter without a value" 125 'filter=value' podctl images -f dangling
is "quiet, each once" "$(podctl tag localhost/x localhost/again; podctl images -q | sort | uniq -d)" ""
is "digests" "$(podctl images --digests -n localhost/x | awk 'NR == 1 { print $3 }')" "$(podctl image inspect --format '{{.Digest}}' localhost/x)"
is "json" "$(podctl images --format json localhost/com | python3 -c 'import json, sys; d = json.load(sys.stdin)[0]; print(d["Id"], d["Names"], d["Labels"]["a"], d["Digest"][:7])')" "$com ['localhost/com:1'] b sha256:"
like "history column" "$(podctl images --history localhost/com)" 'HISTORY'
is "labels in a template" "$(podctl images --format '{{index .Labels "a"}}' localhost/com)" b

# ---- history, tree ---------------------------------------------------------------------------------------------------------
is "history, newest first" "$(podctl history --format '{{.ID}} {{.Comment}}' com:1 | tr '\n' ' ')" "${com:0:12} why ${id:0:12} busybox-static "
is "history, ids in full" "$(podctl history -q --no-trunc com:1 | head -1)" "$com"
like "history, for programs" "$(podctl history --human=false localhost/x | tail -1)" '2024-01-01T00:00:00Z +mkimage.sh +[0-9]+ +busybox'
is "history, json" "$(podctl history --format json localhost/x | python3 -c 'import json, sys; d = json.load(sys.stdin)[0]; print(d["CreatedBy"], d["id"][:4])')" "mkimage.sh ${id:0:4}"
like "tree" "$(podctl image tree com:1)" 'Top Layer of: \[localhost/com:1\]'
is "tree: its layers" "$(podctl image tree com:1 | grep -c '── ID: ')" 2
like "tree of what needs it" "$(podctl image tree --whatrequires localhost/x)" 'localhost/com:1'
t_fails "history of nothing" 125 'not found' podctl history nosuch

# ---- names -----------------------------------------------------------------------------------------------------------------
podctl tag com:1 com:2 quay.io/team/com:3
t "untag one" podctl untag com:1 localhost/com:2
is "the others stay" "$(podctl image inspect --format '{{join .RepoTags " "}}' com:1)" "localhost/com:1 quay.io/team/com:3"
t_fails "untag what it is not called" 125 'tag not known' podctl untag com:1 localhost/other
t "untag all" podctl untag com:1
is "it is nameless" "$(podctl image inspect --format '{{len .RepoTags}}' "$com")" 0
podctl tag "$com" com:1

# ---- mount -----------------------------------------------------------------------------------------------------------------
at=$(podctl image mount com:1)
is "mounted" "$(cat "$at/new")" new
is "read-only" "$(touch "$at/x" 2>&1 | grep -c 'Read-only')" 1
like "listed" "$(podctl image mount)" "^localhost/com:1 +$at$"
is "as json" "$(podctl image mount --format json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["mountpoint"])')" "$at"
t_fails "not removed while it is" 2 'mounted' podctl rmi com:1
is "unmounted" "$(podctl image unmount com:1)" "$com"
t_fails "not twice" 125 'not mounted' podctl image unmount com:1
is "nothing is mounted" "$(podctl image mount; ls "$RUNROOT/images")" ""

# ---- rm, prune -------------------------------------------------------------------------------------------------------------
podctl untag localhost/x localhost/again
t_fails "in use" 2 'in use' podctl rmi localhost/x
t_fails "in use, by id" 2 'in use' podctl rmi "$id"
podctl tag localhost/x localhost/again
t_fails "several names, by id" 2 'more than one tag' podctl rmi "${id:0:12}"
is "one of several names" "$(podctl rmi localhost/again)" "Untagged: localhost/again:latest"
is "the last name takes the image" "$(podctl rmi com:1 | tr '\n' ' ')" "Untagged: localhost/com:1 Deleted: $com "
t_fails "one that is not there" 1 'not found' podctl rmi nosuch
t "which may be said to be fine" podctl rmi -i nosuch
is "prune takes the dangling" "$(podctl image prune -f | wc -l)" 1
podctl rm c1 >/dev/null
podctl tag localhost/x localhost/keep
is "prune -a by label keeps others" "$(podctl image prune -af --filter label=nosuch)" ""
is "prune -a takes what nobody uses" "$(podctl image prune -af)" "$id"
is "no layer is left" "$(ls "$ROOT/layers" | grep -vE '^(lock|claims)$')" ""

# ---- what it takes ---------------------------------------------------------------------------------------------------------
podctl load -q -i "$T/img/docker-archive.tar" >/dev/null
run --name u localhost/x sh -c 'head -c 100000 /dev/zero >/f' >/dev/null
podctl commit -q u two >/dev/null
one=$(podctl system df --format '{{.Type}} {{.Total}}' | head -1)
is "df counts images" "$one" "Images 2"
raw=$(podctl system df --format '{{.RawSize}}' | head -1)
is "shared layers once" "$([ "$raw" -lt 2500000 ] && echo less than twice)" "less than twice"
like "df -v has images" "$(podctl system df -v)" 'UNIQUE SIZE +CONTAINERS'
like "and what they share" "$(podctl system df -v | grep localhost/two)" 'localhost/two +latest +[0-9a-f]{12} .* 1\.98.?MB +1[0-9.]+kB +0'
like "and containers" "$(podctl system df -v | grep -A3 'Containers space')" 'CONTAINER ID +IMAGE +COMMAND +LOCAL VOLUMES +SIZE'
t_fails "not in a format" 125 'cannot combine' podctl system df -v --format json
done_testing
