#!/usr/bin/env bash
# Alerts and dashboard against a real Prometheus and Alertmanager: starts the jar, has Prometheus scrape it with the
# shipped configuration and rules, sends samples, runs every query of the dashboard and of the alerts, and waits until
# Alertmanager has the alert about dead letters. Then SQS refuses deletes, and later the process is gone: both alerts
# fire and end (each "for" is 4 s here). Prints PASS or FAIL, exits 0 or 1 (2: cannot begin).
#
#   mvn -q package -DskipTests
#   createdb cameleon_try
#   CAMELEON_DB_URL=jdbc:postgresql://localhost:5432/cameleon_try deploy/try/observe.sh
#
# Needs prometheus, promtool, alertmanager, java and curl on the PATH, and an EMPTY database, as deploy/localstack/try.sh.
#
#   CAMELEON_DB_URL              required; CAMELEON_DB_USER/_PASSWORD as for the application
#   CAMELEON_JAR                 target/cameleon.jar
#   LOCALSTACK_VENV              a virtual environment with deploy/localstack/requirements.txt; created if it does not
#   exist
#   PYTHON                       Python 3.13 or newer, to create it
#   KEEP=1                       keep the temporary folder
#
# Tracing, if both are set:
#   OTEL_AGENT                   opentelemetry-javaagent.jar (Maven Central: io.opentelemetry.javaagent)
#   OTELCOL                      a collector with the otlp receiver and the debug exporter
#
# Not exercised: Grafana itself (only the queries of its panels), the Prometheus Operator, kube-state-metrics
# (CameleonPodRestarting), and whether the other alerts fire: alerts.test.yaml does that, and this script runs it.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
jar=$(realpath "${CAMELEON_JAR:-target/cameleon.jar}")
unset CAMELEON_JAR # not a variable of the application, which refuses those it does not know

say() { printf '%s\n' "$*" >&2; }
die() { say "observe.sh: $*"; exit 2; }

[[ -n ${CAMELEON_DB_URL:-} ]] || die "CAMELEON_DB_URL is not set; it must name an empty database"
[[ -f $jar ]] || die "there is no $jar; build it with: mvn -q package -DskipTests"
alertmanager=$(command -v alertmanager || command -v prometheus-alertmanager || true)
[[ -n $alertmanager ]] || die "alertmanager is not on the PATH"
for tool in java curl prometheus promtool; do
  command -v "$tool" >/dev/null || die "$tool is not on the PATH"
done

# --- clean up whatever happens -------------------------------------------------------------------
work=$(mktemp -d)
pids=()
# shellcheck disable=SC2329  # called by the trap
clean_up() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for _ in {1..20}; do
    kill -0 "${pids[@]}" 2>/dev/null || break
    sleep 0.5
  done
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  if [[ ${KEEP:-} == 1 ]]; then say "kept: $work"; else rm -rf "$work"; fi
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# shellcheck source=deploy/try/asserts.sh
. deploy/try/asserts.sh
check() { # what, command…: quiet unless it fails
  local what=$1
  shift
  if "$@" >"$work/check.log" 2>&1; then ok "$what"; else cat "$work/check.log" >&2; wrong "$what"; fi
}

# --- the files -----------------------------------------------------------------------------------
observe=deploy/observe
check 'promtool check config (and the rules)' promtool check config "$observe/prometheus.yml"
check 'promtool test rules' promtool test rules "$observe/alerts.test.yaml"
check 'prometheus-rule.yaml is alerts.yaml' "$observe/prometheus-rule.sh" --check

# --- LocalStack ----------------------------------------------------------------------------------
venv=${LOCALSTACK_VENV:-$work/venv}
if [[ ! -x $venv/bin/aws ]]; then
  say "installing LocalStack into $venv …"
  "${PYTHON:-python3}" -c 'import sys; sys.exit(sys.version_info < (3, 13))' ||
    die "LocalStack needs Python 3.13 or newer; name it with PYTHON"
  "${PYTHON:-python3}" -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r deploy/localstack/requirements.txt
