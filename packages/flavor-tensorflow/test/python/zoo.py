"""Exports SavedModels of many kinds with the TensorFlow that is installed, and records what they predict.

    python3 zoo.py FOLDER SEED [EVERY | NAME…]

Each model is a folder of its own with `recording.json` beside saved_model.pb: kind, inputs, and the outputs of its
signature as tf.saved_model.load gives them. EVERY, a number, takes one model of so many, NAME those whose name begins so.
"""
import json
import os
import pathlib
import sys
import warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
# Without it, oneDNN rounds products another way than TensorFlow's own kernels.
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
warnings.filterwarnings("ignore")
import numpy
import tensorflow as tf
import keras
import tf_keras

folder, seed, only = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
every = int(only.pop(0)) if only and only[0].isdigit() else 1
L, K = keras.layers, tf_keras.layers
cases = {}


def case(name):
    def add(make):
        cases[name] = make
        return make

    return add


def numbers(random, *shape):
    return random.normal(size=shape).astype("float32")


def described(value):
    array = numpy.asarray(value)
    if array.dtype.kind in "OSU":
        flat = [item.decode() if isinstance(item, bytes) else str(item) for item in array.reshape(-1).tolist()]
        return {"dtype": "string", "shape": list(array.shape), "data": flat}
    if array.dtype.kind == "f":
        flat = [number if numpy.isfinite(number) else str(number) for number in array.reshape(-1).astype("float64").tolist()]
    else:
        flat = array.reshape(-1).tolist()
    return {"dtype": str(array.dtype), "shape": list(array.shape), "data": flat}


def shuffled(model, random):
    """Every weight away from where it starts: zeros and ones hide mistakes."""
    for variable in model.weights:
        name = getattr(variable, "path", variable.name)
        shape = tuple(variable.shape)
        if variable.dtype not in ("float32", tf.float32) or "count" in name:
            continue
        value = random.normal(size=shape) * (0.5 if len(shape) < 2 else 1 / numpy.sqrt(max(1, numpy.prod(shape[:-1]))))
        if "variance" in name:
            value = numpy.abs(value) + 0.3
        if "gamma" in name:
            value = value + 1
        variable.assign(value.astype("float32"))


def record(name, path, inputs, kind, signature="serving_default", atol=None):
    loaded = tf.saved_model.load(str(path))
    outputs = loaded.signatures[signature](**{key: tf.constant(value) for key, value in inputs.items()})
    recording = {
        "name": name,
        "kind": kind,
        "signature": signature,
        "inputs": {key: described(value) for key, value in inputs.items()},
        "outputs": {key: described(value.numpy()) for key, value in outputs.items()},
        "tensorflow": tf.__version__,
        "keras": keras.__version__ if kind == "Keras 3" else tf_keras.__version__ if kind == "Keras 2" else None,
    }
    (path / "recording.json").write_text(json.dumps(recording))


def export(name, model, inputs, random, shuffle=True):
    path = folder / name
    if isinstance(model, tf_keras.Model):
        if shuffle:
            shuffled(model, random)
        model.save(str(path), save_format="tf")
        record(name, path, inputs, "Keras 2")
    elif isinstance(model, keras.Model):
        if shuffle:
            shuffled(model, random)
        model.export(str(path), verbose=False)
        record(name, path, inputs, "Keras 3")
    else:
        tf.saved_model.save(model, str(path), signatures=model.serve if hasattr(model, "serve") else None)
        record(name, path, inputs, "tf.Module")


def single(name, make, shape, legacy=True, dtype="float32", values=None, tests=3):
    """One layer on a batch, as Keras 3 exports it and as Keras 2 saves it."""

    def for_keras(module):
        def build(random):
            layer = make(module.layers)
            model = module.Sequential([module.layers.Input(shape, name="x", dtype=dtype), layer])
            batch = values(random) if values else numbers(random, tests, *shape)
            return model, {"x": batch}

        return build

    cases[name] = for_keras(keras)
    if legacy:
        cases[f"{name}-keras-2"] = for_keras(tf_keras)


# Layers of Keras 3, and those of them that Keras 2 has.
single("dense", lambda l: l.Dense(5), (4,))
single("dense-no-bias", lambda l: l.Dense(5, use_bias=False), (4,))
single("dense-rank-3", lambda l: l.Dense(5), (6, 4))
single("dense-rank-3-varying", lambda l: l.Dense(5), (None, 4), values=lambda r: numbers(r, 2, 7, 4))
for activation in ["relu", "sigmoid", "tanh", "softmax", "softplus", "softsign", "elu", "selu", "gelu", "swish", "exponential", "hard_sigmoid", "linear"]:
    single(f"activation-{activation}", lambda l, a=activation: l.Activation(a), (7,))
