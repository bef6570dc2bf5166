#!/bin/bash
# Fields of pods and containers: who they are, what they are told, what they may use; each as a container sees it.
. "$(dirname "$0")/lib.sh"
needs root busybox bridge
import_image
make_rootfs "$T/rootfs2"
tar -C "$T/rootfs2" --owner=0 --group=0 --numeric-owner -cf "$T/web.tar" .
podctl import -q --change 'CMD ["/bin/sh"]' --change 'USER web' "$T/web.tar" localhost/web:latest >/dev/null
podctl import -q --change 'CMD ["/bin/sh"]' --change 'USER 1000' "$T/web.tar" localhost/web:number >/dev/null
before=$(machine_state)

# a pod of one container that sleeps: name, lines of the container, lines of the pod
pod() { printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: %s, labels: {app: x, "a.b/c": d}, annotations: {note: "say \\"hi\\""}}\nspec:\n  terminationGracePeriodSeconds: 0\n%b  containers:\n  - name: c\n    image: %s\n    command: [sleep, "1000"]\n%b' "$1" "${3:-}" "${IMAGE:-$IMG}" "${2:-}"; }
play() { pod "$@" >"$T/$1.yaml"; t "play: $1" podctl play kube "$T/$1.yaml"; }
down() { podctl kube down "$T/$1.yaml" >/dev/null; }
in_c() { podctl exec "$1-c" sh -c "$2"; }
bad() { # NAME PATTERN CONTAINER POD
	pod "$1" "$3" "${4:-}" >"$T/bad.yaml"
	t_fails "refused: $1" 125 "$2" podctl play kube "$T/bad.yaml"
	[ "$(podctl pod ps -q | wc -l)" = 0 ] || not_ok "$1: something was left"
}

