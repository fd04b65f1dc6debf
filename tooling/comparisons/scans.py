"""Files for scanners, and what a scanner says of them: python scans.py make FOLDER | python scans.py TOOL FOLDER.

The canary is a pickle that, when Python revives it, makes an empty folder beside it.
"""

import importlib.metadata
import json
import os
import pathlib
import pickle
import re
import subprocess
import sys

tool, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
files = {
    "forest.joblib": "a forest of scikit-learn, by joblib",
    "forest-zlib.joblib": "the same, compressed",
    "canary.pkl": "the canary",
    "canary-zlib.joblib": "the canary, compressed by joblib",
    "canary.dat": "the canary under another extension",
    "canary.npz": "the canary in an array of objects in a .npz",
}


class Canary:
    def __reduce__(self):
        return (os.makedirs, (str(folder / "canary-ran"), 0o777, True))


def make():
    import joblib
    import numpy
    from sklearn.datasets import load_iris
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(5, random_state=0).fit(*load_iris(return_X_y=True))
    joblib.dump(forest, folder / "forest.joblib")
    joblib.dump(forest, folder / "forest-zlib.joblib", compress=("zlib", 3))
    joblib.dump(Canary(), folder / "canary-zlib.joblib", compress=("zlib", 3))
    for name in ("canary.pkl", "canary.dat"):
        (folder / name).write_bytes(pickle.dumps(Canary()))
    numpy.savez(folder / "canary.npz", array=numpy.array([Canary()], dtype=object))


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return result.returncode, result.stdout + result.stderr


def picklescan(path):
    code, output = run(bin("picklescan"), "--path", path)
    scanned = int((re.search(r"Scanned files: (\d+)", output) or [0, "0"])[1])
    return {0: "clean" if scanned else "not looked into", 1: "dangerous", 2: "could not be scanned"}.get(code, f"exit code {code}")


def modelscan(path):
    code, _ = run(bin("modelscan"), "-p", path)
    return {0: "clean", 1: "dangerous", 2: "could not be scanned", 3: "not looked into"}.get(code, f"exit code {code}")


def fickling(path):
    report = folder / "fickling.json"
    code, _ = run(bin("fickling"), "--check-safety", "--json-output", str(report), path)
    if not report.exists():
        return "could not be scanned"
    severity = json.loads(report.read_text())["severity"]
    report.unlink()
    return f"{severity.lower().replace('_', ' ')} (exit code {code})"


def bin(name):
    return str(pathlib.Path(sys.executable).with_name(name))


if tool == "make":
    make()
else:
    said = {name: globals()[tool](str(folder / name)) for name in files}
    ran = (folder / "canary-ran").exists()
    print(json.dumps({"tool": tool, "version": importlib.metadata.version(tool), "said": said, "ran": ran, "files": files}))
