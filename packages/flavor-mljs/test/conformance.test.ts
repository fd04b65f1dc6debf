import { describe, test } from "vitest";

import { flavorSuite, runSuite } from "@modelkeep/testkit";

import { asPipeline, mljsFlavor } from "../src/flavor.js";
import { dataset, trainedModels, trainedPipeline } from "./training.js";

const wine = dataset("wine");
const models = Object.entries(trainedModels(wine)).map(([name, { model, rows }]) => ({
  name,
  model,
  behaviour: (own: unknown) => asPipeline(own).predict(rows),
}));
const pipeline = {
  name: "pipeline",
  model: trainedPipeline(wine) as unknown,
  behaviour: (own: unknown) => asPipeline(own).predict(wine.rows),
};

runSuite(
  flavorSuite(mljsFlavor(), [...models, pipeline], { mutations: 60 }),
  { describe, test },
  { name: "mljs", timeout: 120_000 },
);
