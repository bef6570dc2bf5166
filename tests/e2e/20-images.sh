#!/bin/bash
# Images: load, import, tag, rmi, inspect; hostile archives; a full disk; SIGKILL in the middle.
. "$(dirname "$0")/lib.sh"
needs busybox python3 tar gzip

I=$T/i
mkdir "$I"
"$E2E/mkimage.sh" "$I" localhost/podctl-test:latest || { not_ok "mkimage.sh makes the suite's image"; done_testing; }
ok "mkimage.sh makes the suite's image"
ID=$(cat "$I/id")
UNPACK=$BUILD/podctl-unpack
layers_left() { ls -A "$ROOT/layers" 2>/dev/null | grep -c '^tmp-'; }
image_count() { podctl images -aq | sort -u | wc -l; }
in_userns() { [ "$(awk 'NR == 1 { print $3 }' /proc/self/uid_map)" != 4294967295 ]; }
OPAQUE=trusted.overlay.opaque
if [ "$(id -u)" != 0 ] || in_userns; then OPAQUE=user.overlay.opaque; fi

# --- the three formats, plain and compressed, from a file and from a pipe
is "load of a docker-archive names the image" "$(podctl load -q -i "$I/docker-archive.tar")" "Loaded image: localhost/podctl-test:latest"
is "its id is the digest of the config" "$(podctl image inspect --format '{{.Id}}' podctl-test)" "$ID"
t "rmi of it" podctl rmi podctl-test
is "and its layer is gone" "$(ls "$ROOT/layers" | grep -cE '^[0-9a-f]{64}')" 0
t "load of an oci-archive" podctl load -i "$I/oci-archive.tar"
is "the manifest's digest is kept" "$(podctl image inspect --format '{{.Digest}}' podctl-test)" \
	"sha256:$(sed 's/.*manifests.*sha256:\([0-9a-f]*\).*/\1/' "$I/oci/index.json")"
podctl rmi podctl-test >/dev/null
t "load of an oci directory" podctl load -i "$I/oci"
podctl rmi podctl-test >/dev/null
for c in gzip xz bzip2 zstd; do
	if ! has $c; then skip "load of a $c docker-archive from a pipe" "no $c here"; continue; fi
	$c -c "$I/docker-archive.tar" >"$T/z"
	t "load of a $c docker-archive from a pipe" bash -c "cat '$T/z' | '$PODCTL_BIN' ${PODCTL_OPTS[*]} load"
	is "and it is the same image" "$(podctl image inspect --format '{{.Id}}' localhost/podctl-test:latest)" "$ID"
	podctl rmi podctl-test >/dev/null
done
t "load from a pipe, not compressed" bash -c "cat '$I/docker-archive.tar' | '$PODCTL_BIN' ${PODCTL_OPTS[*]} load"
t "loading it again changes nothing" podctl load -i "$I/docker-archive.tar"
is "one image" "$(image_count)" 1

# --- names
t "tag" podctl tag podctl-test localhost/other:v1
is "one image with two names" "$(podctl image inspect --format '{{len .RepoTags}}' "$ID")" 2
is "rmi of one name untags" "$(podctl rmi localhost/other:v1)" "Untagged: localhost/other:v1"
t "found by id prefix" podctl image inspect "${ID:0:12}"
t_fails "an unknown image is named" 125 "nosuch" podctl image inspect nosuch
t_fails "a name that is none" 125 "not an image name" podctl tag podctl-test 'Bad Name'

