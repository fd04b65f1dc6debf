#!/usr/bin/env bash
# Starts Versity S3 Gateway, a second real S3 server beside Ceph's, on a folder of files; built by Go, in .tools, once. Where
# there is no Go, it says so and starts nothing.
#
#   tooling/ci/versitygw-start.sh FILE    writes MODELKEEP_TEST_VERSITYGW, an endpoint with the bucket modelkeep-test, to FILE
#   tooling/ci/versitygw-stop.sh          stops it and forgets the data
#
# VERSITYGW_CI_DIR (default /tmp/modelkeep-versitygw) holds data and log, on a file system with extended attributes;
# VERSITYGW_CI_PORT is its port (default 7660).
set -euo pipefail
environment_file=$(realpath -m "${1:?usage: versitygw-start.sh FILE}")
directory=${VERSITYGW_CI_DIR:-/tmp/modelkeep-versitygw}
port=${VERSITYGW_CI_PORT:-7660}
cd "$(dirname "$0")/../.."
version=1.8.0
server="$PWD/.tools/versitygw-$version/versitygw"
access_key=modelkeep-test-access
secret_key=modelkeep-test-secret-not-for-production
PATH="$PATH:/usr/local/go/bin"

if [ ! -x "$server" ]; then
  command -v go >/dev/null || { echo "versitygw-start: there is no Go to build the server with: nothing is tried against it"; exit 0; }
  GOBIN=$(dirname "$server") go install "github.com/versity/versitygw/cmd/versitygw@v$version" >&2
fi
# Makes the bucket; 409 when it is there already. The digest is of an empty body.
has_bucket() {
  local status
  status=$(curl --silent --output /dev/null --max-time 2 --write-out '%{http_code}' --request PUT --aws-sigv4 "aws:amz:us-east-1:s3" \
    --header "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" \
    --user "$access_key:$secret_key" "http://127.0.0.1:$port/modelkeep-test") || true
  [ "$status" = 200 ] || [ "$status" = 409 ]
}
if ! has_bucket; then
  mkdir -p "$directory/data"
  setsid "$server" --port "127.0.0.1:$port" --keep-alive --quiet --access "$access_key" --secret "$secret_key" \
    posix "$directory/data" >"$directory/server.log" 2>&1 </dev/null &
  echo $! >"$directory/pid"
  for _ in $(seq 1 100); do
    if has_bucket; then break; fi
    sleep 0.1
  done
  has_bucket || { echo "versitygw-start: nothing answers on port $port" >&2; tail -n 5 "$directory/server.log" >&2; exit 1; }
fi
cat >"$environment_file" <<END
MODELKEEP_TEST_VERSITYGW=http://127.0.0.1:$port
AWS_ACCESS_KEY_ID=$access_key
AWS_SECRET_ACCESS_KEY=$secret_key
END
echo "versitygw-start: Versity S3 Gateway $version answers on http://127.0.0.1:$port, bucket modelkeep-test"
