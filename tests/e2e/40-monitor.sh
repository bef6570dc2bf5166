#!/bin/bash
# The monitor by itself: plans and bundles made by hand, podctl-monitor spoken to with tests/e2e/monitor_drive.c.
. "$(dirname "$0")/lib.sh"
needs root busybox
[ -x "$BUILD/podctl-monitor" ] || skip_all "needs $BUILD/podctl-monitor"

RTBIN=$RT OURS=true
if [ -n "${PODCTL_RUNTIME:-}" ]; then RTBIN=$(command -v "$PODCTL_RUNTIME") OURS=false; fi
[ -x "$RTBIN" ] || skip_all "needs the runtime $RTBIN"
D=$T/monitor_drive
c_program monitor_drive "$BUILD/libmonitor.a" "$BUILD/libcodec.a" "$BUILD/libutil.a" -ljansson || { not_ok "monitor_drive compiles"; done_testing; }

mkdir -p "$RUNROOT" "$ROOT" "$T/rt" "$T/rootfs"
mount --bind "$RUNROOT" "$RUNROOT" && mount --make-private "$RUNROOT"
make_rootfs "$T/rootfs"
TOPCG=podctl-e2e-mon-$$
at_end 'find /sys/fs/cgroup -depth -type d -path "*/$TOPCG*" -exec rmdir {} \;'
at_end 'for r in "$RUNROOT"/*/; do "$D" call "$r" "{\"op\":\"STOP\",\"timeout_us\":0}"; done; sleep 0.2'

# pod NAME PLAN_EXTRA: starts a new plan; member ID ROLE EXTRA COMMAND...: adds a container; begin GO: writes it, starts it.
pod() { POD=$1 EXTRA=$2 LIST= R=$RUNROOT/$1 DATA=$ROOT/$1 CG=/$TOPCG/$1; rm -rf "$DATA"; mkdir -p "$R" "$DATA"; }
member() {
	local id=$POD-$1 role=$2 extra=$3 term=false args='' ns=',{"type":"pid"}' n
	shift 3
	case $extra in *terminal*) term=true ;; esac
	for n; do
		n=${n//\\/\\\\}
		args+=${args:+,}\"${n//\"/\\\"}\"
	done
	[ "$role" != infra ] && case $EXTRA in *'"pid"'*) ns=",{\"type\":\"pid\",\"path\":\"/proc/MONITOR/fd/14\"}" ;; esac
	mkdir -p "$R/$id/bundle" "$DATA/$id"
	cat >"$R/$id/bundle/config.json" <<-J
	{"ociVersion":"1.0.2","process":{"terminal":$term,"user":{"uid":0,"gid":0},"args":[$args],"env":["PATH=/bin","TERM=xterm"],
	"cwd":"/"},"root":{"path":"$R/$id/rootfs"},"mounts":[{"destination":"/proc","type":"proc","source":"proc"},
	{"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid","mode=755"]},
	{"destination":"/dev/pts","type":"devpts","source":"devpts","options":["newinstance","ptmxmode=0666"]}],
	"linux":{"cgroupsPath":"$CG/pod/$id","namespaces":[{"type":"mount"}$ns]}}
	J
	LIST="$LIST${LIST:+,}{\"id\":\"$id\",\"name\":\"$id\",\"role\":\"$role\",\"bundle\":\"$R/$id/bundle\",\"rootfs\":{\"lowers\":[\"$T/rootfs\"],\"upper\":\"$DATA/$id/upper\",\"work\":\"$DATA/$id/work\",\"target\":\"$R/$id/rootfs\",\"volatile\":true},\"log_path\":\"$DATA/logs/$id\",\"cgroup\":\"$CG/pod/$id\",\"autostart\":true,\"stop_timeout_us\":10000000$extra}"
}
write_plan() {
	echo "{\"version\":1,\"pod\":\"$POD\",\"name\":\"$POD\",\"run_dir\":\"$R\",\"data_dir\":\"$DATA\",\"runtime\":[\"$RTBIN\",\"--root\",\"$T/rt\"],\"runtime_ours\":$OURS,\"cleanup\":[\"/bin/sh\",\"-c\",\"echo cleanup \$0 \$1 >>$T/cleanup.log\",\"$POD\"],\"env\":[\"PATH=/bin:/usr/bin:/sbin:/usr/sbin\"],\"pod_cgroup\":\"$CG/pod\",\"cgroup\":\"$CG/monitor\"$EXTRA,\"containers\":[$LIST]}" >"$DATA/plan.json"
}
begin() { write_plan; timeout 60 "$D" $OPT start "$BUILD/podctl-monitor" "$R" "$DATA" "$1"; }
call() { timeout 60 "$D" call "$R" "$1"; }
pid_of_monitor() { call '{"op":"HELLO"}' | sed -n 's/.*"pid":\([0-9]*\).*/\1/p'; }
state() { sed -n "s/.*\"id\":\"$POD-$1\"[^}]*\"state\":\"\([a-z]*\)\".*/\1/p" "$R/status.json"; }
field() { grep -o "\"id\":\"$POD-$1\"[^}]*}" "$R/status.json" | sed 's/"last":.*//' | sed -n "s/.*\"$2\":\"*\([^,\"}]*\).*/\1/p"; }
ended() { grep -q '"ended":true' "$R/status.json"; }
gone() { ! call '{"op":"HELLO"}' >/dev/null 2>&1; }
OPT=
PROC='"cwd":"/","user":{"uid":0,"gid":0},"env":["PATH=/bin"]'
ALL='"stdin":true,"stdout":true,"stderr":true'

