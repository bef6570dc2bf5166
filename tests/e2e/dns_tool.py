#!/usr/bin/env python3
"""A name server for tests, and one that asks.

dns_tool.py serve ADDRESS READY MODE...   answers at ADDRESS:53, over UDP and TCP, until killed; touches READY when it listens
    MODE: silent (reads, says nothing), refuse (REFUSED), spoof (wrong answers come before the right one), long (a long UDP
    answer is cut short)
    NAME.test has the address 192.0.2.1; edns.test has 192.0.2.N with N = 1 when the question came with EDNS, else 0
dns_tool.py ask SERVER NAME [TYPE [tcp] [edns] [from=IP] [wait=S]]   prints the code, and addresses and names found
dns_tool.py mangle SERVER N               N packets that are no questions, or strange ones
dns_tool.py hold ADDRESS READY            has ADDRESS:53, and does nothing with it
"""
import os, random, select, socket, struct, sys, threading, time

TYPES = {"A": 1, "SOA": 6, "PTR": 12, "TXT": 16, "AAAA": 28, "ANY": 255}
CODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"]


def name_bytes(name):
    return b"".join(bytes([len(l)]) + l.encode() for l in name.split(".") if l) + b"\0"


def name_at(p, at):
    out, jumped = [], None
    while p[at]:
        if p[at] >= 0xC0:
            jumped, at = jumped or at + 2, (p[at] & 0x3F) << 8 | p[at + 1]
            continue
        out.append(p[at + 1 : at + 1 + p[at]].decode("latin-1"))
        at += 1 + p[at]
    return ".".join(out), jumped or at + 1


def answer(q, modes, tcp):
    name, end = name_at(q, 12)
    end += 4
    code, ips, flags = 0, [], 0x8180
    has_edns = struct.unpack(">H", q[10:12])[0] > 0
    if "refuse" in modes:
        code = 5
    elif name.lower() == "edns.test":
        ips = ["192.0.2.%d" % has_edns]
    elif name.lower() == "many.test":
        ips = ["192.0.2.%d" % i for i in range(1, 101)]
    elif name.lower().endswith(".test"):
        ips = ["192.0.2.1"]
    else:
        code = 3
    if "long" in modes and not tcp and len(ips) > 20:
        ips, flags = [], flags | 0x200
    rr = b"".join(b"\xc0\x0c\0\1\0\1\0\0\0\x05\0\4" + socket.inet_aton(i) for i in ips)
    return q[:2] + struct.pack(">HHHHH", flags | code, 1, len(ips), 0, 0) + q[12:end] + rr


def read_exactly(s, n):
    b = b""
    while len(b) < n:
        got = s.recv(n - len(b))
        if not got:
            raise OSError("closed")
        b += got
    return b


def serve_tcp(t, modes):
    while True:
        c, _ = t.accept()
        try:
            while True:
                q = read_exactly(c, struct.unpack(">H", read_exactly(c, 2))[0])
                a = answer(q, modes, True)
                c.sendall(struct.pack(">H", len(a)) + a)
        except OSError:
            c.close()


def sockets(address):
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    t = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    u.bind((address, 53))
    t.bind((address, 53))
    t.listen(16)
    return u, t


def serve(address, ready, *modes):
    u, t = sockets(address)
    threading.Thread(target=serve_tcp, args=(t, modes), daemon=True).start()
    open(ready, "w").close()
    while True:
        q, who = u.recvfrom(65535)
        if "silent" in modes:
            continue
        a = answer(q, modes, False)
        if "spoof" in modes:
            bad = a[:-4] + socket.inet_aton("192.0.2.66") if len(a) > 16 else a
            u.sendto(bytes([bad[0] ^ 1]) + bad[1:], who)  # another id
            u.sendto(bad[:13] + bytes([bad[13] ^ 2]) + bad[14:], who)  # another name
            u.sendto(bad[:2] + b"\1" + bad[3:], who)  # no answer
            u.sendto(bad[:5], who)
            other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            other.sendto(bad, who)  # another sender
        u.sendto(a, who)


def question(name, type_, edns):
    q = struct.pack(">HHHHHH", random.randrange(65536), 0x100, 1, 0, 0, 1 if edns else 0)
    q += name_bytes(name) + struct.pack(">HH", TYPES[type_], 1)
    return q + (b"\0\0\x29\x10\0\0\0\0\0\0\0" if edns else b"")


def ask(server, name, type_="A", *how):
    wait = max([float(h[5:]) for h in how if h.startswith("wait=")] or [20])
    tcp = "tcp" in how
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
    for h in how:
        if h.startswith("from="):
            s.bind((h[5:], 0))
    s.settimeout(wait)
    q = question(name, type_, "edns" in how)
    try:
        s.connect((server, 53))
        s.sendall(struct.pack(">H", len(q)) + q if tcp else q)
        p = read_exactly(s, struct.unpack(">H", read_exactly(s, 2))[0]) if tcp else s.recv(65535)
    except OSError as e:
        print("NOTHING", "" if isinstance(e, socket.timeout) else e.strerror)
        return
    assert p[:2] == q[:2], "another id"
    flags, _, n, _, extra = struct.unpack(">HHHHH", p[2:12])
    out, (_, at) = [CODES[flags & 15]] + (["cut"] if flags & 0x200 else []) + (["edns"] if extra else []), name_at(p, 12)
    at += 4
    for _ in range(n):
        _, at = name_at(p, at)
        t, _, _, size = struct.unpack(">HHIH", p[at : at + 10])
        at += 10
        out.append(socket.inet_ntoa(p[at : at + 4]) if t == 1 else name_at(p, at)[0] if t == 12 else "type%d" % t)
        at += size
    print(*out)


def mangle(server, count):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    r = random.Random(53)
    good = question("app.dns.podctl", "A", True)
    for i in range(int(count)):
        p = bytearray(good)
        kind = i % 5
        if kind == 0:
            p = p[: r.randrange(len(p))]
        elif kind == 1:
            for _ in range(4):
                p[r.randrange(len(p))] = r.randrange(256)
        elif kind == 2:
            p = p[:12] + bytes([0xC0, 12]) * 20
        elif kind == 3:
            p = bytearray(r.randrange(256) for _ in range(r.randrange(600)))
        else:
            p = p[:12] + bytes([63]) + b"x" * 63 + p[13:] * 20
        try:
            s.sendto(bytes(p), (server, 53))
        except OSError:
            pass
    conns = []
    for i in range(60):  # connections that say half of something
        c = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        c.settimeout(5)
        try:
            c.connect((server, 53))
            c.sendall([b"\0", b"\xff\xff" + b"x" * 5000, b"\0\5abcde", b"\0\0\0\0"][i % 4])
        except OSError:
            pass
        conns.append(c)


def hold(address, ready):
    keep = sockets(address)
    open(ready, "w").close()
    time.sleep(3600)


if __name__ == "__main__":
    {"serve": serve, "ask": ask, "mangle": mangle, "hold": hold}[sys.argv[1]](*sys.argv[2:])
