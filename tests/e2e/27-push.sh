#!/bin/bash
# Images out: push, save, manifest lists; skopeo, umoci and podman say what they think of it.  Loopback only.
. "$(dirname "$0")/lib.sh"
needs busybox python3

export HOME=$T/home XDG_CONFIG_HOME=$T/home/.config
unset REGISTRY_AUTH_FILE DOCKER_CONFIG http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY
mkdir -p "$XDG_CONFIG_HOME/containers"
bash "$E2E/mkimage.sh" "$T/img" localhost/x:latest >/dev/null || { not_ok "make an image"; done_testing; }
id=$(cat "$T/img/id")
cd "$T" || exit 1

# Layers that are hard to write again: replaced files and directories, long names, sparse files, what follows the end.
cat >"$T/hard.py" <<'PY'
import hashlib, io, json, os, subprocess, sys, tarfile
def add(t, name, data=b"", **kw):
    i = tarfile.TarInfo(name); i.size = len(data)
    for k, v in kw.items(): setattr(i, k, v)
    t.addfile(i, io.BytesIO(data))
def layer(fmt, tail=b""):
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode="w", format=fmt) as t:
        add(t, "./etc", type=tarfile.DIRTYPE, mode=0o755)
        add(t, "./etc/a", b"first" * 1000)
        add(t, "etc/b", bytes(range(256)) * 3000)
        add(t, "etc/link", type=tarfile.LNKTYPE, linkname="etc/a")
        add(t, "etc/a", b"second")
        add(t, "etc/b", b"x" * 513)
        add(t, "d", type=tarfile.DIRTYPE); add(t, "d/q", b"q" * 300); add(t, "d/e", type=tarfile.DIRTYPE); add(t, "d/e/z", b"zz")
        add(t, "d", b"a file now")
        add(t, "etc/b", b"third")
        add(t, "etc/" + "n" * 200, b"a long name")
        add(t, "s", type=tarfile.SYMTYPE, linkname="etc/a")
        add(t, ".wh.gone"); add(t, "op", type=tarfile.DIRTYPE); add(t, "op/.wh..wh..opq"); add(t, "op/new", b"n")
        add(t, "fifo", type=tarfile.FIFOTYPE); add(t, "empty"); add(t, "big", b"0123456789abcdef" * 200000)
    return b.getvalue() + tail
layers = [layer(tarfile.GNU_FORMAT), layer(tarfile.PAX_FORMAT, b"\0" * 512 + b"garbage" * 3000)]
os.makedirs("sp", exist_ok=True)
with open("sp/sparse", "wb") as f:
    f.seek(5000000); f.write(b"mid" * 4000); f.seek(9000000); f.write(b"end"); f.truncate(12000000)
open("sp/plain", "wb").write(b"p" * 10000)
for o in (["--format=gnu", "-S"], ["--format=posix", "-S"], ["--format=posix", "-S", "--sparse-version=0.0"], ["--format=posix", "-S", "--sparse-version=0.1"], ["--format=v7"]):
    layers.append(subprocess.run(["tar", "-C", "sp"] + o + ["-cf", "-", "."], stdout=subprocess.PIPE, check=True).stdout)
cfg = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(l).hexdigest() for l in layers]}}).encode()
with tarfile.open("hard.tar", "w") as t:
    add(t, "c.json", cfg)
    for n, l in enumerate(layers): add(t, "l%d.tar" % n, l)
    add(t, "manifest.json", json.dumps([{"Config": "c.json", "RepoTags": ["localhost/hard:1"], "Layers": ["l%d.tar" % n for n in range(len(layers))]}]).encode())
PY
python3 "$T/hard.py" || { not_ok "make hard layers"; done_testing; }