fi
python=$venv/bin/python
free_port() { "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
sqs=http://127.0.0.1:$(free_port)
mkdir "$work/root"
env HOME="$work" FILESYSTEM_ROOT="$work/root" OVERRIDE_IN_DOCKER=0 \
  SERVICES=sqs EAGER_SERVICE_LOADING=1 SQS_ENDPOINT_STRATEGY=path \
  GATEWAY_LISTEN="${sqs#http://}" LOCALSTACK_HOST="${sqs#http://}" GATEWAY_SERVER=hypercorn \
  DNS_ADDRESS=0 DISABLE_EVENTS=1 SKIP_SSL_CERT_DOWNLOAD=1 LS_LOG=warning \
  "$python" -m localstack.runtime.main >"$work/localstack.log" 2>&1 &
pids+=($!)
sqs_runs() { curl -fs "$sqs/_localstack/health" | grep -q '"sqs": "running"'; }
await LocalStack 90 sqs_runs

# --- the jar -------------------------------------------------------------------------------------
unset AWS_PROFILE AWS_SESSION_TOKEN CAMELEON_KEYSET_JSON # nothing of a developer's real account is used
export AWS_ENDPOINT_URL=$sqs AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
export CAMELEON_QUEUE=login-queue CAMELEON_DEAD_LETTER_QUEUE=login-queue-dlq CAMELEON_KEYSET=$work/mask.json
export PATH="$venv/bin:$PATH" # the AWS CLI
SEND_SAMPLES=never deploy/localstack/init-queues.sh >&2
java -jar "$jar" keys create --out "$CAMELEON_KEYSET" >/dev/null
proxy=127.0.0.1:$(free_port)
refuses=$work/refuses-deletes # while there is this file
"$python" deploy/try/refusing_proxy.py "${proxy#*:}" "${sqs#http://}" "$refuses" >"$work/proxy.log" 2>&1 &
pids+=($!)
app=127.0.0.1:$(free_port)
export CAMELEON_HTTP_HOST=${app%:*} CAMELEON_HTTP_PORT=${app#*:} CAMELEON_METRICS=emf
tracing=()
if [[ -n ${OTEL_AGENT:-} && -n ${OTELCOL:-} ]]; then
  otlp=127.0.0.1:$(free_port)
  sed "s|127.0.0.1:4318|$otlp|" "$observe/collector.yaml" >"$work/collector.yaml"
  "$OTELCOL" --config "$work/collector.yaml" >"$work/collector.log" 2>&1 &
  pids+=($!)
  await 'the collector' 60 curl -s -o /dev/null "http://$otlp"
  # The shipped settings; all traces instead of one in a hundred.
  mapfile -t tracing < <(grep -v '^#' "$observe/tracing.env")
  tracing=(env "${tracing[@]}" "JAVA_TOOL_OPTIONS=-javaagent:$(realpath "$OTEL_AGENT")"
    "OTEL_EXPORTER_OTLP_ENDPOINT=http://$otlp" OTEL_TRACES_SAMPLER=always_on)
fi
AWS_ENDPOINT_URL=http://$proxy "${tracing[@]}" java -jar "$jar" run >"$work/cameleon.out" 2>"$work/cameleon.log" &
cameleon=$!
pids+=("$cameleon")
await 'the start of the jar' 180 curl -fs "http://$app/observe/health/ready"

# --- Prometheus and Alertmanager -------------------------------------------------------------------
alerts=127.0.0.1:$(free_port)
cat >"$work/alertmanager.yml" <<'END'
route: {receiver: nobody}
receivers: [{name: nobody}]
END
"$alertmanager" --config.file="$work/alertmanager.yml" --storage.path="$work/alertmanager" \
  --web.listen-address="$alerts" --cluster.listen-address= >"$work/alertmanager.log" 2>&1 &
pids+=($!)
prometheus=127.0.0.1:$(free_port)
sed -E 's/^( +for: ).*/\14s/' "$observe/alerts.yaml" >"$work/alerts.yaml"
sed -e "s|cameleon:9876|$app|" -e 's|interval: 15s|interval: 2s|' "$observe/prometheus.yml" >"$work/prometheus.yml"
cat >>"$work/prometheus.yml" <<END
alerting:
  alertmanagers: [{static_configs: [{targets: ["$alerts"]}]}]
END
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/data" \
  --web.listen-address="$prometheus" >"$work/prometheus.log" 2>&1 &
pids+=($!)
value() { # a query's first value
  curl -fsG "http://$prometheus/api/v1/query" --data-urlencode "query=$1" |
    "$python" -c 'import json, sys; r = json.load(sys.stdin)["data"]["result"]; print(r[0]["value"][1] if r else "none")'
}
is() { [[ $(value "$1") == "$2" ]]; }
await 'the first scrape' 60 is 'cameleon_ready{check="START"}' 1
sleep 5 # two scrapes: increase() needs a sample from before

# --- messages flow -------------------------------------------------------------------------------
waves=3
for ((i = 0; i < waves; i++)); do
  SEND_SAMPLES=always deploy/localstack/init-queues.sh >&2
done
rows=$((99 * waves))
trace=0af7651916cd43dd8448eb211c80319c sender=b7ad6b7169203331 planted=zanzibar
if [[ ${#tracing[@]} -gt 0 ]]; then # one message whose sender began a trace, with attributes that no span may have
  queue_url=$(aws --region us-east-1 --endpoint-url "$sqs" --output text sqs get-queue-url --queue-name login-queue --query QueueUrl)
  aws --region us-east-1 --endpoint-url "$sqs" sqs send-message --queue-url "$queue_url" \
    --message-body "$(head -n 1 deploy/localstack/samples.jsonl)" --message-attributes \
    "traceparent={DataType=String,StringValue=00-$trace-$sender-01},tracestate={DataType=String,StringValue=a=$planted},\
$planted={DataType=String,StringValue=$planted}" >/dev/null
  rows=$((rows + 1))
fi
await 'loading' 60 is 'sum(cameleon_messages_total{outcome="loaded"})' "$rows"
await 'dead-lettering' 60 is 'sum(cameleon_messages_total{outcome="dead_lettered"})' "$waves"
await 'the depth of the dead-letter queue' 60 is 'max(pipeline:cameleon_dead_letter_queue_messages:max)' "$waves"
ok "$rows rows and $waves dead letters, by Prometheus"

# --- every query ---------------------------------------------------------------------------------
if "$python" - "http://$prometheus/api/v1" "$observe/dashboard.json" "$observe/alerts.yaml" >&2 <<'END'; then
import json, math, re, sys, urllib.parse, urllib.request

api, dashboard, alerts = sys.argv[1:]

def get(path, **parameters):
    with urllib.request.urlopen(f"{api}/{path}?{urllib.parse.urlencode(parameters)}") as answer:
        return json.load(answer)["data"]

def samples(query):
    found = get("query", query=query)["result"]
    return [sample for sample in found if not math.isnan(float(sample["value"][1]))]

wrong = 0
def expect(what, found):
    global wrong
    if not found:
        wrong += 1
        print("  WRONG no data:", what)

with open(dashboard) as file:
    board = json.load(file)
panels = [panel for panel in board["panels"] if panel["type"] != "row"]
queries = 0
for panel in panels:
    for target in panel["targets"]:
        queries += 1
        query = target["expr"].replace("$__rate_interval", "1m").replace('"$job"', '".*"')
        expect(f"panel {panel['title']}: {query}", "$" not in query and samples(query))
for variable in board["templating"]["list"]:
    if variable["type"] == "query":
        label = re.fullmatch(r"label_values\((\w+),(\w+)\)", variable["definition"])
        expect(variable["definition"], get(f"label/{label[2]}/values", **{"match[]": label[1]}))
with open(alerts) as file:
    text = "".join(line for line in file if not line.lstrip().startswith("#"))
# Metrics of other programs, and metrics that exist only after a reload.
elsewhere = {"kube_pod_container_status_restarts_total", "kube_pod_init_container_status_restarts_total"}
metrics = set(re.findall(r"\b(?:cameleon|jvm|process|kube|pipeline:cameleon)_\w+(?::max)?(?=[{\[)\s])", text)) - elsewhere
for metric in sorted(metrics):
    expect(f"alerts.yaml: {metric}", samples(metric))
rules = [rule for group in get("rules")["groups"] for rule in group["rules"]]
for rule in rules:
    expect(f"rule {rule['name']} is {rule['health']}: {rule.get('lastError')}", rule["health"] == "ok")
print(f"  {len(panels)} panels, {queries} queries, {len(metrics)} metrics of {len(rules)} rules")
sys.exit(wrong > 0)
END
  ok 'every query has data'
else
  wrong 'not every query has data'
fi

# --- the alert -----------------------------------------------------------------------------------
alerted() {
  curl -fs "http://$alerts/api/v2/alerts" | "$python" -c '
import json, sys
found = [a for a in json.load(sys.stdin) if a["labels"]["alertname"] == "CameleonDeadLetters"]
sys.exit(not found or found[0]["annotations"]["runbook_url"] != "docs/RUNBOOK.md#cameleondeadletters")'
}
await 'the alert CameleonDeadLetters at Alertmanager' 60 alerted
ok 'Alertmanager has CameleonDeadLetters, with its runbook'

# --- deletes are refused ---------------------------------------------------------------------------
fires() { is "max(ALERTS{alertstate=\"firing\", alertname=$1})" 1; }
ended() { is "max(ALERTS{alertname=$1})" none; }
touch "$refuses"
SEND_SAMPLES=always deploy/localstack/init-queues.sh >&2
not_ready='"CameleonNotReady", check="DELETES"'
await 'the alert CameleonNotReady, DELETES' 60 fires "$not_ready"
rm "$refuses"
await 'the end of CameleonNotReady, DELETES' 60 ended "$not_ready"
rows=$((rows + 99))
waves=$((waves + 1))
await 'loading what could not be deleted' 60 is 'sum(cameleon_messages_total{outcome="loaded"})' "$rows"
await 'dead-lettering the rest' 60 is 'sum(cameleon_messages_total{outcome="dead_lettered"})' "$waves"
ok 'CameleonNotReady fires while deletes are refused, and ends; each message is loaded once'

# --- the end: what the process wrote --------------------------------------------------------------
kill "$cameleon"
code=0
wait "$cameleon" || code=$?
if [[ $code == 0 ]]; then ok 'exit code 0'; else wrong "exit code $code"; fi
absent='"CameleonAbsent", pipeline="login"'
await 'the alert CameleonDown' 60 fires '"CameleonDown"'
await 'the alert CameleonAbsent' 60 fires "$absent"
java -jar "$jar" run >"$work/again.out" 2>"$work/again.log" &
pids+=($!)
await 'the end of CameleonDown' 60 ended '"CameleonDown"'
await 'the end of CameleonAbsent' 60 ended "$absent"
ok 'CameleonDown and CameleonAbsent fire without a process, and end with the next'
loaded=$("$python" -c '
import json, sys
print(round(sum(json.loads(line)["Loaded"] for line in sys.stdin)))' <"$work/cameleon.out")
if [[ $loaded == "$rows" ]]; then ok "$loaded rows, by the lines for CloudWatch"; else wrong "$loaded rows, by the lines for CloudWatch"; fi
if [[ ${#tracing[@]} -gt 0 ]]; then
  if "$python" - "$work/collector.log" deploy/localstack/samples.jsonl "$trace" "$sender" "$planted" >&2 <<'END'; then
import json, re, sys

collected, samples, trace, sender, planted = sys.argv[1:]
with open(collected) as file:
    log = file.read()
spans = {}
for text in log.split("\nSpan #")[1:]:
    span = dict(re.findall(r"^    (Trace ID|Parent ID|ID|Name) +: ?(.*)$", text, re.M))
    links = re.findall(r"-> ID: (\w+)", text.partition("\nLinks:")[2])
    outcome = re.search(r"cameleon\.outcome: Str\((\w+)\)", text)
    spans[span["ID"]] = span | {"Links": links, "Outcome": outcome and outcome[1]}
ours = [span for span in spans.values() if span["Parent ID"] == sender]
commits = [spans.get(link) for span in ours for link in span["Links"]]
values = {planted}
with open(samples) as file:
    for line in file:
        try:
            event = json.loads(line)
            values.update(event.get(field) for field in ("user_id", "ip", "device_id"))
        except ValueError:
            pass # the one that is no login
# Short values and 127.… would occur anywhere, for example in versions and in this script's endpoints.
values = {value for value in values if isinstance(value, str) and len(value) > 6 and not value.startswith("127.")}
leaked = sum(value in log for value in values)
print(f"  {len(spans)} spans, {[(span['Name'], span['Outcome']) for span in ours]} in the sender's trace,"
      f" {leaked} of {len(values)} personal values in them")
sys.exit(not (
    len(values) > 100 and leaked == 0
    and [(span["Trace ID"], span["Name"], span["Outcome"]) for span in ours] == [(trace, "process login-queue", "loaded")]
    and [commit and commit["Name"] for commit in commits] == ["load login-queue"]
    and ours[0]["ID"] in commits[0]["Links"]))
END
    ok 'the sender'"'"'s trace goes on here and is linked with the commit, and no span has a personal value'
  else
    wrong 'spans'
  fi
fi

if [[ $failures -eq 0 ]]; then echo PASS; else echo FAIL; exit 1; fi
