#!/bin/bash
# The everyday commands beside run, ps and rm: rename, port, prune, volumes, cp, diff, export and their kind.
. "$(dirname "$0")/lib.sh"
needs cgroups busybox
import_image || { not_ok "import"; done_testing; }
run() { podctl run --network none "$@"; }

# ---- rename ----------------------------------------------------------------------------------------------------------
run -d --name one "$IMG" sleep 1000 >/dev/null
podctl create --network none --name two "$IMG" true >/dev/null
t "rename a running container" podctl rename one uno
t_fails "the old name is free" 1 '' podctl container exists one
is "the new name is listed" "$(podctl ps --format '{{.Names}}')" uno
is "and inspected" "$(podctl inspect -f '{{.Name}}' uno)" uno
t_fails "a name that is taken" 125 "the name 'two' is already in use by container" podctl rename uno two
t_fails "a name that is none" 125 'names must match' podctl rename uno a/b
t_fails "rename of nothing" 125 'no such container|no container with name' podctl rename nothing x
t "rename to its own name" podctl rename uno uno
t "rename one that never ran" podctl container rename two due
t "it starts by its new name" podctl start -a due
is "exec by the new name" "$(podctl exec uno echo hi)" hi
t "stop by the new name" podctl stop -t 0 uno
t "start again" podctl start uno
t "another can take the old name" podctl create --network none --name one "$IMG" true
podctl pod create --name pp >/dev/null
podctl run -d --pod pp --name member "$IMG" sleep 1000 >/dev/null
t "rename a member of a pod" podctl rename member mitglied
is "the pod has it under its new name" "$(podctl ps --filter pod=pp --format '{{.Names}}' | grep -v infra)" mitglied

# ---- pause -----------------------------------------------------------------------------------------------------------
is "pod pause" "$(podctl pod pause pp)" "$(podctl pod inspect -f '{{.Id}}' pp 2>/dev/null || echo pp)"
is "its state" "$(podctl pod ps --filter name=pp --format '{{.Status}}')" Paused
t "pod unpause" podctl pod unpause pp
is "its state again" "$(podctl pod ps --filter name=pp --format '{{.Status}}')" Running
t "pause" podctl pause uno
is "paused" "$(podctl inspect -f '{{.State.Status}}' uno)" paused
t "unpause" podctl unpause -a
t "restart" podctl restart -t 0 uno
is "running" "$(podctl inspect -f '{{.State.Status}}' uno)" running

# ---- prune -----------------------------------------------------------------------------------------------------------
podctl create --network none --name old --label keep=no "$IMG" true >/dev/null
podctl create --network none --name kept --label keep=yes "$IMG" true >/dev/null
like "prune asks" "$(echo n | podctl container prune)" '^WARNING! This will remove all non running containers'
t "and no is no" podctl container exists old
id=$(podctl inspect -f '{{.Id}}' old)
is "prune with a filter" "$(podctl container prune -f --filter label=keep=no)" "$id"
t_fails "it is gone" 1 '' podctl container exists old
t "until leaves what is younger" test -z "$(podctl container prune -f --filter until=1h)"
t_fails "a filter that is none" 125 'invalid filter' podctl container prune -f --filter colour=red
podctl container prune -f >/dev/null
is "prune leaves what runs" "$(podctl ps -a --format '{{.Names}}' | grep -v infra | sort | tr '\n' ' ')" "mitglied uno "
podctl pod stop -t 0 pp >/dev/null
podctl pod create --name fresh >/dev/null
id=$(podctl pod inspect -f '{{.Id}}' pp)
is "pod prune" "$(podctl pod prune -f)" "$id"
t_fails "the pod is gone" 1 '' podctl pod exists pp
t "one that was never started stays" podctl pod exists fresh
podctl pod rm fresh >/dev/null
podctl tag "$IMG" localhost/spare >/dev/null
podctl import -q "$T/bb.tar" localhost/unused >/dev/null
is "image prune leaves names" "$(podctl image prune -f)" ""
t "image prune -a" podctl image prune -af
t_fails "takes what nobody uses" 1 '' podctl image exists localhost/unused
t "and leaves what is used" podctl image exists "$IMG"

