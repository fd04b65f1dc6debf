"""Models of Keras 3 and Keras 2 with what they predict, for the tests of the conversion. Needs TensorFlow, Keras 3, tf-keras.

    python3 zoo.py FOLDER SEED [DATA]          every layer with random weights; models trained on the tables of DATA (vectors/data)
    python3 zoo.py vectors/keras-onnx 1 vectors/data small     what the repository keeps

FAMILIES=real,recurrent makes those alone.
"""
import base64
import gzip
import json
import os
import pathlib
import re
import sys
import traceback
import zipfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy
import tensorflow
import tf_keras

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
seed = int(sys.argv[2])
data = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None
small = "small" in sys.argv
only = os.environ.get("FAMILIES", "").split(",") if os.environ.get("FAMILIES") else []
random = numpy.random.default_rng(seed)
index = []


# Every layer in one form; the other forms where weights are found in another way.
kept = re.compile(r"(wine|digits|series|graph|late)-keras-[23]\.(keras|h5)|.*-keras-3\.keras|(recurrent|activations)-keras-2\.keras")


def pack(path):
    """Keras stores what is in its archives as it is; most of it is air."""
    if path.suffix != ".keras":
        return
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def written(value):
    value = numpy.asarray(value)
    if value.dtype.kind in "OUS":
        texts = [each.decode() if isinstance(each, bytes) else str(each) for each in value.ravel()]
        return {"dtype": "string", "shape": list(value.shape), "texts": texts}
    return {"dtype": str(value.dtype), "shape": list(value.shape), "base64": base64.b64encode(numpy.ascontiguousarray(value).tobytes()).decode()}


def record(model, family, names, inputs, suffixes=(".keras", ".h5")):
    """Saves a model in each form, and what it predicts."""
    given = [inputs[name] for name in names]
    outputs = model(given[0] if len(given) == 1 else given, training=False)
    if isinstance(outputs, dict):
        outputs = list(outputs.items())
    else:
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        names_of = getattr(model, "output_names", None) or [model.layers[-1].name]
        outputs = list(zip(names_of, outputs))
    library = "keras-2" if isinstance(model, tf_keras.Model) else "keras-3"
    for suffix in suffixes:
        name = f"{family}-{library}{suffix}"
        if small and not kept.fullmatch(name):
            continue
        try:
            model.save(folder / name)
            if small:
                pack(folder / name)
        except (NotImplementedError, ValueError) as error:
            print("not saved:", name, str(error)[:200])
            continue
        index.append({
            "file": name,
            "inputs": {key: written(value) for key, value in zip(names, given)},
            "outputs": [{"name": key, **written(value)} for key, value in outputs],
        })


def fill(model):
    """Random weights; those that are spreads are above zero."""
    values = []
    for weight, value in zip(model.weights, model.get_weights()):
        fresh = random.standard_normal(value.shape) * 0.5
        if "variance" in weight.name:
            fresh = numpy.abs(fresh) + 0.5
        values.append(fresh.astype(value.dtype))
    model.set_weights(values)
    for layer in model.layers:
        if isinstance(layer, (keras.layers.Normalization, tf_keras.layers.Normalization)) and layer.input_mean is None:
            layer.finalize_state()


def each(K, family, inputs, makers, batch=3, suffixes=(".keras", ".h5"), values=None):
    """One model with an output for each layer, called on the inputs."""
    symbols = {name: K.Input(shape, name=name, **({"dtype": dtype} if dtype else {})) for name, (shape, dtype) in inputs.items()}
    outputs = []
    for make in makers:
        made = make(K.layers, symbols)
        for part in made if isinstance(made, (list, tuple)) else [made]:
            # Floats get a layer of their own behind them, so that each output has a name.
            named = K.layers.Activation("linear", name=f"out_{len(outputs)}")
            outputs.append(named(part) if part.dtype == "float32" else part)
    model = K.Model(list(symbols.values()), outputs, name=family)
    fill(model)
    given = {}
    for name, (shape, dtype) in inputs.items():
        size = (batch, *[5 if each is None else each for each in shape])
        if values and name in values:
            given[name] = numpy.array(values[name])
        elif dtype in ("int32", "int64"):
            given[name] = random.integers(0, 6, size).astype(dtype)
        else:
            given[name] = (random.standard_normal(size) * 2).astype("float32")
    tensors = {name: tensorflow.constant(value) for name, value in given.items()}
    record(model, family, list(inputs), tensors, suffixes)


