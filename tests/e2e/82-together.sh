#!/bin/bash
# Commands at once on the same objects: each pair that can meet, then sixteen at a time whatever they are.  Every answer is a
# success or one error that says who was quicker; afterwards everything works and nothing is left.
#
#   ROUNDS=N   so many commands from each of the sixteen (20), and a fiftieth of it, but two at least, rounds of each pair;
#              `make check-long` has 1,000
#   PAIR_ONLY=REGEX   only pairs that match, and no sixteen
. "$(dirname "$0")/lib.sh"
needs root busybox bridge
import_image
. "$E2E/world.sh"
mkdir "$T/i" && "$E2E/mkimage.sh" "$T/i" localhost/other || exit 1
make_static
each=${ROUNDS:-20} rounds=$((${ROUNDS:-20} / 50))
[ $rounds -ge 2 ] || rounds=2
[ -z "${VM:-}" ] || rounds=1 each=5

# what an error says that is nobody's fault
LOST='in use|being used|published by|not in this pod|no such|no container|no pod|no volume|no image|no secret|not found|not known|already|has ended|went away|No such (process|file)|not exist|is not running|not running|is running|is being (removed|made|replaced)|removed|improper state|exists|stopped|state|not mounted|is mounted|made meanwhile|not paused|is paused|has dependent|is exited|is created|is starting|is stopping|image used|another command|changed meanwhile'
odd() { # STATUS FILE: an answer that nobody can use
	case $1 in
	0 | 1 | 2) return 1 ;;
	125) ! grep -qE "^Error: .*($LOST)" "$2" || grep -E '^Error: ' "$2" | grep -qvE "$LOST" ;;
	*) return 0 ;;
	esac
}
RUN="run -d --network none --name k $IMG sleep 100"

