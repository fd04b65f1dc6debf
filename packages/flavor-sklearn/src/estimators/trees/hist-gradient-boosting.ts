import type { Tree, Value } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import { asList, asNumbers, asRecordColumn, describeValue } from "../../fitted/python-value.js";
import type { Drawing } from "../../graph/drawing.js";
import { labelsOf } from "../../graph/labels.js";
import { expit, softmax, twoClasses } from "../../graph/maths.js";
import { MatrixRows, type Rows } from "../../graph/rows.js";
import type { Handler } from "../handler.js";
import { leafIndices, sumLeaves } from "./leaf-sum.js";
import { checkTree } from "./tree.js";

export const histGradientBoostingRegressor: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const raw = drawRaw(drawing, fitted, rows, 1);
    const loss = fitted.text("loss", "squared_error");
    const value = graph.squeeze(raw, [1]);
    if (!["poisson", "gamma"].includes(loss)) return { kind: "regressor", value, valueWidth: 0 };
    drawing.bounded();
    return { kind: "regressor", value: graph.exp(value), valueWidth: 0 };
  },
};

export const histGradientBoostingClassifier: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const classes = labelsOf(fitted, "classes_");
    const count = classes.values.length;
    drawing.bounded();
    if (count > 2) {
      const raw = drawRaw(drawing, fitted, rows, count);
      const probabilities = softmax(graph, raw);
      const label = graph.argmax(fitted.since(1, 5, false) ? raw : probabilities);
      return { kind: "classifier", classes, decision: raw, decisionWidth: count, probabilities, label };
    }
    const raw = drawRaw(drawing, fitted, rows, 1);
    const decision = graph.squeeze(raw, [1]);
    const probabilities = twoClasses(graph, expit(graph, raw));
    // Since 1.5 the decision decides, before that the probabilities: they differ where exp rounds to one half.
    const label = fitted.since(1, 5, false)
      ? graph.cast(graph.greater(decision, graph.float64(0)), "int64")
      : graph.argmax(probabilities);
    return { kind: "classifier", classes, decision, decisionWidth: 0, probabilities, label };
  },
};

interface Predictor {
  readonly tree: Tree;
  readonly values: Float64Array;
}

/** Baseline and trees, added in the order of the iterations: `[batch, columns]`. These trees compare in float64. */
function drawRaw(drawing: Drawing, fitted: Fitted, rows: Rows, columns: number): Value {
  const { graph } = drawing;
  const seen = fitted.isSet("_preprocessor")
    ? drawing.transform(fitted.estimator("_preprocessor", "preprocessor"), rows)
    : rows;
  const features = fitted.count("_n_features", seen.width ?? fitted.count("n_features_in_"));
  const bounds = fitted.isSet("_preprocessor") ? (seen.width ?? features) : features;
  const categories = knownCategories(fitted, bounds);
  const baseline = fitted.floats("_baseline_prediction", columns);
  const iterations = fitted.list("_predictors").map((stage, index) => {
    const own = asList(stage);
    if (own?.length !== columns)
      throw fitted.wrong("_predictors", `has ${own?.length ?? "no"} trees in stage ${index}, not ${columns}`);
    return own.map((predictor) =>
      readPredictor(fitted.child(predictor, `stage ${index}`, "_predictors"), bounds, categories),
    );
  });
  const matrix = maskCategories(drawing, new MatrixRows(graph, seen.matrix(bounds), bounds), categories);
  const results = Array.from({ length: columns }, (_, column) => {
    const own = iterations.map((stage) => stage[column]!);
    const trees = own.map((each) => each.tree);
    return sumLeaves(graph, leafIndices(graph, matrix, trees), trees, {
      width: 1,
      start: [baseline[column]!],
      fill: (tree, node, target, offset) => {
        target[offset] = own[tree]!.values[node]!;
      },
    });
  });
  return columns === 1 ? results[0]! : graph.concat(results, 1);
}

