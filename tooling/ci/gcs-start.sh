#!/usr/bin/env bash
# Starts fake-gcs-server, an emulator of Google Cloud Storage that keeps its preconditions, for the tests; built by Go, in
# .tools, once. Where there is no Go, it says so and starts nothing.
#
#   tooling/ci/gcs-start.sh FILE    writes MODELKEEP_TEST_GCS, an endpoint with the bucket modelkeep-test, to FILE
#   tooling/ci/gcs-stop.sh          stops it
#
# GCS_CI_DIR (default /tmp/modelkeep-gcs) holds its log; GCS_CI_PORT is its port (default 7650).
set -euo pipefail
environment_file=$(realpath -m "${1:?usage: gcs-start.sh FILE}")
directory=${GCS_CI_DIR:-/tmp/modelkeep-gcs}
port=${GCS_CI_PORT:-7650}
cd "$(dirname "$0")/../.."
version=1.56.1
server="$PWD/.tools/fake-gcs-server-$version/fake-gcs-server"
PATH="$PATH:/usr/local/go/bin"

if [ ! -x "$server" ]; then
  command -v go >/dev/null || { echo "gcs-start: there is no Go to build the emulator with: nothing is tried against it"; exit 0; }
  GOBIN=$(dirname "$server") go install "github.com/fsouza/fake-gcs-server@v$version" >&2
fi
answers() { curl --silent --fail --output /dev/null --max-time 2 "http://127.0.0.1:$port/storage/v1/b?project=test"; }
if ! answers; then
  mkdir -p "$directory"
  setsid "$server" -backend memory -scheme http -host 127.0.0.1 -port "$port" -public-host "127.0.0.1:$port" \
    -external-url "http://127.0.0.1:$port" >"$directory/server.log" 2>&1 </dev/null &
  echo $! >"$directory/pid"
  for _ in $(seq 1 100); do
    if answers; then break; fi
    sleep 0.1
  done
  answers || { echo "gcs-start: nothing answers on port $port" >&2; tail -n 5 "$directory/server.log" >&2; exit 1; }
fi
curl --silent --output /dev/null --request POST --header "content-type: application/json" --data '{"name":"modelkeep-test"}' \
  "http://127.0.0.1:$port/storage/v1/b?project=test"
echo "MODELKEEP_TEST_GCS=http://127.0.0.1:$port" >"$environment_file"
echo "gcs-start: fake-gcs-server $version answers on http://127.0.0.1:$port"
