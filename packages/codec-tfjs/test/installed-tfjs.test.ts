import { createRequire } from "node:module";
import { join } from "node:path";

import { openRegistry } from "@modelkeep/registry";
import { memoryStore } from "@modelkeep/store-memory";
import { describe, expect, test } from "vitest";

import { modelkeepHandler, tfjsCodec, type TfjsArtifacts } from "../src/index.js";

const installed = process.env["MODELKEEP_TEST_TFJS"];

/** TensorFlow.js, as far as it is called here: it is too large to be among the packages that tests install. */
interface Tfjs {
  setBackend(name: string): Promise<boolean>;
  sequential(): LayersModel;
  tensor(values: readonly (readonly number[])[]): Tensor;
  readonly layers: { dense(options: object): object };
  loadLayersModel(handler: { load(): Promise<TfjsArtifacts> }): Promise<LayersModel>;
}

interface Tensor {
  dataSync(): Float32Array;
}

interface LayersModel {
  add(layer: object): void;
  predict(input: Tensor): Tensor;
  save(handler: { save(artifacts: TfjsArtifacts): Promise<unknown> }): Promise<unknown>;
}

describe.skipIf(installed === undefined)("TensorFlow.js itself (needs MODELKEEP_TEST_TFJS)", () => {
  test("a model is kept by model.save and loaded again, and predicts the same to the last bit", async () => {
    const tf = createRequire(join(installed!, "package.json"))("@tensorflow/tfjs") as Tfjs;
    await tf.setBackend("cpu");
    const model = tf.sequential();
    model.add(tf.layers.dense({ units: 5, activation: "relu", inputShape: [3] }));
    model.add(tf.layers.dense({ units: 2, activation: "softmax" }));
    const registry = await openRegistry({
      store: memoryStore(),
      actor: "Ada <ada@example.org>",
      codecs: [tfjsCodec()],
    });
    await model.save(modelkeepHandler(registry, "trained"));
    const again = await tf.loadLayersModel(modelkeepHandler(registry, "trained@1"));
    const rows = tf.tensor([
      [1, -2, 3],
      [0.5, 0, -1],
    ]);
    expect(again.predict(rows).dataSync()).toEqual(model.predict(rows).dataSync());
  });
});
