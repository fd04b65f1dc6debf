export { convertSavedModel, type TensorflowConvertOptions, type TensorflowConversion } from "./convert.js";
export type { GraphConversion } from "./convert-graph.js";
export { tensorflowConverter, tfjsGraphConverter } from "./converter.js";
export { modelkeep } from "./plugin.js";
export { convertTfjsGraph } from "./tfjs/convert-tfjs.js";
