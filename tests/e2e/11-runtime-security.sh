#!/bin/bash
# podctl-runtime against hostile images, hostile containers and failing system calls.
. "$(dirname "$0")/lib.sh"
needs root busybox python3
. "$E2E/rtlib.sh"
rt_bundle

# --- the host's directories (CVE-2024-21626)
cfg 'sh("ls /proc/self/fd | tr \"\\n\" \" \"")'
is "no descriptor of the caller reaches the container" "$(R run -b "$B" "$ID" 7</ 11</etc </dev/null)" "0 1 2 3 " # 3: ls itself
bad=0
for n in 3 4 5 6 7 8 9 10 11 12 13 14 15; do
	cfg "c['process']['cwd']='/proc/self/fd/$n'; sh('echo in; ls')"
	R run -b "$B" "$ID" 7</ 11</etc </dev/null >"$T/out" 2>&1 && grep -q '^etc$\|^passwd$' "$T/out" && bad=$((bad + 1))
	R delete --force "$ID" 2>/dev/null
done
is "no /proc/self/fd/N as cwd leads out of the container" "$bad" 0
cfg 'sh("sleep 1000")'
Rq run -d -b "$B" "$ID"
bad=0
for n in 3 4 5 6 7 8 9 10 11 12 13 14 15; do
	R exec --cwd "/proc/self/fd/$n" "$ID" /bin/ls 7</ 11</etc </dev/null 2>/dev/null | grep -q '^boot$\|^passwd$' && bad=$((bad + 1))
done
is "nor does one of exec" "$bad" 0

# --- the runtime's binary (CVE-2019-5736)
cat >"$B/rootfs/attack" <<-'A'
	#!/bin/sh
	# opens what any process that is not busybox runs, and writes to it once that process is gone
	while :; do
		for p in /proc/[0-9]*; do
			case $(readlink "$p/exe" 2>/dev/null) in
			*busybox | "") ;;
			*) exec 3<"$p/exe" && { echo seen >>/tmp/seen; (echo pwned >/proc/self/fd/3) 2>/dev/null && echo wrote >>/tmp/wrote; } ;;
			esac
		done 2>/dev/null
	done
A
chmod +x "$B/rootfs/attack"
ln -sf /proc/self/exe "$B/rootfs/bin/self"
printf '#!/proc/self/exe\n' >"$B/rootfs/bin/script"
chmod +x "$B/rootfs/bin/script"
sum=$(sha256sum <"$RT")
Rq exec -d "$ID" /attack
for n in 1 2 3 4 5 6 7 8 9 10; do
	Rq exec "$ID" /bin/self --version
	Rq exec "$ID" /bin/script --version
	Rq exec "$ID" /bin/true
done
is "a container cannot write to the runtime that enters it" "$(sha256sum <"$RT")$(R exec "$ID" /bin/cat /tmp/wrote 2>/dev/null)" "$sum"
R delete --force "$ID"
cfg 'c["root"]["readonly"]=False; c["process"]["args"]=["/bin/self", "--version"]'
run >/dev/null 2>&1
is "nor to the one that starts it" "$(sha256sum <"$RT")" "$sum"

# --- while it waits for start
cfg 'sh("sleep 1000")'
Rq create -b "$B" "$ID"
t_fails "a waiting init cannot be looked into" 1 "" R exec "$ID" /bin/readlink /proc/1/exe
t_fails "nor its environment" 1 "ermission denied" R exec "$ID" /bin/cat /proc/1/environ
R delete --force "$ID"

# --- links in the image
mkdir -p "$B/rootfs/race" "$T/victim"
ln -sfn "$T/victim" "$B/rootfs/race/out"
cfg "mnt('/race/out/in', 'tmpfs', 'tmpfs'); mnt('/race/out/file', 'bind', '/etc/hostname', 'bind'); sh('true')"
run
is "an absolute link is one inside the root" "$(ls -A "$T/victim")" ""
ln -sfn "../../../../../../../../../..$T/victim" "$B/rootfs/race/out"
run
is "and so is a relative one" "$(ls -A "$T/victim")" ""
rm -rf "$B/rootfs${T:?}"
for what in dev/null dev/console; do
	rm -rf "$B/rootfs/dev"
	mkdir "$B/rootfs/dev"
	: >"$T/host-file"
	ln -s "$T/host-file" "$B/rootfs/$what"
	cfg "without('/dev'); mnt('/dev/pts', 'devpts', 'devpts', 'newinstance', 'ptmxmode=0666', 'mode=0620'); c['root']['readonly']=False; c['process']['terminal']='$what' == 'dev/console'; sh('echo written >/$what')"
	run >/dev/null 2>&1
	is "/$what as a link of the image leads nowhere (CVE-2025-31133, CVE-2025-52565)" "$(cat "$T/host-file")" ""
