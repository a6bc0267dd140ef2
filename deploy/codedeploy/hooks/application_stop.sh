#!/usr/bin/env bash
# Stops the loader: it receives no more, settles what is in flight and exits. What it cannot settle in time reappears on the
# queue. Other machines go on meanwhile; the queue waits if there is none.
set -euo pipefail
if systemctl cat cameleon.service >/dev/null 2>&1; then
  systemctl stop cameleon.service
fi
