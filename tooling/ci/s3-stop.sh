#!/bin/sh
# Stops what s3-start.sh started, and only that; its data was in memory and is gone.
set -eu

directory=${S3_CI_DIR:-/tmp/modelkeep-s3}

for name in rgw osd mon; do
  file="$directory/$name.pid"
  [ -s "$file" ] || continue
  process=$(cat "$file")
  # The number may belong to another process by now.
  if ps -o args= -p "$process" | grep -q -- "--conf $directory/ceph.conf"; then
    kill "$process" 2>/dev/null || true
    for _ in $(seq 1 50); do
      kill -0 "$process" 2>/dev/null || break
      sleep 0.1
    done
    kill -9 "$process" 2>/dev/null || true
  fi
  rm -f "$file"
done
