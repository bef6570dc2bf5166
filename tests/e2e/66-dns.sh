#!/bin/bash
# 66-dns: pods that find each other by name, podctl-dns and what it asks others, and that it is there when it is wanted and never else.
. "$(dirname "$0")/lib.sh"
needs root bridge busybox python3
import_image
tool() { python3 "$E2E/dns_tool.py" "$@"; }

# Name servers of this test on loopback addresses that nobody else has.
a=$((RANDOM % 250 + 1)) b=$((RANDOM % 250 + 1))
UP=127.$a.$b.1 DOWN=127.$a.$b.2 SILENT=127.$a.$b.3 REFUSING=127.$a.$b.4
serve() { # ADDRESS MODE...
	local ready
	ready=$T/ready-$1
	python3 "$E2E/dns_tool.py" serve "$1" "$ready" "${@:2}" >/dev/null 2>&1 &
	at_end "kill $!"
	until_true 20 test -e "$ready"
}
hosts_servers() { # ADDRESS...: what containers.conf says they are
	local list
	list=$(printf '"%s",' "$@")
	printf '[containers]\ndns_servers = [%s]\n' "${list%,}" >"$T/override.conf"
}
export CONTAINERS_CONF_OVERRIDE=$T/override.conf
hosts_servers "$UP"
serve "$UP" spoof long

pod() { # NAME CONTAINER [LINES OF SPEC]
	printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec:\n  terminationGracePeriodSeconds: 0\n%s  containers:\n  - {name: %s, image: %s, command: [sleep, "100000"]}\n' "$1" "${3:-}" "$2" "$IMG"
}
resolv() { podctl exec "$1" cat /etc/resolv.conf; }
# a played pod's file has the host's own servers, whatever these are, and those of containers.conf
host_servers() { resolv "$1" | grep -xF -e "nameserver $GATEWAY" -e "nameserver $UP"; }
address() { podctl inspect --format '{{.NetworkSettings.IPAddress}}' "$1"; }
servers() { # processes of this engine's name servers
	local p
	for p in $(engine_pids); do [ "$(cat "/proc/$p/comm" 2>/dev/null)" = podctl-dns ] && echo "$p"; done
}
count_servers() { servers | wc -l; }
one_server() { [ "$(count_servers)" = 1 ]; }
no_server() { [ "$(count_servers)" = 0 ]; }

# ---- names ----
{ pod alpha web $'  hostname: h1\n  subdomain: sub\n'; echo ---; pod beta cli; } >"$T/two.yaml"
t "two pods are played" podctl play kube "$T/two.yaml"
ALPHA=$(address alpha-web) BETA=$(address beta-cli)
GATEWAY=$(podctl inspect --format '{{.NetworkSettings.Gateway}}' alpha-web)
is "they ask the server of their network, in its domain first" "$(resolv beta-cli | tr '\n' ' ')" "search dns.podctl nameserver $GATEWAY "
lookup() { podctl exec beta-cli nslookup "$@" 2>&1; }
for name in alpha alpha-web web h1.sub h1.sub.default.svc.cluster.local alpha.dns.podctl ALPHA.dns.podman; do
	like "one finds the other as $name" "$(lookup "$name")" "^Address: $ALPHA\$"
done
like "and is found" "$(podctl exec alpha-web nslookup beta 2>&1)" "^Address: $BETA\$"
ask() { tool ask "$GATEWAY" "$@"; }
is "an address has a name" "$(ask "$(tac -s. <<<"$ALPHA." | tr -d '\n')in-addr.arpa" PTR)" "NOERROR alpha.dns.podctl"
is "one that nobody has, has none" "$(ask "$(tac -s. <<<"${GATEWAY%.*}.250." | tr -d '\n')in-addr.arpa" PTR)" "NXDOMAIN"
is "a name without IPv6 is there all the same" "$(ask alpha AAAA)" "NOERROR"
is "a pod that is not there is not" "$(ask gamma)" "NXDOMAIN"
is "nor is one of our domain" "$(ask gamma.dns.podctl)" "NXDOMAIN"
is "who speaks EDNS hears it" "$(ask alpha A edns)" "NOERROR edns $ALPHA"
is "TCP is answered too" "$(ask alpha A tcp)" "NOERROR $ALPHA"
is "the host has a name" "$(ask host.containers.internal)" "NOERROR $GATEWAY"
is "who is not of the network gets no answer" "$(ask alpha A from=127.0.0.1 wait=1)" "NOTHING "

