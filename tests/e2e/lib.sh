# lib.sh: what every end-to-end file sources first.  TAP on stdout; a file runs alone or from tests/run.
#
#   . "$(dirname "$0")/lib.sh"
#   needs root            # or: user, cgroup2, systemd, nft, busybox ...; otherwise the whole file is skipped with the reason
#   t "text" command...   # passes when the command succeeds
#   t_fails "text" 125 'pattern' command...   # passes when it exits so and stderr matches
#   is "text" "$got" "$want"
#   done_testing
#
# $PODCTL is the binary with a root and runroot of this file's own; $RT the runtime.  Everything a file makes is below $T
# and removed at its end, also after a failure.  PODCTL_BUILD names the build tree, PODCTL_RUNTIME another OCI runtime.
set -u
# Where v1 controllers are mounted crun 1.8 looks for a container in cgroup2 all the same: it gets a mount namespace
# without that mount.  A tmpfs is in its place, for it makes its directories there nevertheless.
if [ "${PODCTL_RUNTIME+${PODCTL_RUNTIME##*/}}" = crun ] && [ "$(id -u)" = 0 ] && [ "$(stat -f -c %T /sys/fs/cgroup/unified 2>/dev/null)" = cgroup2fs ]; then
	exec unshare --mount --propagation private sh -c 'umount /sys/fs/cgroup/unified && mount -t tmpfs tmpfs /sys/fs/cgroup/unified && exec bash "$0" "$@"' "$0" "$@"
fi
E2E=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$E2E/../.." && pwd)
BUILD=${PODCTL_BUILD:-$TOP/build}
[ "${BUILD#/}" != "$BUILD" ] || BUILD=$TOP/$BUILD
N=0 FAILED=0
export LC_ALL=C

T=$(mktemp -d "${TMPDIR:-/tmp}/podctl-e2e-XXXXXX")
chmod 755 "$T"
ROOT=$T/root RUNROOT=$T/run
RT=$BUILD/podctl-runtime
PODCTL_BIN=$BUILD/podctl
declare -a PODCTL_OPTS=(--root "$ROOT" --runroot "$RUNROOT")
[ -z "${PODCTL_RUNTIME:-}" ] || PODCTL_OPTS+=(--runtime "$PODCTL_RUNTIME")
podctl() { "$PODCTL_BIN" "${PODCTL_OPTS[@]}" "$@"; }

# What a broken podctl left: nothing, when all is well.
machine_wipe() {
	local c pid
	[ "$(id -u)" = 0 ] || return 0
	for pid in $(engine_pids); do kill -9 "$pid"; done 2>/dev/null
	nft delete table inet "podctl-$SUFFIX" 2>/dev/null
	for c in "podctl-$SUFFIX" $(ls /sys/class/net | grep "^pn-$SUFFIX\."); do ip link delete "$c"; done 2>/dev/null
	for c in $(engine_cgroups | sort -r); do rmdir "$c"; done 2>/dev/null
}
cleanup_hooks=()
at_end() { cleanup_hooks+=("$*"); }
finish() {
	local rc=$? h
	trap - EXIT INT TERM
	for h in "${cleanup_hooks[@]}"; do eval "$h" >/dev/null 2>&1; done
	[ ! -d "$ROOT" ] || timeout 120 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" system reset --force >/dev/null 2>&1
	machine_wipe
	local m
	for m in $(awk -v t="$T/" 'index($5, t) == 1 { print $5 }' /proc/self/mountinfo | sort -r); do umount -l "$m" 2>/dev/null; done
	rm -rf --one-file-system "$T" 2>/dev/null || { podctl unshare rm -rf "$T"; rm -rf "$T"; } 2>/dev/null
	exit $rc
}
trap finish EXIT
trap 'exit 130' INT TERM

ok()     { N=$((N + 1)); echo "ok $N - $1"; }
not_ok() { N=$((N + 1)); FAILED=$((FAILED + 1)); echo "not ok $N - $1"; shift; [ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/# /'; }
skip()   { N=$((N + 1)); echo "ok $N - $1 # SKIP $2"; }
skip_all() { echo "1..0 # SKIP $1"; trap - EXIT; rm -rf "$T"; exit 0; }
done_testing() { echo "1..$N"; [ "$FAILED" -eq 0 ]; exit $?; }

# t TEXT CMD...: the command succeeds.  Its output is shown when it does not.
t() {
	local text=$1 out rc
	shift
	out=$("$@" 2>&1)
	rc=$?
	if [ $rc -eq 0 ]; then ok "$text"; else not_ok "$text" "exit $rc: $*" "$out"; fi
}
# t_fails TEXT STATUS PATTERN CMD...: it exits with STATUS and its output matches the extended regular expression, in any case.
t_fails() {
	local text=$1 want=$2 pattern=$3 out rc
	shift 3
	out=$("$@" 2>&1)
	rc=$?
	if [ $rc -ne "$want" ]; then not_ok "$text" "exit $rc, wanted $want: $*" "$out"
	elif ! grep -qiE -- "$pattern" <<<"$out"; then not_ok "$text" "no match for /$pattern/: $*" "$out"
	else ok "$text"; fi
}
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got:    $2" "wanted: $3"; fi; }
like() { if grep -qE -- "$3" <<<"$2"; then ok "$1"; else not_ok "$1" "got: $2" "wanted a match of: $3"; fi; }
# until_true SECONDS CMD...: polls each 50 ms.  SECONDS is what a quiet machine may need; a busy one has four times that.
until_true() {
	local end=$((SECONDS + ($1 < 5 ? 20 : $1 * 4)))
	shift
	until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $end ] || return 1; sleep 0.05; done
}

is_cgroup2() { [ "$(stat -f -c %T /sys/fs/cgroup 2>/dev/null)" = cgroup2fs ]; }
has() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" = 0 ]; }
# The owner outside of what belongs to this id in a container.
outside() { # ID
	if is_root; then echo "$1"
	elif [ "$1" = 0 ]; then id -u
	else echo $(($(awk -F: -v u="$(id -un)" '$1 == u { print $2; exit }' /etc/subuid) + $1 - 1)); fi
}
has_session() { is_cgroup2 && [ -S "${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/bus" ] && grep -q "^$(id -un):" /etc/subuid; }
needs() {
	local n
	for n; do
		case $n in
		root) [ "$(id -u)" = 0 ] || skip_all "needs root" ;;
		user) [ "$(id -u)" != 0 ] || skip_all "needs an ordinary user" ;;
		cgroups) [ "$(id -u)" = 0 ] || has_session || skip_all "needs root, or a login session with cgroups and subordinate ids of its own" ;;
		cgroup2) is_cgroup2 || skip_all "needs a pure cgroup v2 machine" ;;
		systemd) [ -d /run/systemd/system ] || skip_all "needs systemd" ;;
		busybox) [ -x /bin/busybox ] || skip_all "needs /bin/busybox (apt install busybox-static)" ;;
		bridge) [ "$(id -u)" = 0 ] && has nft || skip_all "bridge networks need root and nft" ;;
		*) has "$n" || skip_all "needs the program $n" ;;
		esac
	done
}

