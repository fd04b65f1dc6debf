import { PickleGlobal, PickleObject, type PickleValue } from "../value.js";
import {
  abstractClass,
  badArguments,
  constructed,
  isCount,
  type KnownGlobal,
  type KnownModule,
  makerOf,
  plainClass,
  plainFunction,
} from "./known.js";
import { NumpyArray } from "../numpy-array.js";
import { sklearnClasses, sklearnFunctions } from "./sklearn-names.js";

/** Tables of names are text: a module, a colon, names. */
function lines(text: string): [module: string, names: string[]][] {
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const [module = "", names = ""] = line.split(":");
      return [module.trim(), names.trim().split(/\s+/)];
    });
}

function table(text: string, known: KnownGlobal): [string, KnownModule][] {
  return lines(text).map(([module, names]) => [module, new Map(names.map((name) => [name, known]))]);
}

const sparseFormats = ["csr", "csc", "coo", "bsr", "dia", "dok", "lil"];
const scipyModules: [string, KnownModule][] = [
  ...sparseFormats.flatMap((format): [string, KnownModule][] => {
    const classes = new Map([`${format}_matrix`, `${format}_array`].map((name) => [name, plainClass]));
    return [
      [`scipy.sparse._${format}`, classes],
      [`scipy.sparse.${format}`, classes],
    ];
  }),
  ...table(
    `
    scipy.special._ufuncs: expit logit log1p expm1 exp2 exp10 cbrt boxcox boxcox1p erf erfc ndtr gamma gammaln xlogy
    scipy.special: expit logit
    scipy._lib.array_api_compat.numpy._aliases: asarray
    `,
    plainFunction,
  ),
  ...table(
    `
    scipy.interpolate._bsplines: BSpline
    scipy.interpolate._interpolate: interp1d PPoly
    scipy.interpolate.interpolate: interp1d PPoly
    `,
    plainClass,
  ),
];

const wrapper = new Map([["NumpyArrayWrapper", plainClass]]);
const companions = new Map([
  ["NDArrayWrapper", plainClass],
  ["ZNDArrayWrapper", plainClass],
]);

/** joblib's stand-ins for arrays that lie beside the pickle, or in the middle of it. */
const joblibModules: [string, KnownModule][] = ["joblib", "sklearn.externals.joblib"].flatMap((package_) => [
  [`${package_}.numpy_pickle`, new Map([...wrapper, ...companions])] as [string, KnownModule],
  [`${package_}.numpy_pickle_compat`, companions] as [string, KnownModule],
]);

/** `Tree(n_features, n_classes, n_outputs)`. */
const tree = constructed(
  (args) => args.length === 3 && isCount(args[0]) && args[1] instanceof NumpyArray && isCount(args[2]),
);

/** Cython's losses for SGD: `Log()`, `Huber(epsilon)`. */
const loss = constructed((args) => args.length <= 1 && args.every((value) => typeof value === "number"));

/** `CyHuberLoss(quantile, delta)`, `__pyx_unpickle_CyHalfBinomialLoss(cls, checksum, state)`. */
function sklearnMaker(name: string): KnownGlobal | undefined {
  if (name.startsWith("__pyx_unpickle_")) return makerOf((type) => isSklearn(type) && type.kind === "class");
  if (name === "newObj") return makerOf((type) => /^sklearn\.(neighbors|metrics)\./.test(type.module));
  return undefined;
}

function isSklearn(type: PickleGlobal): boolean {
  return type.opaque || type.module === "_loss" || type.module.startsWith("sklearn.");
}

const special = new Map<string, KnownGlobal>([
  ["Tree", tree],
  ["Bunch", { ...plainClass, holds: "entries" }],
  ["_ImputerTriplet", { ...plainClass, newArguments: true }],
]);

function sklearnModules(): [string, KnownModule][] {
  const modules = new Map<string, Map<string, KnownGlobal>>();
  const add = (module: string, name: string, known: KnownGlobal): void => {
    let names = modules.get(module);
    if (names === undefined) modules.set(module, (names = new Map()));
    names.set(name, known);
  };
  const cythonLosses = new Set([
    "sklearn.linear_model._sgd_fast",
    "sklearn.linear_model.sgd_fast",
    "sklearn._loss._loss",
    "_loss",
  ]);
  for (const [module, names] of lines(sklearnClasses)) {
    for (const name of names)
      add(module, name, special.get(name) ?? (cythonLosses.has(module) ? lossOf(name) : plainClass));
  }
  for (const [module, names] of lines(sklearnFunctions))
    for (const name of names) add(module, name, sklearnMaker(name) ?? plainFunction);
  return [...modules];
}

