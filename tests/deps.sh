#!/bin/bash
# tests/deps.sh [build|test]: installs what a build (or the test suite) needs and lacks.  apt systems as root; on dnf systems
# it prints the list.  Quiet and quick when nothing is missing; a package that the archive does not have is passed over
# when only tests use it, and named.
set -u
what=${1:-build}
build="gcc make pkg-config libc6-dev libyaml-dev libjansson-dev libsqlite3-dev libseccomp-dev libcap-dev libnl-3-dev libnl-route-3-dev libnl-nf-3-dev libarchive-dev libssl-dev libcurl4-openssl-dev zlib1g-dev libzstd-dev"
run="libisal-dev busybox-static nftables uidmap curl ca-certificates"
tests="libcmocka-dev attr python3 python3-yaml iproute2 socat strace procps sudo netcat-openbsd valgrind jq libarchive-tools fish docker-registry skopeo umoci nginx-light openssl zstd"
peers="podman crun runc catatonit"
dnf="gcc make libyaml-devel jansson-devel sqlite-devel libseccomp-devel libcap-devel libnl3-devel libarchive-devel openssl-devel libcurl-devel zlib-devel libzstd-devel isa-l-devel libcmocka-devel glibc-static busybox nftables shadow-utils curl"
case $what in
build) list="$build $run" ;;
test) list="$build $run $tests" ;;
peers) list="$peers" ;;
*) echo "usage: tests/deps.sh build|test|peers" >&2; exit 2 ;;
esac
if ! command -v dpkg-query >/dev/null; then
	command -v dnf >/dev/null && echo "install what is missing with: dnf install $dnf"
	exit 0
fi
missing=
for p in $list; do
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
	echo "missing packages:$missing" >&2
	echo "install them with: sudo apt-get install$missing" >&2
	[ "$what" = build ] && exit 1
	exit 0
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
policy=/usr/sbin/policy-rc.d # servers are wanted as programs: none of them is to be started by its package
if [ ! -e "$policy" ] && printf '#!/bin/sh\nexit 101\n' >"$policy" 2>/dev/null; then
	chmod 755 "$policy"
	trap 'rm -f "$policy"' EXIT
fi
apt-get install -y -q --no-install-recommends $missing >"$log" 2>&1 ||
	{ apt-get update -q >>"$log" 2>&1; apt-get install -y -q --no-install-recommends $missing >>"$log" 2>&1; } ||
	{ for p in $missing; do apt-get install -y -q --no-install-recommends "$p" >>"$log" 2>&1 || echo "package $p: not to be had" >&2; done; }
rc=0
for p in $build; do
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || { echo "package $p is needed and could not be installed:" >&2; tail -5 "$log" >&2; rc=1; }
done
rm -f "$log"
exit $rc