done
rm -rf "$B/rootfs/dev"
mkdir "$B/rootfs/dev"

# --- a directory that is exchanged with a link while it is being mounted on (CVE-2021-30465)
cat >"$T/exchange.py" <<-'P'
	import ctypes, os, sys
	libc = ctypes.CDLL(None)
	a, b = (os.fsencode(p) for p in sys.argv[1:3])
	while True:
	    libc.renameat2(-100, a, -100, b, 2)
P
mkdir -p "$B/rootfs/race/a"
ln -sfn "../../../../../../../../../..$T/victim" "$B/rootfs/race/b"
echo secret >"$T/victim/secret"
python3 "$T/exchange.py" "$B/rootfs/race/a" "$B/rootfs/race/b" &
racer=$!
at_end "kill $racer"
cfg "mnt('/race/a/in', 'tmpfs', 'tmpfs'); mnt('/race/a', 'tmpfs', 'tmpfs', 'tmpcopyup'); mnt('/race/a/f', 'bind', '/etc/hostname', 'bind'); c['linux']['maskedPaths'].append('/race/a'); c['linux']['readonlyPaths'].append('/race/a'); c['linux']['devices']=[{'path':'/race/a/null','type':'c','major':1,'minor':3}]; sh('cat /race/a/secret /race/b/secret 2>/dev/null')"
seen=0
for n in $(seq 40); do [ -z "$(run 2>/dev/null)" ] || seen=$((seen + 1)); done
kill $racer
is "forty races: nothing is made outside, nothing outside is seen" "$seen $(ls -A "$T/victim")" "0 secret"
rm -rf "$B/rootfs/race" "$B/rootfs/tmp/podctl"*

# --- files of the image that are not what they should be
for kind in 'rm -f F; mkfifo F' 'rm -f F; mkdir F' 'rm -rf F; head -c 20000000 /dev/zero >F' 'rm -f F; ln -s /dev/zero F' 'head -c 100000 /dev/urandom >F'; do
	sh -c "${kind//F/$B/rootfs/etc/passwd}"
	cfg 'sh("echo ran")'
	is "/etc/passwd: ${kind#*; }" "$(run 2>/dev/null)" ran
done
rm -rf "$B/rootfs/etc/passwd"
echo 'root:x:0:0::/root:/bin/sh' >"$B/rootfs/etc/passwd"

# --- cgroup v1's release_agent (CVE-2022-0492), groups, capabilities (CVE-2022-29162)
cfg 'sh("find /sys/fs/cgroup -name release_agent; touch /sys/fs/cgroup/x 2>/dev/null && echo writable")'
is "no release_agent in reach, and cgroups are read-only" "$(run 2>/dev/null)" ""
cfg 'c["process"]["user"]={"uid":7,"gid":8}; sh("id -G")'
is "supplementary groups of the caller are gone" "$(run)" 8
cfg 'del c["process"]["capabilities"]; c["process"]["user"]={"uid":7,"gid":8}; sh("grep -E \"Cap(Inh|Prm|Eff|Amb)\" /proc/self/status | cut -f 2 | sort -u")'
is "without capabilities in the configuration a user has none" "$(run)" 0000000000000000

# --- an exec that the container's own /proc lies to
cfg "c['linux']['maskedPaths']=[]; c['linux']['readonlyPaths']=[]; without('/proc'); mnt('/proc', 'tmpfs', 'tmpfs'); sh('sleep 1000')"
R run -d -b "$B" "$ID" </dev/null >/dev/null 2>"$T/out"
if [ "$(R state "$ID" 2>/dev/null | grep -c running)" = 1 ]; then
	is "exec does not use the container's /proc" "$(R exec "$ID" /bin/echo fine 2>&1)" fine
else
	skip "exec does not use the container's /proc" "such a container is refused: $(head -n 1 "$T/out")"
fi
R delete --force "$ID"

# --- sysctls and labels go to the kernel's procfs, not to what lies over it (CVE-2025-52881)
mkdir -p "$T/fakeproc/sys/net/ipv4" "$T/fakeproc/self"
echo host >"$T/fakeproc/sys/net/ipv4/ip_forward"
echo host >"$T/fakeproc/self/oom_score_adj"
cfg "c['linux']['maskedPaths']=[]; c['linux']['readonlyPaths']=[]; mnt('/proc', 'bind', '$T/fakeproc', 'bind'); c['linux']['sysctl']={'net.ipv4.ip_forward':'1'}; c['process']['oomScoreAdj']=500; sh('sleep 1000')"
R run -d -b "$B" "$ID" </dev/null >/dev/null 2>"$T/out"
if pid=$(R state "$ID" 2>/dev/null | sed -n 's/.*"pid": \([0-9]*\),/\1/p') && [ -n "$pid" ]; then
	is "a sysctl reaches the kernel, and the look-alike nothing" "$(nsenter -t "$pid" -n cat /proc/sys/net/ipv4/ip_forward) $(cat "$T/fakeproc/sys/net/ipv4/ip_forward" "$T/fakeproc/self/oom_score_adj" "/proc/$pid/oom_score_adj" | tr '\n' ' ')" "1 host host 500 "
