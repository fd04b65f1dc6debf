import { isInstanceOf, loadLibrary } from "../library.js";
import type { Rows } from "../matrix.js";
import type { ModelType } from "../model-type.js";
import { onlyTree, treeResults } from "../onnx/tree-graph.js";
import { StateReader } from "../state-reader.js";
import { plainOptions, readOptions } from "./tree-options.js";
import { outputOf, predictionOf } from "./tree-predictions.js";
import { notTrained } from "./not-trained.js";
import {
  type CartNode,
  flattenTrees,
  restoreSamples,
  type Trees,
  treesFromState,
  treesToState,
  unflattenTrees,
} from "./trees.js";

interface DecisionTree {
  readonly root?: CartNode;
  readonly options: Readonly<Record<string, unknown>>;
  predict(rows: Rows): number[];
}

interface Library {
  readonly DecisionTreeClassifier: { load(model: unknown): DecisionTree };
  readonly DecisionTreeRegression: { load(model: unknown): DecisionTree };
}

export const decisionTreeClassifier = treeType("decision-tree-classifier", "DecisionTreeClassifier");
export const decisionTreeRegression = treeType("decision-tree-regressor", "DecisionTreeRegression");

function treeType(
  type: string,
  className: "DecisionTreeClassifier" | "DecisionTreeRegression",
): ModelType<DecisionTree> {
  const classifier = className === "DecisionTreeClassifier";
  const treesOf = (tree: DecisionTree): Trees => {
    if (tree.root === undefined) throw notTrained(className);
    return flattenTrees([tree.root]);
  };
  return {
    type,
    library: "ml-cart",
    owns: (model): model is DecisionTree => isInstanceOf(model, className, "options"),
    freeze: (tree) => ({ trees: treesToState(treesOf(tree)), treeOptions: plainOptions(tree.options) }),
    async thaw(state) {
      const reader = new StateReader(state, type);
      const trees = treesFromState(reader.value("trees"), () => Number.MAX_SAFE_INTEGER);
      if (trees.roots.length !== 2) throw reader.fault("trees", "is not one tree");
      const root = unflattenTrees(trees, classifier).next().value as CartNode;
      const library = await loadLibrary<Library>("ml-cart", () => import("ml-cart"));
      const options = { ...readOptions(reader), kind: classifier ? "classifier" : "regression" };
      const tree = library[className].load({ name: classifier ? "DTClassifier" : "DTRegression", options, root });
      restoreSamples(tree.root!, root);
      return tree;
    },
    parameters: (tree) => plainOptions(tree.options),
    columns: () => undefined,
    apply: (tree, rows) => predictionOf(tree.predict(rows), classifier),
    output: () => outputOf(classifier),
    graph: (tree) => (graph, rows) => {
      const result = onlyTree(graph, treeResults(graph, rows, treesOf(tree), classifier));
      return classifier ? { labels: result } : { values: result };
    },
  };
}
