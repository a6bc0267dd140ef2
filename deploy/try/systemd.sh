#!/usr/bin/env bash
# Tests deploy/codedeploy on a machine with systemd (here a container): installs a revision, upgrades it while messages
# arrive, tries two broken revisions and rolls back, and kills the process. At the end, each message is one row. Prints
# PASS or
# FAIL, exits 0 or 1 (2: cannot begin).
#
#   mvn -q package -DskipTests
#   createdb cameleon_try
#   CAMELEON_DB_URL=jdbc:postgresql://localhost:5432/cameleon_try deploy/try/systemd.sh
#
# Needs Docker on this machine (DOCKER_HOST), Java 17 for the keyset, Python 3.13 or newer, curl, psql and an EMPTY database.
# The container uses this machine's network and needs SYS_ADMIN, for systemd's own sandbox. It took 7 to 11 minutes on
# two busy cores.
#
#   CAMELEON_DB_URL              required
#   CAMELEON_DB_USER/_PASSWORD   as for the application; one login loads and migrates here
#   CAMELEON_JAR                 target/cameleon.jar
#   SYSTEMD_IMAGE                an image with systemd, D-Bus, Java 17 and curl; else one is built from SYSTEMD_BASE
#   SYSTEMD_BASE                 debian:trixie-slim
#   MESSAGES                     3000
#   LOCALSTACK_VENV              a folder for LocalStack (SQS) and the AWS CLI, kept for the next run
#   KEEP=1                       keep the temporary folder
#
# Not exercised: CodeDeploy itself. The script simulates its agent: it reads appspec.yml, runs ApplicationStop from the
# last revision that succeeded, then the other hooks in the order of the file with their timeouts, copies the files after
# BeforeInstall, and deploys the last good revision again when a hook fails. It does not simulate fetching a revision from S3,
# several machines, or a load balancer's events.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
jar=$(realpath "${CAMELEON_JAR:-target/cameleon.jar}")
unset CAMELEON_JAR # not a variable of the application, which refuses those it does not know
messages=${MESSAGES:-3000}
container=cameleon-try-systemd-$$

say() { printf '%s\n' "$*" >&2; }
die() { say "systemd.sh: $*"; exit 2; }
[[ -n ${CAMELEON_DB_URL:-} ]] ||
  die "CAMELEON_DB_URL is not set; it must name an empty database, e.g. jdbc:postgresql://localhost:5432/cameleon_try"
[[ -f $jar ]] || die "there is no $jar; build it with: mvn -q package -DskipTests"
for tool in java curl psql docker; do
  command -v "$tool" >/dev/null || die "$tool is not on the PATH"
