#!/bin/bash
# What pod create says for the pod as a whole and for all containers made in it; run --pod new:NAME; pod clone with more.
. "$(dirname "$0")/lib.sh"
needs cgroups busybox
import_image || { not_ok "import"; done_testing; }
pod() { podctl pod create --network none "$@" >/dev/null; }
member() { podctl run --rm --pod "$@" 2>&1; }

# ---- mounts ------------------------------------------------------------------------------------------------------------
mkdir "$T/shared" "$T/own"; echo pods >"$T/shared/f"; echo mine >"$T/own/f"
pod -v "$T/shared:/data" -v "vol:/vol" -v "$T/shared:/ro:ro" --name vols
is "a volume of the pod is in its container" "$(member vols "$IMG" cat /data/f)" pods
is "one of the container's comes first" "$(member vols -v "$T/own:/data" "$IMG" cat /data/f)" mine
like "a read-only one" "$(member vols "$IMG" sh -c 'echo x >/ro/g' 2>&1)" 'Read-only file system'
member vols "$IMG" sh -c 'echo kept >/vol/g' >/dev/null
is "a named one is one for all" "$(member vols "$IMG" cat /vol/g)" kept
t_fails "a directory that is not there" 125 'nonex.*: [Nn]o such file' podctl pod create --name no -v /nonex:/x
podctl create --name lender --network none -v "$T/own:/lent" "$IMG" true >/dev/null
pod --name lent --volumes-from lender
is "--volumes-from" "$(member lent "$IMG" cat /lent/f)" mine

# ---- devices, security ---------------------------------------------------------------------------------------------------
pod --name dev --device /dev/null:/dev/nothing --security-opt no-new-privileges
is "--device" "$(member dev "$IMG" sh -c 'test -c /dev/nothing && echo there')" there
is "--security-opt" "$(member dev "$IMG" grep NoNewPrivs /proc/self/status | tr -d '\t')" NoNewPrivs:1
pod --name open --security-opt seccomp=unconfined
is "--security-opt seccomp=" "$(member open "$IMG" grep Seccomp: /proc/self/status | tr -d '\t')" Seccomp:0
t_fails "an option that is none" 125 'security-opt x: unknown' podctl pod create --security-opt x

n=0
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do [ "$(member open "$IMG" echo "$i")" = "$i" ] && n=$((n + 1)); done
is "no output of a quick member is lost" "$n" 15

# ---- namespaces ----------------------------------------------------------------------------------------------------------
pod --name shm --shm-size 3m
is "--shm-size" "$(member shm "$IMG" df -k /dev/shm | awk 'END { print $2 }')" 3072
podctl run -d --pod shm --name s1 "$IMG" sh -c 'echo seen >/dev/shm/f; sleep 1000' >/dev/null
t "its containers share it" until_true 15 podctl exec s1 test -s /dev/shm/f
is "both see the same" "$(member shm "$IMG" cat /dev/shm/f)" seen
podctl pod rm -ft 0 shm >/dev/null
pod --name uts --uts host
is "--uts host" "$(member uts "$IMG" hostname)" "$(hostname)"
pod --name utsp --uts private
is "--uts private" "$(member utsp "$IMG" hostname)" utsp
t_fails "--uts of another kind" 125 "no mode 'x'" podctl pod create --uts x

# ---- the infra container ---------------------------------------------------------------------------------------------------
pod --name named --infra-name front --infra-conmon-pidfile "$T/pid"
is "--infra-name" "$(podctl ps -a --pod --filter name=front --format '{{.Names}}')" front
podctl pod start named >/dev/null
t "--infra-conmon-pidfile names the monitor" grep -q podctl-monitor "/proc/$(cat "$T/pid")/cmdline"
podctl pod rm -ft 0 named >/dev/null
t_fails "--infra-name without one" 125 'infra=false' podctl pod create --infra=false --infra-name x
t_fails "--infra-image is refused" 125 "the infra container is podctl's own" podctl pod create --infra-image x
t "--share-parent" podctl pod create --share-parent --name sp --network none
t_fails "--share-parent=false is refused" 125 "below the pod's, always" podctl pod create --share-parent=false

# ---- limits ----------------------------------------------------------------------------------------------------------------
pod --name lim --memory 64m --memory-swap 64m --cpus 0.5 --cpu-shares 200 --cpuset-cpus 0
podctl run -d --pod lim --name worker "$IMG" sleep 1000 >/dev/null
cg=$(podctl pod inspect -f '{{.CgroupPath}}' lim)
limit() { # FILE-V1 CONTROLLER FILE-V2
	if is_cgroup2; then cat "/sys/fs/cgroup$cg/$3"; else cat "/sys/fs/cgroup/$2$cg/$1"; fi
}
is "--memory is of the pod" "$(limit memory.limit_in_bytes memory memory.max)" 67108864
is "--cpus is of the pod" "$(limit cpu.cfs_quota_us cpu cpu.max | cut -d' ' -f1)" 50000
is "--cpuset-cpus is of the pod" "$(limit cpuset.cpus cpuset cpuset.cpus)" 0
is "and not of each container" "$(podctl inspect -f '{{.HostConfig.Memory}}' worker)" 0
t_fails "--memory-swappiness is not a pod's" 125 'of single containers' podctl pod create --memory-swappiness 3
podctl pod rm -ft 0 lim >/dev/null

# ---- run --pod new:NAME ------------------------------------------------------------------------------------------------------
podctl run -d --pod new:fresh --name first --network none --hostname hh "$IMG" sleep 1000 >/dev/null
is "run --pod new: makes the pod" "$(podctl pod inspect -f '{{.Name}} {{.NumContainers}}' fresh)" "fresh 2"
is "its container is a member" "$(podctl inspect -f '{{.PodName}}' first)" fresh
is "--hostname is the pod's" "$(podctl exec first hostname)" hh
is "another joins it" "$(member fresh "$IMG" hostname)" hh
podctl pod rm -ft 0 fresh >/dev/null
t "create --pod new:" podctl create --pod new:later --name l --network none "$IMG" true
t_fails "new: without a name" 125 'needs a name' podctl run --pod new: "$IMG" true
t_fails "a pod that is there" 125 'already in use|in use' podctl run --pod new:later "$IMG" true

# ---- pod clone with more ---------------------------------------------------------------------------------------------------
podctl create --pod vols --name v1 "$IMG" cat /more/f >/dev/null
podctl pod clone --name vols2 -v "$T/own:/more" --label a=b --shm-size 5m vols >/dev/null
is "pod clone --label" "$(podctl pod inspect -f '{{.Labels.a}}' vols2)" b
is "pod clone --volume, and the old one's" "$(member vols2 "$IMG" cat /more/f /data/f)" "mine
pods"
is "pod clone --shm-size" "$(member vols2 "$IMG" df -k /dev/shm | awk 'END { print $2 }')" 5120
podctl pod rm -fat 0 >/dev/null
done_testing
