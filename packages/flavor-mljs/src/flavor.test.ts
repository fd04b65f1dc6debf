import { RandomForestClassifier } from "ml-random-forest";
import { describe, expect, test } from "vitest";

import { isModelkeepError, type ModelState, Tensor } from "@modelkeep/core";

import { dataset, trainedModels, trainedPipeline } from "../test/training.js";
import { asPipeline, librariesOf, mljsFlavor } from "./flavor.js";
import { StandardScaler } from "./models/standard-scaler.js";
import { Pipeline } from "./pipeline.js";

const flavor = mljsFlavor();
const wine = dataset("wine");

describe("every type", () => {
  for (const [name, { model, rows }] of Object.entries(trainedModels(wine))) {
    test(`${name} predicts the same after freezing and thawing`, async () => {
      expect(flavor.owns(model)).toBe(true);
      const thawed = await flavor.thaw(flavor.freeze(model));
      expect(thawed).not.toBe(model);
      expect(asPipeline(thawed).predict(rows)).toEqual(asPipeline(model).predict(rows));
      expect(flavor.freeze(thawed)).toEqual(flavor.freeze(model));
    });
  }
});

test("a pipeline predicts the same after freezing and thawing, and says what it is made of", async () => {
  const pipeline = trainedPipeline(wine);
  const thawed = (await flavor.thaw(flavor.freeze(pipeline))) as Pipeline;
  expect(thawed.predict(wine.rows)).toEqual(pipeline.predict(wine.rows));
  expect(flavor.describe!(thawed)).toEqual(flavor.describe!(pipeline));
  expect(flavor.describe!(pipeline).steps!.map(({ type }) => type)).toEqual([
    "standard-scaler",
    "pca",
    "random-forest-classifier",
  ]);
  expect(flavor.describe!(pipeline).signature).toEqual({
    inputs: [{ name: "features", dtype: "float64", shape: ["batch", 13], features: wine.features }],
    outputs: [{ name: "label", dtype: "int64", shape: ["batch"] }],
  });
  expect(librariesOf(pipeline)).toEqual(["ml-pca", "ml-random-forest"]);
});

test("a type that is not registered is refused by name", () => {
  class GradientMagic {
    readonly depth = 3;
  }
  expect(flavor.owns(new GradientMagic())).toBe(false);
  expect(() => flavor.freeze(new GradientMagic())).toThrow(/GradientMagic/u);
  expect(() => new Pipeline([{ name: "magic", model: new GradientMagic() }])).toThrow(/GradientMagic/u);
});

test("a step after the one that gives labels is refused", () => {
  const { "k-means": clusters } = trainedModels(wine);
  const pipeline = new Pipeline([
    { name: "clusters", model: clusters!.model },
    { name: "scaler", model: new StandardScaler([0], [1]) },
  ]);
  expect(() => pipeline.predict(clusters!.rows)).toThrow(/"clusters", which gives labels/u);
});

describe("state from strangers", () => {
  const { model } = trainedModels(wine)["random-forest-classifier"]!;
  const frozen = flavor.freeze(model);
  type Trees = Record<string, Tensor>;
  const withTrees = (change: (trees: Trees) => Trees): ModelState => {
    const state = frozen.state as { trees: Trees };
    return { ...frozen, state: { ...state, trees: change({ ...state.trees }) } };
  };
  const changed = (name: string, at: number, value: number) =>
    withTrees((trees) => {
      const { shape } = trees[name]!;
      const data = Int32Array.from(trees[name]!.data as Int32Array);
      data[at] = value;
      return { ...trees, [name]: new Tensor("int32", shape, data) };
    });
  const cases: Record<string, ModelState> = {
    "a right child before its parent": changed("right", 0, -1),
    "a right child beyond the tree": changed("right", 0, 1_000_000),
    "a right child within its sibling": changed("right", 0, 1),
    "a column that is not there": changed("feature", 0, 99),
    "roots that do not rise": changed("roots", 1, 0),
    "a leaf without a value": changed("sizes", 0, 0),
    "a missing field": withTrees((trees) =>
      Object.fromEntries(Object.entries(trees).filter(([name]) => name !== "threshold")),
    ),
    "a wrong dtype": withTrees((trees) => ({ ...trees, threshold: new Tensor("float32", [1], new Float32Array(1)) })),
    "an unknown type": { ...frozen, type: "constructor" },
    "a later version": { ...frozen, version: 2 },
    "another flavor": { ...frozen, flavor: "sklearn" },
    "no record": { ...frozen, state: [1, 2] },
  };
  for (const [name, state] of Object.entries(cases)) {
    test(`${name} is refused with a typed error`, async () => {
      const error = await flavor.thaw(state).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(isModelkeepError(error)).toBe(true);
    });
  }
});

test("a forest whose trees see no column at all, which small maxFeatures make, is kept too", async () => {
  const forest = new RandomForestClassifier({ nEstimators: 3, maxFeatures: 0.5, noOOB: true, replacement: false });
  forest.train([[1], [2], [3], [4]], [0, 0, 1, 1]);
  const thawed = await flavor.thaw(flavor.freeze(forest));
  expect(asPipeline(thawed).predict([[1], [4]])).toEqual(asPipeline(forest).predict([[1], [4]]));
});
