#!/bin/bash
# podctl-runtime by its own command line: life cycle, exec, terminal, namespaces, hooks, limits, security.
. "$(dirname "$0")/lib.sh"
needs root busybox python3
. "$E2E/rtlib.sh"
rt_bundle

# --- life cycle
cfg 'c["process"]["args"] = ["/bin/sleep", "1000"]'
t "create" Rq create -b "$B" --pid-file "$T/pid" "$ID"
is "created, waiting" "$(status)" created
is "the pid file holds the init's pid, without a newline" "$(cat "$T/pid")" "$(R state "$ID" | sed -n 's/.*"pid": \([0-9]*\),/\1/p')"
t_fails "a second create of the same id" 1 "already exists" R create -b "$B" "$ID"
t "start" R start "$ID"
t_fails "a second start" 1 "not in the state 'created'" R start "$ID"
is "running" "$(status)" running
t_fails "delete of a running container" 1 "while it is running" R delete "$ID"
is "exec" "$(R exec "$ID" /bin/echo hello)" hello
R exec "$ID" /bin/sh -c 'exit 7'; is "exec gives the status" $? 7
R exec "$ID" /bin/sh -c 'kill -9 $$'; is "exec gives 128+signal" $? 137
t_fails "exec of what is not there" 127 "not found" R exec "$ID" nosuch
t_fails "exec of what is not executable" 126 "[Pp]ermission denied" R exec "$ID" /etc/passwd
is "exec --user --env --cwd" "$(R exec --user 5:6 -e A=b --cwd /tmp "$ID" /bin/sh -c 'id -u; id -g; echo $A; pwd' | tr '\n' ' ')" "5 6 b /tmp "
like "ps" "$(R ps -f json "$ID")" '^\[[0-9]+\]$'
like "list" "$(R list)" "$ID +[0-9]+ +running"
t "pause" R pause "$ID"
is "paused" "$(status)" paused
t_fails "exec in a paused container" 255 "paused" R exec "$ID" /bin/true
t "resume" R resume "$ID"
like "events --stats" "$(R events --stats "$ID")" '"type":"stats".*"memory"'
t "kill by name" R kill "$ID" KILL
t "stopped" until_true 5 sh -c "'$RT' --root '$T/state' state '$ID' | grep -q '\"stopped\"'"
t_fails "kill of a stopped container" 1 "container not running" R kill "$ID" TERM
t "delete" R delete "$ID"
t_fails "delete of nothing" 1 "does not exist" R delete "$ID"
t "delete --force of nothing" R delete --force "$ID"
t_fails "state of nothing" 1 "does not exist" R state "$ID"
t_fails "an unknown option" 1 "unknown option" R create --nonsense "$ID"

