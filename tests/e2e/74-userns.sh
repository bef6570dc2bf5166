#!/bin/bash
# User namespaces of pods: hostUsers, --userns and --uidmap; who owns what, inside and outside.
. "$(dirname "$0")/lib.sh"
needs root busybox bridge
[ "$(awk 'NR == 1 { print $3 }' /proc/self/uid_map)" = 4294967295 ] || skip_all "needs the machine's own root"
# a directory shown id-mapped: what all of this rests on
idmaps() { mkdir -p "$T/probe" && "$RT" --version >/dev/null && unshare -m mount --bind -o X-mount.idmap=0:1000:1 "$T/probe" "$T/probe" 2>/dev/null; }
case $(stat -f -c %T "$T") in ext2/ext3 | xfs | btrfs) ;; tmpfs) idmaps || skip_all "the file system of $T has no id-mapped mounts" ;; *) skip_all "the file system of $T has no id-mapped mounts" ;; esac
import_image
# what an engine has once, the memory that secrets are in, is no difference
printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: first}\nspec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: %s, command: [sleep, "1000"], volumeMounts: [{name: s, mountPath: /s}]}], volumes: [{name: s, secret: {secretName: s}}]}\n' "$IMG" >"$T/first.yaml"
podctl play kube "$T/first.yaml" >/dev/null && podctl kube down --force "$T/first.yaml" >/dev/null
before=$(machine_state)
map_of() { podctl exec "$1" cat /proc/self/uid_map | awk '{ print $1 ":" $2 ":" $3; exit }'; }

