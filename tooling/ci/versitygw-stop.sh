#!/usr/bin/env bash
# Stops what versitygw-start.sh started, and only that.
set -euo pipefail
file=${VERSITYGW_CI_DIR:-/tmp/modelkeep-versitygw}/pid
[ -s "$file" ] || exit 0
process=$(cat "$file")
# The number may belong to another process by now.
if ps -o args= -p "$process" | grep -q versitygw; then kill "$process" 2>/dev/null || true; fi
rm -rf "$(dirname "$file")"
