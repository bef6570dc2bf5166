#!/bin/bash
# podctl-runtime: what only some configurations ask for: notify, id-mapped mounts, seccomp listeners, devices of the network,
# scheduling, annotations of crun(1), ordinary users.
. "$(dirname "$0")/lib.sh"
needs root busybox python3
. "$E2E/rtlib.sh"
rt_bundle
CFG='c["root"]["readonly"] = False'

# --- sd_notify: PYTHON waits for one message on its socket while it runs the rest of its arguments
cat >"$T/supervise.py" <<-'P'
	import os, re, socket, subprocess, sys
	path = sys.argv[1]
	if os.path.exists(path): os.unlink(path)
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	s.bind(path)
	s.settimeout(20)
	os.environ["NOTIFY_SOCKET"] = path
	p = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
	print(re.sub(rb"[0-9]{2,}", b"N", s.recv(4096)).decode().replace("\n", " "), end="")
	print(p.wait(timeout=20))
P
# a datagram to the container's socket, from outside: busybox cannot send one
cat >"$T/say.py" <<-'P'
	import socket, sys, time
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	for i in range(200):
	    try: s.sendto(sys.argv[2].encode(), sys.argv[1]); break
	    except OSError: time.sleep(0.05)
P
say() { python3 "$T/say.py" "$T/state/$ID/notify/notify" "$1"; }
cfg 'sh("sleep 1000")'
NOTIFY_SOCKET=$T/ns Rq create -b "$B" "$ID"
(say 'STATUS=starting'; say $'MAINPID=1\nREADY=1') &
is "start waits for READY=1 and hands on nothing else" "$(python3 "$T/supervise.py" "$T/ns" "$RT" --root "$T/state" start "$ID")" "MAINPID=N READY=1 0"
is "the container sees its socket" "$(R exec "$ID" /bin/sh -c 'tr "\0" "\n" </proc/1/environ | grep ^NOTIFY; [ -S /run/notify/notify ] && echo socket' | tr '\n' ' ')" "NOTIFY_SOCKET=/run/notify/notify socket "
R delete --force "$ID"
(say 'READY=1') &
is "so does run --detach" "$(python3 "$T/supervise.py" "$T/ns" "$RT" --root "$T/state" run -d -b "$B" "$ID")" "MAINPID=N READY=1 0"
R delete --force "$ID"
cfg 'sh("while ! [ -e /go ]; do sleep 0.05; done; exit 3")'
rm -f "$B/rootfs/go"
(say 'READY=1'; : >"$B/rootfs/go") &
is "in the foreground it stays the main process" "$(python3 "$T/supervise.py" "$T/ns" "$RT" --root "$T/state" run -b "$B" "$ID")" "READY=1 3"
cfg 'sh("sleep 0.2")'
NOTIFY_SOCKET=$T/ns Rq create -b "$B" "$ID"
NOTIFY_SOCKET=$T/ns t "a container that ends without a word holds nobody up" timeout 10 "$RT" --root "$T/state" start "$ID"
R delete --force "$ID"

# --- id-mapped mounts
mkdir -p "$T/idmap/sub"
chmod 711 "$T"
: >"$T/idmap/file"
mount -t tmpfs tmpfs "$T/idmap/sub"
at_end 'umount "$T/idmap/sub"'
owner='sh("stat -c %u:%g /mnt/file")'
cfg "mnt('/mnt', 'bind', '$T/idmap', 'bind', 'idmap=uids=0-5-10;gids=0-6-10'); $owner"
if out=$(run 2>&1); then
	is "maps in the option" "$out" 5:6
	prints "maps of the mount" "c['mounts'].append({'destination':'/mnt','type':'bind','source':'$T/idmap','options':['bind'],'uidMappings':maps((0,7,10)),'gidMappings':maps((0,8,10))}); $owner" 7:8
	prints "the container's own maps" "ns('user'); l['uidMappings']=l['gidMappings']=maps((0,0,1000)); mnt('/mnt', 'bind', '$T/idmap', 'bind', 'idmap'); $owner" 0:0
	prints "maps relative to the container's" "ns('user'); l['uidMappings']=l['gidMappings']=maps((0,0,1),(1,2,1000)); mnt('/mnt', 'bind', '$T/idmap', 'bind', 'idmap=uids=@0-3-10;gids=@1-4-10'); sh('stat -c %u /mnt/file')" 2
	cfg "mnt('/mnt', 'bind', '$T/idmap', 'rbind', 'ridmap=uids=0-5-10;gids=0-6-10'); sh('stat -c %u /mnt/sub')"
	out=$(run 2>&1)
	case $out in
	*"does its file system support"*) skip "ridmap reaches what is mounted below" "this kernel's tmpfs takes no id map" ;;
	*) is "ridmap reaches what is mounted below" "$out" 5 ;;
	esac
	prints "idmap does not" "mnt('/mnt', 'bind', '$T/idmap', 'rbind', 'idmap=uids=0-5-10;gids=0-6-10'); sh('stat -c %u /mnt/sub')" 0
