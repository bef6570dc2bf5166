#!/bin/bash
# podctl-runtime, line by line of the runtime specification and of what crun(1) and runc(8) promise.
. "$(dirname "$0")/lib.sh"
needs root busybox python3
. "$E2E/rtlib.sh"
rt_bundle
CFG='c["root"]["readonly"] = False'

# --- commands
cfg 'sh("sleep 1000")'
Rq create -b "$B" "$ID"
t "pause of a container that waits for start" R pause "$ID"
is "it is paused" "$(status)" paused
t "resume" R resume "$ID"
is "and created again" "$(status)" created
out=$(R create -b "$B" "$ID" 2>&1)
is "an error names the container once" "$(grep -o "$ID" <<<"$out" | wc -l)" 1
R start "$ID"
like "events list the container's processors" "$(R events --stats "$ID")" '"cpuset":\{"cpus":\[0.*"mems":\['
t "kill 0 asks whether it is there" R kill "$ID" 0
for s in RTMIN SIGRTMIN+3 SIGRTMAX 34 64 urg SIGWINCH; do Rq kill "$ID" $s || break; done
is "signals by number and name" "$s $(status)" "SIGWINCH running"
t_fails "no such signal" 1 "unknown signal 'FOO'" R kill "$ID" FOO
t_fails "exec in a directory that is not there" 255 "cwd '/nowhere'.*No such file" R exec --cwd /nowhere "$ID" /bin/pwd
is "and it is not made" "$(ls -d "$B/rootfs/nowhere" 2>/dev/null)" ""
echo '{"args":["/bin/grep","^Cap[PE]","/proc/self/status"],"cwd":"/"}' >"$T/process"
is "a process object without capabilities has those of the container" "$(R exec --process "$T/process" "$ID" | cut -f 2 | sort -u)" 0000000020000420
is "exec with a capability nobody knows" "$(R exec --cap CAP_NOPE "$ID" /bin/echo ran 2>/dev/null)" ran
Rq pause "$ID"
Rq kill "$ID" KILL
t "SIGKILL reaches a paused container" until_true 5 eval '[ "$(status)" = stopped ]'
t "delete" R delete "$ID"
t_fails "--rootless takes three words" 1 "rootless" R --rootless maybe list
cfg 'sh("true")'
t_fails "--console-socket without a terminal" 1 "terminal is false" R create --console-socket /nowhere -b "$B" "$ID"
is "stays nothing" "$(left)" "0 0 0"

# --- process
prints "no capabilities listed, none given" 'del p["capabilities"]; sh("grep -E \"^Cap\" /proc/self/status | cut -f 2 | sort -u")' 0000000000000000
cfg 'p["capabilities"]["bounding"].append("CAP_NOPE"); p["capabilities"]["effective"].append("CAP_NOPE"); sh("echo ran")'
is "an unknown capability is a warning, once" "$(run 2>&1 | grep -c "CAP_NOPE")" 1
cfg 'p["capabilities"]={"bounding":["CAP_KILL"],"permitted":["CAP_KILL"],"effective":["CAP_KILL","CAP_CHOWN"]}; sh("sed -n \"s/^CapEff:.//p\" /proc/self/status")'
is "so is one that is effective but not permitted" "$(run 2>&1 | sed 's/.*CAP_CHOWN.*/warned/' | sort | tr '\n' ' ')" "0000000000000020 warned "
prints "names of passed descriptors" 'sh("env | grep ^LISTEN | sort | tr \"\\n\" \" \"")' ""
is "socket activation" "$(LISTEN_FDS=1 LISTEN_FDNAMES=web R run -b "$B" "$ID" 3</dev/null </dev/null)" "LISTEN_FDNAMES=web LISTEN_FDS=1 LISTEN_PID=1 "

