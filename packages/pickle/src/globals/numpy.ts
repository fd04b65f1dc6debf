import { malformed, refusedGlobal } from "../errors.js";
import { NumpyArray } from "../numpy-array.js";
import { isDTypeName, NumpyDType } from "../numpy-dtype.js";
import { scalarValue } from "../numpy-elements.js";
import { NumpyScalar } from "../numpy-scalar.js";
import { PickleByteArray, PickleGlobal, PickleObject, type PickleValue } from "../value.js";
import {
  abstractClass,
  badArguments,
  bytesOf,
  isCount,
  type KnownGlobal,
  type KnownModule,
  makerOf,
  plainClass,
  plainFunction,
  tupleItems,
} from "./known.js";
import { numpyTypes, universalFunctions } from "./numpy-names.js";

const arrayClasses = new Set(["ndarray", "memmap", "matrix", "recarray", "chararray"]);

/** `_reconstruct(ndarray, (0,), b"b")`: the empty array that BUILD fills. */
const reconstruct: KnownGlobal = {
  kind: "function",
  call: (args, callable) => {
    const [type, shape, code] = args;
    if (args.length !== 3 || tupleItems(shape)?.length !== 1 || tupleItems(shape)?.[0] !== 0)
      throw badArguments(callable);
    if (bytesOf(code)?.length !== 1) throw badArguments(callable);
    return emptyArray(type, callable);
  },
};

/** An array of a class, before it has elements. Throws when the class is not an array's. */
export function emptyArray(type: PickleValue | undefined, callable?: PickleGlobal): NumpyArray | PickleObject {
  if (!(type instanceof PickleGlobal)) throw malformed("An array is made of something that is no class");
  if (type.opaque) return new PickleObject(type, callable === undefined ? {} : { by: callable });
  if (!type.module.startsWith("numpy") || !arrayClasses.has(type.name))
    throw malformed(`An array is made of ${type.path}, which is no array class`);
  return new NumpyArray(type.name === "ndarray" || type.name === "memmap" ? undefined : type);
}

/** `numpy.dtype("f8", False, True)`; BUILD completes it. */
const dtype: KnownGlobal = {
  kind: "class",
  abstract: true,
  call: (args, callable) => {
    if (args.length < 1 || args.length > 3) throw badArguments(callable);
    return dtypeOf(args[0]);
  },
};

/** From a code, or from a class that stands for a dtype. */
export function dtypeOf(value: PickleValue | undefined): NumpyDType {
  if (value instanceof NumpyDType) return value;
  if (typeof value === "string") return new NumpyDType(value);
  if (
    value instanceof PickleGlobal &&
    (value.module === "numpy" || value.module === "builtins") &&
    isDTypeName(value.name)
  )
    return new NumpyDType(value.name);
  if (value instanceof Uint8Array && value.length < 16) return new NumpyDType(String.fromCharCode(...value));
  throw malformed("A dtype is made of something that names none");
}

const scalar: KnownGlobal = {
  kind: "function",
  call: (args, callable) => {
    const [type, data] = args;
    if (!(type instanceof NumpyDType) || args.length > 2) throw badArguments(callable);
    const bytes = data === undefined ? new Uint8Array(type.itemsize > 64 ? 0 : type.itemsize) : bytesOf(data);
    if (bytes === undefined) throw malformed(`A NumPy scalar of ${type.code} comes from something that is no bytes`);
    return new NumpyScalar(type.seal(), scalarValue(type, bytes));
  },
};

/** `_frombuffer(bytes, dtype, shape, order)`: arrays in protocol 5. */
const fromBuffer: KnownGlobal = {
  kind: "function",
  call: (args, callable) => {
    const [given, type, shape, order] = args;
    const data = given instanceof PickleByteArray ? given.bytes : given;
    if (!(data instanceof Uint8Array) || args.length !== 4) throw badArguments(callable);
    if (order !== "C" && order !== "F") throw badArguments(callable);
    const array = new NumpyArray();
    array.fill(dtypeOf(type), shapeOf(isCount(shape) ? [shape] : tupleItems(shape)), order === "F", data);
    return array;
  },
};

/** Dimensions as counts, or `malformed`. */
export function shapeOf(items: readonly PickleValue[] | undefined): readonly number[] {
  if (items === undefined || !items.every(isCount)) throw malformed("The shape of an array is not a tuple of counts");
  return items;
}

/** Imports `module` and takes `name` from it, whatever that is: only universal functions are let through. */
const ufuncReconstruct: KnownGlobal = {
  kind: "function",
  call: (args, callable) => {
    const [module, name] = args;
    if (typeof module !== "string" || typeof name !== "string" || args.length !== 2) throw badArguments(callable);
    if (!ufuncModules.has(module) || !universalFunctions.has(name))
      throw refusedGlobal(`${callable.path} would take ${name} from ${module}, which is no universal function`, {
        module,
        name,
      });
    return new PickleGlobal(module, name, "function");
  },
};

