import { expect, test } from "vitest";

import { Tensor } from "@modelkeep/core";

import { columnsOf, groupTargets, mergeColumns } from "./outputs.js";

test("outputs are lists with one element a row, nested where there are further dimensions", () => {
  const outputs = new Map([
    ["label", new Tensor("int64", [2], BigInt64Array.of(1n, 0n))],
    ["probabilities", new Tensor("float64", [2, 2], Float64Array.of(0.25, 0.75, 1, 0))],
  ]);
  const columns = mergeColumns(mergeColumns({}, columnsOf(outputs)), columnsOf(outputs));
  expect(columns["probabilities"]).toEqual([
    [0.25, 0.75],
    [1, 0],
    [0.25, 0.75],
    [1, 0],
  ]);
  expect(columns["label"]).toHaveLength(4);
});

test("numbered outputs of several targets become one list of them", () => {
  expect(groupTargets({ label: [[0, 1]], probabilities_0: [[1, 0]], probabilities_1: [[0.5, 0.5]] })).toEqual({
    label: [[0, 1]],
    probabilities: [[[1, 0]], [[0.5, 0.5]]],
  });
  expect(groupTargets({ total_2: [1] })).toEqual({ total_2: [1] });
});