# what a container is told
play told '    env:
    - {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
    - {name: NS, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
    - {name: U, valueFrom: {fieldRef: {fieldPath: metadata.uid}}}
    - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    - {name: IPS, valueFrom: {fieldRef: {fieldPath: status.podIPs}}}
    - {name: HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}
    - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
    - {name: SA, valueFrom: {fieldRef: {fieldPath: spec.serviceAccountName}}}
    - {name: LABEL, valueFrom: {fieldRef: {fieldPath: "metadata.labels['"'a.b/c'"']"}}}
    - {name: NOTE, valueFrom: {fieldRef: {fieldPath: "metadata.annotations['"'note'"']"}}}
    - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1m}}}
    - {name: CPUS, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
    - {name: MEM, valueFrom: {resourceFieldRef: {containerName: c, resource: requests.memory, divisor: 1Ki}}}
    - {name: ALL, valueFrom: {resourceFieldRef: {resource: limits.memory}}}
    - {name: URL, value: "http://$(IP):80/$(NAME)"}
    - {name: ESC, value: "$$(IP) $(NOPE) $$$(NAME)"}
    - {name: LATER, value: "$(AFTER)"}
    - {name: AFTER, value: "x"}
    resources: {limits: {cpu: 250m}, requests: {memory: 3Mi}}
' '  subdomain: sub
  enableServiceLinks: false
'
is "inspect shows what it is" "$(podctl inspect told-c --format "{{range .Config.Env}}{{println .}}{{end}}" | sed -n s,^URL=,,p)" "http://$(in_c told "echo \$IP"):80/told"
is "metadata.name" "$(in_c told 'echo $NAME')" told
is "metadata.namespace" "$(in_c told 'echo $NS')" default
like "metadata.uid is a UUID" "$(in_c told 'echo $U')" '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
is "status.podIP is the pod's" "$(in_c told 'ip -4 addr show eth0' | sed -nE 's/.*inet ([0-9.]+).*/\1/p')" "$(in_c told 'echo $IP')"
is "status.podIPs too" "$(in_c told 'echo $IPS')" "$(in_c told 'echo $IP')"
like "status.hostIP" "$(in_c told 'echo $HOST')" '^[0-9]+(\.[0-9]+){3}$'
is "spec.nodeName" "$(in_c told 'echo $NODE')" "$(uname -n)"
is "spec.serviceAccountName" "$(in_c told 'echo $SA')" default
is "a label by subscript" "$(in_c told 'echo $LABEL')" d
is "an annotation by subscript" "$(in_c told 'echo $NOTE')" 'say "hi"'
is "limits.cpu by 1m" "$(in_c told 'echo $CPU')" 250
is "limits.cpu rounded up" "$(in_c told 'echo $CPUS')" 1
is "requests.memory by 1Ki" "$(in_c told 'echo $MEM')" 3072
is "limits.memory of a container without one is the machine's" "$(in_c told 'echo $ALL')" "$(($(getconf _PHYS_PAGES) * $(getconf PAGESIZE)))"
is '$(VAR) of a value known late' "$(in_c told 'echo $URL')" "http://$(in_c told 'echo $IP'):80/told"
is '$$ and unknown names' "$(in_c told 'echo "$ESC"')" '$(IP) $(NOPE) $told'
is 'only variables before it' "$(in_c told 'echo "$LATER"')" '$(AFTER)'
like "subdomain: the full name is in /etc/hosts" "$(in_c told 'cat /etc/hosts')" 'told\.sub\.default\.svc\.cluster\.local[ 	]+told'
is "subdomain: hostname -f is the full name" "$(in_c told 'hostname -f')" told.sub.default.svc.cluster.local
is "the status has the same identifier and addresses" "$(podctl kube get pod told -o jsonpath='{.metadata.uid} {.status.hostIP} {.status.podIP}')" "$(in_c told 'echo $U $HOST $IP')"
is "subdomain: the host name stays short" "$(in_c told hostname)" told
uid=$(in_c told 'echo $U')
podctl pod restart told >/dev/null
is "the uid outlives a restart" "$(in_c told 'echo $U')" "$uid"
down told
play fqdn '' '  subdomain: sub
  hostname: h
  setHostnameAsFQDN: true
'
is "setHostnameAsFQDN" "$(in_c fqdn hostname)" h.sub.default.svc.cluster.local
down fqdn
play over '' '  hostnameOverride: my-host.example
'
is "hostnameOverride" "$(in_c over hostname)" my-host.example
down over
play dns '' '  dnsPolicy: None
  dnsConfig: {nameservers: [192.0.2.53], searches: [a.example, b.example], options: [{name: ndots, value: "2"}, {name: edns0}]}
'
is "dnsPolicy None is exact" "$(in_c dns 'cat /etc/resolv.conf')" $'search a.example b.example\nnameserver 192.0.2.53\noptions ndots:2 edns0'
down dns

# who a container is
play who '    securityContext: {runAsUser: 1000}
' '  securityContext: {supplementalGroups: [4000, 4001], fsGroup: 5000}
'
is "runAsUser with the image's group, Merge" "$(in_c who id | tr -d ' ')" "$(echo 'uid=1000(web) gid=1000(web) groups=1000(web),2000(extra),4000,4001,5000' | tr -d ' ')"
down who
play strict '    securityContext: {runAsUser: 1000, runAsGroup: 1000}
' '  securityContext: {supplementalGroups: [4000], supplementalGroupsPolicy: Strict}
'
is "Strict leaves the image's groups out" "$(in_c strict 'id -G')" "1000 4000"
down strict
play group '    securityContext: {runAsGroup: 3000}
'
is "runAsGroup alone" "$(in_c group 'id -u; id -g' | tr '\n' ' ')" "0 3000 "
down group
IMAGE=localhost/web:number play nonroot '' '  securityContext: {runAsNonRoot: true}
'
is "runAsNonRoot with an image of a numeric user" "$(in_c nonroot 'id -u')" 1000
down nonroot
bad root "runAsNonRoot and image will run as root" '    securityContext: {runAsNonRoot: true}\n'
IMAGE=localhost/web:latest bad named "non-numeric user \(web\), cannot verify" '' '  securityContext: {runAsNonRoot: true}\n'
bad zero "breaks non-root policy" '    securityContext: {runAsNonRoot: true, runAsUser: 0}\n'

# what a container may
is_seccomp() { in_c "$1" 'grep Seccomp: /proc/self/status' | tr -dc 0-9; }
mkdir -p "$T/seccomp/my"; echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":5}]}' >"$T/seccomp/my/p.json"
pod local '    securityContext: {seccompProfile: {type: Localhost, localhostProfile: my/p.json}}
' >"$T/local.yaml"
t "a Localhost seccomp profile" podctl play kube --seccomp-profile-root "$T/seccomp" "$T/local.yaml"
t_fails "its error is the profile's" 1 "Input/output error" podctl exec local-c mkdir /x
down local
play unconfined '' '  securityContext: {seccompProfile: {type: Unconfined}}
'
is "Unconfined" "$(is_seccomp unconfined)" "$(awk '/^Seccomp:/{print $2}' /proc/self/status)"
down unconfined
bad selinux "seLinuxOptions.*not enabled" '    securityContext: {seLinuxOptions: {level: s0}}\n'
bad unmasked "procMount.*hostUsers.*must be false" '    securityContext: {procMount: Unmasked}\n'
play sys '' '  securityContext: {sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: "81"}, {name: kernel/shm_rmid_forced, value: "1"}]}
'
is "sysctls" "$(in_c sys 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shm_rmid_forced' | tr '\n' ' ')" "81 1 "
down sys

# resources
score() { in_c "$1" 'cat /proc/self/oom_score_adj'; }
play best
is "BestEffort is killed first" "$(podctl exec best-c cat /proc/1/oom_score_adj)" 1000
down best
play burst '    resources: {requests: {memory: 1Mi}}
'
like "Burstable in between" "$(podctl exec burst-c cat /proc/1/oom_score_adj)" '^99[0-9]$'
down burst
play limits '    resources: {limits: {cpu: 500m, memory: 64Mi}}
'
is "the limits hold" "$(podctl inspect limits-c --format '{{.HostConfig.Memory}} {{.HostConfig.CpuQuota}}')" "67108864 50000"
down limits
play podlimits '' '  resources: {limits: {memory: 80Mi, cpu: "1"}}
'
pid=$(podctl inspect podlimits-c --format '{{.State.Pid}}')
if is_cgroup2; then limit=$(cat "/sys/fs/cgroup$(dirname "$(sed -n 's/^0:://p' "/proc/$pid/cgroup")")/memory.max")
else limit=$(cat "/sys/fs/cgroup/memory$(dirname "$(sed -nE 's/^[0-9]+:([^:]*,)?memory(,[^:]*)?://p' "/proc/$pid/cgroup")")/memory.limit_in_bytes"); fi
is "limits of the pod as a whole" "$limit" $((80 << 20))
down podlimits
bad request "requests.memory: .*limit" '    resources: {limits: {memory: 1Mi}, requests: {memory: 2Mi}}\n'
bad huge "HugePages require cpu or memory" '    resources: {limits: {hugepages-2Mi: 2Mi}}\n'

play rtc '' '  runtimeClassName: podctl-runtime
'
down rtc
bad runtimeclass "runtimeClassName 'nope'" '' '  runtimeClassName: nope\n'

# what is said of a manifest
pod note '' '  nodeSelector: {a: b}\n  priority: 5\n  bogus: 1\n' >"$T/note.yaml"
t_fails "an unknown field is an error" 125 "note.yaml:[0-9]+:3: spec.bogus: unknown field" podctl play kube "$T/note.yaml"
is "--validate=warn says it and plays" "$(podctl play kube --dry-run --validate=warn -q "$T/note.yaml" 2>&1 >/dev/null | grep -c "spec.bogus: unknown field")" 1
is "--validate=ignore does not" "$(podctl play kube --dry-run --validate=ignore -q "$T/note.yaml" 2>&1 >/dev/null)" ""
t_fails "--strict makes warnings errors" 125 "spec.bogus" podctl play kube --dry-run --validate=warn --strict "$T/note.yaml"
is "what means nothing here is one line" "$(podctl play kube --dry-run --validate=ignore "$T/note.yaml" 2>&1 >/dev/null)" "note: of no effect on one machine: spec.nodeSelector, spec.priority (-v says why)"
is "and all of it with -v" "$(podctl play kube --dry-run --validate=ignore -v "$T/note.yaml" 2>&1 >/dev/null | grep -c 'has no effect: ')" 2
like "explain: a field" "$(podctl kube explain pod.spec.containers.imagePullPolicy)" '^VALUES: +Always, Never, IfNotPresent'
like "explain: a kind by its short name" "$(podctl kube explain deploy.spec)" '^  template +PodTemplateSpec'
t_fails "explain: a slip" 125 'field "containerss" does not exist in PodSpec, did you mean containers\?' podctl kube explain pod.spec.containerss
like "explain: below what has no effect" "$(podctl kube explain deploy.spec.strategy.rollingUpdate.maxSurge)" 'PODCTL: +means nothing here'
like "explain: the values of a field" "$(podctl kube explain deploy.spec.strategy.rollingUpdate.maxSurge)" 'VALUES: +must be .*percentage'
like "explain --recursive" "$(podctl kube explain --recursive pod.spec.affinity)" '^      nodeSelectorTerms.<..NodeSelectorTerm> -required-'
like "explain --support" "$(podctl kube explain --support pod.spec)" 'pod\.spec\.volumes\.iscsi.*refused'

is "nothing is left" "$(podctl ps -aq | wc -l)$(podctl pod ps -q | wc -l)" 00
sleep 0.5
is "the machine is as before" "$(machine_state)" "$before"
done_testing
