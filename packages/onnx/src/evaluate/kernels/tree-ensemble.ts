import { Ensemble } from "../ensemble.js";
import { given, type KernelFactory, type KernelTable } from "../kernel.js";
import type { PackedTrees } from "../packed-trees.js";
import { count, type Numbers, zeros } from "../value.js";

/** ai.onnx.ml TreeEnsemble, version 5. */
const treeEnsemble: KernelFactory = (node) => {
  const ensemble = new Ensemble(node);
  const { trees, targets, aggregate } = ensemble;
  const add = adders[aggregate];
  const start = starts[aggregate];
  if (add === undefined || start === undefined) throw node.fault(`has the unknown aggregate_function ${aggregate}`);
  return (inputs) => {
    const x = given(inputs, 0);
    const shape = [x.shape[0] ?? 0, targets];
    const data = zeros(x.dtype, count(shape)).fill(start);
    ensemble.walk(x, (leaves, count, row, step) => add(trees, leaves, count, data, row * targets, step * targets));
    if (aggregate === 0) for (let at = 0; at < data.length; at++) data[at]! /= trees.roots.length;
    // A column that no leaf adds to is 0 whatever the aggregate.
    else if (aggregate > 1) for (let at = 0; at < data.length; at++) if (data[at] === start) data[at] = 0;
    return [{ dtype: x.dtype, shape, data }];
  };
};

/** Adds `count` leaves to the output, each to its target's column of the row that begins at `base`, then `step` further. */
type Add = (trees: PackedTrees, leaves: Int32Array, count: number, data: Numbers, base: number, step: number) => void;

const sum: Add = ({ weights, targets }, leaves, count, data, base, step) => {
  for (let at = 0, row = base; at < count; at++, row += step)
    data[row + targets[leaves[at]!]!]! += weights[leaves[at]!]!;
};

const extreme =
  (better: (a: number, b: number) => boolean): Add =>
  ({ weights, targets }, leaves, count, data, base, step) => {
    for (let at = 0, row = base; at < count; at++, row += step) {
      const place = row + targets[leaves[at]!]!;
      const weight = weights[leaves[at]!]!;
      if (better(weight, data[place]!)) data[place] = weight;
    }
  };

/** By aggregate_function: AVERAGE, SUM, MIN, MAX. */
const adders: readonly Add[] = [sum, sum, extreme((a, b) => a < b), extreme((a, b) => a > b)];

const starts = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

export const treeEnsembles: KernelTable = { "ai.onnx.ml.TreeEnsemble": treeEnsemble };
