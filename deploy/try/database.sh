#!/usr/bin/env bash
# Tests a PostgreSQL that fails over under load, and one behind PgBouncer. The primary is killed while messages arrive, and
# a standby is promoted: synchronous (nothing may be missing), asynchronous, asynchronous and behind (only rows that the
# standby
# lacked may be missing). Then PgBouncer in session and in transaction mode. Prints PASS or FAIL, exits 0 or 1 (2: cannot begin).
#
#   mvn -q package -DskipTests
#   deploy/try/database.sh
#
# Needs PostgreSQL's server programs, psql, pgbouncer, openssl, java, curl, and Python 3.13 or newer for LocalStack. Starts its
# own servers in a temporary folder, with TLS (verify-full), and takes about four minutes; twelve on a very busy machine.
#
#   CAMELEON_JAR      target/cameleon.jar
#   PG_BIN            the folder of initdb and pg_basebackup; by default, pg_config's
#   PG_USER           postgres: who runs the servers if root runs this script
#   MESSAGES          3000: for each failover
#   LOCALSTACK_VENV   a folder for LocalStack (SQS), kept for the next run
#   KEEP=1            keep the temporary folder
#
# Not exercised: RDS, Aurora and their proxies, Patroni and other programs that decide when to promote (the script promotes by
# hand), a network that splits (here the old primary is dead, so nothing is written there any more), the loss of a disk.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
jar=$(realpath "${CAMELEON_JAR:-target/cameleon.jar}")
unset CAMELEON_JAR # not a variable of the application, which refuses those it does not know
messages=${MESSAGES:-3000}

say() { printf '%s  %s\n' "$(date +%T)" "$*" >&2; }
die() { say "database.sh: $*"; exit 2; }
[[ -f $jar ]] || die "there is no $jar; build it with: mvn -q package -DskipTests"
PATH=$PATH:/usr/sbin # where Debian has pgbouncer
for tool in java curl psql pgbouncer openssl; do
  command -v "$tool" >/dev/null || die "$tool is not on the PATH"
done
bin=${PG_BIN:-$(pg_config --bindir 2>/dev/null || true)}
[[ -x $bin/initdb && -x $bin/pg_basebackup ]] || die "there are no initdb and pg_basebackup in '$bin'; name their folder with PG_BIN"

# --- clean up whatever happens -------------------------------------------------------------------
work=$(mktemp -d)
as_server() { "$@"; }
if [[ $(id -u) == 0 ]]; then # PostgreSQL refuses root
  server_user=${PG_USER:-postgres}
  id "$server_user" >/dev/null 2>&1 || die "there is no user $server_user; name one with PG_USER"
  chown "$server_user" "$work"
  as_server() { (cd / && runuser -u "$server_user" -- "$@"); }
fi
pids=()
stop_bouncer() {
  [[ -f $work/run/pgbouncer.pid ]] || return 0
  kill "$(cat "$work/run/pgbouncer.pid")" 2>/dev/null || true
  for _ in {1..50}; do
    [[ -f $work/run/pgbouncer.pid ]] || return 0
    sleep 0.1
  done
}
# shellcheck source=deploy/localstack/start.sh
. deploy/localstack/start.sh
# shellcheck disable=SC2329  # called by the trap
clean_up() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for _ in {1..60}; do
    kill -0 "${pids[@]}" 2>/dev/null || break
    sleep 0.5
  done
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  stop_bouncer
  for data in "$work"/server-*; do
    [[ ! -f $data/postmaster.pid ]] || as_server "$bin/pg_ctl" -D "$data" -m immediate stop >/dev/null 2>&1 || true
  done
  localstack_stop
  if [[ ${KEEP:-} == 1 ]]; then say "kept: $work"; else rm -rf "$work"; fi
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# shellcheck source=deploy/try/asserts.sh
. deploy/try/asserts.sh