for activation in ["relu6", "leaky_relu", "log_softmax", "mish", "silu", "celu", "glu", "hard_tanh", "hard_silu", "hard_shrink", "soft_shrink", "tanh_shrink", "squareplus", "sparse_plus", "sparse_sigmoid", "log_sigmoid"]:
    single(f"activation-{activation.replace('_', '-')}", lambda l, a=activation: l.Activation(a), (8,), legacy=False)
single("relu-bounded", lambda l: l.ReLU(max_value=1.5, negative_slope=0.1, threshold=0.2), (6,))
single("leaky-relu", lambda l: l.LeakyReLU(), (6,))
single("prelu", lambda l: l.PReLU(), (6,))
single("elu-alpha", lambda l: l.ELU(0.5), (6,))
single("softmax-axis", lambda l: l.Softmax(axis=1), (3, 4))
cases["gelu-tanh"] = lambda r: (keras.Sequential([keras.Input((6,), name="x"), L.Lambda(lambda x: keras.activations.gelu(x, approximate=True))]), {"x": numbers(r, 3, 6)})

single("conv1d", lambda l: l.Conv1D(4, 3), (10, 3))
single("conv1d-same-strided", lambda l: l.Conv1D(4, 4, strides=2, padding="same", activation="relu"), (11, 3))
single("conv1d-causal-dilated", lambda l: l.Conv1D(4, 3, padding="causal", dilation_rate=2), (10, 3))
single("conv2d", lambda l: l.Conv2D(4, 3), (8, 9, 3))
single("conv2d-same", lambda l: l.Conv2D(4, 3, padding="same", activation="relu"), (8, 9, 3))
single("conv2d-same-strided", lambda l: l.Conv2D(4, (4, 3), strides=2, padding="same"), (9, 10, 3))
single("conv2d-dilated", lambda l: l.Conv2D(4, 3, dilation_rate=2, padding="same"), (9, 10, 3))
single("conv2d-groups", lambda l: l.Conv2D(4, 3, groups=2), (8, 8, 4))
single("conv2d-any-size", lambda l: l.Conv2D(4, 3, padding="same"), (None, None, 3), values=lambda r: numbers(r, 2, 7, 6, 3))
single("conv2d-any-size-strided", lambda l: l.Conv2D(4, 3, strides=2, padding="same"), (None, None, 3), values=lambda r: numbers(r, 2, 8, 7, 3))
single("conv2d-transposed", lambda l: l.Conv2DTranspose(4, 3), (5, 6, 3))
single("conv2d-transposed-same-strided", lambda l: l.Conv2DTranspose(4, 3, strides=2, padding="same"), (5, 6, 3))
single("conv1d-transposed", lambda l: l.Conv1DTranspose(4, 3, strides=2, padding="same"), (6, 3))
single("conv3d", lambda l: l.Conv3D(3, 2, padding="same"), (4, 5, 6, 2))
single("depthwise", lambda l: l.DepthwiseConv2D(3, depth_multiplier=2, padding="same"), (8, 9, 3))
single("depthwise-strided", lambda l: l.DepthwiseConv2D(3, strides=2, padding="same"), (8, 9, 3))
single("depthwise-1d", lambda l: l.DepthwiseConv1D(3, padding="same"), (9, 3))
single("separable", lambda l: l.SeparableConv2D(4, 3, padding="same"), (8, 9, 3))
single("separable-1d", lambda l: l.SeparableConv1D(4, 3), (9, 3))
single("max-pool", lambda l: l.MaxPooling2D(), (8, 9, 3))
single("max-pool-same", lambda l: l.MaxPooling2D(3, strides=2, padding="same"), (8, 9, 3))
single("average-pool", lambda l: l.AveragePooling2D(2), (8, 9, 3))
single("average-pool-same", lambda l: l.AveragePooling2D(3, strides=2, padding="same"), (8, 9, 3))
single("max-pool-1d", lambda l: l.MaxPooling1D(), (9, 3))
single("average-pool-1d-same", lambda l: l.AveragePooling1D(3, padding="same"), (10, 3))
single("max-pool-3d", lambda l: l.MaxPooling3D(), (4, 4, 4, 2))
single("average-pool-3d", lambda l: l.AveragePooling3D(2), (4, 4, 4, 2))
single("global-average", lambda l: l.GlobalAveragePooling2D(), (5, 6, 3))
single("global-average-kept", lambda l: l.GlobalAveragePooling2D(keepdims=True), (5, 6, 3))
single("global-max", lambda l: l.GlobalMaxPooling2D(), (5, 6, 3))
single("global-average-1d", lambda l: l.GlobalAveragePooling1D(), (5, 3))
single("global-max-1d", lambda l: l.GlobalMaxPooling1D(), (5, 3))
single("global-average-3d", lambda l: l.GlobalAveragePooling3D(), (3, 4, 5, 2))

