#!/bin/bash
# Volumes of an NFS server, in pods and as PersistentVolumes.  Against a real server where one can be started.
. "$(dirname "$0")/lib.sh"
needs root busybox bridge python3
import_image
before=$(machine_state)

pod() { # NAME, the source of its volume
	printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec:\n  terminationGracePeriodSeconds: 0\n  containers:\n  - name: c\n    image: %s\n    command: [sleep, "1000"]\n    volumeMounts: [{name: d, mountPath: /d}, {name: d, mountPath: /sub, subPath: deep/er}]\n  volumes: [{name: d, %s}]\n' "$1" "$IMG" "$2"
}
volume() { # what is beside nfs, the server, more of nfs
	printf 'apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: share, labels: {tier: gold}}\nspec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteMany], %s nfs: {server: "%s", path: %s}}\n---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: claim}\nspec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}\n---\n' "$1" "$2" "$3"
	pod nfs 'persistentVolumeClaim: {claimName: claim}'
}
left() { # what failed has left nothing
	is "$1: nothing is left" "$(podctl pod ps -q)$(podctl ps -aq)$(machine_state | diff - <(echo "$before"))" ""
}

# ---- faults
pod nfs 'nfs: {server: "", path: share}' >"$T/bad.yaml"
t_fails "server and path are needed" 125 'nfs\.server: Required value' podctl play kube "$T/bad.yaml"
t_fails "the path is absolute" 125 'nfs\.path: Invalid value: "share": must be an absolute path' podctl play kube "$T/bad.yaml"
volume '' srv share >"$T/bad.yaml"
t_fails "of a PersistentVolume, too" 125 'spec\.nfs\.path: Invalid value' podctl play kube "$T/bad.yaml"
volume 'hostPath: {path: /tmp},' srv /share >"$T/bad.yaml"
t_fails "a volume is of one source" 125 'may not specify more than 1 volume type' podctl play kube "$T/bad.yaml"
volume 'mountOptions: ["hard,ro"],' srv /share >"$T/bad.yaml"
t_fails "one option a line" 125 'mountOptions\[0\]: Invalid value: "hard,ro"' podctl play kube "$T/bad.yaml"
sed 's|nfs: {.*|hostPath: {path: /tmp}}|' "$T/bad.yaml" | sed 's/"hard,ro"/hard/' >"$T/host.yaml"
t_fails "a directory has no mount options" 125 'mountOptions: Forbidden' podctl play kube "$T/host.yaml"
pod nfs 'nfs: {server: no-such-host.invalid, path: /share}' >"$T/name.yaml"
t_fails "a server that has no address" 125 "volume 'd': nfs 'no-such-host.invalid:/share': host 'no-such-host.invalid'" podctl play kube "$T/name.yaml"
left "a server that has no address"
# a port that answered once and is closed
closed=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
volume "mountOptions: [port=$closed]," 127.0.0.1 /share >"$T/closed.yaml"
t_fails "a server that is not there" 125 "connect to port $closed of '127.0.0.1': Connection refused" podctl play kube "$T/closed.yaml"
podctl kube down --force "$T/closed.yaml" >/dev/null 2>&1
left "a server that is not there"
like "the plan names it" "$(podctl play kube --dry-run "$T/closed.yaml")" '"path": "127.0.0.1:/share"'

# ---- a real one
module() { grep -qw "$1" /proc/filesystems || modprobe "$1" 2>/dev/null; }
if ! module nfs; then
	python3 -c 'import socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
print(s.getsockname()[1], flush=True); time.sleep(120)' >"$T/port" &
	server=$!
	until_true 5 test -s "$T/port"
	volume "mountOptions: [hard, nfsvers=4.1, port=$(cat "$T/port")]," localhost /share >"$T/none.yaml"
	t_fails "a kernel without NFS is named, and what to do" 125 'No such device \(this kernel has no NFS client.*use hostPath' podctl play kube "$T/none.yaml"
	kill "$server"
	podctl kube down --force "$T/none.yaml" >/dev/null 2>&1
	left "a kernel without NFS"
	skip "volumes of a server" "this kernel has no NFS client"
	done_testing
fi
if ! has exportfs || ! has rpc.nfsd || ! module nfsd; then
	skip "volumes of a server" "needs nfs-kernel-server and a kernel with nfsd"
	done_testing
fi
mkdir -p "$T/share"
mount -t tmpfs -o mode=777 tmpfs "$T/share"
mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd 2>/dev/null
if [ -d /run/systemd/system ]; then systemctl start nfs-server 2>/dev/null; else
	rpcbind 2>/dev/null
	rpc.mountd 2>/dev/null
	rpc.nfsd 2 2>/dev/null
fi
at_end "exportfs -u 127.0.0.1:$T/share; umount -l $T/share"
if ! exportfs -o rw,no_root_squash,insecure,fsid=77 "127.0.0.1:$T/share" 2>"$T/export.log"; then
	skip "volumes of a server" "no directory can be exported here: $(head -1 "$T/export.log")"
	done_testing
fi
if ! until_true 10 python3 -c 'import socket; socket.create_connection(("127.0.0.1", 2049), 1)'; then
	skip "volumes of a server" "the NFS server does not start here"
	done_testing
fi
pod nfs "nfs: {server: 127.0.0.1, path: $T/share}" >"$T/pod.yaml"
t "play: a volume of a server" timeout 120 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube "$T/pod.yaml"
like "it is mounted in the newest version" "$(podctl exec nfs-c grep ' /d ' /proc/mounts)" '^127\.0\.0\.1:.* nfs4 rw,.*vers=4\.2,.*clientaddr=127\.0\.0\.1'
t "it is written" podctl exec nfs-c sh -c 'echo hello >/d/f && echo deep >/sub/g'
is "on the server" "$(cat "$T/share/f" "$T/share/deep/er/g" | paste -sd' ')" "hello deep"
monitor=$(podctl pod inspect --format '{{.Id}}' nfs)
kill -9 "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["monitor"])' "$RUNROOT/pods/$monitor/status.json")"
until_true 10 podctl exec nfs-c true
is "an adopted pod keeps it" "$(podctl exec nfs-c cat /d/f)" hello
t "a restart finds it again" podctl pod restart -t 0 nfs
is "with what it has" "$(podctl exec nfs-c cat /d/f)" hello
podctl kube down "$T/pod.yaml" >/dev/null
left "down"
is "what is on the server stays" "$(cat "$T/share/f")" hello
volume 'mountOptions: [hard, nfsvers=4.1, noatime, _netdev],' 127.0.0.1 "$T/share" | sed "s|path: $T/share|&, readOnly: true|" >"$T/pv.yaml"
t "play: a PersistentVolume of a server" timeout 120 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube "$T/pv.yaml"
like "its mount options hold" "$(podctl exec nfs-c grep ' /d ' /proc/mounts)" ' ro,.*noatime,.*vers=4\.1,'
t_fails "and it is read-only" 1 'Read-only' podctl exec nfs-c touch /d/x
podctl kube down --force "$T/pv.yaml" >/dev/null
pod nfs "nfs: {server: 127.0.0.1, path: $T/no}" >"$T/no.yaml"
t_fails "a path that is not exported" 125 "nfs '127\.0\.0\.1:$T/no': mount: " timeout 120 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube "$T/no.yaml"
left "a path that is not exported"
done_testing
