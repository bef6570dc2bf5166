#!/bin/bash
# 67-network-flags: fixed addresses and more names: --ip, --mac-address, --network-alias, --network bridge:..., and what does not fit together.
. "$(dirname "$0")/lib.sh"
needs root bridge busybox
import_image
net() { podctl inspect --format "{{.NetworkSettings.$2}}" "$1"; }
mac_in() { podctl exec "$1" cat /sys/class/net/eth0/address; }
ip_in() { podctl exec "$1" ip -4 addr show eth0 | sed -n 's/.*inet \([0-9.]*\).*/\1/p'; }

podctl run -d --name first "$IMG" sleep 100000 >/dev/null
FIRST=$(net first IPAddress) BASE=$(net first Gateway)
BASE=${BASE%.*}
MAC=92:d0:c6:0a:29:33

t "a container with a fixed address" podctl run -d --name fixed --ip "$BASE.77" --mac-address "$MAC" "$IMG" sleep 100000
is "has it" "$(ip_in fixed)" "$BASE.77"
is "and the hardware address" "$(mac_in fixed)" "$MAC"
is "as inspect says" "$(net fixed IPAddress) $(net fixed MacAddress)" "$BASE.77 $MAC"
is "also of its network" "$(podctl inspect --format '{{range $n, $v := .NetworkSettings.Networks}}{{$n}} {{$v.IPAddress}} {{$v.MacAddress}}{{end}}' fixed)" "podctl $BASE.77 $MAC"
podctl restart -t 0 fixed >/dev/null
is "after a restart too" "$(ip_in fixed) $(mac_in fixed)" "$BASE.77 $MAC"
t_fails "an address in use is named" 125 "address $FIRST is in use by 'first'" podctl run -d --ip "$FIRST" "$IMG" sleep 1
t_fails "one of elsewhere is refused" 125 'requested static ip 192.0.2.5 is none of a pod in subnet' podctl run -d --ip 192.0.2.5 "$IMG" sleep 1
t_fails "so is the gateway's" 125 "it is the gateway's" podctl run -d --ip "$BASE.1" "$IMG" sleep 1
is "nothing of them stays" "$(podctl ps -aq | wc -l)" 2
t "what stands behind bridge:" podctl run -d --name behind --network "bridge:ip=$BASE.78,mac=92:d0:c6:0a:29:34,alias=nick" "$IMG" sleep 100000
is "is the same" "$(ip_in behind) $(mac_in behind)" "$BASE.78 92:d0:c6:0a:29:34"

t "a container with an alias" podctl run -d --name named --network-alias one,two --network-alias three "$IMG" sleep 100000
like "inspect has them" "$(podctl inspect --format '{{json .NetworkSettings.Networks}}' named)" '"Aliases": ?\["one","two","three","[0-9a-f]{12}"\]'
for name in one three named nick behind; do
	want=$(net named IPAddress)
	case $name in nick | behind) want=$BASE.78 ;; esac
	like "a container with an alias finds $name" "$(podctl exec named nslookup "$name" 2>&1)" "^Address: $want\$"
done

podctl run -d --name asks --network-alias a --dns 192.0.2.53 --dns-search a.example "$IMG" sleep 100000 >/dev/null
is "--dns is asked by the network's server" "$(podctl exec asks cat /etc/resolv.conf | grep -v '^options' | tr '\n' ' ')$(grep -o '@.*' "$RUNROOT"/dns/*/pods/"$(podctl inspect --format '{{.Id}}' asks)")" "search a.example nameserver $BASE.1 @192.0.2.53"

t "a pod with a fixed address" podctl pod create --name p --ip "$BASE.79" --mac-address 92:d0:c6:0a:29:35 --network-alias pal
podctl run -d --pod p --name inp "$IMG" sleep 100000 >/dev/null
is "its containers have it" "$(ip_in inp) $(mac_in inp)" "$BASE.79 92:d0:c6:0a:29:35"
like "it is found by its alias" "$(podctl exec named nslookup pal 2>&1)" "^Address: $BASE.79\$"
printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: k}\nspec:\n  containers:\n  - {name: c, image: %s, command: [sleep, "100000"]}\n' "$IMG" >"$T/k.yaml"
t "a played pod with a fixed address" podctl play kube --ip "$BASE.80" --mac-address 92:d0:c6:0a:29:36 "$T/k.yaml"
is "has it" "$(ip_in k-c) $(mac_in k-c)" "$BASE.80 92:d0:c6:0a:29:36"
podctl kube down "$T/k.yaml" >/dev/null
t "and with what stands behind bridge:" podctl play kube --network "bridge:ip=$BASE.81,alias=kay" "$T/k.yaml"
is "has that" "$(ip_in k-c)" "$BASE.81"
like "and its alias" "$(podctl exec named nslookup kay 2>&1)" "^Address: $BASE.81\$"
podctl kube down "$T/k.yaml" >/dev/null

# ---- what does not fit together, in podman's words ----
no() { # TEXT PATTERN ARGS...
	t_fails "$1" 125 "^Error: $2" podctl create "${@:3}" "$IMG"
}
for o in "ip $BASE.5" "mac-address $MAC" "network-alias x"; do
	for mode in none host container:first; do
		no "--${o% *} with --network $mode" "--${o% *} can only be set when the network mode is bridge: invalid argument" --network "$mode" "--${o% *}" "${o#* }"
	done
done
no "--ip with a word" '"abc" is not an ip address' --ip abc
no "--ip with IPv6" '--ip fd00::1: pods have IPv4 addresses' --ip fd00::1
no "--ip6" '.*--ip6.*IPv6 networks are not done' --ip6 fd00::1
no "--mac-address with a word" 'address abc: invalid MAC address' --mac-address abc
no "a group's hardware address" 'address 01:00:5e:00:00:01: invalid MAC address' --mac-address 01:00:5e:00:00:01
no "bridge: with a bad address" 'invalid ip address "abc"' --network bridge:ip=abc
no "bridge: with a bad option" 'unknown bridge network option: foo' --network bridge:foo=abc
no "bridge: with what is not done" 'network option ip6: not done' --network bridge:ip6=fd00::1
no "host: with options" 'unable to find network with name or ID host: network not found' --network host:ip=1.2.3.4
no "a network that is not there" 'unable to find network with name or ID nope: network not found' --network nope
no "two modes" 'can only set extra network names, selected mode none conflicts with bridge: invalid argument' --network bridge --network none
no "--dns without a network" 'conflicting options: dns and the network mode: none' --network none --dns 192.0.2.1
no "an address for a member" 'invalid config provided: networks must be defined when the pod is created' --pod p --ip "$BASE.90"
t_fails "a pod without infra" 125 'infra=false leaves nothing' podctl pod create --infra=false --ip "$BASE.91"
t_fails "a pod of the host's network" 125 '--ip can only be set when the network mode is bridge' podctl pod create --network host --ip "$BASE.91"
t_fails "--dns for a pod without a network" 125 'conflicting options: dns and the network mode: none' podctl pod create --network none --dns 192.0.2.1
done_testing
