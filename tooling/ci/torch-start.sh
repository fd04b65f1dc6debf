#!/usr/bin/env bash
# Installs Debian's PyTorch, which runs on the processor alone, for the tests that compare with it.
#
#   tooling/ci/torch-start.sh FILE     writes to FILE: MODELKEEP_TEST_TORCH=<an interpreter that has torch>
set -euo pipefail
python=/usr/bin/python3
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

if ! "$python" -c "import torch" 2>/dev/null; then
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-torch python3-numpy >/dev/null
fi
echo "torch-start: $("$python" -c 'import torch; print("PyTorch", torch.__version__)')" >&2
echo "MODELKEEP_TEST_TORCH=$python" >"$1"
