#!/usr/bin/env bash
# The whole job against LocalStack without Docker: installs LocalStack from PyPI into a temporary
# folder, starts it, creates the queues, sends the samples, runs the jar until the queue is empty
# and counts. Prints PASS or FAIL, exits 0 or 1 (2: cannot even begin).
#
#   mvn -q package -DskipTests
#   createdb cameleon_try
#   CAMELEON_DB_URL=jdbc:postgresql://localhost:5432/cameleon_try deploy/localstack/try.sh
#
# Needs Java 17, Python 3.13 or newer, curl, and an EMPTY database: the mask keys are made anew for
# each run, and Cameleon refuses a database that was loaded with others. What was loaded stays there.
#
#   CAMELEON_DB_URL              required
#   CAMELEON_DB_USER/_PASSWORD   and the other CAMELEON_* variables: as for the application
#   CAMELEON_JAR                 target/cameleon.jar
#   PYTHON                       an interpreter to use instead of the first suitable one
#   LOCALSTACK_VENV              a folder for the virtual environment (209 MB), kept for the next run
#   KEEP=1                       keep the temporary folder (LocalStack's log, the application's, keys)
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here=deploy/localstack
jar=${CAMELEON_JAR:-target/cameleon.jar}
unset CAMELEON_JAR # not a variable of the application, which refuses those it does not know
good=99 # of the 100 samples; one is no login and must be dead-lettered

say() { printf '%s\n' "$*" >&2; }
die() { say "try.sh: $*"; exit 2; }

[[ -n ${CAMELEON_DB_URL:-} ]] ||
  die "CAMELEON_DB_URL is not set; it must name an empty database, e.g. jdbc:postgresql://localhost:5432/cameleon_try"
[[ -f $jar ]] || die "there is no $jar; build it with: mvn -q package -DskipTests"
for tool in java curl; do
  command -v "$tool" >/dev/null || die "$tool is not on the PATH"
done

# --- clean up whatever happens -------------------------------------------------------------------
work=$(mktemp -d)
localstack_pid=''
# shellcheck disable=SC2329  # called by the trap
clean_up() {
  if [[ -n $localstack_pid ]]; then
    kill "$localstack_pid" 2>/dev/null || true
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      kill -0 "$localstack_pid" 2>/dev/null || break
      sleep 0.5
    done
    kill -9 "$localstack_pid" 2>/dev/null || true # two signals at once can make it hang
  fi
  if [[ ${KEEP:-} == 1 ]]; then say "kept: $work"; else rm -rf "$work"; fi
}
trap clean_up EXIT # also after INT and TERM, which the shell sees once the command in front has ended
trap 'exit 130' INT
trap 'exit 143' TERM

