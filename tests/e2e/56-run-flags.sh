#!/bin/bash
# The flags of run and create that no other file looks at, one by one.
. "$(dirname "$0")/lib.sh"
needs cgroups busybox
import_image || { not_ok "import"; done_testing; }
run() { podctl run --network none "$@"; }
out() { run --rm "$@" 2>&1; }

# ---- environment -----------------------------------------------------------------------------------------------------
is "TERM is the engine's" "$(out "$IMG" sh -c 'echo $TERM')" xterm
is "--unsetenv" "$(out --unsetenv TERM,container "$IMG" sh -c 'echo "<$TERM$container>"')" "<>"
is "--unsetenv-all" "$(out --unsetenv-all --hostname h "$IMG" /bin/env | sort | tr '\n' ' ')" "HOME=/root HOSTNAME=h "
is "--unsetenv-all keeps what is asked for" "$(out --unsetenv-all -e A=1 "$IMG" /bin/env | grep -c ^A=1)" 1
is "--env-merge" "$(out --env-merge 'A=${TERM}x$TERM' "$IMG" sh -c 'echo $A')" xtermxxterm
is "proxies are passed on" "$(http_proxy=http://p:1 podctl run --rm --network none "$IMG" sh -c 'echo $http_proxy')" http://p:1
is "--http-proxy=false" "$(http_proxy=http://p:1 podctl run --rm --network none --http-proxy=false "$IMG" sh -c 'echo $http_proxy')" ""

# ---- users -----------------------------------------------------------------------------------------------------------
is "a user without a name gets one" "$(out -u 1234 "$IMG" tail -n 1 /etc/passwd)" "1234:*:1234:0:container user:/:/bin/sh"
is "its home is the working directory" "$(out -u 1234 -w /tmp "$IMG" tail -n 1 /etc/passwd)" "1234:*:1234:0:container user:/tmp:/bin/sh"
is "and its group" "$(out -u 1234:77 "$IMG" tail -n 1 /etc/group)" "77:x:77:1234"
is "--passwd=false" "$(out --passwd=false -u 1234 "$IMG" grep -c 1234 /etc/passwd)" 0
is "--passwd-entry" "$(out --passwd-entry 'u:x:$UID:$GID:$NAME:$HOME:/bin/q' -u 77 "$IMG" tail -n 1 /etc/passwd)" "u:x:77:0:77:/:/bin/q"
is "--hostuser" "$(out --hostuser nobody "$IMG" tail -n 1 /etc/passwd)" "$(grep ^nobody: /etc/passwd)"
t_fails "--hostuser of nobody" 125 'this host has no such user' run --rm --hostuser no.such.user "$IMG" true
is "a known user changes nothing" "$(out -u web "$IMG" sh -c 'grep -c passwd /proc/mounts')" 0
is "the primary group is a supplementary one too" "$(out -u 1000:1000 "$IMG" id -G)" 1000

# ---- init ------------------------------------------------------------------------------------------------------------
is "--init is pid 1" "$(out --init "$IMG" sh -c 'tr "\0" " " </proc/1/cmdline')" '/run/podctl-init -- sh -c tr "\0" " " </proc/1/cmdline '
t_fails "its exit code is the command's" 7 '' run --rm --init "$IMG" sh -c 'exit 7'
t_fails "a signal's too" 143 '' run --rm --init "$IMG" sh -c 'kill -TERM $$'
t_fails "a command that is not there" 127 'podctl-init: nonex: not found' run --rm --init "$IMG" nonex
t_fails "one that cannot be executed" 126 'cannot be executed' run --rm --init "$IMG" /etc/passwd
is "orphans are reaped" "$(out --init "$IMG" sh -c '(sleep 0.01 &); sleep 0.3; ps | grep -c "\[sleep\]"')" 0
run -d --name init --init "$IMG" sleep 1000 >/dev/null
start=$(date +%s%N)
t "an init hears the stop signal" podctl stop init
[ $((($(date +%s%N) - start) / 1000000)) -lt 3000 ] && ok "at once" || not_ok "at once"
is "and so did its child" "$(podctl inspect -f '{{.State.ExitCode}} {{.HostConfig.Init}}' init)" "143 true"
run -d --name init2 --init "$IMG" sh -c 'trap "exit 9" USR1; while :; do sleep 0.05; done' >/dev/null
sleep 0.2
podctl kill -s USR1 init2 >/dev/null
is "signals are passed on" "$(podctl wait init2)" 9
cp "$BUILD/podctl-pause" "$T/my-init"
is "--init-path" "$(out --init --init-path "$T/my-init" "$IMG" echo hi)" hi
t_fails "--init-path that is not there" 125 "no-init" run --rm --init --init-path /no-init "$IMG" true
t_fails "--init-path alone" 125 'needs --init' run --rm --init-path /bin/true "$IMG" true
t_fails "--init and the host's pids" 125 'not its own' run --rm --init --pid host "$IMG" true

