#!/usr/bin/env bash
# Tests all of deploy/kubernetes on a real cluster: migrate, load, kill pods, drain the node, update, edit load.sql rightly
# and wrongly, scale from 0 and back with KEDA. Each step runs under load; after it, every message must be one row.
# Before that it applies the overlay for AWS, without AWS: the API server accepts everything as strictly as it can, the pods
# are created under the restricted pod security standard, and each reference from one resource to another resolves.
# Prints PASS or FAIL, exits 0 or 1 (2: cannot begin).
#
#   docker build -f deploy/Dockerfile -t cameleon:local .      and load the image into the cluster
#   mvn -q package -DskipTests
#   KUBECONFIG=… deploy/try/kubernetes.sh
#
# Needs kubectl, curl, java, and a cluster with DNS that is used for nothing else: the namespaces "cameleon" and
# "cameleon-aws" must not
# exist, and are deleted at the end. Takes about ten minutes.
#
#   CAMELEON_JAR      target/cameleon.jar; makes the mask keys
#   MESSAGES          4000: for each step
#   PROMETHEUS_CRDS   the folder of the Prometheus Operator's CRDs (example/prometheus-operator-crd), if the cluster has none;
#                     they are applied, and remain
#   ONLY=aws          the overlay for AWS alone: a control plane without a node suffices; half a minute, no jar
#   KEEP=1            keep the namespaces
#
# Not exercised on a cluster of one node: the spread over zones; "drained" means that the node is drained of the loaders and
# uncordoned. The network policy is applied, but enforced only by a network plug-in that does so. Without KEDA's resources in
# the cluster, scaling is skipped, and the last line says so. Nothing of the overlay for AWS runs: there is no image, role or
# queue. Parts for which the cluster has no CRDs (KEDA, Prometheus Operator) are left out, which a line reports.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
jar=${CAMELEON_JAR:-target/cameleon.jar}
messages=${MESSAGES:-4000}
bad=1 # of the 100 samples; one is no login and must be dead-lettered

say() { printf '%s  %s\n' "$(date +%T)" "$*" >&2; }
die() { say "kubernetes.sh: $*"; exit 2; }
tools=(kubectl)
if [[ ${ONLY:-} != aws ]]; then
  tools+=(curl java)
  [[ -f $jar ]] || die "there is no $jar; build it with: mvn -q package -DskipTests"
fi
for tool in "${tools[@]}"; do
  command -v "$tool" >/dev/null || die "$tool is not on the PATH"
done
kubectl get --raw /readyz >/dev/null || die "the cluster does not answer; is KUBECONFIG set?"
for namespace in cameleon cameleon-aws; do
  if kubectl get namespace "$namespace" >/dev/null 2>&1; then die "the namespace $namespace exists; delete it, or use another cluster"; fi
done

k() { kubectl -n cameleon "$@"; }

