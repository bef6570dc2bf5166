#!/bin/bash
# Layers as others unpack them: trees of every kind of file, packed by GNU tar, bsdtar and python's tarfile in each of their formats
# and compressions, must be the same after podctl as after GNU tar.  Then one real service image, from registry to port.
. "$(dirname "$0")/lib.sh"
needs root busybox python3 tar

# --- a tree with everything
tree=$T/tree
python3 - "$tree" <<'PY'
import os, random, socket, sys
t = sys.argv[1]
random.seed(7)
os.makedirs(t)
w = lambda p, data: (os.makedirs(os.path.dirname(os.path.join(t, p)) or t, exist_ok=True), open(os.path.join(t, p), "wb").write(data))
w("plain", b"hello\n"); w("empty", b"")
for i in range(60): w("many/%02d/%d" % (i % 7, i), random.randbytes(random.randrange(70000)))
with open(t + "/sparse", "wb") as f:
    for at in (0, 1 << 20, 30 << 20): f.seek(at); f.write(b"x" * 5000)
    f.truncate(40 << 20)
deep = "/".join("d%02d" % i + "x" * 90 for i in range(30))
w(deep + "/" + "f" * 200, b"deep")
w("names/\u00e4\u00f6 \u4e2d\u6587", b"utf8"); w("names/with\nnewline", b"n"); w("names/ -dash", b"d")
for i in range(3): os.link(t + "/plain", t + "/hard%d" % i)
os.symlink("plain", t + "/link"); os.symlink("/nowhere/" + "l" * 300, t + "/longlink"); os.symlink("many", t + "/dirlink")
os.mkfifo(t + "/fifo"); os.mknod(t + "/null", 0o20666, os.makedev(1, 3)); os.mknod(t + "/loop", 0o60660, os.makedev(7, 0))
for p, m in (("plain", 0o4755), ("empty", 0o600), ("many/00", 0o2775), ("many/01", 0o1777), ("many/02", 0o555)): os.chmod(os.path.join(t, p), m)
os.chown(t + "/empty", 3000000, 4000000); os.chmod(t + "/empty", 0o640); os.lchown(t + "/link", 70000, 70000)
for i, (dp, dn, fn) in enumerate(list(os.walk(t, topdown=False))):
    for n in fn + dn:
        ns = random.randrange(10 ** 18, 2 * 10 ** 18)
        os.utime(os.path.join(dp, n), ns=(ns, ns), follow_symlinks=False)