# --- import
t "import with changes" bash -c "'$PODCTL_BIN' ${PODCTL_OPTS[*]} import -q --change 'CMD [\"/bin/sh\"]' --change 'ENV A=b' '$I/rootfs.tar' imported"
short_names() { # FILE...: of an archive of docker's with these members
	rm -rf "$T/short"; mkdir "$T/short"
	tar -C "$T/short" -xf "$I/docker-archive.tar"
	sed -i 's/"RepoTags":\[[^]]*\]/"RepoTags":["team\/app:1","example.com\/y:2"]/' "$T/short/manifest.json"
	for f; do echo '{}' >"$T/short/$f"; done
	tar -C "$T/short" -cf "$T/short.tar" $(ls "$T/short")
	podctl load -q -i "$T/short.tar"
}
is "short names in an archive are localhost's" "$(short_names)" "Loaded image: localhost/team/app:1
Loaded image: example.com/y:2"
is "docker's own, where docker wrote both forms" "$(short_names index.json)" "Loaded image: docker.io/team/app:1
Loaded image: example.com/y:2"
podctl rmi -f localhost/team/app:1 docker.io/team/app:1 example.com/y:2 >/dev/null
is "short names are localhost's" "$(podctl image inspect --format '{{index .RepoTags 0}}' imported)" localhost/imported:latest
is "changes are in the config" "$(podctl image inspect --format '{{index .Config.Env 0}}' imported)" A=b
t_fails "an unknown change is refused" 125 "unknown instruction" podctl import --change 'RUN ls' "$I/rootfs.tar" x
t_fails "import of a missing file" 125 "nofile" podctl import "$T/nofile" x
t_fails "load of a missing file" 125 "nofile" podctl load -i "$T/nofile"
podctl rmi imported >/dev/null
is "the shared layer stays" "$(ls "$ROOT/layers" | grep -cE '^[0-9a-f]{64}$')" 1

# --- hostile archives
mkdir "$T/h"
python3 "$E2E/hostile.py" "$T/h" || not_ok "hostile.py runs"
before=$(md5sum /etc/passwd)
while IFS=$'\t' read -r f want; do
	if [ "$want" = ok ]; then
		t "layer $f is taken" podctl import "$T/h/$f" "ok-$f"
	else
		t_fails "layer $f is refused" 125 "$want" podctl import "$T/h/$f" hostile
	fi
done <"$T/h/layers.list"
# the directory of an imported image
layer() { podctl image inspect --format '{{.GraphDriver.Data.UpperDir}}' "ok-$1"; }
x() { if [ "$(id -u)" = 0 ]; then "$@"; else podctl unshare "$@"; fi; }
l=$(layer attributes)
is "set-id bits survive the owner" "$(x stat -c '%a %u %g %y' "$l/suid")" "4755 12 34 2009-02-13 23:31:30.123456700 +0000"
is "high ids" "$(x stat -c '%u %g' "$l/highid")" "30000 40000"
if has getfattr; then
	is "overlay's own attributes are left out" "$(x getfattr --absolute-names -d -m - "$l/overlay" 2>/dev/null | grep -c 'overlay.redirect')" 0
	l=$(layer whiteouts)
	for d in opaque again first implicit; do
		is "directory $d is opaque" "$(x getfattr --absolute-names -n $OPAQUE --only-values "$l/$d" 2>/dev/null)" y
	done
else
	skip "overlay's own attributes are left out" "no getfattr here"
fi
l=$(layer whiteouts)
is "a whiteout is a device 0:0" "$(x stat -c '%F %t:%T' "$l/gone/file")" "character special file 0:0"
is "a whiteout leaves what its own layer has" "$(x cat "$l/kept" "$l/first/x")" "xx"
is "aufs' bookkeeping is left out" "$(x ls -A "$l" | grep -c '^\.wh')" 0
if [ $OPAQUE = user.overlay.opaque ]; then
	t_fails "an owner without a mapping is refused with advice" 125 "subordinate ids" podctl import "$T/h/high-uid" ok-high-uid
	is "devices are left out in a user namespace" "$(x ls -A "$(layer device)/dev")" ""
else
	t "an owner past 2^31 is taken" podctl import "$T/h/high-uid" ok-high-uid
	is "it has the file" "$(stat -c '%u %g' "$(layer high-uid)/f")" "3000000000 3000000000"
	is "devices are made" "$(stat -c '%F %t:%T' "$(layer device)/dev/null")" "character special file 1:3"