# ---- a pod of one
pod one ',"solo":true,"namespaces":["net","ipc","uts"],"hostname":"one"'
member c member '' /bin/sh -c 'echo out; echo err >&2; exit 7'
out=$(begin "{\"op\":\"GO\",\"attach\":\"one-c\",$ALL}")
like "its output arrives" "$out" '^O out'
like "its errors arrive" "$out" '^E err'
like "its exit code arrives last" "$(tail -1 <<<"$out")" 'EXITED.*"code":7'
is "the answer comes before output" "$(grep -nE 'ok|^O' <<<"$out" | head -1 | grep -c ok)" 1
until_true 5 ended
like "status.json has the code" "$(cat "$R/status.json")" '"exit_code":7.*"reason":"Error"'
like "the log is k8s-file" "$(sort "$DATA/logs/one-c/0.log")" '^20[0-9-]*T[0-9:.]*Z stdout F out$'
like "the log has stderr" "$(cat "$DATA/logs/one-c/0.log")" ' stderr F err$'
until_true 5 grep -q 'cleanup one' "$T/cleanup.log"
is "cleanup is executed at the end" "$(grep -c 'cleanup one' "$T/cleanup.log")" 1
is "its mounts are gone with it" "$(grep -c "$R/one-c/rootfs" /proc/self/mountinfo)" 0
is "the runtime's state is removed" "$(ls "$T/rt" | grep -c one-c)" 0

pod in ',"solo":true'
member c member ',"stdin_open":true,"stdin_once":true' /bin/sh -c 'cat; echo eof'
out=$(printf 'a line\n' | OPT=--stdin begin "{\"op\":\"GO\",\"attach\":\"in-c\",$ALL}")
like "standard input is relayed" "$out" '^O a line'
like "its end is an end of file" "$out" 'eof'

pod tty ',"solo":true'
member c member ',"terminal":true' /bin/sh -c 'stty size; test -t 0 && echo terminal'
out=$(begin "{\"op\":\"GO\",\"attach\":\"tty-c\",$ALL,\"tty_rows\":33,\"tty_cols\":77}")
like "a terminal has its size from the start" "$out" '33 77'
like "all of its output arrives" "$out" 'terminal'

pod big ',"solo":true'
member c member ',"log_max":200000' /bin/sh -c 'seq 1 20000'
out=$(begin "{\"op\":\"GO\",\"attach\":\"big-c\",$ALL}" | (sleep 1; sed -n '/^[O0-9]/ { s/^O //; p }' | tr -d '\n' | md5sum))
is "a slow starter loses nothing" "$out" "$(seq 1 20000 | tr -d '\n' | md5sum)"
t "logs are rotated" test -s "$DATA/logs/big-c/0.log.1"
t "and stay below their limit" test "$(stat -c %s "$DATA/logs/big-c/0.log")" -le 200000

