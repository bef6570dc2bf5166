#!/bin/bash
# The examples do what their headers say: those that no other file of the suite looks at.
. "$(dirname "$0")/lib.sh"
needs root busybox bridge
import_image
podctl tag "$IMG" localhost/podctl-demo
before=$(machine_state | grep -v "host mounts") # the store binds itself once

# A port of the host may be taken: the pages are fetched from the pod's address.
play() {
	sed '/hostPort:/d' "$TOP/examples/k8s/$1.yaml" >"$T/$1.yaml"
	t "$1.yaml plays" timeout 120 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube --strict "$T/$1.yaml"
}
down() { podctl kube down --force "$T/$1.yaml" >/dev/null 2>&1; }
field() { podctl kube get pod "$1" -o jsonpath="{$2}" 2>/dev/null; }
over() { case $(field "$1" .status.phase) in Succeeded | Failed) return 0 ;; esac; return 1; }
logs() { podctl logs "$1" 2>&1; }
has_line() { logs "$1" | grep -qE -- "$2"; }
says() { # TEXT CONTAINER PATTERN: it writes such a line
	if until_true 15 has_line "$2" "$3"; then ok "$1"; else not_ok "$1" "no line like $3:" "$(logs "$2")"; fi
}
page() { busybox wget -qO- "http://$(field "$1" .status.podIP)/"; }
shows() { page "$1" | grep -q "$2"; }

play hello
t "hello: the page has the ConfigMap's words" until_true 15 shows hello '<h1>Hello from podctl</h1>'
t "and those of its file" shows hello 'Two containers, one ConfigMap'
down hello

play init
t "init: the lines are in the order of the init containers" until_true 15 shows init-demo second
is "both" "$(page init-demo | paste -sd' ')" "first second"
is "their logs are kept" "$(logs init-demo-second)" first
down init

play configmap-env
t "configmap-env: it ends" until_true 15 over configmap-env
for want in COLOR=green SIZE=12 APP_COLOR=blue 'SENTENCE=green in size 12, not \$\(COLOR\)' ONE_KEY=12 POD=configmap-env TIER=demo; do
	says "configmap-env: $want" configmap-env-show "^$want\$"
done
down configmap-env

play environment
t "environment: it ends" until_true 15 over environment
uid=$(field environment .metadata.uid)
for want in MY_NAME=environment MY_NAMESPACE=default "MY_UID=$uid" MY_TIER=front MY_ACCOUNT=robot 'MY_IP=[0-9.]+' \
	"MY_HOST_IP=$(field environment .status.hostIP)" MY_CPUS=2 MY_MILLICPUS=250 MY_MEMORY=128 'MY_URL=http://[0-9.]+:80/environment' \
	'args: http://[0-9.]+:80/environment \$\(MY_URL\) \$\(NOPE\)'; do
	says "environment: $want" environment-show "^$want\$"
done
down environment

play hardened
t "hardened: it ends" until_true 15 over hardened
says "hardened: its user and groups" hardened-show '^uid=1000.* gid=2000.*3000'
says "nothing may be written but the volume" hardened-show '^/scratch is not'
down hardened

play groups
t "groups: it ends" until_true 15 over groups
is "groups: who it is, whose the files are, what it may read" "$(logs groups-show | tr '\n' ' ' | sed 's/3000 2000 4000\|3000 4000 2000/GROUPS/')" "1000 3000 GROUPS 1000:2000 1000:2000 open sesame"
down groups

play dns
says "dns: its own server" dns-show '^nameserver 192\.0\.2\.53$'
is "dns: nothing of the host's" "$(logs dns-show | head -3 | tr '\n' ',')" "search shop.example.org example.org,nameserver 192.0.2.53,options ndots:2,"
says "dns: a line of /etc/hosts" dns-show '^192\.0\.2\.7[[:space:]]+db\.example\.org db$'
says "dns: the full name" dns-show '^front\.shop\.default\.svc\.cluster\.local$'
down dns

play volumes
says "volumes: labels" volumes-show '^app="volumes"'
says "volumes: secrets are in memory" volumes-show tmpfs
sed -i 's/greeting: hello/greeting: good day/' "$T/volumes.yaml"
id=$(podctl container inspect --format '{{.Id}}' volumes-show)
podctl play kube "$T/volumes.yaml" >/dev/null
is "volumes: an edited ConfigMap reaches the container that runs" "$(podctl exec volumes-show cat /config/greeting) $(podctl container inspect --format '{{.Id}}' volumes-show)" "good day $id"
down volumes

play subpath
t "subpath: what the first container writes" until_true 15 podctl exec subpath-all test -e /all/subpath/today/log
is "is a directory of the volume" "$(podctl exec subpath-all find /all -type f)" /all/subpath/today/log
down subpath

play image-volume
t "image-volume: it ends" until_true 15 over image-volume
is "image-volume: the image's files and nothing else" "$(logs image-volume-show | grep -v touch | paste -sd' ')" "bin dev etc proc root run sys tmp var group passwd read-only"
down image-volume