third() { podctl tag $IMG localhost/third; }
pairs=0 bad_pairs=0
together() { # PREPARE 'CMD' 'CMD' [PATTERN]: the exit codes fit the pattern, nothing is broken afterwards
	local prepare=$1 one=$2 two=$3 pattern=${4:-.*} i a b ra rb bad=0
	[[ "$one | $two" =~ ${PAIR_ONLY:-.} ]] || return 0
	for i in $(seq 1 "$rounds"); do
		$prepare >"$T/why" 2>&1 || { bad=$((bad + 1)); echo "# $prepare:"; sed 's/^/#   /' "$T/why"; }
		# shellcheck disable=SC2086
		{ podctl $one >"$T/one" 2>&1 </dev/null & a=$!; podctl $two >"$T/two" 2>&1 </dev/null & b=$!; } 2>/dev/null
		wait $a; ra=$?
		wait $b; rb=$?
		if ! [[ "$ra $rb" =~ ^$pattern$ ]] || { [[ $one != exec* ]] && odd $ra "$T/one"; } || odd $rb "$T/two"; then
			bad=$((bad + 1)); echo "# $one | $two: $ra $rb"; sed 's/^/#   /' "$T/one" "$T/two"
		fi
		clean >"$T/why" 2>&1 || { bad=$((bad + 1)); echo "# after $one | $two: $ra $rb"; tail -3 "$T/why" | sed 's/^/#   /'; }
	done
	pairs=$((pairs + 1))
	[ $bad = 0 ] || { bad_pairs=$((bad_pairs + 1)); echo "# $one | $two: $bad of $rounds"; }
}
together nothing "$RUN" "$RUN" '(0 125|125 0)'
together nothing "$RUN" "create --network none --name k $IMG true" '(0 125|125 0)'
together nothing "$RUN" "rm -f -t 0 k" '0 0'
together nothing "run --rm --network none --name k $IMG true" "run --rm --network none --name k $IMG true" '(0 125|125 0|0 0)'
together nothing "run -d --network none --name k --replace $IMG sleep 100" "run -d --network none --name k --replace $IMG sleep 100" '(0|125) (0|125)'
together running "rm -f -t 0 k" "rm -f -t 0 k" '0 0'
together running "stop -t 0 k" "rm -f -t 0 k" '(0|125) 0'
together running "stop -t 0 k" "stop -t 0 k" '0 0'
together running "stop -t 0 k" "start k" '0 (0|125)'
together running "kill k" "rm -f -t 0 k" '(0|125) 0'
together running "restart -t 0 k" "stop -t 0 k" '(0|125) 0'
together running "restart -t 0 k" "restart -t 0 k" '(0|125) (0|125)'
together running "restart -t 0 k" "rm -f -t 0 k" '(0|125) 0'
together running "exec k true" "rm -f -t 0 k" '(0|125|137|255) 0'
together running "exec k true" "stop -t 0 k" '(0|125|137|255) 0'
together running "cp $T/small.tar k:/tmp/x" "rm -f -t 0 k" '(0|125) 0'
together running "commit -q k localhost/made" "rm -f -t 0 k" '(0|125) 0'
together running "commit -q k localhost/made" "commit -q k localhost/made" '0 0'
together running "pause k" "rm -f -t 0 k" '(0|125) 0'
together running "pause k" "stop -t 0 k" '(0|125) (0|125)'
together running "update --memory 64m k" "rm -f -t 0 k" '(0|125) 0'
together running "rename k k2" "rm -f -t 0 k" '(0|125) 0'
together running "rename k k2" "stop -t 0 k" '0 (0|125)'
together running "logs k" "rm -f -t 0 k" '(0|125) 0'
together running "inspect k" "rm -f -t 0 k" '(0|125) 0'
together stopped "start k" "start k" '0 0'
together stopped "start k" "rm -f -t 0 k" '(0|125) 0'
together stopped "mount k" "start k" '(0|125) 0'
together stopped "mount k" "rm -f k" '(0|125) 0'
together stopped "container prune -f" "start k" '0 (0|125)'
together leftovers "container prune -f" "container prune -f" '0 0'
together leftovers "system prune -f" "$RUN" '0 (0|125)'
together empty_pod "run -d --pod kq --name k $IMG sleep 100" "pod rm -f kq" '(0|125) 0'
together ready_pod "pod start kq" "pod rm -f -t 0 kq" '(0|125) 0'
together ready_pod "pod start kq" "pod start kq" '0 0'
together running_pod "pod stop -t 0 kq" "pod start kq" '0 (0|125)'
together running_pod "pod stop -t 0 kq" "pod rm -f kq" '(0|125) (0|125)'
together running_pod "rm -f -t 0 k" "pod stop -t 0 kq" '0 0'
together running_pod "pod pause kq" "pod rm -f -t 0 kq" '(0|125) 0'
together nothing "pod create --network none --name kq" "pod create --network none --name kq" '(0 125|125 0)'
together nothing "play kube $T/one.yaml" "play kube $T/one.yaml" '(0|125) (0|125)'
together nothing "play kube $T/one.yaml" "kube down --force $T/one.yaml" '(0|125) (0|125)'
together one_played "play kube $T/two.yaml" "play kube $T/two.yaml" '(0|125) (0|125)'
together one_played "play kube $T/two.yaml" "kube down $T/two.yaml" '(0|125) (0|125)'
together two_played "kube down $T/two.yaml" "kube down $T/two.yaml" '0 0'
together two_played "pod stop kd-pod-0" "pod rm -f kd-pod-0" '(0|125) (0|125)'
together two_played "rm -f -t 0 kd-pod-0-a" "kube down $T/two.yaml" '(0|1|125|2) 0'
together two_played "kill kd-pod-0-a" "pod rm -f kd-pod-0" '(0|125) 0'
together two_played "stop -t 0 kd-pod-0-a" "kube down $T/two.yaml" '(0|125) 0'
together one_played "kube resize kd-pod -c a --limits=memory=64Mi" "pod stop -t 0 kd-pod" '(0|125) 0'
together one_played "kube resize kd-pod -c a --limits=memory=64Mi" "kube down $T/one.yaml" '(0|125) 0'
together nothing "volume create kvol" "volume create kvol" '(0 125|125 0)'
together volume "volume rm kvol" "run -d --network none --name k -v kvol:/v $IMG sleep 100" '(0|2|125) (0|125)'
together full_volume "volume prune -f" "run -d --network none --name k -v kvol:/v $IMG sleep 100" '0 (0|125)'
together volume "volume import kvol $T/small.tar" "volume rm -f kvol" '(0|125) 0'
together secret "secret rm ks" "run -d --network none --name k --secret ks $IMG sleep 100" '0 (0|125)'
together nothing "secret create ks $T/secret" "secret create ks $T/secret" '(0 125|125 0)'
together nothing "import -q $T/small.tar localhost/other" "rmi -f localhost/other" '0 .*'
together nothing "load -q -i $T/i/docker-archive.tar" "load -q -i $T/i/docker-archive.tar" '0 0'
together other "tag localhost/other localhost/third" "rmi localhost/other" '(0|125) (0|125|2)'
together other "rmi localhost/other" "rmi localhost/other" '(0 (0|1)|1 0)'
together third "rmi localhost/third" "run -d --network none --name k localhost/third true" '0 (0|125)'
together other "save -q -o $T/out.tar localhost/other" "rmi localhost/other" '(0|125) (0|125|2)'
together other "rmi localhost/other" "image mount localhost/other" '(0|125|2) (0|125)'
together nothing "$RUN" "ps -a" '0 0'
together nothing "$RUN" "system check" '0 0'
together running "rm -f -t 0 k" "system check" '0 0'
if has python3; then
	mkdir -p "$T/reg/tags" "$T/reg/blobs" && cp -r "$T/i/oci/blobs/sha256" "$T/reg/blobs/"
	python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["manifests"][0]["digest"])' "$T/i/oci/index.json" >"$T/reg/tags/v1"
	python3 "$E2E/registry.py" "$T/reg" "$T/reg/log" >"$T/reg/ports" 2>/dev/null &
	at_end "kill $!"
	until_true 10 test -s "$T/reg/ports"
	from=127.0.0.1:$(cut -d' ' -f1 "$T/reg/ports")/plain/x:v1
	PULL="pull -q --tls-verify=false $from"
	no_image() { podctl rmi -f "$from" || :; }
	pulled() { podctl $PULL; }
	clean_rest=$(declare -f clean)
	eval "rest_${clean_rest}"
	clean() { podctl rm -f -t 0 k; podctl rmi -f "$from"; rest_clean; }
	together nothing "$PULL" "$PULL" '0 0'
	together nothing "$PULL" "load -q -i $T/i/docker-archive.tar" '0 0'
	together pulled "rmi $from" "$PULL" '(0|1) 0'
	together nothing "$PULL" "image prune -f" '0 0'
	eval "$clean_rest"