# ---- starts that fail
pod nocmd ',"solo":true'
member c member '' /bin/not-there
out=$(begin "{\"op\":\"GO\",\"attach\":\"nocmd-c\",$ALL}")
like "a missing command is NOT_FOUND and named" "$out" '"kind":3.*container .nocmd-c.*not-there'
is "nothing else is said" "$(wc -l <<<"$out")" 1
until_true 5 gone
t "and the monitor is gone" gone
pod noplan ',"solo":true'
out=$("$D" start "$BUILD/podctl-monitor" "$R" "$DATA" '{"op":"GO"}')
like "a missing plan is named" "$out" 'plan.json'
pod half ''
member a infra '' /bin/sleep 1000
member b member '' /bin/sh -c 'echo ran; sleep 1000'
member c member '' /bin/not-there
out=$(begin '{"op":"GO"}')
like "one member that cannot be created undoes the pod" "$out" '"err".*half-c'
is "and none of them was started" "$(cat "$DATA/logs/half-b/0.log" 2>/dev/null | grep -c ran)" 0
pod left ',"solo":true'
member c member '' /bin/sleep 1000
write_plan
(timeout 0.01 "$D" start "$BUILD/podctl-monitor" "$R" "$DATA" '{"op":"GO"}' >/dev/null)
settled() { gone 2>/dev/null || [ "$(state c)" = running ]; }
sleep 0.5 # the monitor may not even listen yet
for i in $(seq 200); do settled && break; sleep 0.05; done
if gone 2>/dev/null; then
	ok "a starter that dies early undoes the start"
else
	is "a starter that dies after the start leaves it running" "$(state c)" running
	call '{"op":"STOP","timeout_us":0}' >/dev/null
fi

# ---- restarts
pod again ',"solo":true'
member c member ',"restart":"on-failure","restart_max":2,"backoff_us":20000' /bin/sh -c 'echo x >>/f; wc -l </f; exit 1'
out=$(begin "{\"op\":\"GO\",\"attach\":\"again-c\",$ALL}")
is "on-failure:2 starts three times and keeps the layer" "$(grep '^O' <<<"$out" | tr '\n' ' ')" "O 1 O 2 O 3 "
is "each attempt has its log" "$(ls "$DATA/logs/again-c" | tr '\n' ' ')" "0.log 1.log 2.log "
pod fresh ',"solo":true,"kube":true'
member c member ',"restart":"on-failure","restart_max":2,"backoff_us":20000,"fresh_layer":true' /bin/sh -c 'echo x >>/f; wc -l </f; exit 1'
out=$(begin "{\"op\":\"GO\",\"attach\":\"fresh-c\",$ALL}")
is "fresh_layer restarts with an empty layer" "$(grep '^O' <<<"$out" | tr '\n' ' ')" "O 1 O 1 O 1 "
until_true 5 bash -c "! ls -d '$DATA'/fresh-c/gone-* 2>/dev/null"
is "the old layers are removed" "$(ls -d "$DATA"/fresh-c/gone-* 2>/dev/null | wc -l)" 0
pod crash ',"solo":true,"kube":true'
member c member ',"restart":"always","backoff_us":60000000,"backoff_max_us":300000000' /bin/false
OPT=--detach begin '{"op":"GO"}' >/dev/null
until_true 5 grep -q CrashLoopBackOff "$R/status.json"
is "Kubernetes back-off has its name" "$(field c reason)" CrashLoopBackOff
is "the first restart was immediate" "$(field c restarts)" 1
t "a waiting container can be stopped" call '{"op":"STOP","ctr":"crash-c"}'
pod slow ',"solo":true'
member c member ',"timeout_us":200000' /bin/sleep 1000
like "a timeout kills" "$(begin "{\"op\":\"GO\",\"attach\":\"slow-c\",$ALL}" | tail -1)" '"code":137'

