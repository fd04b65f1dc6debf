import { type Converter, type ConvertModelOptions, refuseSignature } from "@modelkeep/core";
import { isTensorFile, type TensorFile } from "@modelkeep/safetensors";
import { formatKey, isTfjsModel, type TfjsModel } from "@modelkeep/tfjs";

import { convertKeras, type KerasConversion } from "./convert.js";
import { convertTfjsLayers } from "./convert-tfjs.js";

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

/** Models of layers of TensorFlow.js, as `@modelkeep/codec-tfjs` decodes them, to ONNX. */
export function tfjsLayersConverter(): Converter<TfjsModel> & {
  convert(model: TfjsModel, options?: ConvertModelOptions): Promise<KerasConversion>;
} {
  return {
    from: "tfjs",
    to: "onnx",
    owns: (model): model is TfjsModel => isTfjsModel(model) && model.metadata.get(formatKey) === "layers-model",
    async convert(model, options = {}) {
      refuseSignature("tfjs", options);
      const conversion = convertTfjsLayers(model, options);
      const { signature, steps } = conversion;
      return { ...conversion, description: { signature, steps } };
    },
  };
}
