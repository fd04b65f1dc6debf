#!/usr/bin/env bash
# Stops what azure-start.sh started, and only that.
set -euo pipefail
file=${AZURE_CI_DIR:-/tmp/modelkeep-azure}/pid
[ -s "$file" ] || exit 0
process=$(cat "$file")
# The number may belong to another process by now.
if ps -o args= -p "$process" | grep -q azurite; then kill "$process" 2>/dev/null || true; fi
rm -f "$file"