# ---- save -------------------------------------------------------------------------------------------------------------
podctl load -q -i "$T/img/oci-archive.tar" >/dev/null
t "save a docker archive" podctl save -o plain.tar localhost/x
is "nothing is said when it works" "$(podctl save -o plain.tar localhost/x 2>&1)" ""
is "its layer is the tar it came as" "$(tar xOf plain.tar --wildcards '*.tar' | sha256sum)" "$(sha256sum <"$T/img/rootfs.tar")"
is "its config is the image's" "$(tar xOf plain.tar "$id.json" | sha256sum | cut -d' ' -f1)" "$id"
t "save to standard output" sh -c "'$PODCTL_BIN' ${PODCTL_OPTS[*]} save localhost/x | cmp - plain.tar"
t_fails "not to a terminal that is none of a file" 125 'should not contain' podctl save -o a:b localhost/x
t_fails "an unknown format" 125 'docker-archive, oci-archive, oci-dir, docker-dir' podctl save --format zip -o z localhost/x
t_fails "--compress is for docker-dir" 125 'docker-dir' podctl save --compress -o z localhost/x
t_fails "an image that is not there" 125 'not found' podctl save -o z.tar nosuch
is "and no archive of it" "$(ls z.tar 2>/dev/null)" ""
t "save an oci archive" podctl save --format oci-archive -o oci.tar localhost/x
t "save an oci directory" podctl save --format oci-dir -o ocidir localhost/x
t "save it with plain layers" podctl save --format oci-dir --uncompressed -o ociplain localhost/x
t "save a docker directory" podctl save --format docker-dir -o dir localhost/x
t "save a docker directory, compressed" podctl save --format docker-dir --compress -o dirgz localhost/x
t "hard layers come in" podctl load -q -i hard.tar
t "and go out, each with its diff id" podctl save -o hard2.tar localhost/hard:1
podctl tag localhost/x localhost/y:2
t "several images in one archive" podctl save -m -o many.tar localhost/x localhost/hard:1 localhost/y:2
t "an image with a second name" podctl save -o named.tar localhost/x other:3
hard=$(podctl images -q --no-trunc localhost/hard)
podctl rmi -a -f >/dev/null
podctl load -q -i many.tar >/dev/null
is "all are there again" "$(podctl images --format '{{.Repository}}:{{.Tag}}' | sort | tr '\n' ' ')" "localhost/hard:1 localhost/x:latest localhost/y:2 "
is "with their ids" "$(podctl images -q --no-trunc localhost/hard)" "$hard"
podctl rmi -a -f >/dev/null
podctl load -q -i named.tar >/dev/null
is "both names" "$(podctl images --format '{{.Repository}}:{{.Tag}}' | sort | tr '\n' ' ')" "localhost/other:3 localhost/x:latest "
for f in plain.tar oci.tar ocidir ociplain dir dirgz; do
	podctl rmi -a -f >/dev/null
	podctl load -q -i "$f" >/dev/null
	is "load what was saved: $f" "$(podctl images -q --no-trunc)" "sha256:$id"
	is "nothing was left of it: $f" "$(ls "$ROOT/layers" | grep -c '^tmp-')" 0
done
for z in gzip zstd xz bzip2; do
	has "$z" || { skip "load $z from a pipe" "no $z here"; continue; }
	podctl rmi -a -f >/dev/null
	$z -c plain.tar | podctl load -q >/dev/null
	is "load $z from a pipe" "$(podctl images -q --no-trunc)" "sha256:$id"
done

# ---- local places ------------------------------------------------------------------------------------------------------
for ref in oci:ocidir:localhost/x:latest oci-archive:oci.tar docker-archive:plain.tar dir:dir; do
	podctl rmi -a -f >/dev/null
	is "pull $ref" "$(podctl pull -q "$ref")" "$id"
done
podctl rmi -a -f >/dev/null
podctl pull -q docker-archive:many.tar:localhost/y:2 >/dev/null
is "one of several in an archive" "$(podctl images --format '{{.Repository}}:{{.Tag}}')" localhost/y:2
t_fails "say which" 125 'images: say which' podctl pull docker-archive:many.tar
t "pull by place in the archive" podctl pull docker-archive:many.tar:@0
t_fails "a place that is not there" 125 'none of them' podctl pull docker-archive:many.tar:@7
DOCKER_HOST=unix://$T/none t_fails "a docker that does not run" 125 "socket '.*none' is not there" podctl pull docker-daemon:x
if [ "$(id -u)" = 0 ]; then
	is "run from a directory" "$(podctl run --rm --network none oci:ocidir echo hi 2>&1)" hi
	is "run from our own store" "$(podctl run --rm --network none containers-storage:localhost/x echo hi 2>&1)" hi
fi

# ---- push to places on this machine ------------------------------------------------------------------------------------
podctl load -q -i plain.tar >/dev/null
t "push to an oci directory" podctl push -q localhost/x oci:po:v1
t "push to it again, under another name" podctl push -q localhost/x oci:po:v2
is "both names are in it" "$(jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"]' po/index.json | tr '\n' ' ')" "v1 v2 "
t "push to an oci archive" podctl push -q localhost/x oci-archive:po.tar:v1
t "push to a docker archive" podctl push -q localhost/x docker-archive:pd.tar:localhost/x:v1
t_fails "a docker archive that is there is not changed" 125 'modifying existing' podctl push -q localhost/x docker-archive:pd.tar:localhost/x:v2
t "push to a directory" podctl push -q localhost/x dir:pdir
t "push to our own store gives a name" podctl push -q localhost/x containers-storage:localhost/again
t "which is there" podctl image exists localhost/again
DOCKER_HOST=tcp://1.2.3.4:5 t_fails "a docker elsewhere" 125 'on this machine only' podctl push localhost/x docker-daemon:x:y
t_fails "localhost/ is no registry" 125 'no registry' podctl push localhost/x