# containers
podctl run -d --name u1 --userns=auto "$IMG" sleep 1000 >/dev/null
podctl run -d --name u2 --userns=auto:size=5000 "$IMG" sleep 1000 >/dev/null
m1=$(map_of u1) m2=$(map_of u2)
like "auto: root is somebody else outside" "$m1" '^0:[1-9][0-9]+:65536$'
like "auto:size=N" "$m2" '^0:[1-9][0-9]+:5000$'
[ "${m1%:*}" != "${m2%:*}" ] && ok "two at once have different ranges" || not_ok "two at once have different ranges" "$m1" "$m2"
base=$(echo "$m1" | cut -d: -f2)
is "its process is that user's" "$(stat -c %u "/proc/$(podctl inspect -f '{{.State.Pid}}' u1)")" "$base"
is "the image's files are root's" "$(podctl exec u1 stat -c %u:%g / /bin/busybox /etc/passwd /etc/hosts | sort -u)" 0:0
t "it writes its root file system" podctl exec u1 sh -c 'mkdir /new && touch /new/f && chown 1000:2000 /new/f && echo x >>/etc/passwd'
is "and sees what it wrote" "$(podctl exec u1 stat -c %u:%g /new/f)" 1000:2000
is "another user of the image" "$(podctl exec --user web u1 sh -c 'touch /tmp/w; stat -c %u:%g /tmp/w; id -u')" "$(printf '1000:1000\n1000')"
is "nothing is shifted on the disk" "$(stat -c %u:%g "$ROOT"/pods/*/containers/*/upper/new/f)" 1000:2000
is "inspect has the map" "$(podctl inspect -f '{{.HostConfig.UsernsMode}} {{index .HostConfig.IDMappings.UidMap 0}}' u1)" "private $m1"
echo hello >"$T/in.txt"
t "cp into it" podctl cp "$T/in.txt" u1:/in.txt
is "belongs to its root" "$(podctl exec u1 stat -c %u:%g /in.txt)" 0:0
t "cp out of it" podctl cp u1:/new/f "$T/out"
is "cp --archive=false keeps who owned it" "$(podctl cp --archive=false u1:/new "$T/outdir" && stat -c %u:%g "$T/outdir/f")" 1000:2000
t "commit" podctl commit -q u1 localhost/fromuserns
is "a commit has the owners that were seen" "$(podctl run --rm localhost/fromuserns stat -c %u:%g /new/f)" 1000:2000
is "export too" "$(podctl export u1 | tar -tvf - --numeric-owner ./new/f 2>/dev/null | awk '{ print $2 }' | grep . || podctl export u1 | tar -tvf - --numeric-owner new/f | awk '{ print $2 }')" 1000/2000
t "stop and start" podctl restart -t 0 u1
is "its range stays" "$(map_of u1)" "$m1"
is "and what it wrote" "$(podctl exec u1 stat -c %u:%g /new/f)" 1000:2000
is "a network of its own, with its rights" "$(podctl exec u1 sh -c 'cat /sys/class/net/eth0/operstate; cat /proc/sys/net/ipv4/ip_unprivileged_port_start' | wc -l)" 2
t "--cap-add NET_ADMIN is for that network" podctl run --rm --userns=auto --cap-add NET_ADMIN "$IMG" ip addr add 10.9.9.9/32 dev lo
t "a terminal" podctl run --rm -t --userns=auto "$IMG" sh -c 'test -t 0 && echo x >/dev/tty'
t "a user of the image" podctl run --rm --userns=auto --user web "$IMG" sh -c 'echo a >/dev/stdout; [ $(id -u) = 1000 ]'
is "--network host has its /sys too" "$(podctl run --rm --userns=auto --network host "$IMG" sh -c 'ls /sys | wc -l' | grep -c '^[1-9]')" 1
is "--network none" "$(podctl run --rm --userns=auto --network none "$IMG" cat /proc/self/uid_map | awk '{ print $3 }')" 65536
is "--uidmap" "$(podctl run --rm --uidmap 0:300000:1000 --uidmap 2000:400000:10 "$IMG" cat /proc/self/uid_map | awk '{ print $1 ":" $2 ":" $3 }' | paste -sd' ')" "0:300000:1000 2000:400000:10"
is "--gidmap is the users' when not given" "$(podctl run --rm --uidmap 0:300000:1000 "$IMG" cat /proc/self/gid_map | awk '{ print $1 ":" $2 ":" $3 }')" 0:300000:1000
is "auto with ids of the caller's" "$(podctl run --rm --userns=auto:size=2000,uidmapping=500:77:1 "$IMG" cat /proc/self/uid_map | awk '$1 == 500 { print $2 ":" $3 } { n += $3 } END { print n }' | paste -sd' ')" "77:1 2000"
podctl run -d --name joined --userns=container:u1 "$IMG" sleep 1000 >/dev/null
is "--userns container:NAME" "$(readlink "/proc/$(podctl inspect -f '{{.State.Pid}}' joined)/ns/user")" "$(readlink "/proc/$(podctl inspect -f '{{.State.Pid}}' u1)/ns/user")"
is "its files are right there too" "$(podctl exec joined sh -c 'touch /y; stat -c %u /y /bin/busybox' | sort -u)" 0
is "--userns ns:PATH" "$(podctl run --rm --userns "ns:/proc/$(podctl inspect -f '{{.State.Pid}}' u1)/ns/user" "$IMG" sh -c 'touch /z; stat -c %u /z; cat /proc/self/uid_map' | tr -s ' ' | paste -sd' ' | sed 's/ \+/ /g')" "0 $(echo " $m1" | tr : ' ' | sed 's/^ //')"
podctl rm -f -t 0 joined >/dev/null

# volumes
podctl volume create data >/dev/null
podctl run --rm --userns=auto -v data:/d "$IMG" sh -c 'touch /d/f; chown 5:6 /d/f'
is "a volume's owners are those that were seen" "$(podctl run --rm --userns=auto -v data:/d "$IMG" stat -c %u:%g /d/f) $(podctl run --rm -v data:/d "$IMG" stat -c %u:%g /d/f)" "5:6 5:6"
mkdir "$T/host" && touch "$T/host/f"
is "a host directory is the host's" "$(podctl run --rm --userns=auto -v "$T/host:/h" "$IMG" stat -c %u /h/f)" 65534
is ":idmap shows it as it is" "$(podctl run --rm --userns=auto -v "$T/host:/h:idmap" "$IMG" stat -c %u /h/f)" 0
is "a tmpfs" "$(podctl run --rm --userns=auto --tmpfs /t "$IMG" sh -c 'touch /t/x; stat -c %u /t /t/x' | sort -u)" 0