# A C program of the suite, tests/e2e/NAME.c, as $T/NAME: the one tests/vm-check made for a machine without a compiler, or made now.
c_program() { # NAME LIBRARIES...
	local made=$BUILD/tests/e2e/$1 source=tests/e2e/$1.c out=$T/$1
	shift
	if [ "$made" -nt "$TOP/$source" ]; then cp "$made" "$out"
	elif has "${CC:-cc}"; then (cd "$TOP" && ${CC:-cc} -std=c11 -D_GNU_SOURCE -O1 -I. -o "$out" "$source" "$@")
	else skip_all "needs a C compiler"; fi
}

# The suite's image: busybox and nothing else.  Imported once per file.
make_rootfs() { # DIR
	mkdir -p "$1"/{bin,etc,proc,sys,dev,tmp,root,var,run}
	cp /bin/busybox "$1/bin/busybox"
	local a
	for a in $("$1/bin/busybox" --list); do [ "$a" = busybox ] || ln -sf busybox "$1/bin/$a"; done
	chmod 1777 "$1/tmp"
	printf 'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/bin/false\nweb:x:1000:1000::/home/web:/bin/sh\n' >"$1/etc/passwd"
	printf 'root:x:0:\ndaemon:x:1:\nweb:x:1000:\nextra:x:2000:web\n' >"$1/etc/group"
}
IMG=localhost/bb:latest
import_image() {
	make_rootfs "$T/rootfs"
	tar -C "$T/rootfs" --owner=0 --group=0 --numeric-owner -cf "$T/bb.tar" .
	podctl import -q --change 'CMD ["/bin/sh"]' "$T/bb.tar" "$IMG" >/dev/null
}

# What this file's engine holds of the machine and could leave behind: compare before and after.  Only what bears its name
# counts (bridge, table and cgroups carry a digest of the root, processes have files of it open): others work beside it.
SUFFIX=$(printf %s "$ROOT" | sha256sum | cut -c1-8)
engine_cgroups() { # directories of the engine, the topmost first
	find /sys/fs/cgroup -maxdepth 8 -type d \( -fstype cgroup -o -fstype cgroup2 \) \( -name "podctl-$SUFFIX" -o -path "*/podctl-$SUFFIX/*" -o -name "podctl-$SUFFIX-*.scope" \) 2>/dev/null
}
# Those that have a file of the engine open, were called with its name, or stand in its cgroups.  Zombies are nobody's fault.
engine_pids() {
	local f d pid
	{
		find /proc/[0-9]*/fd /proc/[0-9]*/cwd /proc/[0-9]*/root -maxdepth 1 \( -lname "$ROOT*" -o -lname "$RUNROOT*" \) 2>/dev/null | cut -d/ -f3
		grep -lsF -e "$RUNROOT" /proc/[0-9]*/cmdline | cut -d/ -f3
		grep -lsF -e "podctl-$SUFFIX" /proc/[0-9]*/cgroup | cut -d/ -f3
	} | sort -un | while read -r pid; do
		[ "$pid" != $$ ] && grep -qsE '^State:[[:space:]]+[^ZX]' "/proc/$pid/status" && echo "$pid"
	done
}
engine_links() { # ports of its bridge, and those whose bridge is gone
	ls "/sys/class/net/podctl-$SUFFIX/brif" 2>/dev/null
}
machine_state() {
	echo "host mounts $(awk -v r="$RUNROOT/" -v p="$ROOT/" 'index($5, r) == 1 || index($5, p) == 1' /proc/self/mountinfo | wc -l)"
	echo "links $(engine_links | wc -l)"
	echo "published $(nft list table inet "podctl-$SUFFIX" 2>/dev/null | grep -oE '(tcp|udp) \. ([0-9.]+ \. )?[0-9]+ :' | wc -l)"
	echo "cgroups $(engine_cgroups | awk -F/ 'length($NF) == 64 || /\.scope$/' | wc -l)"
	echo "processes $(engine_pids | wc -l)"
	echo "runtime records $(ls "$RUNROOT/rt" 2>/dev/null | grep -vc "^@")"
	echo "run directories $(ls "$RUNROOT/pods" 2>/dev/null | wc -l)"
	echo "data directories $(ls "$ROOT/pods" 2>/dev/null | wc -l)"
	echo "unpacking $(ls "$ROOT/layers" 2>/dev/null | grep -c '^tmp-')"
}
