import type { Fitted } from "../../fitted/fitted.js";
import type { Drawing } from "../../graph/drawing.js";
import { MatrixRows, type Rows } from "../../graph/rows.js";
import type { Handler } from "../handler.js";
import { transpose } from "../linear/linear.js";

function project(
  drawing: Drawing,
  fitted: Fitted,
  rows: Rows,
  attribute: string,
  mean: boolean,
  scale?: Float64Array,
): Rows {
  const { graph } = drawing;
  const components = fitted.array(attribute, [undefined, undefined]);
  const [count, features] = components.shape as [number, number];
  const matrix = rows.matrix(features);
  const centred =
    mean && fitted.isSet("mean_") ? graph.sub(matrix, graph.float64(fitted.floats("mean_", features))) : matrix;
  drawing.bounded();
  // A product of one column is written as a sum, which no runtime folds a later scaling into.
  const product =
    count === 1
      ? graph.reduceSum(graph.mul(centred, graph.float64(components.data, [1, features])), [1], true)
      : graph.matmul(centred, graph.float64(transpose(components.data, count, features), [features, count]));
  if (scale !== undefined && scale.length !== count)
    throw fitted.wrong("explained_variance_", `has ${scale.length} numbers for ${count} components`);
  return new MatrixRows(graph, scale === undefined ? product : graph.div(product, graph.float64(scale)), count);
}

export const pca: Handler = {
  transform(drawing, fitted, rows) {
    if (!fitted.boolean("whiten", false)) return project(drawing, fitted, rows, "components_", true);
    const smallest = 2 ** -52;
    const scale = fitted.floats("explained_variance_").map((variance) => {
      const root = Math.sqrt(variance);
      return fitted.since(1, 4, false) && root < smallest ? smallest : root;
    });
    return project(drawing, fitted, rows, "components_", true, scale);
  },
};

export const truncatedSvd: Handler = {
  transform: (drawing, fitted, rows) => project(drawing, fitted, rows, "components_", false),
};

export const fastIca: Handler = {
  transform(drawing, fitted, rows) {
    const whiten = fitted.raw("whiten");
    return project(drawing, fitted, rows, "components_", whiten !== false);
  },
};
