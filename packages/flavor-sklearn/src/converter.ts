import { type Converter, type ConvertModelOptions, refuseSignature } from "@modelkeep/core";
import {
  isPickleFile,
  PickleDict,
  type PickleFile,
  PickleObject,
  PickleTuple,
  type PickleValue,
} from "@modelkeep/pickle";

import { convertSklearn, type SklearnConversion } from "./convert.js";

/** What the pickle and joblib codecs decode, or the value in it. */
export type DecodedPickle = PickleFile | PickleValue;

export interface SklearnConverter extends Converter<DecodedPickle> {
  convert(model: DecodedPickle, options?: ConvertModelOptions): Promise<SklearnConversion>;
}

/** scikit-learn's fitted models and pipelines, as their pickle or joblib files hold them, to ONNX. */
export function sklearnConverter(): SklearnConverter {
  return {
    from: "pickle",
    to: "onnx",
    owns: (model): model is DecodedPickle =>
      isPickleFile(model) ||
      model instanceof PickleObject ||
      model instanceof PickleDict ||
      model instanceof PickleTuple ||
      Array.isArray(model),
    async convert(model, options = {}) {
      refuseSignature("sklearn", options);
      const conversion = convertSklearn(isPickleFile(model) ? model.value : model, options);
      const { signature, steps, parameters, versions } = conversion;
      return { ...conversion, description: { signature, steps, parameters, python: versions } };
    },
  };
}
