export { convertSavedModel, type ConvertOptions, type TensorflowConversion } from "./convert.js";
export { tensorflowConverter } from "./converter.js";
export { modelkeep } from "./plugin.js";