def activations(K):
    names = ["linear", "relu", "relu6", "leaky_relu", "elu", "selu", "sigmoid", "hard_sigmoid", "tanh", "softmax", "softplus", "softsign", "swish", "silu", "gelu", "exponential", "mish", "log_softmax"]
    if K is keras:
        names += ["celu", "hard_silu", "log_sigmoid", "hard_tanh", "tanh_shrink", "soft_shrink", "hard_shrink", "squareplus"]
    else:
        names = [name for name in names if name not in ("relu6", "leaky_relu", "silu")]
    named = [(lambda L, x, name=name: L.Activation(name)(x["a"])) for name in names]
    slope = "negative_slope" if K is keras else "alpha"
    more = [
        lambda L, x: L.ReLU()(x["a"]),
        lambda L, x: L.ReLU(max_value=1.5)(x["a"]),
        lambda L, x: L.ReLU(negative_slope=0.1)(x["a"]),
        lambda L, x: L.ReLU(max_value=1.5, negative_slope=0.1, threshold=0.4)(x["a"]),
        lambda L, x: L.ReLU(threshold=0.4)(x["a"]),
        lambda L, x: L.LeakyReLU()(x["a"]),
        lambda L, x: L.LeakyReLU(**{slope: 0.05})(x["a"]),
        lambda L, x: L.ELU(0.7)(x["a"]),
        lambda L, x: L.PReLU()(x["b"]),
        lambda L, x: L.PReLU(shared_axes=[1])(x["b"]),
        lambda L, x: L.Softmax()(x["b"]),
        lambda L, x: L.Softmax(axis=1)(x["b"]),
        lambda L, x: L.Dense(3, activation="softmax")(x["b"]),
        lambda L, x: L.Dense(3, activation=L.LeakyReLU(0.2) if K is keras else "relu", use_bias=False)(x["a"]),
    ]
    each(K, "activations", {"a": ((6,), None), "b": ((4, 3), None)}, named + more)


