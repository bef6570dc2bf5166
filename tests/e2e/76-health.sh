#!/bin/bash
# Health checks of containers, as podman has them: flags, the image's HEALTHCHECK, healthcheck run, inspect, ps.
. "$(dirname "$0")/lib.sh"
needs cgroups busybox
import_image
podctl import -q --change 'CMD ["sleep","1000"]' --change 'HEALTHCHECK --interval=1s --retries=1 CMD test -e /well' "$T/bb.tar" localhost/checked >/dev/null
before=$(machine_state)
run() { podctl run -d --network none --stop-timeout 1 "$@" >/dev/null; }
health() { podctl inspect -f '{{.State.Health.Status}}' "$1"; }
becomes() { [ "$(health "$1")" = "$2" ]; }

run --name off --health-cmd 'test -e /well' --health-interval disable $IMG sleep 1000
is "it starts as starting" "$(health off)" starting
t_fails "a check that fails" 1 '^unhealthy$' podctl healthcheck run off
is "one failure of three" "$(podctl inspect -f '{{.State.Health.Status}} {{.State.Health.FailingStreak}}' off)" "starting 1"
podctl healthcheck run off >/dev/null; podctl healthcheck run off >/dev/null
is "three are unhealthy" "$(podctl inspect -f '{{.State.Health.Status}} {{.State.Health.FailingStreak}}' off)" "unhealthy 3"
podctl exec off touch /well
is "success says nothing" "$(podctl healthcheck run off; echo $?)" 0
is "and makes it healthy" "$(podctl inspect -f '{{.State.Health.Status}} {{.State.Health.FailingStreak}}' off)" "healthy 0"
is "the last runs are kept" "$(podctl inspect off | python3 -c 'import json,sys; print([l["ExitCode"] for l in json.load(sys.stdin)[0]["State"]["Health"]["Log"]])')" "[1, 1, 1, 0]"
like "ps shows it" "$(podctl ps --format '{{.Names}} {{.Status}}')" 'off Up .* \(healthy\)'
is "ps finds it" "$(podctl ps -q --filter health=healthy | wc -l)" 1
is "inspect has what was asked" "$(podctl inspect -f '{{.Config.Healthcheck.Test}} {{.Config.Healthcheck.Retries}}' off)" "[CMD-SHELL test -e /well] 3"
podctl stop off >/dev/null
t_fails "what does not run has no health" 125 'is not running' podctl healthcheck run off

run --name words --health-cmd '["sh","-c","echo some words; exit 3"]' --health-interval disable $IMG sleep 1000
podctl healthcheck run words >/dev/null
is "output and code are kept" "$(podctl inspect words | python3 -c 'import json,sys; l=json.load(sys.stdin)[0]["State"]["Health"]["Log"][0]; print(l["ExitCode"], l["Output"].strip())')" "3 some words"

run --name slow --health-cmd 'sleep 10' --health-interval disable --health-timeout 1s $IMG sleep 1000
t_fails "a check that takes too long has failed" 1 unhealthy podctl healthcheck run slow

run --name image localhost/checked
t "the image's check is run" until_true 8 becomes image unhealthy
podctl exec image touch /well
t "again and again" until_true 8 becomes image healthy
run --name quiet --no-healthcheck localhost/checked
t_fails "or not" 125 'has no defined healthcheck' podctl healthcheck run quiet
is "and then there is none" "$(health quiet)" ""
run --name young --health-start-period 1h localhost/checked
sleep 2.5
is "a young one is given time" "$(health young)" starting

run --name kill --health-on-failure kill --health-interval 1s --health-retries 1 --health-cmd false $IMG sleep 1000
t "an unhealthy one is killed" until_true 8 bash -c "[ \"\$('$PODCTL_BIN' ${PODCTL_OPTS[*]} inspect -f '{{.State.ExitCode}}' kill)\" = 137 ]"
run --name again --health-on-failure restart --health-interval 1s --health-retries 1 --health-cmd 'test ! -e /sick || { rm /sick; false; }' $IMG sleep 1000
podctl exec again touch /sick
t "or restarted" until_true 8 podctl exec again sh -c '[ ! -e /sick ]'

t_fails "both" 125 'cannot specify both' podctl create --no-healthcheck --health-cmd true $IMG
t_fails "no time" 125 'expected a time' podctl create --health-cmd true --health-interval soon $IMG
t_fails "no retries" 125 'greater than 0' podctl create --health-cmd true --health-retries 0 $IMG
t_fails "too short" 125 'at least 1 second' podctl create --health-cmd true --health-timeout 10ms $IMG
t_fails "no action" 125 'none, kill, restart and stop' podctl create --health-cmd true --health-on-failure pray $IMG
podctl rm -fa >/dev/null
is "nothing is left of it" "$(machine_state)" "$before"
done_testing