# ---- port ------------------------------------------------------------------------------------------------------------
if is_root; then
podctl create --name ports -p 127.0.0.1:18443:443 -p 18080:80 -p 18053:53/udp -p 18100-18101:100-101 "$IMG" true >/dev/null
is "port" "$(podctl port ports)" "53/udp -> 0.0.0.0:18053
80/tcp -> 0.0.0.0:18080
100/tcp -> 0.0.0.0:18100
101/tcp -> 0.0.0.0:18101
443/tcp -> 127.0.0.1:18443"
is "of one port" "$(podctl port ports 101)" "0.0.0.0:18101"
is "of one port with its protocol" "$(podctl port -l 53/udp)" "0.0.0.0:18053"
t_fails "of one that is not published" 125 'failed to find published port "53"' podctl port ports 53
t_fails "of one that is none" 125 'expected a number' podctl port ports x
t_fails "without a container" 125 'must supply a running container' podctl port
podctl rm ports >/dev/null
else
	skip "port" "ordinary users publish no ports"
fi

# ---- volumes ---------------------------------------------------------------------------------------------------------
mkdir -p "$T/vol/data/sub"
echo image >"$T/vol/data/file"
ln -s file "$T/vol/data/link"
chmod 2750 "$T/vol/data"
tar -C "$T/vol" --owner=1000 --group=2000 --numeric-owner --no-recursion -rf "$T/bb.tar" ./data ./data/file
tar -C "$T/vol" --owner=0 --group=0 --numeric-owner --no-recursion -rf "$T/bb.tar" ./data/link ./data/sub
podctl import -q -c 'CMD ["sh"]' -c 'VOLUME /auto' "$T/bb.tar" localhost/vol >/dev/null
VOL=localhost/vol
is "no volumes" "$(podctl volume ls)" ""
is "volume create" "$(podctl volume create --label a=b data)" data
t_fails "twice" 125 'volume with name data already exists: volume already exists' podctl volume create data
t "twice with --ignore" podctl volume create --ignore data
t_fails "a name that is none" 125 'names must match' podctl volume create a/b
is "volume ls" "$(podctl volume ls)" "DRIVER      VOLUME NAME
local       data"
is "volume inspect" "$(podctl volume inspect -f '{{.Name}} {{.Driver}} {{.Labels.a}}' data)" "data local b"
t "volume exists" podctl volume exists data
t_fails "volume exists, not" 1 '' podctl volume exists nothing
t_fails "volume inspect of nothing" 125 'no such volume' podctl volume inspect nothing
is "a new volume has the image's files" "$(run --rm -v data:/data "$VOL" sh -c 'cat /data/link; ls -ld /data | cut -c1-10; stat -c %u:%g /data /data/file /data/sub | tr "\n" " "')" "image
drwxr-s---
1000:2000 1000:2000 0:0 "
run --rm -v data:/data "$VOL" sh -c 'echo changed >/data/file; rm /data/link'
is "what is written stays" "$(run --rm -v data:/x "$VOL" sh -c 'cat /x/file; ls /x | tr "\n" " "')" "changed
file sub "
is "a volume is made when missing" "$(run --rm -v made:/data "$VOL" cat /data/file; podctl volume exists made && echo there)" "image
there"
is "nocopy" "$(run --rm -v bare:/data:nocopy "$VOL" ls /data)" ""
is "on a place the image has not, it is the user's" "$(run --rm -u 1000:1000 -v own:/own "$VOL" sh -c 'touch /own/x && stat -c %u:%g /own')" "1000:1000"
t_fails "read-only" 1 'Read-only' run --rm -v data:/data:ro "$VOL" touch /data/x
is "--mount type=volume" "$(run --rm --mount type=volume,src=data,dst=/m "$VOL" cat /m/file)" changed
t_fails "options that are refused by name" 125 "mount option 'idmap'" run --rm -v data:/x:idmap "$VOL" true
t_fails "neither path nor volume" 125 'neither a path nor the name of a volume' run --rm -v 'a b:/x' "$VOL" true
podctl volume rm made bare own >/dev/null
t_fails "volume rm of nothing" 1 'no volume with name "made" found: no such volume' podctl volume rm made
is "volumes of --rm are gone with it" "$(run --rm -v /anon "$VOL" sh -c 'touch /anon/x /auto/y' >/dev/null; until_true 5 test "$(podctl volume ls -q)" = data; podctl volume ls -q)" data
run --name keeper -v data:/data -v /anon "$VOL" sh -c 'echo anon >/anon/x' >/dev/null
is "anonymous ones stay with their container" "$(podctl volume ls -q | wc -l)" 3
is "inspect shows them" "$(podctl inspect -f '{{range .Mounts}}{{.Type}} {{.Destination}} {{end}}' keeper)" "volume /data volume /anon volume /auto "
t_fails "one in use is not removed" 2 'volume data is being used by the following container' podctl volume rm data
is "the same volume in ps --filter" "$(podctl ps -a --filter volume=data --format '{{.Names}}')" keeper
is "--volumes-from" "$(run --rm --volumes-from keeper "$IMG" cat /anon/x /data/file | tr '\n' ' ')" "anon changed "
is "they outlive the borrower" "$(podctl volume ls -q | wc -l)" 3
t_fails "--volumes-from, read-only" 1 'Read-only' run --rm --volumes-from keeper:ro "$IMG" touch /anon/y
t_fails "--volumes-from nobody" 125 'volumes-from nobody' run --rm --volumes-from nobody "$IMG" true
is "dangling ones" "$(podctl volume ls -q --filter dangling=true)" ""
t "rm -v" podctl rm -v keeper
is "takes the anonymous ones" "$(podctl volume ls -q)" data
podctl create --network none --name keeper -v /anon "$VOL" true >/dev/null
podctl start keeper >/dev/null; podctl wait keeper >/dev/null
podctl rm keeper >/dev/null
is "rm alone leaves them" "$(podctl volume ls -q | wc -l)" 3
is "--image-volume ignore" "$(run --rm --image-volume ignore "$VOL" sh -c 'test -d /auto || echo none')" none
like "--image-volume tmpfs" "$(run --rm --image-volume tmpfs "$VOL" mount)" 'tmpfs on /auto'
podctl create --network none --name holder -v data:/data "$IMG" true >/dev/null
like "volume prune asks" "$(echo n | podctl volume prune)" 'remove all volumes not used by at least one container'
is "volume prune" "$(podctl volume prune -f | wc -l)" 2
is "leaves what is used" "$(podctl volume ls -q)" data
t "volume rm -f takes the container too" podctl volume rm -f data
t_fails "which is gone" 1 '' podctl container exists holder
podctl pod create --name vp >/dev/null
podctl run -d --pod vp --name vm -v shared:/s -v /anon "$VOL" sleep 1000 >/dev/null
is "a member of a pod writes to a volume" "$(podctl exec vm sh -c 'echo x >/s/f; cat /s/f')" x
podctl pod rm -f -t 0 vp >/dev/null
is "pod rm takes anonymous ones" "$(podctl volume ls -q)" shared
like "system prune asks" "$(echo n | podctl system prune --volumes)" 'all volumes not used'
podctl create --network none --name gone "$IMG" true >/dev/null
is "system prune" "$(podctl system prune -f --volumes | sed -E 's/^[0-9a-f]{64}$/ID/; s/: [0-9.]+[kM]?B$/: SIZE/')" "Deleted Containers
ID
Deleted Volumes
shared
Total reclaimed space: SIZE"

