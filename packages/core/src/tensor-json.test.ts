import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type DType, dtypeInfo, dtypes } from "./dtype.js";
import { tensorElements, tensorOf } from "./elements.js";
import { isSmallFloat, smallFloatBits, smallFloatValue } from "./small-float.js";
import { tensorsFromJson, tensorsFromList, tensorsToJson, tensorsToLine } from "./tensor-json.js";
import type { Json } from "./strict-json.js";
import { dataLength, elementCount, Tensor, tensorBytes } from "./tensor.js";

const text = (value: string) => new TextEncoder().encode(value);
const roundTrip = (tensor: Tensor) => {
  const tensors = new Map([["x", tensor]]);
  const line = tensorsToLine(tensors);
  expect(line).not.toContain("\n");
  // The two forms hold the same.
  expect(tensorsFromList(JSON.parse(line) as Json[])).toEqual(tensorsFromJson(tensorsToJson(tensors)));
  return tensorsFromJson(tensorsToJson(tensors)).get("x")!;
};

/** Data of a dtype from raw bytes, with the patterns that no writer makes (bools beyond 1, bits after the end) made regular. */
function regular(dtype: DType, shape: number[], bytes: Uint8Array): Tensor {
  const { array, bits } = dtypeInfo(dtype);
  const length = dataLength(dtype, elementCount(shape));
  const data = new array!(length);
  const view = new Uint8Array(data.buffer);
  view.set(bytes.subarray(0, view.length));
  if (dtype === "bool") view.forEach((value, at) => (view[at] = value & 1));
  const used = (elementCount(shape) * bits) % 8;
  if (used > 0) view[view.length - 1]! &= (1 << used) - 1;
  return new Tensor(dtype, shape, data);
}

describe("tensors as JSON", () => {
  it.each([...dtypes.keys()].filter((dtype) => dtype !== "string"))("round-trips any %s", (dtype) => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
        fc.uint8Array({ minLength: 1024, maxLength: 1024 }),
        (shape, bytes) => {
          const tensor = regular(dtype, shape, bytes);
          const back = roundTrip(tensor);
          expect(back.dtype).toBe(dtype);
          expect(back.shape).toEqual(shape);
          expect(tensorElements(back)).toEqual(tensorElements(tensor));
          // Of NaN there are many bit patterns, and one that is written.
          const numbers = tensorElements(tensor).every((value) => !Number.isNaN(value));
          expect(tensorBytes(numbers ? back : tensor)).toEqual(tensorBytes(tensor));
        },
      ),
      { numRuns: 40 },
    );
  });

  it("round-trips strings", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (values) => {
        expect(roundTrip(new Tensor("string", [values.length], values)).data).toEqual(values);
      }),
    );
  });

  it("keeps -0, NaN, infinities and large integers", () => {
    const values = [-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, 0.1];
    expect([...(roundTrip(tensorOf("float64", [6], values)).data as Float64Array)]).toEqual(values);
    const large = [2n ** 63n - 1n, -(2n ** 63n)];
    expect([...(roundTrip(tensorOf("int64", [2], large)).data as BigInt64Array)]).toEqual(large);
  });

  it("is readable and stays the same", () => {
    const tensors = new Map([
      ["x", tensorOf("float32", [2, 2], [1, 0.5, -0, Number.NaN])],
      ["label", tensorOf("int64", [1], [7])],
      ["none", tensorOf("string", [0], [])],
    ]);
    expect(new TextDecoder().decode(tensorsToJson(tensors))).toMatchInlineSnapshot(`
      "{
        "format": "modelkeep.tensors/1",
        "tensors": [
          { "name": "x", "dtype": "float32", "shape": [2, 2], "data": [
            1, 0.5,
            -0.0, "NaN"
          ] },
          { "name": "label", "dtype": "int64", "shape": [1], "data": [
            "7"
          ] },
          { "name": "none", "dtype": "string", "shape": [0], "data": [] }
        ]
      }
      "
    `);
  });

  it.each([
    ["no object", "[]"],
    ["no tensors", '{"format":"modelkeep.tensors/1"}'],
    ["a bad dtype", one('"dtype":"float31","shape":[],"data":[1]')],
    ["too few values", one('"dtype":"float32","shape":[3],"data":[1]')],
    ["a huge shape", one('"dtype":"float32","shape":[9007199254740991],"data":[1]')],
    ["a product that overflows", one('"dtype":"float32","shape":[4294967296,4294967296],"data":[1]')],
    ["a negative size", one('"dtype":"float32","shape":[-1],"data":[1]')],
    ["a text for a number", one('"dtype":"float32","shape":[],"data":["1"]')],
    ["a number for a text", one('"dtype":"string","shape":[],"data":[1]')],
    ["an integer beyond the type", one('"dtype":"uint8","shape":[],"data":[256]')],
    ["an integer beyond 64 bits", one('"dtype":"int64","shape":[],"data":["9223372036854775808"]')],
    ["a fraction", one('"dtype":"int8","shape":[],"data":[1.5]')],
    ["null", one('"dtype":"bool","shape":[],"data":[null]')],
    ["a list", one('"dtype":"float64","shape":[],"data":[[1]]')],
    [
      "two of one name",
      '{"format":"modelkeep.tensors/1","tensors":[{"name":"x","dtype":"bool","shape":[0],"data":[]},{"name":"x","dtype":"bool","shape":[0],"data":[]}]}',
    ],
  ])("refuses %s", (_, json) => {
    expect(() => tensorsFromJson(text(json))).toThrow(expect.objectContaining({ code: "malformed" }));
  });

  it("says when the format is a later one", () => {
    expect(() => tensorsFromJson(text('{"format":"modelkeep.tensors/2","tensors":[]}'))).toThrow(
      expect.objectContaining({ code: "unknown_format_version" }),
    );
  });
});

