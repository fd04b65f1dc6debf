import { ModelkeepError } from "@modelkeep/core";

import type { ModelType } from "./model-type.js";
import { decisionTreeClassifier, decisionTreeRegression } from "./models/decision-tree.js";
import { kMeans } from "./models/k-means.js";
import { kNearestNeighbours } from "./models/k-nearest-neighbours.js";
import { multivariateLinearRegression, simpleLinearRegression } from "./models/linear-regression.js";
import { logisticRegression } from "./models/logistic-regression.js";
import { gaussianNaiveBayes, multinomialNaiveBayes } from "./models/naive-bayes.js";
import { pca } from "./models/pca.js";
import { randomForestClassifier, randomForestRegression } from "./models/random-forest.js";
import { standardScaler } from "./models/standard-scaler.js";

/** Every type that can be kept. A type that is not here is refused by name; nothing is revived by guessing. */
export const registered: readonly ModelType[] = [
  standardScaler,
  pca,
  randomForestClassifier,
  randomForestRegression,
  decisionTreeClassifier,
  decisionTreeRegression,
  logisticRegression,
  kMeans,
  gaussianNaiveBayes,
  multinomialNaiveBayes,
  kNearestNeighbours,
  simpleLinearRegression,
  multivariateLinearRegression,
] as readonly ModelType[];

export function findModelType(model: unknown): ModelType | undefined {
  return registered.find((type) => type.owns(model));
}

export function modelTypeOf(model: unknown): ModelType {
  const found = findModelType(model);
  if (found !== undefined) return found;
  throw unsupported(`A ${className(model)}`);
}

export function modelTypeNamed(name: string): ModelType {
  const found = registered.find((type) => type.type === name);
  if (found !== undefined) return found;
  throw unsupported(`The type ${JSON.stringify(name.slice(0, 60))}`);
}

function unsupported(what: string): ModelkeepError {
  return new ModelkeepError(
    "unsupported",
    `[mljs] ${what} is not a registered type of ml.js models: ${registered.map((type) => type.type).join(", ")}`,
  );
}

function className(model: unknown): string {
  if (typeof model !== "object" || model === null) return typeof model;
  const { name } = (model.constructor ?? {}) as { name?: unknown };
  return typeof name === "string" && name !== "" ? name : "object";
}