# ---- cp, diff --------------------------------------------------------------------------------------------------------
mkdir -p "$T/host/dir/sub"
echo one >"$T/host/f1"
echo two >"$T/host/dir/f2"
ln -s f2 "$T/host/dir/l"
ln -s /etc "$T/host/evil"
run -d --name box -u 1000:1000 -v "$T/host:/mnt" -v boxvol:/vol --tmpfs /ram "$IMG" sleep 1000 >/dev/null
run --name still "$IMG" sh -c 'mkdir /new; echo x >/new/x; rm /etc/group; echo more >>/etc/passwd' >/dev/null
is "diff" "$(podctl diff still)" "C /etc
D /etc/group
C /etc/passwd
A /new
A /new/x"
is "diff as JSON" "$(podctl diff --format json still | jq -c .deleted 2>/dev/null || podctl diff --format json still | tr -d ' \n' | grep -o '\["/etc/group"\]')" '["/etc/group"]'
is "diff of a running one is empty" "$(podctl diff box | grep -vE ' /(mnt|vol|ram|etc)$')" ""
t "cp a file into a running container" podctl cp "$T/host/f1" box:/tmp/named
is "it is there, of the container's user" "$(podctl exec box sh -c 'cat /tmp/named; stat -c %u:%g /tmp/named' | tr '\n' ' ')" "one 1000:1000 "
t "cp a file into a directory" podctl cp "$T/host/f1" box:/tmp
is "it has its name" "$(podctl exec box cat /tmp/f1)" one
t "cp a directory to a new name" podctl cp "$T/host/dir" box:/tmp/copied
is "with what is in it" "$(podctl exec box sh -c 'cat /tmp/copied/l; ls /tmp/copied | tr "\n" " "')" "two
f2 l sub "
t "cp a directory into one that is there" podctl cp "$T/host/dir" box:/tmp/copied
is "as its child" "$(podctl exec box cat /tmp/copied/dir/f2)" two
t "cp the contents of a directory" podctl cp "$T/host/dir/." box:/opt2
is "to a new one" "$(podctl exec box cat /opt2/f2)" two
t "cp out of a running container" podctl cp box:/tmp/copied "$T/out"
is "it is here" "$(cat "$T/out/l"; stat -c %u "$T/out/f2")" "two
$(id -u)"
t "cp into a stopped container" podctl cp "$T/host/f1" still:/new/y
t "cp out of a stopped container" podctl cp still:/new "$T/new"
is "both" "$(cat "$T/new/x" "$T/new/y" | tr '\n' ' ')" "x one "
is "diff shows what cp brought" "$(podctl diff still | tail -1)" "A /new/y"
t "cp into a volume" podctl cp "$T/host/f1" box:/vol/
is "it is in the volume" "$(podctl exec box cat /vol/f1)" one
t "cp out of a bind mount" podctl cp box:/mnt/f1 "$T/bound"
is "it is the host's" "$(cat "$T/bound")" one
t "cp between containers" podctl cp still:/new/x box:/tmp/x
is "which has it" "$(podctl exec box cat /tmp/x)" x
podctl exec -u 0 box ln -s /etc /tmp/lead
t "a link in the container leads within it" podctl cp "$T/host/f1" box:/tmp/lead/inside
is "not out of it" "$(ls /etc/inside 2>/dev/null; podctl exec box cat /etc/inside)" one
podctl exec -u 0 box ln -s ../../../../../../../../../../etc/hostname /tmp/up
t "out as well" podctl cp box:/tmp/lead/passwd "$T/passwd"
t "in memory" podctl cp "$T/host/f1" box:/ram/x
t_fails "a source that is not there" 125 'could not be found' podctl cp box:/nothing "$T/x"
t_fails "a directory over a file" 125 'is not a directory' podctl cp "$T/host/dir" box:/tmp/f1
t_fails "no directory for it" 125 'open the directory of' podctl cp "$T/host/f1" box:/no/such/dir
t_fails "no container named" 125 'you must specify one container' podctl cp "$T/host/f1" "$T/x"
t "a tar stream that is empty" podctl cp - box:/tmp </dev/null
podctl rm -fa >/dev/null
podctl volume rm boxvol >/dev/null

