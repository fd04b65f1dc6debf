import { describe, expect, it } from "vitest";

import { compareTensors } from "./compare-tensors.js";
import { type Element, tensorOf } from "./elements.js";
import type { DType } from "./dtype.js";

const one = (dtype: DType, values: Element[], shape = [values.length]) =>
  new Map([["y", tensorOf(dtype, shape, values)]]);

describe("compareTensors", () => {
  it("finds equal what is equal, NaN and infinities too", () => {
    const values = [1, Number.NaN, Number.POSITIVE_INFINITY, -0];
    expect(compareTensors(one("float32", values), one("float32", [...values.slice(0, 3), 0]))).toEqual({
      identical: true,
      agrees: true,
      failures: 0,
    });
  });

  it("allows floats the bound, relative beyond 1, and names the worst", () => {
    const expected = one("float64", [0.5, 1000, 3, 4], [2, 2]);
    const close = compareTensors(one("float64", [0.5 + 1e-7, 1000.0005, 3, 4], [2, 2]), expected, 1e-6);
    expect(close).toMatchObject({ identical: false, agrees: true, failures: 0, worst: { name: "y", index: [0, 1] } });
    const far = compareTensors(one("float64", [0.5, 1000, 3, 4.1], [2, 2]), expected, 1e-6);
    expect(far).toMatchObject({ agrees: false, failures: 1, worst: { index: [1, 1], found: "4.1", expected: "4" } });
    expect(compareTensors(one("float64", [0.5 + 1e-12, 1000, 3, 4], [2, 2]), expected).agrees).toBe(false);
  });

  it("never lets NaN, an infinity, a label or an integer pass for another", () => {
    const differ = (dtype: DType, found: Element, expected: Element) =>
      expect(compareTensors(one(dtype, [found]), one(dtype, [expected]), 1e9)).toMatchObject({
        agrees: false,
        failures: 1,
      });
    differ("float32", Number.NaN, 1);
    differ("float32", 1, Number.NaN);
    differ("float32", Number.POSITIVE_INFINITY, 1);
    differ("float32", Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    differ("int64", 1n, 2n);
    differ("string", "setosa", "virginica");
    differ("bool", true, false);
  });

  it("compares small and complex floats as numbers", () => {
    expect(compareTensors(one("float16", [1.001]), one("float16", [1]), 1e-2).agrees).toBe(true);
    const complex = compareTensors(one("complex64", [1, 2, 3, 5], [2]), one("complex64", [1, 2, 3, 4], [2]), 0.1);
    expect(complex.worst?.index).toEqual([1, 1]);
  });

  it("counts missing tensors, other shapes and other dtypes", () => {
    const expected = one("float32", [1, 2]);
    expect(compareTensors(new Map(), expected).worst).toMatchObject({ found: "nothing", expected: "float32[2]" });
    expect(compareTensors(one("float32", [1, 2], [1, 2]), expected).agrees).toBe(false);
    expect(compareTensors(one("float64", [1, 2]), expected).agrees).toBe(false);
    expect(() => compareTensors(expected, expected, Number.NaN)).toThrow(TypeError);
  });
});
