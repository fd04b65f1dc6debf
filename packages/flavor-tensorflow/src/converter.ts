import { type Converter, type ConvertModelOptions, ModelkeepError } from "@modelkeep/core";
import { isSavedModelFiles, type SavedModelFiles } from "@modelkeep/savedmodel";

import { convertSavedModel, type TensorflowConversion } from "./convert.js";

/** TensorFlow's SavedModels, as their codec decodes them, to ONNX. */
export function tensorflowConverter(): Converter<SavedModelFiles> & {
  convert(model: SavedModelFiles, options?: ConvertModelOptions): Promise<TensorflowConversion>;
} {
  return {
    from: "savedmodel",
    to: "onnx",
    owns: isSavedModelFiles,
    async convert(model, { precision, signature } = {}) {
      if (precision !== undefined)
        throw new ModelkeepError(
          "unsupported",
          "[tensorflow] A SavedModel is converted in the precision that it was saved in: leave the precision out",
        );
      return convertSavedModel(model, signature === undefined ? {} : { signature });
    },
  };
}