play ephemeral-volume
t "ephemeral-volume: it is written" until_true 15 podctl exec ephemeral-volume-work test -e /scratch/file
down ephemeral-volume
is "and goes with its pod" "$(podctl volume ls -q)" ""

play persistentvolume
t "persistentvolume: the claim is the directory" until_true 15 test -s /tmp/podctl-demo-volume/log
down persistentvolume
t "which stays" test -s /tmp/podctl-demo-volume/log
rm -rf /tmp/podctl-demo-volume

play secret
says "secret: it is read" secret-demo-reader '^a password of 13 letters$'
is "and kept" "$(podctl secret ls --format '{{.Name}}')" password-demo
like "masked in a plan" "$(podctl play kube --dry-run "$T/secret.yaml")" 'PASSWORD'
is "nowhere in it" "$(podctl play kube --dry-run "$T/secret.yaml" | grep -c 'correct horse')" 0
down secret

play shared-pids
t "shared-pids: the other's process is seen" until_true 15 podctl exec shared-pids-tool pidof httpd
is "pid 1 is the pod's" "$(podctl exec shared-pids-tool cat /proc/1/comm)" pause
is "and its files" "$(podctl exec shared-pids-tool sh -c 'ls /proc/$(pidof httpd)/root/site')" index.html
down shared-pids

play stdin
until_true 15 eval '[ "$(field stdin .status.phase)" = Running ]'
like "stdin: what is typed is read" "$(echo hello | timeout 60 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" attach stdin-reader 2>&1 | paste -sd' ')" '^read hello'
t "and its end ends the container" until_true 15 over stdin
is "well" "$(field stdin .status.phase)" Succeeded
down stdin

play pod-resources
t "pod-resources: it ends" until_true 15 over pod-resources
says "pod-resources: the pod's limit is the container's" pod-resources-show '^67108864 bytes$'
is "its class" "$(field pod-resources .status.qosClass)" Burstable
down pod-resources

play sysctls
t "sysctls: a server without rights on port 80" until_true 15 podctl exec sysctls-web wget -qO- http://127.0.0.1/
is "as user 1000" "$(podctl exec sysctls-web id -u)" 1000
down sysctls

play deployment
is "deployment: three pods" "$(podctl pod ps --format '{{.Name}}' | sort | paste -sd' ')" "deployment-demo-pod-0 deployment-demo-pod-1 deployment-demo-pod-2"
down deployment
play daemonset
t "daemonset: one pod" until_true 15 eval '[ "$(podctl kube get ds daemonset-demo -o jsonpath="{.status.numberReady}")" = 1 ]'
down daemonset

out=$(timeout 120 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube --wait --logs "$TOP/examples/k8s/job.yaml" 2>&1)
is "job: exit status" $? 0
is "job: four pieces" "$(grep -oE 'piece [0-9]' <<<"$out" | sort | paste -sd' ')" "piece 0 piece 1 piece 2 piece 3"
podctl kube down --force "$TOP/examples/k8s/job.yaml" >/dev/null 2>&1
out=$(timeout 180 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube --wait --logs "$TOP/examples/k8s/job-rules.yaml" 2>&1)
is "job-rules: exit status of the index that failed" $? 3
is "job-rules: each index had its turn" "$(grep -oE 'index [0-9]' <<<"$out" | sort -u | paste -sd' ')" "index 0 index 1 index 2"
podctl kube down --force "$TOP/examples/k8s/job-rules.yaml" >/dev/null 2>&1

# huge pages: a machine that gives some, and a kernel that counts them for cgroups
huge() { is_cgroup2 && grep -qw hugetlb /sys/fs/cgroup/cgroup.controllers || [ -d /sys/fs/cgroup/hugetlb ]; }
pages=/proc/sys/vm/nr_hugepages
if ! huge || [ ! -w $pages ]; then
	skip "hugepages.yaml" "no cgroup controller hugetlb here"
else
	had=$(cat $pages)
	at_end "echo $had >$pages"
	echo $((had + 8)) >$pages
	if [ "$(cat $pages)" -lt $((had + 2)) ] || [ ! -d /sys/kernel/mm/hugepages/hugepages-2048kB ]; then
		skip "hugepages.yaml" "the kernel has no pages of 2 MiB left"
	else
		play hugepages
		like "hugepages: the volume is of huge pages" "$(podctl exec hugepages-work grep ' /huge ' /proc/mounts)" '^hugetlbfs /huge hugetlbfs rw,.*pagesize=2M'
		t "hugepages: two of them are had" until_true 15 podctl exec hugepages-work test -s /huge/two
		id=$(podctl container inspect --format '{{.Id}}' hugepages-work)
		if is_cgroup2; then file=hugetlb.2MB.max at=/sys/fs/cgroup; else file=hugetlb.2MB.limit_in_bytes at=/sys/fs/cgroup/hugetlb; fi
		is "hugepages: no more than that" "$(cat "$(find $at -maxdepth 8 -type d -name "*$id*" | head -1)/$file")" 4194304
		down hugepages
	fi
	echo "$had" >$pages
fi

state() { machine_state | grep -v "host mounts"; }
until_true 20 eval '[ "$(state)" = "$before" ]'
is "nothing is left of them" "$(state)" "$before"
done_testing
