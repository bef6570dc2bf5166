# world.sh: objects of every kind for tests that treat them badly, and the look whether all is well again.  Sourced after lib.sh and
# import_image.  Containers k and k2, pods kq and kq2, the volume kvol, the secret ks, the images localhost/other, third and made;
# one.yaml and two.yaml are a workload with a ConfigMap, a Secret and a claim, before and after a change.
calm() { podctl ps -a >/dev/null 2>&1 && [ "$(machine_state)" = "$before" ]; }
settled() { # TEXT BAD: all rounds went well, and then the machine is as it was
	[ "$2" = 0 ] && until_true 20 calm
	is "$1" "$2 $(machine_state)" "0 $before"
}
nothing() { :; }
port=$((20000 + $$ % 10000))
tar -C "$T/rootfs/etc" -cf "$T/small.tar" passwd group
echo secret >"$T/secret"
play() { # REPLICAS GREETING
	cat <<-E2
		apiVersion: v1
		kind: ConfigMap
		metadata: {name: kc}
		data: {greeting: $2}
		---
		apiVersion: v1
		kind: Secret
		metadata: {name: kz}
		stringData: {s: $2}
		---
		apiVersion: v1
		kind: PersistentVolumeClaim
		metadata: {name: kv}
		spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
		---
		apiVersion: apps/v1
		kind: Deployment
		metadata: {name: kd}
		spec:
		  replicas: $1
		  selector: {matchLabels: {app: kd}}
		  template:
		    metadata: {labels: {app: kd}}
		    spec:
		      terminationGracePeriodSeconds: 0
		      containers:
		      - {name: a, image: $IMG, imagePullPolicy: Never, resources: {limits: {memory: 32Mi}}, command: [sleep, "1000"], env: [{name: G, valueFrom: {configMapKeyRef: {name: kc, key: greeting}}}], volumeMounts: [{name: v, mountPath: /v}, {name: z, mountPath: /z}]}
		      volumes: [{name: v, persistentVolumeClaim: {claimName: kv}}, {name: z, secret: {secretName: kz}}]
	E2
}
play 1 one >"$T/one.yaml"
play 2 two >"$T/two.yaml"

# No name is left after one removal of each, all lists can be read, and the names are of use again.
clean() {
	podctl ps -a && podctl pod ps && podctl images && podctl volume ls && podctl network ls && podctl secret ls || return 1
	podctl unmount -f -a && podctl image umount -a || return 1
	podctl rm -f -t 0 k k2 && podctl kube down --force "$T/two.yaml" && podctl pod rm -f -t 0 kq kq2 || return 1
	podctl volume rm -f kvol || return 1
	podctl secret rm ks >/dev/null 2>&1
	podctl rmi -f localhost/other localhost/made localhost/third >/dev/null 2>&1
	podctl network rm -f kn >/dev/null 2>&1
	! podctl ps -a --format '{{.Names}}' | grep . || return 1
	! podctl pod ps --format '{{.Name}}' | grep . || return 1
	! podctl volume ls -q | grep . || return 1
	! podctl secret ls -q | grep . || return 1
	podctl image prune -f || return 1 # what a killed command was unpacking
	[ "$(podctl images -a --format '{{.Repository}}')" = "${IMG%:*}" ] || { podctl images -a; return 1; }
	podctl run --rm --network none --name k $IMG true && rm -rf "$T/out.tar" && podctl system check
}
running() { podctl run -d --network none --name k $IMG sleep 100; }
stopped() { podctl create --network none --name k $IMG sleep 100; }
paused() { running && podctl pause k; }
mounted() { stopped && podctl mount k; }
changed() { running && podctl exec k sh -c 'mkdir /d; for i in 1 2 3 4 5; do echo $i >/d/$i; done'; }
empty_pod() { podctl pod create --network none --name kq; }
ready_pod() { empty_pod && podctl create --pod kq --name k $IMG sleep 100; }
running_pod() { empty_pod && podctl run -d --pod kq --name k $IMG sleep 100; }
paused_pod() { running_pod && podctl pod pause kq; }
volume() { podctl volume create kvol; }
full_volume() { volume && podctl run --rm --network none -v kvol:/v $IMG sh -c 'echo x >/v/x'; }
secret() { podctl secret create ks "$T/secret"; }
other() { podctl import -q "$T/small.tar" localhost/other; }
other_twice() { other && podctl tag localhost/other localhost/third; }
mounted_image() { other && podctl image mount localhost/other; }
one_played() { podctl play kube "$T/one.yaml"; }
two_played() { podctl play kube "$T/two.yaml"; }
leftovers() { podctl run --network none --name k $IMG true; podctl create --network none --name k2 $IMG true; volume; empty_pod; other; }

# What is made once, and is no leftover: bridge, table, caches, the tmpfs of secret files.
make_static() {
	podctl run --rm --network bridge $IMG true
	secret >/dev/null && podctl run --rm --network none --secret ks $IMG true && podctl secret rm ks >/dev/null
	other >/dev/null && podctl rmi localhost/other >/dev/null
	until_true 3 sh -c "! ls '$RUNROOT/pods' | grep -q ."
	before=$(machine_state)
}
