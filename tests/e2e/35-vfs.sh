#!/bin/bash
# The driver vfs: containers with a copy of their image, where no overlay can be or none is wanted.
. "$(dirname "$0")/lib.sh"
needs busybox
unset STORAGE_DRIVER
cd "$T" || exit 1
PODCTL_OPTS+=(--storage-driver vfs)

# An image of two layers: hard links, a hole, a set-id file, an old time; then whiteouts, an opaque directory, a file for a directory.
make_rootfs "$T/l1"
mkdir -p l1/opaque/old l1/dir l1/gone/deep
echo one >l1/data; ln l1/data l1/data2
truncate -s 8M l1/hole; echo end >>l1/hole
cp /bin/busybox l1/bin/setid; chmod 4755 l1/bin/setid
touch -d '2001-02-03 04:05:06' l1/dir/old; ln -s old l1/dir/link
echo x >l1/gone/deep/file; echo x >l1/opaque/old/file
mkdir -p l2/opaque l2/etc
echo new >l2/opaque/new; : >l2/opaque/.wh..wh..opq; : >l2/.wh.gone; echo file >l2/dir-as-file; echo "two layers" >l2/etc/issue
for l in l1 l2; do tar -S -C $l --owner=0 --group=0 --numeric-owner -cf $l.tar .; sha256sum $l.tar | cut -d' ' -f1 >$l.id; done
printf '{"architecture":"%s","os":"linux","config":{"Cmd":["/bin/sh"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s","sha256:%s"]},"history":[{},{}]}' \
	"$(uname -m | sed 's/x86_64/amd64/;s/aarch64/arm64/')" "$(cat l1.id)" "$(cat l2.id)" >config.json
id=$(sha256sum config.json | cut -d' ' -f1)
mkdir arch && mv config.json "arch/$id.json" && mv l1.tar l2.tar arch
printf '[{"Config":"%s.json","RepoTags":["localhost/v:1"],"Layers":["l1.tar","l2.tar"]}]' "$id" >arch/manifest.json
tar -C arch -cf v.tar .

is "load" "$(podctl load -q -i v.tar)" "Loaded image: localhost/v:1"
is "info says so" "$(podctl info --format '{{.Store.GraphDriverName}}')" vfs
is "the store keeps it: no flag is needed" "$("$PODCTL_BIN" --root "$ROOT" --runroot "$RUNROOT" info --format '{{.Store.GraphDriverName}}')" vfs
t_fails "and no other driver is taken" 125 'was made with vfs' "$PODCTL_BIN" --root "$ROOT" --runroot "$RUNROOT" --storage-driver overlay images
is "inspect" "$(podctl image inspect --format '{{.GraphDriver.Name}}' v:1)" vfs

vrun() { podctl run --rm --network none "$@"; }
is "the layers as overlay would show them" "$(vrun v:1 sh -c 'ls -d /gone /opaque/* /etc/issue 2>/dev/null; cat /etc/issue; ls /opaque | grep -c wh')" "/etc/issue
/opaque/new
two layers
0"
is "no whiteout is seen" "$(vrun v:1 find / -xdev -name '.wh.*')" ""
is "hard links are links, owners, modes and times are there" "$(vrun v:1 stat -c '%h %a %u:%g %Y' /data /data2 /bin/setid /dir/old)" "2 644 0:0 $(stat -c %Y l1/data)
2 644 0:0 $(stat -c %Y l1/data)
1 4755 0:0 $(stat -c %Y l1/bin/setid)
1 644 0:0 $(date -d '2001-02-03 04:05:06' +%s)"
like "a hole stays one" "$(vrun v:1 sh -c 'stat -c "%s %b" /hole')" '^8388612 [0-9]{1,3}$'

# ---- what containers write ------------------------------------------------------------------------------------------------
podctl run --name c1 --network none v:1 sh -c 'echo mine >/data; echo more >>/etc/issue; rm -r /dir /data2; mkdir /made; echo 1 >/made/f' >/dev/null
is "the image is as it was" "$(vrun v:1 cat /data /data2)" "one
one"
is "diff" "$(podctl diff c1)" "C /data
D /data2
D /dir
C /etc
C /etc/issue
A /made
A /made/f"
is "it starts again with what it wrote" "$(podctl start -a c1 2>&1; podctl cp c1:/etc/issue - | tar -xO)" "rm: can't remove '/dir': No such file or directory
rm: can't remove '/data2': No such file or directory
mkdir: can't create directory '/made': File exists
two layers
more
more"
like "ps --size: its whole copy" "$(podctl ps -a --size --format '{{.Size}}')" 'MB \(virtual'
echo in >in; podctl cp in c1:/made/in
is "cp in, export" "$(podctl export c1 | tar -xO made/in)" in
is "inspect the container" "$(podctl inspect --format '{{.Driver}} {{.GraphDriver.Name}}' c1)" "vfs vfs"
new=$(podctl commit -q c1 localhost/v:2)
is "commit: one layer more" "$(podctl image inspect --format '{{len .RootFS.Layers}}' v:2)" 3
is "which is what changed" "$(podctl image diff v:2 | grep -v '/etc$')" "C /data
D /data2
D /dir
C /etc/issue
A /made
A /made/f
A /made/in"
is "and runs" "$(vrun v:2 sh -c 'cat /data /made/in; ls -d /dir /data2 2>&1 | wc -l; cat /etc/issue | wc -l')" "mine
in
2
3"
podctl save -q -o saved.tar v:2
t "save and load in a store with overlay keep the id" sh -c '"$1" --root "$2/o" --runroot "$2/or" --storage-driver overlay load -q -i "$2/saved.tar" >/dev/null && [ "$("$1" --root "$2/o" --runroot "$2/or" images -q --no-trunc)" = "sha256:$3" ]' - "$PODCTL_BIN" "$T" "$new"
at_end '"$PODCTL_BIN" --root "$T/o" --runroot "$T/or" system reset --force'
is "whose containers see the same" "$("$PODCTL_BIN" --root "$T/o" --runroot "$T/or" run --rm --network none v:2 sh -c 'cat /data; ls -d /dir /data2 /gone 2>/dev/null; ls /opaque')" "mine
new"
t_fails "that store is no vfs" 125 'was made with overlay' "$PODCTL_BIN" --root "$T/o" --runroot "$T/or" --storage-driver vfs images
podctl create --name c2 --network none v:1 cat /from-host >/dev/null
podctl cp in c2:/from-host
is "cp before the first start" "$(podctl start -a c2)" in
podctl run -d --name c3 --network none v:1 sleep 1000 >/dev/null
is "exec and cp while it runs" "$(podctl exec c3 sh -c 'echo run >/r'; podctl cp c3:/r - | tar -xO; podctl diff c3)" "run
A /r"
is "commit -s" "$(podctl commit -qs c3 localhost/v:3 >/dev/null; vrun v:3 cat /r)" run
podctl rm -ft0 c3 >/dev/null
t_fails "an image in use stays" 2 'in use' podctl rmi v:1
is "an image volume is read-only" "$(vrun --mount type=image,source=v:2,target=/i v:1 sh -c 'cat /i/data; touch /i/x 2>&1')" "mine
touch: /i/x: Read-only file system"
t_fails ":O is refused by name" 125 'not done with the storage driver vfs' podctl run --rm --network none -v "$T/l2:/x:O" v:1 true
is "a volume gets what the image has" "$(vrun -v vol1:/opaque v:1 ls /opaque)" new
if is_root; then
	m=$(podctl image mount v:1)
	is "image mount" "$(cat "$m/etc/issue"; touch "$m/x" 2>&1 | grep -o 'Read-only.*'; podctl image unmount v:1 >/dev/null; ls -A "$m" 2>/dev/null)" "two layers