else
	skip "id-mapped mounts" "$(tail -n 1 <<<"$out")"
fi
refuses "maps that are none" "mnt('/mnt', 'bind', '$T/idmap', 'bind', 'idmap=uids=0-5'); sh('true')" "idmap=uids=0-5: expected"
prints "copy-symlink" "os.path.lexists('$T/link') or os.symlink('/etc/passwd', '$T/link'); mnt('/tmp/copied', 'bind', '$T/link', 'bind', 'copy-symlink'); sh('readlink /tmp/copied')" /etc/passwd
refuses "src-nofollow" "mnt('/mnt', 'bind', '$T/link', 'bind', 'src-nofollow'); sh('true')" "is a symbolic link"

# --- seccomp: a listener answers mkdir for the container
cat >"$T/listen.py" <<-'P'
	import array, fcntl, json, os, socket, struct, sys
	path = sys.argv[1]
	s = socket.socket(socket.AF_UNIX)
	s.bind(path)
	s.listen(1)
	s.settimeout(20)
	c, _ = s.accept()
	text, anc, _, _ = c.recvmsg(65536, 1024)
	state = json.loads(text)
	fd = array.array("i", anc[0][2])[0]
	print(state["ociVersion"][:2], state["fds"], state.get("metadata"), state["pid"] > 0, state["state"]["id"] == sys.argv[2], state["state"]["status"], flush=True)
	buf = bytearray(80)
	fcntl.ioctl(fd, 0xC0502100, buf)  # SECCOMP_IOCTL_NOTIF_RECV
	fcntl.ioctl(fd, 0xC0182101, struct.pack("=QqiI", struct.unpack_from("=Q", buf)[0], 0, -95, 0))  # ..._SEND
P
notify() { # PYTHON: prints what the listener was told, then what the container said
	rm -f "$T/seccomp.sock"
	python3 "$T/listen.py" "$T/seccomp.sock" "$ID" >"$T/listen.out" 2>&1 &
	local l=$!
	until_true 5 test -S "$T/seccomp.sock"
	cfg "l['seccomp']={'defaultAction':'SCMP_ACT_ALLOW','listenerPath':'$T/seccomp.sock','listenerMetadata':'told','syscalls':[{'names':['mkdir','mkdirat'],'action':'SCMP_ACT_NOTIFY'}]}; sh('mkdir /tmp/n 2>&1 | grep -o supported'); $1"
	run 2>&1
	kill "$l" 2>/dev/null
	wait "$l"
	cat "$T/listen.out"
}
is "SCMP_ACT_NOTIFY with listenerPath" "$(notify pass)" "supported
1. ['seccompFd'] told True True created"
is "without no_new_privs too" "$(notify 'p["noNewPrivileges"]=False' | head -n 1)" supported
is "and by annotation" "$(notify 'del l["seccomp"]["listenerPath"]; c["annotations"]={"run.oci.seccomp.receiver":"'"$T"'/seccomp.sock"}' | head -n 1)" supported
notified="'syscalls':[{'names':['mkdir'],'action':'SCMP_ACT_NOTIFY'}]}; sh('true')"
refuses "a listener that is not there" "l['seccomp']={'defaultAction':'SCMP_ACT_ALLOW','listenerPath':'$T/nobody',$notified" "linux.seccomp.listenerPath: .*No such file"
refuses "a listener that is no path" "l['seccomp']={'defaultAction':'SCMP_ACT_ALLOW','listenerPath':'nobody',$notified" "listenerPath 'nobody': expected an absolute path"
refuses "no listener at all" "l['seccomp']={'defaultAction':'SCMP_ACT_ALLOW',$notified" "listenerPath: is required"