# ---- judges of files ----------------------------------------------------------------------------------------------------
if has skopeo; then
	for ref in docker-archive:plain.tar oci-archive:oci.tar oci:ocidir oci:ociplain dir:dir dir:dirgz oci:po:v1 oci-archive:po.tar docker-archive:pd.tar dir:pdir; do
		is "skopeo reads $ref" "$(skopeo inspect --config "$ref" 2>&1 | jq -r '.rootfs.diff_ids[0]' 2>&1)" "sha256:$(sha256sum <"$T/img/rootfs.tar" | cut -d' ' -f1)"
	done
	is "its digest is what we call it" "$(skopeo inspect docker-archive:plain.tar | jq -r .Digest)" "$(podctl image inspect --format '{{.Digest}}' localhost/x)"
	t "skopeo copies all of it" skopeo copy -q docker-archive:hard2.tar oci:skhard:1
	podctl rmi -a -f >/dev/null
	podctl pull -q oci:skhard:1 >/dev/null
	is "and gives back the same layers" "$(podctl images -q | wc -l)" 1
	podctl rmi -a -f >/dev/null
	skopeo copy -q docker-archive:plain.tar dir:skdir && podctl load -q -i skdir >/dev/null
	is "what skopeo wrote we read" "$(podctl images -q --no-trunc)" "sha256:$id"
else
	skip "skopeo as a judge" "no skopeo here"
fi
if has umoci && [ "$(id -u)" = 0 ]; then
	t "umoci unpacks what was saved" umoci unpack --image ocidir:localhost/x:latest bundle
	is "and finds the files" "$(cat bundle/rootfs/etc/issue)" "podctl test image"
else
	skip "umoci as a judge" "no umoci here, or not root"
fi