# ---- the rest of the world ----
is "other names are asked for elsewhere; wrong answers on the way do not count" "$(ask plain.test)" "NOERROR 192.0.2.1"
is "and those that are not are not" "$(ask plain.example)" "NXDOMAIN"
like "from a pod too" "$(lookup plain.test)" '^Address: 192\.0\.2\.1$'
is "EDNS is passed on" "$(ask edns.test A edns)" "NOERROR 192.0.2.1"
is "and not made up" "$(ask edns.test A)" "NOERROR 192.0.2.0"
is "a long answer is cut" "$(ask many.test)" "NOERROR cut"
is "and whole over TCP" "$(ask many.test A tcp | wc -w)" 101

# ---- the process ----
is "one server for both" "$(count_servers)" 1
PID=$(servers)
status() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$PID/status"; }
is "it is nobody" "$(status Uid | cut -f1)" 65534
is "without capabilities" "$(status CapEff) $(status CapBnd)" "0000000000000000 0000000000000000"
is "behind a filter" "$(status Seccomp) $(status NoNewPrivs)" "2 1"
t "it is sent packets that are no questions" tool mangle "$GATEWAY" 5000
is "and answers questions" "$(ask alpha)" "NOERROR $ALPHA"
until_true 30 sh -c "[ \"\$(python3 '$E2E/dns_tool.py' ask '$GATEWAY' alpha A tcp)\" = 'NOERROR $ALPHA' ]"
is "over TCP as well, when those that said nothing are gone" "$(ask alpha A tcp)" "NOERROR $ALPHA"
is "it is the same process" "$(servers)" "$PID"
# not Private_Dirty: a program that was linked just now is dirty itself
own=$(awk '/^Anonymous/ { print $2 }' "/proc/$PID/smaps_rollup")
t "with little memory of its own (${own:-?} kB)" test "${own:-9999}" -lt 600

kill -9 "$PID"
until_true 10 no_server
podctl ps >/dev/null
until_true 10 one_server
is "killed, it is there again after the next command" "$(ask alpha)" "NOERROR $ALPHA"

# ---- servers that do not answer: the next one is asked ----
serve "$SILENT" silent
serve "$REFUSING" refuse
for first in "$DOWN" "$REFUSING" "$SILENT"; do
	hosts_servers "$first" "$UP"
	podctl pod rm -f -t 0 alpha beta >/dev/null 2>&1
	podctl play kube "$T/two.yaml" >/dev/null
	is "after $first the next server is asked" "$(ask plain.test)" "NOERROR 192.0.2.1"
done
hosts_servers "$SILENT"
podctl pod rm -f -t 0 alpha beta >/dev/null
podctl play kube "$T/two.yaml" >/dev/null
is "when none answers that is said" "$(ask plain.test)" "SERVFAIL"
is "names of pods need none" "$(ask beta)" "NOERROR $(address beta-cli)"
hosts_servers "$UP"

# ---- names come and go ----
podctl pod stop -t 0 alpha >/dev/null
is "a stopped pod has no name" "$(ask alpha)" "NXDOMAIN"
podctl pod start alpha >/dev/null
is "and has it again" "$(ask alpha)" "NOERROR $(address alpha-web)"
podctl run -d --name plain "$IMG" sleep 1000 >/dev/null
is "a container of its own has none" "$(ask plain)" "NXDOMAIN"
is "and the host's servers" "$(resolv plain)" "nameserver $UP"
{ pod own x $'  dnsPolicy: Default\n'; echo ---; pod none x $'  dnsPolicy: None\n  dnsConfig: {nameservers: [192.0.2.7], searches: [a.example]}\n'; echo ---; pod more x $'  dnsConfig: {nameservers: [192.0.2.7], searches: [a.example], options: [{name: ndots, value: "3"}]}\n'; } >"$T/policy.yaml"
t "pods with another dnsPolicy are played" podctl play kube "$T/policy.yaml"
is "Default: the host's servers" "$(host_servers own-x)" "nameserver $UP"
is "its name is known all the same" "$(ask own)" "NOERROR $(address own-x)"
is "None: what dnsConfig says" "$(resolv none-x | tr '\n' ' ')" "search a.example nameserver 192.0.2.7 "
is "ClusterFirst: names first, and dnsConfig after them" "$(resolv more-x | tr '\n' ' ')" "search dns.podctl a.example nameserver $GATEWAY nameserver 192.0.2.7 options ndots:3 "
podctl kube down "$T/policy.yaml" >/dev/null
podctl rm -f -t 0 plain >/dev/null

# ---- as long as it is wanted ----
podctl pod rm -f -t 0 alpha >/dev/null
t "with one pod left it stays" one_server
podctl pod rm -f -t 0 beta >/dev/null
t "it goes with the last" no_server
is "and leaves no name" "$(ls "$RUNROOT"/dns/*/pods)" ""
for i in 1 2 3 4 5 6; do
	pod "p$i" c >"$T/p$i.yaml"
	podctl play kube "$T/p$i.yaml" >/dev/null 2>"$T/err$i" &
	starts[i]=$!
