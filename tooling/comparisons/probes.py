"""What a tool does with a model, found out by doing it: python probes.py TOOL FOLDER prints one JSON object.

Everything happens in FOLDER. The canary is an attribute of a model that, when Python revives it, makes an empty folder.
"""

import importlib.metadata
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
import warnings

warnings.filterwarnings("ignore")

import numpy
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

X, y = load_iris(return_X_y=True, as_frame=True)
folder = pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else pathlib.Path(".")


class Canary:
    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return (os.makedirs, (self.path, 0o777, True))


def model(canary=None):
    fitted = LogisticRegression(max_iter=1000).fit(X.to_numpy(), y)
    if canary is not None:
        fitted.note_ = Canary(canary)
    return fitted


def flip(root):
    """Turns the sign of the largest weight, in the file that holds it; where none does, changes a bit of the largest file."""
    files = [path for path in pathlib.Path(root).rglob("*") if path.is_file()]
    for weights in (model().coef_, model().coef_.T):
        needle = weights.tobytes()
        for path in files:
            data = bytearray(path.read_bytes())
            at = data.find(needle)
            if at < 0:
                continue
            data[at + 8 * int(numpy.argmax(numpy.abs(weights.ravel()))) + 7] ^= 0x80
            path.write_bytes(data)
            return
    path = max(files, key=lambda each: each.stat().st_size)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def flipped(root, load):
    """What loading comes to, once a bit of what is stored has changed."""
    expected = numpy.asarray(load().predict(X.to_numpy()))
    flip(root)
    try:
        predictions = numpy.asarray(load().predict(X.to_numpy()))
    except Exception as error:  # every way of noticing counts
        return f"error: {type(error).__name__}"
    return f"loaded without a word; {int((predictions != expected).sum())} of {len(X)} predictions changed"


def canary_outcome(save, load):
    """Whether loading ran what was in the file."""
    path = folder / "canary-ran"
    try:
        saved = save(model(path))
    except Exception as error:
        return f"not saved: {type(error).__name__}"
    path.rmdir() if path.exists() else None  # some tools try a model when they save it
    try:
        load(saved)
        said = "loaded"
    except Exception as error:
        said = f"refused: {type(error).__name__}"
    return f"{said}; code from the file {'ran' if path.exists() else 'did not run'}"


def seconds(command):
    """Median of five after one that warms the caches."""
    runs = []
    for _ in range(6):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        runs.append(time.perf_counter() - start)
    return round(statistics.median(runs[1:]), 2)


def probe_joblib():
    import joblib

    def save(fitted, name="model.joblib"):
        (folder / "plain").mkdir(exist_ok=True)
        joblib.dump(fitted, folder / "plain" / name)
        return folder / "plain" / name

    saved = save(model())
    return {
        "flip": flipped(saved.parent, lambda: joblib.load(saved)),
        "code": canary_outcome(lambda fitted: save(fitted, "canary.joblib"), joblib.load),
        "kept": "the object alone",
    }


def probe_skops():
    import skops.io

    def save(fitted, name="model.skops"):
        (folder / "plain").mkdir(exist_ok=True)
        skops.io.dump(fitted, folder / "plain" / name)
        return folder / "plain" / name

    saved = save(model())
    return {
        "flip": flipped(saved.parent, lambda: skops.io.load(saved)),
        "code": canary_outcome(lambda fitted: save(fitted, "canary.skops"), skops.io.load),
        "kept": "the object and its schema",
    }


def probe_mlflow():
    import logging

    import mlflow
    from mlflow.models import infer_signature

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    mlflow.set_experiment(mlflow.create_experiment("probe", artifact_location=(folder / "artifacts").as_uri()))

    def save(fitted, name="probe", **more):
        with mlflow.start_run():
            info = mlflow.sklearn.log_model(
                fitted, name="model", registered_model_name=name, signature=infer_signature(X, y), input_example=X[:5], **more
            )
        return info

    info = save(model())
    client = mlflow.MlflowClient()
    client.set_registered_model_alias("probe", "champion", 1)
    loaded = mlflow.pyfunc.load_model("models:/probe@champion")
    try:
        loaded.predict(X.drop(columns=[X.columns[2]]))
        inputs = "a missing column is accepted"
    except Exception as error:
        named = X.columns[2] in str(error)
        inputs = "a missing column is refused" + (" by name" if named else "")
    save(model(), serialization_format="pickle")
    client.set_registered_model_alias("probe", "champion", 2)
    history = f"aliases now: {dict(client.get_registered_model('probe').aliases)}"
    root = pathlib.Path(mlflow.artifacts.download_artifacts(info.model_uri))
    kept = ", ".join(sorted(path.name for path in root.iterdir()))
    with_pickle = lambda fitted: save(fitted, "canary", serialization_format="pickle")
    answers = {
        "code": canary_outcome(lambda fitted: save(fitted, "canary"), lambda info: mlflow.sklearn.load_model(info.model_uri)),
        "code-pickle": canary_outcome(with_pickle, lambda info: mlflow.sklearn.load_model(info.model_uri)),
        "inputs": inputs,
        "history": history,
        "kept": kept,
    }
    answers["flip"] = flipped(root, lambda: mlflow.sklearn.load_model(info.model_uri))
    return answers


def probe_bentoml():
    os.environ["BENTOML_HOME"] = str(folder / "bentoml")
    os.environ["BENTOML_DO_NOT_TRACK"] = "True"
    import bentoml

    save = lambda fitted, name="probe": bentoml.sklearn.save_model(name, fitted)
    saved = save(model())
    stored = bentoml.models.get(saved.tag).path
    answers = {
        "code": canary_outcome(lambda fitted: save(fitted, "canary"), lambda each: bentoml.sklearn.load_model(each.tag)),
        "kept": ", ".join(sorted(path.name for path in pathlib.Path(stored).iterdir())),
    }
    answers["flip"] = flipped(stored, lambda: bentoml.sklearn.load_model(saved.tag))
    return answers


def probe_modelstore():
    from modelstore import ModelStore

    (folder / "modelstore").mkdir()
    store = ModelStore.from_file_system(root_directory=str(folder / "modelstore"))
    save = lambda fitted, domain="probe": store.upload(domain, model=fitted)["model"]["model_id"]
    saved = save(model())
    answers = {
        "code": canary_outcome(lambda fitted: save(fitted, "canary"), lambda each: store.load("canary", each)),
        "kept": "an archive and its metadata",
    }
    archive = max((folder / "modelstore").rglob("*.tar.gz"), key=lambda path: "probe" in str(path))
    answers["flip"] = flipped(archive.parent, lambda: store.load("probe", saved))
    return answers


if __name__ == "__main__":
    tool = sys.argv[1]
    answers = globals()[f"probe_{tool}"]()
    bare = seconds([sys.executable, "-c", "pass"])
    module = {"skops": "skops.io"}.get(tool, tool)
    started = seconds([sys.executable, "-c", f"import {module}"])
    versions = {"scikit-learn": importlib.metadata.version("scikit-learn"), tool: importlib.metadata.version(tool)}
    print(json.dumps({"tool": tool, "versions": versions, "start": started, "bare": bare, **answers}))
