#!/usr/bin/env python3
"""registry.py DIR LOG: a registry of bad manners on two free ports of 127.0.0.1, which it prints.

Serves DIR/blobs/sha256/* and DIR/tags/TAG (a digest each) below any repository; the repository's first word says how:
plain, lie (wrong bytes), drop (half of a layer, then the connection ends; ranges work), norange (the same, ranges are
ignored), redirect (blobs are on the other port, user and password wanted here), away (to http of nobody), html, big
(10 GB announced), bigmanifest, endless (more than announced, without a length), token (Bearer), busy (503 first), hang
(half a layer, then silence), short (declares less), wrongrange.
/v2/ wants alice and her password; the second port has /v1/search, both a catalogue and tags in pages.  LOG gets a line per request: port, path, Range, authorization scheme.
"""
import base64, hashlib, json, os, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

top, log = sys.argv[1], open(sys.argv[2], "a", buffering=1)
seen, ports = {}, []
USER = "Basic " + base64.b64encode(b"alice:secret:x").decode()
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *a):
        pass

    def answer(self, code, body=b"", **headers):
        self.send_response(code)
        headers.setdefault("Content_Length", str(len(body)))
        for k, v in headers.items():
            self.send_header(k.replace("_", "-"), v)
        self.end_headers()
        self.wfile.write(body)

    def error(self, code, name, **headers):
        self.answer(code, json.dumps({"errors": [{"code": name, "message": name.lower() + "\u001b[2J"}]}).encode(), **headers)

    def first(self, what):
        n = seen[what] = seen.get(what, 0) + 1
        return n == 1

    def do_GET(self):
        auth, rng = self.headers.get("Authorization", ""), self.headers.get("Range", "")
        log.write("%d %s range=%s auth=%s\n" % (ports.index(self.server.server_port), self.path, rng, auth.split(" ")[0]))
        if self.path.startswith("/token?"):
            ok = auth == USER and "scope=repository%3Atoken%2Fx%3Apull" in self.path and "service=unit" in self.path
            return self.answer(200 if ok else 401, json.dumps({"token": "t0k3n"}).encode() if ok else b"{}")
        if self.path.startswith("/raw/"):
            return self.answer(200, open(top + "/blobs/sha256/" + self.path[5:], "rb").read())
        if self.path == "/v2/":
            return self.answer(200, b"{}") if auth == USER else self.error(401, "UNAUTHORIZED", WWW_Authenticate='Basic realm="here"')
        if self.path.startswith("/v1/search?") and ports.index(self.server.server_port) == 1:
            hits = [dict(name="x", description="\u001b[31mred " + "long " * 20, star_count=7, is_official=True, is_automated=False), dict(name="team/x", description="", star_count=1, is_official=False, is_automated=True)]
            return self.answer(200, json.dumps(dict(results=hits)).encode(), Content_Type="application/json")
        if self.path.startswith("/v2/_catalog"):
            more = "last=a" in self.path
            return self.answer(200, json.dumps(dict(repositories=["team/xylophone", "other/y"] if more else ["plain/x"])).encode(), **({} if more else dict(Link='</v2/_catalog?last=a&n=1000>; rel="next"')))
        parts = self.path.split("/")  # "", v2, MODE, x, manifests|blobs, REF
        if len(parts) != 6:
            return self.error(404, "NAME_UNKNOWN")
        mode, kind, ref = parts[2], parts[4], parts[5]
        if mode == "token" and auth != "Bearer t0k3n":
            return self.error(401, "UNAUTHORIZED", WWW_Authenticate='Bearer realm="http://127.0.0.1:%d/token",service="unit",scope="repository:other:push"' % self.server.server_port)
        if mode == "redirect" and auth != USER:
            return self.error(401, "UNAUTHORIZED", WWW_Authenticate='Basic realm="here"')
        if mode == "busy" and self.first(self.path):
            return self.error(503, "TOOMANYREQUESTS", Retry_After="1")
        if kind == "tags":
            tags, at = sorted(os.listdir(top + "/tags")), int(ref.split("at=")[1].split("&")[0]) if "at=" in ref else 0
            link = dict(Link='</v2/%s/x/tags/list?at=%d&n=2>; rel="next"' % (mode, at + 2)) if at + 2 < len(tags) else {}
            return self.answer(200, json.dumps(dict(name=mode + "/x", tags=tags[at : at + 2])).encode(), **link)
        return self.manifest(mode, ref) if kind == "manifests" else self.blob(mode, ref, rng)

    def manifest(self, mode, ref):
        if mode == "html":
            return self.answer(200, b"<html>please log in</html>", Content_Type="text/html; charset=utf-8")
        try:
            digest = ref if ref.startswith("sha256:") else open(top + "/tags/" + ref).read().strip()
            body = open(top + "/blobs/sha256/" + digest[7:], "rb").read()
        except OSError:
            return self.error(404, "MANIFEST_UNKNOWN")
        try:
            doc = json.loads(body)
        except ValueError:
            doc = {}
        kind = doc.get("mediaType") or (INDEX if "manifests" in doc else MANIFEST)
        if mode == "bigmanifest":
            return self.stream(b"[" + b" " * (1 << 20), 10 << 30)
        if mode == "liemanifest":
            return self.answer(200, body + b" ", Content_Type=kind, Docker_Content_Digest=digest)
        self.answer(200, body, Content_Type=kind, Docker_Content_Digest=digest)

    def stream(self, body, length):
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            self.wfile.write(body)
            self.wfile.flush()
        except OSError:
            pass
        self.close_connection = True

    def blob(self, mode, digest, rng):
        try:
            body = open(top + "/blobs/sha256/" + digest[7:], "rb").read()
        except OSError:
            return self.error(404, "BLOB_UNKNOWN")
        big = len(body) > 100000
        if mode == "redirect":
            return self.answer(307, Location="http://127.0.0.1:%d/raw/%s" % (ports[1], digest[7:]))
        if mode == "away":
            return self.answer(307, Location="file:///etc/passwd")
        if big and mode == "lie":
            return self.answer(200, body[:-1] + bytes([body[-1] ^ 1]))
        if big and mode == "big":
            return self.stream(body, 10 << 30)
        if big and mode == "endless":
            return self.stream(body + b"x" * (1 << 20), None)
        if big and mode in ("drop", "norange", "wrongrange") and self.first(self.path):
            return self.stream(body[: len(body) // 2], len(body))
        if big and mode == "hang":
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            time.sleep(60)
            return
        if rng and mode != "norange":
            start = int(rng[6:].split("-")[0])
            if mode == "wrongrange":
                start -= 1
            part = body[start:]
            return self.answer(206, part, Content_Range="bytes %d-%d/%d" % (start, len(body) - 1, len(body)))
        self.answer(200, body)


servers = [ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2)]
ports += [s.server_port for s in servers]
for s in servers:
    threading.Thread(target=s.serve_forever, daemon=True).start()
print(*ports, flush=True)
time.sleep(3600)
