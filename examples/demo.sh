#!/bin/bash
# examples/demo.sh: the tour that `sudo make demo` gives.  It uses an engine of its own (root and runroot below /tmp), so
# nothing of yours is touched, and it takes down what it made.
set -u
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build}
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }
fail() { printf 'demo: %s\n' "$*" >&2; "$BUILD/podctl" info --check >&2 || true; exit 1; }
[ "$(id -u)" = 0 ] || { echo "demo: published ports need root: sudo make demo" >&2; exit 1; }
for p in busybox curl nft; do command -v $p >/dev/null || fail "$p is not installed"; done

T=$(mktemp -d /tmp/podctl-demo-XXXXXX)
chmod 755 "$T"
P=("$PWD/$BUILD/podctl" --root "$T/root" --runroot "$T/run")
finish() {
	"${P[@]}" system reset --force >/dev/null 2>&1 # its bridge, table and cgroups too
	for m in $(awk -v t="$T/" 'index($5, t) == 1 { print $5 }' /proc/self/mountinfo | sort -r); do umount -l "$m" 2>/dev/null; done
	rm -rf --one-file-system "$T"
}
trap finish EXIT
trap 'exit 130' INT TERM
show() { printf '$ podctl %s\n' "$*"; "${P[@]}" "$@" || fail "podctl $1 failed"; }

yaml=$T/hello.yaml
port=$(sed -n 's/.*hostPort: *\([0-9]*\).*/\1/p' examples/k8s/hello.yaml | head -1)
use=$port
while ss -ltnH "sport = :$use" 2>/dev/null | grep -q .; do use=$((use + 1)); done
sed "s/hostPort: *$port/hostPort: $use/" examples/k8s/hello.yaml >"$yaml"

say "1. A small image from busybox"
mkdir -p "$T/image"/{bin,etc,proc,sys,dev,tmp,root,www}
cp "$(command -v busybox)" "$T/image/bin/busybox"
for a in $(busybox --list); do [ "$a" = busybox ] || ln -sf busybox "$T/image/bin/$a"; done
chmod 1777 "$T/image/tmp"
echo 'root:x:0:0:root:/root:/bin/sh' >"$T/image/etc/passwd"
echo 'root:x:0:' >"$T/image/etc/group"
tar -C "$T/image" --owner=0 --group=0 --numeric-owner -cf "$T/image.tar" .
show import -q --change 'CMD ["/bin/sh"]' "$T/image.tar" localhost/podctl-demo:latest

say "2. Play examples/k8s/hello.yaml"
show play kube "$yaml"

say "3. Fetch its page from port $use"
for _ in $(seq 50); do page=$(curl -fs "http://127.0.0.1:$use/") && break; sleep 0.1; done
[ -n "${page:-}" ] || fail "no answer on http://127.0.0.1:$use/"
printf '$ curl http://127.0.0.1:%s/\n%s\n' "$use" "$page"

say "4. What runs"
show pod ps
show ps
say "5. Its logs"
pod=$("${P[@]}" pod ps -q | head -1)
show pod logs "$pod" | tail -5

say "6. The manifest, written back from what runs"
show generate kube "$("${P[@]}" pod ps --format '{{.Name}}' | head -1)"

say "7. Take it down"
show kube down "$yaml"
left=$("${P[@]}" ps -aq | wc -l)
[ "$left" = 0 ] || fail "$left containers are left"

cat <<TXT

That was podctl. Try next:
  sudo make install                    # podctl on your PATH
  tests/e2e/mkimage.sh /tmp/img localhost/podctl-demo && sudo podctl load -i /tmp/img/docker-archive.tar && sudo podctl run -it --rm localhost/podctl-demo sh
  sudo podctl play kube examples/k8s/hello.yaml && curl http://127.0.0.1:8080/ && sudo podctl generate kube hello
TXT
