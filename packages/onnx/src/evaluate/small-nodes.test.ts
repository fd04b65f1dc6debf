import fc from "fast-check";
import { expect, it } from "vitest";

import { floatBelow } from "./small-nodes.js";

it("a float32 is above neither a double nor the float32 below it, or above both", () => {
  const edges = [0, -0, 1e-300, -1e-300, 2 ** -149, -(2 ** -149), 2 ** -150, 1e300, -1e300, Infinity, -Infinity, NaN];
  const float = fc.oneof(fc.constantFrom(...edges.map(Math.fround)), fc.float());
  const near = float.map((each) => each * (1 + 2 ** -50));
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(...edges), fc.double(), near), float, (split, other) => {
      const below = floatBelow(split);
      expect(Math.fround(below)).toBe(below);
      for (const x of [other, Math.fround(split)]) expect(x <= below).toBe(x <= split);
    }),
  );
});
