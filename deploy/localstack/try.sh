#!/usr/bin/env bash
# The whole job against LocalStack without Docker: installs LocalStack from PyPI into a temporary
# folder, starts it, creates the queues, sends the samples, runs the jar until the queue is empty
# and counts. Prints PASS or FAIL, exits 0 or 1 (2: cannot begin).
#
#   mvn -q package -DskipTests
#   createdb cameleon_try
#   CAMELEON_DB_URL=jdbc:postgresql://localhost:5432/cameleon_try deploy/localstack/try.sh
#
# Needs Java 17, Python 3.13 or newer, curl, and an EMPTY database: each run creates new mask keys, and Cameleon refuses
# a database that was loaded with others. The loaded rows stay there.
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
# shellcheck source=deploy/localstack/start.sh
. "$here/start.sh"
# shellcheck disable=SC2329  # called by the trap
clean_up() {
  localstack_stop
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
code=0
localstack_start "$work" "$here/requirements.txt" sqs || code=$?
[[ $code -ne 2 ]] || exit 2
[[ $code -eq 0 ]] || { say 'FAIL: LocalStack did not start'; exit 1; }

# --- one run -------------------------------------------------------------------------------------
unset AWS_PROFILE AWS_SESSION_TOKEN # nothing of a developer's real account is used
export AWS_ENDPOINT_URL=$endpoint AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
export CAMELEON_QUEUE=login-queue CAMELEON_DEAD_LETTER_QUEUE=login-queue-dlq
export CAMELEON_KEYSET=$work/mask.json CAMELEON_HTTP_PORT=0
unset CAMELEON_KEYSET_JSON

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
