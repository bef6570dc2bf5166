# killlib.sh: what the kill matrix is made of, sourced after lib.sh and import_image.
#
#   KILL_ROUNDS=N     so many places a verb, spread over its life (10); "all": every system call, one after the other
#   KILL_ONLY=REGEX   only the verbs (texts) that match
#
# Each matrix prints how many places of how many there are; the last line of a file sums them up (kill_counts).
. "$E2E/world.sh"
rounds=${KILL_ROUNDS:-10}
kill_places=0 kill_verbs=0
c_program killat || exit 1
"$T/killat" 1000000 /bin/true || skip_all "ptrace is not allowed here"

wanted() { [[ "$1" =~ ${KILL_ONLY:-.} ]]; }
count() { # CMD...: how many system calls it makes
	rm -f "$T/calls"
	timeout 60 "$T/killat" "$T/calls" "$PODCTL_BIN" "${PODCTL_OPTS[@]}" "$@" >/dev/null 2>&1 </dev/null
	until_true 5 test -s "$T/calls"
	cat "$T/calls"
}
kill_at() { # N CMD...: killed at the N-th of them
	local n=$1
	shift
	{ timeout 60 "$T/killat" "$n" "$PODCTL_BIN" "${PODCTL_OPTS[@]}" "$@" >/dev/null 2>&1 </dev/null; } 2>/dev/null
}
places() { # TOTAL: where to kill
	local i span
	[ "$rounds" != all ] || { seq 1 "$1"; return; }
	span=$(($1 / rounds))
	[ $span -gt 0 ] || { seq 1 "$1"; return; }
	for i in $(seq 1 "$rounds"); do echo $((i * $1 / rounds - RANDOM % span)); done
}
# matrix TEXT PREPARE CHECK CMD...: killed at places spread over its whole life, each time from a fresh start.  @id in CMD is what
# PREPARE put into $id.
matrix() {
	local text=$1 prepare=$2 check=$3 total n done=0 bad=0
	shift 3
	wanted "$text" || return 0
	$prepare >/dev/null 2>&1
	total=$(count "${@/#@id/${id:-}}")
	$check >"$T/why" 2>&1 || { bad=1; echo "# $text: not even undisturbed"; tail -4 "$T/why" | sed 's/^/#   /'; }
	for n in $(places "$total"); do
		$prepare >/dev/null 2>&1
		kill_at "$n" "${@/#@id/${id:-}}"
		$check >"$T/why" 2>&1 || { bad=$((bad + 1)); echo "# $text killed at call $n of $total:"; tail -4 "$T/why" | sed 's/^/#   /'; }
		done=$((done + 1))
		[ $((done % 100)) != 0 ] || until_true 20 calm || { bad=$((bad + 1)); echo "# $text left something at call $((n - 99))..$n:" $(machine_state); before=$(machine_state); }
	done
	kill_places=$((kill_places + done)) kill_verbs=$((kill_verbs + 1))
	settled "$text killed at $done of $total places" $bad
}

# Helpers are found beside podctl: here each of them may be a program that kills the real one at its n-th system call.
helpers_wrap() { # HELPER...
	local h
	mkdir "$T/bin"
	cp "$BUILD"/podctl "$BUILD"/podctl-* "$T/bin/"
	for h; do
		rm "$T/bin/podctl-$h"
		${CC:-cc} -D_GNU_SOURCE -O1 -DWRAP_CONF="\"$T/kill.$h\"" -DWRAP_PROGRAM="\"$BUILD/podctl-$h\"" -o "$T/bin/podctl-$h" "$E2E/killat.c" || exit 1
	done
}
helper_kill_at() { # HELPER WORD N CMD...: exit status of CMD, its words in $T/said
	local h=$1 word=$2 n=$3
	shift 3
	echo "$n $word" >"$T/kill.$h"
	{ timeout 60 "$T/bin/podctl" "${PODCTL_OPTS[@]}" "$@" >"$T/said" 2>&1 </dev/null; } 2>/dev/null
	set -- $?
	rm -f "$T/kill.$h"
	return "$1"
}
# helper_matrix HELPER WORD PREPARE CHECK CMD...: the helper, when called with WORD, is killed at places of its life
helper_matrix() {
	local h=$1 word=$2 prepare=$3 check=$4 text total n rc done=0 bad=0 PODCTL_BIN=$T/bin/podctl
	shift 4
	text="${*:1:2}: the $h${word:+ ($word)}"
	wanted "$text" || return 0
	rm -f "$T/kill.$h.count"
	$prepare >/dev/null 2>&1
	helper_kill_at "$h" "$word" "$T/kill.$h.count" "$@"
	$check >"$T/why" 2>&1 || { bad=1; echo "# $text: not even undisturbed"; tail -4 "$T/why" | sed 's/^/#   /'; }
	until_true 5 test -s "$T/kill.$h.count" || { is "$text was called" "$(cat "$T/said")" "so"; return; }
	total=$(cat "$T/kill.$h.count")
	for n in $(places "$total"); do
		$prepare >/dev/null 2>&1
		helper_kill_at "$h" "$word" "$n" "$@"
		rc=$?
		[ $rc -lt 126 ] || { bad=$((bad + 1)); echo "# $text killed at call $n of $total: exit $rc"; sed 's/^/#   /' "$T/said"; }
		$check >"$T/why" 2>&1 || { bad=$((bad + 1)); echo "# $text killed at call $n of $total:"; tail -4 "$T/why" | sed 's/^/#   /'; }
		done=$((done + 1))
		[ $((done % 100)) != 0 ] || until_true 20 calm || { bad=$((bad + 1)); echo "# $text left something at call $((n - 99))..$n:" $(machine_state); before=$(machine_state); }
	done
	kill_places=$((kill_places + done)) kill_verbs=$((kill_verbs + 1))
	settled "$text killed at $done of $total places" $bad
}
kill_counts() { echo "# killed at $kill_places places of $kill_verbs verbs and helpers"; }
