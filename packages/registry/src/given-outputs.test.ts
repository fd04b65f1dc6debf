import type { Signature } from "@modelkeep/core";
import { expect, test } from "vitest";

import { type GivenOutputs, givenOutputs } from "./given-outputs.js";

const signature: Signature = {
  inputs: [],
  outputs: [{ name: "steps", dtype: "float32", shape: ["batch", "time", 2] }],
};
const shapeOf = (steps: unknown) => givenOutputs({ steps } as GivenOutputs, signature).get("steps")!.shape;

test("outputs of more than two dimensions keep their shape", () => {
  expect(
    shapeOf([
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ]),
  ).toEqual([2, 3, 2]);
  expect(shapeOf([])).toEqual([0, 0, 2]);
});

test("rows that are nested otherwise are refused", () => {
  for (const rows of [
    [[1, 2, 3, 4]],
    [[[1, 2], [3]]],
    [[[[1]], [[2]]]],
    [
      [[1, 2]],
      [
        [1, 2],
        [3, 4],
      ],
    ],
  ])
    expect(() => shapeOf(rows)).toThrow(/the output "steps"/u);
});
