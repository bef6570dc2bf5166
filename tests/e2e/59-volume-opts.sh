#!/bin/bash
# volume create --opt; what a mount has by default; rm of a container that others need.
. "$(dirname "$0")/lib.sh"
needs root busybox
import_image || { not_ok "import"; done_testing; }
run() { podctl run --network none "$@"; }
out() { run --rm "$@" 2>&1; }
opts() { out "$@" "$IMG" sh -c 'awk "\$2 == \"/t\" { print \$1, \$3, \$4 }" /proc/mounts'; }

# ---- a directory of the host under a name ------------------------------------------------------------------------------
mkdir "$T/host"; echo there >"$T/host/f"
is "type=none,o=bind" "$(podctl volume create --opt type=none --opt o=bind --opt device="$T/host" bound)" bound
is "its files are the host's" "$(out -v bound:/t "$IMG" cat /t/f)" there
out -v bound:/t "$IMG" sh -c 'echo made >/t/g' >/dev/null
is "and what is written" "$(cat "$T/host/g")" made
is "inspect has the options" "$(podctl volume inspect -f '{{.Options.device}} {{.Options.o}} {{.Options.type}}' bound)" "$T/host bind none"
podctl volume create --opt type=none --opt o=bind,ro --opt device="$T/host" bound-ro >/dev/null
like "o=ro" "$(out -v bound-ro:/t "$IMG" sh -c 'echo x >/t/h' 2>&1)" 'Read-only'
run -d --name user -v bound:/t "$IMG" sleep 1000 >/dev/null
is "cp sees the same" "$(podctl cp user:/t/f - | tar -xO)" there
podctl rm -ft 0 user >/dev/null
t "rm removes the name" podctl volume rm bound
is "and not the files" "$(cat "$T/host/f")" there
is "another of that name is an ordinary one" "$(podctl volume create bound >/dev/null; podctl volume inspect -f '{{len .Options}}' bound)" 0
podctl volume create --opt type=none --opt o=bind --opt device="$T/gone" gone >/dev/null
t_fails "a directory that is not there" 125 "volume 'gone': device '$T/gone'" run --rm -v gone:/t "$IMG" true

# ---- memory ----------------------------------------------------------------------------------------------------------------
podctl volume create --opt type=tmpfs --opt device=tmpfs --opt o=size=2m,mode=0700,uid=1000 mem >/dev/null
like "type=tmpfs" "$(opts -v mem:/t)" '^tmpfs tmpfs rw,nosuid,nodev,.*size=2048k,mode=700,uid=1000'
podctl pod create --network none --name p -v mem:/t >/dev/null
podctl run -d --pod p --name a "$IMG" sh -c 'echo shared >/t/f; sleep 1000' >/dev/null
podctl create --pod p --name b "$IMG" sh -c 'cat /t/f; sleep 1000' >/dev/null
podctl pod stop -t 0 p >/dev/null
podctl pod start p >/dev/null
t "the containers of a pod share it" until_true 20 sh -c "$PODCTL_BIN ${PODCTL_OPTS[*]} exec b cat /t/f | grep -q shared"
podctl pod rm -ft 0 p >/dev/null

# ---- owners, and what is refused -------------------------------------------------------------------------------------------
podctl volume create --opt o=uid=1000,gid=2000 owned >/dev/null
is "o=uid=,gid=" "$(out -v owned:/t "$IMG" stat -c %u:%g /t)" 1000:2000
t_fails "an option that is none" 125 "invalid mount option foo for driver 'local': invalid argument" podctl volume create --opt foo=bar x
t_fails "a quota" 125 'size and inodes not supported' podctl volume create --opt o=size=1m x
t_fails "another file system" 125 'type=nfs: there are tmpfs and bind' podctl volume create --opt type=nfs --opt device=h:/x x
t_fails "bind without a directory" 125 'expected an absolute path' podctl volume create --opt o=bind x
t_fails "nothing of these is made" 1 '' podctl volume exists x

# ---- mounts as podman makes them ---------------------------------------------------------------------------------------------
like "a volume is nosuid and nodev" "$(opts -v plain:/t)" 'rw,nosuid,nodev,'
is "unless it is to be otherwise" "$(opts -v plain:/t:suid,dev | grep -cE 'nosuid|nodev')" 0
is "a bind mount is as it is" "$(opts -v "$T/host:/t" | grep -cE 'nosuid|nodev')" 0
like "--tmpfs may execute" "$(opts --tmpfs /t)" '^tmpfs tmpfs rw,nosuid,nodev,relatime'
like "--tmpfs with noexec" "$(opts --tmpfs /t:noexec)" 'noexec'
is "a tmpfs has what the image has there" "$(out --tmpfs /etc "$IMG" sh -c 'test -s /etc/passwd && echo copied')" copied
is "notmpcopyup" "$(out --tmpfs /bin2:notmpcopyup --tmpfs /root:notmpcopyup "$IMG" ls /root)" ""

# ---- rm of what others need ------------------------------------------------------------------------------------------------
podctl create --name needed --network none "$IMG" true >/dev/null
podctl create --name needs --requires needed --network none "$IMG" true >/dev/null
podctl create --name joins --network container:needed "$IMG" true >/dev/null
t_fails "rm of a container that others need" 125 "has dependent containers which must be removed before it: .*: container already exists" podctl rm needed
t_fails "also with --force" 125 'has dependent containers' podctl rm -f needed
t "one that nobody needs" podctl rm joins
t "rm --depend takes the others along" podctl rm --depend needed
is "all of them" "$(podctl ps -aq)" ""
podctl create --name needed --network none "$IMG" true >/dev/null
podctl create --name needs --requires needed --network none "$IMG" true >/dev/null
t "rm -a needs no order" podctl rm -a
is "nothing is left" "$(podctl ps -aq)" ""
done_testing
