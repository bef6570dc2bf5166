#!/bin/bash
# What programs read from podctl: the keys, types and values of its documents, exit statuses, what goes to stdout and stderr.
# Where podman is installed its documents are compared with ours key by key.
. "$(dirname "$0")/lib.sh"
needs root busybox python3
import_image || { not_ok "import"; done_testing; }
inspect() { podctl inspect --format "$@"; }

# ---- container inspect ---------------------------------------------------------------------------------------------------
# the keys of podman 4.3.1; a template names them all, so one that is missing is an error
top='.Id .Created .Path .Args .State .Image .ImageDigest .ImageName .Rootfs .Pod .ResolvConfPath .HostnamePath .HostsPath
.StaticDir .OCIConfigPath .OCIRuntime .ConmonPidFile .PidFile .Name .RestartCount .Driver .MountLabel .ProcessLabel
.AppArmorProfile .EffectiveCaps .BoundingCaps .ExecIDs .GraphDriver.Name .GraphDriver.Data .Mounts .Dependencies
.NetworkSettings .Namespace .IsInfra .IsService .Config .HostConfig'
state='OciVersion Status Running Paused Restarting OOMKilled Dead Pid ConmonPid ExitCode Error StartedAt FinishedAt
Health.Status Health.FailingStreak Health.Log CgroupPath CheckpointedAt RestoredAt'
network='EndpointID Gateway IPAddress IPPrefixLen IPv6Gateway GlobalIPv6Address GlobalIPv6PrefixLen MacAddress Bridge SandboxID
HairpinMode LinkLocalIPv6Address LinkLocalIPv6PrefixLen Ports SandboxKey Networks'
config='Hostname Domainname User AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce Env Cmd Image Volumes WorkingDir
Entrypoint OnBuild Labels Annotations StopSignal HealthcheckOnFailureAction CreateCommand Umask Timeout StopTimeout Passwd
sdNotifyMode'
host='Binds CgroupManager CgroupMode ContainerIDFile LogConfig.Type LogConfig.Config LogConfig.Path LogConfig.Tag LogConfig.Size
NetworkMode PortBindings RestartPolicy.Name RestartPolicy.MaximumRetryCount AutoRemove VolumeDriver VolumesFrom CapAdd CapDrop Dns
DnsOptions DnsSearch ExtraHosts GroupAdd IpcMode Cgroup Cgroups Links OomScoreAdj PidMode Privileged PublishAllPorts
ReadonlyRootfs SecurityOpt Tmpfs UTSMode UsernsMode ShmSize Runtime ConsoleSize Isolation CpuShares Memory NanoCpus CgroupParent
BlkioWeight BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps BlkioDeviceReadIOps BlkioDeviceWriteIOps CpuPeriod CpuQuota
CpuRealtimePeriod CpuRealtimeRuntime CpusetCpus CpusetMems Devices DiskQuota KernelMemory MemoryReservation MemorySwap
MemorySwappiness OomKillDisable PidsLimit Ulimits CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth CgroupConf'
template() { # PREFIX KEYS
	local k
	for k in $2; do printf '{{%s%s}}' "$1" "$k"; done
}
podctl create --network none --name plain "$IMG" >/dev/null
podctl run -d --network none --name run "$IMG" sleep 1000 >/dev/null
for c in plain run; do
	t "$c: podman's keys" inspect "$(template '' "$top")" $c
	t "$c: State" inspect "$(template .State. "$state")" $c
	t "$c: NetworkSettings" inspect "$(template .NetworkSettings. "$network")" $c
	t "$c: Config" inspect "$(template .Config. "$config")" $c
	t "$c: HostConfig" inspect "$(template .HostConfig. "$host")" $c
done
like "the monitor's pid" "$(inspect '{{.State.ConmonPid}}' run)" '^[1-9][0-9]*$'
is "times as Go prints them" "$(inspect '{{.State.FinishedAt}}' run)" "0001-01-01 00:00:00 +0000 UTC"
like "with their fractions" "$(inspect '{{.Created}} {{.State.StartedAt}}' run)" \
	'^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)? \+0000 UTC [0-9]{4}-.* UTC$'
like "but not in JSON" "$(inspect '{{json .State.FinishedAt}}' run)" '^"0001-01-01T00:00:00Z"$'
is "the environment as it will be" "$(inspect '{{range .Config.Env}}{{println .}}{{end}}' run | sed '/^$/d; s/HOSTNAME=.*/HOSTNAME=x/' | sort | tr '\n' ' ')" \
	"$(podctl exec run env | sed 's/HOSTNAME=.*/HOSTNAME=x/' | sort | tr '\n' ' ')"
