import { ModelkeepError } from "@modelkeep/core";
import { layersConfig, readModelJson, type TfjsModel } from "@modelkeep/tfjs";

import { convertArchitecture, float32Only, type KerasConversion, type KerasConvertOptions } from "./convert.js";
import { FlatWeights } from "./weights/flat-weights.js";

/**
 * A layers-model of TensorFlow.js to ONNX: the layers are Keras', and so is what describes them. Throws as `convertKeras` does,
 * and `unsupported` for a graph-model.
 */
export function convertTfjsLayers(
  { main, files, tensors }: TfjsModel,
  options: KerasConvertOptions = {},
): KerasConversion {
  float32Only(options);
  const json = readModelJson(files.get(main)!);
  if (json.format !== "layers-model")
    throw new ModelkeepError("unsupported", "A graph-model is converted by @modelkeep/flavor-tensorflow");
  const optimizer = new Set(
    json.groups.flatMap(({ weights }) => weights.filter((each) => each.optimizer)).map(({ name }) => name),
  );
  const weights = new Map([...tensors].filter(([name]) => !optimizer.has(name)));
  const { generatedBy } = json;
  return convertArchitecture({
    root: layersConfig(json),
    // Whoever wrote it: TensorFlow.js computes as Keras 2 does.
    keras: 2,
    tfjs: true,
    weights: new FlatWeights(weights),
    versions: generatedBy === undefined ? {} : { tfjs: generatedBy },
    parameterCount: [...weights.values()].reduce((sum, { size }) => sum + size, 0),
  });
}