def convolutions(K):
    conv1 = [dict(filters=3, kernel_size=2), dict(filters=2, kernel_size=3, padding="same", strides=2), dict(filters=2, kernel_size=3, padding="causal", dilation_rate=2), dict(filters=4, kernel_size=4, padding="same", groups=2, activation="relu", use_bias=False)]
    conv2 = [dict(filters=3, kernel_size=(2, 3)), dict(filters=2, kernel_size=3, padding="same", strides=2), dict(filters=2, kernel_size=(4, 2), padding="same", strides=(3, 2)), dict(filters=2, kernel_size=2, padding="same", dilation_rate=2), dict(filters=4, kernel_size=3, groups=2, activation="softmax")]
    deep2 = [dict(kernel_size=3), dict(kernel_size=2, padding="same", strides=2, depth_multiplier=2), dict(kernel_size=(3, 2), padding="same", activation="relu", use_bias=False)]
    apart2 = [dict(filters=3, kernel_size=3), dict(filters=2, kernel_size=2, padding="same", strides=2, depth_multiplier=2, activation="tanh")]
    back2 = [dict(filters=3, kernel_size=3), dict(filters=3, kernel_size=2, strides=3), dict(filters=2, kernel_size=3, strides=2, padding="same"), dict(filters=2, kernel_size=4, strides=2, padding="same", activation="relu"), dict(filters=2, kernel_size=2, strides=3, padding="same"), dict(filters=2, kernel_size=3, strides=2, padding="same", output_padding=1), dict(filters=2, kernel_size=3, strides=2, output_padding=1), dict(filters=2, kernel_size=(2, 5), strides=(1, 2), use_bias=False)]
    makers = [(lambda L, x, o=o: L.Conv1D(**o)(x["s"])) for o in conv1]
    makers += [(lambda L, x, o=o: L.Conv2D(**o)(x["i"])) for o in conv2]
    makers += [(lambda L, x, o=o: L.Conv3D(**o)(x["v"])) for o in [dict(filters=2, kernel_size=2), dict(filters=2, kernel_size=3, strides=2, padding="same")]]
    makers += [(lambda L, x, o=o: L.DepthwiseConv2D(**o)(x["i"])) for o in deep2]
    makers += [(lambda L, x, o=o: L.DepthwiseConv1D(**o)(x["s"])) for o in [dict(kernel_size=3), dict(kernel_size=2, padding="same", depth_multiplier=2)]]
    makers += [(lambda L, x, o=o: L.SeparableConv2D(**o)(x["i"])) for o in apart2]
    makers += [(lambda L, x, o=o: L.SeparableConv1D(**o)(x["s"])) for o in [dict(filters=3, kernel_size=3), dict(filters=2, kernel_size=2, padding="same")]]
    makers += [(lambda L, x, o=o: L.Conv2DTranspose(**o)(x["i"])) for o in back2]
    makers += [(lambda L, x, o=o: L.Conv1DTranspose(**o)(x["s"])) for o in [dict(filters=2, kernel_size=3, strides=2), dict(filters=2, kernel_size=4, strides=2, padding="same")]]
    makers += [(lambda L, x, o=o: L.Conv3DTranspose(**o)(x["v"])) for o in [dict(filters=2, kernel_size=3, strides=2, padding="same")]]
    # One behind the other, so that the orders of axes meet.
    makers += [lambda L, x: L.Flatten()(L.BatchNormalization()(L.MaxPooling2D()(L.ReLU()(L.Conv2D(3, 2)(L.Conv2D(4, 3, activation="relu")(x["i"]))))))]
    makers += [lambda L, x: L.Concatenate()([L.Conv2D(3, 1)(x["i"]), x["i"]])]
    makers += [lambda L, x: L.Multiply()([L.Conv2D(2, 1)(x["i"]), L.GlobalAveragePooling2D(keepdims=True)(x["i"])])]
    makers += [lambda L, x: L.Concatenate(axis=1)([L.Conv2D(2, 1)(x["i"]), L.Conv2D(2, 1)(x["i"])])]
    each(K, "convolutions", {"s": ((7, 2), None), "i": ((7, 8, 2), None), "v": ((4, 5, 4, 2), None)}, makers, batch=2)


def open_sizes(K):
    makers = [
        lambda L, x: L.Conv2D(3, 3, padding="same")(x["i"]),
        lambda L, x: L.Conv2D(3, 3, padding="same", strides=2)(x["i"]),
        lambda L, x: L.Dense(2)(L.GlobalMaxPooling2D()(L.Conv2D(3, 2)(x["i"]))),
        lambda L, x: L.Conv1D(2, 3, padding="causal")(x["s"]),
        lambda L, x: L.LSTM(3, return_sequences=True)(x["s"]),
        lambda L, x: L.TimeDistributed(L.Dense(3))(x["s"]),
        lambda L, x: L.UpSampling2D(2)(x["i"]),
        lambda L, x: L.MaxPooling2D(2, padding="same")(x["i"]),
        lambda L, x: L.Reshape((-1, 4))(x["i"]),
    ]
    each(K, "open-sizes", {"i": ((None, None, 2), None), "s": ((None, 2), None)}, makers, batch=2, values={"i": (random.standard_normal((2, 6, 6, 2))).astype("float32")})


def pooling(K):
    options = [dict(pool_size=2), dict(pool_size=3, strides=2, padding="same"), dict(pool_size=3, strides=1, padding="same"), dict(pool_size=2, strides=3)]
    makers = [(lambda L, x, o=o, n=n, r=r: getattr(L, f"{n}Pooling{r}D")(**o)(x[f"x{r}"])) for n in ("Max", "Average") for r in (1, 2, 3) for o in options]
    makers += [(lambda L, x, n=n, r=r, k=k: getattr(L, f"Global{n}Pooling{r}D")(keepdims=k)(x[f"x{r}"])) for n in ("Max", "Average") for r in (1, 2, 3) for k in (False, True)]
    each(K, "pooling", {"x1": ((7, 2), None), "x2": ((7, 6, 2), None), "x3": ((5, 4, 5, 2), None)}, makers, batch=2)


