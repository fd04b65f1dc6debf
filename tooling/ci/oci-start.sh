#!/usr/bin/env bash
# Installs two tools of the world of containers, which read and write OCI image layouts: oras, built by Go, in .tools, once, and
# skopeo. Where there is no Go, it says so, and nothing is tried with oras.
#
#   tooling/ci/oci-start.sh FILE     writes MODELKEEP_TEST_ORAS and MODELKEEP_TEST_SKOPEO, paths of the commands, to FILE
set -euo pipefail
environment_file=$(realpath -m "${1:?usage: oci-start.sh FILE}")
cd "$(dirname "$0")/../.."
version=1.3.6
oras="$PWD/.tools/oras-$version/oras"
PATH="$PATH:/usr/local/go/bin"

if ! command -v skopeo >/dev/null; then
  if [ "$(id -u)" = 0 ]; then as_root=""; else as_root="sudo -n"; fi
  $as_root apt-get update -qq
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends skopeo >/dev/null
fi
echo "MODELKEEP_TEST_SKOPEO=$(command -v skopeo)" >"$environment_file"
echo "oci-start: $(skopeo --version)"

if [ ! -x "$oras" ]; then
  command -v go >/dev/null || { echo "oci-start: there is no Go to build oras with: nothing is tried with it"; exit 0; }
  GOBIN=$(dirname "$oras") go install "oras.land/oras/cmd/oras@v$version" >&2
fi
echo "MODELKEEP_TEST_ORAS=$oras" >>"$environment_file"
echo "oci-start: oras $version"
