#!/bin/bash
# docker-daemon: as Docker's API has it, from and to something that speaks it over a socket.
. "$(dirname "$0")/lib.sh"
needs busybox root python3

export HOME=$T/home
unset XDG_CONFIG_HOME DOCKER_HOST
mkdir -p "$HOME"
bash "$E2E/mkimage.sh" "$T/img" docker.io/library/x:latest >/dev/null || { not_ok "make an image"; done_testing; }
id=$(cat "$T/img/id")
cd "$T" || exit 1
cat >daemon.py <<'PY'
import http.server, os, socketserver, sys
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def address_string(self): return "-"
    def log_message(self, *a): pass
    def say(self, status, body, kind="application/json"):
        self.send_response(status); self.send_header("Content-Type", kind); self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def do_GET(self):
        open("asked", "a").write(self.path + "\n")
        if self.path in ("/images/x:latest/get", "/images/x/get"): return self.say(200, open("img/docker-archive.tar", "rb").read(), "application/x-tar")
        self.say(404, b'{"message":"No such image"}')
    def do_POST(self):
        out = open("loaded.tar", "wb")
        if self.headers.get("Transfer-Encoding") == "chunked":
            while True:
                n = int(self.rfile.readline(), 16)
                out.write(self.rfile.read(n)); self.rfile.readline()
                if not n: break
        else: out.write(self.rfile.read(int(self.headers["Content-Length"])))
        out.close()
        open("asked", "a").write(self.path + "\n")
        if os.path.exists("full"): return self.say(200, b'{"errorDetail":{"message":"no space left"},"error":"no space left"}\n')
        self.say(200, b'{"stream":"Loaded image: x"}\n')
class S(socketserver.ThreadingMixIn, socketserver.UnixStreamServer): daemon_threads = True
s = S("sock", H); open("ready", "w").write("x"); s.serve_forever()
PY
python3 daemon.py &
daemon=$!
at_end "kill $daemon"
until_true 30 test -e ready
export DOCKER_HOST=unix://$T/sock
is "pull" "$(podctl pull -q docker-daemon:x:latest)" "$id"
is "it has docker's name" "$(podctl images --format '{{.Repository}}:{{.Tag}}')" docker.io/library/x:latest
is "and runs" "$(podctl run --rm --network none x echo hi)" hi
t_fails "what docker does not have" 125 'docker-daemon:y.*' podctl pull -q docker-daemon:y
t_fails "what is no name" 125 'not an image name' podctl pull -q 'docker-daemon:x?all=1'
t "push" podctl push -q x docker-daemon:team/y:v1
is "what docker got has the name and the layer" "$(tar xOf loaded.tar manifest.json | python3 -c 'import json,sys; m=json.load(sys.stdin)[0]; print(m["RepoTags"][0], len(m["Layers"]))')" "docker.io/team/y:v1 1"
is "and is the image" "$(podctl rmi -af >/dev/null; podctl load -q -i loaded.tar; podctl images -q --no-trunc)" "Loaded image: docker.io/team/y:v1
sha256:$id"
touch full
t_fails "docker cannot take it" 125 'no space left' podctl push -q team/y:v1 docker-daemon:z:1
is "nothing is left of it" "$(ls "$ROOT/layers" | grep -c '^tmp-')" 0
echo '{"default":[{"type":"insecureAcceptAnything"}],"transports":{"docker-daemon":{"":[{"type":"reject"}]}}}' >policy.json
t_fails "the policy counts" 125 'rejected by policy' podctl pull -q --signature-policy policy.json docker-daemon:x:latest
done_testing