def normalization(K):
    makers = [
        lambda L, x: L.BatchNormalization()(x["a"]),
        lambda L, x: L.BatchNormalization(scale=False, epsilon=1e-5)(x["i"]),
        lambda L, x: L.BatchNormalization(axis=1, center=False)(x["i"]),
        lambda L, x: L.LayerNormalization()(x["a"]),
        lambda L, x: L.LayerNormalization(axis=[1, 2])(x["i"]),
        lambda L, x: L.LayerNormalization(axis=1, scale=False)(x["i"]),
        lambda L, x: L.LayerNormalization(center=False, epsilon=1e-6)(x["i"]),
        lambda L, x: L.GroupNormalization(2)(x["i"]),
        lambda L, x: L.GroupNormalization(-1, scale=False)(x["i"]),
        lambda L, x: L.UnitNormalization()(x["a"]),
        lambda L, x: L.UnitNormalization(axis=[1, 2])(x["i"]),
        lambda L, x: L.Rescaling(1 / 255, offset=-0.5)(x["i"]),
        lambda L, x: L.Normalization(mean=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], variance=[1.0, 2.0, 3.0, 0.5, 0.25, 1.0])(x["a"]),
        lambda L, x: L.Normalization(axis=None, mean=0.5, variance=2.0)(x["i"]),
        lambda L, x: L.Normalization(axis=-1)(x["i"]),
    ]
    if K is keras:
        makers += [
            lambda L, x: L.RMSNormalization()(x["a"]),
            lambda L, x: L.Normalization(axis=None, mean=0.5, variance=2.0, invert=True)(x["i"]),
            lambda L, x: L.Rescaling([1.0, 2.0, 0.5, 0.25], offset=[0.0, 1.0, 2.0, 3.0])(x["i"]),
        ]
    each(K, "normalization", {"a": ((6,), None), "i": ((3, 5, 4), None)}, makers)


def reshaping(K):
    makers = [
        lambda L, x: L.Flatten()(x["i"]),
        lambda L, x: L.Flatten(data_format="channels_first")(x["i"]),
        lambda L, x: L.Reshape((10, 8))(x["i"]),
        lambda L, x: L.Reshape((5, -1, 4))(x["i"]),
        lambda L, x: L.Permute((3, 1, 2))(x["i"]),
        lambda L, x: L.RepeatVector(3)(x["a"]),
        lambda L, x: L.ZeroPadding1D(2)(x["s"]),
        lambda L, x: L.ZeroPadding1D((1, 2))(x["s"]),
        lambda L, x: L.ZeroPadding2D(1)(x["i"]),
        lambda L, x: L.ZeroPadding2D(((0, 1), (2, 3)))(x["i"]),
        lambda L, x: L.ZeroPadding2D((1, 2), data_format="channels_first")(x["i"]),
        lambda L, x: L.ZeroPadding3D(1)(x["v"]),
        lambda L, x: L.Cropping1D((1, 2))(x["s"]),
        lambda L, x: L.Cropping2D(((1, 0), (0, 2)))(x["i"]),
        lambda L, x: L.Cropping3D(1)(x["v"]),
        lambda L, x: L.UpSampling1D(2)(x["s"]),
        lambda L, x: L.UpSampling2D((2, 3))(x["i"]),
        lambda L, x: L.UpSampling2D(2, interpolation="bilinear")(x["i"]),
        lambda L, x: L.UpSampling3D(2)(x["v"]),
        lambda L, x: L.Cropping2D(1)(L.ZeroPadding2D(((1, 2), (0, 3)))(L.Conv2D(2, 2)(x["i"]))),
        lambda L, x: L.Dropout(0.5)(L.SpatialDropout2D(0.5)(L.GaussianNoise(1.0)(L.ActivityRegularization()(x["i"])))),
        lambda L, x: L.Dense(2)(L.Embedding(7, 3)(x["n"])),
        lambda L, x: L.GlobalAveragePooling1D()(L.Embedding(7, 3, mask_zero=True)(x["n"])),
        lambda L, x: L.GlobalAveragePooling1D()(L.Masking(0.0)(x["s"])),
    ]
    series = (random.standard_normal((3, 6, 2)) * 2).astype("float32")
    series[1, 3:] = 0
    each(K, "reshaping", {"a": ((6,), None), "s": ((6, 2), None), "i": ((4, 5, 4), None), "v": ((3, 4, 3, 2), None), "n": ((5,), "int32")}, makers, values={"s": series})