# --- mounts
top='sh("grep \" /mnt \" /proc/self/mountinfo | cut -d \" \" -f 6")'
for row in "ro ro,relatime" "nosuid,nodev,noexec rw,nosuid,nodev,noexec,relatime" "noatime rw,noatime" "strictatime rw" "norelatime rw,relatime" \
	"nodiratime rw,nodiratime,relatime" "nosymfollow rw,relatime,nosymfollow" "rro ro,relatime" "rnosuid,rnodev rw,nosuid,nodev,relatime" "rnoexec rw,noexec,relatime" \
	"rnoatime rw,noatime" "rstrictatime rw" "rnodiratime rw,nodiratime,relatime" "acl,noacl rw,relatime" "iversion,lazytime,silent rw,relatime"; do
	prints "tmpfs with ${row%% *}" "mnt('/mnt', 'tmpfs', 'tmpfs', *'${row%% *}'.split(',')); $top" "${row#* }"
done
mkdir -p "$T/src"
mount -t tmpfs tmpfs "$T/src" # what the tests lie on may be mounted with options of its own
mkdir "$T/src/sub"
mount -t tmpfs tmpfs "$T/src/sub"
at_end 'umount -R "$T/src"'
below='sh("grep \" /mnt\" /proc/self/mountinfo | cut -d \" \" -f 6 | tr \"\\n\" \" \"")'
for row in "ro ro,relatime rw,relatime" "rro ro,relatime ro,relatime" "rnosuid rw,nosuid,relatime rw,nosuid,relatime" "rnodev rw,nodev,relatime rw,nodev,relatime" \
	"rnoexec rw,noexec,relatime rw,noexec,relatime" "rnoatime rw,noatime rw,noatime" "rnodiratime rw,nodiratime,relatime rw,nodiratime,relatime" \
	"rstrictatime rw rw" "rnosymfollow rw,relatime,nosymfollow rw,relatime,nosymfollow" "rro,rrw rw,relatime rw,relatime" "rnosuid,rsuid,rnodev,rdev,rnoexec,rexec rw,relatime rw,relatime" \
	"rnoatime,ratime rw,relatime rw,relatime" "rnodiratime,rdiratime rw,relatime rw,relatime" "rrelatime rw,relatime rw,relatime" "rnosymfollow,rsymfollow rw,relatime rw,relatime"; do
	prints "rbind with ${row%% *}" "mnt('/mnt', 'bind', '$T/src', 'rbind', *'${row%% *}'.split(',')); $below" "${row#* } "
done
prints "a shared root is shared, what hides a file is not" 'l["rootfsPropagation"]="shared"; sh("grep -c shared: /proc/self/mountinfo")' 1
refuses "a file on a directory" "mnt('/tmp', 'bind', '/etc/hostname', 'bind'); sh('true')" "mount '/tmp'.*Not a directory"

# --- hooks
cat >"$T/hook" <<-'H'
	#!/bin/sh
	echo "$1 $(pwd) $(tr -d '{}"' | tr , '\n' | sed 's/:.*//' | sort | tr '\n' ' ')" >>"$2"
H
chmod +x "$T/hook"
cfg "c['hooks']={k:[{'path':'$T/hook','args':['hook',k,'$T/hooks'],'env':['PATH=/bin:/usr/bin']}] for k in ('prestart','createRuntime','createContainer','poststart','poststop')}; sh('true')"
run
is "hooks run in the bundle and get what the specification lists" "$(cat "$T/hooks")" "$(for k in prestart createRuntime createContainer poststart poststop; do echo "$k $B bundle id ociVersion pid status "; done)"
prints "a hook that does not read its state" "c['hooks']={k:[{'path':'/bin/true'}] for k in ('prestart','createRuntime','createContainer','poststart','poststop')}; c['annotations']={'x':'y'*200000}; sh('echo ran')" ran
cfg "c['annotations']={'run.oci.hooks.stdout':'$T/hook-out','run.oci.hooks.stderr':'$T/hook-err'}; c['hooks']={'createRuntime':[{'path':'/bin/sh','args':['sh','-c','echo out; echo err >&2']}]}; sh('true')"
run; run
is "annotations name where hooks write" "$(cat "$T/hook-out" "$T/hook-err" | tr '\n' ' ')" "out out err err "
cfg "c['hooks']={'poststart':[{'path':'/bin/false'}]}; sh('sleep 1000')"
Rq create -b "$B" "$ID"
t_fails "a poststart hook that fails stops the container" 1 "poststart hook '/bin/false' failed" R start "$ID"
is "and nothing of it stays" "$(left)" "0 0 0"
done_testing
