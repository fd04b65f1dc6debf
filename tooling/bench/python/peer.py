"""The other side of the benchmarks: does what it is told on standard input, line by line, and answers with its own time
in milliseconds. Modules are imported before the clock starts."""

import hashlib
import json
import os
import sys
import time
import zipfile
from importlib import metadata

kept = {}


def timed(work):
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def median(times):
    return sorted(times)[len(times) // 2]


def modules():
    found = {"python": sys.version.split()[0]}
    for module, distribution in {
        "joblib": "joblib",
        "numpy": "numpy",
        "sklearn": "scikit-learn",
        "safetensors": "safetensors",
    }.items():
        try:
            found[module] = metadata.version(distribution)
        except metadata.PackageNotFoundError:
            pass
    return found


def arrays(size, count):
    """Random float32 arrays of `size` bytes together, kept for the calls that follow."""
    import numpy

    random = numpy.random.default_rng(1)
    kept["arrays"] = {f"array-{index}": random.random(size // 4 // count, dtype=numpy.float32) for index in range(count)}
    return len(kept["arrays"])


def dump_arrays(path):
    import joblib

    return timed(lambda: joblib.dump(kept["arrays"], path))


def dump_sync_hash(path):
    """What a safe save takes with joblib: write, bring to the disk, digest."""
    import joblib

    def work():
        with open(path, "wb") as file:
            joblib.dump(kept["arrays"], file)
            file.flush()
            os.fsync(file.fileno())
        with open(path, "rb") as file:
            hashlib.file_digest(file, "sha256")

    return timed(work)


def save_safetensors(path):
    from safetensors.numpy import save_file

    return timed(lambda: save_file(kept["arrays"], path))


def load_safetensors(path):
    from safetensors.numpy import load_file

    return timed(lambda: load_file(path))


def load(path, calls=1):
    """The median of calls."""
    import joblib

    with open(path, "rb") as file:
        if b"sklearn" in file.read(4096):
            import sklearn.ensemble  # noqa: F401
    return median([timed(lambda: joblib.load(path)) for _ in range(calls)])


def zip_file(path, source):
    def work():
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            archive.write(source, "weights.safetensors")

    return timed(work)


def fit_forest(path):
    """100 trees of 250 leaves: 499 nodes each. Gives rows to predict."""
    import joblib
    from sklearn.datasets import make_classification
    from sklearn.ensemble import RandomForestClassifier

    rows, labels = make_classification(n_samples=20_000, n_features=20, n_informative=15, n_classes=3, random_state=1)
    forest = RandomForestClassifier(n_estimators=100, max_leaf_nodes=250, random_state=1, n_jobs=2).fit(rows, labels)
    forest.n_jobs = None
    joblib.dump(forest, path)
    kept["forest"], kept["rows"] = forest, rows
    nodes = sum(tree.tree_.node_count for tree in forest.estimators_)
    return {"nodes": nodes, "rows": rows[:1000].tolist(), "probabilities": forest.predict_proba(rows[:1000]).tolist()}


def fit_small(path):
    """A scaler and a logistic regression: the smallest pipeline that people use."""
    import joblib
    from sklearn.datasets import make_classification
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows, labels = make_classification(n_samples=500, n_features=10, random_state=1)
    joblib.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, labels), path)
    return rows[:5].tolist()


def predict(calls, batch):
    """The median of calls."""
    forest, rows = kept["forest"], kept["rows"]
    times = []
    for call in range(calls):
        part = rows[call * batch % 10_000 :][:batch]
        times.append(timed(lambda: forest.predict_proba(part)))
    return median(times)


operations = {
    each.__name__: each
    for each in (
        modules, arrays, dump_arrays, dump_sync_hash, save_safetensors, load_safetensors, load, zip_file, fit_forest,
        fit_small, predict,
    )
}

for line in sys.stdin:
    given = json.loads(line)
    try:
        answer = {"result": operations[given.pop("operation")](**given)}
    except Exception as error:
        answer = {"error": repr(error)}
    print(json.dumps(answer), flush=True)