else
	skip "pull and pull" "python3 is missing"
fi
settled "two commands at once, $pairs pairs, $rounds rounds" $bad_pairs

# sixteen at once
[ -z "${PAIR_ONLY:-}" ] || done_testing
ways=16
cmds=(
	"$RUN" "run --rm --network none --name k2 $IMG true" "rm -f -t 0 k" "stop -t 0 k" "start k" "restart -t 0 k" "exec k true" "kill k"
	"create --network bridge -p $port:80 --name k $IMG sleep 100" "rename k k2" "pause k" "unpause k" "logs k" "ps -a" "inspect k"
	"cp $T/small.tar k:/tmp/x" "commit -q k localhost/made" "mount k" "unmount k" "init k" "update --pids-limit 50 k" "rm -f -t 0 k2"
	"pod create --network none --name kq" "run -d --pod kq --name k $IMG sleep 100" "pod start kq" "pod stop -t 0 kq" "pod rm -f -t 0 kq" "pod pause kq" "pod ps"
	"play kube $T/one.yaml" "play kube $T/two.yaml" "kube down $T/two.yaml" "pod stop -t 0 kd-pod-0" "pod rm -f kd-pod" "generate kube k"
	"volume create kvol" "volume rm kvol" "run --rm --network none -v kvol:/v $IMG true" "volume prune -f"
	"secret create ks $T/secret" "secret rm ks" "run --rm --network none --secret ks $IMG true"
	"import -q $T/small.tar localhost/other" "tag localhost/other localhost/third" "rmi localhost/other" "rmi -f localhost/third" "load -q -i $T/i/docker-archive.tar" "images"
	"image mount localhost/other" "image umount localhost/other" "container prune -f" "pod prune -f" "image prune -f" "system df"
)
worker() { # N
	local i cmd rc
	RANDOM=$((1000 + $1))
	for i in $(seq $each); do
		cmd=${cmds[RANDOM % ${#cmds[@]}]}
		# shellcheck disable=SC2086
		timeout 300 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" $cmd >"$T/w$1.out" 2>"$T/w$1.err" </dev/null
		rc=$?
		case "$cmd $rc" in exec*137 | exec*255 | "run --rm"*137) continue ;; esac
		! odd $rc "$T/w$1.err" || echo "$cmd: exit $rc: $(head -3 "$T/w$1.err" | tr '\n' ' ')" | sed -E 's/[0-9a-f]{64}/ID/g; s/[0-9a-f]{12}/ID/g' >>"$T/odd"
	done
}
: >"$T/odd"
for w in $(seq "$ways"); do worker "$w" & workers[w]=$!; done
wait "${workers[@]}"
is "$((ways * each)) commands, $ways at once, on the same names: no odd answer" "$(sort "$T/odd" | uniq -c | sort -rn | head -20)" ""
until_true 5 clean
t "afterwards everything works" clean
settled "and nothing is left" 0
done_testing
