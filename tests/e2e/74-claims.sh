#!/bin/bash
# Claims without a document, claims in mode Block, tokens of service accounts.
. "$(dirname "$0")/lib.sh"
needs root busybox bridge
import_image
podctl tag "$IMG" localhost/podctl-demo
engine="$PODCTL_BIN ${PODCTL_OPTS[*]}"
pod() { # NAME, lines of the container, lines of the pod
	printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec:\n  terminationGracePeriodSeconds: 0\n  containers:\n  - name: c\n    image: %s\n    command: [sleep, "1000"]\n%b%b' "$1" "$IMG" "$2" "$3"
}

# a claim that nobody has written is a volume of its name
pod one '    volumeMounts: [{name: d, mountPath: /d}]\n' '  volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]\n' >"$T/one.yaml"
t "a claim without a document" podctl play kube "$T/one.yaml"
t "is written" podctl exec one-c sh -c 'echo kept >/d/f'
podctl kube down "$T/one.yaml" >/dev/null
is "is a volume of its name, and stays" "$(podctl volume ls -q)" data
t "the next play" podctl play kube "$T/one.yaml"
is "finds what is in it" "$(podctl exec one-c cat /d/f)" kept
podctl kube down "$T/one.yaml" >/dev/null
is "a volume that is there says nothing" "$(podctl play kube "$T/one.yaml" 2>&1 >/dev/null)" ""
podctl kube down "$T/one.yaml" >/dev/null
podctl volume rm data >/dev/null
like "one that is made is named" "$(podctl play kube "$T/one.yaml" 2>&1 >/dev/null)" 'claimName: there is no PersistentVolumeClaim "data".*an empty one is made'
podctl kube down "$T/one.yaml" >/dev/null
podctl volume rm data >/dev/null
t_fails "--strict: it is a fault" 125 'there is no PersistentVolumeClaim "data"' podctl play kube --strict "$T/one.yaml"