# --- clean up whatever happens -------------------------------------------------------------------
work=$(mktemp -d)
forward_pid=''
sender_pid=''
node=''
# shellcheck disable=SC2329  # called by the trap
clean_up() {
  local code=$?
  [[ -z $sender_pid ]] || kill "$sender_pid" 2>/dev/null || true
  [[ -z $forward_pid ]] || kill "$forward_pid" 2>/dev/null || true
  if [[ $code -ne 0 ]]; then
    kubectl -n cameleon-aws get events >&2 || true
    k get pods -o wide >&2 || true
    k logs -l app.kubernetes.io/component=loader -c cameleon --tail=20 >&2 || true
    k logs -l app.kubernetes.io/component=loader -c check --tail=20 >&2 || true
  fi
  [[ -z $node ]] || kubectl uncordon "$node" >/dev/null || true
  if [[ ${KEEP:-} == 1 ]]; then say "kept: the namespaces cameleon and cameleon-aws, $work"; else
    kubectl delete namespace cameleon cameleon-aws --ignore-not-found --timeout=120s >/dev/null 2>&1 || true
    rm -rf "$work"
  fi
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- helpers -------------------------------------------------------------------------------------
failures=0
expect() { # what, expected, found
  if [[ $2 == "$3" ]]; then say "  ok    $1: $3"; else say "  WRONG $1: $3, expected $2"; failures=$((failures + 1)); fi
}
wait_for() { # seconds, what, command…: until it succeeds
  local seconds=$1 what=$2 end=$((SECONDS + $1))
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= end)); then say "  WRONG $what: not within $seconds s"; exit 1; fi
    sleep 1
  done
}
query() { k exec deploy/postgres -- psql -XAtq -U app_owner -d cameleon -c "$1" </dev/null; }
authorization='Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0'
sqs() { # action, request: LocalStack checks no signature, only that there is one
  curl -fsS --max-time 20 "$endpoint" -H "X-Amz-Target: AmazonSQS.$1" -H 'Content-Type: application/x-amz-json-1.0' \
    -H "$authorization" -d "$2"
}
count() { # queue, attribute
  sqs GetQueueAttributes "{\"QueueUrl\":\"$1\",\"AttributeNames\":[\"$2\"]}" | grep -Eo '"[0-9]+"' | tr -d '"'
}
queue_url=http://localstack:4566/000000000000/login-queue
forward() { # a port of this machine to LocalStack's
  k port-forward svc/localstack :4566 >"$work/forward" 2>&1 &
  forward_pid=$!
  wait_for 30 'port-forward' grep -q 'Forwarding from 127' "$work/forward"
  endpoint=http://127.0.0.1:$(sed -n 's/^Forwarding from 127.0.0.1:\([0-9]*\) .*/\1/p' "$work/forward")
}
sent=0
send() { # number: events of distinct users, ten a request, all over one connection
  local requests
  requests=$(mktemp -d -p "$work")
  awk -v first="$sent" -v last=$((sent + $1)) -v queue="$queue_url" -v folder="$requests" -v endpoint="$endpoint" 'BEGIN {
    for (n = first; n < last; n += 10) {
      file = folder "/" n ".json"
      printf "{\"QueueUrl\":\"%s\",\"Entries\":[", queue > file
      for (i = n; i < n + 10 && i < last; i++) {
        body = sprintf("{\"user_id\":\"try-%d\",\"app_version\":\"2.3.0\",\"device_type\":\"android\",\"ip\":\"192.0.2.%d\",\"locale\":\"RU\",\"device_id\":\"593-47-%d\"}", i, i % 250, i)
        gsub(/"/, "\\\"", body)
        printf "%s{\"Id\":\"%d\",\"MessageBody\":\"%s\"}", (i > n ? "," : ""), i - n, body > file
      }
      print "]}" > file
      close(file)
      if (n > first) print "next"
      print "url = \"" endpoint "\"\nsilent\nshow-error\nfail\noutput = \"/dev/null\"\ndata = \"@" file "\""
      print "header = \"X-Amz-Target: AmazonSQS.SendMessageBatch\"\nheader = \"Content-Type: application/x-amz-json-1.0\""
      print "header = \"'"$authorization"'\""
    }
  }' >"$requests/curl"
  curl -K "$requests/curl"
  sent=$((sent + $1))
}
empty() { # nothing on the source queue, visible or not
  [[ $(count "$queue_url" ApproximateNumberOfMessages) == 0 && $(count "$queue_url" ApproximateNumberOfMessagesNotVisible) == 0 ]]
}
settled() { # what: every message sent is one row
  wait_for 240 "$1: the queue empties" empty
  expect "$1: rows, of distinct users" "$((sent + 99)), $sent" \
    "$(query "select count(*) || ', ' || count(distinct user_id) filter (where user_id like 'try-%') from user_logins")"
}
apply() { # overlay
  k delete job cameleon-migrate --ignore-not-found >/dev/null # a Job cannot be changed
  kubectl apply -k "$1" >"$work/applied"
}
loaders() { k get pods -l app.kubernetes.io/component=loader --field-selector=status.phase=Running -o name | wc -l; }
at_least() { (($(loaders) >= $1)); }
one() { [[ $(k get pods -l app.kubernetes.io/component=loader -o name | wc -l) == 1 ]]; }
none() { [[ $(k get pods -l app.kubernetes.io/component=loader -o name | wc -l) == 0 ]]; }

# --- everything is applied from a copy, so that routes can be edited -------------------------------
cp -r deploy routes "$work"

