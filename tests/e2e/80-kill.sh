#!/bin/bash
# The kill matrix: SIGKILL of podctl, the monitor and the runtime in the middle of things.  The next command finds the truth,
# rm -f leaves nothing.  KILL_ROUNDS scales it.
. "$(dirname "$0")/lib.sh"
needs root busybox strace
import_image
before=$(machine_state)
rounds=${KILL_ROUNDS:-12}
clean() { # nothing of the container 'k' is left
	podctl rm -f -t 0 k >/dev/null 2>&1
	podctl ps -a --format '{{.Names}}' | grep -qx k && return 1
	podctl run --rm --network none --name k $IMG true
}

# podctl itself, killed at its n-th system call; strace injects the signal
kill_at() { # SYSCALLS N CMD...
	local sys=$1 n=$2
	shift 2
	timeout 60 strace -qq -o /dev/null -e trace="$sys" -e inject="$sys":signal=KILL:when="$n" "$PODCTL_BIN" "${PODCTL_OPTS[@]}" "$@" >/dev/null 2>&1 </dev/null
}
for verb in "run -d --network none --name k $IMG sleep 100" "create --network none --name k $IMG true" "run --rm --network none --name k $IMG true"; do
	bad=0
	for sys in openat mkdirat,mkdir sendmsg,sendto pwrite64,write clone,vfork,clone3; do
		for n in $(seq 1 $rounds); do
			kill_at $sys $n $verb
			podctl ps -a >/dev/null 2>&1 || bad=$((bad + 1))
			clean >/dev/null 2>&1 || { bad=$((bad + 1)); echo "# $verb: $sys $n"; }
		done
	done
	is "podctl ${verb%% *} killed at $((rounds * 5)) places: the next command works, rm -f leaves nothing" $bad 0
done
for verb in "stop -t 0 k" "rm -f -t 0 k" "kill k" "start k"; do
	bad=0
	for n in $(seq 1 $rounds); do
		podctl rm -f -t 0 k >/dev/null 2>&1
		podctl run -d --network none --name k $IMG sleep 100 >/dev/null 2>&1 || bad=$((bad + 1))
		[ "${verb%% *}" != start ] || podctl stop -t 0 k >/dev/null 2>&1
		kill_at openat,sendmsg,sendto,unlinkat,pwrite64 $((n * 3)) $verb
		podctl ps -a >/dev/null 2>&1 || bad=$((bad + 1))
		clean >/dev/null 2>&1 || { bad=$((bad + 1)); echo "# $verb: $n"; }
	done
	is "podctl ${verb%% *} killed at $rounds places" $bad 0
done

# the monitor
monitor_of() { podctl inspect --format '{{.State.ConmonPid}}' "$1" 2>/dev/null; }
monitors() { local p; for p in $(pgrep podctl-monitor); do tr '\0' ' ' <"/proc/$p/environ" 2>/dev/null | grep -q . ; readlink "/proc/$p/fd/5" 2>/dev/null | grep -q "^$RUNROOT" && echo "$p"; done; }
podctl run -d --network none --name k $IMG sh -c 'trap "exit 7" TERM; echo up; while :; do sleep 0.1; done' >/dev/null
sleep 0.3
pid=$(podctl inspect --format '{{.State.Pid}}' k)
mon=$(awk '/^PPid/ { print $2 }' "/proc/$pid/status")
kill -9 "$mon"
sleep 0.2
t "the container survives its monitor" kill -0 "$pid"
is "ps tells the truth" "$(podctl ps --format '{{.Names}}')" k
is "logs are there" "$(podctl logs k | head -1)" up
is "exec works again (adopted)" "$(podctl exec k echo adopted)" adopted
t "stop works" podctl stop -t 2 k
is "it is stopped" "$(podctl ps -q | wc -l)" 0
t "it starts again" podctl start k
t "rm -f" podctl rm -f -t 0 k
podctl run -d --network none --name k $IMG sleep 100 >/dev/null
pid=$(podctl inspect --format '{{.State.Pid}}' k)
kill -9 "$(awk '/^PPid/ { print $2 }' "/proc/$pid/status")" "$pid"
sleep 0.2
is "monitor and container killed: it is exited" "$(podctl ps -a --format '{{.State}}')" exited
t "and can be removed" podctl rm k
bad=0
for n in $(seq 1 $rounds); do
	podctl run -d --network none --name k $IMG sleep 100 >/dev/null 2>&1 &
	p=$!
	for _ in 1 2 3 4 5 6 7 8; do for m in $(monitors); do kill -9 "$m"; done; sleep 0.00$((n % 10)); done
	wait $p
	podctl ps -a >/dev/null 2>&1 || bad=$((bad + 1))
	clean >/dev/null 2>&1 || { bad=$((bad + 1)); echo "# monitor killed, round $n"; }
done
is "the monitor killed while starting, $rounds times" $bad 0
bad=0
for n in $(seq 1 $rounds); do
	podctl run -d --network none --name k $IMG sleep 100 >/dev/null 2>&1 &
	p=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do pkill -9 -f "podctl-runtime --root $RUNROOT"; sleep 0.001; done
	wait $p
	podctl ps -a >/dev/null 2>&1 || bad=$((bad + 1))
	clean >/dev/null 2>&1 || { bad=$((bad + 1)); echo "# runtime killed, round $n"; }
done
is "the runtime killed while starting, $rounds times" $bad 0

# two commands at once
bad=0
for n in $(seq 1 $rounds); do
	podctl run -d --network none --name k $IMG sleep 100 >/dev/null 2>&1 & a=$!
	podctl run -d --network none --name k $IMG sleep 100 >/dev/null 2>&1 & b=$!
	wait $a; ra=$?
	wait $b; rb=$?
	[ "$ra$rb" = 0125 ] || [ "$ra$rb" = 1250 ] || { bad=$((bad + 1)); echo "# two runs of one name: $ra $rb"; }
	podctl rm -f -t 0 k >/dev/null 2>&1 & a=$!
	podctl rm -f -t 0 k >/dev/null 2>&1 & b=$!
	podctl stop -t 0 k >/dev/null 2>&1 & c=$!
	wait $a $b $c
	[ "$(podctl ps -aq | wc -l)" = 0 ] || { bad=$((bad + 1)); podctl rm -f k; }
done
is "two commands at once on one name, $rounds rounds" $bad 0
sleep 1
is "the machine is as before" "$(machine_state )" "$(echo "$before")"
is "no directory is left below runroot/pods" "$(ls "$RUNROOT/pods" 2>/dev/null | wc -l)" 0
is "no directory is left below root/pods" "$(ls "$ROOT/pods" 2>/dev/null | wc -l)" 0
done_testing
