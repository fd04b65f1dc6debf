#!/bin/sh
# Installs the age command, the reference implementation of the format, where there is none.
#
#   tooling/ci/age-start.sh FILE     writes MODELKEEP_TEST_AGE=<path of the command> to FILE
set -eu

environment_file=${1:?usage: age-start.sh FILE}
if ! command -v age >/dev/null || ! command -v age-keygen >/dev/null; then
  if [ "$(id -u)" = 0 ]; then as_root=""; else as_root="sudo -n"; fi
  $as_root apt-get update -qq
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends age >/dev/null
fi
echo "MODELKEEP_TEST_AGE=$(command -v age)" >"$environment_file"
echo "age-start: age $(age --version)"
