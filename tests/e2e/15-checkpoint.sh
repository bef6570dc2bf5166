#!/bin/bash
# podctl-runtime checkpoint and restore, through criu.
. "$(dirname "$0")/lib.sh"
needs root busybox python3
. "$E2E/rtlib.sh"
rt_bundle
CFG='c["root"]["readonly"] = False'

# --- what needs no criu to be said
cfg 'sh("sleep 1000")'
t_fails "a program that is not there" 1 "criu '/nowhere'" R --criu /nowhere restore --image-path "$T" -b "$B" "$ID"
is "nothing stays of it" "$(left)" "0 0 0"
Rq create -b "$B" "$ID"
t_fails "checkpoint of a container that has not started" 1 "while it is created" R checkpoint --image-path "$T/images" "$ID"
Rq start "$ID"
t_fails "an absolute parent path" 1 "parent-path '/x': must be relative" R checkpoint --image-path "$T/images" --parent-path /x "$ID"
t_fails "an unknown cgroup mode" 1 "manage-cgroups-mode: unknown value 'odd'" R checkpoint --image-path "$T/images" --manage-cgroups-mode odd "$ID"
t_fails "no images" 1 "image-path: open '$T/none'" R restore --image-path "$T/none" -b "$B" "$ID"
t_fails "of a container that is not there" 1 "does not exist" R checkpoint --image-path "$T/images" nobody
if ! has criu; then
	t_fails "without criu it says what to install" 1 "package criu" R checkpoint --image-path "$T/images" "$ID"
	R delete --force "$ID"
	skip "checkpoint and restore" "criu is not installed"
	done_testing
fi
R delete --force "$ID"
if ! out=$(criu check 2>&1); then
	skip "checkpoint and restore" "criu does not run on this kernel: $(grep -m1 Error <<<"$out")"
	done_testing
fi

# --- a counter in memory goes on where it was
cfg 'sh("i=0; while :; do i=$((i + 1)); echo $i >/tmp/count; sleep 0.1; done"); mnt("/tmp", "tmpfs", "tmpfs"); mnt("/data", "bind", "/etc", "bind", "ro")'
count() { R exec "$ID" /bin/cat /tmp/count 2>/dev/null; }
counted() { [ "$(count || echo 0)" -gt "$1" ] 2>/dev/null; }
Rq run -d -b "$B" "$ID"
t "it counts" until_true 10 counted 5
t "--leave-running" R checkpoint --image-path "$T/one" --leave-running "$ID"
is "it goes on" "$(status)" running
before=$(count)
t "checkpoint" R checkpoint --image-path "$T/two" --work-path "$T/logs" "$ID"
is "the container is gone" "$(left)" "0 0 0"
t "the log is where it was told" test -s "$T/logs/dump.log"
t "restore" Rq restore -d --pid-file "$T/pid" --image-path "$T/two" --work-path "$T/logs" -b "$B" "$ID"
is "it runs" "$(status)" running
is "the pid file" "$(cat "$T/pid")" "$(R state "$ID" | sed -n 's/.*"pid": \([0-9]*\),/\1/p')"
t "the counter goes on where it was" counted "$before"
at=$(count)
t "and on" until_true 10 counted "$at"
is "bind mounts are there again" "$(R exec "$ID" /bin/ls /data/passwd)" /data/passwd
t "pre-dump" R checkpoint --image-path "$T/pre" --pre-dump "$ID"
t "and the rest of it" R checkpoint --image-path "$T/rest" --parent-path ../pre "$ID"
t "restored from both" Rq restore -d --image-path "$T/rest" -b "$B" "$ID"
t "it counts again" until_true 10 counted "$at"
R kill "$ID" KILL
t "it ends" until_true 5 eval '[ "$(status)" = stopped ]'
t "delete" R delete "$ID"
is "nothing is left" "$(left)" "0 0 0"
done_testing
