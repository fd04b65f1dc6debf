"""The converters that run in Python.

python peers.py convert TOOL MODEL.joblib ROWS.json TARGET
python peers.py predict MODEL.onnx ROWS.json TYPE        prints what ONNX Runtime predicts, as JSON
TOOL is skl2onnx-float32, skl2onnx-float64 or m2cgen; TYPE is float32 or float64.
"""

import json
import pathlib
import sys
import warnings

warnings.filterwarnings("ignore")


def sample(path, kind):
    import numpy
    import pandas

    rows = json.loads(pathlib.Path(path).read_text())["rows"]
    if not isinstance(rows[0], dict):
        return numpy.array(rows, kind)
    frame = pandas.DataFrame(rows)
    words = [name for name in frame if isinstance(frame[name].iloc[0], str)]
    return frame.astype({name: object if name in words else kind for name in frame})


def convert(tool, model, rows, target):
    import joblib

    fitted = joblib.load(model)
    if tool == "m2cgen":
        import m2cgen

        sys.setrecursionlimit(100_000)
        pathlib.Path(target).write_text(m2cgen.export_to_javascript(fitted) + "\nmodule.exports = score;\n")
        return
    from skl2onnx import to_onnx

    options = {"zipmap": False} if hasattr(fitted, "classes_") else None
    graph = to_onnx(fitted, sample(rows, tool.split("-")[1])[:1], options=options)
    pathlib.Path(target).write_bytes(graph.SerializeToString())


def predict(model, rows, kind):
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    X = sample(rows, kind)
    if hasattr(X, "columns"):
        feeds = {name: X[[name]].to_numpy() for name in X}
    else:
        feeds = {session.get_inputs()[0].name: X}
    outputs = [each.tolist() for each in session.run(None, feeds)]
    if len(outputs) == 1:
        print(json.dumps({"value": [row[0] for row in outputs[0]]}))
    else:
        print(json.dumps({"label": outputs[0], "probabilities": outputs[1]}))


{"convert": convert, "predict": predict}[sys.argv[1]](*sys.argv[2:])
