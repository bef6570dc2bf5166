#!/bin/bash
# Volumes of played pods: each kind as its containers see it, what is made safely, and what an update changes.
. "$(dirname "$0")/lib.sh"
needs root busybox bridge
import_image
before=$(machine_state)
in_c() { podctl exec "${2:-v}-c" sh -c "$1"; }
mkdir -p "$T/host"; echo from-host >"$T/host/file"; mkfifo "$T/host/fifo"

cat >"$T/v.yaml" <<EOF
apiVersion: v1
kind: ConfigMap
metadata: {name: cm}
data: {a.conf: "one\n", b: two, c: three}
binaryData: {bin: AAEC}
---
apiVersion: v1
kind: Secret
metadata: {name: sec}
stringData: {password: hush}
data: {user: Ym9i}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: manual, hostPath: {path: $T/host}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: disk-claim}
spec: {storageClassName: manual, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: own-claim}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: v, labels: {app: v, b: "2"}, annotations: {note: 'a "b"'}}
spec:
  terminationGracePeriodSeconds: 0
  securityContext: {fsGroup: 4321}
  initContainers:
  - name: prepare
    image: $IMG
    command: [sh, -c, "echo made-by-init >/shared/init.conf; ln -s /etc/passwd /shared/out; ln -s sub2 /shared/link; mkdir /shared/sub2"]
    volumeMounts: [{name: work, mountPath: /shared}]
  containers:
  - name: c
    image: $IMG
    command: [sleep, "1000"]
    env: [{name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
    resources: {limits: {memory: 64Mi}}
    volumeMounts:
    - {name: cm, mountPath: /cm}
    - {name: some, mountPath: /some}
    - {name: sec, mountPath: /sec}
    - {name: all, mountPath: /all}
    - {name: down, mountPath: /down}
    - {name: work, mountPath: /shared}
    - {name: work, mountPath: /etc/init.conf, subPath: init.conf}
    - {name: work, mountPath: /made, subPath: new/dir}
    - {name: work, mountPath: /expr, subPathExpr: logs/\$(POD)}
    - {name: work, mountPath: /linked, subPath: link}
    - {name: mem, mountPath: /mem}
    - {name: mem, mountPath: /memsub, subPath: x}
    - {name: cm, mountPath: /one.conf, subPath: a.conf}
    - {name: disk, mountPath: /disk}
    - {name: own, mountPath: /own}
    - {name: eph, mountPath: /eph}
    - {name: img, mountPath: /img}
    - {name: img, mountPath: /imgbin, subPath: bin}
    - {name: host, mountPath: /host, readOnly: true, recursiveReadOnly: Enabled}
    - {name: gone, mountPath: /gone}
  volumes:
  - {name: cm, configMap: {name: cm, defaultMode: 0640}}
  - {name: some, configMap: {name: cm, items: [{key: b, path: deep/er/b, mode: 0400}]}}
  - {name: sec, secret: {secretName: sec, defaultMode: 0400}}
  - name: all
    projected:
      sources:
      - configMap: {name: cm, items: [{key: b, path: cm/b}]}
      - secret: {name: sec, items: [{key: password, path: pw}]}
      - downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}
      - configMap: {name: not-there, optional: true}
  - name: down
    downwardAPI:
      items:
      - {path: labels, fieldRef: {fieldPath: metadata.labels}}
      - {path: notes, fieldRef: {fieldPath: metadata.annotations}}
      - {path: uid, fieldRef: {fieldPath: metadata.uid}}
      - {path: mem, resourceFieldRef: {containerName: c, resource: limits.memory, divisor: 1Mi}}
  - {name: work, emptyDir: {}}
  - {name: mem, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
  - {name: disk, persistentVolumeClaim: {claimName: disk-claim}}
  - {name: own, persistentVolumeClaim: {claimName: own-claim}}
  - {name: eph, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}
  - {name: img, image: {reference: $IMG, pullPolicy: Never}}
  - {name: host, hostPath: {path: host, type: Directory}}
  - {name: gone, secret: {secretName: nowhere, optional: true}}
EOF
t "a pod of every volume plays" podctl play kube "$T/v.yaml"
is "configMap: contents" "$(in_c 'cat /cm/a.conf /cm/b; od -An -tx1 /cm/bin | tr -d " "')" $'one\ntwo000102'
is "configMap: names are links into ..data" "$(in_c 'readlink /cm/b; readlink /cm/..data | grep -c ^\\.\\.20')" $'..data/b\n1'
is "configMap: defaultMode, and fsGroup may read" "$(in_c 'stat -L -c "%a %g" /cm/b')" "640 4321"
is "items with paths and modes" "$(in_c 'cat /some/deep/er/b; ls /some; stat -L -c %a /some/deep/er/b')" $'twodeep\n440'
is "secret: data and stringData" "$(in_c 'cat /sec/user /sec/password')" bobhush
is "secret: in memory" "$(in_c 'stat -f -c %T /sec')" tmpfs
t_fails "secret: read-only" 1 "Read-only" podctl exec v-c touch /sec/x
is "projected" "$(in_c 'cat /all/cm/b /all/pw /all/name')" twohushv
is "downwardAPI: labels" "$(in_c 'cat /down/labels')" $'app="v"\nb="2"'
is "downwardAPI: annotations are escaped" "$(in_c 'grep note= /down/notes')" 'note="a \"b\""'
like "downwardAPI: uid" "$(in_c 'cat /down/uid')" '^[0-9a-f-]{36}$'
is "downwardAPI: a resource" "$(in_c 'cat /down/mem')" 64
is "subPath: a file an init container made" "$(in_c 'cat /etc/init.conf')" made-by-init
is "subPath: made when missing, open as the volume is" "$(in_c 'stat -c %a /made; touch /shared/new/dir/f; ls /made')" $'2777\nf'
is "subPathExpr" "$(in_c 'touch /expr/l; ls /shared/logs/v')" l
is "subPath: a link inside the volume" "$(in_c 'touch /linked/z; ls /shared/sub2')" z
is "subPath of memory" "$(in_c 'touch /memsub/y; ls /mem/x')" y
is "subPath of a configMap" "$(in_c 'cat /one.conf')" one
is "emptyDir belongs to fsGroup" "$(in_c 'stat -c "%a %g" /shared')" "2777 4321"
is "emptyDir in memory has its size" "$(in_c 'stat -f -c %T /mem; df -k /mem | tail -1 | tr -s " " | cut -d" " -f2')" $'tmpfs\n1024'
t_fails "and is full behind it" 1 "No space" podctl exec v-c dd if=/dev/zero of=/mem/big bs=1M count=2
is "a claim bound to a PersistentVolume" "$(in_c 'cat /disk/file')" from-host
is "a claim of its own, of the group" "$(in_c 'stat -c %g /own')" 4321
t "an ephemeral volume" podctl exec v-c touch /eph/x
is "an image volume" "$(in_c 'ls /img/bin/busybox; ls /imgbin/busybox')" $'/img/bin/busybox\n/imgbin/busybox'
t_fails "is read-only" 1 "Read-only" podctl exec v-c touch /img/x
t_fails "and no place for programs" 126 "denied" podctl exec v-c /img/bin/busybox true
t_fails "recursiveReadOnly" 1 "Read-only" podctl exec v-c touch /host/x
is "a hostPath is relative to its file" "$(in_c 'cat /host/file')" from-host
is "an optional secret that is not there is empty" "$(in_c 'ls /gone')" ""
is "all processes are in fsGroup" "$(in_c 'id -G')" "0 4321"

printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: nowhere}\nstringData: {late: found}\n' >"$T/nowhere.yaml"
t "when it is made" podctl play kube "$T/nowhere.yaml"
is "its files come to the running pod" "$(in_c 'cat /gone/late')" found
podctl kube down "$T/nowhere.yaml" >/dev/null
# an update reaches the running pod, in one exchange
id=$(podctl inspect v-c --format '{{.Id}}')
old=$(in_c 'readlink /cm/..data')
sed -i 's/a.conf: "one\\n", b: two, c: three/a.conf: "changed\\n", b: two, d: new/; s/password: hush/password: louder/' "$T/v.yaml"
t "the changed ConfigMap and Secret play" podctl play kube "$T/v.yaml"
is "the pod stays" "$(podctl inspect v-c --format '{{.Id}}')" "$id"
is "it sees the new data" "$(in_c 'cat /cm/a.conf /sec/password; ls /cm | tr "\n" " "')" $'changed\nloudera.conf b bin d '
is "by another ..data" "$([ "$(in_c 'readlink /cm/..data')" != "$old" ] && echo other)" other
is "a subPath keeps what it was" "$(in_c 'cat /one.conf')" one
t "down" podctl kube down "$T/v.yaml"

# what would leave its volume, or is not what it says
pod() { printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: w}\nspec:\n  restartPolicy: Never\n  initContainers: [{name: i, image: %s, command: [sh, -c, "%s"], volumeMounts: [{name: e, mountPath: /e}]}]\n  containers: [{name: c, image: %s, command: [sleep, "1000"], volumeMounts: [%s]}]\n  volumes: [{name: e, emptyDir: {}}, %s]\n' "$IMG" "$1" "$IMG" "$2" "$3" >"$T/w.yaml"; }
pod 'ln -s / /e/root' '{name: e, mountPath: /r, subPath: root/etc}' '{name: f, emptyDir: {}}'
podctl play kube "$T/w.yaml" >/dev/null
is "a link in a volume cannot lead out of it" "$(podctl exec w-c ls -A /r)" ""
podctl kube down "$T/w.yaml" >/dev/null
for h in "fifo File:is not a file" "file Directory:is not a directory" "nope Directory:No such file" "file Socket:is not a socket" "file BlockDevice:is not a block device"; do
	pod true '{name: h, mountPath: /h}' "{name: h, hostPath: {path: $T/host/${h%% *}, type: $(sed 's/^[^ ]* //; s/:.*//' <<<"$h")}}"
	t_fails "hostPath: ${h%%:*}" 125 "${h#*:}" podctl play kube "$T/w.yaml"
done
pod true '{name: h, mountPath: /h}' "{name: h, hostPath: {path: $T/host/new/dir, type: DirectoryOrCreate}}"
podctl play kube "$T/w.yaml" >/dev/null
is "DirectoryOrCreate" "$(stat -c %a "$T/host/new/dir")" 755
podctl kube down "$T/w.yaml" >/dev/null
pod true '{name: h, mountPath: /h}' "{name: h, persistentVolumeClaim: {claimName: nobody}}"
t_fails "a dangling claim, strictly" 125 'claimName: there is no PersistentVolumeClaim "nobody"' podctl play kube --strict "$T/w.yaml"
podctl volume create nobody >/dev/null
t "a volume made by hand answers it" podctl play kube "$T/w.yaml"
podctl kube down "$T/w.yaml" >/dev/null

podctl volume rm -a -f >/dev/null 2>&1
is "nothing is left" "$(podctl ps -aq | wc -l)$(podctl pod ps -q | wc -l)" 00
sleep 0.5
is "the machine is as before" "$(machine_state | sed "s/^host mounts 1/host mounts 0/")" "$before"
done_testing
