import type { Predictor, PredictorOptions } from "@modelkeep/core";
import { type OnnxModel, readTextMetadata, textPredictor } from "@modelkeep/onnx";

/** A predictor that takes texts where the model's metadata say how they become the counts that it reads. */
export function withTexts(
  model: OnnxModel,
  options: PredictorOptions,
  open: (own: PredictorOptions) => Predictor,
): Predictor {
  const texts = readTextMetadata(model);
  if (texts.length === 0) return open(options);
  // The signature that was given is that of the texts; the model keeps its own.
  const { signature, ...own } = options;
  const predictor = textPredictor(open(own), texts);
  return signature === undefined ? predictor : { ...predictor, signature };
}
