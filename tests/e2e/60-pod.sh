#!/bin/bash
# Pods by hand: create, members, the infra container, shared namespaces, bridge and published ports, /etc files, the end.
. "$(dirname "$0")/lib.sh"
needs root busybox bridge curl
import_image
before=$(machine_state)
port=$((20000 + $$ % 20000))

t "pod create prints an id" bash -c "[ \$(${PODCTL_BIN} ${PODCTL_OPTS[*]} pod create --name lab --label tier=test -p $port:80 -p 127.0.0.1:$((port + 1)):81/tcp -p $((port + 2)):82/udp | tr -d '\n' | wc -c) = 64 ]"
t_fails "a name in use is refused" 125 "in use" podctl pod create --name lab
is "a created pod is Created" "$(podctl pod ps --format '{{.Status}}')" Created
t "pod exists" podctl pod exists lab
podctl pod exists nope; is "pod exists says 1 when not" $? 1
t "a member starts the pod" podctl run -d --pod lab --name lab-web $IMG sh -c 'mkdir -p /www; echo page >/www/index.html; httpd -f -p 80 -h /www'
t "a second member" podctl run -d --pod lab --name lab-side $IMG sleep 1000
is "the pod runs" "$(podctl pod ps --format '{{.Status}}')" Running
is "ps shows members" "$(podctl ps --format '{{.Names}}' | grep -c '^lab-')" 2

ns() { podctl exec "$1" readlink "/proc/self/ns/$2"; }
for n in net ipc uts; do is "members share $n" "$(ns lab-web $n)" "$(ns lab-side $n)"; done
for n in mnt pid; do
	[ "$(ns lab-web $n)" != "$(ns lab-side $n)" ] && ok "members have their own $n" || not_ok "members have their own $n"
done
[ "$(ns lab-web net)" != "$(readlink /proc/self/ns/net)" ] && ok "the pod's network is not the host's" || not_ok "the pod's network is not the host's"
is "hostname is the pod's name" "$(podctl exec lab-web hostname)" lab
ip=$(podctl exec lab-web hostname -i | awk '{print $1}')
like "the pod has an address" "$ip" '^10\.'
like "its address stands in /etc/hosts" "$(podctl exec lab-side cat /etc/hosts)" "^$ip[[:space:]]+.*lab"
like "/etc/resolv.conf has a server or none, and is ours" "$(podctl exec lab-side sh -c 'test -f /etc/resolv.conf && echo there')" there

fetch() { podctl exec "$1" sh -c "printf 'GET / HTTP/1.0\r\n\r\n' | nc -w 5 $2 $3 | tail -1"; }
page() { curl -fsS -m 5 "$@"; }
until_true 5 page "http://127.0.0.1:$port/"
is "published port from 127.0.0.1" "$(page "http://127.0.0.1:$port/")" page
host=$(ip -4 -o addr show scope global 2>/dev/null | awk '$2 !~ /podctl/ {sub("/.*","",$4); print $4; exit}')
[ -n "$host" ] && is "published port from the host's own address" "$(page "http://$host:$port/")" page || skip "published port from the host's own address" "no address but loopback"
is "from the pod itself by localhost" "$(fetch lab-side 127.0.0.1 80)" page
t "another container on the bridge" podctl run -d --name other --network bridge $IMG sleep 1000
[ -n "$host" ] && is "from another container to the host's address" "$(fetch other "$host" "$port")" page || skip "from another container to the host's address" "no address but loopback"
is "from another container to the pod's address" "$(fetch other "$ip" 80)" page
[ -n "$host" ] && is "hairpin: from the pod to its own published port" "$(fetch lab-side "$host" "$port")" page || skip "hairpin" "no address but loopback"
# busybox's nc has no udp: the host's, in the pod's network
nsenter -t "$(podctl inspect --format '{{.State.Pid}}' lab-web)" -n sh -c 'echo udp-answer | timeout 5 nc -u -l 82' >/dev/null 2>&1 &
until_true 5 podctl exec lab-web grep -q ':0052 ' /proc/net/udp /proc/net/udp6
is "a published udp port" "$(echo hi | timeout 3 nc -u -w1 127.0.0.1 $((port + 2)) | head -1)" udp-answer
t_fails "a port in use is named with its pod" 125 "$port.*lab" podctl run --rm -p $port:80 $IMG true
python3 -c "import socket,time; s=socket.socket(); s.bind(('0.0.0.0',$((port + 5)))); s.listen(); time.sleep(60)" & holder=$!
until_true 10 grep -q "$(printf ':%04X 00000000:0000 0A' $((port + 5)))" /proc/net/tcp
t_fails "a port in use by a process is named with it" 125 "python3" podctl run --rm -p $((port + 5)):80 $IMG true
kill $holder
t "a host IP and a range" podctl run -d --name ranged -p 127.0.0.1:$((port + 10))-$((port + 11)):80-81 $IMG httpd -f -p 81
t "the second port of the range answers" bash -c "curl -s -m 5 -o /dev/null http://127.0.0.1:$((port + 11))/"
podctl rm -f -t 0 ranged other >/dev/null

is "pod logs has both" "$(podctl pod logs lab >/dev/null 2>&1; echo $?)" 0
like "pod top lists processes of all" "$(podctl pod top lab)" "httpd"
like "pod inspect" "$(podctl pod inspect lab | jq -r '.Name // .[0].Name')" '^lab$'
is "infra is there" "$(podctl pod inspect lab | jq -r '(if type=="array" then .[0] else . end).NumContainers')" 3
t "pod stop" podctl pod stop -t 1 lab
is "a stopped pod is Exited" "$(podctl pod ps --format '{{.Status}}')" Exited
t "pod start again" podctl pod start lab
until_true 5 page "http://127.0.0.1:$port/"
is "it answers again" "$(page "http://127.0.0.1:$port/")" page
t "pod restart" podctl pod restart -t 1 lab
t "pod kill" podctl pod kill lab
until_true 5 bash -c "${PODCTL_BIN} ${PODCTL_OPTS[*]} pod ps --format '{{.Status}}' | grep -qv Running"
t_fails "pod rm of what is not there" 1 "no such pod" podctl pod rm nope-$$
t "pod rm -f" podctl pod rm -f lab
is "nothing is left in ps" "$(podctl ps -aq | wc -l)" 0
# whoever removes a pod makes the directories of the next one, which takes them (unless a cleaner makes some at this moment)
spared() {
	rm -rf "$ROOT/pods/.spare"
	podctl pod create --name like >/dev/null && podctl create --pod like $IMG true >/dev/null && podctl create --pod like $IMG true >/dev/null &&
		podctl pod rm like >/dev/null && [ -d "$ROOT/pods/.spare/containers/.spare1/work" ]
}
until_true 10 spared
inode=$(stat -c %i "$ROOT/pods/.spare/containers/.spare0/upper")
id=$(podctl create $IMG true)
is "the next pod takes the directories made in advance" "$(stat -c %i "$ROOT/pods/$id/containers/$id/upper")" "$inode"
t "and goes with all of them" podctl rm "$id"
is "nothing of it is left" "$(ls "$ROOT/pods")" ""
until_true 5 bash -c '[ "$1" = "$(machine_state)" ]' _ "$before" || true
after=$(machine_state)
is "the machine is as before" "$(echo "$after")" "$(echo "$before")"
done_testing
