export { type Attributes, type AttributeValue, float, floats, int, ints } from "./attribute.js";
export { dataTypeOf, dtypeOf } from "./data-type.js";
export { decodeModel } from "./decode.js";
export { encodeModel, encodeModelBytes } from "./encode.js";
export { GraphBuilder, graphBuilder, type LabelList } from "./graph-builder.js";
export type { GraphOptions, NodeOptions, Value } from "./graph-core.js";
export * from "./model.js";
export { fromOnnxTensor, toOnnxTensor } from "./tensor.js";
export type { Tree, TreeEnsemble } from "./tree-ensemble.js";
