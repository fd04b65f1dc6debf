import { Tensor } from "@modelkeep/core";
import type { Value } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import type { Drawing } from "../../graph/drawing.js";
import { labelsOf } from "../../graph/labels.js";
import { squaredDistances } from "../../graph/maths.js";
import type { Rows } from "../../graph/rows.js";
import type { Handler, Prediction } from "../handler.js";
import { drawDistances } from "./distance.js";

interface Nearest {
  /** int64 `[batch, k]`: rows of the training data, nearest first. */
  readonly indices: Value;
  /** `[batch, k, 1]`; undefined when all count the same. */
  readonly weights: Value | undefined;
  readonly points: number;
  readonly k: number;
}

function drawNearest(drawing: Drawing, fitted: Fitted, rows: Rows): Nearest {
  const { graph } = drawing;
  const weighting = fitted.isSet("weights") ? fitted.text("weights") : "uniform";
  if (weighting !== "uniform" && weighting !== "distance") throw fitted.unsupportedValue("weights");
  const { distances, points } = drawDistances(drawing, fitted, rows);
  const k = fitted.count("n_neighbors");
  if (k < 1 || k > points) throw fitted.wrong("n_neighbors", `is ${k}, but there are ${points} rows of training data`);
  const { values, indices } = graph.topk(distances, k, { largest: false });
  drawing.bounded();
  drawing.note(
    `${fitted.title}: of training rows at the same distance the earlier one counts; scikit-learn's trees may take another`,
  );
  if (weighting === "uniform") return { indices, weights: undefined, points, k };
  // Where a row of the training data is met exactly, only such rows count.
  const met = graph.cast(graph.equal(values, graph.float64(0)), "float64");
  const any = graph.greater(graph.reduceMax(met, [1], true), graph.float64(0));
  return { indices, weights: graph.unsqueeze(graph.where(any, met, graph.reciprocal(values)), [2]), points, k };
}

export const kNeighborsClassifier: Handler = {
  predict(drawing, fitted, rows) {
    const nearest = drawNearest(drawing, fitted, rows);
    const several = fitted.shapeOf("_y")?.length === 2 && fitted.raw("outputs_2d_") === true;
    const targets = several ? fitted.shapeOf("_y")![1]! : 1;
    const all = fitted.indices("_y", Number.MAX_SAFE_INTEGER);
    if (all.length !== nearest.points * targets)
      throw fitted.wrong("_y", `has ${all.length} entries for ${nearest.points} rows`);
    const predictions = Array.from({ length: targets }, (_, target): Prediction => {
      const classes = several ? labelsOf(fitted, "classes_", target) : labelsOf(fitted, "classes_");
      const own = all.filter((__, at) => at % targets === target);
      if (own.some((index) => index >= classes.values.length))
        throw fitted.wrong("_y", "names a class that classes_ lacks");
      return vote(drawing, nearest, own, classes);
    });
    return several ? { kind: "classifier", targets: predictions } : predictions[0]!;
  },
};

function vote(
  { graph }: Drawing,
  nearest: Nearest,
  own: readonly number[],
  classes: ReturnType<typeof labelsOf>,
): Prediction {
  const count = classes.values.length;
  const table = new Float64Array(own.length * count);
  own.forEach((index, row) => {
    table[row * count + index] = 1;
  });
  const votes = graph.gather(graph.constant(new Tensor("float64", [own.length, count], table)), nearest.indices);
  const weighted = nearest.weights === undefined ? votes : graph.mul(votes, nearest.weights);
  const sums = graph.reduceSum(weighted, [1]);
  const total = graph.reduceSum(sums, [1], true);
  const probabilities = graph.div(sums, graph.where(graph.equal(total, graph.float64(0)), graph.float64(1), total));
  return { kind: "classifier", classes, probabilities, label: graph.argmax(sums) };
}

export const kNeighborsRegressor: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const { indices, weights, points, k } = drawNearest(drawing, fitted, rows);
    const values = fitted.array("_y");
    const targets = values.shape[1] ?? 1;
    if (values.shape[0] !== points) throw fitted.wrong("_y", `has ${values.shape[0]} entries for ${points} rows`);
    const found = graph.gather(graph.constant(new Tensor("float64", [points, targets], values.data)), indices);
    const value =
      weights === undefined
        ? graph.div(graph.reduceSum(found, [1]), graph.float64(k))
        : graph.div(graph.reduceSum(graph.mul(found, weights), [1]), graph.reduceSum(weights, [1]));
    return values.shape.length === 1
      ? { kind: "regressor", value: graph.squeeze(value, [1]), valueWidth: 0 }
      : { kind: "regressor", value, valueWidth: targets };
  },
};

/** The class whose mean is nearest. */
export const nearestCentroid: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const classes = labelsOf(fitted, "classes_");
    const centroids = fitted.array("centroids_", [classes.values.length, undefined]);
    const metric = fitted.text("metric", "euclidean");
    const prior = fitted.isSet("class_prior_") ? fitted.floats("class_prior_") : undefined;
    if (metric !== "euclidean" || (prior !== undefined && new Set(prior).size > 1))
      throw fitted.unsupported("metric", "only the euclidean metric with equal priors has an ONNX form here");
    const columns = centroids.shape[1]!;
    const source = { data: centroids.data, rows: classes.values.length, columns };
    drawing.bounded();
    return { kind: "classifier", classes, label: graph.argmin(squaredDistances(graph, rows.matrix(columns), source)) };
  },
};