# ---- time zone, systemd ----------------------------------------------------------------------------------------------
if [ -e /usr/share/zoneinfo/Asia/Tokyo ]; then
	is "--tz" "$(out --tz Asia/Tokyo "$IMG" date +%Z)" JST
else skip "--tz" "no zoneinfo on this host"; fi
t_fails "--tz of no zone" 125 'No/Zone' run --rm --tz No/Zone "$IMG" true
t_fails "--tz leads nowhere else" 125 'expected a time zone' run --rm --tz ../../../etc/passwd "$IMG" true
is "--systemd=always" "$(out --systemd always "$IMG" sh -c 'for d in /run /run/lock /tmp /var/log/journal; do grep -q "^tmpfs $d " /proc/mounts && echo $d; done' | tr '\n' ' ')" "/run /run/lock /tmp /var/log/journal "
podctl create --network none --systemd always --name sd "$IMG" true >/dev/null
is "its stop signal" "$(podctl inspect -f '{{.Config.StopSignal}}' sd)" 37
is "its id" "$(podctl start -a sd; podctl inspect -f '{{range .Config.Env}}{{println .}}{{end}}' sd | grep -c '^container_uuid=[0-9a-f]\{32\}$')" 1
is "--systemd=true and another command" "$(out --systemd=true "$IMG" sh -c 'grep -c "^tmpfs /run " /proc/mounts')" 0
t_fails "--systemd=maybe" 125 'there are true, false and always' run --rm --systemd=maybe "$IMG" true

# ---- files -----------------------------------------------------------------------------------------------------------
run -d --name pf --pidfile "$T/pid" --conmon-pidfile "$T/monitor" "$IMG" sleep 1000 >/dev/null
is "--pidfile" "$(cat "$T/pid")" "$(podctl inspect -f '{{.State.Pid}}' pf)"
like "--conmon-pidfile" "$(cat "/proc/$(cat "$T/monitor")/comm")" podctl-monitor
podctl restart -t 0 pf >/dev/null
is "written at each start" "$(cat "$T/pid")" "$(podctl inspect -f '{{.State.Pid}}' pf)"
podctl rm -ft 0 pf >/dev/null
is "--chrootdirs" "$(podctl run --rm --network none --chrootdirs /jail "$IMG" cat /jail/etc/hosts | grep -c localhost)" \
	"$(podctl run --rm --network none "$IMG" cat /etc/hosts | grep -c localhost)"

# ---- limits ----------------------------------------------------------------------------------------------------------
t "--device-cgroup-rule" run --rm --device-cgroup-rule 'c 10:200 rwm' --device-cgroup-rule 'a *:* r' "$IMG" true
t_fails "--device-cgroup-rule that is none" 125 'expected TYPE MAJOR:MINOR MODE' run --rm --device-cgroup-rule 'x 1:2 r' "$IMG" true
t_fails "--device-read-bps without a device" 125 'expected an absolute DEVICE:VALUE' run --rm --device-read-bps 1mb "$IMG" true
t_fails "--device-read-bps of a file" 125 'is not a block device' run --rm --device-read-bps /dev/null:1mb "$IMG" true
t_fails "--blkio-weight out of bounds" 125 'from 10 to 1000' run --rm --blkio-weight 5 "$IMG" true
disk=$(find /dev -maxdepth 1 -type b -name '[vs]d[a-z]' 2>/dev/null | head -1)
if is_cgroup2; then
	t_fails "--memory-swappiness on v2" 125 'cgroup v2' run --rm --memory-swappiness 10 "$IMG" true
	t_fails "--oom-kill-disable on v2" 125 'cgroup v2' run --rm --oom-kill-disable "$IMG" true
	is "--cgroup-conf" "$(out --cgroup-conf memory.high=1073741824 "$IMG" cat /sys/fs/cgroup/memory.high)" 1073741824
else
	is "--memory-swappiness" "$(out --memory 64m --memory-swappiness 10 "$IMG" cat /sys/fs/cgroup/memory/memory.swappiness)" 10
	is "--oom-kill-disable" "$(out --memory 64m --oom-kill-disable "$IMG" head -n 1 /sys/fs/cgroup/memory/memory.oom_control)" "oom_kill_disable 1"
	t_fails "--cgroup-conf on v1" 125 'cgroup v1' run --rm --cgroup-conf memory.high=1 "$IMG" true
	if [ -n "$disk" ] && [ -e /sys/fs/cgroup/blkio/blkio.throttle.read_bps_device ]; then
		is "--device-read-bps" "$(out --device-read-bps "$disk:1mb" "$IMG" sed 's/.* //' /sys/fs/cgroup/blkio/blkio.throttle.read_bps_device)" 1048576
	else skip "--device-read-bps" "no disk, or no blkio controller"; fi
