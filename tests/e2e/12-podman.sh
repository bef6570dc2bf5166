#!/bin/bash
# podctl-runtime under podman: the life of a container as another engine drives it.
. "$(dirname "$0")/lib.sh"
needs root busybox
has podman || skip_all "podman is not installed"
[ -x "$RT" ] || skip_all "$RT is not built"
has conmon || skip_all "conmon is not installed"

# limits that a machine without CAP_SYS_RESOURCE can give, and nothing of the person's own podman
printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n' >"$T/containers.conf"
mkdir -p "$T/pm"
pm() {
	CONTAINERS_CONF=$T/containers.conf podman --root "$T/pm/root" --runroot "$T/pm/run" --tmpdir "$T/pm/tmp" --storage-driver vfs \
		--cgroup-manager cgroupfs --events-backend file --runtime "$RT" "$@"
}
at_end 'pm rm -af -t 0'
at_end 'umount -l "$T/pm/root/vfs"'
make_rootfs "$T/fs"
tar -C "$T/fs" -cf "$T/fs.tar" .
out=$(pm import "$T/fs.tar" bb 2>&1) || skip_all "podman cannot import here: $(tail -n 1 <<<"$out")"
run() { pm run --rm --network none "$@"; }

is "run" "$(run bb echo hello 2>&1)" hello
run bb sh -c 'exit 7' 2>/dev/null; is "the exit code" $? 7
run bb nosuch 2>/dev/null; is "127: not found" $? 127
run bb /etc 2>/dev/null; is "126: cannot be executed" $? 126
is "standard input" "$(echo in | run -i bb cat 2>/dev/null)" in
like "a terminal" "$(run -t bb tty 2>/dev/null)" '^/dev/pts/0'
is "user, groups, capabilities" "$(run --user 7:8 --cap-drop all bb sh -c 'id -u; id -g; sed -n "s/^CapEff:.//p" /proc/self/status' 2>&1 | tr '\n' ' ')" "7 8 0000000000000000 "
is "read-only with a tmpfs" "$(run --read-only --tmpfs /tmp bb sh -c 'touch /x 2>/dev/null || echo no; touch /tmp/x && echo yes' 2>&1 | tr '\n' ' ')" "no yes "
echo data >"$T/volume"
is "a volume" "$(run -v "$T/volume:/v:ro" bb cat /v 2>&1)" data
is "the default seccomp profile is loaded" "$(run bb sed -n 's/^Seccomp:.//p' /proc/self/status 2>&1)" 2

t "run -d" pm run -d --name one --network none --memory 64m bb sleep 1000
is "exec" "$(pm exec one sh -c 'echo in' 2>&1)" in
pm exec one sh -c 'exit 3' 2>/dev/null; is "exec gives the status" $? 3
like "exec with a terminal" "$(pm exec -t one tty 2>/dev/null)" '^/dev/pts/0'
like "ps" "$(pm ps --format '{{.Names}} {{.Status}}')" '^one Up'
like "top" "$(pm top one 2>&1)" 'sleep 1000'
t "pause" pm pause one
is "it is paused" "$(pm inspect --format '{{.State.Status}}' one)" paused
t "unpause" pm unpause one
t "update" pm update --memory 32m one
memory=$(sed -n 's/.*:memory://p' "/proc/$(pm inspect --format '{{.State.Pid}}' one)/cgroup")
if [ -n "$memory" ]; then
	is "the new limit holds" "$(cat "/sys/fs/cgroup/memory$memory/memory.limit_in_bytes")" 33554432
else
	is "the new limit holds" "$(cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(pm inspect --format '{{.State.Pid}}' one)/cgroup")/memory.max")" 33554432
fi
t "kill" pm kill one
has_ended() { [ "$(pm inspect --format '{{.State.Status}}' one)" = exited ]; }
t "it has ended" until_true 10 has_ended
is "of the signal" "$(pm inspect --format '{{.State.ExitCode}}' one)" 137
t "it starts again" pm start one
t "stop" pm stop -t 0 one
t "rm" pm rm one
done_testing