# --- annotations of crun(1)
bpf=$(python3 -c 'import base64, struct; print(base64.b64encode(b"".join(struct.pack("<HBBI", *i) for i in ((0x20,0,0,0),(0x15,0,1,161),(6,0,0,0x0005005F),(6,0,0,0x7FFF0000)))).decode())')
[ "$(uname -m)" = x86_64 ] && prints "run.oci.seccomp_bpf_data" "c['annotations']={'run.oci.seccomp_bpf_data':'$bpf'}; p['capabilities']={k:['CAP_SYS_CHROOT'] for k in ('bounding','effective','permitted')}; sh('chroot / true 2>&1 | grep -o supported')" supported
refuses "a filter that is none" "c['annotations']={'run.oci.seccomp_bpf_data':'!'}; sh('true')" "seccomp_bpf_data: expected a BPF program"
refuses "run.oci.seccomp_fail_unknown_syscall" "c['annotations']={'run.oci.seccomp_fail_unknown_syscall':'1'}; l['seccomp']={'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['nosuchcall'],'action':'SCMP_ACT_ERRNO'}]}; sh('true')" "unknown system call 'nosuchcall'"
refuses "run.oci.handler" "c['annotations']={'run.oci.handler':'wasm'}; sh('true')" "run.oci.handler 'wasm'"
refuses "run.oci.seccomp.plugins" "c['annotations']={'run.oci.seccomp.plugins':'x.so'}; sh('true')" "run.oci.seccomp.plugins 'x.so'"
cfg 'c["annotations"]={"run.oci.keep_original_groups":"1"}; sh("id -G")'
is "run.oci.keep_original_groups" "$(setpriv --groups 5,6 "$RT" --root "$T/state" run -b "$B" "$ID" </dev/null)" "0 5 6"
if unshare --time --boottime 1000000 --fork true 2>/dev/null; then
	prints "run.oci.timens_offset" 'ns("time"); c["annotations"]={"run.oci.timens_offset":"boottime 777 5"}; sh("grep boottime /proc/self/timens_offsets | tr -s \" \"")' "boottime 777 5"
else
	skip "run.oci.timens_offset" "no time namespace with an offset can be made here"
fi
cat >"$T/pidfd.py" <<-'P'
	import array, os, socket, sys
	s = socket.socket(socket.AF_UNIX)
	s.bind(sys.argv[1])
	s.listen(1)
	s.settimeout(20)
	c, _ = s.accept()
	print(os.readlink("/proc/self/fd/%d" % array.array("i", c.recvmsg(100, 100)[1][0][2])[0]))
P
python3 "$T/pidfd.py" "$T/pidfd.sock" >"$T/pidfd.out" 2>&1 & l=$!
until_true 5 test -S "$T/pidfd.sock"
cfg "c['annotations']={'run.oci.pidfd_receiver':'$T/pidfd.sock'}; sh('true')"
run
wait $l
is "run.oci.pidfd_receiver" "$(cat "$T/pidfd.out")" "anon_inode:[pidfd]"

# --- a device of the network moves in, with another name
if ip link add "rtn$$" type veth peer name "rtp$$" 2>/dev/null; then
	at_end 'ip link del "rtn$$"'
	prints "netDevices" "l['netDevices']={'rtn$$':{'name':'inside0'}}; sh('ls /sys/class/net | grep inside; ip link show inside0 | grep -o \"link/ether [^ ]*\"')" "inside0
link/ether $(cat "/sys/class/net/rtn$$/address")"
else
	skip "netDevices" "no veth pair can be made here"
fi
refuses "a network device that is not there" "l['netDevices']={'nosuch0':{}}; sh('true')" "nosuch0"

# --- devices by the cgroup: v1's own controller, a BPF program on v2
CFG='c["root"]["readonly"] = False
for k in ("bounding", "effective", "permitted"): p["capabilities"][k] = ["CAP_MKNOD"]
def opens(*rules):
    res(devices=[{"allow": False, "access": "rwm"}, *rules])
    sh("mknod /tmp/d c 10 229 && for m in \"<\" \">\"; do (eval \": $m/tmp/d\") 2>&1 | grep -q not.permitted && echo denied || echo allowed; done; rm -f /tmp/d; echo x >/dev/null; head -c 1 /dev/zero | wc -c")'