# ---- id files, df ----------------------------------------------------------------------------------------------------
t "pod create --pod-id-file" podctl pod create --name filed --network none --pod-id-file "$T/pid"
is "it has the id" "$(cat "$T/pid")" "$(podctl pod inspect -f '{{.Id}}' filed)"
t_fails "a file that is there" 125 '--pod-id-file: .* exists already' podctl pod create --pod-id-file "$T/pid"
t "run --pod-id-file" podctl run -d --pod-id-file "$T/pid" --name inpod --cidfile "$T/cid" "$IMG" sleep 1000
is "is a member of it" "$(podctl ps --filter pod=filed --format '{{.Names}}' | grep -v infra)" inpod
t "kill --cidfile" podctl kill --cidfile "$T/cid"
t "rm --cidfile" podctl rm -f --cidfile "$T/cid"
t "pod rm --pod-id-file" podctl pod rm -f --pod-id-file "$T/pid"
t_fails "an id file that is not there" 125 'read the id in' podctl rm --cidfile "$T/nothing"
run --name fat -v df:/df "$IMG" sh -c 'head -c 5000 /dev/zero >/five; head -c 3000 /dev/zero >/df/three' >/dev/null
is "system df" "$(podctl system df --format '{{.Type}}|{{.Total}}|{{.Active}}|{{.Size}}|{{.Reclaimable}}' | tail -2)" \
	"Containers|1|0|5kB|5kB (100%)
