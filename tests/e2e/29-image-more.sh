#!/bin/bash
# More of images: what layers changed, which places policy.json lets in, URLs, what a prune gave back.
. "$(dirname "$0")/lib.sh"
needs busybox root python3

bash "$E2E/mkimage.sh" "$T/img" localhost/x:latest >/dev/null || { not_ok "make an image"; done_testing; }
id=$(cat "$T/img/id")
cd "$T" || exit 1
podctl load -q -i "$T/img/docker-archive.tar" >/dev/null

# ---- diff ----------------------------------------------------------------------------------------------------------------
run() { podctl run --network none "$@"; }
run --name c1 localhost/x sh -c 'echo new >/new; rm /etc/issue; rm -r /var/www; mkdir /var/www; touch /var/www/z; mkdir -p /a/b; touch /a/b/c; chmod 700 /home' >/dev/null 2>&1
podctl commit -q c1 com:1 >/dev/null
want="A /a
A /a/b
A /a/b/c
C /etc
D /etc/issue
C /home
A /new
C /var
C /var/www
A /var/www/z"
is "diff of an image: its last layer" "$(podctl image diff com:1)" "$want"
is "diff finds images too" "$(podctl diff com:1)" "$want"
is "with another image: all of both" "$(podctl image diff com:1 localhost/x)" "$want"
like "turned round" "$(podctl image diff localhost/x com:1 | tr '\n' ' ')" '^D /a (D /a/b )?.*A /etc/issue .*D /new '
is "an image of one layer is all added" "$(podctl image diff localhost/x | grep -vc '^A ')" 0
is "an image and itself" "$(podctl image diff com:1 com:1)" ""
is "a container and an image" "$(podctl diff c1 com:1)" ""
is "a container goes before an image of its name" "$(podctl tag localhost/x localhost/c1; podctl diff c1 | wc -l)" 10
is "JSON" "$(podctl image diff --format json com:1 | python3 -c 'import json,sys; d=json.load(sys.stdin); print(*d, len(d["added"]), d["deleted"][0])')" "changed added deleted 5 /etc/issue"
t_fails "another format" 125 "json" podctl image diff --format table com:1
t_fails "an image that is not there" 125 'not found' podctl image diff nosuch
t_fails "neither" 125 'neither a container nor an image' podctl diff nosuch
t_fails "image diff takes no containers" 125 'not found' podctl image diff c1x
podctl rmi localhost/c1 >/dev/null

# ---- policy.json: files and directories count as well ---------------------------------------------------------------------
mkdir -p home/.config/containers img/sub
cp -r img/oci img/sub/oci
policy() { printf '%s' "$1" >home/.config/containers/policy.json; }
with() { HOME=$T/home podctl "$@"; }
reject='[{"type":"reject"}]' accept='[{"type":"insecureAcceptAnything"}]'
policy "{\"default\":$reject}"
t_fails "load of what the policy rejects" 125 'rejected by policy' with load -i img/docker-archive.tar
t_fails "an archive through a pipe too" 125 'rejected by policy' with load <img/oci-archive.tar
t_fails "a directory" 125 'rejected by policy' with load -i img/oci
t_fails "pull of a local place" 125 'rejected by policy' with pull oci:img/oci:localhost/x:latest
policy "{\"default\":$reject,\"transports\":{\"oci\":{\"$T/img/sub\":$accept},\"docker-archive\":{\"\":$accept},\"oci-archive\":{\"$T/img/oci-archive.tar\":$accept}}}"
t "a transport that is let in" with load -i img/docker-archive.tar
t "a file that is let in" with load -i img/oci-archive.tar
t "a directory below one that is let in" with pull -q oci:img/sub/oci:localhost/x:latest
t_fails "a directory beside it" 125 'rejected by policy' with pull -q oci:img/oci:localhost/x:latest
ln -s "$T/img/oci" img/sub/link
t_fails "a link does not lead round it" 125 'rejected by policy' with pull -q oci:img/sub/link:localhost/x:latest
policy "{\"default\":$accept,\"transports\":{\"docker-archive\":{\"\":[{\"type\":\"signedBy\",\"keyType\":\"GPGKeys\",\"keyPath\":\"/k\"}]}}}"
t_fails "signatures that nobody checks are no consent" 125 'wants signatures \(signedBy\)' with load -i img/docker-archive.tar
is "trust show" "$(with image trust show -n | tr -s ' ' | sed 's/ $//' | tr '\n' ';')" "all default accept;docker-archive signed N/A;"
is "as JSON" "$(with image trust show --json | python3 -c 'import json,sys; print(*[r["type"] for r in json.load(sys.stdin)])')" "accept signed"
t_fails "trust set" 125 'policy.json' podctl image trust set -t reject docker.io
t_fails "scp without a place" 125 'destination' podctl image scp com:1
t_fails "to another machine" 125 'podctl save IMAGE . ssh' podctl image scp com:1 tom@example.com::
t_fails "to nobody" 125 "no user 'nosuchuser'" podctl image scp com:1 nosuchuser@localhost::
t_fails "into the same store" 125 'same store' podctl image scp com:1 localhost::
t_fails "sign" 125 'signatures' podctl image sign com:1
policy '{"default":[]}'
t_fails "a policy without a requirement" 125 'policy.json.*at least one' with load -i img/docker-archive.tar

