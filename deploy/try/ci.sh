#!/usr/bin/env bash
# Runs the workflows as far as possible without GitHub: .ci/checks (actionlint, zizmor, shellcheck, yamllint, hadolint,
# cfn-lint, checkov), the steps of release.yaml that need no registry, and with ACT_IMAGE the test job by act. Prints PASS or
# FAIL, exits 0 or 1 (2: cannot begin).
#
#   deploy/try/ci.sh
#
# Needs actionlint, zizmor, JDK 17 and Maven on the PATH; the other checkers are used if they are there (.ci/tools.txt).
#
#   ACT_IMAGE      an image for act (https://github.com/nektos/act) with Maven's needs, for example
#                  catthehacker/ubuntu:act-24.04; needs act on the PATH, Docker, and a network for the actions
#   ACT_JAVA       17: which job of the matrix
#   ACT_OPTIONS    more options for act, separated by spaces, for example --env-file=FILE, and in it for a short run
#                  MAVEN_OPTS=-Dtest=SettingsTest -DskipITs=true    (MAVEN_ARGS is ignored by Maven before 3.9)
#
# Not exercised: anything of GitHub (permissions, environments, attestations), the push of the image, cosign's
# signature, CodeQL. Without ACT_IMAGE no job is run as a job; the scripts are run themselves.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

die() { echo "ci.sh: $*" >&2; exit 2; }
for tool in actionlint zizmor java mvn; do
  command -v "$tool" >/dev/null || die "$tool is not on the PATH"
done
if [[ -n ${ACT_IMAGE:-} ]]; then command -v act >/dev/null || die "ACT_IMAGE is set, but act is not on the PATH"; fi

failures=0
expect() { # what, expected, found
  if [[ $2 == "$3" ]]; then echo "  ok    $1: $3"; else echo "  WRONG $1: $3, expected $2"; failures=$((failures + 1)); fi
}
code() { "$@" >&2 && echo 0 || echo $?; }

expect '.ci/checks' 0 "$(CI='' code .ci/checks)"

# Actions are pinned to commits, and each script that a workflow names exists.
expect 'actions that are not pinned' '' \
  "$(grep -hE '^ *(- )?uses: ' .github/workflows/*.yaml | grep -vE '@[0-9a-f]{40} # v|uses: \./' || true)"
while read -r script; do
  expect "$script is executable" yes "$([[ -x $script ]] && echo yes || echo no)"
done < <(grep -hoE '^ *(- )?(- run: |run: |- )\.ci/[a-z]+' .github/workflows/*.yaml buildspec.yml | grep -oE '\.ci/[a-z]+' | sort -u)

# A release: the tag must be the version, and its files are complete.
version=$(sed -n 's,^  <version>\(.*\)</version>.*,\1,p' pom.xml | head -n 1)
expect '.ci/package of a wrong tag' 1 "$(VERSION=0.0.0 code .ci/package)"
expect '.ci/package' 0 "$(VERSION=$version code .ci/package)"
expect 'checksums' 0 "$(cd target/release && code sha256sum --quiet --check SHA256SUMS)"
expect 'files of a revision' 'application.properties appspec.yml cameleon.jar cameleon.service hooks routes' \
  "$(tar -tzf "target/release/cameleon-$version-codedeploy.tar.gz" | sed 's,^\./,,; s,/.*,,' | grep -v '^$' | LC_ALL=C sort -u | paste -sd' ')"

if [[ -n ${ACT_IMAGE:-} ]]; then
  read -ra options <<<"${ACT_OPTIONS:-}"
  expect 'act: job test' 0 "$(code act pull_request --job test --matrix "java:${ACT_JAVA:-17}" \
    --platform "ubuntu-24.04=$ACT_IMAGE" "${options[@]}")"
else
  echo '  skip  act: ACT_IMAGE is not set'
fi

if [[ $failures -eq 0 ]]; then echo PASS; else echo FAIL; exit 1; fi