# refusals
t_fails "keep-id is for users" 125 'ordinary users' podctl run --rm --userns=keep-id "$IMG" true
t_fails "no such mode" 125 'no mode .bogus' podctl run --rm --userns=bogus "$IMG" true
t_fails "a size that is none" 125 'expected 1 to' podctl run --rm --userns=auto:size=0 "$IMG" true
t_fails "a map that is none" 125 'CONTAINER:HOST' podctl run --rm --uidmap 0-1 "$IMG" true
t_fails "maps that overlap" 125 'in common' podctl run --rm --uidmap 0:1000:10 --uidmap 5:3000:10 "$IMG" true
t_fails "a user that is not mapped" 125 'not one of its user namespace' podctl run --rm --userns=auto:size=500 --user web "$IMG" true
t_fails "--pid host" 125 'PID namespace' podctl run --rm --userns=auto --pid host "$IMG" true
t_fails "--userns and --uidmap" 125 'exclude' podctl run --rm --userns=auto --uidmap 0:1:1 "$IMG" true

# pods
podctl pod create --name up --userns=auto >/dev/null
podctl run -d --pod up --name upa "$IMG" sleep 1000 >/dev/null
podctl run -d --pod up --name upb "$IMG" sleep 1000 >/dev/null
is "members share the pod's" "$(map_of upa)" "$(map_of upb)"
is "pod inspect" "$(podctl pod inspect up | grep -c '"user"')" 1
t_fails "a member has none of its own" 125 'belongs to the pod' podctl run --rm --pod up --userns=auto "$IMG" true
podctl pod rm -f -t 0 up >/dev/null
podctl rm -f -t 0 u1 u2 >/dev/null

# manifests
cat >"$T/k.yaml" <<Y
apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data: {key: value}
---
apiVersion: v1
kind: Secret
metadata: {name: sec}
stringData: {key: value}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: claim}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: kp}
spec:
  hostUsers: false
  shareProcessNamespace: true
  terminationGracePeriodSeconds: 0
  securityContext: {fsGroup: 3000, sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: "80"}, {name: kernel.shm_rmid_forced, value: "1"}]}
  initContainers:
  - {name: i, image: $IMG, command: [sh, -c, 'echo made >/e/made; chown 7:8 /e/made'], volumeMounts: [{name: e, mountPath: /e}]}
  containers:
  - name: c
    image: $IMG
    command: [sleep, "1000"]
    securityContext: {procMount: Unmasked}
    readinessProbe: {exec: {command: [test, -e, /e/made]}, periodSeconds: 1}
    volumeMounts:
    - {name: e, mountPath: /e}
    - {name: m, mountPath: /m}
    - {name: conf, mountPath: /conf}
    - {name: sec, mountPath: /sec}
    - {name: claim, mountPath: /claim}
    - {name: h, mountPath: /h}
    - {name: e, mountPath: /sub, subPath: a/b}
    - {name: m, mountPath: /msub, subPath: a}
  - {name: web, image: $IMG, command: [sleep, "1000"], securityContext: {runAsUser: 1000}, volumeMounts: [{name: e, mountPath: /e}, {name: sec, mountPath: /sec}]}
  volumes:
  - {name: e, emptyDir: {}}
  - {name: m, emptyDir: {medium: Memory}}
  - {name: conf, configMap: {name: conf}}
  - {name: sec, secret: {secretName: sec, defaultMode: 0400}}
  - {name: claim, persistentVolumeClaim: {claimName: claim}}
  - {name: h, hostPath: {path: $T/host}}