# --- what the process sees
prints "exit, output and arguments" 'sh("echo one")' one
cfg 'sh("exit 9")'; run; is "run gives the status" $? 9
prints "hostname" 'c["hostname"]="web"; sh("hostname")' web
prints "the read-only root" 'sh("touch /x 2>/dev/null || echo no")' no
prints "no descriptor but stdio" 'sh("ls /proc/self/fd | head -n 3 | tr \"\\n\" \" \"")' "0 1 2 "
prints "user, group, groups, umask" 'c["process"]["user"]={"uid":7,"gid":8,"additionalGids":[9],"umask":63}; sh("id -u; id -g; id -G; umask")' $'7\n8\n8 9\n0077'
prints "capabilities" 'c["process"]["capabilities"]={k:["CAP_KILL"] for k in ("bounding","effective","permitted")}; sh("grep -E \"CapInh|CapEff|CapBnd\" /proc/self/status | tr -d \"\\t\\n\"")' "CapInh:0000000000000000CapEff:0000000000000020CapBnd:0000000000000020"
prints "no_new_privs" 'sh("grep -c \"NoNewPrivs:.1\" /proc/self/status")' 1
prints "HOME from the container's passwd" 'sh("echo $HOME")' /root
prints "a limit that cannot be raised is clamped" 'c["process"]["rlimits"]=[{"type":"RLIMIT_NOFILE","soft":1<<30,"hard":1<<30}]; sh("echo ok")' ok
prints "sysctl" 'c["linux"]["sysctl"]={"net.ipv4.ip_forward":"1"}; c["linux"]["namespaces"].append({"type":"network"}) if not any(n["type"]=="network" for n in c["linux"]["namespaces"]) else 0; sh("cat /proc/sys/net/ipv4/ip_forward")' 1
prints "a masked file is empty, a masked directory too" 'sh("cat /proc/keys; ls /sys/firmware")' ""
prints "a read-only path" 'sh("echo 1 2>/dev/null >/proc/sys/kernel/hostname || echo no")' no
prints "devices" 'c["linux"]["devices"]=[{"path":"/dev/x/y","type":"c","major":1,"minor":3,"fileMode":0o600,"uid":3,"gid":4}]; sh("stat -c \"%a %u %g %t:%T\" /dev/x/y; echo gone >/dev/null; readlink /dev/ptmx")' $'600 3 4 1:3\npts/ptmx'
prints "bind mounts, a file onto a missing target" "mnt('/tmp/f', 'bind', '$B/rootfs/etc/passwd', 'rbind', 'ro'); sh('head -c 4 /tmp/f; touch /tmp/f 2>/dev/null || echo :no')" "root:no"
prints "tmpcopyup" 'mnt("/etc","tmpfs","tmpfs","tmpcopyup"); sh("head -c 4 /etc/passwd; touch /etc/new && echo :yes")' "root:yes"
prints "a mount target that is a symlink stays inside" "import os
try: os.symlink('/tmp', '$B/rootfs/link')
except FileExistsError: pass
mnt('/link/in', 'tmpfs', 'tmpfs'); sh('stat -f -c %T /tmp/in; ls -d /tmp/in')" $'tmpfs\n/tmp/in'
t "nothing of it was made on the host" test ! -e /tmp/in

# --- namespaces
prints "user namespace with maps" 'ns("user"); c["linux"]["uidMappings"]=c["linux"]["gidMappings"]=[{"containerID":0,"hostID":0,"size":1000}]; sh("id -u; head -n 1 /proc/self/uid_map | tr -s \" \"")' $'0\n 0 0 1000'
unshare --net --uts sleep 1000 & other=$!
at_end "kill $other"
sleep 0.2
prints "network and uts by path" "ns('network','/proc/$other/ns/net'); ns('uts','/proc/$other/ns/uts'); del c['hostname']; sh('readlink /proc/self/ns/net')" "$(readlink /proc/$other/ns/net)"
cfg "ns('network','/proc/self/fd/9'); sh('readlink /proc/self/ns/net')"
is "network by descriptor" "$(R run -b "$B" "$ID" 9</proc/$other/ns/net </dev/null)" "$(readlink /proc/$other/ns/net)"
if unshare --time --boottime 1000000 --fork true 2>/dev/null; then
	cfg 'ns("time"); c["linux"]["timeOffsets"]={"boottime":{"secs":1000000}}; c["process"]["args"]=["/bin/cat","/proc/uptime"]'
	like "time namespace with an offset" "$(run)" '^1[0-9]{6}\.'
else
	skip "time namespace with an offset" "no time namespace with an offset can be made here"
fi

# --- hooks
cat >"$T/hook" <<-'H'
	#!/bin/sh
	read -r state
	echo "$1 $(echo "$state" | grep -o '"status":"[a-z]*"')" >>"$2"
H
chmod +x "$T/hook"
cp "$T/hook" "$B/rootfs/hook"
cfg "c['root']['readonly']=False; c['hooks']={k:[{'path':'$T/hook' if k!='startContainer' else '/hook','args':['hook',k,'$T/hooks' if k!='startContainer' else '/hooks'],'env':['PATH=/bin:/usr/bin'],'timeout':10}] for k in ('prestart','createRuntime','createContainer','startContainer','poststart','poststop')}; sh('true')"
t "run with hooks of every kind" run
is "their order and state" "$(cut -d' ' -f1 "$T/hooks" | tr '\n' ' ')$(cat "$B/rootfs/hooks")" 'prestart createRuntime createContainer poststart poststop startContainer "status":"created"'
cfg "c['hooks']={'createRuntime':[{'path':'/bin/false'}]}; sh('echo ran')"
t_fails "a failing hook" 1 "createRuntime hook '/bin/false' failed" run
is "leaves no container" "$(R list -q)" ""
is "and no cgroup" "$(find /sys/fs/cgroup -maxdepth 2 -name "podctl-$ID" | head -n 1)" ""
cfg "c['hooks']={'createRuntime':[{'path':'/bin/sleep','args':['sleep','60'],'timeout':1}]}; sh('echo ran')"
t_fails "a hook that takes too long" 1 "timed out" run

