#!/bin/bash
# Images from registries: Debian's docker-registry, and one of bad manners (registry.py).  Loopback only.
. "$(dirname "$0")/lib.sh"
needs root busybox python3

export HOME=$T/home XDG_CONFIG_HOME=$T/home/.config
unset REGISTRY_AUTH_FILE DOCKER_CONFIG XDG_RUNTIME_DIR http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY
mkdir -p "$XDG_CONFIG_HOME/containers"
conf=$XDG_CONFIG_HOME/containers/registries.conf
: >"$conf"

bash "$E2E/mkimage.sh" "$T/img" x:latest >/dev/null || { not_ok "make an image"; done_testing; }
id=$(cat "$T/img/id")

# --- the registry of bad manners: tags v1 (one manifest), multi (an index), v2s2, zstd, idx2 (index in index), bad...
fake=$T/fake
mkdir -p "$fake/tags" "$fake/blobs"
cp -r "$T/img/oci/blobs/sha256" "$fake/blobs/"
python3 - "$T/img" "$fake" <<'PY'
import gzip, hashlib, json, os, platform, subprocess, sys
img, fake = sys.argv[1:]
def put(data):
    if not isinstance(data, bytes):
        data = json.dumps(data).encode()
    h = hashlib.sha256(data).hexdigest()
    open(fake + "/blobs/sha256/" + h, "wb").write(data)
    return {"digest": "sha256:" + h, "size": len(data)}
def tag(name, d):
    open(fake + "/tags/" + name, "w").write(d["digest"])