# ---- a registry ------------------------------------------------------------------------------------------------------------
has docker-registry || { skip "push to a registry" "no docker-registry here"; done_testing; }
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: %s/reg}, delete: {enabled: true}}\nhttp: {addr: "127.0.0.1:%s"}\nlog: {accesslog: {disabled: false}, level: error}\n' "$T" "$port" >reg.yml
docker-registry serve reg.yml >reg.log 2>&1 &
at_end "kill $!"
R=127.0.0.1:$port
until_true 10 curl -fs "http://$R/v2/"
puts() { grep -cE '"(PUT|PATCH) [^"]*/blobs/' reg.log; }
podctl rmi -a -f >/dev/null
podctl load -q -i plain.tar >/dev/null
podctl load -q -i hard.tar >/dev/null
t_fails "without TLS it is refused unless said" 125 'TLS|insecure' podctl push --retry 0 -q localhost/x "$R/x:1"
t "push" podctl push --tls-verify=false --digestfile digest localhost/x "docker://$R/x:1"
is "the digest file has what the registry has" "$(cat digest)" "$(curl -fsI -H 'Accept: application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json' "http://$R/v2/x/manifests/1" | tr -d '\r' | awk 'tolower($1) == "docker-content-digest:" { print $2 }')"
before=$(puts) heads=$(grep -cE '"HEAD [^"]*/blobs/' reg.log)
like "push again finds its manifest" "$(podctl push --tls-verify=false localhost/x "$R/x:1" 2>&1)" "manifest to image destination skipped: unchanged"
is "and asks for nothing else" "$(grep -cE '"HEAD [^"]*/blobs/' reg.log)" "$heads"
python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' "$PODCTL_BIN" "${PODCTL_OPTS[@]}" push --tls-verify=false localhost/hard:1 "$R/bars:1" >bars 2>&1 </dev/null
like "on a terminal: a bar per layer" "$(tr '\r' '\n' <bars)" 'Copying blob [0-9a-f]{12} \[=+\] .*B / .*B  .*B/s'
like "and a total" "$(cat bars)" '^[0-9]+ layers?, .*B at .*B/s'
t "a tag that names another image since" podctl push -q --tls-verify=false localhost/hard:1 "$R/x:1"
t "is given to this one again" podctl push -q --tls-verify=false localhost/x "$R/x:1"
is "and it has it" "$(curl -fsI -H 'Accept: application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json' "http://$R/v2/x/manifests/1" | tr -d '\r' | awk 'tolower($1) == "docker-content-digest:" { print $2 }')" "$(cat digest)"
before=$(puts) heads=$(grep -cE '"HEAD [^"]*/blobs/' reg.log)
t "push under another tag" podctl push -q --tls-verify=false localhost/x "$R/x:2"
is "nothing was sent again" "$(puts)" "$before"
is "the repository was asked for the manifest alone" "$(grep -cE '"HEAD [^"]*/blobs/' reg.log)" "$heads"
podctl tag localhost/x "$R/x:1"
t "push to another repository" podctl push -q --tls-verify=false "$R/x:1" "$R/other/x:1"
like "the layer was mounted" "$(grep -E 'POST .*mount=' reg.log | head -1)" 'mount='
t "push hard layers" podctl push -q --tls-verify=false localhost/hard:1 "$R/hard:1"
t "push as zstd" podctl push -q --tls-verify=false --compression-format zstd --compression-level 5 localhost/hard:1 "$R/hard:zstd"
like "layers are zstd" "$(curl -fs -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$R/v2/hard/manifests/zstd")" 'tar\+zstd'
t "push as v2s2" podctl push -q --tls-verify=false --format v2s2 localhost/x "$R/x:v2s2"
like "it is" "$(curl -fs -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' "http://$R/v2/x/manifests/v2s2")" 'distribution.manifest.v2'
t "push as oci" podctl push -q --tls-verify=false --format oci localhost/x "$R/x:oci"
like "it is" "$(curl -fs -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$R/v2/x/manifests/oci")" 'oci.image.manifest'
t_fails "zstd has no place in v2s2" 125 'OCI' podctl push -q --tls-verify=false --format v2s2 --compression-format zstd localhost/x "$R/x:no"
t_fails "zstd:chunked is not written" 125 "'zstd:chunked': writing it is not done" podctl push -q --tls-verify=false --compression-format zstd:chunked localhost/x "$R/x:no"
t_fails "a level out of range" 125 'level' podctl push -q --tls-verify=false --compression-level 12 localhost/x "$R/x:no"
t_fails "an unknown compression" 125 'gzip and zstd' podctl push -q --tls-verify=false --compression-format lzma localhost/x "$R/x:no"
podctl rmi -a -f >/dev/null
is "what was pushed comes back with its id" "$(podctl pull -q --tls-verify=false "$R/hard:1")" "${hard#sha256:}"
d=$(podctl image inspect --format '{{.Digest}}' "$R/hard:1")
t "push what was pulled" podctl push -q --tls-verify=false --digestfile digest "$R/hard:1" "$R/hard:again"
is "it has the digest it had" "$(cat digest)" "$d"
# --- kept blobs go out as they came, to a registry that has none of them
port2=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
sed "s,$T/reg,$T/reg2,; s,:$port,:$port2," reg.yml >reg2.yml
docker-registry serve reg2.yml >reg2.log 2>&1 &
at_end "kill $!"
until_true 10 curl -fs "http://127.0.0.1:$port2/v2/"
podctl rmi -a -f >/dev/null
podctl pull -q --keep-blobs --tls-verify=false "$R/hard:1" >/dev/null
is "blobs are kept" "$(ls "$ROOT/layers" | grep -c '\.blob$')" "$(podctl image inspect --format '{{len .RootFS.Layers}}' "$R/hard:1")"
d=$(podctl image inspect --format '{{.Digest}}' "$R/hard:1")
podctl push -q --tls-verify=false --digestfile digest "$R/hard:1" "127.0.0.1:$port2/hard:1"
is "and the other registry has the same digest" "$(cat digest)" "$d"
podctl rmi -a -f >/dev/null
is "they go with the image" "$(ls "$ROOT/layers" | grep -c '\.blob$')" 0
is "zstd comes back as well" "$(podctl pull -q --tls-verify=false "$R/hard:zstd")" "${hard#sha256:}"
if has skopeo; then
	is "skopeo finds the digest" "$(skopeo inspect --tls-verify=false "docker://$R/hard:again" | jq -r .Digest)" "$d"
	t "skopeo takes all of it" skopeo copy -q --src-tls-verify=false "docker://$R/hard:zstd" dir:skz
fi

