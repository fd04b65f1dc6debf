"""Reads and writes files with the reference implementation, for python-interop.test.ts.

read FOLDER    every *.safetensors of the folder, or why it is refused, as JSON
write FOLDER   every.safetensors with each dtype that the package writes; numpy.safetensors by way of NumPy
numpy FILE     the tensors that NumPy has types for, as lists of numbers
"""

import ctypes
import json
import sys
from pathlib import Path

import numpy
import safetensors
import safetensors.numpy


def read(folder):
    result = {}
    for path in sorted(Path(folder).glob("*.safetensors")):
        try:
            tensors = safetensors.deserialize(path.read_bytes())
            result[path.name] = {
                name: {"dtype": tensor["dtype"], "shape": tensor["shape"], "data": bytes(tensor["data"]).hex()}
                for name, tensor in tensors
            }
        except (safetensors.SafetensorError, ValueError) as error:
            result[path.name] = str(error)
    return result


DTYPES = {
    "bool": 8, "float4_e2m1fn_x2": 8, "uint8": 8, "int8": 8, "float8_e5m2": 8, "float8_e4m3fn": 8,
    "float8_e8m0fnu": 8, "float8_e4m3fnuz": 8, "float8_e5m2fnuz": 8, "int16": 16, "uint16": 16, "float16": 16,
    "bfloat16": 16, "int32": 32, "uint32": 32, "float32": 32, "complex64": 64, "float64": 64, "int64": 64, "uint64": 64,
}  # fmt: skip


def write(folder):
    buffers = {}
    specs = {}
    for dtype, bits in DTYPES.items():
        for shape in ([3, 2], [0], []):
            count = int(numpy.prod(shape)) * bits // 8
            if dtype.endswith("_x2") and shape == []:
                continue
            name = f"{dtype} {shape}"
            buffers[name] = (ctypes.c_uint8 * max(count, 1))(*((7 * index + bits) % 256 for index in range(count)))
            specs[name] = safetensors.TensorSpec(
                dtype=dtype, shape=shape, data_ptr=ctypes.addressof(buffers[name]), data_len=count
            )
    content = safetensors.serialize(specs, metadata={"format": "pt", "é": "✓"})
    (Path(folder) / "every.safetensors").write_bytes(bytes(content))
    arrays = {"weights": numpy.arange(12, dtype="float32").reshape(3, 4) / 7, "classes": numpy.array([-1, 2**62])}
    safetensors.numpy.save_file(arrays, Path(folder) / "numpy.safetensors")
    return {name: bytes(buffer).hex() for name, buffer in buffers.items()}


def numpy_values(file):
    tensors = safetensors.numpy.load_file(file)
    return {name: {"dtype": str(array.dtype), "values": array.tolist()} for name, array in tensors.items()}


command, argument = sys.argv[1:]
print(json.dumps({"read": read, "write": write, "numpy": numpy_values}[command](argument)))