prints "what is not allowed is denied" 'opens()' $'denied\ndenied\n1'
prints "reading is allowed" 'opens({"allow":True,"type":"c","major":10,"minor":229,"access":"r"})' $'allowed\ndenied\n1'
prints "a whole major number" 'opens({"allow":True,"type":"c","major":10,"access":"rw"})' $'allowed\nallowed\n1'
prints "a later rule wins" 'opens({"allow":True,"type":"c","major":10,"minor":229,"access":"rw"},{"allow":False,"type":"c","major":10,"minor":229,"access":"w"})' $'allowed\ndenied\n1'
prints "blocks are not characters" 'opens({"allow":True,"type":"b","major":10,"minor":229,"access":"rw"})' $'denied\ndenied\n1'
prints "everything" 'res(devices=[{"allow":True,"access":"rwm"}]); sh("mknod /tmp/d c 10 229 && (: </tmp/d) 2>&1 | grep -c not.permitted; rm -f /tmp/d")' 0
CFG='c["root"]["readonly"] = False'

# --- cgroup v2
if is_cgroup2; then
	prints "run.oci.delegate-cgroup" 'c["annotations"]={"run.oci.delegate-cgroup":"mine"}; sh("cat /proc/self/cgroup")' 0::/mine
	rw='without("/sys/fs/cgroup"); mnt("/sys/fs/cgroup","cgroup","cgroup","nosuid","noexec","nodev")'
	who='p["user"]={"uid":1000,"gid":1000}; sh("stat -c %u /sys/fs/cgroup /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/cgroup.events | tr \"\\n\" \" \"; mkdir /sys/fs/cgroup/x 2>/dev/null && echo made")'
	prints "a writable mount of it belongs to the container's user" "$rw; $who" "1000 1000 0 made"
	prints "another does not" "$who" "0 0 0 "
	cfg "$rw; sh('mkdir /sys/fs/cgroup/leaf; echo \$\$ >/sys/fs/cgroup/leaf/cgroup.procs; echo +pids >/sys/fs/cgroup/cgroup.subtree_control; sleep 1000')"
	Rq run -d -b "$B" "$ID"
	t "a container that distributes controllers" until_true 5 grep -q pids "/sys/fs/cgroup/podctl-$ID/cgroup.subtree_control"
	is "is entered where its init is" "$(R exec "$ID" /bin/cat /proc/self/cgroup)" 0::/leaf
	R delete --force "$ID"
	is "all of it is removed" "$(left)" "0 0 0"
	if [ -d /run/systemd/system ]; then
		scoped() { # PYTHON: where the container's process is under systemd
			cfg "l['cgroupsPath']='system.slice:podctl:$ID'; nons('cgroup'); sh('cat /proc/self/cgroup'); $1"
			timeout 60 "$RT" --systemd-cgroup --root "$T/state" run -b "$B" "$ID" </dev/null 2>&1
		}
		is "a scope holds it one level down" "$(scoped pass)" "0::/system.slice/podctl-$ID.scope/container"
		is "run.oci.systemd.subgroup" "$(scoped 'c["annotations"]={"run.oci.systemd.subgroup":"down"}')" "0::/system.slice/podctl-$ID.scope/down"
		is "none" "$(scoped 'c["annotations"]={"run.oci.systemd.subgroup":""}')" "0::/system.slice/podctl-$ID.scope"
		is "with a delegated one" "$(scoped 'c["annotations"]={"run.oci.systemd.subgroup":"down","run.oci.delegate-cgroup":"mine"}')" "0::/system.slice/podctl-$ID.scope/down/mine"
		like "names of cgroups only" "$(scoped 'c["annotations"]={"run.oci.systemd.subgroup":"../x"}')" "is no name of a cgroup"
	else
		skip "run.oci.systemd.subgroup" "needs systemd"
	fi
else
	skip "delegated cgroups" "needs a pure cgroup v2 machine"
	refuses "run.oci.delegate-cgroup" 'c["annotations"]={"run.oci.delegate-cgroup":"mine"}; sh("true")' "needs cgroup v2"
fi

