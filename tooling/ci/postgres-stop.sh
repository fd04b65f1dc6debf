#!/usr/bin/env bash
# Stops what postgres-start.sh started, and only that.
set -euo pipefail

directory=${POSTGRES_CI_DIR:-/tmp/modelkeep-postgres}
for file in "$directory/pgbouncer.pid" "$directory/data/postmaster.pid"; do
  [ -s "$file" ] || continue
  process=$(head -n 1 "$file")
  # The number may belong to another process by now.
  if ps -o args= -p "$process" | grep -q -- "$directory"; then
    # PostgreSQL ends at once on SIGINT, whoever is connected.
    kill -INT "$process" 2>/dev/null || true
    for _ in $(seq 1 50); do
      kill -0 "$process" 2>/dev/null || break
      sleep 0.1
    done
  fi
done
