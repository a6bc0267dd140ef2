#!/usr/bin/env bash
# Puts a CodeDeploy revision together:
#
#   mvn -q package -DskipTests
#   deploy/codedeploy/revision.sh target/revision
#   aws deploy push --application-name cameleon --source target/revision --s3-location s3://BUCKET/cameleon.zip
#
#   CAMELEON_JAR      target/cameleon.jar
#   CAMELEON_ROUTES   routes: the folder with your routes
set -euo pipefail
[[ $# -eq 1 && ! -e $1 ]] || { echo "usage: revision.sh FOLDER, which must not exist" >&2; exit 2; }
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
mkdir -p "$1"
cp "${CAMELEON_JAR:-$root/target/cameleon.jar}" "$1/cameleon.jar"
cp "$root/application.properties" "$1/"
cp -R "${CAMELEON_ROUTES:-$root/routes}" "$1/routes"
cp -R "$root"/deploy/codedeploy/{appspec.yml,hooks,cameleon.service} "$1/"