is "the capabilities a process has" "$(inspect '{{len .EffectiveCaps}} {{len .BoundingCaps}}' run)" \
	"$(python3 -c 'import sys; n = bin(int(sys.argv[1], 16)).count("1"); print(n, n)' "$(podctl exec run sed -n 's/^CapEff:.//p' /proc/1/status)")"

podctl create --network none --name many --memory 64m --memory-reservation 32m --cpus 1.5 --cpu-shares 512 --pids-limit 100 \
	--restart on-failure:3 --stop-signal HUP --stop-timeout 33 --cap-add NET_ADMIN --cap-drop CHOWN --security-opt no-new-privileges \
	--security-opt seccomp=unconfined --ulimit core=0 --shm-size 1m --user 1000:1000 --group-add 5 --device /dev/null:/dev/nn:r \
	--sysctl net.ipv4.ip_forward=1 -v "$T:/t:ro" --tmpfs /tt:size=1m -v vol:/v --label a=b --oom-score-adj 100 --init \
	--log-opt max-size=10k --entrypoint '["/bin/echo","x"]' --add-host h:1.2.3.4 --umask 0077 --read-only --read-only-tmpfs=false \
	"$IMG" y z >/dev/null
h() { inspect "{{.HostConfig.$1}}" many; }
is "memory and swap" "$(h Memory) $(h MemorySwap) $(h MemoryReservation) $(h MemorySwappiness)" "67108864 134217728 33554432 -1"
is "processors" "$(h NanoCpus) $(h CpuQuota) $(h CpuPeriod) $(h CpuShares) $(h PidsLimit)" "1500000000 150000 100000 512 100"
is "restarts" "$(h RestartPolicy.Name) $(h RestartPolicy.MaximumRetryCount)" "on-failure 3"
is "capabilities added and dropped" "$(h CapAdd) $(h CapDrop)" "[CAP_NET_ADMIN] [CAP_CHOWN]"
is "a user has those that were added" "$(inspect '{{.EffectiveCaps}}' many)" "[CAP_NET_ADMIN]"
is "security options" "$(h SecurityOpt)" "[no-new-privileges seccomp=unconfined]"
is "limits by podman's names" "$(inspect '{{range .HostConfig.Ulimits}}{{if eq .Name "RLIMIT_CORE"}}{{.Soft}} {{.Hard}}{{end}}{{end}}' many)" "0 0"
is "modes" "$(h IpcMode) $(h PidMode) $(h UTSMode) $(h NetworkMode) $(h ReadonlyRootfs) $(h Init)" "shareable private private none true true"
is "a bind as -v would have it" "$(inspect '{{range .HostConfig.Binds}}{{println .}}{{end}}' many | grep "^$T:")" "$T:/t:ro,rprivate,rbind"
is "a volume by its name" "$(inspect '{{(index .Mounts 0).Type}} {{(index .Mounts 0).Name}} {{(index .Mounts 0).Driver}} {{(index .Mounts 0).Destination}}' many)" "volume vol local /v"
is "tmpfs is no mount" "$(inspect '{{len .Mounts}} {{len .HostConfig.Tmpfs}}' many)" "2 1"
like "its options" "$(inspect '{{index .HostConfig.Tmpfs "/tt"}}' many)" 'size=1m.*rw'
is "the init's command line" "$(inspect '{{.Path}} {{.Args}}' many)" "/run/podctl-init [-- /bin/echo x y z]"
is "stopping" "$(inspect '{{.Config.StopSignal}} {{.Config.StopTimeout}} {{.Config.Umask}} {{.Config.User}}' many)" "1 33 0077 1000:1000"
is "the entry point is a string" "$(inspect '{{.Config.Entrypoint}}' many)" "/bin/echo x"
is "hosts, size of the log" "$(h ExtraHosts) $(h LogConfig.Size) $(h ShmSize) $(h OomScoreAdj) $(h GroupAdd)" "[h:1.2.3.4] 10.24kB 1048576 100 [5]"
is "annotations" "$(inspect '{{index .Config.Annotations "io.podman.annotations.init"}} {{index .Config.Annotations "io.podman.annotations.privileged"}}' many)" "TRUE FALSE"
podctl pod create --network none --name p >/dev/null
podctl create --pod p --name member "$IMG" >/dev/null
infra=$(podctl pod inspect -f '{{.InfraContainerID}}' p)
is "a member is in its infra container's namespaces" "$(inspect '{{.HostConfig.NetworkMode}} {{.HostConfig.IpcMode}} {{.HostConfig.UTSMode}} {{.HostConfig.PidMode}}' member)" \
	"container:$infra container:$infra container:$infra private"
