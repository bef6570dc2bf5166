#!/bin/bash
# kube get and wait of what is no pod: workloads, Jobs, ConfigMaps, Secrets, claims; and jsonpath.
. "$(dirname "$0")/lib.sh"
needs root busybox python3
import_image
before=$(machine_state)

cat >"$T/all.yaml" <<Y
apiVersion: v1
kind: ConfigMap
metadata: {name: conf, labels: {app: a}}
data: {a: "1", b: "2"}
---
apiVersion: v1
kind: Secret
metadata: {name: sec}
stringData: {k: v}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: disk}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: dep, labels: {app: a}}
spec:
  replicas: 2
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec: {hostNetwork: true, terminationGracePeriodSeconds: 1, containers: [{name: c, image: "$IMG", imagePullPolicy: Never, command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 0.2; done"]}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: state}
spec:
  selector: {matchLabels: {app: s}}
  template:
    metadata: {labels: {app: s}}
    spec: {hostNetwork: true, terminationGracePeriodSeconds: 1, containers: [{name: c, image: "$IMG", imagePullPolicy: Never, command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 0.2; done"]}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: work}
spec:
  template:
    spec:
      hostNetwork: true
      restartPolicy: Never
      containers: [{name: c, image: "$IMG", imagePullPolicy: Never, command: ["true"]}]
Y
t "everything plays" timeout 60 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" play kube "$T/all.yaml"
t "wait for a Job" timeout 60 "$PODCTL_BIN" "${PODCTL_OPTS[@]}" kube wait --for condition=complete job/work --timeout 60s
is "says which" "$(podctl kube wait --for=condition=Complete jobs work)" "job.batch/work condition met"
is "wait for a Deployment" "$(podctl kube wait --for condition=available deploy/dep --timeout 60s)" "deployment.apps/dep condition met"
is "wait for a value" "$(podctl kube wait --for jsonpath='{.status.readyReplicas}'=1 sts/state --timeout 60s)" "statefulset.apps/state condition met"
podctl kube wait --for condition=failed job/work --timeout 1s >/dev/null 2>&1; is "what does not come" $? 1
row() { podctl kube get "$@" --no-headers | tr -s ' ' | sed 's/ [0-9]*s$//'; }
is "deployments" "$(row deployments)" "dep 2/2 2 2"
is "statefulsets" "$(row sts)" "state 1/1"
is "jobs" "$(row jobs.batch | sed 's/ [0-9]*s *$//')" "work Complete 1/1"
is "configmaps" "$(row cm)" "conf 2"
is "secrets" "$(row secret sec)" "sec Opaque 1"
is "claims" "$(row pvc | sed 's/ <unset>//')" "disk Bound disk 1Gi RWO"
is "headings are kubectl's" "$(podctl kube get deploy | head -1 | tr -s ' ')" "NAME READY UP-TO-DATE AVAILABLE AGE"
is "wide" "$(podctl kube get deploy -o wide --no-headers | awk '{print $6, $7, $8}')" "c $IMG app=a"
out=$(podctl kube get all)
like "all: pods with their kind" "$out" '^pod/dep-pod-0 +1/1 +Running'
like "and the others" "$out" '^job.batch/work +Complete'
is "but no ConfigMaps" "$(grep -c configmap <<<"$out")" 0
is "-o name" "$(podctl kube get deploy,sts,job -o name | tr '\n' ' ')" "deployment.apps/dep statefulset.apps/state job.batch/work "
is "by label" "$(podctl kube get cm,deploy -l app=a -o name | tr '\n' ' ')" "configmap/conf deployment.apps/dep "
is "-o jsonpath of one" "$(podctl kube get cm conf -o jsonpath='{.data.b}')" 2
is "of many" "$(podctl kube get pods -l app=a -o jsonpath='{range .items[*]}{.metadata.name}={.status.phase}{"\n"}{end}' | sort | tr '\n' ' ')" "dep-pod-0=Running dep-pod-1=Running "
is "with a filter" "$(podctl kube get job/work -o jsonpath='{.status.conditions[?(@.type=="Complete")].status}')" True
is "-o json has status" "$(podctl kube get deploy/dep -o json | python3 -c 'import json,sys; d=json.load(sys.stdin); print(d["kind"], d["status"]["availableReplicas"], d["metadata"]["namespace"])')" "Deployment 2 default"
like "-A" "$(podctl kube get deploy -A)" '^default +dep '
t_fails "a name that is not there" 125 'deployments.apps "x" not found' podctl kube get deploy x
t_fails "a template that is none" 125 'jsonpath' podctl kube get pods -o jsonpath='{.a'
is "custom-columns" "$(podctl kube get deploy,sts -o custom-columns=NAME:.metadata.name,IMAGES:spec.template.spec.containers[*].image,NONE:{.x.y} | tr -s ' ')" "NAME IMAGES NONE
dep $IMG <none>
state $IMG <none>"
is "without headings" "$(podctl kube get sts --no-headers -o custom-columns=:.metadata.name)" state
t_fails "a column that is none" 125 'expected NAME:PATH' podctl kube get pods -o custom-columns=NAME
t_fails "a column's path that is none" 125 "column 'A'" podctl kube get pods -o custom-columns='A:.a['
is "an identifier is the one that containers see" "$(podctl kube get pod state-0 -o jsonpath='{.metadata.uid}' | grep -cE '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$')" 1
like "the machine's address is hostIP" "$(podctl kube get pod state-0 -o jsonpath='{.status.hostIP}')" '^[0-9]+(\.[0-9]+){3}$'
told() { podctl kube events --for "$1" --no-headers | awk '{ $1 = ""; print }' | tr -s ' ' | sort | paste -sd'|'; }
is "events of a Job" "$(told job/work)" " Normal Completed Job/work Job completed| Normal SuccessfulCreate Job/work Created pod: $(podctl kube get pods -o name | sed -n 's,^pod/\(work.*\),\1,p')"
is "of a Deployment" "$(told deploy/dep)" " Normal SuccessfulCreate Deployment/dep Created pod: dep-pod-0| Normal SuccessfulCreate Deployment/dep Created pod: dep-pod-1"
is "of a StatefulSet" "$(told sts/state)" " Normal SuccessfulCreate StatefulSet/state create Pod state-0 in StatefulSet state successful"
like "all of them" "$(podctl kube events)" 'Normal +Completed +Job/work'
like "logs of a workload: of one of its pods" "$(podctl kube logs job/work 2>&1)$(podctl kube logs deploy/dep 2>&1 >/dev/null)" 'Found 2 pods, using pod/dep-pod-0'
t_fails "logs of a workload that is not there" 125 'deployments.apps "none" not found' podctl kube logs deploy/none
t_fails "--for wants a kind" 125 'expected KIND/NAME' podctl kube events --for work
is "nothing of a kind" "$(podctl kube get rs 2>&1)" "No resources found in default namespace."
about() { podctl kube describe "$@" | tr -s ' ' | tr '\n' '|'; }
like "describe: a Deployment" "$(about deploy dep)" '^Name: dep\|Namespace: default\|.*Selector: app=a\|Replicas: 2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable\|.*Pod Template:\| Labels: app=a\| Containers:\| c:\| Image: localhost/bb.*Available True MinimumReplicasAvailable'
like "a StatefulSet" "$(about sts/state)" 'Replicas: 1 desired \| 1 total\|Pods Status: 1 Running / 0 Waiting / 0 Succeeded / 0 Failed\|'
like "a Job" "$(about job/work)" 'Pods Statuses: 0 Active \(0 Ready\) / 1 Succeeded / 0 Failed\|.*Complete True'
like "with its events" "$(about job/work)" 'Events:\| Type Reason Age From Message\|.*Normal Completed [0-9a-z]+ podctl Job completed'
like "a ConfigMap" "$(about cm/conf)" 'Labels: app=a\|.*Data\|====\|a:\|----\|1\|'
like "a Secret: keys and sizes" "$(about secret sec)" 'Type: Opaque\|\|Data\|====\|k: 1 bytes\|'
like "a claim" "$(about pvc/disk)" 'Status: Bound\|.*Access Modes: RWO\|.*Used By: <none>'
is "several, of several kinds" "$(podctl kube describe cm/conf pod/state-0 sts/state | grep -c '^Name:')" 3
t_fails "describe: a name that is not there" 125 'jobs.batch "x" not found' podctl kube describe job x
t_fails "describe: a kind that is none" 125 'resource type' podctl kube describe wombat x
podctl kube down --force "$T/all.yaml" >/dev/null
is "all of it goes" "$(podctl kube get all,cm,pvc 2>&1)" "No resources found in default namespace."
until_true 20 eval '[ "$(machine_state | grep -v "host mounts")" = "$(grep -v "host mounts" <<<"$before")" ]'
is "nothing is left" "$(machine_state | grep -v "host mounts")" "$(grep -v "host mounts" <<<"$before")"
done_testing
