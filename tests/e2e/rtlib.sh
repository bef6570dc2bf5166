# rtlib.sh: what the files that test podctl-runtime by its own command line share, after lib.sh.
# $B is the bundle, $B/base.json the template `spec` wrote, $ID the container, $T/state the state directory.
[ -x "$RT" ] || skip_all "$RT is not built"
B=$T/bundle
ID=rt-$$
R() { "$RT" --root "$T/state" "$@"; }
# for containers that stay: their stdio must not be the pipe a test is read through
Rq() { R "$@" </dev/null >/dev/null 2>&1; }
at_end 'for i in $(R list -q); do R delete --force "$i"; done'

rt_bundle() { # a root file system with busybox, and the template
	make_rootfs "$B/rootfs"
	"$RT" spec -b "$B" && mv "$B/config.json" "$B/base.json"
}
# cfg PYTHON: writes config.json from the template.  c is the document, p its process, l its linux; the container's cgroup
# is /podctl-$ID.  $CFG may hold further definitions.
CFG=
cfg() {
	python3 - "$B" "$CFG
$1" "/podctl-$ID" <<-'P'
		import json, os, sys
		B = sys.argv[1]
		c = json.load(open(B + "/base.json"))
		p, l = c["process"], c["linux"]
		p["terminal"] = False
		l["cgroupsPath"] = sys.argv[3]
		def sh(text): p["args"] = ["/bin/sh", "-c", text]
		def nons(*kinds): l["namespaces"] = [n for n in l["namespaces"] if n["type"] not in kinds]
		def ns(kind, path=None):
		    nons(kind)
		    l["namespaces"].append({"type": kind, **({"path": path} if path else {})})
		def maps(*ranges): return [dict(zip(("containerID", "hostID", "size"), r)) for r in ranges]
		def mnt(dest, type, source, *options):
		    c["mounts"].append({"destination": dest, "type": type, "source": source, "options": list(options)})
		def without(dest): c["mounts"] = [m for m in c["mounts"] if not m["destination"].startswith(dest)]
		def res(**k): l.setdefault("resources", {}).update(k)
		exec(sys.argv[2])
		json.dump(c, open(B + "/config.json", "w"))
	P
}
run() { timeout 60 "$RT" --root "$T/state" run -b "$B" "$ID" </dev/null; }
# prints TEXT PYTHON WANT: what `run` of that configuration prints
prints() { cfg "$2"; is "$1" "$(run 2>&1)" "$3"; }
refuses() { cfg "$2"; t_fails "$1" 1 "$3" run; } # TEXT PYTHON PATTERN
status() { R state "$ID" 2>/dev/null | sed -n 's/.*"status": "\([a-z]*\)".*/\1/p'; }
# where a file of the container's cgroup is: CONTROLLER FILE
cgroup_file() {
	if is_cgroup2; then echo "/sys/fs/cgroup/podctl-$ID/$2"; else echo "/sys/fs/cgroup/$1/podctl-$ID/$2"; fi
}
left() { # what the container still holds of the machine: cgroups, state, processes
	echo "$(find /sys/fs/cgroup -maxdepth 3 -name "podctl-$ID" | wc -l) $(ls "$T/state" 2>/dev/null | grep -c "^$ID\$") $(pgrep -fc -- "$T/[s]tate.* $ID\$")"
}
