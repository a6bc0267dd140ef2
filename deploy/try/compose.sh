#!/usr/bin/env bash
# Tests docker compose up --build, as in the README: the samples are loaded, the image matches docs/DEPLOY.md, a stop is
# clean, and a start on the same volumes loads nothing twice. Prints PASS or FAIL, exits 0 or 1 (2: cannot begin).
#
#   deploy/try/compose.sh
#
# Needs a Docker engine and compose (the plugin, or docker-compose), and curl. Uses a project and volumes of its own, and port 9876.
# Not exercised: architectures other than this machine's; Grafana, which the profile "observe" starts.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
say() { printf '%s  %s\n' "$(date +%T)" "$*" >&2; }
die() { say "compose.sh: $*"; exit 2; }
for tool in docker curl; do
  command -v "$tool" >/dev/null || die "$tool is not on the PATH"
done
docker info >/dev/null 2>&1 || die "no Docker engine answers; is DOCKER_HOST set?"
if docker compose version >/dev/null 2>&1; then compose=(docker compose); elif command -v docker-compose >/dev/null; then
  compose=(docker-compose)
else die "there is neither 'docker compose' nor docker-compose"; fi
c() { "${compose[@]}" -p cameleon-try "$@"; }

# shellcheck disable=SC2329  # called by the trap
clean_up() {
  local code=$?
  [[ $code -eq 0 ]] || c logs --tail=30 >&2 || true
  c down -v >/dev/null 2>&1 || true
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

failures=0
expect() { # what, expected, found
  if [[ $2 == "$3" ]]; then say "  ok    $1: $3"; else say "  WRONG $1: $3, expected $2"; failures=$((failures + 1)); fi
}
wait_for() { # seconds, what, command…: until it succeeds
  local what=$2 end=$((SECONDS + $1))
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= end)); then say "  WRONG $what: not in time"; exit 1; fi
    sleep 1
  done
}
query() { c exec -T postgres psql -XAtq -U cameleon -c "$1" </dev/null; }
rows() { query 'select count(*) from user_logins'; }
loaded() { [[ $(rows) == 99 ]]; }
metric() { curl -fs http://127.0.0.1:9876/observe/metrics | sed -n "s/^$1 \([0-9.]*\).*/\1/p" | sed 's/\.0$//'; }
container() { c ps -q cameleon; }
healthy() { [[ $(docker inspect -f '{{.State.Health.Status}}' "$(container)") == healthy ]]; }

say 'up'
c up --build -d >&2
wait_for 240 'the samples are loaded' loaded
wait_for 30 'the container is healthy' healthy
expect 'rows' 99 "$(rows)"
expect 'dead letters' 1 "$(metric 'cameleon_messages_total{outcome="dead_lettered"}')"
expect 'ready' '{"status":"UP","checks":{}}' "$(curl -fs http://127.0.0.1:9876/observe/health/ready)"
expect 'the status page' 200 "$(curl -fs -o /dev/null -w '%{http_code}' http://127.0.0.1:9876/)"

say 'the image'
image=$(docker inspect -f '{{.Image}}' "$(container)")
say "        size: $(($(docker image inspect -f '{{.Size}}' "$image") / 1000000)) MB"
expect 'user' 10001:10001 "$(docker image inspect -f '{{.Config.User}}' "$image")"
expect 'title' Cameleon "$(docker image inspect -f '{{index .Config.Labels "org.opencontainers.image.title"}}' "$image")"
expect 'nothing in the root can be written' 'Read-only file system' \
  "$(c exec -T cameleon sh -c 'touch /app/x' 2>&1 | grep -o 'Read-only file system' | head -n 1)"
expect 'the health check is no JVM' 0 "$(c exec -T cameleon sh -c 'grep -c java /usr/local/bin/health' | tr -d '\r' || true)"

say 'stop and start'
before=$(container)
c stop cameleon >/dev/null 2>&1
expect 'exit code after a stop' 0 "$(docker inspect -f '{{.State.ExitCode}}' "$before")"
c start cameleon >/dev/null 2>&1
wait_for 60 'the container is healthy' healthy
expect 'rows after a start' 99 "$(rows)"

if [[ $failures -eq 0 ]]; then echo PASS; else echo FAIL; exit 1; fi
