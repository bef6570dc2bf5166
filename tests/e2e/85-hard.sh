#!/bin/bash
# A machine that is treated badly: no memory, no descriptors, a state directory that cannot be written, a dead nft, a bridge or
# table that somebody removed, a clock that jumps.  One clear error each, nothing left, and it works again afterwards.  HARD_ROUNDS scales it.
. "$(dirname "$0")/lib.sh"
needs root busybox bridge
rounds=${HARD_ROUNDS:-${VM:+3}}
rounds=${rounds:-12}
import_image
. "$E2E/world.sh"
cat >"$T/hp.yaml" <<E2
apiVersion: v1
kind: ConfigMap
metadata: {name: hp-conf}
data: {a: b}
---
apiVersion: v1
kind: Pod
metadata: {name: hp}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: a, image: $IMG, imagePullPolicy: Never, command: [sleep, "1000"], volumeMounts: [{name: v, mountPath: /v}], ports: [{containerPort: 80, hostPort: $port}]}
  - {name: b, image: $IMG, imagePullPolicy: Never, command: [sleep, "1000"], volumeMounts: [{name: c, mountPath: /c}]}
  volumes: [{name: v, emptyDir: {}}, {name: c, configMap: {name: hp-conf}}]
E2
clean() {
	podctl ps -a >/dev/null && podctl rm -f -t 0 h && podctl kube down "$T/hp.yaml" || return 1
	podctl import -q "$T/small.tar" localhost/other && podctl rmi localhost/other || return 1
	! podctl ps -a --format '{{.Names}}' | grep -E '^h(p-.*)?$' || return 1
	podctl run --rm --network none --name h $IMG true
}
one_error() { # STATUS FILE PATTERN: an engine's failure, said once, for this reason
	[ "$1" = 125 ] && [ "$(grep -c '^Error: ' "$2")" = 1 ] && [ "$(wc -l <"$2")" -le 4 ] && grep -qiE "$3" "$2"
}
podctl run --rm --network bridge $IMG true
podctl import -q "$T/small.tar" localhost/other >/dev/null && podctl rmi localhost/other >/dev/null
until_true 3 sh -c "! ls '$RUNROOT/pods' | grep -q ."
before=$(machine_state)

# no memory: the n-th request of podctl and all after it fail
hungry() { # TEXT CMD...
	local text=$1 total n i rc bad=0 span
	shift
	rm -f "$T/count"
	LD_PRELOAD=$T/faulty.so FAULTY=podctl FAULTY_COUNT=$T/count "$T/bin/podctl" "${PODCTL_OPTS[@]}" "$@" >/dev/null 2>"$T/err" </dev/null
	until_true 3 test -s "$T/count"
	total=$(cat "$T/count")
	clean >/dev/null 2>&1
	for i in $(seq 1 $((rounds * 2))); do
		n=$((1 + (i - 1) * (total - 1) / (rounds * 2) + RANDOM % (total / rounds / 2 + 1)))
		[ $n -le $total ] || n=$total
		span=ever
		[ $((i % 2)) = 0 ] || span=once
		LD_PRELOAD=$T/faulty.so FAULTY=podctl FAULTY_MALLOC=$n FAULTY_FOR=$span timeout 30 "$T/bin/podctl" "${PODCTL_OPTS[@]}" "$@" >/dev/null 2>"$T/err" </dev/null
		rc=$?
		[ $rc = 0 ] || one_error $rc "$T/err" 'memory' || { bad=$((bad + 1)); echo "# $text, request $n of $total ($span): exit $rc"; head -5 "$T/err" | sed 's/^/#   /'; }
		clean >"$T/why" 2>&1 || { bad=$((bad + 1)); echo "# after $text, request $n ($span):"; sed 's/^/#   /' "$T/why"; }
	done
	settled "$text without memory at $((rounds * 2)) of $total places" $bad
}
if [ -x "$BUILD/tests/dynamic/podctl" ] && "$BUILD/tests/dynamic/podctl" --version >/dev/null 2>&1 && has "${CC:-cc}"; then
	${CC:-cc} -shared -fPIC -O1 -D_GNU_SOURCE -o "$T/faulty.so" "$E2E/faulty.c" || exit 1
	mkdir "$T/bin" && cp "$BUILD"/podctl-* "$BUILD/tests/dynamic/podctl" "$T/bin/"
	hungry "ps" ps -a
	hungry "run" run -d --network bridge -p $port:80 --name h $IMG sleep 100
	hungry "play kube" play kube "$T/hp.yaml"
	hungry "kube down" kube down "$T/hp.yaml"
	hungry "import" import -q "$T/small.tar" localhost/other
	hungry "images" images
