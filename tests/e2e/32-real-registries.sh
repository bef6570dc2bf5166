#!/bin/bash
# Debian's docker-registry as people have it: plain, with TLS of its own authority and passwords, behind nginx, as a mirror that
# fetches for others; skopeo, podman, buildah and umoci say what they think of what was pushed; as root and as an ordinary user.
. "$(dirname "$0")/lib.sh"
needs busybox root docker-registry openssl python3 perl

export HOME=$T/home XDG_CONFIG_HOME=$T/home/.config
unset XDG_RUNTIME_DIR REGISTRY_AUTH_FILE DOCKER_CONFIG http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY
C=$XDG_CONFIG_HOME/containers
mkdir -p "$C"
bash "$E2E/mkimage.sh" "$T/img" localhost/x:latest >/dev/null || { not_ok "make an image"; done_testing; }
id=$(cat "$T/img/id")
cd "$T" || exit 1

# Two layers more than the base; one of them large enough to come in pieces.
podctl load -q -i img/docker-archive.tar >/dev/null
head -c 3000000 /dev/urandom >noise
podctl create --name made --network none localhost/x true >/dev/null
podctl cp noise made:/noise
podctl commit -q made localhost/app:1 >/dev/null
podctl rm made >/dev/null
app=$(podctl image inspect --format '{{.Id}}' localhost/app:1)

# ---- servers -------------------------------------------------------------------------------------------------------------
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
answers() { curl -sk -o /dev/null --max-time 5 "$1"; }
# serve NAME URL-SCHEME COMMAND...: sets PORT; the command's configuration is made by NAME_config, which knows $PORT.  Another
# may take the port between our look and our bind: then it is tried with another one.
serve() {
	local name=$1 scheme=$2 try pid
	shift 2
	for try in 1 2 3 4 5; do
		PORT=$(free_port)
		"${name}_config"
		"$@" >"$T/$name.log" 2>&1 &
		pid=$!
		at_end "kill $pid"
		if until_true 20 eval "answers $scheme://127.0.0.1:$PORT/v2/ || ! kill -0 $pid" && kill -0 $pid 2>/dev/null; then return 0; fi
	done
	not_ok "start $name" "$(tail -5 "$T/$name.log")"
	done_testing
}
registry_config() { # FILE DIRECTORY MORE
	printf 'version: 0.1\nlog: {accesslog: {disabled: true}, level: error}\nstorage: {filesystem: {rootdirectory: %s}, delete: {enabled: true}}\n%s\n' "$2" "$3" >"$1"
}
certificate() { # NAME: an authority of its own, and a server's certificate
	mkdir -p "$1"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=authority of $1" -keyout "$1/ca.key" -out "$1/ca.crt" 2>/dev/null
	openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" -keyout "$1/server.key" -out "$1/server.csr" 2>/dev/null
	printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >"$1/ext"
	openssl x509 -req -days 2 -in "$1/server.csr" -CA "$1/ca.crt" -CAkey "$1/ca.key" -CAcreateserial -extfile "$1/ext" -out "$1/server.crt" 2>/dev/null
}
plain_config() { registry_config plain.yml "$T/plain" "http: {addr: \"127.0.0.1:$PORT\"}"; }
serve plain http docker-registry serve plain.yml
plain=127.0.0.1:$PORT

certificate tls
perl -e 'print "tom:", crypt("secret", "\$2b\$05\$abcdefghijklmnopqrstuu"), "\n"' >htpasswd
tls_config() {
	registry_config tls.yml "$T/tlsdata" "http: {addr: \"127.0.0.1:$PORT\", tls: {certificate: $T/tls/server.crt, key: $T/tls/server.key}}
auth: {htpasswd: {realm: here, path: $T/htpasswd}}"
}
serve tls https docker-registry serve tls.yml
tls=localhost:$PORT

