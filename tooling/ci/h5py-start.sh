#!/usr/bin/env bash
# Installs Debian's h5py, for the tests that compare with it.
#
#   tooling/ci/h5py-start.sh FILE     writes to FILE: MODELKEEP_TEST_H5PY=<an interpreter that has h5py>
set -euo pipefail
python=/usr/bin/python3
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

if ! "$python" -c "import h5py" 2>/dev/null; then
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-h5py python3-numpy >/dev/null
fi
echo "h5py-start: $("$python" -c 'import h5py; print("h5py", h5py.__version__, "HDF5", h5py.version.hdf5_version)')" >&2
echo "MODELKEEP_TEST_H5PY=$python" >"$1"
