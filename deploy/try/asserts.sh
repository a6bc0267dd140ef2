#!/usr/bin/env bash
# Sourced by the scripts of this folder; not useful by itself. Needs their say() and, for await, the folder of logs in $work.
#
#   expect WHAT EXPECTED FOUND        counts a difference in $failures
#   expect_in WHAT PART FOUND         likewise, if the part is not in it
#   await WHAT SECONDS COMMAND…       waits until it succeeds; otherwise ends the script with FAIL and the ends of logs

failures=0
ok() { say "  ok    $*"; }
wrong() { say "  WRONG $*"; failures=$((failures + 1)); }
expect() {
  if [[ $2 == "$3" ]]; then ok "$1: $3"; else wrong "$1: $3, expected $2"; fi
}
expect_in() {
  if [[ $3 == *"$2"* ]]; then ok "$1: $2"; else wrong "$1: no $2 in: $3"; fi
}
# shellcheck disable=SC2154  # work: the script sets it
await() {
  local what=$1 until=$((SECONDS + $2))
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS > until)); then
      tail -n 20 "$work"/*.log >&2 || true
      say "FAIL: $what took too long"
      exit 1
    fi
    sleep 0.2
  done
}