# --- scheduling
prints "scheduler" 'p["scheduler"]={"policy":"SCHED_BATCH","nice":5}; sh("cut -d \" \" -f 19,41 /proc/self/stat")' "5 3"
prints "ioPriority" 'p["ioPriority"]={"class":"IOPRIO_CLASS_IDLE","priority":0}; sh("ionice")' idle
prints "ioPriority of a class" 'p["ioPriority"]={"class":"IOPRIO_CLASS_BE","priority":6}; sh("ionice")' "best-effort: prio 6"
prints "personality" 'l["personality"]={"domain":"LINUX32"}; sh("uname -m")' "$(setarch linux32 uname -m)"
refuses "a personality that is none" 'l["personality"]={"domain":"SOLARIS"}; sh("true")' "linux.personality.domain"
if [ -e /proc/self/numa_maps ]; then
	prints "memoryPolicy" 'l["memoryPolicy"]={"mode":"MPOL_BIND","nodes":"0"}; sh("grep -m1 -o bind:0 /proc/self/numa_maps")' bind:0
else
	skip "memoryPolicy" "this kernel has no NUMA"
fi
cfg 'sh("sleep 1000")'
Rq run -d -b "$B" "$ID"
echo '{"args":["/bin/sh","-c","grep Cpus_allowed_list /proc/self/status | cut -f 2"],"cwd":"/","execCPUAffinity":{"initial":"0","final":"0"},"rlimits":[{"type":"RLIMIT_CORE","soft":3584,"hard":3584}],"oomScoreAdj":321,"user":{"uid":1,"gid":2,"umask":7}}' >"$T/process"
is "execCPUAffinity" "$(R exec --process "$T/process" "$ID")" 0
sed -i 's/grep.* 2"/ulimit -c; cat \/proc\/self\/oom_score_adj; id -u; id -g; umask"/' "$T/process"
is "limits, score, user and umask of a process object" "$(R exec --process "$T/process" "$ID" | tr '\n' ' ')" "7 321 1 2 0007 "
R delete --force "$ID"

# --- ordinary users
chmod 755 "$T"
mkdir -p "$T/user"
cp -a "$B" "$T/user/bundle"
chown -R 12345:12345 "$T/user"
U() { setpriv --reuid 12345 --regid 12345 --clear-groups env XDG_RUNTIME_DIR="$T/user" "$RT" "$@" </dev/null; }
ucfg() { B=$T/user/bundle cfg "$1"; chown 12345 "$T/user/bundle/config.json"; }
if setpriv --reuid 12345 --regid 12345 --clear-groups unshare -U true 2>/dev/null; then
	rm -f "$T/user/bundle/base.json" "$T/user/bundle/config.json"
	U spec --rootless -b "$T/user/bundle"
	mv "$T/user/bundle/config.json" "$T/user/bundle/base.json"
	ucfg 'sh("id -u; tr -s \" \" </proc/self/uid_map; cat /proc/self/setgroups")'
	is "one id" "$(U run -b "$T/user/bundle" "$ID" 2>&1)" "0
 0 12345 1
deny"
	is "its state lives below XDG_RUNTIME_DIR" "$(ls -d "$T/user/podctl-rt")" "$T/user/podctl-rt"
	ucfg 'nons("user"); l.pop("uidMappings"); l.pop("gidMappings"); sh("id -u")'
	is "a user namespace is made without being asked for" "$(U run -b "$T/user/bundle" "$ID" 2>&1)" 0
	ucfg 'sh("sleep 1000")'
	t "create, start, exec, kill, delete" sh -c "true $(U create -b "$T/user/bundle" "$ID" >/dev/null 2>&1)"
	t "start" U start "$ID"
	is "exec" "$(U exec "$ID" /bin/sh -c 'id -u; grep -c . /proc/self/mountinfo' | head -n 1)" 0
	t "kill" U kill "$ID" KILL
	t "delete" U delete --force "$ID"
	ucfg 'res(memory={"limit":100000000}); sh("true")'
	out=$(U run -b "$T/user/bundle" "$ID" 2>&1); rc=$?
	like "limits nobody can set are refused" "$rc $out" "^1 .*(cgroup|memory)"
	ucfg 'l["uidMappings"]=maps((0,0,1)); sh("true")'
	out=$(U run -b "$T/user/bundle" "$ID" 2>&1); rc=$?
	like "the id of somebody else is not to be had" "$rc $out" "^1 .*(map|newuidmap)"
	is "nothing of them stays" "$(ls "$T/user/podctl-rt" | grep -v '^@')" ""
else
	skip "ordinary users" "they may not make user namespaces here"
fi
done_testing
