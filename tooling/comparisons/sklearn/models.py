"""Fits a handful of models and says what they predict: python models.py FOLDER.

Of each model FOLDER gets NAME.joblib, and for each set of rows NAME-SET.json with the rows and what scikit-learn predicts for them.
The set "test" are rows that the model has not seen; "edge" are such rows with one feature put on a threshold of one of its trees, and
on the nearest double and float32 on either side.
"""

import json
import os
import pathlib
import sys
import warnings

warnings.filterwarnings("ignore")

import joblib
import numpy
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

folder = pathlib.Path(sys.argv[1]).resolve()
random = numpy.random.default_rng(0)


class Canary:
    """When Python revives it, it makes an empty folder."""

    def __reduce__(self):
        return (os.makedirs, (str(folder / "canary-ran"), 0o777, True))


def people():
    """The diabetes data with two columns as words."""
    X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    X["sex"] = X["sex"].map({1.0: "female", 2.0: "male"}).astype(object)
    X["age"] = X["age"].map(lambda age: "young" if age < 40 else "middle" if age < 60 else "old").astype(object)
    return X, numpy.where(y > y.median(), "high", "low").astype(object)


def columns(estimator):
    words, numbers = ["age", "sex"], ["bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
    return make_pipeline(make_column_transformer((OneHotEncoder(), words), (StandardScaler(), numbers)), estimator)


def thresholds(model):
    """(feature, threshold) of every split."""
    if hasattr(model, "estimators_"):
        trees = [each.tree_ for each in model.estimators_]
        return [(int(f), float(t)) for tree in trees for f, t in zip(tree.feature, tree.threshold) if f >= 0]
    if hasattr(model, "_predictors"):
        nodes = [node for stage in model._predictors for each in stage for node in each.nodes]
        return [(int(node["feature_idx"]), float(node["num_threshold"])) for node in nodes if not node["is_leaf"]]
    return []


def edges(model, X, splits=200):
    every = thresholds(model)
    if not every:
        return None
    rows = []
    for index in random.choice(len(every), splits, replace=False):
        feature, threshold = every[index]
        single = numpy.float32(threshold)
        for value in (
            threshold,
            numpy.nextafter(threshold, -numpy.inf),
            numpy.nextafter(threshold, numpy.inf),
            numpy.nextafter(single, numpy.float32(-numpy.inf)),
            numpy.nextafter(single, numpy.float32(numpy.inf)),
        ):
            row = X[random.integers(len(X))].copy()
            row[feature] = value
            rows.append(row)
    return numpy.array(rows)


def predicted(model, X):
    if not hasattr(model, "classes_"):
        return {"value": model.predict(X).tolist()}
    return {
        "classes": model.classes_.tolist(),
        "label": model.predict(X).tolist(),
        "probabilities": model.predict_proba(X).tolist(),
    }


def write(name, model, X):
    joblib.dump(model, folder / f"{name}.joblib")
    for kind, rows in {"test": X, "edge": edges(model, X)}.items():
        if rows is None:
            continue
        plain = rows.to_dict("records") if hasattr(rows, "to_dict") else rows.tolist()
        (folder / f"{name}-{kind}.json").write_text(json.dumps({"rows": plain, "expected": predicted(model, rows)}))


models = {
    "forest": (RandomForestClassifier(100, random_state=0), load_breast_cancer(return_X_y=True)),
    "forest-regressor": (RandomForestRegressor(100, random_state=0), load_diabetes(return_X_y=True)),
    "boosting": (HistGradientBoostingRegressor(random_state=0), load_diabetes(return_X_y=True)),
    "logistic": (make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)), load_wine(return_X_y=True)),
    "svc": (SVC(probability=True, random_state=0), load_breast_cancer(return_X_y=True)),
    "columns": (columns(LogisticRegression(max_iter=1000)), people()),
    "neighbours": (KNeighborsClassifier(), load_iris(return_X_y=True)),
}
for name, (model, (X, y)) in models.items():
    train, test, labels, _ = train_test_split(X, y, test_size=0.4, random_state=0)
    write(name, model.fit(train, labels), test)
canary = LogisticRegression(max_iter=1000).fit(*load_iris(return_X_y=True))
canary.note_ = Canary()
joblib.dump(canary, folder / "canary.joblib")