else
	skip "no memory" "needs a C compiler and the shared libraries of $BUILD/tests/dynamic/podctl"
fi

# no descriptors
narrow() { # TEXT CMD...
	local text=$1 n rc bad=0 failed=0
	shift
	for n in 3 4 5 6 7 8 9 10 11 12 13 14 16 18 20 24 28 32; do
		(ulimit -n $n && exec "$PODCTL_BIN" "${PODCTL_OPTS[@]}" "$@") >/dev/null 2>"$T/err" </dev/null
		rc=$?
		[ $rc = 0 ] || failed=$((failed + 1))
		[ $rc = 0 ] || one_error $rc "$T/err" 'Too many open files|descriptors' || { bad=$((bad + 1)); echo "# $text with $n descriptors: exit $rc"; head -5 "$T/err" | sed 's/^/#   /'; }
		clean >"$T/why" 2>&1 || { bad=$((bad + 1)); echo "# after $text with $n descriptors:"; sed 's/^/#   /' "$T/why"; }
	done
	[ $failed -gt 0 ] || bad=never
	settled "$text with few descriptors: one clear error" $bad
}
narrow "ps" ps -a
narrow "run" run -d --network bridge -p $port:80 --name h $IMG sleep 100
narrow "play kube" play kube "$T/hp.yaml"
narrow "import" import -q "$T/small.tar" localhost/other

# one system call that fails once: said, undone, and nobody waits for a pod that was started and will not end
failing() { # TEXT CALL ERRNO PATH-OR-EMPTY PATTERN CMD...
	local text=$1 call=$2 errno=$3 path=$4 pattern=$5 n rc bad=0 failed=0
	shift 5
	for n in $(seq 1 60); do
		podctl create --network none --name h $IMG sleep 100 >/dev/null
		timeout -s KILL 60 strace -qq -o "$T/log" ${path:+-P "$path"} -e trace="$call" -e inject="$call:error=$errno:when=$n" \
			"$PODCTL_BIN" "${PODCTL_OPTS[@]}" "$@" >/dev/null 2>"$T/err" </dev/null
		rc=$?
		[ $rc = 0 ] || failed=$((failed + 1))
		[ $rc = 0 ] || one_error $rc "$T/err" "$pattern" || { bad=$((bad + 1)); echo "# $text, call $n: exit $rc"; head -5 "$T/err" | sed 's/^/#   /'; }
		clean >"$T/why" 2>&1 || { bad=$((bad + 1)); echo "# after $text, call $n:"; sed 's/^/#   /' "$T/why"; }
		grep -q INJECTED "$T/log" || break
	done
	[ $failed -gt 0 ] || bad=never
	settled "$text" $bad
}
if has strace && strace -qq -o "$T/log" -e trace=read -e inject=read:error=EIO:when=1000 true 2>/dev/null; then
	failing "a full disk while a container is started" pwrite64 ENOSPC "" 'no space left' start h
	failing "an answer that cannot be read" recvmsg ENOMEM "" 'memory' start h
	failing "no descriptor for the database's journal" openat EMFILE "$ROOT/db.sqlite-wal" 'descriptors|too many open files' run -d --replace --network none --name h $IMG sleep 100
