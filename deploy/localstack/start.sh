#!/usr/bin/env bash
# Sourced by scripts that need a LocalStack; not useful by itself.
#
#   localstack_start FOLDER REQUIREMENTS SERVICES   installs LocalStack 4.14.0 from PyPI, starts it on a free port of
#                                                   127.0.0.1 and sets endpoint, localstack_pid and the PATH (AWS CLI)
#   localstack_stop                                 ends it
#   localstack_install FOLDER REQUIREMENTS          the first part of localstack_start, for a script that starts something else
#                                                   of the requirements before; free_port prints a port
#
# FOLDER is for its state and its log (localstack.log), SERVICES a list with commas.
#   LOCALSTACK_VENV  a folder for the virtual environment, kept for the next run; else FOLDER/venv
#   PYTHON           an interpreter to use instead of the first suitable one (3.13 or newer)
#   LOCALSTACK_MAIN  a Python file to run instead of LocalStack's own entry

localstack_pid=''
localstack_python=''

localstack_install() {
  local folder=$1 requirements=$2 venv python='' candidate
  venv=${LOCALSTACK_VENV:-$folder/venv}
  if [[ ! -x $venv/bin/python ]]; then
    for candidate in ${PYTHON:+"$PYTHON"} python3.13 python3.14 python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[3-9]*/bin/python3; do
      if "$candidate" -c 'import sys, venv; sys.exit(sys.version_info < (3, 13))' >/dev/null 2>&1; then
        python=$candidate
        break
      fi
    done
    if [[ -z $python ]]; then
      echo "no Python 3.13 or newer (with venv) found; LocalStack 4.14.0 needs it; name one with PYTHON" >&2
      return 2
    fi
    "$python" -m venv "$venv"
  fi
  echo "installing LocalStack into $venv …" >&2
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements"
  export PATH="$venv/bin:$PATH"
  localstack_python=$venv/bin/python
}

free_port() {
  "$localstack_python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

localstack_start() {
  local folder=$1 requirements=$2 services=$3 port health first i main=(-m localstack.runtime.main)
  [[ -z ${LOCALSTACK_MAIN:-} ]] || main=("$LOCALSTACK_MAIN")
  [[ -n $localstack_python ]] || localstack_install "$folder" "$requirements" || return
  port=$(free_port)
  endpoint=http://127.0.0.1:$port
  mkdir -p "$folder/root"
  # `localstack start --host` is deprecated and comes with another package, so the runtime itself is
  # started. hypercorn, because the default server ignores GATEWAY_LISTEN's address and listens on all
  # interfaces; no DNS server, no events to the vendor, no download of a certificate.
  env HOME="$folder" FILESYSTEM_ROOT="$folder/root" OVERRIDE_IN_DOCKER=0 \
    SERVICES="$services" EAGER_SERVICE_LOADING=1 SQS_ENDPOINT_STRATEGY=path \
    GATEWAY_LISTEN="127.0.0.1:$port" LOCALSTACK_HOST="127.0.0.1:$port" GATEWAY_SERVER=hypercorn \
    DNS_ADDRESS=0 DISABLE_EVENTS=1 SKIP_SSL_CERT_DOWNLOAD=1 LS_LOG=warning \
    "$localstack_python" "${main[@]}" >"$folder/localstack.log" 2>&1 &
  localstack_pid=$!
  disown "$localstack_pid" # so that the shell says nothing when it is killed
  first=${services%%,*}
  for ((i = 0; ; i++)); do
    health=$(curl -fs "$endpoint/_localstack/health" || true)
    [[ $health != *"\"$first\": \"running\""* ]] || break
    if [[ $i -ge 120 || $health == *"\"$first\": \"error\""* ]] || ! kill -0 "$localstack_pid" 2>/dev/null; then
      cat "$folder/localstack.log" >&2
      echo 'LocalStack did not start' >&2
      return 1
    fi
    sleep 1
  done
  echo "LocalStack 4.14.0 at $endpoint" >&2
}

localstack_stop() {
  [[ -n $localstack_pid ]] || return 0
  kill "$localstack_pid" 2>/dev/null || true
  for _ in {1..20}; do
    kill -0 "$localstack_pid" 2>/dev/null || break
    sleep 0.5
  done
  kill -9 "$localstack_pid" 2>/dev/null || true # two signals at once can make it hang
}
