#!/bin/bash
# cgroup v2 under systemd: a transient scope per pod, its limits and its end; the same by cgroupfs.  As root and as a user.
. "$(dirname "$0")/lib.sh"
needs cgroup2 systemd busybox jq
sc=(systemctl) run=(systemd-run --quiet)
if [ "$(id -u)" != 0 ]; then
	sc=(systemctl --user) run=(systemd-run --user --quiet)
	has newuidmap || skip_all "needs newuidmap"
fi
"${sc[@]}" show-environment >/dev/null 2>&1 || skip_all "systemd does not answer $(id -un) (no login session)"
import_image || { not_ok "import"; done_testing; }
PC="$PODCTL_BIN ${PODCTL_OPTS[*]}"
units() { "${sc[@]}" list-units --all --plain --no-legend "podctl*-$1*.scope" | awk '{ print $1 }'; }
group_of() { sed -n 's/^0:://p' "/proc/$1/cgroup"; }
pid_of() { podctl inspect --format '{{.State.Pid}}' "$1"; }
at() { cat "/sys/fs/cgroup$1/$2" 2>/dev/null; }
before=$(machine_state)

id=$(podctl run -d --name one $IMG sleep 1000)
unit=$(units "$id")
like "run makes a scope" "$unit" "^podctl.*-$id\.scope$"
is "it is delegated, and its tasks are not limited twice" "$("${sc[@]}" show -p Delegate -p TasksMax --value "$unit" | tr '\n' ' ')" "yes infinity "
cg=$(group_of "$(pid_of one)")
like "the container stands below the scope" "$cg" "/$unit/pod/[0-9a-f]{64}$"
is "inspect says so" "$(podctl inspect --format '{{.State.CgroupPath}}' one)" "$cg"
like "the monitor stands beside it" "$(cat "/proc/$(at "${cg%/*/*}/monitor" cgroup.procs)/comm")" ^podctl-monitor$
is "inside it is the root" "$(podctl exec one sed -n 's/^0:://p' /proc/self/cgroup)" /
up=${cg%/*}
offered=" $(at "${up%/*}" cgroup.controllers) "
like "exec runs in the same one" "$(podctl exec -d one sleep 999; sleep 0.3; group_of "$(pgrep -fx 'sleep 999' | head -1)")" "^$cg"
[[ $offered = *" pids "* ]] && is "the default limit of processes" "$(at "$cg" pids.max)" 2048 || skip "the default limit of processes" "no pids controller is handed down here"
if [[ $offered = *" memory "* && $offered = *" cpu "* && $offered = *" pids "* ]]; then
	podctl run -d --name lim --memory 64m --cpus 0.5 --pids-limit 77 --cpu-shares 512 $IMG sleep 1000 >/dev/null
	g=$(group_of "$(pid_of lim)")
	is "limits are set" "$(at "$g" memory.max) $(at "$g" cpu.max) $(at "$g" pids.max)" "67108864 50000 100000 77"
	is "the kernel ends who takes too much, with 137" "$(podctl run --rm --memory 24m $IMG sh -c 'x=0123456789abcdef; while :; do x=$x$x; done' >/dev/null 2>&1; echo $?)" 137
	podctl rm -f -t 0 lim >/dev/null
else
	t_fails "a limit without its controller is refused by name" 125 "memory" podctl run --rm --memory 64m $IMG true
fi

t "stop" podctl stop -t 0 one
until_true 5 bash -c "! ${sc[*]} list-units --all --plain --no-legend 'podctl*-$id.scope' | grep -q ."
is "no unit is left of a stopped container" "$(units "$id")" ""
is "and no cgroup" "$(find /sys/fs/cgroup -type d -name "*$id*" 2>/dev/null)" ""
t "start makes it anew" bash -c "$PC start one && $PC exec one true"
is "one unit" "$(units "$id")" "$unit"
s=$SECONDS
t "stopping the unit ends the container" "${sc[@]}" stop "$unit"
[ $((SECONDS - s)) -lt 25 ] && ok "without waiting for a time-out" || not_ok "without waiting for a time-out" "$((SECONDS - s)) s"
t "ps sees it" until_true 5 bash -c "[ \"\$($PC inspect --format '{{.State.Status}}' one)\" = exited ]"
t "and it starts again" podctl start one
t "SIGKILL for all of the unit" "${sc[@]}" kill -s KILL "$unit"
t "is seen as well" until_true 5 bash -c "[ \"\$($PC inspect --format '{{.State.Status}} {{.State.ExitCode}}' one)\" = 'exited 137' ]"
t "rm" podctl rm -f -t 0 one

# nobody but its own cleaner, which sits in the scope, is there at its end
id=$(podctl run -d --name self --network none $IMG sh -c 'sleep 1; exit 5')
t "a container that ends by itself" until_true 10 bash -c "[ ! -e '$RUNROOT/pods/$id/ctl' ] && [ -z \"\$(${sc[*]} list-units --all --plain --no-legend 'podctl*-$id.scope')\" ]"
is "leaves nothing but its status" "$(podctl inspect --format '{{.State.ExitCode}}' self) $(ls "$RUNROOT/pods/$id")" "5 lock"
t "starts again at once, time after time" bash -c "for i in 1 2 3; do $PC start self && $PC wait self || exit 1; done"
podctl rm -f -t 0 self >/dev/null

# who started it may go
t "run from a unit that ends" "${run[@]}" --wait --collect --pipe "$PODCTL_BIN" "${PODCTL_OPTS[@]}" run -d --name out $IMG sleep 1000
sleep 0.3
is "the container outlives it" "$(podctl exec out echo alive)" alive
podctl rm -f -t 0 out >/dev/null
is "run inside a unit with Delegate=yes" "$("${run[@]}" --wait --collect --pipe -p Delegate=yes "$PODCTL_BIN" "${PODCTL_OPTS[@]}" run --rm $IMG echo in)" in

pids=
for i in 1 2 3 4; do podctl run -d --name par$i $IMG sleep 1000 >/dev/null & pids="$pids $!"; done
rc=0
for i in $pids; do wait $i || rc=1; done
is "four at once" "$rc $("${sc[@]}" list-units --plain --no-legend 'podctl*.scope' | grep -cE '[0-9a-f]{64}\.scope')" "0 4"
podctl rm -fa -t 0 >/dev/null

# without systemd's help
if [ "$(id -u)" = 0 ]; then
	id=$(podctl --cgroup-manager cgroupfs run -d --name fs $IMG sleep 1000)
	is "cgroupfs makes no scope" "$(units "$id")" ""
	like "but a cgroup of ours" "$(group_of "$(pid_of fs)")" "^/podctl[^/]*/$id"
	is "exec finds it whatever the manager" "$(podctl exec fs echo x)" x
	t "rm by either manager" podctl rm -f -t 0 fs
	is "nothing is left of it" "$(find /sys/fs/cgroup -type d -name "*$id*")" ""
else
	is "a user without delegation runs without limits" "$(podctl --cgroup-manager cgroupfs run --rm $IMG echo x)" x
	t_fails "a limit is refused with its reason" 125 "cgroup" podctl --cgroup-manager cgroupfs run --rm --memory 64m $IMG true
fi
t_fails "another manager is refused" 125 "systemd and cgroupfs" podctl --cgroup-manager upstart ps

# units that ended took the cleaners of their last containers with them: a later command does it, when they are overdue
sleep 3.1
podctl ps >/dev/null
until_true 5 bash -c '[ "$1" = "$(machine_state)" ]' _ "$before" || true
is "no unit is left" "$("${sc[@]}" list-units --all --plain --no-legend 'podctl*' | grep -E '[0-9a-f]{64}')" ""
is "the machine is as before" "$(machine_state)" "$before"
done_testing