else
	skip "a sysctl reaches the kernel, and the look-alike nothing" "such a container is refused: $(head -n 1 "$T/out")"
fi
R delete --force "$ID"
cfg 'c["process"]["capabilities"]={k:["CAP_KILL"] for k in ("bounding","effective","permitted","inheritable")}; sh("sleep 1000")'
Rq run -d -b "$B" "$ID"
is "exec --cap adds nothing to the inheritable and ambient sets (CVE-2022-29162)" "$(R exec --cap CAP_NET_ADMIN --user 7:8 "$ID" /bin/sed -n 's/^Cap\(Inh\|Amb\|Eff\):.//p' /proc/self/status | tr '\n' ' ')" "0000000000000020 0000000000000000 0000000000000000 "
echo '{"args":["/bin/id","-G"],"cwd":"/","user":{"uid":7,"gid":8,"additionalGids":[9]}}' >"$T/process"
is "supplementary groups are those of the process and no others, group 0 included" "$(R exec --process "$T/process" "$ID")" "8 9"
R delete --force "$ID"

# --- system calls that fail, and a runtime that is killed
step=1 # an emulated processor does fewer
[ -z "${VM:-}" ] || step=5
if has strace; then
	cfg 'c["linux"]["resources"]["pids"]={"limit":50}; sh("sleep 1000")'
	Rq create -b "$B" "$ID" && R delete --force "$ID"
	strace -qq -o "$T/calls" "$RT" --root "$T/state" create -b "$B" "$ID" </dev/null >/dev/null 2>&1
	R delete --force "$ID"
	total=$(wc -l <"$T/calls")
	for fault in error=EIO error=ENOMEM signal=KILL; do
		bad=
		for ((n = 20 + RANDOM % 9; n <= total + 2; n += 9 * step)); do
			strace -qq -o /dev/null -e inject="all:$fault:when=$n" "$RT" --root "$T/state" create -b "$B" "$ID" </dev/null >/dev/null 2>&1
			rc=$?
			if [ $rc -eq 0 ] || [ $fault = signal=KILL ]; then
				until_true 2 Rq delete --force "$ID" || bad="$bad $n(delete)"
			fi
			[ "$(left)" = "0 0 0" ] || until_true 2 eval '[ "$(left)" = "0 0 0" ]' || bad="$bad $n($(left))"
			R delete --force "$ID" 2>/dev/null
		done
		is "create with $fault at every ninth of $total system calls leaves nothing" "$bad" ""
	done
	# the container's own first process too, from its clone to its exec: `run` ends with it
	cfg 'c["linux"]["resources"]["pids"]={"limit":50}; c["root"]["readonly"]=False; sh("true")'
	total=$(strace -qq "$RT" --root "$T/state" run -b "$B" "$ID" 2>&1 </dev/null | wc -l)
	for fault in error=EIO error=EPERM error=ENOMEM; do
		bad=
		for ((n = 12 + RANDOM % 5; n <= total && n < 150; n += 5 * step)); do # those before are the C library's own
			timeout -k 1 20 strace -f -qq -o /dev/null -e inject="all:$fault:when=$n" "$RT" --root "$T/state" run -b "$B" "$ID" </dev/null >/dev/null 2>&1
			[ $? -ne 124 ] || bad="$bad $n(hangs)"
			[ "$(left)" = "0 0 0" ] || until_true 2 eval '[ "$(left)" = "0 0 0" ]' || bad="$bad $n($(left) $(ls -A "$T/state/$ID" 2>/dev/null))"
			R delete --force "$ID" 2>/dev/null
		done
		is "run with $fault at every fifth system call of the runtime and of the first process leaves nothing" "$bad" ""
	done
	# what protects is never skipped: whichever of these fails, the program does not run
	cfg 'c["linux"]["seccomp"]={"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}; c["process"]["user"]={"uid":7,"gid":8}; sh("echo ran")'
	for call in seccomp capset setresuid setresgid setgroups pivot_root close_range mount_setattr move_mount setsid sethostname; do
		out=$(strace -f -qq -o /dev/null -e inject="$call:error=EIO" "$RT" --root "$T/state" run -b "$B" "$ID" </dev/null 2>&1)
		rc=$?
		[ $rc -ne 0 ] && ! grep -q '^ran$' <<<"$out" && [ "$(grep -c error: <<<"$out")" = 1 ] && ok "without $call nothing runs, and one line says why" ||
			not_ok "without $call nothing runs, and one line says why" "exit $rc" "$out"
	done
else
	skip "create with failing system calls leaves nothing" "strace is not installed"
fi
done_testing