def merging(K):
    names = ["Add", "Multiply", "Average", "Maximum", "Minimum"]
    makers = [(lambda L, x, n=n: getattr(L, n)()([x["a"], x["b"], x["c"]])) for n in names]
    makers += [
        lambda L, x: L.Subtract()([x["a"], x["b"]]),
        lambda L, x: L.Add()([x["s"], L.Dense(3)(x["a"])]),
        lambda L, x: L.Concatenate()([x["a"], x["b"]]),
        lambda L, x: L.Concatenate(axis=1)([x["s"], x["t"]]),
        lambda L, x: L.Dot(axes=1)([x["a"], x["b"]]),
        lambda L, x: L.Dot(axes=1, normalize=True)([x["a"], x["b"]]),
        lambda L, x: L.Dot(axes=2)([x["s"], x["t"]]),
        lambda L, x: L.Dot(axes=(2, 1))([x["s"], L.Permute((2, 1))(x["t"])]),
    ]
    each(K, "merging", {"a": ((6,), None), "b": ((6,), None), "c": ((6,), None), "s": ((4, 3), None), "t": ((4, 3), None)}, makers)


def preprocessing(K):
    makers = [
        lambda L, x: L.CategoryEncoding(8, output_mode="multi_hot")(x["n"]),
        lambda L, x: L.CategoryEncoding(8, output_mode="count")(x["n"]),
        lambda L, x: L.CategoryEncoding(8, output_mode="one_hot")(x["one"]),
    ]
    each(K, "encoding", {"n": ((5,), "int32"), "one": ((1,), "int32")}, makers)
    adapted = K.layers.StringLookup(name="adapted")
    adapted.adapt(tensorflow.constant([["blue"], ["grün"], ["blue"], ["red"]]))
    counted = K.layers.IntegerLookup(name="counted", mask_token=0)
    counted.adapt(tensorflow.constant([[5], [70], [5]]))
    text, number = K.Input((2,), dtype="string", name="text"), K.Input((3,), dtype="int64", name="number")
    inner = K.Sequential([K.Input((2,), dtype="string"), adapted], name="inner")
    model = K.Model([text, number], [inner(text), counted(number)], name="vocabulary")
    given = {"text": tensorflow.constant([["red", "grün"], ["blue", "?"]]), "number": tensorflow.constant([[5, 0, 70], [7, 5, 5]], dtype="int64")}
    record(model, "vocabulary", ["text", "number"], given, suffixes=(".keras",))
    words = [["red", "blue"], ["green", "?"], ["blue", "red"]]
    lookups = [
        lambda L, x: L.StringLookup(vocabulary=["red", "green", "blue"])(x["w"]),
        lambda L, x: L.StringLookup(vocabulary=["red", "green", "blue"], mask_token="")(x["w"]),
        lambda L, x: L.StringLookup(vocabulary=["red", "green", "blue"], output_mode="multi_hot")(x["w"]),
    ]
    each(K, "words", {"w": ((2,), "string")}, lookups, suffixes=(".keras",), values={"w": words})
    numbers = [
        lambda L, x: L.IntegerLookup(vocabulary=[10, 20, 30])(x["n"]),
        lambda L, x: L.IntegerLookup(vocabulary=[10, 20, 30], output_mode="count")(x["n"]),
        lambda L, x: L.IntegerLookup(vocabulary=[10, 20, 30], output_mode="one_hot")(x["one"]),
    ]
    each(K, "numbers", {"n": ((3,), "int64"), "one": ((1,), "int64")}, numbers, suffixes=(".keras",), values={"n": numpy.array([[10, 30, 7], [20, 20, 10], [5, 30, 30]]), "one": numpy.array([[10], [30], [99]])})
    bins = [
        lambda L, x: L.Discretization(bin_boundaries=[-1.0, 0.0, 0.5])(x["a"]),
        lambda L, x: L.Discretization(bin_boundaries=[-1.0, 0.0, 0.5], output_mode="one_hot")(x["one"]),
        lambda L, x: L.Discretization(bin_boundaries=[-1.0, 0.0, 0.5], output_mode="multi_hot")(x["a"]),
    ]
    each(K, "bins", {"a": ((4,), None), "one": ((1,), None)}, bins, values={"one": numpy.array([[-1.0], [0.25], [0.5]], "float32")})


