#!/bin/bash
# The everyday commands beside run, ps and rm: rename, port, prune, volumes, cp, diff, export and their kind.
. "$(dirname "$0")/lib.sh"
needs root busybox
import_image || { not_ok "import"; done_testing; }
run() { podctl run --network none "$@"; }

# ---- rename ----------------------------------------------------------------------------------------------------------
run -d --name one "$IMG" sleep 1000 >/dev/null
podctl create --network none --name two "$IMG" true >/dev/null
t "rename a running container" podctl rename one uno
t_fails "the old name is free" 1 '' podctl container exists one
is "the new name is listed" "$(podctl ps --format '{{.Names}}')" uno
is "and inspected" "$(podctl inspect -f '{{.Name}}' uno)" uno
t_fails "a name that is taken" 125 "the name 'two' is in use by container" podctl rename uno two
t_fails "a name that is none" 125 'names must match' podctl rename uno a/b
t_fails "rename of nothing" 125 'no such container|no container with name' podctl rename nothing x
t "rename to its own name" podctl rename uno uno
t "rename one that never ran" podctl container rename two due
t "it starts by its new name" podctl start -a due
is "exec by the new name" "$(podctl exec uno echo hi)" hi
t "stop by the new name" podctl stop -t 0 uno
t "start again" podctl start uno
t "another can take the old name" podctl create --network none --name one "$IMG" true
podctl pod create --name pp >/dev/null
podctl run -d --pod pp --name member "$IMG" sleep 1000 >/dev/null
t "rename a member of a pod" podctl rename member mitglied
is "the pod has it under its new name" "$(podctl ps --filter pod=pp --format '{{.Names}}')" mitglied

# ---- pause -----------------------------------------------------------------------------------------------------------
is "pod pause" "$(podctl pod pause pp)" "$(podctl pod inspect -f '{{.Id}}' pp 2>/dev/null || echo pp)"
is "its state" "$(podctl pod ps --filter name=pp --format '{{.Status}}')" Paused
t "pod unpause" podctl pod unpause pp
is "its state again" "$(podctl pod ps --filter name=pp --format '{{.Status}}')" Running
t "pause" podctl pause uno
is "paused" "$(podctl inspect -f '{{.State.Status}}' uno)" paused
t "unpause" podctl unpause -a
t "restart" podctl restart -t 0 uno
is "running" "$(podctl inspect -f '{{.State.Status}}' uno)" running

# ---- prune -----------------------------------------------------------------------------------------------------------
podctl create --network none --name old --label keep=no "$IMG" true >/dev/null
podctl create --network none --name kept --label keep=yes "$IMG" true >/dev/null
like "prune asks" "$(echo n | podctl container prune)" '^WARNING! This will remove all non running containers'
t "and no is no" podctl container exists old
is "prune with a filter" "$(podctl container prune -f --filter label=keep=no)" "$(podctl inspect -f '{{.Id}}' old 2>/dev/null)"
t_fails "it is gone" 1 '' podctl container exists old
t "until leaves what is younger" test -z "$(podctl container prune -f --filter until=1h)"
t_fails "a filter that is none" 125 'invalid filter' podctl container prune -f --filter colour=red
podctl container prune -f >/dev/null
is "prune leaves what runs" "$(podctl ps -a --format '{{.Names}}' | sort | tr '\n' ' ')" "mitglied uno "
podctl pod stop -t 0 pp >/dev/null
podctl pod create --name fresh >/dev/null
is "pod prune" "$(podctl pod prune -f)" "$(podctl pod inspect -f '{{.Id}}' pp 2>/dev/null)"
t_fails "the pod is gone" 1 '' podctl pod exists pp
t "one that was never started stays" podctl pod exists fresh
podctl pod rm fresh >/dev/null
podctl tag "$IMG" localhost/spare >/dev/null
podctl import -q "$T/bb.tar" localhost/unused >/dev/null
is "image prune leaves names" "$(podctl image prune -f)" ""
t "image prune -a" podctl image prune -af
t_fails "takes what nobody uses" 1 '' podctl image exists localhost/unused
t "and leaves what is used" podctl image exists "$IMG"

podctl rm -fa >/dev/null
done_testing