Local Volumes|1|1|3kB|0B (0%)"
like "its heading" "$(podctl system df | head -1)" '^TYPE +TOTAL +ACTIVE +SIZE +RECLAIMABLE$'
podctl rm -fa >/dev/null
podctl volume rm df >/dev/null
is "--add-host host-gateway" "$(podctl run --rm --network host --add-host outside:host-gateway "$IMG" grep outside /etc/hosts)" "127.0.0.1	outside"
t_fails "without a network" 125 'no way to the host' run --rm --add-host outside:host-gateway "$IMG" true

podctl rm -fa >/dev/null
is "nothing is left" "$(machine_state | grep -v ' 0$'; ls "$ROOT/volumes")" "$(is_root || echo "processes 1")" # a user's is the keeper of their namespace

# ---- update ----------------------------------------------------------------------------------------------------------
podctl rm -fa -t 0 >/dev/null
run -d --name up --memory 128m --cpu-shares 100 "$IMG" sleep 1000 >/dev/null
file() { if is_cgroup2; then podctl exec up cat "/sys/fs/cgroup/$1"; else podctl exec up cat "/sys/fs/cgroup/$2"; fi; }
is "update prints the id" "$(podctl update --memory 64m --pids-limit 55 up)" "$(podctl inspect -f '{{.Id}}' up)"
is "the limit holds at once" "$(file memory.max memory/memory.limit_in_bytes)" 67108864
is "so does the other" "$(file pids.max pids/pids.max)" 55
is "and is inspected" "$(podctl inspect -f '{{.HostConfig.Memory}} {{.HostConfig.CpuShares}} {{.HostConfig.PidsLimit}}' up)" "67108864 100 55"
podctl restart -t 0 up >/dev/null
is "and kept" "$(file memory.max memory/memory.limit_in_bytes)" 67108864
podctl stop -t 0 up >/dev/null
t "update of one that does not run" podctl update --cpus 0.5 up
is "holds from its next start" "$(podctl start up >/dev/null; file cpu.max cpu/cpu.cfs_quota_us)" "$(is_cgroup2 && echo 50000 100000 || echo 50000)"
t_fails "a limit that is none" 125 'at least 6m' podctl update --memory 1m up
is "changes nothing" "$(podctl inspect -f '{{.HostConfig.Memory}}' up)" 67108864
t_fails "of nothing" 125 'no such container' podctl update --cpus 1 nothing

