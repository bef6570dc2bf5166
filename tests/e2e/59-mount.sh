#!/bin/bash
# mount, unmount, init, container cleanup, cp --overwrite: what reaches a container that need not run.
. "$(dirname "$0")/lib.sh"
needs root busybox
import_image || { not_ok "import"; done_testing; }
run() { podctl run --network none "$@"; }

# ---- mount -----------------------------------------------------------------------------------------------------------
podctl create --name box --network none "$IMG" sleep 1000 >/dev/null
id=$(podctl inspect -f '{{.Id}}' box)
is "nothing is mounted" "$(podctl mount)" ""
at=$(podctl mount box)
like "mount prints where" "$at" "^$RUNROOT/"
t "the image's files are there" test -x "$at/bin/busybox"
is "mount again is the same place" "$(podctl mount box)" "$at"
is "mount lists it" "$(podctl mount)" "${id:0:12}  $at"
is "with the whole id" "$(podctl mount --notruncate)" "$id  $at"
is "as JSON" "$(podctl mount --format json | tr -d ' \n')" "[{\"id\":\"$id\",\"Names\":[\"box\"],\"mountpoint\":\"$at\"}]"
echo kept >"$at/file"
is "umount says what it unmounted" "$(podctl umount box)" box
is "and it is" "$(podctl mount; ls "$at" 2>/dev/null)" ""
t_fails "umount of what is not mounted" 125 'container box is not mounted' podctl umount box
t "umount --force of the same" podctl umount --force box
is "what was written stays" "$(cat "$(podctl mount box)/file")" kept
t "a mounted container can be started" podctl start box
is "and has it" "$(podctl exec box cat /file)" kept
at=$(podctl mount box)
podctl exec box sh -c 'echo new >/made'
is "what runs is seen too" "$(cat "$at/made")" new
is "umount leaves what runs" "$(podctl umount box)" ""
podctl stop -t 0 box >/dev/null
podctl mount box >/dev/null
is "umount -a" "$(podctl umount -a)" "$id"
podctl mount box >/dev/null
t "a mounted container can be removed" podctl rm box
is "and leaves no mount" "$(grep -c "$RUNROOT/mounts" /proc/self/mountinfo)" 0
t_fails "a container that is not there" 125 'no container with name or ID "nope" found' podctl mount nope
t_fails "a format that is none" 125 'unknown --format' podctl mount --format x

# ---- init ------------------------------------------------------------------------------------------------------------
podctl create --name later --network none "$IMG" sleep 1000 >/dev/null
is "init" "$(podctl init later)" later
is "its state" "$(podctl inspect -f '{{.State.Status}}' later)" initialized
like "in ps" "$(podctl ps -a --filter name=later --format '{{.Status}}')" '^Initialized'
t_fails "not twice" 125 'is initialized' podctl init later
t "start runs it" podctl start later
is "running" "$(podctl inspect -f '{{.State.Status}}' later)" running
t_fails "init of what runs" 125 'is running' podctl init later
podctl stop -t 0 later >/dev/null
is "init of what has exited" "$(podctl init later)" later
t "stop ends what was initialized" podctl stop -t 0 later
t "and rm removes it" podctl rm -f later
podctl create --name gone --network none "$IMG" true >/dev/null
podctl init gone >/dev/null
t "rm of an initialized container" podctl rm -f gone

# ---- container cleanup -----------------------------------------------------------------------------------------------
run -d --name done "$IMG" true >/dev/null
podctl wait done >/dev/null
is "cleanup of one that has ended" "$(podctl container cleanup done)" done
is "cleanup --rm" "$(podctl container cleanup --rm done; podctl container exists done; echo $?)" "done
1"
run -d --name up "$IMG" sleep 1000 >/dev/null
t_fails "cleanup of one that runs" 125 'is running: stop it first' podctl container cleanup up
is "cleanup -a leaves it" "$(podctl container cleanup -a; podctl inspect -f '{{.State.Status}}' up)" running

# ---- cp --overwrite --------------------------------------------------------------------------------------------------
mkdir -p "$T/src/thing"; echo in >"$T/src/thing/f"; echo file >"$T/plain"
podctl exec up sh -c 'echo x >/tmp/thing; mkdir -p /tmp/plain/sub'
t_fails "a directory does not replace a file" 125 'a file is in the place of a directory|is not a directory' podctl cp "$T/src/thing" up:/tmp/
t "cp --overwrite makes it" podctl cp --overwrite "$T/src/thing" up:/tmp/
is "it is there" "$(podctl exec up cat /tmp/thing/f)" in
t_fails "a file does not replace a directory" 125 'a directory is in the place of a file' podctl cp "$T/plain" up:/tmp/
t "cp --overwrite does" podctl cp --overwrite "$T/plain" up:/tmp/
is "it is the file" "$(podctl exec up cat /tmp/plain)" file
podctl rm -ft 0 up >/dev/null

# ---- what every container has ----------------------------------------------------------------------------------------
is "/dev/core is a link" "$(run --rm "$IMG" readlink /dev/core)" /proc/kcore
is "--personality" "$(run --rm --personality LINUX32 "$IMG" cat /proc/self/personality)" 00000008
t_fails "--personality of nobody" 125 'there are LINUX and LINUX32' run --rm --personality SUNOS "$IMG" true
done_testing
