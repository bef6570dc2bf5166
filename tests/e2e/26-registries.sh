#!/bin/bash
# Which registry, who we are there, and what may come in: registries.conf, short names, policy.json, login and logout,
# credential helpers, search.  Loopback only.
. "$(dirname "$0")/lib.sh"
needs root busybox python3

export HOME=$T/home XDG_CONFIG_HOME=$T/home/.config XDG_RUNTIME_DIR=$T/xdg
unset REGISTRY_AUTH_FILE DOCKER_CONFIG http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY
mkdir -p "$XDG_CONFIG_HOME/containers" "$XDG_RUNTIME_DIR"
conf=$XDG_CONFIG_HOME/containers/registries.conf
auth=$XDG_RUNTIME_DIR/containers/auth.json
bash "$E2E/mkimage.sh" "$T/img" x:latest >/dev/null || { not_ok "make an image"; done_testing; }
id=$(cat "$T/img/id")
fake=$T/fake
mkdir -p "$fake/tags" "$fake/blobs"
cp -r "$T/img/oci/blobs/sha256" "$fake/blobs/"
python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["manifests"][0]["digest"])' "$T/img/oci/index.json" | tee "$fake/tags/v1" "$fake/tags/v2" "$fake/tags/other" >"$fake/tags/latest"
: >"$T/log"
python3 "$E2E/registry.py" "$fake" "$T/log" >"$T/ports" 2>/dev/null &
at_end "kill $!"
until_true 10 test -s "$T/ports"
read -r port port2 <"$T/ports"
R=127.0.0.1:$port
Q=127.0.0.1:$port2
P=("$PODCTL_BIN" "${PODCTL_OPTS[@]}")
insecure() { printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "$R" "$Q"; }
gone() { podctl rmi -a -f >/dev/null 2>&1; }
name() { podctl images --format '{{.Repository}}:{{.Tag}}'; }

# --- registries.conf
{ insecure; printf '[[registry]]\nprefix = "*.example.org"\nlocation = "%s/plain"\ninsecure = true\n' "$R"; } >"$conf"
is "a prefix *. has every depth of subdomains" "$(podctl pull -q a.b.example.org/x:v1 2>&1)" "$id"
is "the name stays the one asked for" "$(name)" "a.b.example.org/x:v1"
gone
{ insecure; printf '[[registry]]\nprefix = "example.org"\nlocation = "%s/lie"\n[[registry]]\nprefix = "example.org/deep/er"\nlocation = "%s/plain"\ninsecure = true\n' "$R" "$R"; } >"$conf"
is "the longest prefix wins" "$(podctl pull -q example.org/deep/er/x:v1 2>&1)" "$id"
gone
{ printf '[[registry]]\nlocation = "example.org"\n'; printf '[[registry.mirror]]\nlocation = "%s/plain"\ninsecure = true\npull-from-mirror = "digest-only"\n' "$R"; printf '[[registry.mirror]]\nlocation = "%s/plain"\ninsecure = true\npull-from-mirror = "tag-only"\n' "$Q"; } >"$conf"
: >"$T/log"
is "a mirror for tags" "$(podctl pull -q example.org/x:v1 2>&1)" "$id"
is "is the one that was asked" "$(cut -d' ' -f1 "$T/log" | sort -u)" 1
gone
: >"$T/log"
is "a mirror for digests" "$(podctl pull -q "example.org/x@$(cat "$fake/tags/v1")" 2>&1)" "$id"
is "is the one that was asked then" "$(cut -d' ' -f1 "$T/log" | sort -u)" 0
gone
mkdir -p "$XDG_CONFIG_HOME/containers/registries.conf.d"
printf '[[registry]]\nlocation = "example.org"\nblocked = true\n' >"$XDG_CONFIG_HOME/containers/registries.conf.d/90-block.conf"
t_fails "a drop-in says the last word" 125 "registry of 'example.org/x:v1' is blocked" podctl pull example.org/x:v1
is "CONTAINERS_REGISTRIES_CONF stands alone" "$(CONTAINERS_REGISTRIES_CONF=$conf podctl pull -q example.org/x:v1 2>&1)" "$id"
gone
printf '[registries.search]\nregistries = ["%s"]\n' "$R" >"$XDG_CONFIG_HOME/containers/registries.conf.d/90-block.conf"
t_fails "a drop-in in the old form" 125 'must have version 2' podctl pull example.org/x:v1
rm "$XDG_CONFIG_HOME/containers/registries.conf.d/90-block.conf"
printf '[registries.insecure]\nregistries = ["%s"]\n[registries.search]\nregistries = ["%s/plain"]\n[registries.block]\nregistries = ["bad.example"]\n' "$R" "$R" >"$conf"
is "the old form of the main file is read" "$(podctl pull -q x:v1 2>/dev/null)" "$id"
like "with a warning" "$(podctl pull -q x:v1 2>&1 >/dev/null)" 'version 1 of its format.*deprecated'
gone
t_fails "and its block list" 125 'is blocked' podctl pull bad.example/x
printf '[registries.search]\nregistries = ["a"]\n[[registry]]\nlocation = "b"\n' >"$conf"
t_fails "both forms at once" 125 'registries.conf:[0-9:]+ versions 1 .* are mixed' podctl pull x
printf 'short-name-mode = "maybe"\n' >"$conf"
t_fails "a word that is none, with its place" 125 'registries.conf:1:[0-9]+: short-name-mode is' podctl pull x