fi
l=$(layer replace)
is "later entries replace earlier ones" "$(x cat "$l/x" "$l/d" "$l/t")" "newnow a filenot followed"
is "a directory replaces a link" "$(x stat -c %F "$l/s")" "directory"
is "an absolute name stays inside" "$(x cat "$(layer absolute)/etc/abs")" x
is "a link to itself keeps the file" "$(x cat "$(layer hardlink-self)/f")" kept
for i in $(podctl images -q | sort -u); do [[ $ID == "$i"* ]] || podctl rmi -f "$i" >/dev/null; done
while IFS=$'\t' read -r f want; do
	if [ "$want" = ok ]; then
		t "image $f is taken" podctl load -i "$T/h/$f"
		continue
	fi
	t_fails "image $f is refused" 125 "$want" podctl load -i "$T/h/$f"
	[ -d "$T/h/$f" ] || t_fails "image $f is refused from a pipe" 125 "$want" bash -c "cat '$T/h/$f' | '$PODCTL_BIN' ${PODCTL_OPTS[*]} load"
done <"$T/h/images.list"
is "nothing was placed outside" "$(ls /tmp/podctl-evil /evil "$T/evil" "$ROOT/evil" "$ROOT/layers/evil" 2>/dev/null)" ""
is "the host's files are as before" "$(md5sum /etc/passwd)" "$before"
is "nothing is left in layers/" "$(layers_left)" 0
t "what was there before still is" podctl image inspect "$ID"
as_root=
[ "$(id -u)" = 0 ] || as_root="$PODCTL_BIN ${PODCTL_OPTS[*]} unshare"
t_fails "a bomb stops at the limit" 1 6c6172676572 bash -c \
	"mkdir '$T/bomb'; head -c 64M /dev/zero | gzip | $as_root '$UNPACK' layer --max=1048576 3<'$T/bomb'" # "larger", as hex digits

# --- kill -9
mkfifo "$T/fifo"
big() { tar -C "$T" -cf - h; sleep 30; }
big >"$T/fifo" 2>/dev/null &
feeder=$!
"$PODCTL_BIN" "${PODCTL_OPTS[@]}" import - killed <"$T/fifo" >/dev/null 2>&1 &
victim=$!
t "an import is under way" until_true 10 bash -c "ls '$ROOT'/layers/tmp-*/diff/h/layers.list"
helper=$(pgrep -P $victim podctl-unpack | head -1)
kill -9 $victim
wait $victim 2>/dev/null
t "the helper of a killed command ends" until_true 5 bash -c "! kill -0 ${helper:-1} 2>/dev/null || [ \"\$(awk '{ print \$3 }' /proc/$helper/stat)\" = Z ]"
kill $feeder 2>/dev/null
wait $feeder 2>/dev/null
t "the next command works" podctl load -i "$I/docker-archive.tar"
is "and has removed what was left" "$(layers_left)" 0
t_fails "no half image is there" 125 killed podctl image inspect killed

# --- disk full
if [ "$(id -u)" = 0 ] && mkdir "$T/small" && mount -t tmpfs -o size=1400k,mode=755 tmpfs "$T/small" 2>/dev/null; then
	small() { "$PODCTL_BIN" --root "$T/small" --runroot "$T/small-run" "$@"; }
	t_fails "a full disk is named" 125 "disk full while unpacking" small import "$I/rootfs.tar" x
	t_fails "and so it is for a load" 125 "disk full while unpacking" small load -i "$I/docker-archive.tar"
	is "nothing is left of it" "$(ls -A "$T/small/layers" | grep -cv lock)" 0
	umount -l "$T/small"
else
	skip "a full disk is named" "cannot mount a tmpfs here"
fi

# --- podman as the judge
if [ "$(id -u)" = 0 ] && has skopeo; then
	t "skopeo reads the archive podctl loads" skopeo inspect --raw "docker-archive:$I/docker-archive.tar"
	t "skopeo's oci-archive is loaded" bash -c "skopeo copy -q docker-archive:'$I/docker-archive.tar' oci-archive:'$T/sk.tar':localhost/sk:1 && '$PODCTL_BIN' ${PODCTL_OPTS[*]} load -q -i '$T/sk.tar'"
	is "and it is the same image" "$(podctl image inspect --format '{{.Id}}' localhost/sk:1)" "$ID"
else
	skip "skopeo reads the archive podctl loads" "needs root and skopeo"
fi
done_testing
