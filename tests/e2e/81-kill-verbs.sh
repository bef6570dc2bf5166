#!/bin/bash
# The kill matrix of every other verb (80-kill.sh has the main ones): SIGKILL of podctl and its helpers in the middle of each.
# Afterwards the object is there or is not, its name is free once it is removed, and nothing else is left.  KILL_ROUNDS scales it.
. "$(dirname "$0")/lib.sh"
needs root busybox bridge
import_image
KILL_ROUNDS=${KILL_ROUNDS:-3}
. "$E2E/killlib.sh"
mkdir "$T/i" && "$E2E/mkimage.sh" "$T/i" localhost/other || exit 1
make_static

matrix "restart" running clean restart -t 0 k
matrix "pause" running clean pause k
matrix "unpause" paused clean unpause k
matrix "rename" running clean rename k k2
matrix "update" running clean update --memory 64m --pids-limit 50 k
matrix "init" stopped clean init k
matrix "cp in" running clean cp "$T/small.tar" k:/tmp/x
matrix "cp out" changed clean cp k:/d "$T/out.tar"
matrix "commit" changed clean commit -q k localhost/made
matrix "export" changed clean export -o "$T/out.tar" k
matrix "mount" stopped clean mount k
matrix "unmount" mounted clean unmount k
matrix "run -v" nothing clean run -d --network none --name k -v kvol:/v $IMG sleep 100
matrix "run --secret" secret clean run -d --network none --name k --secret ks $IMG sleep 100
matrix "run --replace" running clean run -d --network none --name k --replace $IMG sleep 100
matrix "logs" running clean logs k
matrix "exec -d" running clean exec -d k sleep 100
matrix "prune" leftovers clean system prune -f --volumes --all --filter until=1m
matrix "container prune" leftovers clean container prune -f
matrix "pod create" nothing clean pod create --network bridge -p $port:80 --name kq
matrix "run --pod new:" nothing clean run -d --pod new:kq --name k $IMG sleep 100
matrix "run --pod" empty_pod clean run -d --pod kq --name k $IMG sleep 100
matrix "pod start" ready_pod clean pod start kq
matrix "pod stop" running_pod clean pod stop -t 0 kq
matrix "pod restart" running_pod clean pod restart kq
matrix "pod kill" running_pod clean pod kill kq
matrix "pod pause" running_pod clean pod pause kq
matrix "pod unpause" paused_pod clean pod unpause kq
matrix "pod clone" ready_pod clean pod clone kq kq2
matrix "pod prune" ready_pod clean pod prune -f
matrix "pod rm" running_pod clean pod rm -f -t 0 kq
matrix "volume create" nothing clean volume create kvol
matrix "volume rm" full_volume clean volume rm kvol
matrix "volume prune" full_volume clean volume prune -f
matrix "volume import" volume clean volume import kvol "$T/small.tar"
matrix "volume export" full_volume clean volume export -o "$T/out.tar" kvol
matrix "secret create" nothing clean secret create ks "$T/secret"
matrix "secret rm" secret clean secret rm ks
matrix "tag" other clean tag localhost/other localhost/third
matrix "untag" other_twice clean untag localhost/third
matrix "rmi -f" other_twice clean rmi -f localhost/other
matrix "image prune" other clean image prune -f
matrix "image mount" other clean image mount localhost/other
matrix "image umount" mounted_image clean image umount localhost/other
matrix "save" other clean save -q -o "$T/out.tar" localhost/other
matrix "push to a directory" other clean push -q localhost/other "oci-archive:$T/out.tar"
matrix "a second play" one_played clean play kube "$T/two.yaml"
matrix "play --replace" two_played clean play kube --replace "$T/one.yaml"
matrix "kube down --force" two_played clean kube down --force "$T/two.yaml"
matrix "generate kube" running clean generate kube k
matrix "kube resize" one_played clean kube resize kd-pod -c a --limits=memory=64Mi

if has "${CC:-cc}"; then
	helpers_wrap unpack
	helper_matrix unpack "" nothing clean import -q "$T/small.tar" localhost/other
	helper_matrix unpack "" nothing clean load -q -i "$T/i/docker-archive.tar"
	helper_matrix unpack "" changed clean commit -q k localhost/made
	helper_matrix unpack "" other clean save -q -o "$T/out.tar" localhost/other
	helper_matrix unpack "" volume clean volume import kvol "$T/small.tar"
else
	skip "the helpers killed" "needs a C compiler"
fi
kill_counts

# the whole engine: what a killed reset leaves the next one takes
reset_works() {
	podctl system reset --force || return 1
	[ -z "$(ls -A "$ROOT" "$RUNROOT" 2>/dev/null | grep -vE ':$|^$')" ] || { ls -A "$ROOT" "$RUNROOT"; return 1; }
	[ -z "$(engine_cgroups)$(engine_pids)" ]
}
engine_used() { podctl import -q --change 'CMD ["/bin/sh"]' "$T/bb.tar" "$IMG" && one_played && podctl run -d --network none --name k $IMG sleep 100 && volume && secret; }
podctl system reset --force >/dev/null
before=$(machine_state)
calm() { [ "$(machine_state)" = "$before" ]; }
matrix "system reset" engine_used reset_works system reset --force
done_testing