def recurrent(K):
    options = [dict(), dict(return_sequences=True), dict(go_backwards=True), dict(return_sequences=True, go_backwards=True), dict(return_state=True), dict(use_bias=False, activation="relu")]
    makers = [(lambda L, x, o=o, n=n: getattr(L, n)(3, **o)(x["s"])) for n in ("LSTM", "GRU", "SimpleRNN") for o in options]
    makers += [
        lambda L, x: L.LSTM(3, recurrent_activation="hard_sigmoid", activation="softsign")(x["s"]),
        lambda L, x: L.GRU(3, reset_after=False, return_sequences=True)(x["s"]),
        lambda L, x: L.LSTM(3, dropout=0.3, recurrent_dropout=0.2, unroll=True)(x["s"]),
        lambda L, x: L.RNN(L.LSTMCell(3), return_sequences=True)(x["s"]),
        lambda L, x: L.RNN(L.GRUCell(3))(x["s"]),
        lambda L, x: L.Bidirectional(L.LSTM(3))(x["s"]),
        lambda L, x: L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode="sum")(x["s"]),
        lambda L, x: L.Bidirectional(L.GRU(3, return_sequences=True), merge_mode="ave")(x["s"]),
        lambda L, x: L.Bidirectional(L.SimpleRNN(3), merge_mode="mul")(x["s"]),
        lambda L, x: L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode=None)(x["s"]),
        lambda L, x: L.Bidirectional(L.LSTM(3, return_sequences=True, return_state=True))(x["s"]),
        lambda L, x: L.Bidirectional(L.LSTM(3), backward_layer=L.LSTM(2, go_backwards=True))(x["s"]),
        lambda L, x: L.LSTM(3, return_sequences=True)(x["s"], initial_state=[L.Dense(3)(x["a"]), L.Dense(3)(x["a"])]),
        lambda L, x: L.GRU(3)(L.LSTM(4, return_sequences=True)(x["s"])),
        lambda L, x: L.TimeDistributed(L.Dense(3, activation="relu"))(x["s"]),
        lambda L, x: L.TimeDistributed(L.Conv2D(2, 2))(x["m"]),
        lambda L, x: L.LSTM(3)(L.Masking()(x["h"])),
        lambda L, x: L.GRU(3, return_sequences=True)(L.Masking()(x["h"])),
        lambda L, x: L.LSTM(3, return_sequences=True, go_backwards=True)(L.Masking()(x["h"])),
        lambda L, x: L.Bidirectional(L.LSTM(3, return_sequences=True))(L.Masking()(x["h"])),
        lambda L, x: L.LSTM(2, return_state=True)(L.Dropout(0.1)(L.SimpleRNN(3, return_sequences=True)(L.Masking()(x["h"])))),
        lambda L, x: L.Bidirectional(L.GRU(3))(L.Embedding(6, 3, mask_zero=True)(x["n"])),
        lambda L, x: L.LSTM(2)(L.TimeDistributed(L.Flatten())(L.TimeDistributed(L.MaxPooling2D())(x["m"]))),
    ]
    hidden = random.standard_normal((4, 6, 2)).astype("float32")
    # Steps without numbers behind, before and within; a row of nothing else.
    hidden[0, 3:] = hidden[1, :2] = hidden[1, 4] = hidden[2] = 0
    each(K, "recurrent", {"s": ((5, 2), None), "a": ((4,), None), "m": ((3, 4, 4, 2), None), "h": ((6, 2), None), "n": ((5,), "int32")}, makers, batch=4, values={"h": hidden})