os.utime(t + "/plain", ns=(5, 5)); os.utime(t + "/empty", ns=(-10 ** 9, -10 ** 9))
try:
    os.setxattr(t + "/sparse", "user.note", b"with\0zero"); os.setxattr(t + "/many/03", "user.dir", b"1")
    os.setxattr(t + "/many/03/3", "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))
except OSError as e:
    print("no extended attributes here:", e, file=sys.stderr)
PY
cat >"$T/list.py" <<'PY'
import hashlib, os, stat, sys
top, ns, xattrs = sys.argv[1], sys.argv[2] == "ns", sys.argv[3] == "x"
first = {}
for dp, dn, fn in os.walk(top):
    dn.sort()
    for n in sorted(dn + fn):
        p = os.path.join(dp, n); s = os.lstat(p); rel = os.path.relpath(p, top)
        what = ""
        if stat.S_ISREG(s.st_mode): what = hashlib.sha256(open(p, "rb").read()).hexdigest()[:16] + " %d" % s.st_size
        if stat.S_ISLNK(s.st_mode): what = os.readlink(p)
        if stat.S_ISCHR(s.st_mode) or stat.S_ISBLK(s.st_mode): what = str(s.st_rdev)
        hard = first.setdefault(s.st_ino, rel) if not stat.S_ISDIR(s.st_mode) else ""
        x = sorted((k, os.getxattr(p, k, follow_symlinks=False).hex()) for k in os.listxattr(p, follow_symlinks=False)) if xattrs and not stat.S_ISLNK(s.st_mode) else ""
        print(repr(rel), oct(s.st_mode), s.st_uid, s.st_gid, s.st_mtime_ns if ns else s.st_mtime_ns // 10 ** 9, what, hard, x)
PY
# by GNU tar; what libarchive wrote by itself, for GNU tar loses the times of directories that come before others
extract() {
	if [ "${BY:-}" = bsdtar ]; then bsdtar -C "$T/gnu" --numeric-owner -xpf "$1"
	else tar -C "$T/gnu" -xpf "$1" --delay-directory-restore --numeric-owner --same-owner --xattrs --xattrs-include='*'; fi
}
compare() { # TEXT ARCHIVE ns|s x|-: podctl's tree of it and GNU tar's
	local id top
	rm -rf "$T/gnu" && mkdir "$T/gnu"
	extract "$2" 2>"$T/why" || { skip "$1" "GNU tar does not take it: $(head -1 "$T/why")"; return; }
	id=$(podctl import -q "$2" localhost/cmp:v1 2>"$T/why") || { not_ok "$1" "$(cat "$T/why")"; return; }
	top=$(ls -d "$ROOT"/layers/????????????????????????????????????????????????????????????????)
	python3 "$T/list.py" "$T/gnu" "$3" "$4" >"$T/want"
	python3 "$T/list.py" "$top" "$3" "$4" >"$T/got"
	if cmp -s "$T/want" "$T/got"; then ok "$1 ($(wc -l <"$T/got") entries)"; else not_ok "$1" "$(diff "$T/want" "$T/got" | head -6)"; fi
	podctl rmi -f localhost/cmp:v1 >/dev/null 2>&1
}
pack() { tar -C "$tree" --numeric-owner --sort=name -cf "$T/a.tar" "$@" . 2>/dev/null; }
pack --format=posix --xattrs --xattrs-include='*' && compare "GNU tar, pax with extended attributes" "$T/a.tar" ns x
pack --format=posix --sparse && compare "GNU tar, pax 1.0 sparse" "$T/a.tar" ns -
pack --format=posix --sparse --sparse-version=0.0 && compare "GNU tar, pax 0.0 sparse" "$T/a.tar" ns -
pack --format=posix --sparse --sparse-version=0.1 && compare "GNU tar, pax 0.1 sparse" "$T/a.tar" ns -
pack --format=gnu --sparse && compare "GNU tar, its own format, sparse" "$T/a.tar" s -
pack --format=gnu --incremental >/dev/null 2>&1 || :
pack --format=ustar --exclude='d00*' --exclude=longlink --exclude=empty && compare "GNU tar, ustar" "$T/a.tar" s -
pack --format=v7 --exclude='d00*' --exclude=longlink --exclude=empty --exclude=fifo --exclude=null --exclude=loop && compare "GNU tar, v7" "$T/a.tar" s -
pack --format=posix && for z in gzip bzip2 xz zstd; do
	has $z || { skip "$z" "$z is not installed"; continue; }
	$z -q -c "$T/a.tar" >"$T/a.z" && compare "the same through $z" "$T/a.z" ns -
done
{ gzip -c <(head -c 100000 "$T/a.tar"); gzip -c <(tail -c +100001 "$T/a.tar"); } >"$T/a.z" && compare "gzip of two members" "$T/a.z" ns -
{ cat "$T/a.tar"; head -c 65536 /dev/zero; } >"$T/b.tar" && compare "more zero blocks behind the end" "$T/b.tar" ns -
python3 -c 'import sys, tarfile
t = tarfile.open(sys.argv[2], "w", format=tarfile.PAX_FORMAT); t.add(sys.argv[1], "."); t.close()' "$tree" "$T/a.tar" && compare "python's tarfile, pax" "$T/a.tar" s -
python3 -c 'import sys, tarfile
t = tarfile.open(sys.argv[2], "w", format=tarfile.GNU_FORMAT); t.add(sys.argv[1], "."); t.close()' "$tree" "$T/a.tar" && compare "python's tarfile, GNU" "$T/a.tar" s -
if has bsdtar; then
	for f in pax gnutar ustar; do bsdtar -C "$tree" --format $f -cf "$T/a.tar" $([ $f = ustar ] && echo --exclude=d00* --exclude=longlink --exclude=empty) . 2>/dev/null && BY=bsdtar compare "bsdtar, $f" "$T/a.tar" s -; done
else
	skip "bsdtar" "libarchive-tools is not installed"
fi
# --- archives of chance: names up to 4 kB, entries that come twice, links to what was there, odd modes, owners and times
cat >"$T/chance.py" <<'PY'
import io, random, sys, tarfile
r = random.Random(int(sys.argv[2]))
t = tarfile.open(sys.argv[1], "w", format=r.choice([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]))
files, dirs, other = [], [""], []
def name():
    n = "".join(r.choice(["a", "B", "7", "-", "_", "é", " ", "%", ".", "x"]) for _ in range(r.choice([1, 3, 12, 60]))).strip(". ") or "n"
    return ("" if n.startswith(".wh.") else r.choice(dirs)) + n
for i in range(r.randrange(10, 60)):
    kind = r.choice("ffffddlhpF")
    e = tarfile.TarInfo(name())
    if kind == "f" and files and r.random() < 0.2: e.name = r.choice(files)
    if (e.name in files and kind != "f") or e.name + "/" in dirs or e.name in other: continue
    e.mode, e.mtime = r.choice([0o644, 0o755, 0o4711, 0o600, 0o1777, 0o2750, 0]), r.choice([0, 1, 1700000000, 2**33 + 5, 1234567890])
    e.uid, e.gid = r.choice([0, 1, 1000, 70000, 2**21 + 3, 4000000000]), r.choice([0, 5, 65534, 3000000])
    if kind in "fF":
        data = r.randbytes(r.choice([0, 1, 511, 512, 513, 10000, 200000]))
        e.size = len(data); t.addfile(e, io.BytesIO(data)); files.append(e.name); continue
    if kind == "d": e.type, e.mode = tarfile.DIRTYPE, e.mode | 0o700; dirs.append(e.name + "/")
    elif kind == "l": e.type, e.linkname = tarfile.SYMTYPE, r.choice(["a", "/etc/passwd", "../../..", "x" * 200]); other.append(e.name)
    elif kind == "p": e.type = tarfile.FIFOTYPE; other.append(e.name)
    elif kind == "h":
        if not files: continue
        e.type, e.linkname = tarfile.LNKTYPE, r.choice(files); other.append(e.name)
    t.addfile(e)
deep = "/".join("d%02d%s" % (i, "y" * 90) for i in range(r.choice([1, 5, 40])))
e = tarfile.TarInfo(deep + "/end"); e.size = 3; t.addfile(e, io.BytesIO(b"end"))
parts = deep.split("/")
for i in range(len(parts)): # directories that were made on the way; without an entry their time is the unpacker's clock
    e = tarfile.TarInfo("/".join(parts[:i + 1])); e.type, e.mode, e.mtime = tarfile.DIRTYPE, 0o755, 1234567890 + i; t.addfile(e)
t.close()
PY
for seed in 1 2 3 4 5 6 7 8 9 10; do
	python3 "$T/chance.py" "$T/a.tar" "$seed" && compare "an archive of chance, seed $seed" "$T/a.tar" s -
done

# --- zstd:chunked: a seek table in a frame of its own, and no zeros at the tar's end; the diff id is that of the whole tar
if has zstd; then
	bash "$E2E/mkimage.sh" "$T/img" localhost/chunked:v1 >/dev/null
	python3 - "$T/img/oci" <<'PY'
import hashlib, json, os, subprocess, sys, gzip, struct
d = sys.argv[1]; b = d + "/blobs/sha256/"
def put(data):
    h = hashlib.sha256(data).hexdigest(); open(b + h, "wb").write(data); return {"digest": "sha256:" + h, "size": len(data)}
index = json.load(open(d + "/index.json")); m = json.load(open(b + index["manifests"][0]["digest"][7:]))
tar = open(b + m["layers"][0]["digest"][7:], "rb").read()
tar = gzip.decompress(tar) if tar[:2] == b"\x1f\x8b" else tar
tar = tar.rstrip(b"\0"); tar += b"\0" * (-len(tar) % 512)
half = len(tar) // 1024 * 512
z = lambda x: subprocess.run(["zstd", "-q", "-c"], input=x, capture_output=True, check=True).stdout
data = z(tar[:half]) + z(tar[half:]); toc = z(b'{"version":1,"entries":[]}')
data += struct.pack("<II", 0x184D2A50, len(toc)) + toc + struct.pack("<II", 0x184D2A50, 40) + bytes(32) + b"GNUlInUx"
m["layers"][0].update(put(data), mediaType="application/vnd.oci.image.layer.v1.tar+zstd", annotations={"io.containers.zstd-chunked.manifest-position": "1:2:3:1"})
index["manifests"][0].update(put(json.dumps(m).encode())); json.dump(index, open(d + "/index.json", "w"))
PY
	t "zstd:chunked is read" podctl pull -q "oci:$T/img/oci"
	podctl save -q --format docker-archive -o "$T/whole.tar" "$(cat "$T/img/id")"
	is "and the tar goes out whole" "$(tar -xOf "$T/whole.tar" --wildcards '*.tar' | sha256sum)" "$(sha256sum <"$T/img/rootfs.tar")"
	podctl rmi -af >/dev/null
	printf 'x' >>"$T/img/oci/blobs/sha256/$(python3 -c 'import json, sys; d = sys.argv[1]; m = json.load(open(d + "/blobs/sha256/" + json.load(open(d + "/index.json"))["manifests"][0]["digest"][7:])); print(m["layers"][0]["digest"][7:])' "$T/img/oci")"
	t_fails "one that is not what it was" 125 'digest|bytes|frame' podctl pull -q "oci:$T/img/oci"
fi
# a large layer is deleted after the answer
left() { ls "$ROOT/layers" | grep -vcE '^(lock|claims)$'; }
none_left() { [ "$(left)" = 0 ]; }
until_true 10 none_left
is "nothing is left" "$(left)" 0

# --- a bomb: 1 TB of zeros behind 1 MB of gzip headers would not end; ours ends at what is free
python3 -c 'import sys
n = 1 << 45
h = bytearray(512); h[:4] = b"bomb"; h[100:107] = b"0000644"; h[108:115] = h[116:123] = b"0000000"
h[124:136] = b"\x80" + (0).to_bytes(3, "big") + n.to_bytes(8, "big"); h[136:147] = b"00000000000"; h[156] = 48; h[257:265] = b"ustar  \0"; h[148:156] = b" " * 8
h[148:156] = b"%06o\0 " % sum(h); sys.stdout.buffer.write(bytes(h))' | gzip >"$T/bomb.gz"
t_fails "a file of 32 TB is past the limit" 125 'past the limit' podctl import -q "$T/bomb.gz" localhost/bomb

# --- a service image
service() {
	local cache=${PODCTL_TEST_CACHE:-/var/tmp/podctl-tests}/service-bookworm.tar port=$((20000 + RANDOM % 20000)) S
	has mmdebstrap && has docker-registry && has skopeo && has curl || { skip "a service image" "mmdebstrap, docker-registry, skopeo or curl is missing"; return; }
	if [ ! -s "$cache" ]; then
		mkdir -p "${cache%/*}"
		timeout 500 mmdebstrap -q --variant=minbase --include=nginx-light,redis-server bookworm "${cache%.tar}.$$.tar" >"$T/debstrap" 2>&1 &&
			mv "${cache%.tar}.$$.tar" "$cache" || { rm -rf "${cache%.tar}.$$.tar"; skip "a service image" "mmdebstrap: $(grep -v '^I:' "$T/debstrap" | tail -1)"; return; }
	fi
	t "import of a Debian with nginx and redis" podctl import -q -c 'CMD ["nginx","-g","daemon off;"]' -c 'EXPOSE 80' "$cache" localhost/service:v1
	printf 'version: 0.1\nlog: {accesslog: {disabled: true}, level: error}\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "127.0.0.1:%s"}\n' "$T/data" "$port" >"$T/config.yml"
	docker-registry serve "$T/config.yml" >"$T/log" 2>&1 &
	at_end "kill $!"
	S=127.0.0.1:$port
	until_true 10 curl -s "http://$S/v2/"
	t "pushed" podctl push -q --tls-verify=false localhost/service:v1 "$S/service:v1"
	podctl rmi -a -f >/dev/null
	t "pulled" podctl pull -q --tls-verify=false "$S/service:v1"
	printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: service}\nspec:\n  terminationGracePeriodSeconds: 1\n  containers:\n  - {name: web, image: "%s/service:v1", imagePullPolicy: Never, ports: [{containerPort: 80, hostPort: %d}]}\n  - {name: db, image: "%s/service:v1", imagePullPolicy: Never, command: [redis-server, --protected-mode, "no"], ports: [{containerPort: 6379, hostPort: %d}]}\n' "$S" $((port + 1)) "$S" $((port + 2)) >"$T/service.yaml"
	t "played" podctl play kube "$T/service.yaml"
	until_true 20 curl -sf "http://127.0.0.1:$((port + 1))/"
	like "nginx answers over its port" "$(curl -s "http://127.0.0.1:$((port + 1))/")" 'Welcome to nginx'
	is "redis answers over its port" "$(python3 -c 'import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10); s.sendall(b"PING\r\n"); print(s.recv(100).decode().strip())' $((port + 2)))" "+PONG"
	t "down" podctl kube down "$T/service.yaml"
}
service
done_testing
