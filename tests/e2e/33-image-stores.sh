#!/bin/bash
# Where things are kept: storage.conf, --storage-opt, and image stores that are only read.
. "$(dirname "$0")/lib.sh"
needs busybox root

bash "$E2E/mkimage.sh" "$T/img" localhost/x:latest >/dev/null || { not_ok "make an image"; done_testing; }
id=$(cat "$T/img/id")
cd "$T" || exit 1
unset STORAGE_DRIVER
export CONTAINERS_STORAGE_CONF=/dev/null

# ---- another store ---------------------------------------------------------------------------------------------------
shared() { "$PODCTL_BIN" --root "$T/shared" --runroot "$T/sharedrun" "$@"; }
at_end "shared system reset --force"
shared load -q -i img/docker-archive.tar >/dev/null
shared tag localhost/x localhost/base:v1
with() { podctl --storage-opt "additionalimagestore=$T/shared" "$@"; }
is "without it: nothing" "$(podctl images -q)" ""
is "its images are there" "$(with images -q --no-trunc)" "sha256:$id"
like "and known as read-only" "$(with images)" 'R/O'
is "in a template too" "$(with images --format '{{.ReadOnly}}' | sort -u)" true
is "filter readonly=true" "$(with images -qf readonly=true | wc -l)" 1
is "found by name, tail and prefix" "$(for n in localhost/x base:v1 "${id:0:10}"; do with image inspect --format '{{.Id}}' "$n"; done | sort -u)" "$id"
is "a container runs from it" "$(with run --rm --network none localhost/x echo here)" here
is "nothing was copied" "$(ls "$ROOT/layers" | grep -cE '^[0-9a-f]{64}$')" 0
t_fails "it cannot be removed here" 125 'only read' with rmi localhost/base:v1
is "rmi -a leaves it too" "$(with rmi -af >/dev/null 2>&1; with images -q | wc -l)" 1
is "prune as well" "$(with image prune -af)" ""
with create --name c1 --network none localhost/x sh -c 'cat /etc/issue; echo more >>/etc/issue' >/dev/null
is "start and attach" "$(with start -a c1)" "podctl test image"
new=$(with commit -q c1 localhost/derived:1)
is "commit: one layer here, one there" "$(ls "$ROOT/layers" | grep -cE '^[0-9a-f]{64}$') $(with image inspect --format '{{len .RootFS.Layers}}' "$new")" "1 2"
is "which runs" "$(with run --rm --network none localhost/derived:1 tail -n1 /etc/issue)" more
t "and is saved whole" with save -q -o derived.tar localhost/derived:1
is "image diff over both" "$(with image diff derived:1 | tail -1)" "C /etc/issue"
t "a tag makes it ours" with tag localhost/x localhost/mine:1
is "not read-only any more" "$(with images --format '{{.ReadOnly}}' localhost/mine | sort -u)" false
with rmi localhost/mine:1 >/dev/null
is "pull of what is there fetches no layer" "$(with load -q -i img/oci-archive.tar >/dev/null; ls "$ROOT/layers" | grep -cE '^[0-9a-f]{64}$')" 1
with rm c1 >/dev/null
with rmi -af >/dev/null 2>&1
is "the other store is as it was" "$(shared images -q --no-trunc; shared system check 2>&1)" "sha256:$id"
is "our own check is content" "$(with system check 2>&1)" ""
t_fails "no store there" 125 'no store of podctl' podctl --storage-opt additionalimagestore=/nonexistent images
t_fails "not an absolute path" 125 'absolute' podctl --storage-opt overlay.imagestore=rel images

# ---- options and drivers ------------------------------------------------------------------------------------------------
t "the driver by name" podctl --storage-driver overlay images
for d in btrfs zfs; do t_fails "not $d" 125 "storage driver '$d' is not done" podctl --storage-driver $d images; done
STORAGE_DRIVER=btrfs t_fails "nor by the environment" 125 "storage driver 'btrfs'" podctl images
STORAGE_DRIVER=vfs t_fails "a store keeps its driver" 125 "was made with overlay" podctl images
odd() { "$PODCTL_BIN" --root "$T/a,b:c" --runroot "$T/a,b:crun" "$@"; }
is "a root with separators of mount options has overlay" "$(odd info --format '{{.Store.GraphDriverName}}')" overlay
odd system reset --force
t_fails "mount_program" 125 'mounts overlay itself' podctl --storage-opt overlay.mount_program=/usr/bin/fuse-overlayfs images
t_fails "ignore_chown_errors" 125 'subordinate ids' podctl --storage-opt overlay.ignore_chown_errors=true images
t "which is off" podctl --storage-opt overlay.ignore_chown_errors=false images
t_fails "mountopt" 125 "'metacopy=on' is not done" podctl --storage-opt overlay.mountopt=nodev,metacopy=on images
is "nodev" "$(podctl load -q -i img/docker-archive.tar >/dev/null; for o in metacopy=off nodev,metacopy=off; do podctl --storage-opt overlay.mountopt=$o run --rm --cap-add MKNOD --network none localhost/x sh -c 'mknod /n c 1 5; head -c1 /n 2>/dev/null | wc -c'; done)" "1
0"
t_fails "size" 125 'quotas' podctl --storage-opt size=10G images
t_fails "an option that is none" 125 'unknown option' podctl --storage-opt overlay.nosuch=1 images
t_fails "nor a pair" 125 'NAME=VALUE' podctl --storage-opt nosuch images

# ---- storage.conf ----------------------------------------------------------------------------------------------------------
printf '[storage]\ndriver = "overlay"\ngraphroot = "%s/graph"\nrunroot = "%s/grun"\n[storage.options]\nadditionalimagestores = ["/usr/lib/containers/storage", "%s/shared"]\n' "$T" "$T" "$T" >storage.conf
conf() { CONTAINERS_STORAGE_CONF=$T/storage.conf "$PODCTL_BIN" "$@"; }
at_end "conf system reset --force"
is "graphroot: a directory of podctl's below it" "$(conf images -q --no-trunc; ls -d graph/podctl/db.sqlite grun/podctl/marker)" "sha256:$id
graph/podctl/db.sqlite
grun/podctl/marker"
is "a container of it" "$(conf run --rm --network none localhost/x echo conf)" conf
is "--root goes before it" "$(CONTAINERS_STORAGE_CONF=$T/storage.conf podctl images -q | wc -l)" 1
sed -i 's/overlay"/btrfs"/' storage.conf
t_fails "a driver that is not done" 125 "storage.conf: storage driver 'btrfs'" conf images
printf '[storage]\n[storage.options.overlay]\nsize = "10G"\n' >size.conf
CONTAINERS_STORAGE_CONF=$T/size.conf t_fails "a limit that would be missed" 125 'size.conf: storage.options.size' podctl images
t "a flag goes before the file" conf --storage-driver overlay images
printf '[storage\n' >broken.conf
CONTAINERS_STORAGE_CONF=$T/broken.conf t_fails "a file that is none" 125 'broken.conf:1' podctl images
CONTAINERS_STORAGE_CONF=$T/nosuch.conf t_fails "a file that was named and is not there" 125 'nosuch.conf' podctl images
sed -i 's/btrfs"/overlay"/' storage.conf
done_testing