def attention(K):
    makers = [
        lambda L, x: L.MultiHeadAttention(2, 3)(x["s"], x["s"]),
        lambda L, x: L.MultiHeadAttention(2, 3, value_dim=4, use_bias=False)(x["s"], x["t"]),
        lambda L, x: L.MultiHeadAttention(3, 2, output_shape=5)(x["s"], x["t"], x["t"]),
        lambda L, x: L.Attention()([x["s"], x["t"]]),
        lambda L, x: L.Attention(use_scale=True)([x["s"], x["t"]]),
        lambda L, x: L.EinsumDense("abc,cd->abd", output_shape=(None, 5), bias_axes="d")(x["s"]),
        lambda L, x: L.EinsumDense("...x,xy->...y", output_shape=5, activation="relu")(x["s"]),
    ]
    each(K, "attention", {"s": ((4, 6), None), "t": ((5, 6), None)}, makers)


def channels_first(K):
    first = "channels_first"
    makers = [
        lambda L, x: L.Conv2D(3, 3, padding="same", strides=2, activation="softmax", data_format=first)(x["i"]),
        lambda L, x: L.Conv1D(3, 2, data_format=first)(x["s"]),
        lambda L, x: L.DepthwiseConv2D(3, data_format=first)(x["i"]),
        lambda L, x: L.SeparableConv2D(3, 3, data_format=first)(x["i"]),
        lambda L, x: L.Conv2DTranspose(3, 3, strides=2, padding="same", data_format=first)(x["i"]),
        lambda L, x: L.MaxPooling2D(2, padding="same", data_format=first)(x["i"]),
        lambda L, x: L.AveragePooling2D(2, data_format=first)(x["i"]),
        lambda L, x: L.GlobalAveragePooling2D(data_format=first)(x["i"]),
        lambda L, x: L.GlobalMaxPooling2D(data_format=first, keepdims=True)(x["i"]),
        lambda L, x: L.UpSampling2D(2, data_format=first)(x["i"]),
        lambda L, x: L.Cropping2D(1, data_format=first)(x["i"]),
        lambda L, x: L.Flatten(data_format=first)(L.BatchNormalization(axis=1)(L.Conv2D(2, 2, data_format=first)(x["i"]))),
    ]
    each(K, "channels-first", {"i": ((2, 6, 7), None), "s": ((2, 7), None)}, makers)


def graphs(K):
    """Shared layers, models within models, one called twice, outputs under names."""
    L = K.layers
    a, b = K.Input((4,), name="left"), K.Input((4,), name="right")
    shared = L.Dense(3, activation="tanh", name="shared")
    inner_in = K.Input((3,), name="inner_in")
    deep = K.Sequential([L.Dense(4, activation="relu", name="one"), L.BatchNormalization(name="two")], name="deep")
    inner = K.Model(inner_in, L.Add(name="sum")([L.Dense(4, name="own")(inner_in), deep(inner_in)]), name="inner")
    tower = K.Sequential([K.Input((4,)), L.Dense(3, name="first"), L.Dense(3, name="second")], name="tower")
    x, y = inner(shared(a)), inner(shared(b))
    model = K.Model([a, b], [L.Dense(2, activation="softmax", name="classes")(L.Concatenate(name="join")([x, y, tower(a)])), L.Dense(1, name="add")(x), shared(b)], name="graph")
    fill(model)
    given = {name: random.standard_normal((3, 4)).astype("float32") for name in ("left", "right")}
    record(model, "graph", ["left", "right"], given)
    if K is keras:
        model = K.Model([a, b], [L.Dense(2, name="sums")(a + b * 2.0), L.Dense(2, name="rests")(1.0 - a / 3.0)], name="operators")
        record(model, "operators", ["left", "right"], given, suffixes=(".keras",))
        model = K.Model({"p": a, "q": b}, {"total": L.Add()([a, b]), "product": L.Multiply()([a, b])}, name="named")
        given = {"p": given["left"], "q": given["right"]}
        outputs = model({"p": given["p"], "q": given["q"]})
        model.save(folder / "named-keras-3.keras")
        pack(folder / "named-keras-3.keras")
        index.append({"file": "named-keras-3.keras", "inputs": {k: written(v) for k, v in given.items()}, "outputs": [{"name": k, **written(v)} for k, v in outputs.items()]})
    late = K.Sequential([L.Dense(3, activation="relu"), L.Dense(2)], name="late")
    late(given[next(iter(given))])
    fill(late)
    record(late, "late", ["features"], {"features": next(iter(given.values()))})