is "on which it depends" "$(inspect '{{.Dependencies}}' member)" "[$infra]"

# what people write for Docker
is "index of a key that is not there" "$(inspect '{{index .Config.Labels "nope"}}|{{.Config.Labels.nope}}|{{index .Config.Labels "a"}}' many)" "|<no value>|b"
is "no labels" "$(inspect '{{.Config.Labels}}' plain)" "map[]"
is "ID and Id" "$(inspect '{{.ID}}' run)" "$(inspect '{{.Id}}' run)"
is "no health check" "$(inspect '{{if .Config.Healthcheck}}yes{{else}}no{{end}} {{.State.Health.Status}}' run)" "no "
is "table before a template" "$(inspect 'table {{.Name}}' run)" run
is "a whole document" "$(inspect '{{json .}}' run | python3 -c 'import json, sys; d = json.load(sys.stdin); print((d[0] if isinstance(d, list) else d)["Name"])')" run
is "what is there of several" "$(podctl inspect -f '{{.Name}}' run nope plain 2>/dev/null)" $'run\nplain'
t_fails "and an error for the other" 125 '^Error: .*no such object: "?nope' podctl inspect -f '{{.Name}}' run nope plain
is "nothing found is an empty list" "$(podctl inspect nope 2>/dev/null)" "[]"
t_fails "a field there is not" 125 'can.t evaluate field Nope' podctl inspect -f '{{.Nope}}' run

# ---- images, volumes, pods -----------------------------------------------------------------------------------------------------
is "what an image does not say is empty" "$(podctl image inspect -f '{{.Config.Env}} {{.Config.Entrypoint}} {{.Config.User}}{{index .Config.Labels "x"}} {{.Labels}}' "$IMG")" "[] []  map[]"
is "nor has a volume options" "$(podctl volume inspect -f '{{.Status}} {{.UID}} {{.Anonymous}}' vol)" "map[] 0 false"
is "nor a pod limits" "$(podctl pod inspect -f '{{.CPUQuota}} {{.MemoryLimit}} {{.Mounts}}' p)" "0 0 []"
# Without what the clock changes.
settled() { grep -vE '"?(uptime|memFree|swapFree|.*Percent|graphRootUsed|CreatedAt|Status)' | sed -E 's/[0-9]+ (second|minute)s?( ago)?|Less than a second( ago)?|About a minute( ago)?//g'; }
for c in "inspect run" "image inspect $IMG" "volume inspect vol" "network inspect podctl" "ps -a" "images" "info" "version" "volume ls" "network ls" "system df" "history $IMG"; do
	# shellcheck disable=SC2086
	is "json and {{json .}}: $c" "$(podctl $c --format '{{ json . }}' | settled)" "$(podctl $c --format json | settled)"
done
is "info by podman's names" "$(podctl info -f '{{.Host.CgroupVersion}} {{.Host.CgroupsVersion}} {{.Store.GraphRoot}} {{.Host.OS}}')" "$(is_cgroup2 && echo v2 v2 || echo v1 v1) $ROOT linux"
like "info is YAML" "$(podctl info)" '^  graphDriverName: overlay$'
like "version by name" "$(podctl version -f '{{.Client.Version}} {{.Server.Version}}')" '^[0-9.]+ [0-9.]+$'
is "ps: an image's id is short" "$(podctl ps --filter name=run --format '{{.ImageID}}')" "$(podctl image inspect -f '{{slice .Id 0 12}}' "$IMG")"

# ---- podman's own documents -----------------------------------------------------------------------------------------------
cat >"$T/keys.py" <<'PY'
# podman's keys must be ours, with values of the same type; what is empty or null may be either
import json, sys
def kind(v):
    return 'number' if isinstance(v, (int, float)) and not isinstance(v, bool) else type(v).__name__
bad = []
def compare(path, a, b):
    if a is None or b is None or (not a and not b):
        return
    if kind(a) != kind(b):
        bad.append('%s: %s in podman, %s here' % (path, kind(a), kind(b)))
    elif isinstance(a, dict) and not path.endswith(('Annotations', '.Labels', '.Tmpfs', '.Data', '.Options')):
        for k in a:
            if k not in b:
                bad.append('%s.%s is missing' % (path, k))
            else:
                compare(path + '.' + k, a[k], b[k])
    elif isinstance(a, list) and a and b:
        compare(path + '[0]', a[0], b[0])
