#!/bin/bash
# --mount type=image and devpts, --cgroup-parent, global flags that scripts give.
. "$(dirname "$0")/lib.sh"
needs root busybox
import_image || { not_ok "import"; done_testing; }
out() { podctl run --rm --network none "$@" 2>&1; }

# ---- images as mounts ---------------------------------------------------------------------------------------------------
mkdir -p "$T/data"; echo first >"$T/data/a"
tar -C "$T/data" -cf "$T/data.tar" . && podctl import -q "$T/data.tar" localhost/data >/dev/null
is "--mount type=image" "$(out --mount type=image,src=localhost/data,dst=/d "$IMG" cat /d/a)" first
like "it is read-only" "$(out --mount type=image,src=localhost/data,dst=/d "$IMG" touch /d/x)" 'Read-only'
is "rw=true" "$(out --mount type=image,src=localhost/data,dst=/d,rw=true "$IMG" sh -c 'echo n >/d/x && cat /d/a /d/x')" "first
n"
is "the image stays as it was" "$(out --mount type=image,src=localhost/data,dst=/d "$IMG" ls /d)" a
podctl run --name c --network none "$IMG" sh -c 'echo second >/b' >/dev/null
podctl commit -q c localhost/two >/dev/null
is "one of several layers" "$(out --mount type=image,src=localhost/two,dst=/d "$IMG" sh -c 'cat /d/b; test -x /d/bin/sh && echo sh')" "second
sh"
t_fails "an image that is not here" 125 'localhost/nope' podctl run --rm --mount type=image,src=localhost/nope,dst=/d "$IMG" true
t_fails "no image" 125 'an image \(src=\) is missing' podctl run --rm --mount type=image,dst=/d "$IMG" true
like "--mount type=devpts" "$(out --mount type=devpts,destination=/dev/pts,mode=0600 "$IMG" grep /dev/pts /proc/mounts)" '^devpts /dev/pts devpts .*mode=600'
t_fails "a type that is none" 125 'invalid filesystem type "x"' podctl run --rm --mount type=x,dst=/d "$IMG" true

# ---- --cgroup-parent ------------------------------------------------------------------------------------------------------
if [ -d /run/systemd/system ]; then
	t_fails "a parent that is no slice" 125 'invalid systemd slice' podctl run --rm --cgroup-parent /x "$IMG" true
	podctl run -d --network none --name cg --cgroup-parent user.slice "$IMG" sleep 1000 >/dev/null
	like "--cgroup-parent is a slice" "$(cat "/proc/$(podctl inspect -f '{{.State.Pid}}' cg)/cgroup")" '/user.slice/'
else
	t_fails "a slice without systemd" 125 'systemd slice received' podctl run --rm --cgroup-parent x.slice "$IMG" true
	podctl run -d --network none --name cg --cgroup-parent "/parent-$SUFFIX" "$IMG" sleep 1000 >/dev/null
	like "--cgroup-parent" "$(cat "/proc/$(podctl inspect -f '{{.State.Pid}}' cg)/cgroup")" ":/parent-$SUFFIX/podctl-"
	podctl pod create --network none --name cp --cgroup-parent "/parent-$SUFFIX" >/dev/null
	like "of a pod" "$(podctl run --rm --pod cp "$IMG" cat /proc/1/cgroup)" ":/(parent-$SUFFIX/podctl-|$)"
	podctl pod rm -ft 0 cp >/dev/null
fi
podctl rm -ft 0 cg >/dev/null
find /sys/fs/cgroup -maxdepth 3 -type d -name "parent-$SUFFIX" -exec rmdir {} + 2>/dev/null
is "nothing of it stays" "$(find /sys/fs/cgroup -maxdepth 4 -path "*parent-$SUFFIX*" 2>/dev/null | wc -l)" 0
t_fails "it is the pod's to say" 125 'belongs to the pod' podctl run --rm --pod new --cgroup-parent /x "$IMG" true

# ---- global flags -----------------------------------------------------------------------------------------------------------
is "--noout" "$(podctl --noout images)" ""
t "--events-backend file" podctl --events-backend=file ps
t_fails "another one" 125 'events are kept in a file' podctl --events-backend=journald ps
t_fails "--tmpdir is refused by name" 125 'Error: --tmpdir: ' podctl --tmpdir /x ps
done_testing