Y
t "play a pod with hostUsers false" podctl play kube "$T/k.yaml"
like "its range" "$(map_of kp-c)" '^0:[1-9][0-9]+:65536$'
is "owners in its volumes" "$(podctl exec kp-c stat -c '%n %u:%g' /e/made /conf/key /sec/key /h/f /claim /m /e /sub /msub | paste -sd' ')" "/e/made 7:8 /conf/key 0:3000 /sec/key 0:3000 /h/f 0:0 /claim 0:3000 /m 0:3000 /e 0:3000 /sub 0:3000 /msub 0:3000"
t "all are written" podctl exec kp-c sh -c 'for d in /e /m /claim /h /sub /msub; do touch $d/w || exit 1; done'
t "by a member that is not root too" podctl exec kp-web sh -c 'touch /e/web && cat /sec/key'
is "the host sees its root there as its own" "$(stat -c %u "$T/host/w")" 0
is "sysctls of its namespaces" "$(podctl exec kp-c sh -c 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shm_rmid_forced' | paste -sd' ')" "80 1"
t "procMount Unmasked" podctl exec kp-c sh -c 'cat /proc/kcore 2>&1 | grep -q "Operation not permitted\|Permission denied" || head -c1 /proc/timer_list >/dev/null; ! grep -q " /proc/kcore " /proc/mounts'
t "its probe says it is ready" until_true 15 sh -c "$PODCTL_BIN ${PODCTL_OPTS[*]} kube get pods kp -o json | grep -A1 '\"Ready\"' | grep -q True || $PODCTL_BIN ${PODCTL_OPTS[*]} kube get pods | grep -q '2/2'"
t "generate says so" sh -c "$PODCTL_BIN ${PODCTL_OPTS[*]} kube generate kp | grep -q 'hostUsers: false'"
podctl kube down --force "$T/k.yaml" >/dev/null
cat >"$T/r.yaml" <<Y
apiVersion: v1
kind: Pod
metadata: {name: rp}
spec:
  hostUsers: false
  terminationGracePeriodSeconds: 0
  containers:
  - {name: c, image: $IMG, command: [sh, -c, 'echo start >>/count; n=\$(wc -l </count); echo n \$n; sleep 1; exit 1']}
Y
podctl play kube "$T/r.yaml" >/dev/null
t "a restart has an empty layer" until_true 60 sh -c "$PODCTL_BIN ${PODCTL_OPTS[*]} inspect -f '{{.RestartCount}} {{.State.Running}}' rp-c | grep -q '^[1-9]'"
is "twice 1" "$(podctl logs rp-c | sort -u)" "n 1"
podctl kube down "$T/r.yaml" >/dev/null
printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: op}\nspec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: %s, command: [sleep, "1000"]}]}\n' "$IMG" >"$T/o.yaml"
t "play kube --userns=auto" podctl play kube --userns=auto "$T/o.yaml"
like "gives all pods one" "$(map_of op-c)" '^0:[1-9][0-9]+:65536$'
podctl kube down "$T/o.yaml" >/dev/null
sed -i 's/{name: op}/{name: op, annotations: {io.podman.annotations.userns: "auto:size=4000"}}/' "$T/o.yaml"
t "podman's annotation" podctl play kube "$T/o.yaml"
like "is heard" "$(map_of op-c)" '^0:[1-9][0-9]+:4000$'
podctl kube down "$T/o.yaml" >/dev/null

# ranges come back: more pods than there are places, one after the other, is fine; who is removed is free
podctl create --name gone --userns=auto "$IMG" true >/dev/null
range=$(podctl inspect -f '{{index .HostConfig.IDMappings.UidMap 0}}' gone)
like "a range is held from the creation on" "$range" '^0:[0-9]+:65536$'
podctl rm gone >/dev/null
podctl volume rm data >/dev/null
podctl rmi -f localhost/fromuserns >/dev/null
t "nothing is left" until_true 15 sh -c "[ -z \"\$(ls $RUNROOT/pods)\" ]"
is "the machine is as it was" "$(machine_state)" "$before"
done_testing
