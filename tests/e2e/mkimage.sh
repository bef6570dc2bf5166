#!/bin/bash
# mkimage.sh OUTDIR [NAME] — makes the suite's image from Debian's busybox-static, without a network.
#
# OUTDIR/rootfs.tar          a root file system
# OUTDIR/docker-archive.tar  the image as docker save writes it
# OUTDIR/oci/                an OCI directory (gzip layer)
# OUTDIR/oci-archive.tar     the same as an archive
# OUTDIR/id                  the image's id
# NAME defaults to localhost/podctl-test:latest.  The same busybox gives the same bytes.
# BUSYBOX=PATH takes another static busybox.
set -euo pipefail

out=${1:?usage: mkimage.sh OUTDIR [NAME]}
name=${2:-localhost/podctl-test:latest}
busybox=${BUSYBOX:-}
epoch='2024-01-01 00:00:00 UTC'
created=2024-01-01T00:00:00Z

die() { echo "mkimage.sh: $*" >&2; exit 1; }

if [ -z "$busybox" ]; then
	for f in /bin/busybox /usr/bin/busybox /usr/lib/busybox/busybox; do
		[ -x "$f" ] && busybox=$f && break
	done
fi
[ -x "$busybox" ] || die "no static busybox here: apt-get install busybox-static"

case $(uname -m) in
x86_64) arch=amd64 ;;
aarch64) arch=arm64 ;;
*) arch=$(uname -m) ;;
esac

sum() { sha256sum "$1" | cut -d' ' -f1; }
# Members in order of names, owned by root, all of one time: equal input gives equal bytes.
pack() { # TAR DIR
	tar -C "$2" --sort=name --owner=0 --group=0 --numeric-owner --mtime="$epoch" --format=posix \
		--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime -cf "$1" .
}

mkdir -p "$out"
tmp=$(mktemp -d "$out/mkimage.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# --- root file system
root=$tmp/rootfs
mkdir -p "$root"/{bin,dev,etc,home,proc,root,run,sys,tmp,usr/bin,var/www}
chmod 1777 "$root/tmp"
chmod 700 "$root/root"
cp "$busybox" "$root/bin/busybox"
chmod 755 "$root/bin/busybox"
for applet in $("$busybox" --list | sort -u); do
	[ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
printf 'root:x:0:0:root:/root:/bin/sh\nwww:x:33:33:www:/var/www:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n' >"$root/etc/passwd"
printf 'root:x:0:\nwww:x:33:\nlogs:x:40:www\nnogroup:x:65534:\n' >"$root/etc/group"
printf 'podctl test image\n' >"$root/etc/issue"
pack "$out/rootfs.tar" "$root"
diff=$(sum "$out/rootfs.tar")

# --- config: its digest is the image's id
printf '{"created":"%s","architecture":"%s","os":"linux","config":{"Env":["PATH=/bin:/usr/bin"],"Cmd":["sh"],"WorkingDir":"/","Labels":{"org.example.suite":"podctl"}},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created":"%s","created_by":"mkimage.sh","comment":"busybox-static"}]}' \
	"$created" "$arch" "$diff" "$created" >"$tmp/config.json"
id=$(sum "$tmp/config.json")
echo "$id" >"$out/id"

# --- docker-archive
docker=$tmp/docker
mkdir -p "$docker"
cp "$tmp/config.json" "$docker/$id.json"
cp "$out/rootfs.tar" "$docker/$diff.tar"
printf '[{"Config":"%s.json","RepoTags":["%s"],"Layers":["%s.tar"]}]' "$id" "$name" "$diff" >"$docker/manifest.json"
pack "$out/docker-archive.tar" "$docker"

# --- OCI directory and archive
oci=$out/oci
rm -rf "$oci"
mkdir -p "$oci/blobs/sha256"
gzip -9 -n <"$out/rootfs.tar" >"$tmp/layer.gz"
layer=$(sum "$tmp/layer.gz")
mv "$tmp/layer.gz" "$oci/blobs/sha256/$layer"
cp "$tmp/config.json" "$oci/blobs/sha256/$id"
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":%s},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:%s","size":%s}]}' \
	"$id" "$(stat -c %s "$tmp/config.json")" "$layer" "$(stat -c %s "$oci/blobs/sha256/$layer")" >"$tmp/manifest.json"
manifest=$(sum "$tmp/manifest.json")
size=$(stat -c %s "$tmp/manifest.json")
mv "$tmp/manifest.json" "$oci/blobs/sha256/$manifest"
printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%s,"annotations":{"org.opencontainers.image.ref.name":"%s"},"platform":{"architecture":"%s","os":"linux"}}]}' \
	"$manifest" "$size" "$name" "$arch" >"$oci/index.json"
printf '{"imageLayoutVersion":"1.0.0"}' >"$oci/oci-layout"
pack "$out/oci-archive.tar" "$oci"
