import fc from "fast-check";
import { expect, test } from "vitest";
import { compareCodePoints } from "./code-points.js";

test("orders as the UTF-8 bytes do", () => {
  const encoder = new TextEncoder();
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
      const expected = Buffer.compare(encoder.encode(a), encoder.encode(b));
      expect(Math.sign(compareCodePoints(a, b))).toBe(expected);
    }),
  );
});

test("puts a character beyond the basic plane after U+FF21", () => {
  expect(["\u{1f600}", "\uff21", "a", "a/", "a-"].sort(compareCodePoints)).toEqual([
    "a",
    "a-",
    "a/",
    "\uff21",
    "\u{1f600}",
  ]);
});
