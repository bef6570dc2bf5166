#!/bin/bash
# podctl-runtime --systemd-cgroup: a transient scope per container, entered, limited, executed in and gone.  As root and as a user.
. "$(dirname "$0")/lib.sh"
needs cgroup2 systemd busybox python3
. "$E2E/rtlib.sh"
sc=(systemctl) slice=system.slice
[ "$(id -u)" = 0 ] || { sc=(systemctl --user); slice=app.slice; }
"${sc[@]}" show-environment >/dev/null 2>&1 || skip_all "systemd does not answer $(id -un) (no login session)"
S() { "$RT" --systemd-cgroup --root "$T/state" "$@"; }
Sq() { S "$@" </dev/null >/dev/null 2>&1; }
rt_bundle
scope=prefix-$ID.scope
if [ "$(id -u)" != 0 ]; then "$RT" spec --rootless -b "$B" && mv "$B/config.json" "$B/base.json"; fi
cfg "p['args'] = ['/bin/sleep', '1000']; l['cgroupsPath'] = '$slice:prefix:$ID'; res(pids={'limit': 77})"
t "run in a scope" Sq run -d -b "$B" "$ID"
is "the scope is there and delegated" "$("${sc[@]}" show -p ActiveState -p Delegate -p Slice --value "$scope" | sort | tr '\n' ' ')" "$(printf '%s\n' active yes "$slice" | sort | tr '\n' ' ')"
pid=$(S state "$ID" | sed -n 's/.*"pid": \([0-9]*\),/\1/p')
like "the container is in it" "$(cat "/proc/$pid/cgroup")" "/$scope/container$"
is "its limit holds" "$(cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")/pids.max")" 77
is "exec" "$(S exec "$ID" /bin/echo hello)" hello
S exec -d "$ID" /bin/sleep 998
like "exec runs in the same one" "$(cat "/proc/$(pgrep -P 1,$PPID,$$ -fx '/bin/sleep 998' || pgrep -fx '/bin/sleep 998' | head -1)/cgroup")" "/$scope/"
t_fails "a path that is none" 1 "slice:prefix:name" S run -b "$B" -f <(sed 's/'"$slice:prefix"'/nothing/' "$B/config.json") "$ID-2"
t "delete --force" S delete --force "$ID"
gone() { ! "${sc[@]}" list-units --all --plain --no-legend "$scope" | grep -q active; }
t "the scope is gone" until_true 5 gone
cfg "p['args'] = ['/bin/true']; l['cgroupsPath'] = '$slice:prefix:$ID'"
t "again with the same name, in the foreground" S run -b "$B" "$ID"
t "and gone again" until_true 5 gone
done_testing
