#!/usr/bin/env python3
"""hostile.py OUTDIR: writes crafted archives and two lists for 20-images.sh.

layers.list  FILE <TAB> ok|REGEX   tars for podctl import
images.list  FILE <TAB> ok|REGEX   image archives (or oci directories) for podctl load
"""
import gzip
import hashlib
import io
import json
import os
import platform
import sys
import tarfile

OUT = sys.argv[1]
ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
layers, images = [], []


def entry(name, kind=tarfile.REGTYPE, data=b"", **attr):
    t = tarfile.TarInfo(name)
    t.type = kind
    t.size = len(data)
    t.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
    for key, value in attr.items():
        setattr(t, key, value)
    return t, data


def tar(entries, fmt=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=fmt, encoding="utf-8", errors="surrogateescape") as t:
        for info, data in entries:
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def layer(name, want, entries, fmt=tarfile.PAX_FORMAT, raw=None):
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(raw if raw is not None else tar(entries, fmt))
    layers.append((name, want))


D, L, H, C, F = tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE

# --- layers that must be refused
layer("dotdot", "outside of the layer", [entry("../evil", data=b"x")])
layer("dotdot-inside", "outside of the layer", [entry("a/b/../../../evil", data=b"x")])
layer("dotdot-dir", "outside of the layer", [entry("..", D)])
layer("link-absolute", "symbolic link", [entry("l", L, linkname="/tmp"), entry("l/podctl-evil", data=b"x")])
layer("link-relative", "symbolic link", [entry("l", L, linkname="../../../../tmp"), entry("l/podctl-evil", data=b"x")])
layer("link-chain", "symbolic link", [entry("d", D), entry("d/l", L, linkname=".."), entry("d/l/l2/x", data=b"x")])
layer("hardlink-out", "out of the layer", [entry("h", H, linkname="../../etc/passwd")])
layer("hardlink-absolute", "not in this layer", [entry("h", H, linkname="/etc/passwd")])
layer("hardlink-through-link", "not in this layer", [entry("l", L, linkname="/etc"), entry("h", H, linkname="l/passwd")])
layer("hardlink-dir", "hard link to a directory", [entry("d", D), entry("h", H, linkname="d")])
layer("file-as-parent", "not a directory", [entry("a", data=b"x"), entry("a/b", data=b"x")])
layer("root-is-link", "must be a directory", [entry(".", L, linkname="/etc")])
layer("whiteout-dotdot", "usable name", [entry(".wh...")])
layer("whiteout-dot", "usable name", [entry(".wh..")])
layer("whiteout-empty", "usable name", [entry("d/.wh.")])
layer("whiteout-children", "usable name", [entry(".wh.d/x", data=b"x")])
layer("name-too-long", "longer than", [entry("/".join(["n" * 200] * 25), data=b"x")])
layer("component-too-long", "longer than", [entry("n" * 300, data=b"x")])
layer("too-deep", "levels deep", [entry("/".join(["d"] * 600), data=b"x")])
layer("uid-minus-one", "not a user and group id", [entry("f", data=b"x", uid=2**32 - 1)])
layer("garbage", "not a tar archive", [], raw=bytes((i * 7 + i // 256) % 251 for i in range(20000)))
layer("empty", "empty", [], raw=b"")
big, _ = entry("big")
big.size = 1 << 50
layer("huge", "past the limit", [], raw=big.tobuf(tarfile.GNU_FORMAT) + b"x" * 512)
big.size = 1 << 20
layer("truncated", "[Tt]runcated", [], raw=big.tobuf() + b"x" * 4096)
whole = gzip.compress(tar([entry("f", data=os.urandom(200000))]))
layer("truncated.gz", "[Tt]runcated", [], raw=whole[: len(whole) // 2])
broken = bytearray(gzip.compress(tar([entry("f", data=b"hello" * 10000)]), mtime=0))
broken[len(broken) // 2] ^= 0xFF
layer("broken.gz", ".", [], raw=bytes(broken))

# --- layers that are fine, whatever they look like
layer("absolute", "ok", [entry("/etc/abs", data=b"x")])
layer("dotdot-harmless", "ok", [entry("a/b/../c", data=b"x")])
layer("replace", "ok", [
    entry("x", data=b"old"), entry("x", data=b"new"),
    entry("d", D), entry("d/old", data=b"x"), entry("d", data=b"now a file"),
    entry("s", L, linkname="/etc"), entry("s", D), entry("s/in", data=b"x"),
    entry("t", L, linkname="/etc/passwd"), entry("t", data=b"not followed"),
])
layer("hardlink-to-link", "ok", [entry("l", L, linkname="/etc/passwd"), entry("h", H, linkname="l"), entry("h", data=b"x")])
layer("hardlink-self", "ok", [entry("f", data=b"kept"), entry("f", H, linkname="f")])
layer("long-name", "ok", [entry("/".join(["n" * 99] * 40), data=b"x")])
layer("fifo", "ok", [entry("p", F), entry("c", tarfile.CONTTYPE, data=b"contiguous")])
layer("no-trailer", "ok", [], raw=entry("f", data=b"")[0].tobuf())
layer("latin1-name", "ok", [entry("caf\udce9", data=b"x")], fmt=tarfile.GNU_FORMAT)
layer("attributes", "ok", [
    entry("suid", data=b"x", mode=0o4755, uid=12, gid=34, mtime=1234567890.123456789),
    entry("highid", data=b"x", uid=30000, gid=40000),
    entry("overlay", data=b"x", pax_headers={"SCHILY.xattr.user.overlay.redirect": "/etc", "SCHILY.xattr.user.mine": "1"}),
    entry("sticky", D, mode=0o1777),
])
layer("whiteouts", "ok", [
    entry("gone/.wh.file"),
    entry("opaque", D), entry("opaque/.wh..wh..opq"), entry("opaque/new", data=b"x"),
    entry(".wh.again"), entry("again", D), entry("again/x", data=b"x"),
    entry("first", D), entry("first/x", data=b"x"), entry(".wh.first"),
    entry(".wh.implicit"), entry("implicit/x", data=b"x"),
    entry("kept", data=b"x"), entry(".wh.kept"),
    entry(".wh..wh.plnk/1.2", data=b"x"), entry(".wh..wh.aufs", data=b"x"),
])
layer("device", "ok", [entry("dev/null", C, devmajor=1, devminor=3, mode=0o666), entry("f", data=b"x")])

# in no list: the answer depends on where we run
layer("high-uid", None, [entry("f", data=b"x", uid=3000000000, gid=3000000000)])
layers.pop()

# --- images
# every image has a layer of its own: one that is there already is not read again
ROOT = tar([entry("etc/hostile", data=b"refused")])
FINE = [tar([entry("etc/fine", data=bytes([48 + i]))]) for i in range(2)]


def sha(b):
    return hashlib.sha256(b).hexdigest()


def config(diffs, **more):
    doc = {"architecture": ARCH, "os": "linux", "config": {"Cmd": ["sh"]},
           "rootfs": {"type": "layers", "diff_ids": ["sha256:" + d for d in diffs]}}
    doc.update(more)
    return json.dumps(doc).encode()


def archive(name, want, members):
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(tar([m if isinstance(m, tuple) and isinstance(m[0], tarfile.TarInfo) else entry(m[0], data=m[1]) for m in members]))
    images.append((name, want))


def manifest(conf, parts, tags=("localhost/hostile:latest",)):
    return json.dumps([{"Config": conf, "RepoTags": list(tags), "Layers": parts}]).encode()


good = config([sha(ROOT)])
named = sha(good) + ".json"
archive("i-no-manifest", "neither manifest.json", [("x", b"y")])
archive("i-manifest-not-json", "manifest.json", [("manifest.json", b"{[")])
archive("i-manifest-not-list", "list of images", [("manifest.json", b"{}")])
archive("i-manifest-empty", "lists no image", [("manifest.json", b"[]")])
archive("i-manifest-10000", "at most", [("manifest.json", json.dumps([{"Config": "c", "Layers": []}] * 10000).encode())])
archive("i-manifest-huge", "larger than the limit", [("manifest.json", b"[" + b" " * (5 << 20) + b"]")])
archive("i-layers-wrong-shape", "Layers", [("manifest.json", b'[{"Config":"c.json","Layers":"l.tar"}]')])
archive("i-layers-numbers", "Layers", [("manifest.json", b'[{"Config":"c.json","Layers":[1,2]}]')])
archive("i-config-missing", "no member 'c.json'", [("manifest.json", manifest("c.json", ["l.tar"]))])
archive("i-config-not-json", "config", [("manifest.json", manifest("c.json", ["l.tar"])), ("c.json", b"\xff\xfe"), ("l.tar", ROOT)])
archive("i-config-list", "config", [("manifest.json", manifest("c.json", ["l.tar"])), ("c.json", b"[1]"), ("l.tar", ROOT)])
archive("i-config-digest", "digest", [("manifest.json", manifest("0" * 64 + ".json", ["l.tar"])), ("0" * 64 + ".json", good), ("l.tar", ROOT)])
archive("i-config-duplicate-keys", "duplicate", [("manifest.json", manifest("c.json", ["l.tar"])), ("c.json", b'{"os":"linux","os":"linux"}')])
archive("i-layer-missing", "no member 'l.tar'", [("manifest.json", manifest(named, ["l.tar"])), (named, good)])
archive("i-diff-wrong", "diff id", [("manifest.json", manifest(named, ["l.tar"])), (named, good), ("l.tar", tar([entry("other", data=b"x")]))])
archive("i-count-wrong", "lists 1 layers, the manifest 2", [("manifest.json", manifest(named, ["l.tar", "l.tar"])), (named, good), ("l.tar", ROOT)])
archive("i-diff-malformed", "diff_ids", [("manifest.json", manifest("c.json", ["l.tar"])), ("c.json", config(["../../etc"])), ("l.tar", ROOT)])
archive("i-windows", "windows", [("manifest.json", manifest("c.json", ["l.tar"])), ("c.json", config([sha(ROOT)], os="windows")), ("l.tar", ROOT)])
many = config([sha(ROOT)] * 200)
archive("i-200-layers", "200 layers", [("manifest.json", manifest("c.json", ["l.tar"] * 200)), ("c.json", many), ("l.tar", ROOT)])
archive("i-tag-bad", "not an image name", [("manifest.json", manifest(named, ["l.tar"], ["UPPER CASE"])), (named, good), ("l.tar", ROOT)])
archive("i-member-dotdot", "leads out", [("../manifest.json", b"[]")])
archive("i-link-loop", "leads nowhere", [("manifest.json", manifest("c.json", ["l.tar"])), entry("c.json", L, linkname="d.json"), entry("d.json", L, linkname="c.json")])
archive("i-link-outside", "leads nowhere|no member", [("manifest.json", manifest("c.json", ["l.tar"])), entry("c.json", L, linkname="../../../../etc/passwd")])
archive("i-legacy", "2016", [("repositories", b"{}")])
evil = tar([entry("ok", data=b"x"), entry("../evil", data=b"x")])
econf = config([sha(evil)])
archive("i-layer-evil", "outside of the layer", [("manifest.json", manifest("c.json", ["l.tar"])), ("c.json", econf), ("l.tar", evil)])
gz, finegz = gzip.compress(ROOT), gzip.compress(FINE[0])
archive("i-order-links-gz", "ok", [("one/layer.tar", finegz), entry("two/layer.tar", L, linkname="../one/layer.tar"), ("c.json", config([sha(FINE[0])] * 2)),
                                   ("manifest.json", manifest("c.json", ["one/layer.tar", "two/layer.tar"], ["localhost/odd:1"]))])


def oci(name, want, files, index=None):
    top = os.path.join(OUT, name)
    os.makedirs(os.path.join(top, "blobs/sha256"))
    for digest, data in files:
        with open(os.path.join(top, "blobs/sha256", digest), "wb") as f:
            f.write(data)
    with open(os.path.join(top, "index.json"), "wb") as f:
        f.write(index)
    images.append((name, want))
    return top


def desc(b, kind, digest=None, **more):
    d = {"mediaType": kind, "digest": "sha256:" + (digest or sha(b)), "size": len(b)}
    d.update(more)
    return d


MAN, CONF, LAY = ("application/vnd.oci.image." + x for x in ("manifest.v1+json", "config.v1+json", "layer.v1.tar+gzip"))


def index(*descs):
    return json.dumps({"schemaVersion": 2, "manifests": list(descs)}).encode()


def man(conf, blobs, **more):
    doc = {"schemaVersion": 2, "mediaType": MAN, "config": desc(conf, CONF), "layers": [desc(b, LAY) for b in blobs]}
    doc.update(more)
    return json.dumps(doc).encode()


m = man(good, [gz])
named = {"annotations": {"org.opencontainers.image.ref.name": "localhost/ocihostile:1"}}
parts = [(sha(m), m), (sha(good), good), (sha(gz), gz)]
oci("o-manifest-digest", "has digest", [(sha(m), m + b" "), (sha(good), good), (sha(gz), gz)], index(desc(m, MAN, **named)))
oci("o-blob-digest", "digest is", [(sha(m), m), (sha(good), good), (sha(gz), gzip.compress(ROOT, 1) + b"")], index(desc(m, MAN, **named)))
oci("o-blob-missing", "No such file", parts[:2], index(desc(m, MAN, **named)))
both = man(good, [gz], manifests=[])
oci("o-both", "both", [(sha(both), both)], index(desc(both, MAN)))
old = json.dumps({"schemaVersion": 1, "fsLayers": []}).encode()
oci("o-schema1", "schema 1", [(sha(old), old)], index(desc(old, MAN)))
art = json.dumps({"schemaVersion": 2, "config": {"mediaType": "application/vnd.example+json", "digest": "sha256:" + sha(good), "size": len(good)}, "layers": []}).encode()
oci("o-artifact", "artifact", [(sha(art), art), (sha(good), good)], index(desc(art, MAN)))
other = index(desc(m, MAN, platform={"os": "linux", "architecture": "vax"}))
oci("o-no-platform", "linux/vax", parts + [(sha(other), other)], index(desc(other, "application/vnd.oci.image.index.v1+json")))
top = oci("o-symlink-blob", "symbolic|Too many levels|open '", parts[:2], index(desc(m, MAN, **named)))
os.symlink("/etc/passwd", os.path.join(top, "blobs/sha256", sha(gz)))
fgz, fconf = gzip.compress(FINE[1]), config([sha(FINE[1])])
fm = man(fconf, [fgz])
nested = index(desc(b"", MAN, digest="0" * 64, platform={"os": "unknown", "architecture": "unknown"}),
               desc(fm, MAN, platform={"os": "linux", "architecture": ARCH}))
oci("o-nested", "ok", [(sha(fm), fm), (sha(fconf), fconf), (sha(fgz), fgz), (sha(nested), nested)], index(desc(nested, "application/vnd.oci.image.index.v1+json", **named)))

for name, rows in (("layers.list", layers), ("images.list", images)):
    with open(os.path.join(OUT, name), "w") as f:
        f.writelines(f"{a}\t{b}\n" for a, b in rows)
