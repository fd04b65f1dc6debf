import type { StateValue } from "@modelkeep/core";

import { isInstanceOf, loadLibrary } from "../library.js";
import type { Rows } from "../matrix.js";
import type { ModelType } from "../model-type.js";
import { mean, median, mode, treeResults } from "../onnx/tree-graph.js";
import { StateReader } from "../state-reader.js";
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
import { plainOptions, readOptions } from "./tree-options.js";
import { outputOf, predictionOf } from "./tree-predictions.js";

interface Forest {
  readonly estimators?: readonly { readonly root: CartNode }[];
  /** The columns each tree sees. */
  readonly indexes: readonly (readonly number[])[];
  readonly numberFeatures?: number;
  readonly n: number;
  readonly replacement: boolean;
  readonly maxFeatures: number;
  readonly nEstimators: number;
  readonly treeOptions?: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly useSampleBagging: boolean;
  readonly selectionMethod?: "mean" | "median";
  predict(rows: Rows): number[];
}

interface Library {
  readonly RandomForestClassifier: { load(model: unknown): Forest };
  readonly RandomForestRegression: { load(model: unknown): Forest };
}

/** ml-cart's defaults, under the options that were given. */
const treeDefaults = { splitFunction: "mean", minNumSamples: 3, maxDepth: Infinity };

export const randomForestClassifier = forestType("random-forest-classifier", "RandomForestClassifier");
export const randomForestRegression = forestType("random-forest-regressor", "RandomForestRegression");

function forestType(type: string, className: "RandomForestClassifier" | "RandomForestRegression"): ModelType<Forest> {
  const classifier = className === "RandomForestClassifier";
  const treesOf = (forest: Forest): Trees => {
    if (forest.estimators === undefined) throw notTrained(className);
    return flattenTrees(forest.estimators.map((tree) => tree.root));
  };
  return {
    type,
    library: "ml-random-forest",
    owns: (model): model is Forest => isInstanceOf(model, className, "treeOptions", "nEstimators"),
    freeze(forest) {
      const state: Record<string, StateValue> = {
        trees: treesToState(treesOf(forest)),
        columns: forest.indexes.map((indexes) => [...indexes]),
        featureCount: columnsOf(forest),
        options: {
          n: forest.n,
          replacement: forest.replacement,
          maxFeatures: forest.maxFeatures,
          seed: forest.seed,
          useSampleBagging: forest.useSampleBagging,
        },
        treeOptions: plainOptions(forest.treeOptions),
      };
      if (forest.selectionMethod !== undefined) state["selectionMethod"] = forest.selectionMethod;
      return state;
    },
    async thaw(state) {
      const reader = new StateReader(state, type);
      const featureCount = reader.integer("featureCount", 1);
      const indexes = reader.list("columns").map((each) => columnList(each, featureCount, reader));
      const trees = treesFromState(reader.value("trees"), (tree) => indexes[tree]?.length ?? 0);
      if (trees.roots.length !== indexes.length + 1) throw reader.fault("columns", "is not one list for each tree");
      const options = reader.record("options");
      const treeOptions = {
        ...treeDefaults,
        gainFunction: classifier ? "gini" : "regression",
        ...readOptions(reader),
        kind: classifier ? "classifier" : "regression",
      };
      const roots = [...unflattenTrees(trees, classifier)];
      const library = await loadLibrary<Library>("ml-random-forest", () => import("ml-random-forest"));
      const forest = library[className].load({
        name: classifier ? "RFClassifier" : "RFRegression",
        ...(classifier ? {} : { selectionMethod: reader.oneOf("selectionMethod", "mean", "median") }),
        baseModel: {
          indexes,
          nEstimators: indexes.length,
          isClassifier: classifier,
          treeOptions: readOptions(reader),
          n: options.number("n"),
          replacement: options.boolean("replacement"),
          maxFeatures: options.number("maxFeatures"),
          seed: options.number("seed"),
          useSampleBagging: options.boolean("useSampleBagging"),
          estimators: roots.map((root) => ({
            name: classifier ? "DTClassifier" : "DTRegression",
            options: treeOptions,
            root,
          })),
        },
      });
      forest.estimators!.forEach((tree, index) => restoreSamples(tree.root, roots[index]!));
      return Object.assign(forest, { numberFeatures: featureCount });
    },
    parameters: (forest) => ({
      nEstimators: forest.nEstimators,
      maxFeatures: forest.maxFeatures,
      replacement: forest.replacement,
      seed: forest.seed,
      useSampleBagging: forest.useSampleBagging,
      ...(forest.selectionMethod === undefined ? {} : { selectionMethod: forest.selectionMethod }),
      ...plainOptions(forest.treeOptions),
    }),
    columns: columnsOf,
    apply: (forest, rows) => predictionOf(forest.predict(rows), classifier),
    output: () => outputOf(classifier),
    graph: (forest) => (graph, rows) => {
      const trees = treesOf(forest);
      const perTree = treeResults(graph, rows, trees, classifier, (tree) => forest.indexes[tree]!);
      if (classifier) return { labels: mode(graph, perTree, trees) };
      return { values: (forest.selectionMethod === "median" ? median : mean)(graph, perTree, trees) };
    },
  };
}

function columnsOf(forest: Forest): number {
  return forest.numberFeatures ?? Math.max(0, ...forest.indexes.flat()) + 1;
}

function columnList(value: StateValue, most: number, reader: StateReader): number[] {
  const fits = (column: unknown) =>
    Number.isSafeInteger(column) && (column as number) >= 0 && (column as number) < most;
  if (!Array.isArray(value) || !value.every(fits))
    throw reader.fault("columns", `is not made of lists of columns below ${most}`);
  return [...(value as number[])];
}