# ---- a pod of several
pod full ',"namespaces":["net","ipc","uts"],"hostname":"full","net_wait":true,"exit_policy":"stop","kube":true,"mounts":[{"type":"tmpfs","target":"'$RUNROOT/full/shared'","options":"size=1m,mode=1777"}]'
mkdir -p "$R/shared"
member infra infra '' /bin/sleep 1000
member i1 init ',"restart":"always","backoff_us":20000' /bin/sh -c 'echo init; test -e /again || { touch /again; exit 1; }'
member side sidecar ',"restart":"always"' /bin/sh -c 'trap "exit 0" TERM; while :; do sleep 0.05; done'
member web member ',"restart":"always"' /bin/sh -c 'trap "echo term; exit 3" TERM; echo up; while :; do sleep 0.05; done'
member app member ',"stdin_open":true' /bin/sh -c 'read x; echo got $x; sleep 1000'
out=$(OPT=--detach begin '{"op":"GO"}')
like "the starter is handed the network namespace" "$out" 'NS_READY.*\+fd'
is "the order of the start" "$(grep -o 'CTR_STARTED","ctr":"full-[a-z0-9]*' <<<"$out" | sed 's/.*-//' | tr '\n' ' ')" "infra i1 i1 side web app "
like "GO is answered last" "$(tail -1 <<<"$out")" '"ok":true'
M=$(pid_of_monitor)
for n in net ipc uts; do t "it holds the $n namespace" test -n "$(readlink /proc/$M/fd/* | grep "^$n:")"; done
is "mounts of the plan are in its own namespace" "$(grep -c "$R/shared" /proc/$M/mountinfo)/$(grep -c "$R/shared" /proc/self/mountinfo)" 1/0
mem=$(awk '/^Private_/ { n += $2 } END { print n }' /proc/$M/smaps_rollup)
t "its private memory is below 500 kB ($mem kB)" test "$mem" -le 500
is "its environment is empty" "$(tr -d '\0' </proc/$M/environ | wc -c)" 0
is "phase" "$(grep -o '"phase":"[A-Za-z]*"' "$R/status.json")" '"phase":"Running"'
out=$(printf 'hello\n' | timeout 2 "$D" --stdin talk "$R" "{\"op\":\"ATTACH\",\"ctr\":\"full-app\",$ALL}")
like "attach later, with input" "$out" 'got hello'

out=$("$D" talk "$R" "{\"op\":\"EXEC\",\"ctr\":\"full-web\",\"process\":{\"args\":[\"/bin/sh\",\"-c\",\"echo in exec; exit 5\"],$PROC}}")
like "exec has our own descriptors" "$out" '^in exec'
like "exec gives its code" "$out" 'EXITED.*"code":5'
like "a missing command in exec is NOT_FOUND" "$("$D" talk "$R" "{\"op\":\"EXEC\",\"ctr\":\"full-web\",\"process\":{\"args\":[\"/bin/nope\"],$PROC}}" 2>&1)" '"kind":3'
out=$(printf 'stty size; exit 4\n' | "$D" --stdin talk "$R" "{\"op\":\"EXEC\",\"ctr\":\"full-web\",\"tty\":true,\"rows\":30,\"cols\":90,\"process\":{\"args\":[\"/bin/sh\"],$PROC}}" | tr -d '\r')
like "exec with a terminal" "$out" '30 90'
like "and its code" "$out" '"code":4'
call "{\"op\":\"EXEC\",\"ctr\":\"full-web\",\"detach\":true,\"session\":\"s1\",\"process\":{\"args\":[\"/bin/sh\",\"-c\",\"exit 9\"],$PROC}}" >/dev/null
like "the code of a detached session is kept" "$(call '{"op":"WAIT","session":"s1"}')" '"code":9'
like "an unknown session is NOT_FOUND" "$(call '{"op":"WAIT","session":"s2"}')" '"kind":3'

