#!/usr/bin/env bash
# Starts the loader, now and after each boot.
set -euo pipefail
systemctl daemon-reload
systemctl enable --quiet cameleon.service
systemctl reset-failed cameleon.service 2>/dev/null || true
systemctl restart cameleon.service
