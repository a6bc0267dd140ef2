#!/usr/bin/env bash
# Rejects a machine that is not prepared, and removes the old routes: Cameleon loads every *.camel.yaml of the folder, so a
# file that this revision no longer has must not remain.
set -euo pipefail
problems=0
need() { # condition's words, then the condition
  local what=$1
  shift
  if ! "$@"; then echo "before_install: $what" >&2; problems=1; fi
}
private() { [[ $(stat -c '%U %a' "$1") =~ ^root\ [0-7]*00$ ]]; }
need 'there is no /usr/bin/java (17 or newer)' test -x /usr/bin/java
need 'there is no curl' command -v curl >/dev/null
for file in /etc/cameleon/cameleon.env /etc/cameleon/mask.json; do
  need "there is no $file; appspec.yml says what belongs there" test -f "$file"
done
for file in /etc/cameleon/cameleon.env /etc/cameleon/owner.env /etc/cameleon/mask.json; do
  [[ ! -e $file ]] || need "$file must be root's with mode 0600" private "$file"
done
[[ $problems -eq 0 ]] || exit 1
rm -rf /opt/cameleon/routes
