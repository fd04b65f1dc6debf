export { textMember } from "./json.js";
export { layersConfig, type ModelJson, readModelJson, type TfjsFormat } from "./model-json.js";
export { readTfjsModel } from "./read-model.js";
export { keptSize, readWeights } from "./read-weights.js";
export { formatKey, isTfjsModel, modelKey, type TfjsModel } from "./tfjs-model.js";
export type { Quantization, WeightGroup, WeightSpec, WeightType } from "./weights-manifest.js";
export { shardFiles, writeTfjsModel } from "./write-model.js";