describe("small floats", () => {
  it.each([...dtypes.keys()].filter(isSmallFloat))(
    "%s: every bit pattern is what its number is written as",
    (dtype) => {
      const { bits } = dtypeInfo(dtype);
      const patterns = Array.from({ length: 2 ** bits }, (_, pattern) => pattern);
      const values = patterns.map((pattern) => smallFloatValue(dtype, pattern));
      const back = values.map((value, pattern) => (Number.isNaN(value) ? pattern : smallFloatBits(dtype, value)));
      expect(back).toEqual(patterns);
      const nan = values.find((value) => Number.isNaN(value)) ?? 0;
      expect(smallFloatValue(dtype, smallFloatBits(dtype, nan))).toBe(nan);
    },
  );

  it("has the values of the specifications", () => {
    expect(smallFloatValue("float16", 0x3c01)).toBe(1 + 2 ** -10);
    expect(smallFloatValue("float16", 0x7bff)).toBe(65504);
    expect(smallFloatValue("bfloat16", 0x4049)).toBe(3.140625);
    expect(smallFloatValue("float8_e4m3fn", 0x7e)).toBe(448);
    expect(smallFloatValue("float8_e5m2", 0x7b)).toBe(57344);
    expect(smallFloatValue("float8_e4m3fnuz", 0x7f)).toBe(240);
    expect(smallFloatValue("float8_e5m2fnuz", 0x7f)).toBe(57344);
    expect(smallFloatValue("float6_e2m3fn", 0x1f)).toBe(7.5);
    expect(smallFloatValue("float6_e3m2fn", 0x1f)).toBe(28);
    expect(smallFloatValue("float4_e2m1fn", 7)).toBe(6);
    expect(smallFloatValue("float8_e8m0fnu", 127)).toBe(1);
  });

  it("rounds to the nearest, ties to even, and overflows as the type does", () => {
    expect(smallFloatBits("float16", 1 + 2 ** -11)).toBe(0x3c00);
    expect(smallFloatBits("float16", 1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(smallFloatBits("float16", 65519.9)).toBe(0x7bff);
    expect(smallFloatBits("float16", 65520)).toBe(0x7c00);
    expect(smallFloatBits("float16", -1e9)).toBe(0xfc00);
    expect(smallFloatBits("float8_e4m3fn", 1e9)).toBe(0x7f);
    expect(smallFloatBits("float4_e2m1fn", -100)).toBe(0xf);
  });
});

function one(fields: string): string {
  return `{"format":"modelkeep.tensors/1","tensors":[{"name":"x",${fields}}]}`;
}
