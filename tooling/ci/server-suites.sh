#!/usr/bin/env bash
# Runs the test files that mention a server or tool of the environment; here none of their tests may be skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."
mapfile -t files < <(grep -rl --include='*.test.ts' --exclude-dir=node_modules MODELKEEP_TEST_ packages apps)
if [ "${#files[@]}" = 0 ]; then
  echo "No test needs a server."
  exit 0
fi
MODELKEEP_TEST_NO_SKIPS=1 npm test -- "${files[@]}"
