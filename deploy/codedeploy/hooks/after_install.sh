#!/usr/bin/env bash
# Migrates the database if this machine has the owner's login, then lets the new revision check itself: settings, contract,
# routes, load.sql, keyset, queues. A revision that fails never starts.
#
# The owner's login is not on every machine, because a loader's machine should not hold a login that may change tables.
# Without owner.env,
# run "migrate" from the release pipeline before the deployment. Several machines may migrate at once, because
# migrations take a lock.
# A rollback does not undo them: CHANGELOG.md says when the previous release cannot work with a new schema.
set -euo pipefail
systemctl daemon-reload

# Runs the command as a transient unit, as an unprivileged user with the service's settings and keyset.
cameleon() {
  local extra=()
  [[ $2 != migrate ]] || extra+=(-p EnvironmentFile=/etc/cameleon/owner.env)
  systemd-run --quiet --wait --pipe --collect --unit="$1" \
    -p DynamicUser=yes -p ProtectSystem=strict -p ProtectHome=yes -p PrivateDevices=yes -p CapabilityBoundingSet= \
    -p WorkingDirectory=/opt/cameleon -p EnvironmentFile=/etc/cameleon/cameleon.env "${extra[@]}" \
    -p LoadCredential=mask.json:/etc/cameleon/mask.json --setenv=CAMELEON_KEYSET="/run/credentials/$1.service/mask.json" \
    /usr/bin/java -XX:TieredStopAtLevel=1 -Xmx256m -jar /opt/cameleon/cameleon.jar "$2"
}

if [[ -e /etc/cameleon/owner.env ]]; then
  cameleon cameleon-migrate migrate
else
  echo 'after_install: no /etc/cameleon/owner.env, so this machine does not migrate'
fi
cameleon cameleon-check check
