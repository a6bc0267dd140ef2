#!/usr/bin/env bash
# The deployment succeeds when the loader is ready three times in a row, two seconds apart, within two minutes: receives
# are open, and the database and the queues answer.
set -euo pipefail
port=$(sed -n 's/^CAMELEON_HTTP_PORT=\([0-9]*\).*/\1/p' /etc/cameleon/cameleon.env | tail -n 1)
url=http://127.0.0.1:${port:-9876}/observe/health/ready
ready=0
answer=''
for ((i = 0; i < 60; i++)); do
  # "failed" only after systemd has given up; a pending restart is "activating".
  if [[ $(systemctl is-failed cameleon.service || true) == failed ]]; then
    echo 'validate_service: cameleon.service failed' >&2
    break
  fi
  if answer=$(curl -sS --max-time 3 -w ' %{http_code}' "$url" 2>&1) && [[ $answer == *' 200' ]]; then
    ready=$((ready + 1))
    if [[ $ready -eq 3 ]]; then exit 0; fi
  else
    ready=0
  fi
  sleep 2
done
echo "validate_service: not ready: $answer" >&2
journalctl --no-pager --lines 40 --unit cameleon.service >&2 || true
# So that an invalid revision does not keep loading until CodeDeploy reacts.
systemctl stop cameleon.service
exit 1
