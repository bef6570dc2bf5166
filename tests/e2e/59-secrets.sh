#!/bin/bash
# Secrets in containers: run --secret and create --secret, as files and as variables.
. "$(dirname "$0")/lib.sh"
needs cgroups busybox
import_image || { not_ok "import"; done_testing; }
run() { podctl run --network none "$@"; }
out() { run --rm "$@" 2>&1; }
printf 'first\n' | podctl secret create one - >/dev/null
printf '%s' 'pass word' | podctl secret create two - >/dev/null

# ---- files -----------------------------------------------------------------------------------------------------------
is "a secret is a file below /run/secrets" "$(out --secret one "$IMG" cat /run/secrets/one)" first
is "its mode and owner" "$(out --secret one "$IMG" stat -c '%a %u:%g' /run/secrets/one)" "444 0:0"
is "source= names it as well" "$(out --secret source=one,type=mount "$IMG" cat /run/secrets/one)" first
is "target=, mode=, uid= and gid=" "$(out --secret one,target=sub/x,mode=0400,uid=1000,gid=2000 "$IMG" stat -c '%a %u:%g' /run/secrets/sub/x)" "400 1000:2000"
is "an absolute target" "$(out --secret one,target=/etc/one.txt "$IMG" cat /etc/one.txt)" first
is "its user may read what is its own" "$(out -u web --secret one,mode=0400,uid=1000 "$IMG" cat /run/secrets/one)" first
is "several" "$(out --secret one --secret two "$IMG" sh -c 'cat /run/secrets/*')" "first
pass word"
is "with a read-only root" "$(out --read-only --secret one "$IMG" cat /run/secrets/one)" first
id=$(podctl secret inspect -f '{{.ID}}' one)
is "by id" "$(out --secret "$id" "$IMG" cat /run/secrets/one)" first

# ---- variables -------------------------------------------------------------------------------------------------------
is "type=env" "$(out --secret two,type=env "$IMG" sh -c 'echo "<$two>"')" "<pass word>"
is "type=env with a name" "$(out --secret two,type=env,target=PW "$IMG" sh -c 'echo "<$PW><$two>"')" "<pass word><>"

# ---- a container that lives --------------------------------------------------------------------------------------------
run -d --name box --secret one,target=f --secret two,type=env,target=PW "$IMG" sleep 1000 >/dev/null
is "exec has the variable" "$(podctl exec box sh -c 'echo $PW')" "pass word"
is "and the file" "$(podctl exec box cat /run/secrets/f)" first
podctl inspect box >"$T/box.json"
is "inspect names them" "$(podctl inspect -f '{{range .Config.Secrets}}{{.Name}} {{end}}' box)" "one two "
is "and does not tell what is in them" "$(grep -cE 'pass word|Zmlyc3Q|cGFzcyB3' "$T/box.json")" 0
printf 'second\n' | podctl secret create --replace one - >/dev/null
podctl restart -t 0 box >/dev/null
is "a container keeps what the secret held" "$(podctl exec box cat /run/secrets/f)" first
podctl secret rm one two >/dev/null
podctl restart -t 0 box >/dev/null
is "also when it was removed" "$(podctl exec box sh -c 'cat /run/secrets/f; echo $PW')" "first
pass word"
is "commit leaves it out" "$(podctl commit -q box localhost/committed >/dev/null; podctl run --rm --network none localhost/committed sh -c 'cat /run/secrets/f; echo "<$PW>"' 2>/dev/null)" "<>"
podctl rm -ft 0 box >/dev/null
is "nothing of it stays in memory" "$(find "$RUNROOT" -name secrets 2>/dev/null | wc -l)" 0

# ---- members of a pod ------------------------------------------------------------------------------------------------
printf 'three' | podctl secret create three - >/dev/null
podctl pod create --network none --name p >/dev/null
run -d --pod p --name m1 --secret three "$IMG" sleep 1000 >/dev/null 2>&1 || podctl run -d --pod p --name m1 --secret three "$IMG" sleep 1000 >/dev/null
is "a member has it" "$(podctl exec m1 cat /run/secrets/three)" three
podctl rm -ft 0 m1 >/dev/null
is "and takes it along" "$(find "$RUNROOT" -path '*secrets/*' 2>/dev/null | wc -l)" 0
podctl pod rm -ft 0 p >/dev/null

# ---- what is refused ---------------------------------------------------------------------------------------------------
t_fails "a secret that is not there" 125 'no secret with name or id "nope": no such secret' run --rm --secret nope "$IMG" true
t_fails "an unknown type" 125 'there are mount and env' run --rm --secret three,type=x "$IMG" true
t_fails "an unknown option" 125 "invalid option 'x=1'" run --rm --secret three,x=1 "$IMG" true
t_fails "a mode that is not octal" 125 'octal' run --rm --secret three,mode=9 "$IMG" true
t_fails "an owner of a variable" 125 'type=mount' run --rm --secret three,type=env,uid=1 "$IMG" true
t_fails "two of one place" 125 'given twice' run --rm --secret three --secret three "$IMG" true
done_testing
