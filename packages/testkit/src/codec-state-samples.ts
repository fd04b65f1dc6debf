import {
  byteLength,
  dtypeInfo,
  dtypes,
  type ModelState,
  type StateValue,
  Tensor,
  tensorFromBytes,
} from "@modelkeep/core";

import type { CodecSample } from "./codec-case.js";
import { randomNumbers } from "./fuzz-mutate.js";

/** Model states for codecs that hold any of them: every dtype, every number, keys that look like something else. */
export function stateSamples(): readonly CodecSample<ModelState>[] {
  const sample = (name: string, state: StateValue) => ({
    name,
    model: { flavor: "test", type: name.replaceAll(" ", "-"), version: 1, state },
  });
  return [
    sample("a scalar", 1.5),
    sample("a small tree", { mean: 0.1, names: ["a", "b"], inner: { yes: true, no: false, none: null } }),
    sample("small tensors", { weights: tensor("float32", [2, 3]), classes: new Tensor("string", [2], ["é", ""]) }),
    sample("numbers", [
      0,
      -0,
      Number.NaN,
      Infinity,
      -Infinity,
      5e-324,
      1.7976931348623157e308,
      2 ** 53,
      -(2 ** 31),
      1e21,
    ]),
    sample("texts", ["", "\0", "\u2028", "😀", '"\\\n', "a".repeat(300), "ü".repeat(40_000)]),
    sample("keys", JSON.parse(oddKeys) as StateValue),
    sample("empty things", { list: [], object: {}, none: tensor("float64", [0]), hollow: tensor("int8", [3, 0, 2]) }),
    sample("a tensor alone", tensor("float64", [5, 7])),
    sample("names that meet", {
      a: { b: tensor("int64", [40]) },
      "a.b": tensor("int64", [40]),
      __metadata__: tensor("int64", [40]),
    }),
    sample("every dtype small", everyDType([2, 2])),
    sample("every dtype larger", everyDType([3, 5, 7])),
    sample("special floats", specialFloats()),
    sample("deep", deep(900)),
    sample(
      "long lists",
      Array.from({ length: 3000 }, (_, index) => (index % 7 === 0 ? [index] : index / 3)),
    ),
    sample("large tensors", {
      a: tensor("float32", [300, 300]),
      b: tensor("uint8", [100_001]),
      c: tensor("float64", [20_000]),
    }),
  ];
}

const oddKeys =
  '{"__proto__":{"polluted":1},"constructor":{"prototype":2},"toJSON":3,"toString":4,"$tensor":{"dtype":"int8"},' +
  '"$number":"NaN","$":5,"$$x":6,"length":7,"":8,"10":9,"2":10,"a.b":11,"hasOwnProperty":12,"then":13}';

function tensor(dtype: "float64" | "float32" | "int64" | "int8" | "uint8", shape: readonly number[]): Tensor {
  const random = randomNumbers(shape.length + 7);
  const count = shape.reduce((product, size) => product * size, 1);
  return tensorFromBytes(
    dtype,
    shape,
    Uint8Array.from({ length: byteLength(dtype, count) }, () => random() * 256),
  );
}

/** Random bits in every dtype, so NaNs of every kind too. */
function everyDType(shape: readonly number[]): StateValue {
  const count = shape.reduce((product, size) => product * size, 1);
  const random = randomNumbers(count);
  const tensors = [...dtypes.keys()].map((dtype) => {
    if (dtypeInfo(dtype).array === undefined)
      return [
        dtype,
        new Tensor(
          dtype,
          shape,
          Array.from({ length: count }, (_, index) => `text ${index}`),
        ),
      ];
    const bytes = Uint8Array.from({ length: byteLength(dtype, count) }, () => random() * 256);
    return [dtype, tensorFromBytes(dtype, shape, bytes)];
  });
  return Object.fromEntries(tensors) as StateValue;
}

function specialFloats(): StateValue {
  const values = [0, -0, Number.NaN, Infinity, -Infinity, 0.1, -1 / 3, 1e-40, 3.4e38];
  return {
    float64: new Tensor("float64", [9], Float64Array.from(values)),
    float32: new Tensor("float32", [3, 3], Float32Array.from(values)),
    complex128: new Tensor("complex128", [4], Float64Array.from(values.slice(0, 8))),
    int64: new Tensor("int64", [3], BigInt64Array.of(-(2n ** 63n), 0n, 2n ** 63n - 1n)),
    uint64: new Tensor("uint64", [3], BigUint64Array.of(0n, 2n ** 53n, 2n ** 64n - 1n)),
    bool: new Tensor("bool", [], Uint8Array.of(1)),
  };
}

function deep(levels: number): StateValue {
  let value: StateValue = "the end";
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { value };
  return value;
}
