#!/usr/bin/env bash
# Installs TensorFlow.js, for the tests that save and load models with it.
#
#   tooling/ci/tfjs-start.sh FILE     writes to FILE: MODELKEEP_TEST_TFJS=<a folder that has it among its node_modules>
set -euo pipefail
cd "$(dirname "$0")/../.."
version=4.22.0
folder="$PWD/.tools/tfjs-$version"
if [ ! -e "$folder/installed" ]; then
  mkdir -p "$folder"
  echo '{"private":true}' >"$folder/package.json"
  npm install --prefix "$folder" --no-audit --no-fund --ignore-scripts --silent "@tensorflow/tfjs@$version"
  touch "$folder/installed"
fi
echo "tfjs-start: TensorFlow.js $version" >&2
echo "MODELKEEP_TEST_TFJS=$folder" >"$1"