# --- short names
cache=/var/cache/containers/short-name-aliases.conf
{ printf 'unqualified-search-registries = ["%s/html", "%s/plain"]\nshort-name-mode = "disabled"\n' "$R" "$R"; insecure; } >"$conf"
is "disabled: one search registry after the other" "$(podctl pull -q x:v1 2>&1)" "$id"
is "and the name says which had it" "$(name)" "$R/plain/x:v1"
gone
t_fails "when none has it, each is named" 125 '2 errors occurred while pulling' podctl pull x:nothing
sed -i 's/disabled/enforcing/' "$conf"
t_fails "enforcing without a terminal" 125 'short-name resolution enforced but cannot prompt without a TTY' podctl pull x:v1
sed -i '/^short-name-mode/d' "$conf"
is "permissive without a terminal tries all" "$(podctl pull -q x:v1 2>&1)" "$id"
gone
{ printf 'unqualified-search-registries = ["%s/plain"]\nshort-name-mode = "enforcing"\n[aliases]\n"short" = "%s/plain/x"\n' "$R" "$R"; insecure; } >"$conf"
is "enforcing with one registry uses it" "$(podctl pull -q x:v1 2>&1)" "$id"
gone
is "an alias, with the tag put on again" "$(podctl pull -q short:v2 2>&1)" "$id"
is "names the image in full" "$(name)" "$R/plain/x:v2"
like "and says so" "$(podctl pull short 2>&1 >/dev/null)" '^Resolved "short" as an alias'
t "run finds it by the short name" podctl run --rm --network none --pull never x:v2 true
gone
{ printf 'unqualified-search-registries = []\n'; insecure; } >"$conf"
t_fails "no search registries" 125 'short-name "x" did not resolve to an alias and no unqualified-search registries are defined in "'"$conf"'"' podctl pull x
cat >"$T/terminal.py" <<'PY'
import os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
out, end = b"", time.time() + 30
while time.time() < end:
    if select.select([fd], [], [], 0.2)[0]:
        try:
            data = os.read(fd, 4096)
        except OSError:
            break
        if not data:
            break
        out += data
        for ask, answer in (a.split("=", 1) for a in sys.argv[1].split("&")):
            if ask.encode() in out:
                os.write(fd, answer.encode() + b"\n")
                sys.argv[1] = "&".join(a for a in sys.argv[1].split("&") if not a.startswith(ask + "=")) or "\0=\0"
sys.stdout.write(out.decode(errors="replace"))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
terminal() { python3 "$T/terminal.py" "$@"; } # WAIT=ANSWER[&WAIT=ANSWER] COMMAND...
choose() { # the machine's record of choices is a tmpfs here
	unshare -m bash -c 'mkdir -p /var/cache/containers && mount -t tmpfs tmpfs /var/cache/containers && "$@"' - "$@"
}
{ printf 'unqualified-search-registries = ["%s/html", "%s/plain"]\nshort-name-mode = "enforcing"\n' "$R" "$R"; insecure; } >"$conf"
cat >"$T/choose" <<END
python3 $T/terminal.py '1-2 [1]=2' ${P[*]} pull -q x:v1; cat $cache; ${P[*]} rmi -af >/dev/null; ${P[*]} pull -q x:v2 </dev/null
END
choose bash "$T/choose" >"$T/said" 2>&1
like "on a terminal the person chooses" "$(cat "$T/said")" "2\) $R/plain/x:v1"
like "the choice is recorded" "$(cat "$T/said")" "^  \"x\" = \"$R/plain/x\""
is "and holds without a terminal" "$(tail -1 "$T/said")" "$id"
gone

# --- policy.json
policy() { printf '%s' "$1" >"$XDG_CONFIG_HOME/containers/policy.json"; }
{ printf 'unqualified-search-registries = ["%s/plain"]\n' "$R"; insecure; } >"$conf"
policy '{"default":[{"type":"reject"}],"transports":{"docker":{"'$R'/plain/x":[{"type":"insecureAcceptAnything"}]}}}'
is "an accepted repository" "$(podctl pull -q x:v1 2>&1)" "$id"
gone
: >"$T/log"
t_fails "a rejected one" 125 "Source image rejected: Running image docker://$R/drop/x:v1 is rejected by policy" podctl pull "$R/drop/x:v1"
is "is not even asked for" "$(cat "$T/log")" ""
policy '{"default":[{"type":"signedBy","keyType":"GPGKeys","keyPath":"/k"}]}'
t_fails "what needs signatures fails closed" 125 'wants signatures \(signedBy\)' podctl pull x:v1
policy '{"default":[{"type":"insecureAcceptAnything"}],"defaults":[]}'
t_fails "an unknown key rejects the file" 125 'policy.json: policy: unknown key "defaults"' podctl pull x:v1
policy '{"default":[{"type":"reject"}]}'
echo '{"default":[{"type":"insecureAcceptAnything"}]}' >"$T/policy.json"
is "--signature-policy" "$(podctl pull -q --signature-policy "$T/policy.json" x:v1 2>&1)" "$id"
gone
rm "$XDG_CONFIG_HOME/containers/policy.json"
done_testing
