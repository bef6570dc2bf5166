#!/bin/bash
# Which registry, who we are there, and what may come in: registries.conf, short names, policy.json, login and logout,
# credential helpers, search.  Loopback only.
. "$(dirname "$0")/lib.sh"
needs root busybox python3 jq

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
import os, pty, select, signal, sys, time
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
else: # it still waits for something
    os.kill(pid, signal.SIGKILL)
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

# --- all tags
is "pull --all-tags" "$(podctl pull -q --all-tags "$R/plain/x" | sort -u)" "$id"
is "names each" "$(name | sort)" "$(printf '%s\n' "$R"/plain/x:{latest,other,v1,v2})"
t_fails "a tag and --all-tags" 125 "tag can't be used with --all-tags" podctl pull -a "$R/plain/x:v1"
gone

# --- login and logout
insecure >"$conf"
pass=secret:x
mode_of() { stat -c %a "$1"; }
is "login with a password on stdin" "$(echo "$pass" | podctl login -u alice --password-stdin "$R" 2>&1)" "Login Succeeded!"
is "the file is nobody else's" "$(mode_of "$auth") $(mode_of "$XDG_RUNTIME_DIR/containers")" "600 700"
is "and has the usual form" "$(jq -r --arg r "$R" '.auths[$r].auth' "$auth" | base64 -d)" "alice:$pass"
is "login --get-login" "$(podctl login --get-login "$R")" alice
is "login again finds them good" "$(podctl login "$R" </dev/null)" "Existing credentials are valid. Already logged in to $R"
t "a pull uses them" podctl pull -q "$R/redirect/x:v1"
gone
t_fails "a wrong password" 125 "logging into \"$R\": invalid username/password" podctl login -u alice -p wrong "$R"
is "changes nothing" "$(podctl login --get-login "$R")" alice
t_fails "--password-stdin needs a user" 125 'Must provide --username with --password-stdin' podctl login --password-stdin "$R"
t_fails "both ways to say a password" 125 "Can't specify both" podctl login -u a -p b --password-stdin "$R"
t_fails "no terminal, no password" 125 'no terminal to ask' podctl login -u bob "$R"
t_fails "not a registry" 125 'neither a registry .* nor a namespace' podctl login 'a b'
t "a scheme before the name is taken away" podctl login -u alice -p "$pass" "http://$R/"
is "logout" "$(podctl logout "$R")" "Removed login credentials for $R"
t_fails "is final" 125 "not logged into $R" podctl logout "$R"
t_fails "also for --get-login" 125 "not logged into $R" podctl login --get-login "$R"
is "on a terminal both are asked for" "$(terminal "Username: =alice&Password: =$pass" "${P[@]}" login "$R" | tr -d '\r' | tail -1)" "Login Succeeded!"
terminal "Username=&Password=$pass" "${P[@]}" login -u alice "$R" >"$T/said"
is "the password is not shown" "$(grep -c "$pass" "$T/said")" 0
t "a namespace" podctl login -u alice -p "$pass" "$R/redirect"
is "has its own entry" "$(jq -r '.auths | keys[]' "$auth" | sort | tr '\n' ' ')" "$R $R/redirect "
is "logout --all" "$(podctl logout --all)" "Removed login credentials for all registries"
is "leaves none" "$(jq -c .auths "$auth")" "{}"
t_fails "logout --all takes no names" 125 'takes no arguments' podctl logout --all x
echo '{"auths":{},"unknown":{"key":1}}' >"$T/own.json"
t "--authfile" podctl login --authfile "$T/own.json" -u alice -p "$pass" "$R"
is "keeps what it does not know" "$(jq -c .unknown "$T/own.json")" '{"key":1}'
t "REGISTRY_AUTH_FILE" env REGISTRY_AUTH_FILE="$T/own.json" "${P[@]}" login --get-login "$R"
t "--authfile that is not there yet" podctl login --authfile "$T/new/dir/a.json" -u alice -p "$pass" "$R"
t "--compat-auth-file" podctl login --compat-auth-file "$T/docker.json" -u alice -p "$pass" "$R"
t_fails "knows no namespaces" 125 "docker's file knows hosts only" podctl login --compat-auth-file "$T/docker.json" -u alice -p "$pass" "$R/redirect"
mkdir -p "$HOME/.docker"
cp "$T/docker.json" "$HOME/.docker/config.json"
like "docker's credentials are docker's" "$(podctl logout "$R")" 'Please use docker logout instead'
rm -r "$HOME/.docker"
t_fails "unauthorized says what to do" 125 "unauthorized: .*podctl login $R" podctl pull "$R/redirect/x:v1"