# --- SQS -----------------------------------------------------------------------------------------
code=0
localstack_start "$work" deploy/localstack/requirements.txt sqs || code=$?
[[ $code -eq 0 ]] || exit "$code"
python=${LOCALSTACK_VENV:-$work/venv}/bin/python
free_port() { "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
unset AWS_PROFILE AWS_SESSION_TOKEN CAMELEON_KEYSET_JSON # nothing of a developer's real account is used
export AWS_ENDPOINT_URL=$endpoint AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
export CAMELEON_QUEUE=login-queue CAMELEON_DEAD_LETTER_QUEUE=login-queue-dlq CAMELEON_KEYSET=$work/mask.json
SEND_SAMPLES=never deploy/localstack/init-queues.sh >&2
java -jar "$jar" keys create --out "$CAMELEON_KEYSET" >/dev/null
cat >"$work/messages.py" <<'END'
import boto3, json, os, sys, time
sqs = boto3.client("sqs", endpoint_url=os.environ["AWS_ENDPOINT_URL"], region_name="us-east-1")
def left(name):
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])
if sys.argv[1] == "left":
    print(left("login-queue"))
elif sys.argv[1] == "dead":
    print(left("login-queue-dlq"))
else:  # send FROM TO SECONDS: spread over this time
    first, last, seconds = (int(argument) for argument in sys.argv[2:5])
    url = sqs.get_queue_url(QueueName="login-queue")["QueueUrl"]
    begun = time.monotonic()
    for n in range(first, last, 10):
        entries = [{"Id": str(i), "MessageBody": json.dumps({"user_id": f"try-{i}", "app_version": "2.3.0", "device_type": "ios",
            "ip": f"10.{i // 65536}.{i // 256 % 256}.{i % 256}", "locale": None, "device_id": f"device-{i}"})}
            for i in range(n, min(n + 10, last))]
        assert len(sqs.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]) == len(entries)
        time.sleep(max(0, begun + seconds * (n - first) / (last - first) - time.monotonic()))
END
queue() { "$python" "$work/messages.py" "$@"; }
empty() { [[ $(queue left) == 0 ]]; }

# --- servers -------------------------------------------------------------------------------------
# Two ports; each failover creates a new standby on the port of the killed server.
ports=("$(free_port)" "$(free_port)")
primary=0 # the port's index
generation=0
data=()
mkdir "$work/tls" "$work/run"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
  -keyout "$work/tls/key.pem" -out "$work/tls/cert.pem" 2>/dev/null
chmod 644 "$work/tls/cert.pem"
chmod 600 "$work/tls/key.pem"
[[ -z ${server_user:-} ]] || chown -R "$server_user" "$work/tls" "$work/run"
printf 'host replication all 127.0.0.1/32 trust\nhostssl all all 127.0.0.1/32 trust\nhostssl all all ::1/128 trust\n' >"$work/hba.conf"
chmod 644 "$work/hba.conf"

serve() { # index: starts the newest data folder of that port
  as_server "$bin/pg_ctl" -D "${data[$1]}" -l "${data[$1]}.log" -w -t 60 start -o "-p ${ports[$1]}" >/dev/null
}
query() { # SQL, at the primary
  psql -XAtq -v ON_ERROR_STOP=1 "host=localhost port=${ports[$primary]} user=postgres dbname=postgres sslmode=require" -c "$1" </dev/null
}
standby_query() {
  psql -XAtq -v ON_ERROR_STOP=1 "host=localhost port=${ports[$((1 - primary))]} user=postgres dbname=postgres sslmode=require" -c "$1" </dev/null
}
data[0]=$work/server-0
as_server "$bin/initdb" -D "${data[0]}" -U postgres -A trust --locale=C -E UTF8 >/dev/null
# synchronous_commit=off simulates a careless site: the loaders' sessions must turn it on.
cat >>"${data[0]}/postgresql.conf" <<END
listen_addresses = 'localhost'
unix_socket_directories = ''
hba_file = '$work/hba.conf'
ssl = on
ssl_cert_file = '$work/tls/cert.pem'
ssl_key_file = '$work/tls/key.pem'
synchronous_commit = off
END
serve 0
say "$("$bin/postgres" --version), $(pgbouncer --version | head -n 1)"

