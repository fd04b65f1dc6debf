import { type Converter, type ConvertModelOptions, ModelkeepError } from "@modelkeep/core";
import { isSavedModelFiles, type SavedModelFiles } from "@modelkeep/savedmodel";
import { formatKey, isTfjsModel, type TfjsModel } from "@modelkeep/tfjs";

import { convertSavedModel, type TensorflowConversion } from "./convert.js";
import type { GraphConversion } from "./convert-graph.js";
import { convertTfjsGraph } from "./tfjs/convert-tfjs.js";

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

/** Graph models of TensorFlow.js, as `@modelkeep/codec-tfjs` decodes them, to ONNX. */
export function tfjsGraphConverter(): Converter<TfjsModel> & {
  convert(model: TfjsModel, options?: ConvertModelOptions): Promise<GraphConversion>;
} {
  return {
    from: "tfjs",
    to: "onnx",
    owns: (model): model is TfjsModel => isTfjsModel(model) && model.metadata.get(formatKey) === "graph-model",
    async convert(model, { precision, signature } = {}) {
      if (precision !== undefined || signature !== undefined)
        throw new ModelkeepError(
          "unsupported",
          "[tensorflow] A model of TensorFlow.js is converted in the precision and with the signature that it has: leave them out",
        );
      return convertTfjsGraph(model);
    },
  };
}
