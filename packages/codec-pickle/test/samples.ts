import { Tensor } from "@modelkeep/core";
import { PickleDict, type PickleFile, PickleSet, PickleTuple, pickleOf, type PickleValue } from "@modelkeep/pickle";

/** Plain data of every kind that a pickle can hold, as reading gives it back. */
export function pickleSamples(): { readonly name: string; readonly model: PickleFile }[] {
  const shared = new PickleDict([["a", 1]]);
  const dict = (entries: readonly (readonly [PickleValue, PickleValue])[]): PickleDict => new PickleDict(entries);
  const samples: Record<string, PickleValue> = {
    none: null,
    "empty dict": new PickleDict(),
    scalars: [
      null,
      true,
      false,
      0,
      1,
      -1,
      255,
      256,
      65_535,
      65_536,
      -(2 ** 31),
      2 ** 31,
      2 ** 53 - 1,
      0.5,
      -0,
      NaN,
      Infinity,
    ],
    integers: [2n ** 53n, 2n ** 63n, -(2n ** 63n), -(2n ** 64n), 10n ** 400n, -(2n ** 2047n)],
    strings: ["", "plain", "zażółć gęślą jaźń", "\u{1f600}", "lone \ud800 surrogate", "a\0b\n", "x".repeat(300)],
    bytes: [new Uint8Array(0), Uint8Array.of(1, 2, 255), new Uint8Array(300).fill(7)],
    containers: [
      new PickleTuple([]),
      new PickleTuple([1, new PickleTuple(["x"])]),
      [[[]]],
      new PickleSet([1, "a"], false),
      new PickleSet([2], true),
    ],
    keys: dict([
      ["__proto__", 1],
      [1, "int"],
      [null, "none"],
      [2.5, "float"],
      [new PickleTuple([1, "a"]), "tuple"],
    ]),
    shared: [shared, shared],
    nested: dict([
      [
        "model",
        dict([
          ["weights", [0.1, 0.2]],
          ["labels", ["a", "b"]],
        ]),
      ],
    ]),
  };
  return Object.entries(samples).map(([name, value]) => ({ name, model: pickleOf(value as never) }));
}

/** Tensors of every type that NumPy has, small and large. They come back as arrays. */
export function tensorSamples(): Record<string, Tensor> {
  return {
    float64: new Tensor("float64", [2, 3], Float64Array.of(1, -0, NaN, Infinity, 5e-324, 0.1)),
    float32: new Tensor("float32", [3], Float32Array.of(1.5, -2, 3)),
    float16: new Tensor("float16", [2], Uint16Array.of(0x3c00, 0xc000)),
    int64: new Tensor("int64", [2], BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n)),
    int32: new Tensor("int32", [1, 2], Int32Array.of(-5, 7)),
    int16: new Tensor("int16", [2], Int16Array.of(-5, 7)),
    int8: new Tensor("int8", [2], Int8Array.of(-5, 7)),
    uint64: new Tensor("uint64", [1], BigUint64Array.of(2n ** 64n - 1n)),
    uint32: new Tensor("uint32", [1], Uint32Array.of(2 ** 32 - 1)),
    uint16: new Tensor("uint16", [1], Uint16Array.of(65_535)),
    uint8: new Tensor("uint8", [2], Uint8Array.of(0, 255)),
    bool: new Tensor("bool", [2], Uint8Array.of(0, 1)),
    complex128: new Tensor("complex128", [1], Float64Array.of(1, -2)),
    string: new Tensor("string", [2, 1], ["a", "zażółć"]),
    scalar: new Tensor("float64", [], Float64Array.of(42)),
    empty: new Tensor("float64", [0, 3], new Float64Array(0)),
    large: new Tensor(
      "float64",
      [1000, 3],
      Float64Array.from({ length: 3000 }, (_, index) => index / 7),
    ),
  };
}
