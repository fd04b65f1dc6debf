import { isInstanceOf, loadLibrary } from "../library.js";
import { type MatrixLike, matrixToTensor, type Rows, tensorToRows } from "../matrix.js";
import type { ModelType } from "../model-type.js";
import { StateReader } from "../state-reader.js";
import { notTrained } from "./not-trained.js";

interface LogisticRegression {
  readonly numSteps: number;
  readonly learningRate: number;
  readonly numberClasses: number;
  readonly classifiers: readonly { readonly weights: MatrixLike | null }[];
  predict(rows: unknown): number[];
}

type Library = { readonly default: { load(model: unknown): LogisticRegression } };
type MatrixLibrary = { readonly Matrix: new (rows: Rows) => MatrixLike };

/** One classifier against the rest for each class, without intercept: the class with the smallest score wins. */
export const logisticRegression: ModelType<LogisticRegression> = {
  type: "logistic-regression",
  library: "ml-logistic-regression",
  owns: (model): model is LogisticRegression =>
    isInstanceOf(model, "LogisticRegression", "classifiers", "numberClasses"),
  freeze: (model) => ({ weights: weights(model), numSteps: model.numSteps, learningRate: model.learningRate }),
  async thaw(state) {
    const reader = new StateReader(state, "logistic-regression");
    const rows = tensorToRows(reader.tensor("weights", "float64", undefined, undefined));
    const options = { numSteps: reader.number("numSteps"), learningRate: reader.number("learningRate") };
    const library = await loadLibrary<Library>("ml-logistic-regression", () => import("ml-logistic-regression"));
    return library.default.load({
      name: "LogisticRegression",
      ...options,
      numberClasses: rows.length,
      classifiers: rows.map((row) => ({ ...options, weights: [row] })),
    });
  },
  parameters: (model) => ({ numSteps: model.numSteps, learningRate: model.learningRate }),
  columns: (model) => model.classifiers[0]?.weights?.columns,
  apply: (model, rows) => ({ kind: "labels", labels: model.predict(matrixFor(model, rows)) }),
  output: () => ({ name: "label", dtype: "int64", shape: ["batch"] }),
  graph: (model) => (graph, rows) => {
    const scores = graph.matmul(rows, graph.transpose(graph.constant(weights(model)), [1, 0]));
    const one = graph.float64(1);
    return { labels: graph.argmin(graph.div(one, graph.add(one, graph.exp(graph.neg(scores)))), 1) };
  },
};

function weights(model: LogisticRegression) {
  const rows = model.classifiers.map(({ weights: matrix }) => {
    if (matrix === null) throw notTrained("LogisticRegression");
    return Array.from({ length: matrix.columns }, (_, column) => matrix.get(0, column));
  });
  return matrixToTensor(rows, "[mljs] The LogisticRegression");
}

/** ml-logistic-regression takes only matrices of ml-matrix: its own weights know how to make one. */
function matrixFor(model: LogisticRegression, rows: Rows): MatrixLike {
  const { constructor } = model.classifiers[0]!.weights as unknown as { constructor: MatrixLibrary["Matrix"] };
  return new constructor(rows);
}
