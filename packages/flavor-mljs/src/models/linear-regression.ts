import { isInstanceOf, loadLibrary } from "../library.js";
import { matrixToTensor, type Rows, tensorToRows } from "../matrix.js";
import type { ModelType } from "../model-type.js";
import { StateReader } from "../state-reader.js";

interface SimpleLinearRegression {
  readonly slope: number;
  readonly intercept: number;
  predict(x: readonly number[]): number[];
}

interface MultivariateLinearRegression {
  /** [inputs (+ 1 for the intercept, last)] x [outputs]. */
  readonly weights: Rows;
  readonly inputs: number;
  readonly outputs: number;
  readonly intercept: boolean;
  predict(rows: Rows): number[][];
}

export const simpleLinearRegression: ModelType<SimpleLinearRegression> = {
  type: "simple-linear-regression",
  library: "ml-regression-simple-linear",
  owns: (model): model is SimpleLinearRegression => isInstanceOf(model, "SimpleLinearRegression", "slope", "intercept"),
  freeze: ({ slope, intercept }) => ({ slope, intercept }),
  async thaw(state) {
    const reader = new StateReader(state, "simple-linear-regression");
    const fields = {
      name: "simpleLinearRegression",
      slope: reader.number("slope"),
      intercept: reader.number("intercept"),
    };
    type Library = { readonly SimpleLinearRegression: { load(model: unknown): SimpleLinearRegression } };
    const library = await loadLibrary<Library>(
      "ml-regression-simple-linear",
      () => import("ml-regression-simple-linear"),
    );
    return library.SimpleLinearRegression.load(fields);
  },
  parameters: () => ({}),
  columns: () => 1,
  apply: (model, rows) => ({
    kind: "values",
    values: model.predict(rows.map((row) => row[0]!)).map((value) => [value]),
  }),
  output: () => ({ name: "value", dtype: "float64", shape: ["batch"] }),
  graph: (model) => (graph, rows) => {
    const product = graph.mul(graph.float64(model.slope), graph.squeeze(rows, [1]));
    return { values: graph.add(product, graph.float64(model.intercept)) };
  },
};

export const multivariateLinearRegression: ModelType<MultivariateLinearRegression> = {
  type: "multivariate-linear-regression",
  library: "ml-regression-multivariate-linear",
  owns: (model): model is MultivariateLinearRegression =>
    isInstanceOf(model, "MultivariateLinearRegression", "weights", "inputs", "outputs"),
  freeze: (model) => ({
    weights: matrixToTensor(model.weights, "[mljs] The linear regression"),
    intercept: model.intercept,
  }),
  async thaw(state) {
    const reader = new StateReader(state, "multivariate-linear-regression");
    const weights = reader.tensor("weights", "float64", undefined, undefined);
    const intercept = reader.boolean("intercept");
    const [rows = 0, outputs = 0] = weights.shape;
    type Library = { readonly default: { load(model: unknown): MultivariateLinearRegression } };
    const library = await loadLibrary<Library>(
      "ml-regression-multivariate-linear",
      () => import("ml-regression-multivariate-linear"),
    );
    return library.default.load({
      name: "multivariateLinearRegression",
      weights: tensorToRows(weights),
      inputs: rows - (intercept ? 1 : 0),
      outputs,
      intercept,
    });
  },
  parameters: (model) => ({ intercept: model.intercept }),
  columns: (model) => model.inputs,
  apply: (model, rows) => ({ kind: "values", values: model.predict(rows) }),
  output: (model) => ({
    name: "value",
    dtype: "float64",
    shape: model.outputs === 1 ? ["batch"] : ["batch", model.outputs],
  }),
  graph: (model) => (graph, rows) => {
    const slopes = matrixToTensor(model.weights.slice(0, model.inputs), "[mljs] The linear regression");
    const product = graph.matmul(rows, graph.constant(slopes));
    const values = model.intercept ? graph.add(product, graph.float64(model.weights[model.inputs]!)) : product;
    return { values: model.outputs === 1 ? graph.squeeze(values, [1]) : values };
  },
};
