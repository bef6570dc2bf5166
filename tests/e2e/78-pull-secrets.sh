#!/bin/bash
# imagePullSecrets: a registry that wants a password is asked with what a Secret says.  Debian's docker-registry, loopback only.
. "$(dirname "$0")/lib.sh"
needs root busybox bridge docker-registry python3 curl
import_image
before=$(machine_state)
export HOME=$T/home XDG_CONFIG_HOME=$T/home/.config
mkdir -p "$T/home" "$T/data"
unset XDG_RUNTIME_DIR REGISTRY_AUTH_FILE DOCKER_CONFIG

python3 -W ignore -c 'import crypt; print("bob:" + crypt.crypt("pw", crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=1 << 5)).replace("$2b$", "$2y$"))' >"$T/htpasswd"
# Somebody may take a port between the look and the use: another one then.
serve() {
	local try
	for try in 1 2 3 4 5; do
		S=127.0.0.1:$((20000 + RANDOM % 20000))
		printf 'version: 0.1\nlog: {accesslog: {disabled: true}, level: error}\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "%s"}\nauth: {htpasswd: {realm: r, path: %s}}\n' \
			"$T/data" "$S" "$T/htpasswd" >"$T/config.yml"
		docker-registry serve "$T/config.yml" >"$T/log" 2>&1 &
		server=$!
		if until_true 20 curl -sf -u bob:pw "http://$S/v2/"; then return 0; fi
		kill $server 2>/dev/null
	done
	return 1
}
serve || { not_ok "docker-registry starts" "$(cat "$T/log")"; done_testing; }
at_end "kill $server"
t "an image is there" podctl push -q --tls-verify=false --creds bob:pw "$IMG" "docker://$S/team/app:v1"

config() { # USER PASSWORD
	printf '{"auths":{"%s":{"auth":"%s"}}}' "$S" "$(printf %s "$1:$2" | base64 -w0)"
}
secret() { # NAME TYPE KEY TEXT
	printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: %s}\ntype: kubernetes.io/%s\ndata: {%s: %s}\n---\n' "$1" "$2" "$3" "$(printf %s "$4" | base64 -w0)"
}
pod() { # NAME EXTRA
	printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec:\n%s  containers:\n  - {name: a, image: "%s/team/app:v1", command: [sleep, "1000"]}\n' "$1" "${2:-}" "$S"
}
play() { timeout 60 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube --tls-verify=false "$@"; }
gone() { # FILE: pod and image
	podctl play kube --down "$1" >/dev/null
	podctl rmi -f "$S/team/app:v1" >/dev/null 2>&1
	podctl image exists "$S/team/app:v1" && not_ok "the image is gone" "$(podctl images)"
}

pod none >"$T/none.yaml"
t_fails "without credentials it is not to be had" 125 'wants a user and password' play "$T/none.yaml"
{ secret reg dockerconfigjson .dockerconfigjson "$(config bob pw)"; pod one $'  imagePullSecrets: [{name: reg}]\n'; } >"$T/one.yaml"
t "a dockerconfigjson Secret of the same file" play "$T/one.yaml"
is "it runs" "$(podctl pod inspect --format '{{.State}}' one)" Running
gone "$T/one.yaml"
{ secret reg dockerconfigjson .dockerconfigjson "$(config bob wrong)"; pod bad $'  imagePullSecrets: [{name: reg}]\n'; } >"$T/bad.yaml"
t_fails "a wrong password is told" 125 "user 'bob' or the password is not accepted" play "$T/bad.yaml"
{ secret old dockercfg .dockercfg "{\"$S\":{\"username\":\"bob\",\"password\":\"pw\"}}"; pod two $'  imagePullSecrets: [{name: old}]\n'; } >"$T/two.yaml"
t "a dockercfg Secret" play "$T/two.yaml"
gone "$T/two.yaml"

secret stored dockerconfigjson .dockerconfigjson "$(config bob pw)" | play - >/dev/null
pod three $'  imagePullSecrets: [{name: missing}, {name: stored}]\n' >"$T/three.yaml"
out=$(play "$T/three.yaml" 2>&1)
is "a stored Secret, behind one that is not there" $? 0
like "which is told" "$out" 'three.yaml:5:.*imagePullSecrets\[0\].name: there is no Secret "missing"'
gone "$T/three.yaml"
{ printf 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: builder}\nimagePullSecrets: [{name: stored}]\n---\n'; pod four $'  serviceAccountName: builder\n'; } >"$T/four.yaml"
t "those of the pod's ServiceAccount" play "$T/four.yaml"
gone "$T/four.yaml"
{ secret other dockerconfigjson .dockerconfigjson "$(config bob wrong)"; pod five $'  imagePullSecrets: [{name: other}]\n'; } >"$T/five.yaml"
t "--creds goes before them" play --creds bob:pw "$T/five.yaml"
gone "$T/five.yaml"
{ secret broken dockerconfigjson .dockerconfigjson 'no json'; pod six $'  imagePullSecrets: [{name: broken}]\n'; } >"$T/six.yaml"
t_fails "a Secret that is no such document" 125 'six.yaml:[0-9]+:.*imagePullSecrets\[0\].name: .dockerconfigjson of the Secret "broken" is not a JSON object' play "$T/six.yaml"
is "no password is kept with a pod" "$(grep -rlE 'bob:pw|Ym9iOnB3' "$ROOT/pods" "$RUNROOT/pods" 2>/dev/null)" ""
until_true 20 eval '[ "$(machine_state | grep -v "host mounts")" = "$(grep -v "host mounts" <<<"$before")" ]'
is "nothing is left" "$(machine_state | grep -v "host mounts")" "$(grep -v "host mounts" <<<"$before")"
done_testing
