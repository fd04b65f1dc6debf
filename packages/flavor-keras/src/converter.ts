import { type Converter, type ConvertModelOptions, refuseSignature } from "@modelkeep/core";
import { isTensorFile, type TensorFile } from "@modelkeep/safetensors";

import { convertKeras, type KerasConversion } from "./convert.js";

/** Models of Keras, as `@modelkeep/codec-keras` decodes them, to ONNX. */
export function kerasConverter(): Converter<TensorFile> & {
  convert(model: TensorFile, options?: ConvertModelOptions): Promise<KerasConversion>;
} {
  return {
    from: "keras",
    to: "onnx",
    owns: (model): model is TensorFile => isTensorFile(model) && model.metadata.has("keras.config"),
    async convert(model, options = {}) {
      refuseSignature("keras", options);
      const conversion = convertKeras(model, options);
      const { signature, steps, versions } = conversion;
      return { ...conversion, description: { signature, steps, python: versions } };
    },
  };
}