def table(name):
    """Numbers of a table, the last column apart."""
    path = data / name
    text = gzip.decompress(path.read_bytes()).decode() if name.endswith(".gz") else path.read_text()
    rows = [line.split(",") for line in text.splitlines() if line[0].isdigit()]
    found = numpy.array([[float(cell.replace("-", "")) for cell in row] for row in rows])
    return found[:, :-1].astype("float32"), found[:, -1]


def real(K):
    """Trained on real data: a table, drawings of digits, a series."""
    L = K.layers
    K.utils.set_random_seed(seed)
    features, classes = table("wine.csv")
    normalize = L.Normalization(name="scale")
    normalize.adapt(features)
    wine = K.Sequential([K.Input((features.shape[1],), name="features"), normalize, L.Dense(16, activation="relu", name="hidden"), L.Dropout(0.2, name="drop"), L.Dense(int(classes.max()) + 1, activation="softmax", name="class")], name="wine")
    wine.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    wine.fit(features, classes, epochs=20, verbose=0)
    print("wine", float((wine.predict(features, verbose=0).argmax(1) == classes).mean()))
    record(wine, "wine", ["features"], {"features": features[:: 9]})

    pixels, digits = table("digits.csv.gz")
    images = (pixels / 16).reshape(-1, 8, 8, 1)
    net = K.Sequential([K.Input((8, 8, 1), name="image"), L.Conv2D(6, 3, padding="same", activation="relu", name="edges"), L.MaxPooling2D(name="pool"), L.Conv2D(8, 3, use_bias=False, name="corners"), L.BatchNormalization(name="norm"), L.ReLU(name="relu"), L.Flatten(name="flat"), L.Dense(10, activation="softmax", name="digit")], name="digits")
    net.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    net.fit(images, digits, epochs=10, verbose=0)
    print("digits", float((net.predict(images, verbose=0).argmax(1) == digits).mean()))
    record(net, "digits", ["image"], {"image": images[:12]})

    # Carbon dioxide in the air, month by month: the next one from two years.
    months = table("co2.csv")[1]
    series = (months - months.mean()) / months.std()
    windows = numpy.stack([series[at : at + 24] for at in range(len(series) - 24)])[..., None].astype("float32")
    following = series[24:].astype("float32")
    forecast = K.Sequential([K.Input((24, 1), name="window"), L.LSTM(12, name="memory"), L.Dense(1, name="next")], name="series")
    forecast.compile(optimizer="adam", loss="mse")
    forecast.fit(windows, following, epochs=12, verbose=0)
    print("series", float(forecast.evaluate(windows, following, verbose=0)))
    record(forecast, "series", ["window"], {"window": windows[::60]})


families = [activations, convolutions, open_sizes, pooling, normalization, reshaping, merging, preprocessing, recurrent, attention, graphs]
made = [(K, family) for K in (keras, tf_keras) for family in ([real] if data is not None else []) + families]
failed = []
# Keras 2 has no channels first on processors.
for K, family in [*made, (keras, channels_first)]:
    if only and family.__name__ not in only:
        continue
    try:
        family(K)
    except Exception as error:
        failed.append(f"{family.__name__} of {K.__name__}")
        traceback.print_exception(error, limit=-4)

(folder / "index.json").write_text(json.dumps(index) + "\n")
print(keras.__version__, tf_keras.__version__, len(index), "files")
if failed:
    sys.exit("Not made: " + ", ".join(failed))
