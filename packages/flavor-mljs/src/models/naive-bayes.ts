import { isInstanceOf, loadLibrary } from "../library.js";
import { type MatrixLike, matrixToTensor, type Rows, tensorToRows, vector } from "../matrix.js";
import type { ModelType } from "../model-type.js";
import { StateReader } from "../state-reader.js";

interface GaussianNaiveBayes {
  readonly means: Rows;
  /** For each class: the log of its prior, then for each column [1 / (sqrt(2 pi) sd), -2 sd²]. */
  readonly calculateProbabilities: readonly (readonly (number | readonly [number, number])[])[];
  predict(rows: Rows): number[];
}

interface MultinomialNaiveBayes {
  readonly priorProbability: MatrixLike;
  readonly conditionalProbability: MatrixLike;
  predict(rows: Rows): number[];
}

interface Library {
  readonly GaussianNB: { load(model: unknown): GaussianNaiveBayes };
  readonly MultinomialNB: { load(model: unknown): MultinomialNaiveBayes };
}

const library = () => loadLibrary<Library>("ml-naivebayes", () => import("ml-naivebayes"));

/** How many columns ml-naivebayes 4.0 looks at when it predicts: it counts the two numbers of a column, not the columns. */
const columnsUsed = 2;

export const gaussianNaiveBayes: ModelType<GaussianNaiveBayes> = {
  type: "gaussian-naive-bayes",
  library: "ml-naivebayes",
  owns: (model): model is GaussianNaiveBayes => isInstanceOf(model, "GaussianNB", "means", "calculateProbabilities"),
  freeze: (model) => ({
    means: matrixToTensor(model.means, "[mljs] The GaussianNB"),
    priors: vector(model.calculateProbabilities.map((each) => each[0] as number)),
    factors: matrixToTensor(factors(model, 0), "[mljs] The GaussianNB"),
    divisors: matrixToTensor(factors(model, 1), "[mljs] The GaussianNB"),
  }),
  async thaw(state) {
    const reader = new StateReader(state, "gaussian-naive-bayes");
    const means = reader.tensor("means", "float64", undefined, undefined);
    const [classes = 0, columns = 0] = means.shape;
    const priors = reader.vector("priors", classes);
    const factorRows = tensorToRows(reader.tensor("factors", "float64", classes, columns));
    const divisorRows = tensorToRows(reader.tensor("divisors", "float64", classes, columns));
    const { GaussianNB } = await library();
    return GaussianNB.load({
      modelName: "NaiveBayes",
      means: tensorToRows(means),
      calculateProbabilities: priors.map((prior, label) => [
        prior,
        ...factorRows[label]!.map((factor, column) => [factor, divisorRows[label]![column]!]),
      ]),
    });
  },
  parameters: () => ({}),
  columns: (model) => model.means[0]?.length,
  apply: (model, rows) => ({ kind: "labels", labels: model.predict(rows) }),
  output: () => ({ name: "label", dtype: "int64", shape: ["batch"] }),
  graph: (model) => (graph, rows) => {
    const used = Math.min(columnsUsed, model.means[0]!.length);
    const part = (table: Rows) =>
      graph.constant(
        matrixToTensor(
          table.map((row) => row.slice(0, used)),
          "[mljs] The GaussianNB",
        ),
      );
    const columns = graph.unsqueeze(graph.slice(rows, [0], [used], [1]), [1]);
    const difference = graph.sub(columns, part(model.means));
    const density = graph.exp(graph.div(graph.mul(difference, difference), part(factors(model, 1))));
    const logs = graph.reduceSum(graph.log(graph.mul(part(factors(model, 0)), density)), [2]);
    const joint = graph.exp(
      graph.add(graph.float64(model.calculateProbabilities.map((each) => each[0] as number)), logs),
    );
    // What is not above zero never wins: NaN, and what underflows. With none above it the label is -1.
    const zero = graph.float64(0);
    const probability = graph.where(graph.greater(joint, zero), joint, zero);
    const found = graph.greater(graph.reduceMax(probability, [1]), zero);
    return { labels: graph.where(found, graph.argmax(probability, 1), graph.int64(-1)) };
  },
};

export const multinomialNaiveBayes: ModelType<MultinomialNaiveBayes> = {
  type: "multinomial-naive-bayes",
  library: "ml-naivebayes",
  owns: (model): model is MultinomialNaiveBayes =>
    isInstanceOf(model, "MultinomialNB", "priorProbability", "conditionalProbability"),
  freeze: (model) => ({
    priors: matrixToTensor(model.priorProbability, "[mljs] The MultinomialNB"),
    conditionals: matrixToTensor(model.conditionalProbability, "[mljs] The MultinomialNB"),
  }),
  async thaw(state) {
    const reader = new StateReader(state, "multinomial-naive-bayes");
    const conditionals = reader.tensor("conditionals", "float64", undefined, undefined);
    const priors = reader.tensor("priors", "float64", conditionals.shape[0], 1);
    const { MultinomialNB } = await library();
    return MultinomialNB.load({
      name: "MultinomialNB",
      priorProbability: tensorToRows(priors),
      conditionalProbability: tensorToRows(conditionals),
    });
  },
  parameters: () => ({}),
  columns: (model) => model.conditionalProbability.columns,
  apply: (model, rows) => ({ kind: "labels", labels: model.predict(rows) }),
  output: () => ({ name: "label", dtype: "int64", shape: ["batch"] }),
  graph: (model) => (graph, rows) => {
    const conditionals = graph.constant(matrixToTensor(model.conditionalProbability, "[mljs] The MultinomialNB"));
    const priors = Array.from({ length: model.priorProbability.rows }, (_, label) =>
      model.priorProbability.get(label, 0),
    );
    const scores = graph.matmul(rows, graph.transpose(conditionals, [1, 0]));
    return { labels: graph.argmax(graph.add(scores, graph.float64(priors)), 1) };
  },
};

function factors(model: GaussianNaiveBayes, which: 0 | 1): Rows {
  return model.calculateProbabilities.map((each) =>
    each.slice(1).map((pair) => (pair as readonly [number, number])[which]),
  );
}
