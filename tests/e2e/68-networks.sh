#!/bin/bash
# 68-networks: networks that people make: network create, ls, inspect, rm, prune, and containers on them.
. "$(dirname "$0")/lib.sh"
needs root bridge busybox curl
import_image
TABLE="podctl-$SUFFIX"
field() { podctl network inspect --format "$2" "$1"; }
ip_of() { podctl inspect --format "{{.NetworkSettings.IPAddress}}" "$1"; }
links() { ls /sys/class/net | grep -c "^pn-$SUFFIX\."; }
answers() { podctl exec "$1" timeout 10 wget -qO- "http://$2:8080/who" 2>/dev/null; } # FROM NAME
reached() { [ "$(answers "$1" "$2")" = "$3" ]; } # FROM NAME WHAT: a new server or route may take a moment
unreachable() { ! answers "$@"; }
server() { # NAME OPTIONS...
	local name=$1
	shift
	podctl run -d --name "$name" "$@" "$IMG" sh -c "mkdir /srv; echo $name >/srv/who; exec httpd -f -p 8080 -h /srv" >/dev/null
}

# ---- the list ----------------------------------------------------------------------------------------------------------
is "the name is printed" "$(podctl network create --label a=b --opt mtu=1300 back)" back
t_fails "a name is taken once" 125 'network name back already used: network already exists' podctl network create back
is "unless that is fine" "$(podctl network create --ignore back)" back
t_fails "a mode is no name" 125 'conflicts with a valid network mode' podctl network create host
t_fails "nor is this" 125 'names must match' podctl network create a/b
t_fails "another driver" 125 '--driver macvlan: there is only "bridge"' podctl network create --driver macvlan x
t_fails "an option nobody knows" 125 '--opt vlan: unsupported' podctl network create -o vlan=3 x
t_fails "a subnet that is none" 125 'subnet 10.1.2.3: expected' podctl network create --subnet 10.1.2.3 x
t_fails "a gateway of elsewhere" 125 'gateway 192.0.2.1 not in subnet' podctl network create --subnet 198.51.100.0/25 --gateway 192.0.2.1 x
t_fails "a gateway without a subnet" 125 'cannot set gateway without subnet' podctl network create --gateway 192.0.2.1 x
NET=198.18.$((16#${SUFFIX:0:2})) # this file's own: others run beside it
t "a subnet, a range and a gateway" podctl network create --internal --subnet $NET.0/25 --gateway $NET.126 --ip-range $NET.64/26 closed
t_fails "which is taken" 125 "subnet $NET.0/26 is already used by network closed" podctl network create --subnet $NET.0/26 x
is "inspect" "$(field closed '{{.driver}} {{.internal}} {{.dns_enabled}} {{(index .subnets 0).subnet}} {{(index .subnets 0).gateway}} {{(index .subnets 0).lease_range.start_ip}}')" \
	"bridge true true $NET.0/25 $NET.126 $NET.65"
like "a name is chosen" "$(podctl network create --disable-dns)" '^podctl[0-9]+$'
is "ls" "$(podctl network ls -q | grep -vE '^podctl' | tr '\n' ' ')" "back closed "
is "by label" "$(podctl network ls -q --filter label=a=b)" back
is "by id" "$(podctl network ls --noheading --format '{{.Name}}' --filter id="$(podctl network ls --format '{{.ID}}' --filter name=closed)")" closed
t "exists" podctl network exists back
t_fails "or not" 1 '' podctl network exists nope
is "nothing is made before it is needed" "$(links)" 0

# ---- containers on it --------------------------------------------------------------------------------------------------
server one --network back --network-alias uno
server two --network back
t "by name" until_true 20 reached one two two
t "by alias" until_true 20 reached two uno one
is "the interface has its MTU" "$(podctl exec one cat /sys/class/net/eth0/mtu)" 1300
is "inspect names the network" "$(podctl inspect --format '{{range $n, $v := .NetworkSettings.Networks}}{{$n}}{{end}}' one)" back
is "ps too" "$(podctl ps --filter name=one --format '{{.Networks}}')" back
is "and filters by it" "$(podctl ps --filter network=back --format '{{.Names}}' | sort | tr '\n' ' ')" "one two "
is "one that is used is no dangling one" "$(podctl network ls -q --filter dangling=true | grep -c back)" 0
server other
t "names are of their network" unreachable other one
t "addresses are not" until_true 20 reached other "$(ip_of one)" one
t_fails "a network that is none" 125 'unable to find network with name or ID nope: network not found' podctl run --rm --network nope "$IMG" true
t_fails "two of them" 125 'a pod is on one network' podctl run --rm --network back --network closed "$IMG" true
BASE=$(field back '{{(index .subnets 0).gateway}}')
BASE=${BASE%.*}
is "a fixed address" "$(podctl run --rm --network "back:ip=$BASE.99" "$IMG" ip -4 -o addr show eth0 | grep -oE "$BASE\.99")" "$BASE.99"
t_fails "not of another subnet" 125 "none of a pod in subnet $BASE.0/24" podctl run --rm --network back --ip 192.0.2.9 "$IMG" true

# ---- internal, isolated -------------------------------------------------------------------------------------------------
server in --network closed
server in2 --network closed
is "an address of the range" "$(ip_of in)" "$NET.65"
t "inside they speak" until_true 20 reached in in2 in2
is "there is no way out" "$(podctl exec in ip route | grep -c default)" 0
like "nor for questions about the world" "$(podctl exec in nslookup example.com 2>&1)" NXDOMAIN
t "and none in" unreachable other "$(ip_of in)"
for n in a b; do podctl network create -o isolate=true "iso$n" >/dev/null; server "iso$n" --network "iso$n"; done
t "isolated ones have no way to each other" unreachable isoa "$(ip_of isob)"
t "but to others" until_true 20 reached isoa "$(ip_of one)" one

# ---- published ports, repairs ----------------------------------------------------------------------------------------------
podctl run -d --name pub --network back -p 127.0.0.1::8080 "$IMG" sh -c 'mkdir /srv; echo pub >/srv/who; exec httpd -f -p 8080 -h /srv' >/dev/null
PORT=$(podctl port pub 8080)
reaches() { [ "$(curl -fsS -m 5 "http://$PORT/who" 2>/dev/null)" = pub ]; }
t "a published port" until_true 5 reaches
nft delete table inet "$TABLE"
podctl run --rm --network back "$IMG" true
t "who flushes the table gets it back with the next start" until_true 5 reaches
podctl network create later >/dev/null
podctl run --rm --network later "$IMG" true
t "a network that came later does not touch it" reaches
ip link delete "$(field back '{{.network_interface}}')"
podctl run --rm --network back "$IMG" true
t "a bridge that was deleted is made again" until_true 20 reached one two two
podctl restart -t 0 two >/dev/null
is "after a restart" "$(until_true 5 answers one two; answers one two)" two

# ---- pods, manifests -------------------------------------------------------------------------------------------------------
podctl pod create --name p --network back >/dev/null
podctl run -d --pod p --name member "$IMG" sleep 1000 >/dev/null
is "a pod on it" "$(podctl pod inspect --format '{{.InfraConfig.Networks}}' p) $(podctl exec member timeout 10 wget -qO- http://one:8080/who)" "[back] one"
printf 'apiVersion: v1\nkind: Pod\nmetadata: { name: played }\nspec: { containers: [ { name: c, image: %s, command: [ sleep, "1000" ] } ] }\n' "$IMG" >"$T/pod.yaml"
podctl play kube --network back "$T/pod.yaml" >/dev/null
is "a played one" "$(podctl exec played-c timeout 10 wget -qO- http://one:8080/who) $(podctl exec one nslookup played 2>/dev/null | grep -c '^Name:')" "one 1"
podctl play kube --down "$T/pod.yaml" >/dev/null

# ---- the end ------------------------------------------------------------------------------------------------------------------
t_fails "one that is used stays" 2 'has associated containers with it' podctl network rm back
t_fails "the engine's own does too" 125 'default network podctl cannot be removed' podctl network rm podctl
t_fails "one that is none" 1 'unable to find network with name or ID nope' podctl network rm nope
t "which -f does not mind" podctl network rm -f nope
is "prune" "$(podctl network prune -f | grep -vE '^podctl[0-9]' | tr '\n' ' ')" "later "
is "rm -f takes what is on it" "$(podctl network rm -f -t 0 back closed | tr '\n' ' ')$(podctl ps -a --format '{{.Names}}' | sort | tr '\n' ' ')" "back closed isoa isob other "
is "the bridges of those that are left" "$(links)" 2
is "and their rules" "$(nft list set inet "$TABLE" bridges | grep -o "pn-$SUFFIX" | wc -l)" 2
podctl system reset --force >/dev/null 2>&1
is "a reset leaves none" "$(links)" 0
done_testing