like "pause" "$(call '{"op":"PAUSE","ctr":"full-app"}')" ok
is "a paused container is paused" "$(state app)" paused
like "unpause" "$(call '{"op":"UNPAUSE","ctr":"full-app"}')" ok
like "the whole pod is frozen and thawed" "$(call '{"op":"PAUSE"}')$(call '{"op":"UNPAUSE"}')" 'ok.*ok'
like "restart" "$(call '{"op":"RESTART","ctr":"full-web"}')" '"pid"'
until_true 5 grep -q up "$DATA/logs/full-web/1.log"
is "the old one heard its signal" "$(grep -c term "$DATA/logs/full-web/0.log")" 1
call '{"op":"KILL","ctr":"full-app","signal":9}' >/dev/null
like "a killed member exits with 137" "$(call '{"op":"WAIT","ctr":"full-app"}')" '"code":137'
until_true 5 grep -q 'cleanup full full-app' "$T/cleanup.log"
is "a member that ended for good is cleaned up" "$(grep -c 'cleanup full full-app' "$T/cleanup.log")" 1
like "and can be started" "$(call '{"op":"START","ctr":"full-app"}')" '"pid"'
like "but not twice" "$(call '{"op":"START","ctr":"full-app"}')" '"kind":5'
like "a root file system is handed out" "$(call '{"op":"ROOTFS_FD","ctr":"full-app"}')" '\+fd'
like "an unknown op is refused by name" "$(call '{"op":"FLY"}')" "FLY"
like "an unknown container too" "$(call '{"op":"STOP","ctr":"nobody"}')" "nobody"
like "a bad number too" "$(call '{"op":"KILL","ctr":"full-app","signal":"nine"}')" "signal"

old=$LIST LIST=
member late member '' /bin/sleep 1000
like "ADD" "$(call "{\"op\":\"ADD\",\"container\":$LIST}")" ok
like "an added member is in the plan" "$(cat "$DATA/plan.json")" full-late
is "and created" "$(state late)" created
like "it starts" "$(call '{"op":"START","ctr":"full-late"}')" '"pid"'
like "FORGET refuses a running one" "$(call '{"op":"FORGET","ctr":"full-late"}')" '"kind":5'
start=$(date +%s%N)
like "a pid 1 that cannot hear is not waited for" "$(call '{"op":"STOP","ctr":"full-late"}')" ok
t "that took 100 ms, not 10 s" test $((($(date +%s%N) - start) / 1000000)) -lt 3000
like "FORGET" "$(call '{"op":"FORGET","ctr":"full-late"}')" ok
is "a forgotten member is gone from the plan" "$(grep -c full-late "$DATA/plan.json")" 0

# infra dies: all of it starts anew
kill -9 "$(field infra pid)"
until_true 10 bash -c "grep -q '\"phase\":\"Running\"' '$R/status.json' && [ -e '$DATA/logs/full-web/2.log' ]"
until_true 10 grep -q up "$DATA/logs/full-web/2.log"
is "when infra dies the pod starts anew" "$(state infra) $(state web)" "running running"
like "stop" "$(call '{"op":"STOP"}')" ok
until_true 5 ended
is "all have ended" "$(state infra) $(state web) $(state side)" "exited exited exited"
is "the member heard its signal" "$(grep -c term "$DATA/logs/full-web/2.log")" 1

pod fail ',"exit_policy":"stop"'
member infra infra '' /bin/sleep 1000
member i1 init ',"restart":"no"' /bin/sh -c 'exit 6'
member web member '' /bin/sleep 1000
out=$(begin '{"op":"GO"}')
like "an init container that fails for good fails the pod" "$out" 'fail-i1.*exit code 6.*"ran":true'
until_true 5 ended
like "its phase is Failed" "$(cat "$R/status.json")" '"phase":"Failed"'
pod kfail ',"exit_policy":"stop","kube":true'
member infra infra '' /bin/sleep 1000
member i1 init ',"restart":"no"' /bin/sh -c 'exit 6'
member web member '' /bin/sleep 1000
like "of a played pod that is a state, not a failed start" "$(begin '{"op":"GO"}')" '"ok":true'
until_true 5 ended
like "its phase is Failed too" "$(cat "$R/status.json")" '"phase":"Failed"'
is "and its members were never started" "$(state web)" created

pod done ',"exit_policy":"stop"'
member infra infra '' /bin/sleep 1000
member a member '' /bin/true
member b member '' /bin/sh -c 'sleep 0.2'
OPT=--detach begin '{"op":"GO"}' >/dev/null
until_true 5 ended
like "when all members are done the pod has Succeeded" "$(cat "$R/status.json")" '"phase":"Succeeded"'