fi

# ---- streams, order, images --------------------------------------------------------------------------------------------
is "--attach stderr" "$(run --rm -a stderr "$IMG" sh -c 'echo out; echo err >&2' 2>&1)" err
is "--attach stdin,stdout" "$(echo in | run --rm -a stdin,stdout "$IMG" cat)" in
t_fails "--attach to nothing there is" 125 'must be one of stdin' run --rm -a stdio "$IMG" true
t_fails "--attach and --detach" 125 'cannot be given together' run --rm -d -a stdout "$IMG" true
podctl create --network none --name first "$IMG" sleep 1000 >/dev/null
t "--requires" run --rm --requires first "$IMG" true
is "starts what it requires" "$(podctl inspect -f '{{.State.Status}}' first)" running
podctl create --network none --requires first --name second "$IMG" true >/dev/null
podctl stop -t 0 first >/dev/null
t "so does start" podctl start -a second
is "again" "$(podctl inspect -f '{{.State.Status}}' first)" running
t_fails "--requires of nothing" 125 'no container with name' run --rm --requires nothing "$IMG" true
arch=$(podctl image inspect -f '{{.Architecture}}' "$IMG")
t "--platform of this machine" run --rm --platform "linux/$arch" "$IMG" true
t_fails "an image for another platform is not here" 125 '' run --rm --pull never --arch s390x "$IMG" true
podctl tag "$IMG" localhost/gone:1 >/dev/null
t "--rmi of an image that has another name" run --rmi localhost/gone:1 true
t_fails "takes that name" 1 '' podctl image exists localhost/gone:1

# ---- mounts ----------------------------------------------------------------------------------------------------------
mkdir -p "$T/low/sub" "$T/up" "$T/work"
echo l >"$T/low/l"
is "-v :O shows what is there" "$(out -v "$T/low:/o:O" "$IMG" cat /o/l)" l
t "and can be written" run --rm -v "$T/low:/o:O" "$IMG" sh -c 'echo n >/o/n && rm /o/l'
is "which the host does not see" "$(ls "$T/low" | tr '\n' ' ')" "l sub "
run -d --name keeps -v "$T/low:/o:O" "$IMG" sh -c 'ls /o; echo n >/o/n; sleep 1000' >/dev/null
podctl restart -t 0 keeps >/dev/null
until_true 5 sh -c "[ \"\$($PODCTL_BIN ${PODCTL_OPTS[*]} logs keeps | wc -l)\" -ge 2 ]"
is "cp sees it as the container does" "$(podctl exec keeps sh -c 'echo z >/o/z'; podctl cp keeps:/o/z - | tar xOf -)" z
podctl rm -ft 0 keeps >/dev/null
t "with directories of one's own" run --rm -v "$T/low:/o:O,upperdir=$T/up,workdir=$T/work" "$IMG" sh -c 'echo n >/o/n'
is "it stays there" "$(cat "$T/up/n")" n
t_fails "one of them alone" 125 'belong together' run --rm -v "$T/low:/o:O,upperdir=$T/up" "$IMG" true
t_fails "O and ro" 125 'contradict' run --rm -v "$T/low:/o:O,ro" "$IMG" true
t_fails "O of a file" 125 'not a directory' run --rm -v "$T/low/l:/o:O" "$IMG" true
ln -s /etc/hostname "$T/low/link"
t "-v :U" run --rm -u web -v "$T/low:/u:U" "$IMG" sh -c 'echo y >/u/y && echo y >/u/sub/y'
is "gives all of it to the user" "$(stat -c %u "$T/low" "$T/low/l" "$T/low/sub" "$T/low/link" | sort -u)" "$(outside 1000)"
is "but not what links lead to" "$(stat -L -c %u "$T/low/link")" 0
is "a volume too" "$(out -u web -v uvol:/u:U "$IMG" sh -c 'echo 1 >/u/f && stat -c %u /u')" 1000
t_fails "idmap" 125 'without --userns' run --rm -v "$T/low:/u:idmap" "$IMG" true

# ---- refused by name ---------------------------------------------------------------------------------------------------
t "--userns=host is what is" run --rm --userns host "$IMG" true
t_fails "--userns of no mode" 125 'userns: no mode' run --rm --userns bogus "$IMG" true
t_fails "--cgroups=disabled" 125 'always has one' run --rm --cgroups disabled "$IMG" true
t_fails "--rdt-class" 125 'rdt-class:' run --rm --rdt-class x "$IMG" true
done_testing