single("batch-norm", lambda l: l.BatchNormalization(), (5,))
single("batch-norm-images", lambda l: l.BatchNormalization(), (4, 5, 3))
single("batch-norm-plain", lambda l: l.BatchNormalization(center=False, scale=False), (4, 3))
single("batch-norm-axis-1", lambda l: l.BatchNormalization(axis=1), (4, 5))
single("layer-norm", lambda l: l.LayerNormalization(), (6,))
single("layer-norm-rank-3", lambda l: l.LayerNormalization(), (5, 6))
single("layer-norm-two-axes", lambda l: l.LayerNormalization(axis=[1, 2]), (5, 6))
single("group-norm", lambda l: l.GroupNormalization(groups=2), (5, 6, 4))
single("unit-norm", lambda l: l.UnitNormalization(), (6,))
single("rms-norm", lambda l: l.RMSNormalization(), (6,), legacy=False)
single("spectral-norm", lambda l: l.SpectralNormalization(l.Dense(4)), (6,), legacy=False)

single("embedding", lambda l: l.Embedding(10, 4), (5,), dtype="int32", values=lambda r: r.integers(0, 10, (3, 5)).astype("int32"))
single("embedding-int64", lambda l: l.Embedding(10, 4), (5,), dtype="int64", values=lambda r: r.integers(0, 10, (3, 5)).astype("int64"))
single("embedding-from-floats", lambda l: l.Embedding(10, 4), (5,), values=lambda r: r.integers(0, 10, (3, 5)).astype("float32"))
single("flatten", lambda l: l.Flatten(), (4, 5, 2))
single("flatten-varying", lambda l: l.Flatten(), (None, 5), legacy=False, values=lambda r: numbers(r, 2, 3, 5))
single("reshape", lambda l: l.Reshape((5, 4)), (4, 5))
single("reshape-inferred", lambda l: l.Reshape((-1, 2)), (4, 5))
single("permute", lambda l: l.Permute((2, 1)), (4, 5))
single("repeat-vector", lambda l: l.RepeatVector(3), (4,))
single("cropping-1d", lambda l: l.Cropping1D(1), (6, 3))
single("cropping-2d", lambda l: l.Cropping2D(((1, 2), (0, 1))), (6, 7, 3))
single("zero-padding-1d", lambda l: l.ZeroPadding1D(2), (6, 3))
single("zero-padding-2d", lambda l: l.ZeroPadding2D(((1, 2), (0, 1))), (6, 7, 3))
single("zero-padding-3d", lambda l: l.ZeroPadding3D(), (3, 3, 3, 2))
single("up-sampling-1d", lambda l: l.UpSampling1D(3), (4, 3))
single("up-sampling-2d", lambda l: l.UpSampling2D(2), (4, 5, 3))
single("up-sampling-bilinear", lambda l: l.UpSampling2D(2, interpolation="bilinear"), (4, 5, 3))
single("up-sampling-3d", lambda l: l.UpSampling3D(2), (2, 3, 2, 2))
single("dropout", lambda l: l.Dropout(0.5), (6,))
single("spatial-dropout", lambda l: l.SpatialDropout2D(0.5), (4, 4, 3))
single("gaussian-noise", lambda l: l.GaussianNoise(0.5), (6,))
single("alpha-dropout", lambda l: l.AlphaDropout(0.5), (6,))
single("masking", lambda l: l.Masking(0.0), (4, 3))
single("time-distributed", lambda l: l.TimeDistributed(l.Dense(4)), (5, 3))
single("einsum-dense", lambda l: l.EinsumDense("abc,cde->abde", output_shape=(None, 4, 2), bias_axes="de"), (5, 3))
single("attention-multi-head", lambda l: l.Dense(3), (4, 3))