new_standby() { # sync or async
  local other=$((1 - primary))
  generation=$((generation + 1))
  data[other]=$work/server-$generation
  as_server "$bin/pg_basebackup" -D "${data[$other]}" -R -c fast -h 127.0.0.1 -p "${ports[$primary]}" -U postgres
  query "alter system set synchronous_standby_names = '$([[ $1 == sync ]] && echo '*')'"
  query 'select pg_reload_conf()' >/dev/null
  serve "$other"
  await "a standby, $1" 60 replicates "$1"
}
replicates() { [[ $(query 'select sync_state from pg_stat_replication where state = '"'streaming'") == "$1" ]]; }
kill_primary() { # all its processes at once, as when the machine loses power
  local postmaster
  postmaster=$(head -n 1 "${data[$primary]}/postmaster.pid")
  # shellcheck disable=SC2046  # one word per process
  kill -9 "$postmaster" $(ps -o pid= --ppid "$postmaster") 2>/dev/null # a child may have ended since
}
promote() {
  primary=$((1 - primary))
  query 'select pg_promote()' >/dev/null
}

# --- the loader ----------------------------------------------------------------------------------
both="jdbc:postgresql://localhost:${ports[0]},localhost:${ports[1]}/postgres?targetServerType=primary&sslmode=verify-full&sslrootcert=$work/tls/cert.pem"
export CAMELEON_DB_USER=postgres CAMELEON_DB_PASSWORD=postgres
loader=''
run() { # URL
  local port
  port=$(free_port)
  CAMELEON_DB_URL=$1 CAMELEON_HTTP_HOST=127.0.0.1 CAMELEON_HTTP_PORT=$port java -jar "$jar" run >"$work/cameleon.log" 2>&1 &
  loader=$!
  pids+=("$loader")
  await 'the start of the jar' 180 curl -fs "http://127.0.0.1:$port/observe/health/ready"
}
stop() {
  local code=0
  kill "$loader"
  wait "$loader" || code=$?
  expect 'exit code' 0 "$code"
}
sent=0
send() { # number, seconds; in the background
  queue send "$sent" $((sent + $1)) "$2" >"$work/sender.log" 2>&1 &
  sender=$!
  pids+=("$sender")
  sent=$((sent + $1))
}
rows() { # from, to: rows and distinct users of these messages
  query "select count(*) || ' ' || count(distinct user_id) from user_logins where substr(user_id, 5)::int between $1 and $2 - 1"
}
rows_from() { [[ $(query "select count(*) from user_logins where substr(user_id, 5)::int >= $1") -ge $2 ]]; }

run "$both"
failover() { # name, sync or async, seconds that the standby is behind
  local from=$sent receiver='' before killed
  new_standby "$2"
  send "$messages" 15
  await "loading before the failover ($1)" 240 rows_from "$from" $((messages / 3))
  if [[ $3 -gt 0 ]]; then # the standby receives nothing for a while
    receiver=$(standby_query 'select pid from pg_stat_wal_receiver')
    kill -STOP "$receiver"
    sleep "$3"
  fi
  before=$(query "select count(*) from user_logins where substr(user_id, 5)::int >= $from")
  kill_primary
  killed=$SECONDS
  [[ -z $receiver ]] || kill -KILL "$receiver" # it would still read what the kernel has received
  sleep 2                                      # until somebody decides to promote
  promote
  await "loading after the failover ($1)" 240 rows_from "$from" "$(($(query "select count(*) from user_logins where substr(user_id, 5)::int >= $from") + 1))"
  say "  loads again $((SECONDS - killed)) s after the kill, 2 of them waited for the decision to promote; $before rows before it"
  wait "$sender" || wrong "sender: $(tail -n 3 "$work/sender.log")"
  await "the queue is empty ($1)" 240 empty
  read -r found users <<<"$(rows "$from" "$sent")"
  missing=$((messages - users))
  expect "$1: rows doubled" 0 $((found - users))
}