function readPredictor(
  predictor: Fitted,
  features: number,
  categories: ReadonlyMap<number, readonly number[]>,
): Predictor {
  const nodes = predictor.raw("nodes");
  const column = (name: string): Float64Array => {
    const numbers = asRecordColumn(nodes, name);
    if (numbers?.shape.length !== 1)
      throw predictor.wrong("nodes", `is ${describeValue(nodes)}, without a column ${name}`);
    return numbers.data;
  };
  const isLeaf = column("is_leaf");
  const [left, right] = [column("left"), column("right")].map((child) =>
    Float64Array.from(child, (to, node) => (isLeaf[node] === 0 ? to : -1)),
  ) as [Float64Array, Float64Array];
  const feature = column("feature_idx");
  const fault = checkTree(left, right, feature, features);
  if (fault !== undefined) throw predictor.wrong("nodes", fault);
  const missingLeft = column("missing_go_to_left");
  const categorical = asRecordColumn(nodes, "is_categorical")?.data;
  const members = new Map<number, readonly number[]>();
  for (let node = 0; node < left.length; node++) {
    if (isLeaf[node] !== 0 || categorical === undefined || categorical[node] === 0) continue;
    const known = categories.get(feature[node]!);
    if (known === undefined)
      throw predictor.wrong("nodes", `asks for categories of column ${feature[node]}, which has none`);
    const goingLeft = bitset(predictor, column("bitset_idx")[node]!).filter((category) => known.includes(category));
    members.set(node, missingLeft[node] === 0 ? goingLeft : [unknownCategory, ...goingLeft]);
  }
  // Of an empty set nothing is a member; the operator wants one element at least.
  for (const [node, set] of members) if (set.length === 0) members.set(node, [unknownCategory - 1]);
  const threshold = column(asRecordColumn(nodes, "num_threshold") === undefined ? "threshold" : "num_threshold");
  return { tree: { left, right, feature, threshold, missingLeft, members }, values: column("value") };
}

/** Stands for a missing or unknown category: those that are known are not negative. */
const unknownCategory = -1;

/** The numbers of the bits that are set in one row of 8 words of 32 bits. */
function bitset(predictor: Fitted, row: number): number[] {
  const sets = predictor.array("raw_left_cat_bitsets", [undefined, 8]);
  if (!Number.isInteger(row) || row < 0 || row >= sets.shape[0]!)
    throw predictor.wrong("nodes", `points to set ${row} of ${sets.shape[0]}`);
  return bitsOf(sets.data.subarray(row * 8, row * 8 + 8));
}

function bitsOf(words: Float64Array): number[] {
  return Array.from({ length: 256 }, (_, bit) => bit).filter((bit) => ((words[bit >> 5]! >>> (bit & 31)) & 1) === 1);
}

/** Categories of each categorical column that occurred in training. */
function knownCategories(fitted: Fitted, features: number): Map<number, readonly number[]> {
  const known = new Map<number, readonly number[]>();
  if (!fitted.isSet("_bin_mapper")) return known;
  const mapper = fitted.estimator("_bin_mapper", "bins");
  if (!mapper.isSet("is_categorical_")) return known;
  const categorical = mapper.floats("is_categorical_", features);
  const thresholds = mapper.list("bin_thresholds_");
  for (let column = 0; column < features; column++) {
    if (categorical[column] === 0) continue;
    const values = asNumbers(thresholds[column]);
    if (values === undefined)
      throw mapper.wrong("bin_thresholds_", `has ${describeValue(thresholds[column])} for column ${column}`);
    known.set(column, Array.from(values.data));
  }
  return known;
}

/** In categorical columns what is missing, negative or was never seen becomes -1; digits after the point are cut off. */
function maskCategories(
  { graph }: Drawing,
  rows: MatrixRows,
  categories: ReadonlyMap<number, readonly number[]>,
): Value {
  if (categories.size === 0) return rows.matrix();
  const columns: Value[] = [];
  for (let index = 0; index < rows.width!; index++) {
    const column = rows.column(index, "number");
    const known = categories.get(index);
    if (known === undefined) {
      columns.push(column);
      continue;
    }
    const whole = graph.floor(column);
    const list = { type: "float64" as const, list: known.length === 0 ? [unknownCategory] : known };
    columns.push(graph.labelEncoder(whole, list, list, unknownCategory));
  }
  return graph.concat(columns, 1);
}