single("normalization", lambda l: adapted(l.Normalization(), numpy.arange(30, dtype="float32").reshape(10, 3) ** 1.5), (3,))
single("normalization-given", lambda l: l.Normalization(mean=3.0, variance=2.0), (3,))
single("rescaling", lambda l: l.Rescaling(1 / 255, offset=-0.5), (4, 4, 3), values=lambda r: r.integers(0, 256, (2, 4, 4, 3)).astype("float32"))
single("resizing", lambda l: l.Resizing(6, 7), (4, 5, 3))
single("resizing-nearest", lambda l: l.Resizing(3, 7, interpolation="nearest"), (6, 5, 3))
single("center-crop", lambda l: l.CenterCrop(4, 4), (6, 7, 3))
single("discretization", lambda l: l.Discretization([-1.0, 0.0, 0.5]), (4,), values=lambda r: numpy.concatenate([numbers(r, 2, 4), [[-1, 0, 0.5, numpy.nan]]]).astype("float32"))
single("discretization-one-hot", lambda l: l.Discretization([-1.0, 0.0, 0.5], output_mode="one_hot"), (1,), values=lambda r: numbers(r, 4, 1))
single("category-one-hot", lambda l: l.CategoryEncoding(6, output_mode="one_hot"), (1,), dtype="int32", values=lambda r: r.integers(0, 6, (4, 1)).astype("int32"))
single("category-multi-hot", lambda l: l.CategoryEncoding(6, output_mode="multi_hot"), (4,), dtype="int32", values=lambda r: r.integers(0, 6, (4, 4)).astype("int32"))
single("category-count", lambda l: l.CategoryEncoding(6, output_mode="count"), (4,), dtype="int32", values=lambda r: r.integers(0, 6, (4, 4)).astype("int32"))
words = ["red", "green", "blue", "ünïcode"]


def texts(random, *shape):
    return random.choice([*words, "other", ""], shape)


for mode in ["int", "one_hot", "multi_hot", "count"]:
    width = 3 if mode != "one_hot" else 1
    single(f"string-lookup-{mode.replace('_', '-')}", lambda l, m=mode: l.StringLookup(vocabulary=words, output_mode=m), (width,), dtype="string", values=lambda r, w=width: texts(r, 4, w))
    single(f"integer-lookup-{mode.replace('_', '-')}", lambda l, m=mode: l.IntegerLookup(vocabulary=[3, 5, 11], output_mode=m), (width,), dtype="int64", values=lambda r, w=width: r.choice([3, 5, 11, 7, -1], (4, w)))
single("string-lookup-masked", lambda l: l.StringLookup(vocabulary=words, mask_token=""), (3,), dtype="string", values=lambda r: texts(r, 4, 3))
single("string-lookup-no-others", lambda l: l.StringLookup(vocabulary=words, num_oov_indices=0), (3,), dtype="string", values=lambda r: r.choice(words, (4, 3)))
single("string-lookup-inverted", lambda l: l.StringLookup(vocabulary=words, invert=True), (3,), dtype="int64", values=lambda r: r.integers(0, 5, (4, 3)))
# Keras 2 of this version can't save a layer that was adapted.
single("string-lookup-adapted", lambda l: adapted(l.StringLookup(), numpy.array([["a"], ["b"], ["b"], ["c"]])), (2,), dtype="string", legacy=False, values=lambda r: r.choice(["a", "b", "c", "d"], (4, 2)))
single("integer-lookup-adapted", lambda l: adapted(l.IntegerLookup(), numpy.array([[4], [6], [6], [9]])), (2,), dtype="int64", legacy=False, values=lambda r: r.choice([4, 6, 9, 1], (4, 2)))


def adapted(layer, data):
    layer.adapt(data)
    return layer


def several(name, make, shapes, dtype="float32", legacy=True):
    """Layers of several inputs."""

    def for_keras(module):
        def build(random):
            inputs = [module.layers.Input(shape, name=f"x{index}", dtype=dtype) for index, shape in enumerate(shapes)]
            model = module.Model(inputs, make(module.layers, inputs))
            return model, {f"x{index}": numbers(random, 3, *shape) for index, shape in enumerate(shapes)}

        return build

    cases[name] = for_keras(keras)
    if legacy:
        cases[f"{name}-keras-2"] = for_keras(tf_keras)


for merge in ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"]:
    several(merge.lower(), lambda l, x, m=merge: getattr(l, m)()(x), [(4,), (4,)])
several("concatenate-axis-1", lambda l, x: l.Concatenate(axis=1)(x), [(2, 4), (3, 4)])
several("dot", lambda l, x: l.Dot(axes=1)(x), [(4,), (4,)])
several("dot-matrices", lambda l, x: l.Dot(axes=(2, 1), normalize=True)(x), [(3, 4), (4, 5)])
several("attention", lambda l, x: l.Attention()(x), [(5, 4), (6, 4)])
several("additive-attention", lambda l, x: l.AdditiveAttention()(x), [(5, 4), (6, 4)])
several("multi-head-attention", lambda l, x: l.MultiHeadAttention(2, 3)(x[0], x[1]), [(5, 4), (6, 4)])
several("residual", lambda l, x: l.Add()([l.BatchNormalization()(l.Conv2D(3, 3, padding="same", use_bias=False)(x[0])), x[0]]), [(6, 6, 3)])
several("two-outputs", lambda l, x: [l.Dense(2, name="left")(x[0]), l.Dense(3, name="right", activation="softmax")(x[0])], [(4,)])

