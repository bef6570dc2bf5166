#!/usr/bin/env python3
"""Servers for probes: `grpc PORT` speaks grpc.health.v1 over HTTP/2 without TLS, by hand; `https PORT CERT` answers GET.

grpc: service "" and "up" serve, "down" does not, others are unknown.  The port is bound on 127.0.0.1.
https: /ok 200, /away 302 to another host, /here 302 to /ok, /bad 500; it prints each request's X-Probe header.
"""
import http.server, socket, ssl, struct, sys, threading


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def read(conn, n):
    data = b""
    while len(data) < n:
        more = conn.recv(n - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def answer(conn, stream, body):
    service = body[7:].decode() if len(body) > 7 else ""
    conn.sendall(frame(1, 4, stream, b"\x88" + literal(b"content-type", b"application/grpc")))
    if service in ("", "up", "down"):
        message = bytes([8, 2 if service == "down" else 1])
        conn.sendall(frame(0, 0, stream, b"\0" + struct.pack(">I", len(message)) + message))
        status = b"0"
    else:
        status = b"5"
    conn.sendall(frame(1, 5, stream, literal(b"grpc-status", status) + literal(b"grpc-message", b"unknown service")))


def serve(conn):
    try:
        read(conn, 24)
        conn.sendall(frame(4, 0, 0))
        body = b""
        while True:
            head = read(conn, 9)
            n, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
            stream, payload = int.from_bytes(head[5:], "big"), read(conn, n)
            if kind == 4 and not flags & 1:
                conn.sendall(frame(4, 1, 0))
            elif kind == 0:
                body += payload
                if flags & 1:
                    answer(conn, stream, body)
                    body = b""
    except (EOFError, OSError):
        conn.close()


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        code = {"/ok": 200, "/here": 302, "/away": 302}.get(self.path, 500)
        self.send_response(code)
        if code == 302:
            self.send_header("Location", "/ok" if self.path == "/here" else "https://elsewhere.invalid/")
        self.end_headers()
        print(self.path, self.headers.get("X-Probe"), self.headers.get("User-Agent"), flush=True)

    def log_message(self, *args):
        pass


if sys.argv[1] == "grpc":
    listener = socket.create_server(("127.0.0.1", int(sys.argv[2])))
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
else:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Page)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()