# a token
t "play: token" podctl play kube "$TOP/examples/k8s/token.yaml"
token=$(podctl exec token-show cat /var/run/secrets/kubernetes.io/serviceaccount/token)
part() { local p; p=$(cut -d. -f"$1" <<<"$token" | tr _- /+); while [ $((${#p} % 4)) != 0 ]; do p=$p=; done; base64 -d <<<"$p"; }
is "it has a head" "$(part 1)" '{"alg":"none","typ":"JWT"}'
like "it has claims" "$(part 2)" '"aud":\["podctl"\].*"sub":"system:serviceaccount:default:reader".*"pod":\{"name":"token","uid":"[0-9a-f-]{36}"\}'
is "it is good for so long" "$(part 2 | sed 's/.*"iat":\([0-9]*\).*"exp":\([0-9]*\).*/\2 - \1/' | xargs expr)" 3607
is "and no signature" "$(cut -d. -f3 <<<"$token")" ""
is "beside it" "$(podctl exec token-show cat /var/run/secrets/kubernetes.io/serviceaccount/namespace)" default
podctl kube down --force "$TOP/examples/k8s/token.yaml" >/dev/null
pod bad '' '  volumes: [{name: t, projected: {sources: [{serviceAccountToken: {path: ../t, expirationSeconds: 10}}]}}]\n' >"$T/bad.yaml"
t_fails "a token's path and life" 125 "must not contain '\.\.'" podctl play kube "$T/bad.yaml"
t_fails "a life that is too short" 125 'less than 10 minutes' podctl play kube "$T/bad.yaml"

# mode Block
block() { # NAME OF THE DEVICE, lines of the container
	printf 'apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: disk}\nspec: {capacity: {storage: 1Mi}, accessModes: [ReadWriteOnce], volumeMode: Block, local: {path: %s}}\n---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: claim}\nspec: {accessModes: [ReadWriteOnce], volumeMode: Block, resources: {requests: {storage: 1Mi}}}\n---\n' "$1"
	pod blk "$2" '  volumes: [{name: d, persistentVolumeClaim: {claimName: claim}}]\n'
}
block "$T/one.yaml" '    volumeDevices: [{name: d, devicePath: /dev/disk}]\n' >"$T/file.yaml"
t_fails "a file is no device" 125 'is not a block device' podctl play kube "$T/file.yaml"
podctl kube down --force "$T/file.yaml" >/dev/null 2>&1
block /dev/null '    volumeMounts: [{name: d, mountPath: /d}]\n' >"$T/mount.yaml"
t_fails "Block is not mounted" 125 'must be specified in volumeDevices' podctl play kube "$T/mount.yaml"
sed 's/volumeMode: Block, //; s/volumeMounts.*/volumeDevices: [{name: d, devicePath: \/dev\/x}]/' "$T/mount.yaml" >"$T/fs.yaml"
t_fails "a directory is no device" 125 'must be specified in volumeMounts' podctl play kube "$T/fs.yaml"
sed '1,/^---/d' "$T/mount.yaml" | sed 's/volumeMounts.*/volumeDevices: [{name: d, devicePath: \/dev\/x}]/' >"$T/none.yaml"
t_fails "no directory is made for it" 125 'no PersistentVolume in mode Block' podctl play kube "$T/none.yaml"
truncate -s 1M "$T/disk.img"
if has losetup && loop=$(losetup -f --show "$T/disk.img" 2>/dev/null); then
	at_end "losetup -d $loop"
	block "$loop" '    volumeDevices: [{name: d, devicePath: /dev/disk}]\n' >"$T/blk.yaml"
	t "play: a disk" podctl play kube "$T/blk.yaml"
	t "it is a device, where it was asked for" podctl exec blk-c test -b /dev/disk
	t "it is written" podctl exec blk-c sh -c 'echo hello | dd of=/dev/disk conv=notrunc 2>/dev/null && sync'
	is "and read" "$(podctl exec blk-c head -c 5 /dev/disk)" hello
	is "its size" "$(podctl exec blk-c sh -c 'wc -c </dev/disk')" 1048576
	podctl kube down --force "$T/blk.yaml" >/dev/null
	sed 's/claimName: claim/claimName: claim, readOnly: true/' "$T/blk.yaml" >"$T/ro.yaml"
	podctl play kube "$T/ro.yaml" >/dev/null
	t_fails "readOnly: it is not written" 1 'not permitted|denied|Read-only' podctl exec blk-c sh -c 'echo x >/dev/disk'
	podctl kube down --force "$T/ro.yaml" >/dev/null
else
	skip "a disk in a container" "no loop device can be had here"
fi
# variables that files say
t "play: envfile" podctl play kube "$TOP/examples/k8s/envfile.yaml"
t "it says them" until_true 20 sh -c "$engine logs envfile-show | grep -q from"
is "what the init container wrote, also in other variables" "$(podctl logs envfile-show | paste -sd' ')" 'hello,  world from 10.0.0.7, http://10.0.0.7/$(OPTIONAL)'
is "exec has them too" "$(podctl exec envfile-show sh -c 'echo "$ADDRESS ${OPTIONAL-unset}"')" "10.0.0.7 unset"
podctl kube down "$TOP/examples/k8s/envfile.yaml" >/dev/null
envpod() { # FILE'S TEXT, KEY, more of the reference
	printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: ef}\nspec:\n  terminationGracePeriodSeconds: 0\n  restartPolicy: %s\n  initContainers:\n  - {name: i, image: %s, command: [sh, -c, "%s"], volumeMounts: [{name: v, mountPath: /v}]}\n  containers:\n  - name: c\n    image: %s\n    command: [sh, -c, "echo got $V >>/v/n; wc -l </v/n; exit 1"]\n    volumeMounts: [{name: v, mountPath: /v}]\n    env: [{name: V, valueFrom: {fileKeyRef: {volumeName: %s, path: %s, key: %s%s}}}]\n  volumes: [{name: v, emptyDir: {medium: Memory}}, {name: h, hostPath: {path: /tmp}}]\n' "${POLICY:-Never}" "$IMG" "$1" "$IMG" "${VOLUME:-v}" "${FILE:-e}" "$2" "${3:-}" >"$T/ef.yaml"
}
envpod "echo A=1 >/v/e" B
t_fails "a key that is not there" 125 "container 'c'.*variable 'V'.*file 'e' has no key 'B'" podctl play kube "$T/ef.yaml"
envpod "true" B
t_fails "a file that is not there" 125 "variable 'V'.*file 'e'.*No such file" podctl play kube "$T/ef.yaml"
envpod "ln -s /etc/passwd /v/e" root
t_fails "a link does not lead out of the volume" 125 "variable 'V'" podctl play kube "$T/ef.yaml"
envpod "echo nonsense >/v/e" B
t_fails "a file that is none" 125 "line 1: expected NAME=" podctl play kube "$T/ef.yaml"
VOLUME=h envpod true B
t_fails "only of an emptyDir" 125 'must be an emptyDir volume' podctl play kube "$T/ef.yaml"
FILE=../e envpod true B
t_fails "not beyond the volume" 125 "start with or contain" podctl play kube "$T/ef.yaml"
podctl kube down "$T/ef.yaml" >/dev/null 2>&1
envpod "true" B ", optional: true"
t "optional: neither need be there" podctl play kube "$T/ef.yaml"
podctl kube down "$T/ef.yaml" >/dev/null
# mounts that come later
mkdir "$T/sh"
if mount -t tmpfs tmpfs "$T/sh" 2>/dev/null && mount --make-shared "$T/sh"; then
	at_end "umount -R $T/sh"
	mkdir "$T/sh/a" "$T/sh/b"
	cat >"$T/mp.yaml" <<Y
apiVersion: v1
kind: Pod
metadata: {name: mp}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: alone, image: $IMG, command: [sleep, "1000"], volumeMounts: [{name: h, mountPath: /h}]}
  - {name: sees, image: $IMG, command: [sleep, "1000"], volumeMounts: [{name: h, mountPath: /h, mountPropagation: HostToContainer}]}
  - {name: gives, image: $IMG, command: [sleep, "1000"], securityContext: {privileged: true}, volumeMounts: [{name: h, mountPath: /h, mountPropagation: Bidirectional}]}
  volumes: [{name: h, hostPath: {path: $T/sh}}]
Y
	t "play: propagation" podctl play kube "$T/mp.yaml"
	mount -t tmpfs tmpfs "$T/sh/a" && touch "$T/sh/a/x"
	is "the host's mount is seen where it was asked for" "$(for c in alone sees gives; do podctl exec mp-$c ls /h/a; done | paste -sd' ')" "x x"
	is "and not where it was not" "$(podctl exec mp-alone ls /h/a)" ""
	podctl exec mp-gives sh -c 'mount -t tmpfs t /h/b && touch /h/b/y'
	is "a container's mount is the host's" "$(ls "$T/sh/b")" y
	is "and the other's" "$(podctl exec mp-sees ls /h/b)" y
	is "but not everybody's" "$(podctl exec mp-alone ls /h/b)" ""
	is "nothing else of the container is the host's" "$(grep -c "$(podctl inspect -f '{{.Id}}' mp-gives)" /proc/self/mountinfo)" 0
	podctl kube down "$T/mp.yaml" >/dev/null
else
	skip "mounts that come later" "nothing can be mounted here"
fi
# podman's annotations
cat >"$T/ann.yaml" <<Y
apiVersion: v1
kind: Pod
metadata:
  name: ann
  annotations:
    io.podman.annotations.ulimit: core=51200:51200,nofile=512:600
    io.podman.annotations.init/i: "TRUE"
    io.podman.annotations.infra.name: ann-holds
    io.podman.annotations.volumes-from/f: ann-from:ro
    io.podman.annotations.seccomp/i: unconfined
    io.podman.annotations.label/i: disable
    io.podman.annotations.autoremove/i: "FALSE"
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: i, image: $IMG, command: [sleep, "1000"]}
  - {name: f, image: $IMG, command: [sleep, "1000"]}
Y
mkdir "$T/given" && echo given >"$T/given/x"
podctl create --name ann-from -v "$T/given:/given" "$IMG" true >/dev/null
t "play: podman's annotations" podctl play kube "$T/ann.yaml"
is "ulimit" "$(podctl exec ann-f sh -c 'ulimit -n; ulimit -c' | paste -sd' ')" "512 100"
is "init: pid 1 is not the command" "$(podctl exec ann-i cat /proc/1/comm | grep -c sleep) $(podctl exec ann-f cat /proc/1/comm)" "0 sleep"
is "seccomp" "$(podctl exec ann-i grep Seccomp: /proc/self/status | tr -dc 0-9) $(podctl exec ann-f grep Seccomp: /proc/self/status | tr -dc 0-9)" "0 2"
is "volumes-from" "$(podctl exec ann-f cat /given/x)" given
t_fails "read-only as it says" 1 "Read-only" podctl exec ann-f touch /given/y
like "infra.name" "$(podctl ps -a --format '{{.Names}}' --filter name=ann-holds 2>/dev/null; podctl pod inspect ann)" 'ann-holds'
podctl kube down "$T/ann.yaml" >/dev/null
podctl rm ann-from >/dev/null
sed -i 's/core=51200:51200/nonsense=1/' "$T/ann.yaml"
t_fails "a limit that is none" 125 "container 'i'.*annotation.*no limit is called 'nonsense'" podctl play kube "$T/ann.yaml"
is "no pod is left" "$(podctl pod ps -q | wc -l)" 0
noted() { # ANNOTATIONS [OPTION...]
	local notes=$1
	shift
	printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: noted, annotations: {%s}}\nspec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: %s, command: [sleep, "1000"]}]}\n' "$notes" "$IMG" | podctl play kube "$@" - 2>&1
}
like "what podman would do and is not done is named" "$(noted 'io.podman.annotations.autoremove/c: "TRUE", io.containers.autoupdate: registry' --dry-run | grep ^note)" 'annotations\[io.podman.annotations.autoremove/c\], metadata.annotations\[io.containers.autoupdate\]'
like "-v says why" "$(noted 'io.containers.sdnotify/c: container' --dry-run -v)" 'metadata.annotations\[io.containers.sdnotify/c\]: has no effect: .*supervisor'
like "a container that is not there" "$(noted 'io.podman.annotations.init/web: "TRUE"' --dry-run -v)" 'no effect: there is no container "web"'
like "one that podman does not have" "$(noted 'io.podman.annotations.nonsense: x' --dry-run -v)" 'nonsense\]: has no effect'
is "what changes nothing is not told" "$(noted 'io.podman.annotations.autoremove/c: "FALSE", io.podman.annotations.privileged/c: "FALSE", io.podman.annotations.init.container.type: always, io.containers.sdnotify: conmon, bind-mount-options: z, "bind-mount-options:/a": Z' --dry-run | grep -v '^[][ {}]')" ""
for bad in 'io.podman.annotations.init/c: perhaps' 'io.podman.annotations.init.container.type: twice' 'io.containers.autoupdate: daily' 'io.containers.sdnotify/c: loud' 'bind-mount-options: x' 'bind-mount-options:/a: rw'; do
	t_fails "no value: $bad" 125 'unknown value "[a-z]*", expected' noted "\"${bad%: *}\": ${bad##*: }"
done
t "shown: autoupdate, sdnotify, cid-file" noted 'io.containers.autoupdate/c: local, io.containers.sdnotify: ignore, io.podman.annotations.cid-file/c: /x/cid' -q --annotation io.podman.annotations.pids-limit=77
is "as podman shows them" "$(podctl inspect --format '{{index .Config.Labels "io.containers.autoupdate"}} {{.Config.SdNotifyMode}} {{.HostConfig.ContainerIDFile}}' noted-c)" "local ignore /x/cid"
is "--annotation counts as the manifest's" "$(podctl inspect --format '{{.HostConfig.PidsLimit}}' noted-c)" 77
podctl pod rm -f -t 0 noted >/dev/null
done_testing