# ---- namespaces that are joined by descriptors of the monitor
pod join ',"namespaces":["net","ipc","uts","pid"],"hostname":"joined","sysctls":["kernel.shmmni=1234"],"exit_policy":"stop"'
member infra infra '' /bin/sleep 1000
member a member '' /bin/sh -c 'hostname; cat /proc/sys/kernel/shmmni; cat /sys/class/net/lo/operstate 2>/dev/null; echo pid $$; readlink /proc/self/ns/net; sleep 1000'
for f in "$R"/*/bundle/config.json; do
	sed -i 's|"namespaces":\[|&{"type":"network","path":"/proc/MONITOR/fd/10"},{"type":"ipc","path":"/proc/MONITOR/fd/11"},{"type":"uts","path":"/proc/MONITOR/fd/12"},|' "$f"
done
printf '#!/bin/sh\nsed -i "s|/proc/MONITOR/|/proc/$1/|g" "%s"/*/bundle/config.json\n' "$R" >"$T/hook"
chmod +x "$T/hook"
like "members join the held namespaces" "$(OPT=--detach DRIVE_HOOK=$T/hook begin '{"op":"GO"}' | tail -1)" '"ok":true'
until_true 5 grep -q 'net:' "$DATA/logs/join-a/0.log"
out=$(sed 's/.* stdout F //' "$DATA/logs/join-a/0.log")
like "hostname" "$out" '^joined$'
like "sysctl" "$out" '^1234$'
is "the network is the one the monitor holds" "$(grep net: <<<"$out")" "$(readlink "/proc/$(pid_of_monitor)/fd/10")"
is "the pid namespace is infra's" "$(readlink /proc/$(field a pid)/ns/pid)" "$(readlink /proc/$(field infra pid)/ns/pid)"
[ "$(readlink /proc/$(field a pid)/ns/pid)" != "$(readlink /proc/self/ns/pid)" ] && ok "and not ours" || not_ok "and not ours"
like "stop" "$(call '{"op":"STOP","cleans":true}')" ok

# ---- a killed monitor
pod killed ',"exit_policy":"stop"'
member infra infra '' /bin/sleep 1000
member web member '' /bin/sh -c 'trap "echo term; exit 3" TERM; while :; do echo tick; sleep 0.1; done'
member app member '' /bin/sleep 1000
OPT=--detach begin '{"op":"GO"}' >/dev/null
web=$(field web pid)
kill -9 "$(pid_of_monitor)"
sleep 0.3
t "its containers survive" kill -0 "$web"
before=$(wc -l <"$DATA/logs/killed-web/0.log")
like "it is adopted" "$("$D" adopt "$BUILD/podctl-monitor" "$R" "$DATA")" '"ok":true'
like "only once" "$("$D" adopt "$BUILD/podctl-monitor" "$R" "$DATA" 2>&1)" 'HUP|Broken pipe|the pod has ended'
until_true 5 bash -c "[ \$(wc -l <'$DATA/logs/killed-web/0.log') -gt $before ]"
t "and its logs go on" test "$(wc -l <"$DATA/logs/killed-web/0.log")" -gt "$before"
like "exec works" "$("$D" talk "$R" "{\"op\":\"EXEC\",\"ctr\":\"killed-web\",\"process\":{\"args\":[\"/bin/true\"],$PROC}}")" '"code":0'
like "a start is refused with the reason" "$(call '{"op":"START","ctr":"killed-app"}')" 'monitor was killed'
call '{"op":"KILL","ctr":"killed-app","signal":9}' >/dev/null
like "codes that cannot be known are 137" "$(call '{"op":"WAIT","ctr":"killed-app"}')" '"code":137'
is "and say so" "$(field app reason)" ContainerStatusUnknown
like "stop" "$(call '{"op":"STOP"}')" ok
is "the member heard its signal" "$(grep -c term "$DATA/logs/killed-web/0.log")" 1

# ---- odd clients
pod odd ',"solo":true'
member c member '' /bin/sh -c 'sleep 0.3; yes | head -c 6000000'
OPT=--detach begin '{"op":"GO"}' >/dev/null
out=$("$D" talk "$R" "{\"op\":\"ATTACH\",\"ctr\":\"odd-c\",\"stdout\":true}" | (sleep 2; tail -1))
like "a slow reader is dropped, the container is not held up" "$out" 'DROPPED'
until_true 5 ended
is "it ended by itself" "$(field c exit_code)" 0
done_testing
