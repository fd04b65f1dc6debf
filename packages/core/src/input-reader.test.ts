import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { InputReader } from "./input-reader.js";
import { type Inputs, toTensors } from "./inputs.js";
import type { Signature } from "./signature.js";
import { Tensor, tensorBytes } from "./tensor.js";

const signature: Signature = {
  inputs: [
    { name: "x", dtype: "float32", shape: ["batch", 2], features: ["alcohol", "ash"] },
    { name: "y", dtype: "float64", shape: ["batch"] },
    { name: "colour", dtype: "string", shape: ["batch"], categories: ["red", "white"] },
    { name: "year", dtype: "int64", shape: [null, 1] },
  ],
  outputs: [],
};

/** What comes of it: tensors to the bit, or the error. */
function outcome(read: (inputs: Inputs) => ReadonlyMap<string, Tensor>, inputs: unknown): unknown {
  try {
    return [...read(inputs as Inputs)].map(([name, tensor]) => [
      name,
      tensor.dtype,
      tensor.shape,
      tensor.dtype === "string" ? tensor.data : [...tensorBytes(tensor)],
    ]);
  } catch (error) {
    return String(error);
  }
}

function same(of: Signature, inputs: unknown): void {
  const reader = new InputReader(of);
  const wanted = outcome((given) => toTensors(of, given), inputs);
  expect(outcome((given) => reader.read(given), inputs)).toEqual(wanted);
}

const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, 1, 2 ** 53, 2 ** 60, 1e300));
const odd = fc.oneof(fc.constantFrom(null, undefined, "NaN", "-inf", "much", true, 1n, 2n ** 70n, {}, []));
const rarely = (usual: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 30, arbitrary: usual }, { weight: 1, arbitrary: odd });
const colour = fc.constantFrom("red", "white", "red", "white", "red", "white", "blue");
const record = fc.record({
  alcohol: rarely(number),
  ash: rarely(number),
  y: rarely(number),
  colour: rarely(colour),
  year: rarely(fc.integer()),
});

describe("InputReader", () => {
  it("gives and refuses what toTensors does: records", () => {
    const shuffled = fc.tuple(record, fc.nat(4)).map(([given, by]) => {
      const entries = Object.entries(given);
      return Object.fromEntries([...entries.slice(by), ...entries.slice(0, by)]);
    });
    const other = fc.oneof(
      fc.constantFrom<unknown>(null, 3, [], new Map(), new Float64Array(5), { alcohol: 1 }),
      record.map((given) => ({ ...given, hue: 1 })),
      record.map(({ ash, ...rest }) => ({ ...rest, ["__proto__"]: ash, constructor: 1 })),
    );
    const list = fc.array(
      fc.oneof({ weight: 20, arbitrary: fc.oneof(record, shuffled) }, { weight: 1, arbitrary: other }),
      {
        maxLength: 4,
      },
    );
    fc.assert(fc.property(list, (records) => same(signature, records)));
  });

  it("gives and refuses what toTensors does: rows", () => {
    const row = record.map(({ alcohol, ash, y, colour: third, year }) => [alcohol, ash, y, third, year]);
    const other = fc.oneof(fc.constantFrom<unknown>(null, {}, [1, 2], Float64Array.of(1, 2, 3, 4, 5)), record);
    const list = fc.array(fc.oneof({ weight: 20, arbitrary: row }, { weight: 1, arbitrary: other }), { maxLength: 4 });
    fc.assert(fc.property(list, (rows) => same(signature, rows)));
    const numbers: Signature = { inputs: [signature.inputs[0]!, signature.inputs[1]!], outputs: [] };
    for (const given of [Float64Array.of(0.1, -0, NaN), Float32Array.of(1, 2, 3), Int32Array.of(1, 2, 3), Array(3)])
      same(numbers, [given]);
    for (const given of [BigInt64Array.of(1n, 2n, 3n), new DataView(new ArrayBuffer(3))]) same(numbers, [given]);
  });

  it("gives and refuses what toTensors does: tensors", () => {
    const named: Signature = {
      inputs: [
        { name: "a", dtype: "float64", shape: ["n", "k"] },
        { name: "b", dtype: "float64", shape: ["k", 2] },
        { name: "c", dtype: "float64", shape: [null], optional: true },
      ],
      outputs: [],
    };
    const sizes = fc.constantFrom([1, 2], [2, 2], [2, 3], [3], [2, 1]);
    const tensor = sizes.map(
      (shape) => new Tensor("float64", shape, new Float64Array(shape.reduce<number>((a, b) => a * b, 1))),
    );
    const entries = fc.uniqueArray(
      fc.tuple(fc.constantFrom("a", "b", "c", "a", "b", "d"), fc.oneof(tensor, tensor, odd)),
      {
        selector: ([name]) => name,
      },
    );
    fc.assert(fc.property(entries, (given) => same(named, new Map(given as [string, Tensor][]))));
    const tensors = new Map([
      ["a", new Tensor("float64", [1, 3], new Float64Array(3))],
      ["b", new Tensor("float64", [3, 2], new Float64Array(6))],
      ["c", new Tensor("float64", [5], new Float64Array(5))],
    ]);
    expect(new InputReader(named).read(tensors)).toBe(tensors);
  });

  it("leaves other signatures to toTensors", () => {
    const spec = { name: "x", dtype: "float64", shape: ["batch", 2] } as const;
    const rows = [[1, 2]];
    for (const other of [
      { ...spec, shape: [1, 2] },
      { ...spec, shape: [2, 2] },
      { ...spec, shape: [null, null] },
      { ...spec, shape: ["n", "k"], features: ["a", "b"] },
      { ...spec, shape: [null, null], features: ["a", "b"] },
      { ...spec, shape: [null, null, 2] },
      { ...spec, shape: [] },
      { ...spec, ignored: true },
      { ...spec, dtype: "int8" },
      { ...spec, dtype: "bool" },
      { ...spec, features: ["a", "a"] },
    ] as const) {
      same({ inputs: [other], outputs: [] }, rows);
      same({ inputs: [other], outputs: [] }, [{ a: 1, b: 2 }]);
      same({ inputs: [other], outputs: [] }, [{ a: 1, c: 2 }]);
      same({ inputs: [other], outputs: [] }, { a: [1], b: [2] });
    }
    for (const given of [3, null, undefined, "x", [], Float64Array.of(1), {}]) same(signature, given);
  });
});