done
docker version >/dev/null 2>&1 || die "Docker does not answer; set DOCKER_HOST"
psql_url=${CAMELEON_DB_URL#jdbc:}
psql_url=${psql_url%%\?*} # JDBC's parameters are not libpq's
query() {
  PGUSER=${CAMELEON_DB_USER:-postgres} PGPASSWORD=${CAMELEON_DB_PASSWORD:-postgres} PGCONNECT_TIMEOUT=10 \
    psql -XAtq -v ON_ERROR_STOP=1 -d "$psql_url" -c "$1" </dev/null
}
used=$(query "select to_regnamespace('cameleon') is not null or to_regclass('user_logins') is not null") ||
  die "the database does not answer (see above)"
[[ $used == f ]] || die "the database is not empty; create another one, or drop the schema cameleon and user_logins"

work=$(mktemp -d)
sender=''
# shellcheck source=deploy/localstack/start.sh
. deploy/localstack/start.sh
# shellcheck disable=SC2329  # called by the trap
clean_up() {
  [[ -z $sender ]] || kill "$sender" 2>/dev/null || true
  docker rm -f "$container" >/dev/null 2>&1 || true
  localstack_stop
  if [[ ${KEEP:-} == 1 ]]; then say "kept: $work"; else rm -rf "$work"; fi
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

failures=0
expect() { # what, expected, found
  if [[ $2 == "$3" ]]; then say "  ok    $1: $3"; else say "  WRONG $1: $3, expected $2"; failures=$((failures + 1)); fi
}

# --- queues, machine -----------------------------------------------------------------------------
code=0
localstack_start "$work" deploy/localstack/requirements.txt sqs || code=$?
[[ $code -eq 0 ]] || exit "$code"
SEND_SAMPLES=never AWS_ENDPOINT_URL=$endpoint AWS_REGION=us-east-1 deploy/localstack/init-queues.sh >&2

image=${SYSTEMD_IMAGE:-}
if [[ -z $image ]]; then
  image=cameleon-try-systemd
  docker build -q -t "$image" - >/dev/null <<DOCKERFILE || die "the image was not built"
FROM ${SYSTEMD_BASE:-debian:trixie-slim}
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends systemd systemd-sysv dbus openjdk-21-jre-headless curl >/dev/null
DOCKERFILE
fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir "$work/etc" "$work/revisions"
java -jar "$jar" keys create --out "$work/etc/mask.json" >/dev/null
cat >"$work/etc/cameleon.env" <<ENV
AWS_ENDPOINT_URL=$endpoint
AWS_REGION=us-east-1
AWS_ACCESS_KEY_ID=test
AWS_SECRET_ACCESS_KEY=test
CAMELEON_QUEUE=login-queue
CAMELEON_DEAD_LETTER_QUEUE=login-queue-dlq
CAMELEON_DB_URL=$CAMELEON_DB_URL
CAMELEON_DB_USER=${CAMELEON_DB_USER:-postgres}
CAMELEON_DB_PASSWORD=${CAMELEON_DB_PASSWORD:-postgres}
CAMELEON_MIGRATE=false
CAMELEON_HTTP_HOST=127.0.0.1
CAMELEON_HTTP_PORT=$port
ENV
cat >"$work/etc/owner.env" <<ENV
CAMELEON_DB_OWNER_USER=${CAMELEON_DB_USER:-postgres}
CAMELEON_DB_OWNER_PASSWORD=${CAMELEON_DB_PASSWORD:-postgres}
ENV
# The mounts are shared, as on a real machine, because systemd passes credentials through a mount. The two variables of
# systemd matter with
# cgroups v1 only.
docker run -d --name "$container" --network host --cgroupns host -v /sys/fs/cgroup:/sys/fs/cgroup:rw \
  --cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined \
  --tmpfs /run --tmpfs /tmp:exec -v "$work/revisions:/revisions:ro" -e container=docker \
  -e SYSTEMD_PROC_CMDLINE='systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1' \
  "$image" sh -c 'mount --make-rshared / && exec /sbin/init' >/dev/null
machine() { docker exec "$container" "$@"; }
for ((i = 0; ; i++)); do
  state=$(machine systemctl is-system-running 2>/dev/null || true)
  [[ $state != running && $state != degraded ]] || break
  [[ $i -lt 60 ]] || { docker logs "$container" >&2; die "systemd did not start in the container"; }
  sleep 1
done
docker cp -q "$work/etc/." "$container:/etc/cameleon/"
machine sh -c 'chown -R root:root /etc/cameleon && chmod 700 /etc/cameleon && chmod 600 /etc/cameleon/*'
say "$(machine systemctl --version | head -n 1) in a container"

# --- CodeDeploy's agent --------------------------------------------------------------------------
appspec() { # revision, section: its lines
  "$venv_python" - "$work/revisions/$1/appspec.yml" "$2" <<'PYTHON'
import sys, yaml
spec = yaml.safe_load(open(sys.argv[1]))
if sys.argv[2] == "files":
    for file in spec["files"]:
        print(file["source"], file["destination"])
else:
    for event, scripts in spec["hooks"].items():
        for script in scripts:
            print(event, script["location"], script["timeout"], script["runas"])
PYTHON
}
last_good=''
installed=''
hook() { # revision, event, script, timeout, user
  machine env "LIFECYCLE_EVENT=$2" DEPLOYMENT_GROUP_NAME=try "DEPLOYMENT_ID=d-$1" APPLICATION_NAME=cameleon \
    timeout "$4" setpriv --reuid "$5" --regid "$5" --clear-groups "/revisions/$1/$3" >"$work/hook.log" 2>&1 || {
    failed=$2
    sed 's/^/        /' "$work/hook.log" >&2
    return 1
  }
}
install_files() { # revision
  local source destination
  if [[ -n $installed ]]; then # what the revision before brought goes first
    while read -r source destination; do
      machine sh -c "cd /revisions/$installed && if [ -d $source ]; then rm -rf $destination; else rm -f $destination/$source; fi"
    done < <(appspec "$installed" files)
  fi
  while read -r source destination; do
    machine sh -c "mkdir -p $destination && cd /revisions/$1 && if [ -d $source ]; then cp -R $source/. $destination/; else cp $source $destination/; fi"
  done < <(appspec "$1" files)
  machine sh -c 'chown -R root:root /opt/cameleon && find /opt/cameleon -type f -exec chmod 644 {} +'
  installed=$1
}
deploy() { # revision; sets failed to the event that failed
  local event script timeout user
  failed=''
  if [[ -n $last_good ]]; then
    while read -r event script timeout user; do
      [[ $event != ApplicationStop ]] || hook "$last_good" "$event" "$script" "$timeout" "$user" || return 1
    done < <(appspec "$last_good" hooks)
  fi
  while read -r event script timeout user; do
    [[ $event != ApplicationStop ]] || continue
    hook "$1" "$event" "$script" "$timeout" "$user" </dev/null || return 1
    [[ $event != BeforeInstall ]] || install_files "$1"
  done < <(appspec "$1" hooks)
  last_good=$1
}
deploy_or_roll_back() {
  local good=$last_good event
  if deploy "$1"; then return 0; fi
  event=$failed
  say "  revision $1 failed in $event; deploying $good again"
  deploy "$good" || { say "  the rollback failed in $failed"; failures=$((failures + 1)); }
  failed=$event
  return 1
}
venv_python=${LOCALSTACK_VENV:-$work/venv}/bin/python
revision() { CAMELEON_JAR=$jar deploy/codedeploy/revision.sh "$work/revisions/$1"; }
property() { machine systemctl show -P "$1" cameleon.service; }

# --- install -------------------------------------------------------------------------------------
revision one
deploy one || { say "the first deployment failed in $failed"; echo FAIL; exit 1; }
expect 'service after the first deployment' active "$(property ActiveState)"
pid=$(property MainPID)
expect 'user of the process is root' no "$([[ $(machine stat -c %u "/proc/$pid") == 0 ]] && echo yes || echo no)"
expect 'keyset in its environment is a credential' yes \
  "$(machine sh -c "tr '\0' '\n' </proc/$pid/environ" | grep -q '^CAMELEON_KEYSET=/run/credentials/' && echo yes || echo no)"
say "  systemd-analyze security: $(machine systemd-analyze security --no-pager cameleon.service | tail -n 1)"

# --- upgrade under load --------------------------------------------------------------------------
say "sending $messages messages meanwhile …"
"$venv_python" - "$endpoint" "$messages" >"$work/sender.log" 2>&1 <<'PYTHON' &
import boto3, json, sys, time
sqs = boto3.client("sqs", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
url = sqs.get_queue_url(QueueName="login-queue")["QueueUrl"]
for first in range(0, int(sys.argv[2]), 10):
    entries = [{"Id": str(i), "MessageBody": json.dumps({"user_id": f"user-{i}", "app_version": "2.3.0", "device_type": "ios",
        "ip": f"10.{i // 65536}.{i // 256 % 256}.{i % 256}", "locale": None, "device_id": f"device-{i}"})} for i in range(first, first + 10)]
    assert len(sqs.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]) == 10
    time.sleep(0.3)
PYTHON
sender=$!
revision two
echo 'cameleon.batch.rows=400' >>"$work/revisions/two/application.properties"
sed -i '0,/^cameleon.batch.rows=500/{//d}' "$work/revisions/two/application.properties"
deploy_or_roll_back two || failures=$((failures + 1))
expect 'revision two' active "$(property ActiveState)"

# --- killed --------------------------------------------------------------------------------------
machine systemctl kill --signal KILL --kill-whom main cameleon.service
for ((i = 0; i < 60; i++)); do
  [[ $(property NRestarts) == 0 || $(property ActiveState) != active ]] || break
  sleep 1
done
expect 'restarts after kill -9' 1 "$(property NRestarts)"

# --- two broken revisions ------------------------------------------------------------------------
revision three # its contract has a misspelt mark, which check refuses: it never starts
sed -i 's/"x-pii": "ip"/"x-pi": "ip"/' "$work/revisions/three/routes/login.schema.json"
if deploy_or_roll_back three; then failed=nowhere; fi
expect 'revision three failed in' AfterInstall "$failed"
expect 'after its rollback' active "$(property ActiveState)"
expect 'installed after its rollback' 0 \
  "$(machine sh -c 'cmp -s /revisions/two/routes/login.schema.json /opt/cameleon/routes/login.schema.json; echo $?')"
revision four # its unit gives too little memory: check passes, it starts and dies
sed -i 's/-Xmx384m/-Xmx8m/' "$work/revisions/four/cameleon.service"
if deploy_or_roll_back four; then failed=nowhere; fi
expect 'revision four failed in' ValidateService "$failed"
expect 'after its rollback' active "$(property ActiveState)"

# --- account -------------------------------------------------------------------------------------
wait "$sender" || { cat "$work/sender.log" >&2; failures=$((failures + 1)); }
sender=''
for ((i = 0; i < 120; i++)); do
  [[ $(query 'select count(*) from user_logins') -lt $messages ]] || break
  sleep 1
done
expect 'rows' "$messages" "$(query 'select count(*) from user_logins')"
expect 'users' "$messages" "$(query 'select count(distinct user_id) from user_logins')"
count() {
  local url
  url=$(aws --region us-east-1 --endpoint-url "$endpoint" --output text sqs get-queue-url --queue-name "$1" --query QueueUrl)
  aws --region us-east-1 --endpoint-url "$endpoint" --output text sqs get-queue-attributes --queue-url "$url" --attribute-names All \
    --query 'sum([to_number(Attributes.ApproximateNumberOfMessages), to_number(Attributes.ApproximateNumberOfMessagesNotVisible)])'
}
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
# A message that was received by a killed process waits for its visibility timeout.
for ((i = 0; i < 90; i++)); do
  [[ $(count login-queue) != 0 && $(count login-queue) != 0.0 ]] || break
  sleep 1
done
expect 'messages left' 0 "$(count login-queue | sed 's/\.0$//')"
expect 'dead letters' 0 "$(count login-queue-dlq | sed 's/\.0$//')"
expect 'rows' "$messages" "$(query 'select count(*) from user_logins')"

# --- stop, and a configuration that is wrong ----------------------------------------------------------
machine systemctl stop cameleon.service
expect 'exit code of a stop' 0 "$(property ExecMainStatus)"
machine sh -c 'sed -i "s/^CAMELEON_QUEUE=.*/CAMELEON_QUEUE=no-such-queue/" /etc/cameleon/cameleon.env'
machine systemctl start cameleon.service
for ((i = 0; i < 60; i++)); do
  [[ $(property ActiveState) != failed ]] || break
  sleep 1
done
expect 'wrong configuration: exit code' 2 "$(property ExecMainStatus)"
expect 'wrong configuration: restarts' 0 "$(property NRestarts)"

if [[ $failures -eq 0 ]]; then echo PASS; else echo FAIL; exit 1; fi