# --- the rows: with psql if it is there, else by the application's own account ---------------------
psql_url=''
if command -v psql >/dev/null && [[ $CAMELEON_DB_URL == jdbc:postgresql://* ]]; then
  psql_url=${CAMELEON_DB_URL#jdbc:}
  psql_url=${psql_url%%\?*} # JDBC's parameters are not libpq's
fi
query() {
  PGUSER=${CAMELEON_DB_USER:-postgres} PGPASSWORD=${CAMELEON_DB_PASSWORD:-postgres} PGCONNECT_TIMEOUT=10 \
    psql -XAtq -v ON_ERROR_STOP=1 -d "$psql_url" -c "$1" </dev/null
}
if [[ -n $psql_url ]]; then
  used=$(query "select to_regnamespace('cameleon') is not null or to_regclass('user_logins') is not null") ||
    die "the database does not answer (see above)"
  [[ $used == f ]] || die "the database is not empty; create another one, or drop the schema cameleon and user_logins"
fi

# --- LocalStack ----------------------------------------------------------------------------------
suitable() { "$1" -c 'import sys, venv; sys.exit(sys.version_info < (3, 13))' >/dev/null 2>&1; }
python=''
for candidate in ${PYTHON:+"$PYTHON"} python3.13 python3.14 python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[3-9]*/bin/python3; do
  if suitable "$candidate"; then python=$candidate; break; fi
done
[[ -n $python ]] || die "no Python 3.13 or newer (with venv) found; LocalStack 4.14.0 needs it; name one with PYTHON"

venv=${LOCALSTACK_VENV:-$work/venv}
say "installing LocalStack into $venv (with $("$python" --version)) …"
[[ -x $venv/bin/python ]] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"

port=$("$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
endpoint=http://127.0.0.1:$port
mkdir "$work/root"
# `localstack start --host` is deprecated and comes with another package, so the runtime itself is
# started. hypercorn, because the default server ignores GATEWAY_LISTEN's address and listens on all
# interfaces; no DNS server, no events to the vendor, no download of a certificate.
env HOME="$work" FILESYSTEM_ROOT="$work/root" OVERRIDE_IN_DOCKER=0 \
  SERVICES=sqs EAGER_SERVICE_LOADING=1 SQS_ENDPOINT_STRATEGY=path \
  GATEWAY_LISTEN="127.0.0.1:$port" LOCALSTACK_HOST="127.0.0.1:$port" GATEWAY_SERVER=hypercorn \
  DNS_ADDRESS=0 DISABLE_EVENTS=1 SKIP_SSL_CERT_DOWNLOAD=1 LS_LOG=warning \
  "$venv/bin/python" -m localstack.runtime.main >"$work/localstack.log" 2>&1 &
localstack_pid=$!
for ((i = 0; ; i++)); do
  health=$(curl -fs "$endpoint/_localstack/health" || true)
  [[ $health != *'"sqs": "running"'* ]] || break
  if [[ $i -ge 60 || $health == *'"sqs": "error"'* ]] || ! kill -0 "$localstack_pid" 2>/dev/null; then
    cat "$work/localstack.log" >&2
    say 'FAIL: LocalStack did not start'
    exit 1
  fi
  sleep 1
done
say "LocalStack 4.14.0 at $endpoint"

# --- one run -------------------------------------------------------------------------------------
unset AWS_PROFILE AWS_SESSION_TOKEN # nothing of a developer's real account is used
export AWS_ENDPOINT_URL=$endpoint AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
export CAMELEON_QUEUE=login-queue CAMELEON_DEAD_LETTER_QUEUE=login-queue-dlq
export CAMELEON_KEYSET=$work/mask.json CAMELEON_HTTP_PORT=0
unset CAMELEON_KEYSET_JSON
export PATH="$venv/bin:$PATH" # the AWS CLI

"$here/init-queues.sh" >&2
java -jar "$jar" keys create --out "$CAMELEON_KEYSET" >/dev/null

failures=0
expect() { # what, expected, found
  if [[ $2 == "$3" ]]; then say "  ok    $1: $3"; else say "  WRONG $1: $3, expected $2"; failures=$((failures + 1)); fi
}
count() { # queue, attribute
  local url
  url=$(aws --region us-east-1 --endpoint-url "$endpoint" --output text sqs get-queue-url --queue-name "$1" --query QueueUrl)
  aws --region us-east-1 --endpoint-url "$endpoint" --output text sqs get-queue-attributes --queue-url "$url" \
    --attribute-names "$2" --query "Attributes.$2"
}

code=0
exec 3>&1
java -jar "$jar" run --until-empty --timeout 2m 2>&1 >&3 | tee "$work/cameleon.log" >&2 || code=$?

expect 'exit code' 0 "$code"
if [[ -n $psql_url ]]; then
  expect 'rows in user_logins' "$good" "$(query 'select count(*) from user_logins')"
else
  loaded=$(grep -Eo 'loaded[^0-9a-z]{1,4}[0-9]+' "$work/cameleon.log" | tail -n 1 | grep -Eo '[0-9]+$' || true)
  expect 'rows loaded (by the log, there is no psql)' "$good" "${loaded:-unknown}"
fi
expect 'messages in login-queue-dlq' 1 "$(count login-queue-dlq ApproximateNumberOfMessages)"
for attribute in ApproximateNumberOfMessages ApproximateNumberOfMessagesNotVisible ApproximateNumberOfMessagesDelayed; do
  expect "login-queue $attribute" 0 "$(count login-queue "$attribute")"
done

if [[ $failures -eq 0 ]]; then echo PASS; else echo FAIL; exit 1; fi