# ---- import of a URL ----------------------------------------------------------------------------------------------------------
cat >web.py <<'PY'
import http.server, os, sys
class H(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.headers.get("Authorization"): open("leaked", "w").write("x")
        if self.path == "/moved": self.send_response(302); self.send_header("Location", "/img/rootfs.tar"); self.end_headers(); return
        super().do_GET()
    def log_message(self, *a): pass
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H)
open("port.new", "w").write(str(s.server_port)); os.rename("port.new", "port")
s.serve_forever()
PY
python3 web.py &
web=$!
at_end "kill $web"
until_true 30 test -s port
url=http://127.0.0.1:$(cat port)
mkdir -p auth; printf '{"auths":{"127.0.0.1:%s":{"auth":"dTpw"}}}' "$(cat port)" >auth/auth.json
like "import of a URL" "$(podctl import -q -c 'CMD ["true"]' "$url/img/rootfs.tar" url:1)" '^sha256:[0-9a-f]{64}$'
is "is the same layer" "$(podctl image inspect --format '{{index .RootFS.Layers 0}}' url:1)" "$(podctl image inspect --format '{{index .RootFS.Layers 0}}' localhost/x)"
REGISTRY_AUTH_FILE=$T/auth/auth.json t "a redirect is followed" podctl import -q "$url/moved" url:2
t_fails "what is not there" 125 "get 'http.*nosuch'.*does not have it" podctl import -q "$url/nosuch"
t_fails "credentials in a URL" 125 'credentials in a URL' podctl import "http://u:p@127.0.0.1/x"
t_fails "nobody there" 125 "get 'http://127.0.0.1:1/x'" podctl import http://127.0.0.1:1/x
is "no credentials of a registry went there" "$(ls leaked 2>/dev/null)" ""
is "nothing is left of it" "$(ls "$ROOT/layers" | grep -c '^tmp-')" 0

# ---- prune ----------------------------------------------------------------------------------------------------------------------
run --name c2 localhost/x sh -c 'head -c 3000000 /dev/zero >/big' >/dev/null
out=$(podctl system prune -f)
like "system prune says what went" "$out" "$(printf 'Deleted Containers')"
like "and how much" "$out" 'Total reclaimed space: 3[.0-9]*MB'
podctl untag url:2
like "an image nobody names" "$(podctl image prune -f --filter until=2099-01-01)" '^[0-9a-f]{64}$'
is "but not one that is young" "$(podctl untag url:1; podctl image prune -f --filter until=24h)" ""
is "nor one without the label" "$(podctl image prune -f --filter label=nosuch=x)" ""
t_fails "a filter that is none" 125 'invalid filter|unsupported' podctl image prune -f --filter size=1
is "the images in use stay" "$(podctl images -q --no-trunc localhost/x)" "sha256:$id"

# ---- check ----------------------------------------------------------------------------------------------------------------------
podctl tag localhost/x localhost/second
run --name user localhost/x true
podctl volume create data >/dev/null
is "a store that is whole" "$(podctl system check 2>&1)" ""
layer=$(podctl image inspect --format '{{index .RootFS.Layers 0}}' localhost/x)
issue=$ROOT/layers/${layer#sha256:}/etc/issue
cp -p "$issue" issue.good
tr a-z A-Z <issue.good >"$issue"
t_fails "a file of a layer that is not what it was" 125 "layer ${layer:7:12}.*not what they were" podctl system check
is "reading layers is what --quick leaves out" "$(podctl system check --quick 2>&1)" ""
echo more >>"$issue"
t_fails "one that grew" 125 "etc/issue.*longer" podctl system check
rm "$issue"
t_fails "one that is gone" 125 "etc/issue" podctl system check
t_fails "repair leaves what a container uses" 125 'container\(s\) use it' podctl system check --repair
is "the image is still there" "$(podctl image exists localhost/x; echo $?)" 0
like "--force removes both" "$(podctl system check --force 2>&1)" 'image .*removed; podctl pull localhost/'
is "all its names" "$(podctl image exists localhost/second; echo $?)" 1
is "and the container" "$(podctl ps -aq --filter name=user)" ""
is "then all is well" "$(podctl system check 2>&1; echo $?)" 0
mkdir "$ROOT/layers/$(printf a%.0s {1..64})"
rmdir "$ROOT/volumes/data"
t_fails "a layer without an image, a volume without a directory" 125 'layers/aaa.*no image has' podctl system check -q
like "the volume is named" "$(podctl system check -q 2>/dev/null)" 'volume data: its directory is gone'
t "both are mended" podctl system check --repair
is "so that nothing is left" "$(podctl system check 2>&1; ls "$ROOT/layers" | grep -c ^aaa)" 0
is "and the volume can be used" "$(podctl volume inspect --format '{{.Name}}' data; ls -d "$ROOT/volumes/data")" "data
$ROOT/volumes/data"
done_testing
