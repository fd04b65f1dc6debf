import type { Converter } from "@modelkeep/core";
import { PickleDict, PickleObject, PickleTuple, type PickleValue } from "@modelkeep/pickle";

import { convertSklearn, type SklearnConversion } from "./convert.js";

/** What the pickle and joblib codecs decode. */
export type DecodedPickle = PickleValue;

/** scikit-learn's fitted models and pipelines, as their pickle or joblib files hold them, to ONNX. */
export function sklearnConverter(): Converter<DecodedPickle> & {
  convert(model: DecodedPickle, options?: { precision?: "float64" | "float32" }): Promise<SklearnConversion>;
} {
  return {
    from: "pickle",
    to: "onnx",
    owns: (model): model is DecodedPickle =>
      model instanceof PickleObject ||
      model instanceof PickleDict ||
      model instanceof PickleTuple ||
      Array.isArray(model),
    convert: async (model, options) => convertSklearn(model, options),
  };
}
