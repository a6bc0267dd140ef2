#!/usr/bin/env bash
# Writes prometheus-rule.yaml from alerts.yaml. With --check: only says whether they agree.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
rule() {
  cat <<'HEAD'
# Written from alerts.yaml by prometheus-rule.sh: edit there.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: cameleon
  labels:
    app.kubernetes.io/name: cameleon
spec:
HEAD
  sed -n '/^groups:/,$p' alerts.yaml | sed 's/^\(.\)/  \1/'
}
if [[ ${1:-} == --check ]]; then rule | diff - prometheus-rule.yaml; else rule >prometheus-rule.yaml; fi
