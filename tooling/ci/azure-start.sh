#!/usr/bin/env bash
# Starts Azurite, Microsoft's emulator of Azure Storage, for the tests; from npm, in .tools, data in memory.
#
#   tooling/ci/azure-start.sh FILE    writes MODELKEEP_TEST_AZURE, a connection string, to FILE; again changes nothing
#   tooling/ci/azure-stop.sh          stops it
#
# AZURE_CI_DIR (default /tmp/modelkeep-azure) holds its log; AZURE_CI_PORT is its port (default 7640).
set -euo pipefail
environment_file=$(realpath -m "${1:?usage: azure-start.sh FILE}")
directory=${AZURE_CI_DIR:-/tmp/modelkeep-azure}
port=${AZURE_CI_PORT:-7640}
cd "$(dirname "$0")/../.."
# The newest that runs on Node 20.
version=3.35.0
prefix="$PWD/.tools/azurite-$version"
answers() { curl --silent --output /dev/null --max-time 2 "http://127.0.0.1:$port/"; }

if [ ! -f "$prefix/complete" ]; then
  npm install --prefix "$prefix" --no-save --no-audit --no-fund --loglevel=error "azurite@$version" >&2
  touch "$prefix/complete"
fi
if ! answers; then
  mkdir -p "$directory"
  setsid "$prefix/node_modules/.bin/azurite-blob" --inMemoryPersistence --silent --skipApiVersionCheck --disableTelemetry \
    --blobHost 127.0.0.1 --blobPort "$port" >"$directory/azurite.log" 2>&1 </dev/null &
  echo $! >"$directory/pid"
  for _ in $(seq 1 100); do
    if answers; then break; fi
    sleep 0.2
  done
  answers || { echo "azure-start: nothing answers on port $port" >&2; tail -n 5 "$directory/azurite.log" >&2; exit 1; }
fi
# The account and key are the emulator's well-known ones: https://learn.microsoft.com/azure/storage/common/storage-use-azurite
key="Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
echo "MODELKEEP_TEST_AZURE='DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=$key;BlobEndpoint=http://127.0.0.1:$port/devstoreaccount1;'" >"$environment_file"
echo "azure-start: Azurite $version answers on http://127.0.0.1:$port"