else
	skip "one system call that fails" "needs strace, and that it may trace"
fi

# a dead nft: containers without network run, a bridge says what is wrong; the table is made by the next who can
nft delete table inet "podctl-$SUFFIX"
printf '#!/bin/sh\necho "nft: broken" >&2\nexit 1\n' >"$T/nft"
chmod 755 "$T/nft"
without_nft() { unshare -m --propagation private sh -c 'mount --bind "$0" "$(command -v nft)" && exec "$@"' "$T/nft" "$PODCTL_BIN" "${PODCTL_OPTS[@]}" "$@"; }
t_fails "a dead nft: a bridge is refused, with nft's own words" 125 '^Error: .*nft' without_nft run --rm --network bridge -p $port:80 $IMG true
t "without network it runs" without_nft run --rm --network none $IMG true
t "a table that was gone is made again" podctl run --rm --network bridge -p $port:80 $IMG true
podctl run -d --network bridge -p $port:80 --name h $IMG sh -c 'mkdir /w; echo hello >/w/index.html; exec httpd -f -p 80 -h /w' >/dev/null
nft delete table inet "podctl-$SUFFIX"
t "the next start makes the table again" podctl run --rm --network bridge $IMG true
t "a container whose rules were removed starts anew" podctl restart -t 0 h
until_true 3 curl -sf "http://127.0.0.1:$port/"
is "and is published again" "$(curl -s "http://127.0.0.1:$port/")" hello
ip link delete "podctl-$SUFFIX"
t "a bridge that was removed is made again" podctl run --rm --network bridge $IMG true
t "the container on it starts anew" podctl restart -t 0 h
until_true 3 curl -sf "http://127.0.0.1:$port/"
is "and answers" "$(curl -s "http://127.0.0.1:$port/")" hello
t "rm -f" podctl rm -f -t 0 h
settled "nothing is left of it" 0

# a clock that jumps by a year each time somebody looks at it
if [ -f "$T/faulty.so" ]; then
	mkdir "$T/jump" && cp "$BUILD"/podctl* "$T/jump/" && mv "$T/jump/podctl-monitor" "$T/jump/monitor"
	mkdir "$T/jump/real" && mv "$T/jump/monitor" "$T/jump/real/podctl-monitor"
	printf '#!/bin/sh\nLD_PRELOAD=%s FAULTY=podctl-monitor FAULTY_CLOCK=31536000 exec %s "$@"\n' "$T/faulty.so" "$T/jump/real/podctl-monitor" >"$T/jump/podctl-monitor"
	chmod 755 "$T/jump/podctl-monitor"
	jumping() { timeout 30 "$T/jump/podctl" "${PODCTL_OPTS[@]}" "$@"; }
	t "a jumping clock: run" jumping run -d --network none --name h --restart on-failure:2 $IMG sh -c 'trap "exit 0" TERM; echo up; while :; do sleep 0.1; done'
	until_true 3 sh -c "'$PODCTL_BIN' ${PODCTL_OPTS[*]} logs h | grep -q up"
	s=$EPOCHREALTIME
	t "stop" jumping stop -t 20 h
	is "takes no longer than it must" "$(awk -v a="$s" -v b="$EPOCHREALTIME" 'BEGIN { print (b - a < 5) }')" 1
	podctl rm -f -t 0 h >/dev/null
	s=$EPOCHREALTIME
	jumping run -d --network none --name h --timeout 2 $IMG sleep 100 >/dev/null
	jumping wait h >/dev/null
	is "--timeout 2 is two seconds" "$(awk -v a="$s" -v b="$EPOCHREALTIME" 'BEGIN { print (b - a > 1.8 && b - a < 6) }')" 1
	t "rm" podctl rm -f -t 0 h
	settled "nothing is left of it" 0
else
	skip "a clock that jumps" "needs a C compiler"
fi

done_testing