function lossOf(name: string): KnownGlobal {
  return name.startsWith("Cy") ? constructed((args) => args.length <= 4 && args.every(isPlainNumber)) : loss;
}

function isPlainNumber(value: PickleValue): boolean {
  return value === null || typeof value === "number";
}

/** pandas keeps its columns as NumPy arrays: a frame inside a model is shown, and can be read by who knows its layout. */
const pandasModules: [string, KnownModule][] = [
  ...table(
    `
    pandas.core.frame: DataFrame
    pandas.core.series: Series
    pandas.core.indexes.range: RangeIndex
    pandas.core.indexes.numeric: Int64Index UInt64Index Float64Index
    pandas.core.indexes.category: CategoricalIndex
    pandas.core.indexes.multi: MultiIndex
    pandas.core.indexes.datetimes: DatetimeIndex
    pandas.core.arrays.categorical: Categorical
    pandas.core.dtypes.dtypes: CategoricalDtype DatetimeTZDtype
    pandas.core.arrays.string_: StringDtype
    `,
    { ...plainClass, newArguments: true },
  ),
  [
    "pandas.core.internals.managers",
    new Map(["BlockManager", "SingleBlockManager"].map((name) => [name, constructed(() => true)])),
  ],
  [
    "pandas._libs.internals",
    new Map<string, KnownGlobal>([
      ["BlockManager", constructed(() => true)],
      ["_unpickle_block", kept()],
    ]),
  ],
];

/** A call that is kept as an instance of the function's own name: how pandas rebuilds its blocks. */
function kept(): KnownGlobal {
  return { kind: "function", call: (args, callable) => new PickleObject(callable, { by: callable, args }) };
}

/** `_new_Index(cls, {…})`. */
const newIndex: KnownGlobal = {
  kind: "function",
  call: (args, callable) => {
    const type = args[0];
    if (!(type instanceof PickleGlobal) || !(type.opaque || type.module.startsWith("pandas.core.indexes.")))
      throw badArguments(callable);
    return new PickleObject(type, { by: callable, args });
  },
};

const storages = "Float Double Half BFloat16 Long Int Short Char Byte Bool ComplexFloat ComplexDouble Untyped";

/** What ordinary files of PyTorch name. Its calls stay calls here: `torch/` makes tensors of them. */
const torchModules: [string, KnownModule][] = [
  [
    "torch._utils",
    new Map(
      words(
        "_rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_parameter _rebuild_parameter_with_state",
        kept(),
      ),
    ),
  ],
  [
    "torch",
    new Map<string, KnownGlobal>([
      ...storages.split(" ").map((name): [string, KnownGlobal] => [`${name}Storage`, abstractClass]),
      ...["Size", "device"].map((name): [string, KnownGlobal] => [name, constructed(() => true)]),
      ...words(
        "float16 bfloat16 float32 float64 uint8 uint16 uint32 uint64 int8 int16 int32 int64 bool complex64 complex128 float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu",
        { kind: "value" },
      ),
    ]),
  ],
  ["torch.nn.parameter", new Map([["Parameter", abstractClass]])],
  ["torch.storage", new Map([["UntypedStorage", abstractClass]])],
];

function words(text: string, known: KnownGlobal): [string, KnownGlobal][] {
  return text.split(" ").map((name) => [name, known]);
}

export const libraryModules: readonly (readonly [string, KnownModule])[] = [
  ...scipyModules,
  ...joblibModules,
  ...sklearnModules(),
  ...table("sklearn.cluster._kmeans: _kmeans_single_lloyd _kmeans_single_elkan lloyd_iter elkan_iter", plainFunction),
  ...table("sklearn.utils.validation: check_array check_X_y column_or_1d", plainFunction),
  ...torchModules,
  ...pandasModules,
  [
    "pandas.core.indexes.base",
    new Map<string, KnownGlobal>([
      ["Index", { ...plainClass, newArguments: true }],
      ["_new_Index", newIndex],
    ]),
  ],
  ["pandas", new Map(["DataFrame", "Series", "Index"].map((name) => [name, abstractClass]))],
];