mirror_config() { registry_config mirror.yml "$T/mirrordata" "http: {addr: \"127.0.0.1:$PORT\"}
proxy: {remoteurl: \"http://$plain\"}"; }

# ---- plain ------------------------------------------------------------------------------------------------------------------
t "push to a plain registry" podctl push -q --tls-verify=false localhost/app:1 "$plain/team/app:1"
is "again: nothing is sent" "$(podctl push --tls-verify=false localhost/app:1 "$plain/team/app:1" 2>&1 | grep -c '^Copying blob.*already exists')" 2
is "another repository: layers are mounted" "$(podctl tag localhost/app:1 "$plain/team/app:1"; podctl push --tls-verify=false localhost/app:1 "$plain/other/app:1" 2>&1 | grep -cE 'mounted|already exists')" 2
podctl rmi "$plain/team/app:1" >/dev/null
t "zstd" podctl push -q --tls-verify=false --compression-format zstd --force-compression localhost/app:1 "$plain/team/app:zstd"
t "a digest file" podctl push -q --tls-verify=false --digestfile digest localhost/app:1 "$plain/team/app:2"
like "has the digest" "$(cat digest)" '^sha256:[0-9a-f]{64}$'
is "the registry calls it the same" "$(curl -s -o /dev/null -D - -H 'Accept: application/vnd.oci.image.manifest.v1+json' -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' "http://$plain/v2/team/app/manifests/2" | tr -d '\r' | awk 'tolower($1) == "docker-content-digest:" { print $2 }')" "$(cat digest)"
is "no upload was left half done" "$(find plain -path '*_uploads*' -type f | wc -l)" 0
podctl rmi localhost/app:1 >/dev/null
is "pull it again: the same image" "$(podctl pull -q --tls-verify=false "$plain/team/app:1")" "$app"
podctl rmi "$plain/team/app:1" >/dev/null
is "the zstd one too" "$(podctl pull -q --tls-verify=false "$plain/team/app:zstd")" "$app"
is "it runs" "$(podctl run --rm --network none "$plain/team/app:zstd" sh -c 'wc -c </noise')" 3000000
podctl tag "$plain/team/app:zstd" localhost/app:1
is "a pull by digest" "$(podctl pull -q --tls-verify=false "$plain/team/app@$(cat digest)")" "$app"
t_fails "TLS is insisted on where nobody said otherwise" 125 'does not speak TLS|--tls-verify=false' podctl pull -q "$plain/team/app:1"
is "search --list-tags" "$(podctl search --tls-verify=false --list-tags --format '{{.Tag}}' "$plain/team/app" | sort | tr '\n' ' ')" "1 2 zstd "

# ---- TLS and passwords --------------------------------------------------------------------------------------------------------
t_fails "an authority nobody knows" 125 'not trusted.*ca.crt' podctl push -q --creds tom:secret localhost/x "$tls/x:1"
mkdir -p "$C/certs.d/$tls"
cp tls/ca.crt "$C/certs.d/$tls/ca.crt"
t_fails "no password" 125 'podctl login|login is needed' podctl push -q --retry 0 localhost/x "$tls/x:1"
t_fails "a wrong one" 125 'unauthorized|login|may this user' podctl push -q --retry 0 --creds tom:wrong localhost/x "$tls/x:1"
t "push over TLS with credentials" podctl push -q --creds tom:secret localhost/x "$tls/x:1"
t_fails "login is verified" 125 'password|unauthorized' bash -c "echo wrong | '$PODCTL_BIN' ${PODCTL_OPTS[*]} login -u tom --password-stdin --authfile auth.json $tls"
t "login" bash -c "echo secret | '$PODCTL_BIN' ${PODCTL_OPTS[*]} login -u tom --password-stdin --authfile auth.json $tls"
is "--get-login" "$(podctl login --get-login --authfile auth.json "$tls")" tom
is "the file is nobody else's" "$(stat -c %a auth.json)" 600
t "push with what login wrote" podctl push -q --authfile auth.json localhost/app:1 "$tls/app:1"
podctl rmi -f localhost/app:1 >/dev/null
is "pull with it" "$(podctl pull -q --authfile auth.json "$tls/app:1")" "$app"
podctl tag "$tls/app:1" localhost/app:1
t_fails "pull without" 125 'podctl login' podctl pull -q "$tls/app:1"
t "--tls-verify=false finds TLS all the same" podctl pull -q --tls-verify=false --cert-dir "$T/none" --creds tom:secret "127.0.0.1:${tls#*:}/app:1"
t "logout" podctl logout --authfile auth.json "$tls"
t_fails "and then it is over" 125 'podctl login' podctl pull -q --authfile auth.json "$tls/app:1"
like "nothing of it is in the log" "$(grep -c secret tls.log)" '^0$'

# ---- behind nginx -----------------------------------------------------------------------------------------------------------------
if has nginx && [ -x "$(command -v nginx)" ]; then
	certificate web
	mkdir -p ng/tmp
	chmod 777 ng ng/tmp
	cp htpasswd ng/htpasswd # nginx knows apr1 and crypt(3)
	perl -e 'print "ann:", crypt("pass", "\$6\$saltsalt"), "\n"' >>ng/htpasswd
	web_config() {
		cat >ng/nginx.conf <<NG
daemon off; master_process off; pid $T/ng/pid; error_log $T/ng/error.log warn;
events { worker_connections 64; }
http {
	access_log $T/ng/access.log;
	client_body_temp_path $T/ng/tmp/b; proxy_temp_path $T/ng/tmp/p; fastcgi_temp_path $T/ng/tmp/f; uwsgi_temp_path $T/ng/tmp/u; scgi_temp_path $T/ng/tmp/s;
	server {
		listen 127.0.0.1:$PORT ssl;
		ssl_certificate $T/web/server.crt; ssl_certificate_key $T/web/server.key;
		client_max_body_size 0; chunked_transfer_encoding on;
		location /v2/ {
			auth_basic "behind"; auth_basic_user_file $T/ng/htpasswd;
			# some take no body whose size is not said before
			if (\$request_method = PATCH) { return 411; }
			# blobs are fetched from somewhere else, where our credentials have no business
			location ~ ^/v2/.*/blobs/sha256:[0-9a-f]+\$ {
				auth_basic "behind"; auth_basic_user_file $T/ng/htpasswd;
				if (\$request_method = GET) { return 307 https://localhost:$PORT/elsewhere\$request_uri; }
				proxy_pass http://$plain; proxy_set_header Host \$http_host; proxy_set_header X-Forwarded-Proto https; proxy_set_header Authorization "";
			}
			proxy_pass http://$plain; proxy_set_header Host \$http_host; proxy_set_header X-Forwarded-Proto https; proxy_set_header Authorization "";
		}
		location /elsewhere/ { if (\$http_authorization) { return 499; } proxy_pass http://$plain/; }
	}
}
NG
	}
	serve web https nginx -p "$T/ng" -e "$T/ng/error.log" -c "$T/ng/nginx.conf"
	web=127.0.0.1:$PORT
	mkdir -p "$C/certs.d/$web" "$C/certs.d/localhost:$PORT"
	cp web/ca.crt "$C/certs.d/$web/ca.crt"
	cp web/ca.crt "$C/certs.d/localhost:$PORT/ca.crt"
	head -c 500000 /dev/urandom >noise2
	podctl create --name made --network none localhost/x true >/dev/null
	podctl cp noise2 made:/noise2
	podctl commit -q made localhost/ng:1 >/dev/null
	podctl rm made >/dev/null
	ng=$(podctl image inspect --format '{{.Id}}' localhost/ng:1)
	t "push behind nginx, which takes no streams" podctl push -q --creds ann:pass localhost/ng:1 "$web/ng/x:1"
	like "it was asked for a stream first" "$(cat ng/access.log)" '"PATCH '
	is "no layer's file is left" "$(ls "$ROOT/layers" | grep -c '^tmp-')" 0
	podctl rmi localhost/ng:1 >/dev/null
	is "pull through redirects to another host" "$(podctl pull -q --creds ann:pass "$web/ng/x:1")" "$ng"
	is "which saw no credentials" "$(grep -c '" 499 ' ng/access.log)" 0
	t_fails "the wrong password there" 125 'unauthorized|login' podctl pull -q --creds ann:no "$web/ng/x:1"
else
	skip "behind nginx" "needs the program nginx"
fi

# ---- a mirror that fetches --------------------------------------------------------------------------------------------------------
serve mirror http docker-registry serve mirror.yml
mirror=127.0.0.1:$PORT
cat >mirrors.conf <<EOF2
[[registry]]
location = "$plain"
insecure = true
[[registry.mirror]]
location = "$mirror"
insecure = true
EOF2
podctl rmi -af >/dev/null
is "pull through it" "$(CONTAINERS_REGISTRIES_CONF=$T/mirrors.conf podctl pull -q "$plain/team/app:1")" "$app"
is "the image has the name that was asked for" "$(podctl images --format '{{.Repository}}:{{.Tag}}')" "$plain/team/app:1"
is "the mirror has it now" "$(find mirrordata -name data 2>/dev/null | wc -l | awk '{ print ($1 > 0) }')" 1

# ---- judges -------------------------------------------------------------------------------------------------------------------------
if has skopeo; then
	is "skopeo: the same config" "$(skopeo inspect --config --raw --tls-verify=false "docker://$plain/team/app:1" | sha256sum | cut -d' ' -f1)" "$app"
	mkdir -p "$T/sk"
	if skopeo copy -q --insecure-policy --src-tls-verify=false "docker://$plain/team/app:1" "oci:$T/sk/app:1" 2>sk.err; then
		t "skopeo copies every blob and finds every digest right" true
		is "what skopeo wrote comes in as the same image" "$(podctl rmi -af >/dev/null; podctl pull -q "oci:$T/sk/app:1")" "$app"
		skopeo copy -q --insecure-policy --dest-tls-verify=false "oci:$T/sk/app:1" "docker://$plain/by/skopeo:1" 2>sk.err
		is "what skopeo pushes" "$(podctl pull -q --tls-verify=false "$plain/by/skopeo:1")" "$app"
		if has umoci; then t "umoci unpacks it" umoci unpack --image "$T/sk/app:1" "$T/um"; is "to the same files" "$(sha256sum <"$T/um/rootfs/noise")" "$(sha256sum <noise)"
		else skip "umoci unpacks it" "needs the program umoci"; fi
	else
		skip "skopeo copies" "skopeo does not work here: $(tail -1 sk.err)"
	fi
else
	skip "skopeo" "needs the program skopeo"
fi
if has buildah; then
	B="buildah --root $T/b --runroot $T/br --storage-driver vfs"
	if $B pull -q --policy always --tls-verify=false "$plain/team/app:1" >b.out 2>b.err; then
		is "buildah pulls the same image" "$(cat b.out)" "$app"
		if $B push -q --tls-verify=false "$app" "docker://$plain/by/buildah:1" 2>b.err; then
			podctl pull -q --tls-verify=false "$plain/team/app:1" >/dev/null
			t "what buildah pushes comes in" podctl pull -q --tls-verify=false "$plain/by/buildah:1"
			is "with the same layers" "$(podctl image inspect --format '{{.RootFS.Layers}}' "$plain/by/buildah:1")" "$(podctl image inspect --format '{{.RootFS.Layers}}' "$app")"
		else skip "buildah pushes" "it does not here: $(tail -1 b.err)"; fi
	else
		skip "buildah pulls" "it does not work here: $(tail -1 b.err)"
	fi
else
	skip "buildah" "needs the program buildah"
fi

# ---- an ordinary user ------------------------------------------------------------------------------------------------------------------
user=pctl$$
if has useradd && has setpriv && has newuidmap && useradd -M -d "$T/uhome" "$user" 2>/dev/null; then
	mkdir -p uhome/.config/containers
	cp -r "$C/certs.d" uhome/.config/containers/
	chown -R "$user:$user" uhome
	as_user() { (cd "$T/uhome" && setpriv --reuid "$(id -u "$user")" --regid "$(id -g "$user")" --init-groups env HOME="$T/uhome" XDG_CONFIG_HOME="$T/uhome/.config" USER="$user" "$PODCTL_BIN" "$@"); }
	uid=$(id -u "$user")
	at_end "as_user system reset --force; rm -rf /tmp/podctl-run-$uid; until_true 20 userdel -f $user"
	if grep -q "^$user:" /etc/subuid && as_user info >u.out 2>&1; then
		is "a user pulls" "$(as_user pull -q --tls-verify=false "$plain/team/app:1")" "$app"
		t "logs in" as_user login -u tom -p secret "$tls"
		t "pushes with it, over TLS" as_user push -q "$plain/team/app:1" "$tls/user/app:1"
		as_user save -q -o "$T/uhome/app.tar" "$plain/team/app:1"
		as_user rmi -af >/dev/null
		t "loads what they saved" as_user load -q -i "$T/uhome/app.tar"
		is "the same image" "$(as_user images -q --no-trunc)" "sha256:$app"
		is "and it runs" "$(as_user run --rm --network none "$plain/team/app:1" sh -c 'wc -c </noise')" 3000000
		as_user rmi -af >/dev/null
		is "pulls what they pushed" "$(as_user pull -q "$tls/user/app:1")" "$app"
		podctl load -q -i img/docker-archive.tar >/dev/null
		t "image scp into the user's store" podctl image scp -q localhost/x "$user@localhost::"
		is "it is there" "$(as_user images -q --no-trunc localhost/x)" "sha256:$id"
		like "and from it, with another name" "$(podctl image scp "$user@localhost::localhost/x" root@localhost::localhost/fromuser:1)" 'Loaded image: localhost/fromuser:1'
		t_fails "an image they do not have" 125 'not found' podctl image scp "$user@localhost::nosuch" localhost::
		t_fails "a user cannot reach others" 125 'only root' as_user image scp localhost/x root@localhost::
		t "logs out" as_user logout "$tls"
		is "root takes the same from there" "$(podctl pull -q --creds tom:secret "$tls/user/app:1")" "$app"
	else
		skip "an ordinary user" "user namespaces do not work here: $(tail -1 u.out)"
	fi
else
	skip "an ordinary user" "needs useradd, setpriv and newuidmap"
fi
done_testing
