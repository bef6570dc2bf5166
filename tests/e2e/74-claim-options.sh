#!/bin/bash
# Claims of volumes that are not directories of podctl's own, and podman's annotations that make such.
. "$(dirname "$0")/lib.sh"
needs root busybox bridge
import_image
before=$(machine_state)

claim() { # annotations
	printf 'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data, annotations: {%s}}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}\n---\n' "$1"
	pod
}
pod() {
	printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: one}\nspec:\n  terminationGracePeriodSeconds: 0\n  containers:\n'
	printf '  - {name: %s, image: %s, command: [sh, -c, "while [ ! -e /tmp/end ]; do sleep 0.2; done"], volumeMounts: [{name: d, mountPath: /d}, {name: d, mountPath: /s, subPath: x/y}]}\n' a "$IMG" b "$IMG"
	printf '  volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]\n'
}
down() { podctl kube down --force "$T/one.yaml" >/dev/null; }
in_a() { podctl exec one-a sh -c "$1"; }

# volumes made by hand
mkdir "$T/dir"
echo host >"$T/dir/f"
podctl volume create --opt type=none --opt o=bind --opt device="$T/dir" data >/dev/null
pod >"$T/one.yaml"
t "play: a claim of a volume that is a directory of the host" podctl play kube "$T/one.yaml"
is "it has what is there" "$(in_a 'cat /d/f')" host
t "a subPath is made in it" in_a 'echo deep >/s/g'
is "on the host" "$(cat "$T/dir/x/y/g")" deep
down
podctl volume rm data >/dev/null 2>&1
is "which keeps it" "$(cat "$T/dir/f")" host
podctl volume create --opt type=tmpfs --opt o=size=2m,mode=1777 data >/dev/null
t "play: a claim of a volume in memory" podctl play kube "$T/one.yaml"
like "it is memory, of its size" "$(in_a 'grep " /d " /proc/mounts')" '^tmpfs /d tmpfs rw,.*size=2048k'
in_a 'echo shared >/d/f; echo deep >/s/g'
is "the pod's containers share it" "$(podctl exec one-b cat /d/f /d/x/y/g | paste -sd' ')" "shared deep"
podctl exec one-b touch /tmp/end
t "a container that is restarted finds it again" until_true 20 podctl exec one-b sh -c "[ ! -e /tmp/end ] && [ -e /d/f ]"
down
podctl volume rm data >/dev/null 2>&1

# podman's annotations
claim "volume.podman.io/type: none, volume.podman.io/mount-options: \"bind,ro\", volume.podman.io/device: $T/dir" >"$T/one.yaml"
t "play: device and mount-options" podctl play kube "$T/one.yaml"
is "the directory" "$(in_a 'cat /d/f')" host
t_fails "read-only" 1 'Read-only' podctl exec one-a touch /d/new
is "inspect shows them" "$(podctl volume inspect data --format '{{.Options.device}} {{.Options.o}}')" "$T/dir bind,ro"
down
claim 'volume.podman.io/uid: "1000", volume.podman.io/gid: "2000", volume.podman.io/driver: local' >"$T/one.yaml"
t "play: uid and gid" podctl play kube "$T/one.yaml"
is "its owner" "$(in_a 'stat -c %u:%g /d')" 1000:2000
down
tar -C "$T/dir" -cf "$T/dir.tar" f
claim "volume.podman.io/import-source: $T/dir.tar" >"$T/one.yaml"
t "play: import-source" podctl play kube "$T/one.yaml"
is "what the archive had" "$(in_a 'cat /d/f')" host
down
claim "volume.podman.io/import-source: $T/none.tar" >"$T/one.yaml"
t_fails "an archive that is not there" 125 "PersistentVolumeClaim 'data': volume.podman.io/import-source: open" podctl play kube "$T/one.yaml"
claim 'volume.podman.io/driver: image' >"$T/one.yaml"
t_fails "another driver is refused by name" 125 "annotation volume.podman.io/driver: image: not done" podctl play kube "$T/one.yaml"
claim 'volume.podman.io/device: nowhere, volume.podman.io/mount-options: bind' >"$T/one.yaml"
t_fails "a device that is no path" 125 "PersistentVolumeClaim 'data':.*expected an absolute path" podctl play kube "$T/one.yaml"
is "nothing is left" "$(podctl volume ls -q)$(podctl pod ps -q)" ""
until_true 20 eval '[ "$(machine_state)" = "$before" ]'
is "nor of the machine" "$(machine_state)" "$before"
done_testing