say 'failover to a synchronous standby'
failover 'synchronous' sync 0
expect 'synchronous: rows missing, whose messages are deleted' 0 "$missing"

say 'failover to an asynchronous standby that keeps up'
failover 'asynchronous' async 0
ok "asynchronous, keeping up: $missing of $messages rows missing, whose messages are deleted (any number is possible)"

say 'failover to an asynchronous standby that is 3 s behind'
failover 'asynchronous, behind' async 3
if ((missing > 0)); then ok "asynchronous, 3 s behind: $missing of $messages rows missing, whose messages are deleted"; else
  wrong 'asynchronous, behind: nothing is missing, so the test shows nothing'; fi
expect 'dead letters' 0 "$(queue dead)"
stop

# --- PgBouncer -----------------------------------------------------------------------------------
query "alter system set synchronous_standby_names = ''" && query 'select pg_reload_conf()' >/dev/null
bouncer_port=$(free_port)
start_bouncer() { # mode
  cat >"$work/pgbouncer.ini" <<END
[databases]
postgres = host=localhost port=${ports[$primary]} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $bouncer_port
unix_socket_dir =
pidfile = $work/run/pgbouncer.pid
logfile = $work/run/pgbouncer.log
auth_type = any
pool_mode = $1
client_tls_sslmode = require
client_tls_cert_file = $work/tls/cert.pem
client_tls_key_file = $work/tls/key.pem
server_tls_sslmode = verify-full
server_tls_ca_file = $work/tls/cert.pem
END
  chmod 644 "$work/pgbouncer.ini"
  as_server pgbouncer -q -d "$work/pgbouncer.ini"
  await PgBouncer 30 psql -XAtq "host=localhost port=$bouncer_port user=postgres dbname=postgres sslmode=require" -c 'select 1'
}
pooled="jdbc:postgresql://localhost:$bouncer_port/postgres?sslmode=verify-full&sslrootcert=$work/tls/cert.pem"
check_exit() { # URL; the exit code of check
  local code=0
  CAMELEON_DB_URL=$1 java -jar "$jar" check >"$work/check.log" 2>&1 || code=$?
  grep -E '^(WRONG|WARN)' "$work/check.log" >&2 || true
  echo "$code"
}
# Each row records the settings of the session that loaded it.
query "alter table user_logins add column durable text default current_setting('synchronous_commit'),
  add column mask_key text default coalesce(nullif(current_setting('cameleon.mask_key', true), ''), 'none')"
without_settings() { query "select count(*) from user_logins where substr(user_id, 5)::int >= $1 and (durable <> 'on' or mask_key = 'none')"; }

say 'PgBouncer, pool_mode=session'
start_bouncer session
expect 'check: exit code' 0 "$(check_exit "$pooled")"
from=$sent
run "$pooled"
send "$messages" 5
wait "$sender" || wrong "sender: $(tail -n 3 "$work/sender.log")"
await 'the queue is empty (session mode)' 240 empty
expect 'session mode: rows, users' "$messages $messages" "$(rows "$from" "$sent")"
expect 'session mode: rows loaded without the settings of the session' 0 "$(without_settings "$from")"
stop
stop_bouncer

say 'PgBouncer, pool_mode=transaction'
start_bouncer transaction
expect 'check: exit code' 2 "$(check_exit "$pooled")"
code=0
CAMELEON_DB_URL=$pooled CAMELEON_HTTP_HOST=127.0.0.1 CAMELEON_HTTP_PORT=0 timeout 120 java -jar "$jar" run >"$work/cameleon.log" 2>&1 || code=$?
expect 'run: exit code' 2 "$code"
if grep -q 'pool_mode=session' "$work/cameleon.log"; then ok 'run names pool_mode=session'; else wrong "run: $(tail -n 3 "$work/cameleon.log")"; fi
stop_bouncer

if [[ $failures -eq 0 ]]; then echo PASS; else echo FAIL; exit 1; fi
