#!/usr/bin/env bash
# Runs the test files that mention a server or tool of the environment; here none of their tests may be skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."
mapfile -t files < <(grep -rl --include='*.test.ts' --exclude-dir=node_modules MODELKEEP_TEST_ packages apps)
# Two servers and a tool are built by Go, where there is one.
without() { mapfile -t files < <(printf '%s\n' "${files[@]}" | grep -v "^$1"); }
if [ -z "${MODELKEEP_TEST_GCS:-}" ]; then
  echo "Not run: what needs an emulator of Google Cloud Storage (there was no Go to build it with)."
  without packages/store-gcs/
fi
if [ -z "${MODELKEEP_TEST_VERSITYGW:-}" ]; then
  echo "Not run: what needs Versity S3 Gateway (there was no Go to build it with)."
  without packages/store-s3/test/versitygw.test.ts
fi
if [ -z "${MODELKEEP_TEST_ORAS:-}" ]; then
  echo "Not run: what needs oras (there was no Go to build it with)."
  without packages/interchange/test/oci-tools.test.ts
fi
if [ "${#files[@]}" = 0 ]; then
  echo "No test needs a server."
  exit 0
fi
MODELKEEP_TEST_NO_SKIPS=1 npm test -- "${files[@]}"

# Files that older scikit-learns, numpys and joblibs write are read and predict the same.
python_files=(packages/pickle/test/python.test.ts packages/codec-pickle/test/python.test.ts packages/flavor-sklearn/test/installed-python.test.ts)
for python in ${MODELKEEP_CI_OLDER_PYTHONS:-}; do
  echo "With $("$python" -c 'import joblib, numpy, sklearn; print("scikit-learn", sklearn.__version__, "numpy", numpy.__version__, "joblib", joblib.__version__)')"
  MODELKEEP_TEST_PYTHON=$python npm test -- "${python_files[@]}"
done
