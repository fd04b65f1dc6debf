import { type PayloadSet, type Predictor, type PredictorOptions, type Runtime, type TensorMap } from "@modelkeep/core";
import { checkModel, type Evaluator, evaluator } from "@modelkeep/onnx";

import { onnxCodec } from "./codec.js";
import { withTexts } from "./with-texts.js";
import { version } from "./version.js";

/**
 * Runs ONNX models in plain JavaScript, without anything native: for the operators of Modelkeep's own converters, in
 * doubles, the same on every machine. Models with other operators are `unsupported`.
 */
export function jsRuntime(): Runtime {
  return {
    name: "js",
    version,
    runs: ({ codec }) => codec === "onnx",
    available: async () => true,
    predictor: openPredictor,
  };
}

async function openPredictor(payloads: PayloadSet, options: PredictorOptions = {}): Promise<Predictor> {
  const model = await onnxCodec().decode(payloads, options);
  checkModel(model);
  return withTexts(model, options, (own) => new JsPredictor(evaluator(model), own));
}

class JsPredictor implements Predictor {
  readonly signature: Predictor["signature"];
  #evaluator: Evaluator | undefined;

  constructor(evaluator: Evaluator, options: PredictorOptions) {
    this.#evaluator = evaluator;
    this.signature = options.signature ?? evaluator.signature;
  }

  async predict(inputs: TensorMap): Promise<TensorMap> {
    if (this.#evaluator === undefined) throw new TypeError("The predictor has been disposed of");
    return this.#evaluator.run(inputs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#evaluator = undefined;
  }
}