# Operations that Keras' functional models are made of beside layers.
O = keras.ops


def operation(name, make, shape=(4, 6), values=None):
    def build(random):
        x = keras.Input(shape, name="x")
        return keras.Model(x, make(x)), {"x": values(random) if values else numbers(random, 3, *shape)}

    cases[f"operation-{name}"] = build


def positive(random):
    return numpy.abs(numbers(random, 3, 4, 6)) + 0.1


operation("clip", lambda x: O.clip(x, -0.5, 0.5))
operation("where", lambda x: O.where(x > 0.0, x, -x * 2.0))
operation("logical", lambda x: O.where(O.logical_and(x > -0.5, O.logical_not(x > 0.5)), 1.0, 0.0))
operation("sum", lambda x: O.sum(x, axis=-1))
operation("mean-std", lambda x: O.mean(x, axis=1) + O.std(x, axis=1))
operation("max-min", lambda x: O.max(x, axis=2) - O.min(x, axis=2))
operation("prod", lambda x: O.prod(x, axis=2))
operation("argmax", lambda x: O.argmax(x, axis=-1))
operation("argmin", lambda x: O.argmin(x, axis=1))
operation("top-k", lambda x: O.top_k(x, 3)[0])
operation("sort", lambda x: O.sort(x, axis=-1))
operation("split", lambda x: O.concatenate(O.split(x, 3, axis=2)[::-1], axis=1))
operation("stack", lambda x: O.stack([x, x * 2.0], axis=1))
operation("tile", lambda x: O.tile(x, (1, 2, 1)))
operation("slice", lambda x: x[:, 1:3, ::2])
operation("slice-negative", lambda x: x[:, -1, 1:])
operation("slice-reversed", lambda x: x[:, ::-1, None, :2])
operation("expand", lambda x: O.squeeze(O.expand_dims(x, 1), 1))
operation("pad", lambda x: O.pad(x, ((0, 0), (1, 2), (0, 1)), constant_values=2.0))
operation("pad-reflect", lambda x: O.pad(x, ((0, 0), (1, 2), (0, 1)), mode="reflect"))
operation("pad-symmetric", lambda x: O.pad(x, ((0, 0), (1, 2), (0, 1)), mode="symmetric"))
operation("cumsum", lambda x: O.cumsum(x, axis=1))
operation("one-hot", lambda x: O.one_hot(O.cast(O.argmax(x, axis=-1), "int32"), 6))
operation("cast", lambda x: O.cast(O.cast(x * 3.0, "int32"), "float32"))
operation("floor-round", lambda x: O.floor(x) + O.ceil(x) + O.round(x * 2.0) + O.sign(x) + O.trunc(x * 3.0))
operation("modulo", lambda x: O.mod(x, 0.7))
operation("floor-divide", lambda x: O.floor_divide(x, 0.3))
operation("power", lambda x: O.power(x, 2.5), values=positive)
operation("exp-log", lambda x: O.log(x) + O.exp(-x) + O.log1p(x) + O.expm1(x) + O.sqrt(x) + O.rsqrt(x), values=positive)
operation("trigonometry", lambda x: O.sin(x) + O.cos(x) + O.tan(x / 4.0) + O.arctan(x) + O.sinh(x) + O.cosh(x))
operation("erf", lambda x: O.erf(x))
operation("logsumexp", lambda x: O.logsumexp(x, axis=-1))
operation("norm", lambda x: O.norm(x, axis=-1))
operation("normalize", lambda x: O.normalize(x, axis=-1))
operation("matmul", lambda x: O.matmul(x, O.transpose(x, (0, 2, 1))))
operation("einsum", lambda x: O.einsum("bij,bkj->bik", x, x))
operation("roll", lambda x: O.roll(x, 2, axis=1))
operation("flip", lambda x: O.flip(x, axis=2))
operation("take", lambda x: O.take(x, numpy.array([0, 3, 1]), axis=1))
operation("take-along", lambda x: O.take_along_axis(x, O.argsort(x, axis=2), axis=2))
operation("any-all", lambda x: O.cast(O.logical_or(O.any(x > 1.0, axis=2), O.all(x < 1.0, axis=2)), "float32"))
operation("is-nan", lambda x: O.where(O.isnan(x), 0.0, x))
operation("broadcast", lambda x: O.broadcast_to(O.mean(x, axis=1, keepdims=True), (3, 4, 6)) + x)
operation("outer-mask", lambda x: x * O.cast(O.tril(O.ones((4, 6))), "float32"))

