"""Makes pipeline.joblib, the same in other forms, and predictions.json: what a data scientist hands over, and what
scikit-learn predicts with it.

python make_pipeline.py, with scikit-learn, joblib and lz4 installed; the committed files were made with scikit-learn 1.9.1.
"""

import csv
import json
import pickle
from pathlib import Path

import joblib
import numpy
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

here = Path(__file__).parent
with open(here / "../../../vectors/data/breast-cancer.csv") as file:
    names, *rows = csv.reader(file)
table = numpy.array(rows, dtype=float)
X, y = table[:, :-1], numpy.array(["malignant", "benign"])[table[:, -1].astype(int)]

pipeline = Pipeline([
    ("scale", StandardScaler()),
    ("reduce", PCA(n_components=8, random_state=7)),
    ("forest", RandomForestClassifier(n_estimators=40, max_depth=8, random_state=7)),
])
pipeline.fit(X[::2], y[::2])
joblib.dump(pipeline, here / "pipeline.joblib")
for method in ("zlib", "gzip", "bz2", "lzma", "xz", "lz4"):
    joblib.dump(pipeline, here / f"pipeline.{method}.joblib", compress=(method, 6))
(here / "pipeline.pkl").write_bytes(pickle.dumps(pipeline, protocol=5))

predictions = {"label": pipeline.predict(X).tolist(), "probabilities": pipeline.predict_proba(X).tolist()}
(here / "predictions.json").write_text(json.dumps(predictions))