done
for i in 1 2 3 4 5 6; do wait "${starts[i]}"; done
is "six plays at once say nothing" "$(cat "$T"/err?)" ""
is "and get one server" "$(count_servers)" 1
found=
for i in 1 2 3 4 5 6; do [ "$(ask "p$i")" = "NOERROR $(address "p$i-c")" ] && found+=$i; done
is "that knows them all" "$found" 123456
for i in 1 2 3 4 5 6; do podctl pod rm -f -t 0 "p$i" >/dev/null & ends[i]=$!; done
for i in 1 2 3 4 5 6; do wait "${ends[i]}"; done
t "six removals at once leave none" until_true 20 no_server

# a pod that ends by itself
pod short c | sed 's/"100000"/"1"/; s/^spec:/&\n  restartPolicy: Never/' >"$T/short.yaml"
podctl play kube "$T/short.yaml" >/dev/null
t "the pod has a server" one_server
t "which goes when the pod has ended" until_true 30 no_server
podctl pod rm -f short >/dev/null

# a play that is killed right after it made the name
pod killed c >"$T/killed.yaml"
"$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube "$T/killed.yaml" >/dev/null 2>&1 &
kid=$!
until_true 10 sh -c "ls '$RUNROOT'/dns/*/pods/* >/dev/null 2>&1"
kill -9 $kid 2>/dev/null
wait $kid 2>/dev/null
podctl pod rm -f -t 0 killed >/dev/null 2>&1
podctl ps >/dev/null
t "a killed play leaves no server" until_true 20 no_server
is "and no name" "$(ls "$RUNROOT"/dns/*/pods)" ""

# ---- the examples do what their headers say ----
podctl tag "$IMG" localhost/podctl-demo
podctl play kube "$TOP/examples/k8s/names.yaml" >/dev/null
want=$(address names-answers-server)
told() { [ "$(podctl logs names-asks-client)" = "$(printf "%s $want\n" names-answers names-answers-server db-0.db db-0.db.default.svc.cluster.local)" ]; }
until_true 30 told
is "names.yaml: four names, one address" "$(podctl logs names-asks-client | cut -d' ' -f2 | sort -u)" "$want"
podctl kube down "$TOP/examples/k8s/names.yaml" >/dev/null
podctl play kube "$TOP/examples/k8s/statefulset.yaml" >/dev/null
is "statefulset.yaml: its pods have names in its service" "$(ask statefulset-demo-1.statefulset-demo)" "NOERROR $(address statefulset-demo-1-counter)"
podctl kube down --force "$TOP/examples/k8s/statefulset.yaml" >/dev/null

# ---- somebody else has the port ----
python3 "$E2E/dns_tool.py" hold "$GATEWAY" "$T/held" >/dev/null 2>&1 &
HOLDER=$!
at_end "kill $HOLDER"
until_true 20 test -e "$T/held"
out=$(podctl play kube "$T/p1.yaml" 2>&1 >/dev/null)
like "a port 53 that is in use is named" "$out" "warning: 'p1' has no names .*port 53 of $GATEWAY is in use by python3 \\(pid $HOLDER\\)"
is "the pod runs, with the host's servers" "$(host_servers p1-c)" "nameserver $UP"
kill $HOLDER
wait $HOLDER 2>/dev/null
podctl pod restart -t 0 p1 >/dev/null
is "and has names after a restart" "$(ask p1)" "NOERROR $(address p1-c)"

podctl pod rm -f -t 0 p1 >/dev/null
# ---- a firewall that lets nobody in, in a network of the test's own ----
behind_wall() {
	ip link set lo up && iptables-nft -P INPUT DROP && iptables-nft -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT || exit 99
	"$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube "$T/p1.yaml" >/dev/null || exit 1
	timeout 30 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" exec p1-c nslookup p1
	"$PODCTL_BIN" "${PODCTL_OPTS[@]}" pod rm -f -t 0 p1 >/dev/null
}
if has iptables-nft && unshare --net true 2>/dev/null; then
	out=$(export -f behind_wall; export PODCTL_BIN T; unshare --net bash -c "PODCTL_OPTS=(${PODCTL_OPTS[*]}); behind_wall" 2>&1)
	case $? in
	99) skip "names behind a firewall" "iptables-nft does not work here" ;;
	*) like "behind a firewall that drops what comes in names are answered" "$out" '^Name:.*p1' ;;
	esac
else
	skip "names behind a firewall" "no iptables-nft"
fi

t "a reset" podctl system reset --force
t "leaves no server" no_server
t "and nothing else" test ! -e "$RUNROOT/dns"
done_testing