compare('', json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))
print('\n'.join(bad))
sys.exit(1 if bad else 0)
PY
pm() {
	CONTAINERS_CONF=$T/containers.conf podman --root "$T/pm/root" --runroot "$T/pm/run" --tmpdir "$T/pm/tmp" --storage-driver vfs \
		--cgroup-manager cgroupfs --events-backend file --runtime "$RT" "$@"
}
same_keys() { # TEXT COMMAND...
	local text=$1
	shift
	pm "$@" >"$T/theirs.json" 2>"$T/pm.err" || { skip "$text" "podman fails: $(tail -n 1 "$T/pm.err")"; return; }
	podctl "$@" >"$T/ours.json" 2>"$T/our.err" || { not_ok "$text" "$(cat "$T/our.err")"; return; }
	t "$text" python3 "$T/keys.py" "$T/theirs.json" "$T/ours.json"
}
if ! has podman || ! has conmon; then
	skip "podman's documents" "podman is not installed"
else
	printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n' >"$T/containers.conf"
	mkdir -p "$T/pm"
	at_end 'pm pod rm -fa -t 0; pm rm -af -t 0; umount -l "$T/pm/root/vfs"'
	if ! pm import -q "$T/bb.tar" "$IMG" >"$T/pm.err" 2>&1; then
		skip "podman's documents" "podman cannot import here: $(tail -n 1 "$T/pm.err")"
	else
		make() { # FLAGS...
			pm create --network none "$@" "$IMG" sleep 1000 >/dev/null 2>&1
			podctl create --network none "$@" "$IMG" sleep 1000 >/dev/null
		}
		make --name k1
		make --name k2 -v "$T:/t" -v kv:/v -m 64m --cpus 1 --ulimit core=0 --device /dev/null --label a=b --health-cmd true --add-host h:1.2.3.4 --device-read-bps /dev/null:1m
		same_keys "inspect, plain" inspect k1
		same_keys "inspect, with much" inspect k2
		same_keys "inspect -s" inspect -s k1
		same_keys "image inspect" image inspect "$IMG"
		same_keys "images" images --format json
		same_keys "ps" ps -a --format json
		same_keys "info" info --format json
		same_keys "version" version --format json
		pm volume create kv2 >/dev/null 2>&1
		podctl volume create kv2 >/dev/null
		same_keys "volume inspect" volume inspect kv2
		same_keys "volume ls" volume ls --format json
		same_keys "network ls" network ls --format json
		pm pod create --network none --infra-command /bin/sleep --infra-image "$IMG" --name kp >/dev/null 2>&1
		podctl pod create --network none --name kp >/dev/null
		same_keys "pod inspect" pod inspect kp
		same_keys "pod ps" pod ps --format json
		printf x >"$T/secret"
		pm secret create ks "$T/secret" >/dev/null 2>&1
		podctl secret create ks "$T/secret" >/dev/null
		same_keys "secret inspect" secret inspect ks
	fi
fi

# ---- what a container sees of its engine ---------------------------------------------------------------------------------------
see() { podctl run --rm --network none "$@"; }
is "an unknown user's line, and its home" "$(see -u 4242:4243 -w /tmp "$IMG" sh -c 'tail -n 1 /etc/passwd; echo $HOME; id -u; id -g')" $'4242:*:4242:4243:container user:/tmp:/bin/sh\n/tmp\n4242\n4243'
is "the image's own user keeps its home" "$(see -u web -w /tmp "$IMG" sh -c 'echo $HOME')" /home/web
is "what is set wins" "$(see -e HOME=/x -e TERM=foo "$IMG" sh -c 'echo $HOME $TERM')" "/x foo"
like "the rest of the environment" "$(see --name envc "$IMG" env | sort | tr '\n' ' ')" '^HOME=/root HOSTNAME=[0-9a-f]{12} PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=xterm container=podctl '
is ".containerenv is empty" "$(see "$IMG" sh -c 'test -e /run/.containerenv && cat /run/.containerenv')" ""
like "but for the privileged" "$(see --privileged --name cenv "$IMG" cat /run/.containerenv | tr '\n' ' ')" \
	"^engine=\"podctl-[0-9.]+\" name=\"cenv\" id=\"[0-9a-f]{64}\" image=\"$IMG\" imageid=\"[0-9a-f]{64}\" rootless=0 $"
is "/etc/mtab" "$(see "$IMG" readlink /etc/mtab)" /proc/mounts
is "the host's name in its network" "$(podctl run --rm --network host "$IMG" cat /etc/hostname)" "$(uname -n)"
is "its own elsewhere" "$(see -h some.name "$IMG" sh -c 'cat /etc/hostname; hostname')" $'some.name\nsome.name'
like "and in /etc/hosts" "$(see -h some.name --name hc "$IMG" cat /etc/hosts)" '^127\.0\.0\.1[[:space:]]some\.name hc$'
podctl pod rm -fa -t 0 >/dev/null
podctl rm -fa -t 0 >/dev/null
done_testing