OCI, DOCKER = "application/vnd.oci.image.", "application/vnd.docker."
m = json.load(open(img + "/oci/index.json"))["manifests"][0]
tag("v1", m)
doc = json.load(open(fake + "/blobs/sha256/" + m["digest"][7:]))
config, layer = doc["config"], doc["layers"][0]
arch = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
other = "arm64" if arch == "amd64" else "amd64"
cfg = json.load(open(fake + "/blobs/sha256/" + config["digest"][7:]))
cfg["architecture"] = other
foreign = put(dict(schemaVersion=2, mediaType=OCI + "manifest.v1+json", config=dict(put(cfg), mediaType=OCI + "config.v1+json"), layers=[layer]))
entry = lambda d, os, a: dict(d, mediaType=OCI + "manifest.v1+json", platform={"os": os, "architecture": a})
here = {k: m[k] for k in ("digest", "size")}
index = put(dict(schemaVersion=2, mediaType=OCI + "index.v1+json", manifests=[entry(foreign, "unknown", "unknown"), entry(foreign, "linux", other), entry(here, "linux", arch)]))
tag("multi", index)
tag("v2s2list", put(dict(schemaVersion=2, mediaType=DOCKER + "distribution.manifest.list.v2+json", manifests=[entry(here, "linux", arch)])))
tag("foreign", put(dict(schemaVersion=2, manifests=[entry(foreign, "linux", "s390x")])))
tag("v2s2", put(dict(schemaVersion=2, mediaType=DOCKER + "distribution.manifest.v2+json", config=dict(config, mediaType=DOCKER + "container.image.v1+json"), layers=[dict(layer, mediaType=DOCKER + "image.rootfs.diff.tar.gzip")])))
tag("v1schema", put(dict(schemaVersion=1, name="x", fsLayers=[])))
tag("artifact", put(dict(schemaVersion=2, config=dict(config, mediaType="application/vnd.cncf.helm.config.v1+json"), layers=[layer])))
tag("short", put(dict(schemaVersion=2, config=config, layers=[dict(layer, size=layer["size"] - 10)])))
tag("huge", put(dict(schemaVersion=2, config=dict(config, size=1 << 40), layers=[layer])))
tag("text", put(b"this is not JSON"))
tag("both", put(dict(schemaVersion=2, manifests=[], config=config, layers=[layer])))
tar = open(img + "/rootfs.tar", "rb").read()
def image(layers):
    c = dict(cfg, architecture=arch, rootfs={"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(t).hexdigest() for t, _, _ in layers]})
    return put(dict(schemaVersion=2, mediaType=OCI + "manifest.v1+json", config=dict(put(c), mediaType=OCI + "config.v1+json"), layers=[dict(put(b), mediaType=OCI + "layer.v1.tar" + s) for _, b, s in layers]))
import io, tarfile
def one(name, text):
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode="w") as t:
        i = tarfile.TarInfo(name); i.size = len(text); t.addfile(i, io.BytesIO(text))
    return b.getvalue()
layers = [(tar, gzip.compress(tar, 1), "+gzip")] + [(t, t, "") for t in (one("file%d" % i, os.urandom(2500000)) for i in range(8))]
layers += [layers[3]]
tag("many", image(layers))
only = one("only", b"x" * 1000)
other_config = dict(cfg, architecture=arch, rootfs={"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(only).hexdigest()]})
tag("other", image([(only, only, "")]))
open(fake + "/other.id", "w").write(hashlib.sha256(json.dumps(other_config).encode()).hexdigest())
z = subprocess.run(["zstd", "-q", "-c"], input=tar, stdout=subprocess.PIPE) if subprocess.run("command -v zstd", shell=True, stdout=subprocess.DEVNULL).returncode == 0 else None
if z: tag("zstd", image([(tar, z.stdout, "+zstd")]))
PY
: >"$T/log"
python3 "$E2E/registry.py" "$fake" "$T/log" >"$T/ports" 2>/dev/null &
at_end "kill $!"
until_true 10 test -s "$T/ports"
read -r port port2 <"$T/ports"
R=127.0.0.1:$port
printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "$R" >"$conf"

gone() { podctl rmi -a -f >/dev/null 2>&1; }
nothing_left() { # no image, no layer, no tmp-
	is "$1: nothing is left" "$(podctl images -q; ls "$ROOT/layers" 2>/dev/null | grep -vE '^(lock|claims)$')" ""
}

is "pull prints the image's id" "$(podctl pull -q "$R/plain/x:v1" 2>&1)" "$id"
is "the name is the one asked for" "$(podctl images --format '{{.Repository}}:{{.Tag}}')" "$R/plain/x:v1"
is "it runs" "$(podctl run --rm --network none "$R/plain/x:v1" cat /etc/issue)" "podctl test image"
: >"$T/log"
is "a second pull fetches no blob" "$(podctl pull -q "$R/plain/x:v1")$(grep -c /blobs/ "$T/log")" "${id}0"
like "plain lines say what is done" "$(podctl pull "$R/plain/x:v1" 2>&1 >/dev/null)" "^Trying to pull $R/plain/x:v1\.\.\.$"
is "docker's schema 2 has the same image" "$(podctl pull -q "$R/plain/x:v2s2")" "$id"
is "an index leads to this machine's image" "$(podctl pull -q "$R/plain/x:multi")" "$id"
is "so does docker's list" "$(podctl pull -q "$R/plain/x:v2s2list")" "$id"
t "another platform's image can be asked for" podctl pull -q --platform "linux/$([ "$(uname -m)" = x86_64 ] && echo arm64 || echo amd64)" "$R/plain/x:multi"
t_fails "a platform that is not there lists what is" 125 'no image for linux/.*; there is: linux/s390x' podctl pull "$R/plain/x:foreign"
digest=$(cat "$fake/tags/v1")
t "by digest" podctl pull -q "$R/plain/x@$digest"
if [ -s "$fake/tags/zstd" ]; then t "zstd layers" podctl run --rm --network none "$R/plain/x:zstd" true; else skip "zstd layers" "zstd is not installed"; fi
gone
t "ten layers side by side" podctl pull -q "$R/plain/x:many"
is "all of them are there" "$(podctl run --rm --network none "$R/plain/x:many" sh -c 'ls / | grep -c file')" 8
gone

# --- what stays beside a layer, what a terminal shows
t "--keep-blobs" podctl pull -q --keep-blobs "$R/plain/x:v1"
is "keeps the blob as it came" "$(sha256sum "$ROOT"/layers/*.blob | cut -d' ' -f1)" "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["layers"][0]["digest"][7:])' "$fake/blobs/sha256/${digest#*:}")"
gone
python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' "$PODCTL_BIN" "${PODCTL_OPTS[@]}" pull "$R/plain/x:many" >"$T/bars" 2>&1 </dev/null
like "a bar per layer, with its speed" "$(tr '\r' '\n' <"$T/bars")" 'Copying blob [0-9a-f]{12} \[=+\] .*B / .*B  .*B/s'
like "a total at the end" "$(cat "$T/bars")" '^9 layers, .*B at .*B/s'
python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' "$PODCTL_BIN" "${PODCTL_OPTS[@]}" pull "$R/plain/x:many" >"$T/bars" 2>&1 </dev/null
like "what is shared is said" "$(cat "$T/bars")" 'skipped: already exists'
gone

# --- pull policies
t "run of an absent image pulls it" podctl run --rm --network none "$R/plain/x:v1" true
gone
t_fails "--pull never is refused by name" 125 'not found locally, and the pull policy is never' podctl run --pull never "$R/plain/x:v1" true
t "--pull always" podctl run --rm --network none --pull always "$R/plain/x:v1" true
podctl tag "$R/plain/x:v1" "$R/plain/x:gone"
t_fails "--pull always fails without the registry's word" 125 'MANIFEST_UNKNOWN' podctl run --rm --network none --pull always "$R/plain/x:gone" true
t "--pull newer goes on with what is here" podctl run --rm --network none --pull newer "$R/plain/x:gone" true
t_fails "localhost/ is no registry" 125 "not found locally.*no registry" podctl pull localhost/nothing
t_fails "an unknown policy" 125 'unsupported pull policy "often"' podctl pull --policy often "$R/plain/x:v1"
gone
cat >"$T/app.yaml" <<EOF
apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  hostNetwork: true
  restartPolicy: Never
  containers:
  - {name: a, image: "$R/plain/x:v1", command: [sleep, "1000"]}
EOF
t "play pulls what it needs" podctl play kube "$T/app.yaml"
podctl kube down "$T/app.yaml" >/dev/null 2>&1
gone

# --- who are you
: >"$T/log"
t_fails "no credentials, Bearer" 125 'refused an anonymous token' podctl pull "$R/token/x:v1"
t_fails "a wrong password, Bearer" 125 'refused the credentials' podctl pull --creds alice:wrong "$R/token/x:v1"
t "Bearer token with a password" podctl pull -q --creds alice:secret:x "$R/token/x:v1"
gone
printf '{"auths":{"%s/token":{"auth":"%s"}}}' "$R" "$(printf alice:secret:x | base64)" >"$T/auth.json"
t "credentials from --authfile, by repository" podctl pull -q --authfile "$T/auth.json" "$R/token/x:v1"
gone
mkdir -p "$HOME/.docker"
printf '{"auths":{"https://%s/v1/":{"auth":"%s"}}}' "$R" "$(printf alice:secret:x | base64)" >"$HOME/.docker/config.json"
t "credentials from docker's config.json, whose keys are URLs" podctl pull -q "$R/token/x:v1"
gone
rm "$HOME/.docker/config.json"
t_fails "a missing --authfile" 125 "read '/nowhere'" podctl pull --authfile /nowhere "$R/token/x:v1"
t_fails "credentials without a password" 125 'expected USER:PASSWORD' podctl pull --creds alice "$R/token/x:v1"
: >"$T/log"
t "Basic, and a redirect" podctl pull -q --creds alice:secret:x "$R/redirect/x:v1"
is "credentials do not follow a redirect" "$(grep '^1 ' "$T/log" | sort | uniq -c | awk '{print $NF}' | sort -u)" "auth="
gone
t_fails "a redirect to file: is not followed" 125 "redirect to 'file:///etc/passwd': only https" podctl pull "$R/away/x:v1"
nothing_left "redirect"

# --- bad manners
t_fails "a lying blob" 125 'the registry lies' podctl pull "$R/lie/x:v1"
nothing_left "lie"
t_fails "a lying manifest" 125 'the registry lies' podctl pull "$R/liemanifest/x:v1"
t_fails "a lying manifest, by digest" 125 'the registry lies' podctl pull "$R/liemanifest/x@$digest"
t_fails "an HTML page" 125 'HTML page' podctl pull "$R/html/x:v1"
t_fails "10 GB for a blob" 125 'more than the [0-9]+ bytes declared' timeout 20 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" pull "$R/big/x:v1"
t_fails "a blob without end" 125 'more than the [0-9]+ bytes declared' timeout 20 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" pull "$R/endless/x:v1"
t_fails "10 GB for a manifest" 125 'larger than 4194304 bytes' timeout 20 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" pull "$R/bigmanifest/x:v1"
t_fails "a config declared enormous" 125 'is larger than' podctl pull "$R/plain/x:huge"
t_fails "a layer declared shorter than it is" 125 'more than the [0-9]+ bytes declared' podctl pull "$R/plain/x:short"
t_fails "a manifest that is not JSON" 125 "manifest: 1:" podctl pull "$R/plain/x:text"
t_fails "manifest and index at once" 125 "both 'manifests' and 'layers'" podctl pull "$R/plain/x:both"
t_fails "Docker schema 1 is refused by name" 125 'obsolete Docker schema 1' podctl pull "$R/plain/x:v1schema"
t_fails "a tag that is not there, and how to see those that are" 125 "manifests/nosuch: .*; podctl search --list-tags $R/plain/x shows" podctl pull "$R/plain/x:nosuch"
t_fails "nobody listens" 125 'localhost:1: could not connect: connection refused' podctl pull localhost:1/x
t_fails "an artifact is refused by name" 125 'artifact of type application/vnd.cncf.helm.config.v1.json, not an image; .*skopeo' podctl pull "$R/plain/x:artifact"
t_fails "what the registry says is cleaned" 125 'MANIFEST_UNKNOWN: manifest_unknown\?\[2J' podctl pull "$R/plain/x:nothing"
t_fails "nobody listens" 125 '127.0.0.1:1: ' podctl pull --tls-verify=false 127.0.0.1:1/x
nothing_left "bad manners"
: >"$T/log"
is "a dropped connection continues" "$(podctl pull -q "$R/drop/x:v1")" "$id"
like "by Range" "$(cat "$T/log")" 'range=bytes=[1-9][0-9]*-'
gone
is "a registry without ranges starts again" "$(podctl pull -q "$R/norange/x:v1")" "$id"
gone
t_fails "a range that was not asked for" 125 'another range' podctl pull "$R/wrongrange/x:v1"
nothing_left "wrong range"
is "503 with Retry-After is asked again" "$(podctl pull -q "$R/busy/x:v1")" "$id"
gone

# --- killed in the middle
: >"$T/log"
podctl pull "$R/hang/x:v1" >/dev/null 2>&1 &
until_true 10 grep -q "/hang/x/blobs/sha256:$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["layers"][0]["digest"][7:])' "$fake/blobs/sha256/${digest#*:}")" "$T/log"
sleep 0.2
is "no file of it holds a layer" "$(find "$ROOT/layers" -name 'blob-*' -type f | wc -l)" 0
pid=$(engine_pids | while read -r p; do [ "$(cat "/proc/$p/comm")" = podctl ] && echo "$p"; done | head -1)
kill -9 "$pid" $!
wait $! 2>/dev/null
t "the helper of a killed pull goes with it" until_true 5 eval '! engine_pids | grep -q .'
is "a killed pull leaves no image" "$(podctl images -q)" ""
is "the next pull works" "$(podctl pull -q "$R/plain/x:v1")" "$id"
is "and clears away what was left" "$(ls "$ROOT/layers" | grep -c '^tmp-')" 0
gone
"$PODCTL_BIN" "${PODCTL_OPTS[@]}" pull "$R/hang/x:many" >/dev/null 2>&1 &
pid=$!
until_true 10 eval "find '$ROOT/layers' -name 'blob-*' | grep -q ."
is "meanwhile others pull" "$(podctl pull -q "$R/plain/x:other")" "$(cat "$fake/other.id")"
timeout 60 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" pull "$R/plain/x:many" >"$T/many" 2>"$T/err2" &
pid2=$!
t "who needs a layer that another command is getting waits for it" until_true 5 grep -q 'another command is at it, waiting' "$T/err2"
kill "$pid" 2>/dev/null
wait "$pid" 2>/dev/null
wait "$pid2"
is "and gets it itself when that one fails" $? 0
is "the image is there" "$(podctl images -q --no-trunc | sort -u)" "$(printf '%s\n' "sha256:$(cat "$T/many")
sha256:$(cat "$fake/other.id")" | sort -u)"
gone
: >"$T/log"
for i in 1 2 3; do timeout 60 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" pull -q "$R/plain/x:many" >"$T/p$i" 2>&1 & pids[i]=$!; done
for i in 1 2 3; do wait "${pids[i]}" || cat "$T/p$i"; done
is "three pulls of one image at once agree" "$(cat "$T"/p[123] | sort -u | wc -l)" 1
is "and fetch each layer once" "$(grep /blobs/ "$T/log" | awk '{ print $2 }' | sort | uniq -c | awk '$1 > 1' | grep -vc "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["config"]["digest"])' "$fake/blobs/sha256/$(cut -d: -f2 "$fake/tags/many")")")" 0
gone

timeout -s INT --foreground 2 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" pull "$R/hang/x:v1" >/dev/null 2>"$T/err"
like "Ctrl-C ends a pull" "$(cat "$T/err")" interrupted
is "and nothing of it stays" "$(ls "$ROOT/layers" | grep -c '^tmp-')" 0

# --- registries.conf
printf '[[registry]]\nlocation = "%s"\nblocked = true\n' "$R" >"$conf"
t_fails "a blocked registry" 125 'is blocked in registries.conf' podctl pull "$R/plain/x:v1"
printf '[[registry]]\nprefix = "example.org/team"\nlocation = "%s/plain"\ninsecure = true\n' "$R" >"$conf"
is "a location elsewhere" "$(podctl pull -q example.org/team/x:v1)" "$id"
is "the name stays the one asked for" "$(podctl images --format '{{.Repository}}')" "example.org/team/x"
gone
printf '[[registry]]\nlocation = "%s"\ninsecure = true\n[[registry.mirror]]\nlocation = "127.0.0.1:1"\n[[registry.mirror]]\nlocation = "%s/plain"\ninsecure = true\n' "$R" "$R" >"$conf"
is "mirrors are asked first, in order" "$(podctl pull -q "$R/x:v1")" "$id"
gone
printf 'nonsense' >"$conf"
t_fails "a broken file is named with its line" 125 'registries.conf:1:' podctl pull "$R/plain/x:v1"
: >"$conf"
t_fails "without insecure, http is refused" 125 'does not speak TLS.*insecure in registries.conf' podctl pull "$R/plain/x:v1"
nothing_left "registries.conf"

# --- Debian's registry: TLS and htpasswd, what skopeo pushes
debian() {
	has docker-registry && has skopeo && has openssl || { skip "docker-registry with TLS and htpasswd" "docker-registry, skopeo or openssl is missing"; return; }
	local port=$((20000 + RANDOM % 20000)) D=$T/debian
	mkdir -p "$D"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout "$D/ca.key" -out "$D/ca.crt" -subj /CN=ca 2>/dev/null
	openssl req -newkey rsa:2048 -nodes -keyout "$D/tls.key" -out "$D/tls.csr" -subj /CN=127.0.0.1 2>/dev/null
	openssl x509 -req -in "$D/tls.csr" -CA "$D/ca.crt" -CAkey "$D/ca.key" -CAcreateserial -days 2 -out "$D/tls.crt" -extfile <(echo subjectAltName=IP:127.0.0.1) 2>/dev/null
	python3 -W ignore -c 'import crypt; print("bob:" + crypt.crypt("pw", crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=1 << 5)).replace("$2b$", "$2y$"))' >"$D/htpasswd"
	printf 'version: 0.1\nlog: {accesslog: {disabled: true}, level: error}\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "127.0.0.1:%s", tls: {certificate: %s, key: %s}}\nauth: {htpasswd: {realm: r, path: %s}}\n' \
		"$D/data" "$port" "$D/tls.crt" "$D/tls.key" "$D/htpasswd" >"$D/config.yml"
	docker-registry serve "$D/config.yml" >"$D/log" 2>&1 &
	at_end "kill $!"
	local S=127.0.0.1:$port
	until_true 10 curl -sk "https://$S/v2/" || { not_ok "docker-registry starts" "$(cat "$D/log")"; return; }
	skopeo copy -q --dest-tls-verify=false --dest-creds bob:pw "oci:$T/img/oci:x:latest" "docker://$S/team/x:oci" 2>"$D/push" &&
		skopeo copy -q --format v2s2 --dest-tls-verify=false --dest-creds bob:pw "oci:$T/img/oci:x:latest" "docker://$S/team/x:docker" 2>>"$D/push" ||
		{ not_ok "skopeo pushes" "$(cat "$D/push")"; return; }
	t_fails "an authority nobody knows" 125 'certificate is not trusted' podctl pull --creds bob:pw "$S/team/x:oci"
	mkdir -p "$XDG_CONFIG_HOME/containers/certs.d/$S"
	cp "$D/ca.crt" "$XDG_CONFIG_HOME/containers/certs.d/$S/"
	t_fails "no credentials" 125 'wants a user and password' podctl pull "$S/team/x:oci"
	t_fails "wrong credentials" 125 "user 'bob' or the password is not accepted" podctl pull --creds bob:no "$S/team/x:oci"
	is "TLS with an authority in certs.d, Basic" "$(podctl pull -q --creds bob:pw "$S/team/x:oci")" "$id"
	gone
	t "docker's schema 2, as skopeo makes it" podctl pull -q --creds bob:pw "$S/team/x:docker"
	is "it runs" "$(podctl run --rm --network none "$S/team/x:docker" cat /etc/issue)" "podctl test image"
	gone
	mv "$XDG_CONFIG_HOME/containers/certs.d/$S" "$D/certs"
	is "--cert-dir" "$(podctl pull -q --cert-dir "$D/certs" --creds bob:pw "$S/team/x:oci" 2>&1)" "$id"
	gone
	is "--tls-verify=false" "$(podctl pull -q --tls-verify=false --creds bob:pw "$S/team/x:oci")" "$id"
	gone
}
debian
nothing_left "at the end"
done_testing