# Layers that loop.
single("lstm", lambda l: l.LSTM(4), (5, 3))
single("lstm-sequences", lambda l: l.LSTM(4, return_sequences=True), (5, 3))
single("gru", lambda l: l.GRU(4), (5, 3))
single("simple-rnn", lambda l: l.SimpleRNN(4), (5, 3))
single("gru-sequences", lambda l: l.GRU(4, return_sequences=True, go_backwards=True), (5, 3))
single("lstm-any-length", lambda l: l.LSTM(4, return_sequences=True), (None, 3), values=lambda r: numbers(r, 2, 7, 3))
single("bidirectional", lambda l: l.Bidirectional(l.LSTM(3, return_sequences=True)), (4, 3))
single("bidirectional-gru", lambda l: l.Bidirectional(l.GRU(3)), (4, 3))
single("conv-lstm", lambda l: l.ConvLSTM2D(2, 2), (3, 4, 4, 2))
single("rnn-stacked-cells", lambda l: l.RNN([l.LSTMCell(3), l.GRUCell(4)]), (5, 3))


def masked(name, module, recurrent):
    def build(random):
        l = module.layers
        model = module.Sequential([l.Input((6,), name="words", dtype="int32"), l.Embedding(9, 4, mask_zero=True), recurrent(l), l.Dense(2)])
        return model, {"words": random.integers(0, 9, (4, 6)).astype("int32")}

    cases[name] = build


for module, suffix in [(keras, ""), (tf_keras, "-keras-2")]:
    masked(f"masked-lstm{suffix}", module, lambda l: l.LSTM(3))
    masked(f"masked-gru-sequences{suffix}", module, lambda l: l.GRU(3, return_sequences=True))

# Texts that are cut or hashed: in the way.
single("hashing", lambda l: l.Hashing(5), (2,), dtype="string", values=lambda r: texts(r, 3, 2))
single("text-vectorization", lambda l: l.TextVectorization(vocabulary=words), (1,), dtype="string", values=lambda r: texts(r, 3, 1))
single("lstm-unrolled", lambda l: l.LSTM(4, unroll=True), (5, 3))
single("gru-unrolled", lambda l: l.GRU(4, unroll=True), (5, 3))
single("bidirectional-unrolled", lambda l: l.Bidirectional(l.LSTM(3, unroll=True)), (4, 3))


class Plain(tf.Module):
    def __init__(self, random):
        super().__init__()
        self.kernel = tf.Variable(numbers(random, 4, 3), name="kernel")
        self.bias = tf.Variable(numbers(random, 3), name="bias")

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="x")])
    def serve(self, x):
        logits = tf.nn.bias_add(tf.matmul(x, self.kernel), self.bias)
        return {"logits": logits, "label": tf.argmax(logits, 1), "probabilities": tf.nn.softmax(logits)}


class Tables(tf.Module):
    def __init__(self):
        super().__init__()
        keys = tf.constant(["a", "b", "c"])
        initializer = tf.lookup.KeyValueTensorInitializer(keys, tf.constant([10, 20, 30], tf.int64))
        self.table = tf.lookup.StaticHashTable(initializer, default_value=-1)
        values = tf.lookup.KeyValueTensorInitializer(tf.constant([1, 2], tf.int64), tf.constant([0.5, 1.5]))
        self.floats = tf.lookup.StaticHashTable(values, default_value=0.0)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="word"), tf.TensorSpec([None], tf.int64, name="number")])
    def serve(self, word, number):
        return {"index": self.table.lookup(word), "value": self.floats.lookup(number)}


class Shapes(tf.Module):
    """Sizes that are only known when it runs."""

    @tf.function(input_signature=[tf.TensorSpec([None, None, 3], tf.float32, name="x")])
    def serve(self, x):
        shape = tf.shape(x)
        rows = tf.reshape(x, [shape[0] * shape[1], 3])
        mean = tf.reduce_sum(rows, 0) / tf.cast(shape[0] * shape[1], tf.float32)
        filled = tf.fill(shape[:2], 2.5)
        ranks = tf.range(shape[1])
        return {
            "mean": mean,
            "filled": filled,
            "ranks": tf.broadcast_to(ranks, shape[:2]),
            "back": tf.reshape(rows * 2.0, shape),
            "parts": tf.concat([x, tf.zeros([shape[0], 1, 3])], 1),
            "size": tf.size(x),
            "zeros": tf.zeros_like(x) + tf.ones_like(x),
        }


class Doubles(tf.Module):
    def __init__(self, random):
        super().__init__()
        self.weights = tf.Variable(random.normal(size=(3, 2)), name="weights")

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float64, name="x"), tf.TensorSpec([], tf.float64, name="scale")])
    def serve(self, x, scale):
        return tf.math.tanh(x @ self.weights) * scale


