import { readFileSync } from "node:fs";

import { DecisionTreeClassifier, DecisionTreeRegression } from "ml-cart";
import { kmeans } from "ml-kmeans";
import KNN from "ml-knn";
import LogisticRegression from "ml-logistic-regression";
import { Matrix } from "ml-matrix";
import { GaussianNB, MultinomialNB } from "ml-naivebayes";
import { PCA } from "ml-pca";
import { RandomForestClassifier, RandomForestRegression } from "ml-random-forest";
import MultivariateLinearRegression from "ml-regression-multivariate-linear";
import { SimpleLinearRegression } from "ml-regression-simple-linear";

import { Pipeline, StandardScaler } from "../src/index.js";

export interface Dataset {
  readonly rows: number[][];
  readonly labels: number[];
  readonly features: string[];
}

/** A CSV with a head line of feature names and `target` last. */
export function dataset(name: "wine" | "breast-cancer"): Dataset {
  const text = readFileSync(new URL(`../../../vectors/data/${name}.csv`, import.meta.url), "utf8")
    .trim()
    .split("\n");
  const rows = text.slice(1).map((line) => line.split(",").map(Number));
  return {
    rows: rows.map((row) => row.slice(0, -1)),
    labels: rows.map((row) => row.at(-1)!),
    features: text[0]!.split(",").slice(0, -1),
  };
}

/** One of each type that is kept, trained on real rows; forests small. */
export function trainedModels({ rows, labels }: Dataset): Record<string, { model: unknown; rows: number[][] }> {
  const scaler = StandardScaler.fit(rows);
  const scaled = scaler.predict(rows);
  const targets = rows.map((row) => row[0]! * 2 - row[1]! + 0.5);
  const forestOptions = {
    nEstimators: 12,
    seed: 7,
    maxFeatures: 0.7,
    noOOB: true,
    replacement: false,
    useSampleBagging: true,
  } as const;
  const classifier = new RandomForestClassifier({ ...forestOptions, treeOptions: { maxDepth: 8 } });
  classifier.train(scaled, labels);
  const mean = new RandomForestRegression({ ...forestOptions, selectionMethod: "mean" });
  mean.train(scaled, targets);
  const middle = new RandomForestRegression({ ...forestOptions, selectionMethod: "median" });
  middle.train(scaled, targets);
  const tree = new DecisionTreeClassifier({ gainFunction: "gini", maxDepth: 6, minNumSamples: 3 });
  tree.train(rows, labels);
  const treeRegression = new DecisionTreeRegression({ maxDepth: 5 });
  treeRegression.train(rows, targets);
  const logistic = new LogisticRegression({ numSteps: 300, learningRate: 5e-3 });
  logistic.train(new Matrix(scaled), Matrix.columnVector(labels));
  const gaussian = new GaussianNB();
  gaussian.train(rows, labels);
  const multinomial = new MultinomialNB();
  multinomial.train(rows, labels);
  const binary = labels.map((label) => (label === 0 ? 0 : 1));
  return {
    "standard-scaler": { model: scaler, rows },
    pca: { model: new PCA(rows), rows },
    "pca scaled": { model: new PCA(rows, { scale: true }), rows },
    "pca covariance": { model: new PCA(rows, { method: "covarianceMatrix" }), rows },
    "random-forest-classifier": { model: classifier, rows: scaled },
    "random-forest-regressor": { model: mean, rows: scaled },
    "random-forest-regressor median": { model: middle, rows: scaled },
    "decision-tree-classifier": { model: tree, rows },
    "decision-tree-regressor": { model: treeRegression, rows },
    "logistic-regression": { model: logistic, rows: scaled },
    "k-means": { model: kmeans(scaled, 3, { seed: 3 }), rows: scaled },
    "gaussian-naive-bayes": { model: gaussian, rows },
    "multinomial-naive-bayes": { model: multinomial, rows },
    "k-nearest-neighbours": { model: new KNN(scaled, binary, { k: 5 }), rows: scaled },
    "simple-linear-regression": {
      model: new SimpleLinearRegression(
        rows.map((row) => row[0]!),
        targets,
      ),
      rows: rows.map((row) => [row[0]!]),
    },
    "multivariate-linear-regression": {
      model: new MultivariateLinearRegression(
        scaled,
        targets.map((target) => [target]),
      ),
      rows: scaled,
    },
  };
}

export function trainedPipeline({ rows, labels, features }: Dataset): Pipeline {
  const scaler = StandardScaler.fit(rows);
  const scaled = scaler.predict(rows);
  const pca = new PCA(scaled);
  const projected = pca.predict(scaled, { nComponents: 5 }).to2DArray();
  const forest = new RandomForestClassifier({
    nEstimators: 15,
    seed: 42,
    maxFeatures: 0.8,
    replacement: false,
    noOOB: true,
  });
  forest.train(projected, labels);
  return new Pipeline(
    [
      { name: "scaler", model: scaler },
      { name: "pca", model: pca, components: 5 },
      { name: "forest", model: forest },
    ],
    { features },
  );
}