# --- credential helpers
mkdir -p "$T/bin"
cat >"$T/bin/docker-credential-box" <<'BOX'
#!/bin/sh
# keeps one file per server in $BOX
IFS= read -r in || :
[ -z "$(tr '\0' ' ' </proc/$$/cmdline | grep secret)" ] || exit 9
f=$BOX/$(printf %s "$in" | tr / _)
case $1 in
get) [ -e "$f" ] && cat "$f" || { echo "credentials not found in native keychain"; exit 1; } ;;
store) s=$(printf %s "$in" | sed 's/.*"ServerURL": *"\([^"]*\)".*/\1/' | tr / _); printf %s "$in" >"$BOX/$s" ;;
erase) [ -e "$f" ] && rm "$f" || { echo "credentials not found in native keychain"; exit 1; } ;;
list) printf '{'; c=; for f in "$BOX"/*; do [ -e "$f" ] && printf '%s"%s":"u"' "$c" "${f##*/}" && c=,; done; printf '}' ;;
esac
BOX
printf '#!/bin/sh\necho "the keychain is locked"; exit 1\n' >"$T/bin/docker-credential-locked"
chmod +x "$T/bin"/*
export PATH=$T/bin:$PATH BOX=$T/box
mkdir "$BOX"
echo '{"credsStore":"box"}' >"$auth"
t "login into a credsStore" podctl login -u alice -p "$pass" "$R"
is "writes no secret into the file" "$(cat "$auth") $(ls "$BOX")" "{\"credsStore\":\"box\"} $R"
is "which --get-login asks" "$(podctl login --get-login "$R")" alice
t "and a pull" podctl pull -q "$R/redirect/x:v1"
gone
is "logout erases there" "$(podctl logout "$R") $(ls "$BOX")" "Removed login credentials for $R "
printf '{"credHelpers":{"%s":"box"},"auths":{"%s":{"auth":"%s"}}}' "$R" "$R" "$(printf bob:old | base64)" >"$auth"
printf '{"ServerURL":"%s","Username":"alice","Secret":"%s"}' "$R" "$pass" >"$BOX/$R"
t "credHelpers go before the file's entry" podctl pull -q "$R/redirect/x:v1"
gone
rm "$BOX/$R"
is "nothing in the helper: the entry" "$(podctl login --get-login "$R")" bob
sed -i 's/"box"/"locked"/' "$auth"
t_fails "a helper that fails says why" 125 "credential helper 'docker-credential-locked' get failed: the keychain is locked" podctl pull "$R/redirect/x:v1"
sed -i 's/"locked"/"nowhere"/' "$auth"
t_fails "a helper that is not there is named" 125 "'docker-credential-nowhere' is configured, and not in PATH" podctl pull "$R/redirect/x:v1"
rm "$auth"
printf '{"ServerURL":"%s","Username":"alice","Secret":"%s"}' "$R" "$pass" >"$BOX/$R"
{ printf 'credential-helpers = ["containers-auth.json", "box"]\n'; insecure; } >"$conf"
t "credential-helpers of registries.conf" podctl pull -q "$R/redirect/x:v1"
gone
insecure >"$conf"

# --- search
is "search by catalogue, through its pages" "$(podctl search "$R/x" --format '{{.Name}}')" "$R/plain/x
$R/team/xylophone"
is "with columns" "$(podctl search "$R/plain" | head -1 | tr -s ' ')" "NAME DESCRIPTION"
is "search where there is one" "$(podctl search "$Q/x" --format '{{.Index}} {{.Name}} {{.Stars}} {{.Official}}|{{.Automated}}')" "$Q $Q/x 7 [OK]|
$Q $Q/team/x 1 |[OK]"
is "descriptions are cut, and harmless" "$(podctl search "$Q/x" --format '{{.Description}}' | head -1)" " [31mred long long long long long long long ..."
like "--no-trunc" "$(podctl search --no-trunc "$Q/x" --format '{{.Description}}' | head -1)" '(long ){20}'
is "--filter stars" "$(podctl search -f stars=2 "$Q/x" --format '{{.Name}}')" "$Q/x"
is "--filter is-official=false" "$(podctl search -f is-official=false "$Q/x" --format '{{.Name}}')" "$Q/team/x"
is "--limit" "$(podctl search --limit 1 "$R/x" --format '{{.Name}}')" "$R/plain/x"
is "--format json" "$(podctl search --format json "$Q/team" | jq -r '.[1].Name')" "$Q/team/x"
t_fails "an unknown filter" 125 'invalid filter "size=2"' podctl search -f size=2 "$R/x"
is "--list-tags" "$(podctl search --list-tags "$R/plain/x" | tr -s ' ')" "NAME TAG
$(for tag in latest other v1 v2; do echo "$R/plain/x $tag"; done)"
is "--list-tags as JSON" "$(podctl search --list-tags --limit 3 --format json "$R/plain/x" | jq -c '.[0].Tags')" '["latest","other","v1"]'
{ printf 'unqualified-search-registries = ["%s", "127.0.0.1:1"]\n' "$R"; insecure; } >"$conf"
like "one registry of several may fail" "$(podctl search x 2>&1)" "127.0.0.1:1.*"
is "and the others are shown" "$(podctl search plain --format '{{.Name}}' 2>/dev/null)" "$R/plain/x"
done_testing
