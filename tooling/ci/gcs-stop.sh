#!/usr/bin/env bash
# Stops what gcs-start.sh started, and only that.
set -euo pipefail
file=${GCS_CI_DIR:-/tmp/modelkeep-gcs}/pid
[ -s "$file" ] || exit 0
process=$(cat "$file")
# The number may belong to another process by now.
if ps -o args= -p "$process" | grep -q fake-gcs-server; then kill "$process" 2>/dev/null || true; fi
rm -f "$file"