const randomModules = new Map([
  ["RandomState", "numpy.random.mtrand"],
  ["Generator", "numpy.random._generator"],
  ["MT19937", "numpy.random._mt19937"],
  ["PCG64", "numpy.random._pcg64"],
  ["PCG64DXSM", "numpy.random._pcg64"],
  ["Philox", "numpy.random._philox"],
  ["SFC64", "numpy.random._sfc64"],
]);

/** A random generator with its state: kept, never used. `fixed` is the class when the arguments do not name it. */
function randomMaker(fixed?: string): KnownGlobal {
  return {
    kind: "function",
    call: (args, callable) => {
      const given = args[0] instanceof PickleGlobal ? args[0].name : (args[0] ?? "MT19937");
      const name = fixed ?? given;
      const module = typeof name === "string" ? randomModules.get(name) : undefined;
      if (typeof name !== "string" || module === undefined) throw badArguments(callable);
      return new PickleObject(new PickleGlobal(module, name, "class"), { by: callable, args });
    },
  };
}

const masked: KnownGlobal = makerOf((type) => /^numpy\.ma(\.core)?$/.test(type.module) || arrayClasses.has(type.name));

const multiarray: KnownModule = new Map([
  ["_reconstruct", reconstruct],
  ["scalar", scalar],
]);
const numeric: KnownModule = new Map([["_frombuffer", fromBuffer]]);
const ufuncs: KnownModule = new Map(Array.from(universalFunctions, (name) => [name, plainFunction]));
const core: KnownModule = new Map([["_ufunc_reconstruct", ufuncReconstruct]]);
const ufuncModules = new Set([
  "numpy",
  "numpy.core._multiarray_umath",
  "numpy._core._multiarray_umath",
  "numpy.core.umath",
]);
const matrix: KnownModule = new Map([["matrix", abstractClass]]);
const records: KnownModule = new Map([["recarray", abstractClass]]);
const maskedClasses: KnownModule = new Map([
  ["_mareconstruct", masked],
  ["MaskedArray", plainClass],
  ["MaskedConstant", plainClass],
]);

// What people give to FeatureAgglomeration and FunctionTransformer.
const plainFunctions = "mean median sum prod min max amin amax std var any all nanmean nanmedian ravel squeeze".split(
  " ",
);

const main: KnownModule = new Map<string, KnownGlobal>([
  ...plainFunctions.map((name): [string, KnownGlobal] => [name, plainFunction]),
  ...ufuncs,
  ...Array.from(numpyTypes, (name): [string, KnownGlobal] => [name, abstractClass]),
  ["dtype", dtype],
  ["ndarray", abstractClass],
  ["memmap", abstractClass],
  ["matrix", abstractClass],
  ["recarray", abstractClass],
]);

const randomPickle: KnownModule = new Map([
  ["__randomstate_ctor", randomMaker("RandomState")],
  ["__generator_ctor", randomMaker("Generator")],
  ["__bit_generator_ctor", randomMaker()],
]);

function classes(...names: string[]): KnownModule {
  return new Map(names.map((name) => [name, plainClass]));
}

const seeds: KnownModule = new Map<string, KnownGlobal>([
  ["SeedSequence", plainClass],
  ["SeedlessSeedSequence", plainClass],
  ["__pyx_unpickle_SeedSequence", makerOf((type) => type.name === "SeedSequence")],
  ["__pyx_unpickle_SeedlessSeedSequence", makerOf((type) => type.name === "SeedlessSeedSequence")],
]);

export const numpyModules: readonly (readonly [string, KnownModule])[] = [
  ["numpy", main],
  ["numpy.core", core],
  ["numpy._core", core],
  ["numpy.core.multiarray", multiarray],
  ["numpy._core.multiarray", multiarray],
  ["numpy.core.numeric", numeric],
  ["numpy._core.numeric", numeric],
  ["numpy.core._multiarray_umath", ufuncs],
  ["numpy._core._multiarray_umath", ufuncs],
  ["numpy.core.umath", ufuncs],
  ["numpy.matrixlib.defmatrix", matrix],
  ["numpy.core.memmap", new Map([["memmap", abstractClass]])],
  ["numpy.core.records", records],
  ["numpy.rec", records],
  ["numpy.ma.core", maskedClasses],
  ["numpy.ma", maskedClasses],
  ["numpy.random._pickle", randomPickle],
  ["numpy.random", new Map([["__RandomState_ctor", randomMaker("RandomState")]])],
  ["numpy.random.mtrand", classes("RandomState")],
  ["numpy.random._generator", classes("Generator")],
  ["numpy.random.bit_generator", seeds],
  ["numpy.random._mt19937", classes("MT19937")],
  ["numpy.random._pcg64", classes("PCG64", "PCG64DXSM")],
  ["numpy.random._philox", classes("Philox")],
  ["numpy.random._sfc64", classes("SFC64")],
];