Read-only file system"
	m=$(podctl mount c1)
	is "mount" "$(cat "$m/made/f"; echo w >"$m/made/w"; podctl unmount c1 >/dev/null; podctl cp c1:/made/w - | tar -xO)" "1
w"
	is "a user namespace" "$(vrun --userns auto v:1 stat -c %u /data)" 0
fi

# ---- pods: each attempt of a container has a root file system of its own ------------------------------------------------------
cat >p.yaml <<Y
apiVersion: v1
kind: Pod
metadata: { name: vp }
spec:
  restartPolicy: OnFailure
  containers:
  - name: a
    image: localhost/v:1
    command: [sh, -c, "[ -e /n/1 ] && f=2 || f=1; ls /etc/mark 2>/dev/null && exit 9; : >/etc/mark; : >/n/\$f; [ \$f = 2 ]"]
    volumeMounts: [{ name: note, mountPath: /n }]
  volumes: [{ name: note, emptyDir: {} }]
Y
t "play" podctl kube play --network none p.yaml
t "it fails once, and then finds a fresh copy" until_true 60 sh -c "[ \"\$('$PODCTL_BIN' ${PODCTL_OPTS[*]} ps -a --filter name=vp-a --format '{{.ExitCode}} {{.Restarts}}')\" = '0 1' ]"
podctl kube down p.yaml >/dev/null 2>&1

# ---- killed at any moment: the next command sees a whole image or none ------------------------------------------------------------
rm -rf "$ROOT"/vfs/[0-9a-f]*
for d in 2 4 6 8 10 13 16 20 25 30 40; do timeout -s KILL "0.0$(printf %02d $d)" "$PODCTL_BIN" "${PODCTL_OPTS[@]}" create --name "k$d" --network none v:1 true; done >/dev/null 2>&1
mkdir "$ROOT/vfs/tmp-killed"
is "what a killed command left is in nobody's way" "$(vrun v:1 cat /data)" one
podctl rm -fat0 >/dev/null
podctl image sweep
is "and goes" "$(find "$ROOT/vfs" "$ROOT/pods" -name 'tmp-*' -o -name 'fill-*')" ""

# ---- nothing is left ---------------------------------------------------------------------------------------------------------
podctl rm -fat0 >/dev/null
podctl rmi -af >/dev/null
nothing_is_left() { # what a killed command left goes with the next ones
	podctl ps -a && podctl image sweep
	[ -z "$(ls -A "$ROOT/vfs"; ls -A "$ROOT/pods" | grep -v '^\.spare$'; ls "$ROOT/layers" | grep -E "^[0-9a-f]{64}$")" ]
}
t "images that are gone leave nothing" until_true 20 nothing_is_left

# ---- chosen by itself -----------------------------------------------------------------------------------------------------------
if is_root; then
	mkdir -p nest/{lower,upper,work,at}
	mount -t overlay overlay -o "lowerdir=$T/nest/lower,upperdir=$T/nest/upper,workdir=$T/nest/work" nest/at
	nested() { "$PODCTL_BIN" --root "$T/nest/at/root" --runroot "$T/nest/run" "$@"; }
	at_end 'nested system reset --force; umount "$T/nest/at"'
	is "where an overlay cannot be" "$(nested info --format '{{.Store.GraphDriverName}}')" vfs
	is "it works all the same" "$(nested load -q -i v.tar; nested run --rm --network none v:1 sh -c 'ls /opaque; cat /etc/issue')" "Loaded image: localhost/v:1
new
two layers"
	t_fails "--storage-driver overlay says why not" 125 'no overlay can be mounted' "$PODCTL_BIN" --root "$T/nest/at/other" --runroot "$T/nest/orun" --storage-driver overlay images
fi
done_testing
