#!/usr/bin/env bash
# Makes Python environments with the reference implementations of the formats, in .tools, once per list of versions.
#
#   tooling/ci/python-start.sh FILE     writes to FILE: MODELKEEP_TEST_PYTHON=<interpreter with the newest versions>
#                                       MODELKEEP_TEST_MLFLOW=<one with MLflow>
#                                       MODELKEEP_TEST_TENSORFLOW=<one with TensorFlow, Keras 3 and Keras 2>
#                                       and MODELKEEP_CI_OLDER_PYTHONS="<interpreters with older scikit-learns>"
set -euo pipefail
cd "$(dirname "$0")/../.."

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

if ! python3 -c "import ensurepip, venv" 2>/dev/null; then
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
fi

# environment REQUIREMENTS: prints the interpreter of an environment with these.
environment() {
  local folder
  folder="$PWD/.tools/python-$(sha256sum "$1" | cut -c1-12)"
  if [ ! -f "$folder/complete" ]; then
    python3 -m venv --clear "$folder" >&2
    "$folder/bin/pip" install --quiet --disable-pip-version-check --no-compile --requirement "$1" >&2
    touch "$folder/complete"
  fi
  echo "python-start: $("$folder/bin/python" --version) with $(grep -v '^#' "$1" | tr '\n' ' ')" >&2
  echo "$folder/bin/python"
}

# All at once: they wait for the network more than for the processor.
for list in tooling/ci/requirements*.txt; do environment "$list" >/dev/null & done
wait
newest=$(environment tooling/ci/requirements.txt 2>/dev/null)
mlflow=$(environment tooling/ci/requirements-mlflow.txt 2>/dev/null)
tensorflow=$(environment tooling/ci/requirements-tensorflow.txt 2>/dev/null)
older=()
for list in tooling/ci/requirements-sklearn-*.txt; do older+=("$(environment "$list" 2>/dev/null)"); done
{
  echo "MODELKEEP_TEST_PYTHON=$newest"
  echo "MODELKEEP_TEST_MLFLOW=$mlflow"
  echo "MODELKEEP_TEST_TENSORFLOW=$tensorflow"
  echo "MODELKEEP_CI_OLDER_PYTHONS=\"${older[*]}\""
} >"$1"
