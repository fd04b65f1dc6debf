#!/usr/bin/env bash
# Makes a Python environment with the reference implementations of the formats, in .tools, once per list of versions.
#
#   tooling/ci/python-start.sh FILE     writes MODELKEEP_TEST_PYTHON=<interpreter> to FILE
set -euo pipefail
cd "$(dirname "$0")/../.."
requirements=tooling/ci/requirements.txt
environment="$PWD/.tools/python-$(sha256sum "$requirements" | cut -c1-12)"

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

if ! python3 -c "import ensurepip, venv" 2>/dev/null; then
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
fi
if [ ! -f "$environment/complete" ]; then
  python3 -m venv --clear "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
  touch "$environment/complete"
fi
echo "MODELKEEP_TEST_PYTHON=$environment/bin/python" >"$1"
echo "python-start: $("$environment/bin/python" --version) with $(grep -v '^#' "$requirements" | tr '\n' ' ')"
