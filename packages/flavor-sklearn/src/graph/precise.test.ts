import { describe, expect, test } from "vitest";

import { preciseExp, preciseLog } from "./precise.js";

describe("preciseLog", () => {
  test("gives the nearest double", () => {
    // Computed with 60 digits.
    expect(preciseLog(3)).toBe(1.0986122886681098);
    expect(preciseLog(0.1)).toBe(-2.3025850929940455);
    expect(preciseLog(1e300)).toBe(690.7755278982137);
    expect(preciseLog(5e-324)).toBe(-744.4400719213812);
    expect(preciseLog(1 + 2 ** -52)).toBe(2.2204460492503128e-16);
  });

  test("is what Math.log is where that is exact, and for what has no logarithm", () => {
    expect([preciseLog(1), preciseLog(0), preciseLog(Number.POSITIVE_INFINITY)]).toEqual([0, -Infinity, Infinity]);
    expect(preciseLog(-1)).toBeNaN();
    expect(preciseLog(Number.NaN)).toBeNaN();
  });
});

describe("preciseExp", () => {
  test("gives the nearest double", () => {
    expect(preciseExp(1)).toBe(Math.E);
    expect(preciseExp(-0.1)).toBe(0.9048374180359595);
    expect(preciseExp(1e-20)).toBe(1);
    expect(preciseExp(-600.5)).toBe(1.6075467697937942e-261);
  });

  test("undoes the logarithm within a digit", () => {
    for (let x = 1e-5; x < 1e5; x *= 1.37) expect(Math.abs(preciseExp(preciseLog(x)) / x - 1)).toBeLessThan(1e-14);
  });
});