# ---- manifest lists -----------------------------------------------------------------------------------------------------------
podctl rmi -a -f >/dev/null
podctl load -q -i plain.tar >/dev/null
podctl import -q --arch arm64 --variant v8 "$T/img/rootfs.tar" localhost/arm >/dev/null
list=$(podctl manifest create both localhost/x 2>&1)
like "manifest create says its id" "$list" '^[0-9a-f]{64}$'
t_fails "a name that is taken" 125 'already' podctl manifest create both
is "--amend takes it" "$(podctl manifest create --amend both)" "$list"
is "manifest add" "$(podctl manifest add --annotation a=b both localhost/arm)" "$list"
is "it has both platforms" "$(podctl manifest inspect both | jq -r '.manifests[].platform.architecture' | sort | tr '\n' ' ')" "amd64 arm64 "
is "the variant comes from the image" "$(podctl manifest inspect both | jq -r '.manifests[1].platform.variant')" v8
is "and the annotation" "$(podctl manifest inspect both | jq -r '.manifests[1].annotations.a')" b
t "manifest exists" podctl manifest exists both
t_fails "an image is no list" 1 '' podctl manifest exists localhost/x
t "manifest push" podctl manifest push --tls-verify=false --digestfile digest both "$R/both:1"
if has skopeo; then
	is "skopeo sees both" "$(skopeo inspect --raw --tls-verify=false "docker://$R/both:1" | jq '.manifests | length')" 2
	is "under the digest that was said" "sha256:$(skopeo inspect --raw --tls-verify=false "docker://$R/both:1" | sha256sum | cut -d' ' -f1)" "$(cat digest)"
	t "skopeo takes all of it" skopeo copy -q --all --src-tls-verify=false "docker://$R/both:1" dir:skboth
fi
is "manifest inspect of a registry's" "$(podctl manifest inspect --tls-verify=false "$R/both:1" | jq '.manifests | length')" 2
arm=$(podctl manifest inspect both | jq -r '.manifests[1].digest')
t "manifest annotate" podctl manifest annotate --os-version 7 --arch riscv64 both "$arm"
is "it says so" "$(podctl manifest inspect both | jq -r '.manifests[1].platform | .architecture + .["os.version"]')" riscv647
t "manifest remove" podctl manifest remove both "$arm"
is "one is left" "$(podctl manifest inspect both | jq '.manifests | length')" 1
t_fails "what is not in it" 125 'no image' podctl manifest remove both "$arm"
t "manifest create --all from a registry" podctl manifest create --all --tls-verify=false copy "docker://$R/both:1"
is "it has all of it" "$(podctl manifest inspect copy | jq '.manifests | length')" 2
[ "$(id -u)" != 0 ] || is "a list is run as this machine's image" "$(podctl run --rm --network none both echo hi 2>&1)" hi
like "manifest rm" "$(podctl manifest rm both copy)" 'Untagged: localhost/both:latest'
t_fails "it is gone" 1 '' podctl manifest exists both

# ---- podman as a judge -------------------------------------------------------------------------------------------------------
if has podman && [ "$(id -u)" = 0 ]; then
	pm() { podman --root "$T/pm" --runroot "$T/pmrun" --storage-driver vfs --cgroup-manager cgroupfs "$@"; }
	at_end "pm rmi -a -f"
	if pm load -i plain.tar >/dev/null 2>&1; then
		is "podman loads a docker archive as the same image" "$(pm images -q --no-trunc)" "sha256:$id"
		podctl load -q -i plain.tar >/dev/null
		is "and calls it by the same digest" "$(pm image inspect --format '{{.Digest}}' localhost/x 2>/dev/null)" "$(podctl image inspect --format '{{.Digest}}' localhost/x)"
		for f in oci.tar dir; do
			pm rmi -a -f >/dev/null 2>&1
			t "podman loads $f" pm load -i "$f"
		done
		pm rmi -a -f >/dev/null 2>&1
		t "podman pulls what was pushed" pm pull -q --tls-verify=false "$R/x:2"
		is "as the same image" "$(pm images -q --no-trunc | head -1)" "sha256:$id"
		for f in docker-archive oci-archive; do
			podctl rmi -a -f >/dev/null
			pm save -q --format $f -o "pm-$f.tar" "$R/x:2" >/dev/null 2>&1
			podctl load -q -i "pm-$f.tar" >/dev/null
			is "what podman saved we load as the same image: $f" "$(podctl images -q --no-trunc)" "sha256:$id"
		done
	else
		skip "podman as a judge" "podman does not work here"
	fi
else
	skip "podman as a judge" "no podman here, or not root"
fi
done_testing