class Nested(tf.Module):
    """Functions within functions, and text that is compared."""

    @tf.function
    def inner(self, x):
        return tf.where(x > 0, x, tf.zeros_like(x))

    @tf.function
    def middle(self, x):
        return self.inner(x) + self.inner(-x)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x"), tf.TensorSpec([None], tf.string, name="unit")])
    def serve(self, x, unit):
        return tf.where(tf.equal(unit, "km"), self.middle(x) * 1000.0, self.middle(x))


class Integers(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.int32, name="x")])
    def serve(self, x):
        return {
            "arithmetic": x * 2 - 1 + x // 2 + tf.math.floormod(x, 3) + tf.abs(x) + tf.maximum(x, 1) + tf.square(x),
            "sums": tf.reduce_sum(x, 1),
            "products": tf.reduce_prod(x, 1),
            "largest": tf.reduce_max(x, 1),
            "mean": tf.reduce_mean(x, 1),
            "quotient": x / 2,
            "bins": tf.math.bincount(x, minlength=5, maxlength=5, axis=-1),
            "truncated": tf.truncatediv(x, 2),
        }


class Gathers(tf.Module):
    def __init__(self, random):
        super().__init__()
        self.table = tf.Variable(numbers(random, 6, 2), name="table")

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.int32, name="x")])
    def serve(self, x):
        return {
            "rows": tf.gather(self.table, x),
            "looked": tf.nn.embedding_lookup(self.table, x),
            "points": tf.gather_nd(self.table, tf.stack([x, x % 2], -1)),
            "batched": tf.gather(tf.cast(x, tf.float32), x % 3, batch_dims=1),
            "hot": tf.one_hot(x, 5, on_value=2.0, off_value=-1.0),
            "hot-first": tf.one_hot(x, 5, axis=1),
        }


class Pieces(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 6], tf.float32, name="x")])
    def serve(self, x):
        a, b = tf.split(x, [2, 4], 1)
        parts = tf.unstack(b, axis=1)
        values, places = tf.math.top_k(x, 2)
        return {
            "stacked": tf.stack(parts, 0),
            "tiled": tf.tile(a, [2, 1]),
            "sliced": tf.slice(x, [0, 1], [-1, 3]),
            "ellipsis": x[..., None, 2:-1],
            "values": values,
            "places": places,
            "reversed": tf.reverse(x, [1]),
            "clipped": tf.clip_by_value(x, -0.3, 0.8),
            "normalized": tf.math.l2_normalize(x, 1),
            "moments": tf.nn.moments(x, [1])[1],
            "leaky": tf.nn.leaky_relu(x, 0.3),
            "cross": tf.nn.log_softmax(x),
            "summed": tf.cumsum(x, 1, exclusive=True, reverse=True),
            "added": tf.add_n([x, x, x * x]),
            "selected": tf.compat.v1.where(x[:, 0] > 0, x, -x),
            "depth": tf.nn.depth_to_space(tf.reshape(x, [-1, 1, 1, 6])[:, :, :, :4], 2),
        }


