"""The test models of Python's onnx package as files, and its checker's word on files of ours.

    python backend_data.py export FOLDER    writes 0.onnx, 0_0_input_0.pb, 0_0_output_0.pb ..., index.json
    python backend_data.py check FOLDER     judges 0.onnx and 0.again.onnx ..., prints JSON
"""

import glob
import json
import os
import sys
import warnings

import numpy
import onnx
from onnx import numpy_helper


def shipped():
    """Models with data sets that lie in the package as files."""
    root = os.path.join(os.path.dirname(onnx.__file__), "backend", "test", "data")
    for path in sorted(glob.glob(os.path.join(root, "**", "*.onnx"), recursive=True)):
        folder = os.path.dirname(path)
        sets = []
        for data in sorted(glob.glob(os.path.join(folder, "test_data_set_*"))):
            read = lambda kind: [
                open(os.path.join(data, f"{kind}_{i}.pb"), "rb").read()
                for i in range(len(glob.glob(os.path.join(data, f"{kind}_*.pb"))))
            ]
            sets.append((read("input"), read("output")))
        yield os.path.relpath(path, root), open(path, "rb").read(), sets


def generated():
    """Models of single operators that the package makes when asked."""
    import onnx.backend.test.case.node as node

    numpy.random.seed(0)
    for case in node.collect_testcases(None):
        sets = []
        for inputs, outputs in case.data_sets or []:
            values = [*inputs, *outputs]
            if all(isinstance(value, (numpy.ndarray, numpy.generic, onnx.TensorProto)) for value in values):
                sets.append(([tensor(value) for value in inputs], [tensor(value) for value in outputs]))
        yield case.name, case.model.SerializeToString(), sets


def tensor(value):
    if not isinstance(value, onnx.TensorProto):
        value = numpy_helper.from_array(numpy.asarray(value))
    return value.SerializeToString()


def export(folder):
    index = []
    for name, model, sets in [*shipped(), *generated()]:
        number = len(index)
        with open(os.path.join(folder, f"{number}.onnx"), "wb") as file:
            file.write(model)
        for i, (inputs, outputs) in enumerate(sets):
            for kind, tensors in (("input", inputs), ("output", outputs)):
                for k, data in enumerate(tensors):
                    with open(os.path.join(folder, f"{number}_{i}_{kind}_{k}.pb"), "wb") as file:
                        file.write(data)
        index.append({"name": name, "sets": [[len(inputs), len(outputs)] for inputs, outputs in sets]})
    with open(os.path.join(folder, "index.json"), "w") as file:
        json.dump(index, file)


def check(folder):
    counts = {"accepted": 0, "refused": 0, "faults": []}
    number = 0
    while os.path.exists(os.path.join(folder, f"{number}.onnx")):
        path = os.path.join(folder, f"{number}.onnx")
        again = os.path.join(folder, f"{number}.again.onnx")
        before, after = verdict(path), verdict(again)
        if before != after:
            counts["faults"].append([number, before, after])
        elif onnx.load(path) != onnx.load(again):
            counts["faults"].append([number, "the same message", "another message"])
        counts["accepted" if before == "" else "refused"] += 1
        number += 1
    print(json.dumps(counts))


def verdict(path):
    try:
        onnx.checker.check_model(path)
        return ""
    except Exception as error:
        return str(error).splitlines()[0].replace(".again.onnx", ".onnx")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    numpy.seterr(all="ignore")
    {"export": export, "check": check}[sys.argv[1]](sys.argv[2])
