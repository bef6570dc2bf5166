# completion of podctl for bash; made by `podctl docs completion bash`
_podctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} w words=() path flags=""
	for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do [[ $w == -* ]] || words+=("$w"); done
	case "${words[0]:-}" in
	container)
		[ ${#words[@]} -gt 1 ] || { COMPREPLY=($(compgen -W "create ps ls list stop restart kill pause unpause rm wait inspect exists run start attach exec logs port rename cp diff mount unmount umount init cleanup prune commit export stats top update clone " -- "$cur")); return; }
		path="container ${words[1]}" ;;
	image)
		[ ${#words[@]} -gt 1 ] || { COMPREPLY=($(compgen -W "diff prune import load pull rm remove tag inspect exists list ls history tree untag mount unmount umount push save trust show scp search " -- "$cur")); return; }
		path="image ${words[1]}" ;;
	manifest)
		[ ${#words[@]} -gt 1 ] || { COMPREPLY=($(compgen -W "create add annotate exists inspect push remove rm " -- "$cur")); return; }
		path="manifest ${words[1]}" ;;
	volume)
		[ ${#words[@]} -gt 1 ] || { COMPREPLY=($(compgen -W "prune create ls list inspect rm remove export import mount unmount exists " -- "$cur")); return; }
		path="volume ${words[1]}" ;;
	secret)
		[ ${#words[@]} -gt 1 ] || { COMPREPLY=($(compgen -W "create ls list inspect rm remove exists " -- "$cur")); return; }
		path="secret ${words[1]}" ;;
	pod)
		[ ${#words[@]} -gt 1 ] || { COMPREPLY=($(compgen -W "prune create ps ls list inspect start stop restart kill pause unpause rm logs exists stats top clone " -- "$cur")); return; }
		path="pod ${words[1]}" ;;
	network)
		[ ${#words[@]} -gt 1 ] || { COMPREPLY=($(compgen -W "prune create ls list inspect exists rm remove " -- "$cur")); return; }
		path="network ${words[1]}" ;;
	kube)
		[ ${#words[@]} -gt 1 ] || { COMPREPLY=($(compgen -W "exec play down create job diff explain generate get describe events wait logs resize " -- "$cur")); return; }
		path="kube ${words[1]}" ;;
	healthcheck)
		[ ${#words[@]} -gt 1 ] || { COMPREPLY=($(compgen -W "run " -- "$cur")); return; }
		path="healthcheck ${words[1]}" ;;
	play)
		[ ${#words[@]} -gt 1 ] || { COMPREPLY=($(compgen -W "kube " -- "$cur")); return; }
		path="play ${words[1]}" ;;
	generate)
		[ ${#words[@]} -gt 1 ] || { COMPREPLY=($(compgen -W "systemd kube " -- "$cur")); return; }
		path="generate ${words[1]}" ;;
	system)
		[ ${#words[@]} -gt 1 ] || { COMPREPLY=($(compgen -W "prune info reset df check events " -- "$cur")); return; }
		path="system ${words[1]}" ;;
	docs)
		[ ${#words[@]} -gt 1 ] || { COMPREPLY=($(compgen -W "man completion " -- "$cur")); return; }
		path="docs ${words[1]}" ;;
	"")
		COMPREPLY=($(compgen -W "create ps stop restart kill pause unpause rm wait inspect run start attach exec logs port rename cp diff mount unmount umount init import load pull rmi tag images history untag commit export push save login logout search why info version unshare help completion events stats top update container image manifest volume secret pod network kube healthcheck play generate system docs --root --runroot --runtime --cgroup-manager --log-level --help --version --storage-driver --storage-opt --noout --events-backend " -- "$cur")); return ;;
	*) path=${words[0]} ;;
	esac
	case "$path" in
	"create"|"container create") flags="--quiet --add-host --annotation --arch --authfile --cap-add --cap-drop --cgroup-conf --cgroup-parent --cgroupns --cgroups --chrootdirs --cidfile --conmon-pidfile --device --device-cgroup-rule --disable-content-trust --dns --dns-option --dns-search --entrypoint --env --env-file --env-merge --env-host --expose --group-add --health-cmd --health-interval --health-on-failure --health-retries --health-start-period --health-timeout --hostuser --http-proxy --hostname --image-volume --init --init-path --interactive --ip --ipc --label --label-file --log-driver --log-opt --mac-address --mount --name --network --network-alias --no-healthcheck --no-hosts --oom-kill-disable --oom-score-adj --os --passwd --passwd-entry --personality --pid --pidfile --platform --pids-limit --pod --pod-id-file --privileged --publish --publish-all --pull --read-only --read-only-tmpfs --replace --requires --restart --rm --rootfs --sdnotify --secret --security-opt --shm-size --stop-signal --stop-timeout --sysctl --timeout --systemd --tls-verify --tmpfs --tty --ulimit --tz --umask --unsetenv --unsetenv-all --user --userns --uidmap --gidmap --subuidname --subgidname --uts --variant --volume --volumes-from --workdir --blkio-weight --blkio-weight-device --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpu-shares --cpus --cpuset-cpus --cpuset-mems --device-read-bps --device-read-iops --device-write-bps --device-write-iops --memory --memory-reservation --memory-swap --memory-swappiness --help " ;;
	"ps"|"container ps"|"container ls"|"container list") flags="--all --filter --format --last --latest --no-trunc --noheading --pod --quiet --sort --external --namespace --size --sync --watch --help " ;;
	"stop"|"container stop") flags="--all --latest --filter --ignore --time --cidfile --help " ;;
	"restart"|"container restart") flags="--all --latest --filter --cidfile --running --time --help " ;;
	"kill"|"container kill") flags="--all --latest --filter --signal --cidfile --help " ;;
	"pause"|"container pause") flags="--all --latest --filter --cidfile --help " ;;
	"unpause"|"container unpause") flags="--all --latest --filter --cidfile --help " ;;
	"rm"|"container rm") flags="--all --latest --filter --force --ignore --time --volumes --depend --cidfile --help " ;;
	"wait"|"container wait") flags="--condition --ignore --interval --latest --help " ;;
	"inspect") flags="--format --latest --size --type --help " ;;
	"container inspect") flags="--format --latest --size --help " ;;
	"container exists") flags="--external --help " ;;
	"run"|"container run") flags="--attach --detach --detach-keys --quiet --rmi --sig-proxy --add-host --annotation --arch --authfile --cap-add --cap-drop --cgroup-conf --cgroup-parent --cgroupns --cgroups --chrootdirs --cidfile --conmon-pidfile --device --device-cgroup-rule --disable-content-trust --dns --dns-option --dns-search --entrypoint --env --env-file --env-merge --env-host --expose --group-add --health-cmd --health-interval --health-on-failure --health-retries --health-start-period --health-timeout --hostuser --http-proxy --hostname --image-volume --init --init-path --interactive --ip --ipc --label --label-file --log-driver --log-opt --mac-address --mount --name --network --network-alias --no-healthcheck --no-hosts --oom-kill-disable --oom-score-adj --os --passwd --passwd-entry --personality --pid --pidfile --platform --pids-limit --pod --pod-id-file --privileged --publish --publish-all --pull --read-only --read-only-tmpfs --replace --requires --restart --rm --rootfs --sdnotify --secret --security-opt --shm-size --stop-signal --stop-timeout --sysctl --timeout --systemd --tls-verify --tmpfs --tty --ulimit --tz --umask --unsetenv --unsetenv-all --user --userns --uidmap --gidmap --subuidname --subgidname --uts --variant --volume --volumes-from --workdir --blkio-weight --blkio-weight-device --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpu-shares --cpus --cpuset-cpus --cpuset-mems --device-read-bps --device-read-iops --device-write-bps --device-write-iops --memory --memory-reservation --memory-swap --memory-swappiness --help " ;;
	"start"|"container start") flags="--all --attach --detach-keys --filter --interactive --sdnotify --latest --sig-proxy --help " ;;
	"attach"|"container attach") flags="--detach-keys --latest --no-stdin --sig-proxy --help " ;;
	"exec"|"container exec"|"kube exec") flags="--container --detach --detach-keys --env --env-file --interactive --latest --privileged --tty --user --workdir --help " ;;
	"logs"|"container logs") flags="--container --follow --until-pod-ends --latest --names --since --tail --timestamps --until --color --help " ;;
	"port"|"container port") flags="--all --latest --help " ;;
	"rename"|"container rename") flags="--help " ;;
	"cp"|"container cp") flags="--archive --overwrite --help " ;;
	"diff"|"container diff") flags="--format --latest --help " ;;
	"image diff") flags="--format --help " ;;
	"mount"|"container mount") flags="--all --latest --format --notruncate --help " ;;
	"unmount"|"umount"|"container unmount"|"container umount") flags="--all --latest --force --help " ;;
	"init"|"container init") flags="--all --latest --help " ;;
	"container cleanup") flags="--all --latest --rm --help " ;;
	"generate systemd") flags="--after --container-prefix --env --files --format --name --new --no-header --pod-prefix --requires --restart-policy --restart-sec --separator --start-timeout --stop-timeout --template --wants --help " ;;
	"container prune") flags="--filter --force --help " ;;
	"pod prune") flags="--filter --force --help " ;;
	"image prune") flags="--all --external --filter --force --help " ;;
	"volume prune") flags="--filter --force --help " ;;
	"network prune") flags="--filter --force --help " ;;
	"system prune") flags="--all --external --volumes --filter --force --help " ;;
	"import"|"image import") flags="--change --message --quiet --arch --os --variant --help " ;;
	"load"|"image load") flags="--input --quiet --help " ;;
	"pull"|"image pull") flags="--all-tags --arch --authfile --cert-dir --creds --disable-content-trust --keep-blobs --os --platform --policy --quiet --retry --retry-delay --signature-policy --tls-verify --variant --help " ;;
	"rmi"|"image rm"|"image remove") flags="--all --force --ignore --help " ;;
	"tag"|"image tag") flags="--help " ;;
	"image inspect") flags="--format --help " ;;
	"image exists") flags="--help " ;;
	"images"|"image list"|"image ls") flags="--all --digests --filter --format --history --no-trunc --noheading --quiet --sort --help " ;;
	"history"|"image history") flags="--format --human --no-trunc --quiet --help " ;;
	"image tree") flags="--whatrequires --help " ;;
	"untag"|"image untag") flags="--help " ;;
	"image mount") flags="--all --format --help " ;;
	"image unmount"|"image umount") flags="--all --force --help " ;;
	"commit"|"container commit") flags="--author --change --format --iidfile --include-volumes --message --pause --quiet --squash --help " ;;
	"export"|"container export") flags="--output --help " ;;
	"push"|"image push") flags="--authfile --cert-dir --compress --compression-format --compression-level --creds --digestfile --force-compression --format --quiet --disable-content-trust --remove-signatures --retry --retry-delay --tls-verify --help " ;;
	"save"|"image save") flags="--compress --format --multi-image-archive --output --quiet --uncompressed --help " ;;
	"image trust show") flags="--json --noheading --policypath --raw --help " ;;
	"image scp") flags="--quiet --help " ;;
	"login") flags="--authfile --cert-dir --compat-auth-file --get-login --password --password-stdin --tls-verify --username --verbose --help " ;;
	"logout") flags="--all --authfile --compat-auth-file --help " ;;
	"search"|"image search") flags="--authfile --cert-dir --compatible --creds --filter --format --limit --list-tags --no-trunc --tls-verify --help " ;;
	"manifest create") flags="--all --amend --authfile --cert-dir --creds --tls-verify --help " ;;
	"manifest add") flags="--all --annotation --arch --features --os --os-features --os-version --variant --authfile --cert-dir --creds --tls-verify --help " ;;
	"manifest annotate") flags="--annotation --arch --features --os --os-features --os-version --variant --help " ;;
	"manifest exists") flags="--help " ;;
	"manifest inspect") flags="--verbose --authfile --cert-dir --creds --tls-verify --help " ;;
	"manifest push") flags="--all --compression-format --compression-level --digestfile --force-compression --format --quiet --remove-signatures --rm --authfile --cert-dir --creds --tls-verify --help " ;;
	"manifest remove") flags="--help " ;;
	"manifest rm") flags="--ignore --help " ;;
	"volume create") flags="--driver --ignore --label --opt --help " ;;
	"volume ls"|"volume list") flags="--filter --format --noheading --quiet --help " ;;
	"volume inspect") flags="--all --format --help " ;;
	"volume rm"|"volume remove") flags="--all --force --time --help " ;;
	"volume export") flags="--output --help " ;;
	"volume import") flags="--help " ;;
	"volume mount") flags="--help " ;;
	"volume unmount") flags="--help " ;;
	"volume exists") flags="--help " ;;
	"secret create") flags="--driver --env --ignore --label --replace --help " ;;
	"secret ls"|"secret list") flags="--filter --format --noheading --quiet --help " ;;
	"secret inspect") flags="--format --pretty --showsecret --help " ;;
	"secret rm"|"secret remove") flags="--all --ignore --help " ;;
	"secret exists") flags="--help " ;;
	"pod create") flags="--add-host --dns --dns-option --dns-search --exit-policy --hostname --infra --infra-conmon-pidfile --infra-name --ip --label --mac-address --name --network --network-alias --no-hosts --pod-id-file --publish --replace --share --share-parent --sysctl --pid --label-file --userns --uidmap --gidmap --subuidname --subgidname --cgroup-parent --device --security-opt --shm-size --uts --volume --volumes-from --blkio-weight --blkio-weight-device --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpu-shares --cpus --cpuset-cpus --cpuset-mems --device-read-bps --device-read-iops --device-write-bps --device-write-iops --memory --memory-reservation --memory-swap --memory-swappiness --help " ;;
	"pod ps"|"pod ls"|"pod list") flags="--ctr-ids --ctr-names --ctr-status --filter --format --latest --no-trunc --noheading --quiet --sort --namespace --help " ;;
	"pod inspect") flags="--format --latest --help " ;;
	"pod start") flags="--all --latest --filter --pod-id-file --sdnotify --help " ;;
	"pod stop") flags="--all --latest --filter --pod-id-file --ignore --time --help " ;;
	"pod restart") flags="--all --latest --filter --pod-id-file --ignore --time --help " ;;
	"pod kill") flags="--all --latest --filter --signal --help " ;;
	"pod pause") flags="--all --latest --filter --pod-id-file --help " ;;
	"pod unpause") flags="--all --latest --filter --pod-id-file --help " ;;
	"pod rm") flags="--all --latest --filter --pod-id-file --force --ignore --time --help " ;;
	"pod logs") flags="--container --follow --until-pod-ends --latest --names --since --tail --timestamps --until --color --help " ;;
	"pod exists") flags="--help " ;;
	"play kube"|"kube play") flags="--down --dry-run --force --logs --output --prune --quiet --replace --start --wait --wait-ready --authfile --creds --tls-verify --userns --build --multiple-pods --cert-dir --strict --validate --verbose --seccomp-profile-root --configmap --network --ip --mac-address --no-hosts --no-hostname --no-pod-prefix --publish --publish-all --annotation --log-driver --log-opt --help " ;;
	"kube down") flags="--force --help " ;;
	"kube create job") flags="--filename --from --logs --quiet --wait --help " ;;
	"kube diff") flags="--configmap --network --ip --mac-address --no-hosts --no-hostname --no-pod-prefix --publish --publish-all --annotation --log-driver --log-opt --help " ;;
	"kube explain") flags="--recursive --support --help " ;;
	"generate kube"|"kube generate") flags="--filename --no-trunc --podman-only --redact --replicas --service --type --help " ;;
	"kube get") flags="--all-namespaces --namespace --no-headers --output --selector --show-labels --watch --help " ;;
	"kube describe") flags="--namespace --selector --show-events --help " ;;
	"kube events") flags="--for --namespace --no-headers --output --types --watch --help " ;;
	"kube wait") flags="--all --for --namespace --selector --timeout --help " ;;
	"kube logs") flags="--all-containers --container --follow --prefix --previous --selector --since --tail --timestamps --help " ;;
	"why") flags="--help " ;;
	"kube resize") flags="--container --limits --patch --requests --help " ;;
	"info"|"system info") flags="--check --format --help " ;;
	"version") flags="--format --help " ;;
	"system reset") flags="--force --help " ;;
	"unshare") flags="--help " ;;
	"help") flags="--help " ;;
	"docs man") flags="--help " ;;
	"docs completion"|"completion") flags="--help " ;;
	"system df") flags="--format --verbose --help " ;;
	"system check") flags="--force --max --quick --repair --help " ;;
	"events"|"system events") flags="--filter --format --no-trunc --since --stream --until --help " ;;
	"healthcheck run") flags="--help " ;;
	"stats"|"container stats") flags="--all --format --interval --latest --no-reset --no-stream --no-trunc --help " ;;
	"pod stats") flags="--all --format --latest --no-reset --no-stream --help " ;;
	"top"|"container top") flags="--latest --help " ;;
	"pod top") flags="--latest --help " ;;
	"update"|"container update") flags="--blkio-weight --blkio-weight-device --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpu-shares --cpus --cpuset-cpus --cpuset-mems --device-read-bps --device-read-iops --device-write-bps --device-write-iops --memory --memory-reservation --memory-swap --memory-swappiness --latest --pids-limit --help " ;;
	"network create") flags="--disable-dns --driver --gateway --ignore --interface-name --internal --ip-range --ipam-driver --label --opt --subnet --help " ;;
	"network ls"|"network list") flags="--filter --format --no-trunc --noheading --quiet --help " ;;
	"network inspect") flags="--format --help " ;;
	"network exists") flags="--help " ;;
	"network rm"|"network remove") flags="--force --time --help " ;;
	"container clone") flags="--destroy --force --name --pod --run --blkio-weight --blkio-weight-device --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpu-shares --cpus --cpuset-cpus --cpuset-mems --device-read-bps --device-read-iops --device-write-bps --device-write-iops --memory --memory-reservation --memory-swap --memory-swappiness --help " ;;
	"pod clone") flags="--destroy --hostname --label --label-file --sysctl --name --start --cgroup-parent --device --security-opt --shm-size --uts --volume --volumes-from --blkio-weight --blkio-weight-device --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpu-shares --cpus --cpuset-cpus --cpuset-mems --device-read-bps --device-read-iops --device-write-bps --device-write-iops --memory --memory-reservation --memory-swap --memory-swappiness --help " ;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$flags" -- "$cur"))
		return
	fi
	case "$path" in
	*kube*|import|load|"image import"|"image load") COMPREPLY=($(compgen -f -- "$cur")) ;;
	run|create|rmi|tag|image*|container\ run|container\ create)
		COMPREPLY=($(compgen -W "$(podctl images --format '{{.Repository}}:{{.Tag}}' 2>/dev/null)" -- "$cur")) ;;
	pod*) COMPREPLY=($(compgen -W "$(podctl pod ps --format '{{.Name}}' 2>/dev/null)" -- "$cur")) ;;
	*) COMPREPLY=($(compgen -W "$(podctl ps -a --format '{{.Names}}' 2>/dev/null)" -- "$cur")) ;;
	esac
}
complete -o default -F _podctl podctl