class Loops(tf.Module):
    """Loops that are no layer's: until a number is reached, and one within another."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
    def serve(self, x):
        total, turn = tf.zeros_like(x), tf.constant(0)
        while tf.reduce_sum(total) < 40.0:
            inner = tf.constant(0)
            while inner < 3:
                total += tf.abs(x) + 0.5
                inner += 1
            turn += 1
        return {"total": total, "turns": turn, "mapped": tf.map_fn(lambda value: value * value + 1.0, x)}


class Conditions(tf.Module):
    """A branch that is taken by what the input holds, with a variable in one of them."""

    def __init__(self):
        super().__init__()
        self.scale = tf.Variable([2.0, 3.0])

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x"), tf.TensorSpec([], tf.bool, name="flag")])
    def serve(self, x, flag):
        grown = tf.cond(tf.reduce_sum(x) > 0.0, lambda: x * self.scale, lambda: x - 1.0)
        if flag:
            result, rows = tf.nn.relu(grown), tf.shape(x)[0]
        else:
            result, rows = tf.concat([grown, grown], 0), tf.constant(-1)
        # The same picture within a branch and outside of it: each turns it for itself.
        picture, kernel = tf.reshape(x, [-1, 2, 1, 1]), tf.reshape(self.scale, [2, 1, 1, 1])
        within = tf.cond(flag, lambda: tf.nn.conv2d(picture, kernel, 1, "SAME"), lambda: picture)
        return {"result": result, "rows": rows, "picture": tf.nn.conv2d(picture, kernel, 1, "SAME") + within}


cases["module-conditions"] = lambda r: (Conditions(), {"x": numbers(r, 3, 2), "flag": numpy.bool_(r.integers(0, 2))})
cases["module-loops"] = lambda r: (Loops(), {"x": numbers(r, 4)})
cases["module-plain"] = lambda r: (Plain(r), {"x": numbers(r, 3, 4)})
cases["module-tables"] = lambda r: (Tables(), {"word": r.choice(["a", "b", "c", "d"], 5), "number": r.choice([1, 2, 3], 5)})
cases["module-shapes"] = lambda r: (Shapes(), {"x": numbers(r, 2, 5, 3)})
cases["module-doubles"] = lambda r: (Doubles(r), {"x": r.normal(size=(4, 3)), "scale": numpy.float64(2.5)})
cases["module-nested"] = lambda r: (Nested(), {"x": numbers(r, 4), "unit": r.choice(["km", "m"], 4)})
cases["module-integers"] = lambda r: (Integers(), {"x": r.integers(0, 5, (4, 3)).astype("int32") - 0})
cases["module-gathers"] = lambda r: (Gathers(r), {"x": r.integers(0, 6, (4, 3)).astype("int32")})
cases["module-pieces"] = lambda r: (Pieces(), {"x": numbers(r, 4, 6)})


def trained_tabular(module):
    """Numbers and categories: normalised, looked up, embedded."""

    def build(random):
        l = module.layers
        age = random.uniform(18, 90, (200, 1)).astype("float32")
        city = random.choice(["Bern", "Basel", "Genf"], (200, 1))
        rooms = random.integers(1, 7, (200, 1)).astype("int64")
        price = (age[:, 0] / 40 + (city[:, 0] == "Bern") * 2 + rooms[:, 0] / 3).astype("float32")
        inputs = [l.Input((1,), name="age"), l.Input((1,), name="city", dtype="string"), l.Input((1,), name="rooms", dtype="int64")]
        scale = adapted(l.Normalization(), age)
        names = l.StringLookup(vocabulary=["Bern", "Basel", "Genf"])
        counts = l.IntegerLookup(vocabulary=[1, 2, 3, 4, 5], output_mode="one_hot")
        joined = l.Concatenate()([scale(inputs[0]), l.Flatten()(l.Embedding(4, 3)(names(inputs[1]))), counts(inputs[2])])
        hidden = l.Dense(8, activation="gelu" if module is keras else "relu")(joined)
        model = module.Model(inputs, l.Dense(1, name="price")(hidden))
        model.compile("adam", "mse")
        # By hand and short: texts do not go through fit on every version.
        data = tf.data.Dataset.from_tensor_slices(({"age": age, "city": city, "rooms": rooms}, price)).batch(50)
        model.fit(data, epochs=5, verbose=0)
        return model, {"age": age[:6], "city": numpy.concatenate([city[:5], [["Chur"]]]), "rooms": numpy.concatenate([rooms[:5], [[9]]])}

    return build


def trained_digits(module):
    def build(random):
        l = module.layers
        images = random.uniform(0, 16, (120, 8, 8, 1)).astype("float32")
        labels = (images.mean((1, 2, 3)) * 3 % 10).astype("int64")
        model = module.Sequential([
            l.Input((8, 8, 1), name="image"),
            l.Rescaling(1 / 16),
            l.Conv2D(6, 3, padding="same", use_bias=False),
            l.BatchNormalization(),
            l.ReLU(),
            l.MaxPooling2D(),
            l.SeparableConv2D(8, 3, activation="relu"),
            l.GlobalAveragePooling2D(),
            l.Dropout(0.2),
            l.Dense(10, activation="softmax"),
        ])
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(images, labels, epochs=2, verbose=0)
        return model, {"image": images[:4]}

    return build


for module, suffix in [(keras, ""), (tf_keras, "-keras-2")]:
    cases[f"trained-tabular{suffix}"] = trained_tabular(module)
    cases[f"trained-digits{suffix}"] = trained_digits(module)

folder.mkdir(parents=True, exist_ok=True)
for number, (name, make) in enumerate(cases.items()):
    if number % every != seed % every or only and not any(name.startswith(each) for each in only):
        continue
    random = numpy.random.default_rng([seed, number])
    keras.utils.set_random_seed(seed * 1000 + number)
    keras.backend.clear_session()
    try:
        model, inputs = make(random)
        export(name, model, inputs, random, shuffle=not name.startswith("trained"))
    except Exception as error:
        # A version of Keras that can't save this one itself: none of ours to convert.
        print(f"not made: {name}: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr)
print(json.dumps({"tensorflow": tf.__version__, "keras": keras.__version__, "tf-keras": tf_keras.__version__}))