# ---- networks --------------------------------------------------------------------------------------------------------
is "network ls" "$(podctl network ls --format '{{.Name}} {{.Driver}}')" "podctl bridge"
is "its columns" "$(podctl network ls | head -n 1 | tr -s ' ')" "NETWORK ID NAME DRIVER"
is "-q" "$(podctl network ls -q)" podctl
is "--filter" "$(podctl network ls -q --filter driver=macvlan)" ""
! is_root || like "network inspect" "$(podctl network inspect podctl -f '{{(index .Subnets 0).subnet}}')" '^10\.[0-9.]+/[0-9]+$'
t "network exists" podctl network exists podctl
t_fails "and not" 1 '' podctl network exists other
t_fails "the default stays" 125 'default network' podctl network rm podctl
t_fails "rm of nothing" 1 'network not found' podctl network rm other
t "prune" podctl network prune -f

# ---- what there is not -------------------------------------------------------------------------------------------------
t_fails "build" 125 'podctl build: images are not built yet' podctl build -t x .
t_fails "machine" 125 'podctl machine: there is no virtual machine' podctl machine init --cpus 2
t_fails "network connect" 125 'a pod is on one network' podctl network connect x y
t_fails "another machine" 125 'CONTAINER_HOST=.*works on this machine only' env CONTAINER_HOST=tcp://x "$PODCTL_BIN" "${PODCTL_OPTS[@]}" ps
t_fails "a log elsewhere" 125 '--log-driver journald: logs are files' podctl run --rm --network none --log-driver journald "$IMG" true
t_fails "descriptors of the caller" 125 '--preserve-fds: the process is made by' podctl run --rm --network none --preserve-fds 1 "$IMG" true
podctl pod create --name sharing >/dev/null
t_fails "a member is in what its pod shares" 125 "--ipc private: pod 'sharing' shares this namespace" podctl create --pod sharing --ipc private "$IMG" true
podctl pod rm sharing >/dev/null
podctl pod create --name apart --share net >/dev/null
t "or not" podctl create --pod apart --ipc private "$IMG" true
podctl pod rm -f apart >/dev/null
t_fails "an unknown word" 125 'Did you mean .podctl network ls' podctl network lss
is "they stand in no help" "$(podctl --help | grep -cE '^  (build|machine) ')" 0

# ---- tar streams -------------------------------------------------------------------------------------------------------
run -d --name ts -v tv:/v --tmpfs /t "$IMG" sh -c 'echo mem >/t/m; echo v >/v/f; sleep 1000' >/dev/null
until_true 5 podctl exec ts test -e /v/f
t "cp from memory" podctl cp ts:/t/m "$T/m"
is "it is what was there" "$(cat "$T/m")" mem
t "cp into memory" podctl cp "$T/m" ts:/t/n
is "it arrived" "$(podctl exec ts cat /t/n)" mem
is "cp to a tar" "$(podctl cp ts:/etc/passwd - | tar xOf - passwd | head -n 1)" "root:x:0:0:root:/root:/bin/sh"
is "a directory is below its name" "$(podctl cp ts:/etc - | tar tf - | grep -c '^etc/passwd$')" 1
mkdir -p "$T/tt/sub"; echo x >"$T/tt/sub/x"
tar cf - -C "$T/tt" . | podctl cp - ts:/tmp
is "cp from a tar" "$(podctl exec ts cat /tmp/sub/x)" x
t_fails "its place must be there" 125 'must be a directory when copying from stdin' podctl cp - ts:/nowhere
t_fails "what is no tar" 125 'not a tar' podctl cp - ts:/tmp <"$T/tt/sub/x"
t "volume export" podctl volume export -o "$T/v.tar" tv
is "its files" "$(tar tf "$T/v.tar")" f
podctl volume create tv2 >/dev/null
t "volume import" podctl volume import tv2 "$T/v.tar"
is "they are there" "$(cat "$(podctl volume mount tv2)/f")" v
gzip "$T/v.tar"
t "compressed, from a pipe" podctl volume import tv2 - <"$T/v.tar.gz"
t_fails "into nothing" 125 'no such volume' podctl volume import nothing "$T/v.tar.gz"
is "nothing is left over" "$(ls "$ROOT/layers" | grep -c ^tmp-)" 0
podctl rm -fa -t 0 >/dev/null
done_testing
