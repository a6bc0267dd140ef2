#!/usr/bin/env bash
# Stops the loader: it stops receiving, settles the messages in flight and exits. Messages that it cannot settle in time
# reappear on the queue. Other machines continue meanwhile; if there are none, the messages wait on the queue.
set -euo pipefail
if systemctl cat cameleon.service >/dev/null 2>&1; then
  systemctl stop cameleon.service
fi