say 'apply the overlay for AWS, to the API server alone'
aws=$work/deploy/kubernetes/overlays/aws
a() { kubectl -n cameleon-aws "$@"; }
strictly() { kubectl apply --server-side --validate=strict --warnings-as-errors "$@" >"$work/applied"; }
made() { [[ $(a get pods -l "$1" -o name) == pod/* ]]; } # admitted as restricted; that they run is not asked for
each() { # a template per pod, a line per value
  a get pods -o jsonpath="{range .items[*]}$1{end}" | sort -u
}
setting() { sed -n "s/^ *\(- \)\?$1[:=] *//p" "$aws"/*.{yaml,env}; }
if [[ -n ${PROMETHEUS_CRDS:-} ]]; then
  strictly -f "$PROMETHEUS_CRDS"
  kubectl wait --for=condition=established -f "$PROMETHEUS_CRDS" --timeout=60s >/dev/null
fi
sed -i 's/^namespace: cameleon$/namespace: cameleon-aws/' "$aws/kustomization.yaml"
echo 'stands for the authorities of the database' >"$aws/rds.pem"
keda=yes monitoring=yes
if ! kubectl get crd scaledobjects.keda.sh >/dev/null 2>&1; then
  keda='' && sed -i '/components\/keda$/d' "$aws/kustomization.yaml" && say '  not tried: components/keda; the cluster has no KEDA'
fi
if ! kubectl get crd podmonitors.monitoring.coreos.com prometheusrules.monitoring.coreos.com >/dev/null 2>&1; then
  monitoring='' && sed -i '/components\/monitoring$/d' "$aws/kustomization.yaml"
  say '  not tried: components/monitoring; the cluster has no Prometheus Operator, and PROMETHEUS_CRDS is not set'
fi
strictly -k "$aws"
wait_for 30 'a loader is made' made app.kubernetes.io/component=loader
wait_for 30 'a migration is made' made app.kubernetes.io/component=migrate
for component in loader migrate; do
  account=$(a get pods -l "app.kubernetes.io/component=$component" -o jsonpath='{.items[0].spec.serviceAccountName}')
  expect "the role of the $component" "$(setting "$component")" \
    "$(a get serviceaccount "$account" -o jsonpath='{.metadata.annotations.eks\.amazonaws\.com/role-arn}')"
done
expect 'the image of each container' "$(setting newName):$(setting newTag)" \
  "$(each '{range .spec.initContainers[*]}{.image}{"\n"}{end}{range .spec.containers[*]}{.image}{"\n"}{end}')"
{
  each '{range .spec.volumes[*]}{.configMap.name}{"\n"}{end}'
  each '{range .spec.containers[*].envFrom[*]}{.configMapRef.name}{"\n"}{end}'
  each '{range .spec.initContainers[*].envFrom[*]}{.configMapRef.name}{"\n"}{end}'
} | grep . | sort -u >"$work/named"
a get configmaps -o jsonpath='{range .items[*]}{.metadata.name}{"\n"}{end}' | sort >"$work/there"
expect 'ConfigMaps that the pods name, and that are not there' cameleon-recipients "$(comm -23 "$work/named" "$work/there")" # optional
expect 'ConfigMaps that no pod names' "${monitoring:+cameleon-dashboard }kube-root-ca.crt" "$(comm -13 "$work/named" "$work/there" | paste -sd' ')"
expect 'the pods of the network policy' 2 "$(a get pods -o name -l \
  "$(a get networkpolicy cameleon -o jsonpath='{.spec.podSelector.matchLabels}' | tr -d '{}"' | tr : =)" | wc -l)"
expect 'what the network policy lets out' 'UDP/53 TCP/53 TCP/443 TCP/5432 TCP/80 ' \
  "$(a get networkpolicy cameleon -o jsonpath='{range .spec.egress[*].ports[*]}{.protocol}/{.port} {end}')"
if [[ -n $keda ]]; then
  scaled() { a get scaledobject cameleon -o jsonpath="{.spec.$1}"; }
  expect 'what KEDA scales' deployment.apps/cameleon "$(a get deployment "$(scaled scaleTargetRef.name)" -o name)"
  expect "KEDA's region" "$(setting AWS_REGION)" "$(scaled triggers[0].metadata.awsRegion)"
  expect "KEDA's login: the operator's own role" 'aws ' "$(a get triggerauthentication "$(scaled triggers[0].authenticationRef.name)" \
    -o jsonpath='{.spec.podIdentity.provider} {.spec.podIdentity.identityOwner}')"
fi
if [[ -n $monitoring ]]; then
  expect 'what kube-prometheus-stack selects' podmonitor,prometheusrule \
    "$(a get podmonitors,prometheusrules -l release=kube-prometheus-stack -o name | sed 's/[.].*//' | paste -sd,)"
  expect 'the groups of alerts' 'cameleon-dead-letters cameleon-flow cameleon-process' \
    "$(a get prometheusrule cameleon -o jsonpath='{.spec.groups[*].name}')"
fi
sed -i '/components\/keda$/d; s,components/migrate$,components/cron,' "$aws/kustomization.yaml"
strictly -k "$aws"
a create job --from=cronjob/cameleon once >/dev/null
wait_for 30 'a pod of the cron job is made' made job-name=once
kubectl delete namespace cameleon-aws --wait=false >/dev/null
if [[ ${ONLY:-} == aws ]]; then
  if [[ $failures -eq 0 ]]; then echo PASS; exit 0; else echo FAIL; exit 1; fi
fi

overlay=$work/deploy/kubernetes/overlays/local
rm -f "$overlay/mask.json"
java -jar "$jar" keys create --out "$overlay/mask.json" >/dev/null
chmod a+r "$overlay/mask.json"

say 'apply the local overlay'
apply "$overlay"
k wait --for=condition=complete job/cameleon-migrate --timeout=300s >/dev/null
k rollout status deploy/cameleon --timeout=300s >/dev/null
forward
wait_for 120 'the samples are loaded' empty
expect 'rows of the samples' 99 "$(query 'select count(*) from user_logins')"
expect 'dead letters of the samples' $bad "$(count "$queue_url-dlq" ApproximateNumberOfMessages)"
expect 'the loaders own nothing' cameleon_loader \
  "$(query "select string_agg(r.rolname, ',') from pg_auth_members m join pg_roles r on r.oid = m.roleid where m.member = 'app_loader'::regrole")"

say 'kill pods under load'
k scale deploy/cameleon --replicas=2 >/dev/null
k rollout status deploy/cameleon --timeout=180s >/dev/null
send "$messages" &
sender_pid=$!
for ((i = 0; i < 3; i++)); do
  sleep 2
  k delete pods -l app.kubernetes.io/component=loader --grace-period=0 --force >/dev/null 2>&1
  wait_for 180 'a new pod runs' at_least 1
done
wait "$sender_pid"; sender_pid=''; sent=$((sent + messages))
settled 'pods killed'

say 'drain the node of the loaders under load'
# One pod: on a cluster of one node, an evicted pod has nowhere to go, and the budget would not allow the second
# eviction.
k scale deploy/cameleon --replicas=1 >/dev/null
wait_for 60 'one pod runs' one
node=$(k get pods -l app.kubernetes.io/component=loader -o jsonpath='{.items[0].spec.nodeName}')
k rollout status deploy/cameleon --timeout=180s >/dev/null
send "$messages" &
sender_pid=$!
kubectl drain "$node" --ignore-daemonsets --delete-emptydir-data --pod-selector=app.kubernetes.io/component=loader --timeout=120s >&2
expect 'the node is drained' 0 "$(k get pods -l app.kubernetes.io/component=loader --field-selector="spec.nodeName=$node" -o name | wc -l)"
kubectl uncordon "$node" >/dev/null
node=''
wait "$sender_pid"; sender_pid=''; sent=$((sent + messages))
settled 'drain'

say 'update under load'
k rollout status deploy/cameleon --timeout=180s >/dev/null
send "$messages" &
sender_pid=$!
echo 'CAMELEON_BATCH_ROWS=400' >>"$overlay/settings.env"
apply "$overlay"
k rollout status deploy/cameleon --timeout=240s >/dev/null
wait "$sender_pid"; sender_pid=''; sent=$((sent + messages))
settled 'update'

say 'a good edit of load.sql under load'
send "$messages" &
sender_pid=$!
sed -i '/^SELECT/s/ locale,/ lower(locale),/' "$work/routes/load.sql"
apply "$overlay"
k rollout status deploy/cameleon --timeout=240s >/dev/null
wait "$sender_pid"; sender_pid=''; sent=$((sent + messages))
wait_for 60 'the old pod is gone' one
send 10
settled 'good edit'
expect 'rows of the new load.sql' 10 "$(query "select count(*) from user_logins
  where locale = 'ru' and user_id in (select 'try-' || n from generate_series($((sent - 10)), $((sent - 1))) n)")"

say 'a bad edit of load.sql: the old pods stay'
before=$(k get pods -l app.kubernetes.io/component=loader -o name | sort)
cp "$work/routes/load.sql" "$work/load.sql"
sed -i 's/device_type, ip,/device_tipe, ip,/' "$work/routes/load.sql"
apply "$overlay"
refused() { k logs -l app.kubernetes.io/component=loader -c check --tail=-1 2>/dev/null | grep -q 'device_tipe'; }
wait_for 120 'the check of a new pod names the mistake' refused
send "$messages"
settled 'bad edit'
expect 'the old pods load' "$before" "$(k get pods -l app.kubernetes.io/component=loader --field-selector=status.phase=Running -o name | sort)"
mv "$work/load.sql" "$work/routes/load.sql"
apply "$overlay"
k rollout status deploy/cameleon --timeout=240s >/dev/null

scaled='not tried: the cluster has no KEDA'
if kubectl get crd scaledobjects.keda.sh >/dev/null 2>&1; then
  say 'scale from 0 and back with KEDA'
  apply "$overlay-keda"
  wait_for 180 'no pod while nothing waits' none
  send "$messages" &
  sender_pid=$!
  most=0
  end=$((SECONDS + 180))
  until { ! kill -0 "$sender_pid" 2>/dev/null && empty; } || ((SECONDS >= end)); do
    now=$(loaders)
    if ((now > most)); then most=$now; fi
    sleep 1
  done
  wait "$sender_pid"; sender_pid=''; sent=$((sent + messages))
  settled 'scaled'
  if ((most < 2)); then expect 'most pods at a time' '2 or more' "$most"; fi
  wait_for 180 'no pod afterwards' none
  scaled="0 → $most → 0 pods"
fi

say "scaling: $scaled; $((sent + 99)) rows"
if [[ $failures -eq 0 ]]; then echo PASS; else echo FAIL; exit 1; fi