# --- errors
cfg 'c["process"]["args"]=["nosuch"]'
t_fails "run of what is not there: 127" 127 "nosuch.*not found" run
cfg 'c["process"]["args"]=["/etc/passwd"]'
t_fails "run of what is not executable: 126" 126 "ermission denied" run
cfg 'c["linux"]["intelRdt"]={}'
t_fails "intelRdt is refused by name" 1 "linux.intelRdt" run
cfg 'c["linux"]["sysctl"]={"kernel.panic":"1"}'
t_fails "a sysctl of the host" 1 "kernel.panic.*not namespaced" run
cfg 'c["mounts"].append({"destination":"/a","type":"nosuchfs","source":"x"}); sh("true")'
t_fails "an unknown file system" 1 "mount '/a' .type nosuchfs" run
R --log "$T/log" --log-format json create -b "$T/nowhere" "$ID" >/dev/null 2>&1
like "a JSON log line" "$(cat "$T/log")" '^\{"msg":"[^"]*nowhere[^"]*","level":"error","time":"[^"]*"\}$'

# --- security
cfg 'c["process"]["cwd"]="/proc/self/fd/7"; sh("echo in; pwd")'
R run -b "$B" "$ID" 7</ </dev/null >"$T/out" 2>&1; is "a descriptor of the host as cwd is refused (CVE-2024-21626)" "$?$(grep -c '^in' "$T/out")" 10
ln -sfn /sys "$B/rootfs/plink"
cfg 'c["mounts"][0]["destination"]="/plink"; sh("true")'
t_fails "proc on a symlink is refused (CVE-2019-16884)" 1 "symbolic link" run
cfg 'c["root"]["readonly"]=False; c["process"]["args"]=["/proc/self/exe","--version"]; sh("true")'
sum=$(sha256sum <"$RT")
cfg 'sh("exec 3</proc/self/exe; true")'
run
cfg 'c["process"]["args"]=["/bin/sleep","1000"]'
Rq run -d -b "$B" "$ID"
ln -sf /proc/self/exe "$B/rootfs/bin/evil"
like "the runtime as the container's program runs from a copy that cannot be written (CVE-2019-5736)" \
	"$(R exec "$ID" /bin/sh -c 'readlink /proc/1/exe'; R exec "$ID" /bin/evil --version 2>&1)" "podctl-runtime version|error"
is "and its binary is as before" "$(sha256sum <"$RT")" "$sum"
R delete --force "$ID"

# --- seccomp
cfg 'c["linux"]["seccomp"]={"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":95}]}; c["root"]["readonly"]=False; sh("grep -c \"^Seccomp:.2\" /proc/self/status; /bin/busybox mkdir /tmp/q 2>&1 | grep -c upport")'
is "a filter is compiled and loaded" "$(run)" $'1\n1'
is "and loaded from the cache the second time" "$(run)" $'1\n1'
is "the cache belongs to us alone" "$(stat -c %a "$T/state/@seccomp" "$T/state/@seccomp"/* | tr '\n' ' ')" "700 600 "
chmod 666 "$T/state/@seccomp"/*
: >"$T/state/@seccomp/$(ls "$T/state/@seccomp")"
is "a filter others could write is never loaded" "$(run)" $'1\n1'

# --- two at once
cfg 'c["process"]["args"]=["/bin/sleep","1000"]'
Rq create -b "$B" "$ID"
R start "$ID" 2>/dev/null & a=$!
R start "$ID" 2>/dev/null & b=$!
wait $a; ra=$?; wait $b; rb=$?
is "of two starts one succeeds" "$((ra + rb))" 1
R delete --force "$ID"
is "nothing is left" "$(R list -q)$(find /sys/fs/cgroup -maxdepth 2 -name "podctl-$ID" | head -n 1)" ""
done_testing
