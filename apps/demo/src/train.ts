import { PCA } from "ml-pca";
import { RandomForestClassifier } from "ml-random-forest";

import { Pipeline, StandardScaler } from "@modelkeep/flavor-mljs";

import type { Dataset } from "./data.js";

export interface Settings {
  readonly components: number;
  readonly trees: number;
}

/** StandardScaler → PCA → RandomForest, as one unit. */
export function train({ rows, labels, features }: Dataset, { components, trees }: Settings): Pipeline {
  const scaler = StandardScaler.fit(rows);
  const scaled = scaler.predict(rows);
  const pca = new PCA(scaled);
  const forest = new RandomForestClassifier({
    nEstimators: trees,
    seed: 42,
    maxFeatures: 0.8,
    replacement: false,
    useSampleBagging: true,
    noOOB: true,
    treeOptions: { maxDepth: 8 },
  });
  forest.train(pca.predict(scaled, { nComponents: components }).to2DArray(), [...labels]);
  const steps = [
    { name: "scaler", model: scaler },
    { name: "pca", model: pca, components },
    { name: "forest", model: forest },
  ];
  return new Pipeline(steps, { features });
}

/** Share of labels that are right, and their mean over the classes, so that a rare class counts as much as a common one. */
export function score(
  pipeline: Pipeline,
  { rows, labels }: Dataset,
): { readonly accuracy: number; readonly balanced_accuracy: number } {
  const predicted = pipeline.predict(rows) as number[];
  const right = (wanted: readonly number[]) =>
    wanted.filter((row) => predicted[row] === labels[row]).length / wanted.length;
  const all = labels.map((_, row) => row);
  const classes = [...new Set(labels)].map((label) => all.filter((row) => labels[row] === label));
  return {
    accuracy: right(all),
    balanced_accuracy: classes.reduce((sum, own) => sum + right(own), 0) / classes.length,
  };
}
