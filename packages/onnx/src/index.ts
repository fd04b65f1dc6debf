export { type Attributes, type AttributeValue, float, floats, int, ints } from "./attribute.js";
export { checkModel, modelFaults } from "./check/check-model.js";
export type { CheckOptions } from "./check/context.js";
export type { Fault } from "./check/faults.js";
export { dataTypeOf, dtypeOf } from "./data-type.js";
export { decodeModel, decodeTensor } from "./decode.js";
export { encodeModel, encodeModelBytes, messageLimit } from "./encode.js";
export {
  type ExternalFiles,
  type ExternalizeOptions,
  externalReference,
  type ExternalReference,
  externalize,
  internalize,
  internalizeTensor,
  readTensor,
  weightBytes,
} from "./external-data.js";
export { type Evaluator, evaluator, missingOperators } from "./evaluate/evaluator.js";
export { GraphBuilder, graphBuilder, type LabelList } from "./graph-builder.js";
export type { GraphOptions, NodeOptions, Value } from "./graph-core.js";
export { describeModel, inspectModel } from "./inspect.js";
export * from "./model.js";
export { type OutlineOptions, type RangeSource, readOutline } from "./outline.js";
export { pruneModel } from "./prune-model.js";
export { graphSignature, mainGraph, otherValues } from "./signature.js";
export { fromOnnxTensor, toOnnxTensor } from "./tensor.js";
export { transposeTensor } from "./transpose-tensor.js";
export type { Tree, TreeEnsemble } from "./tree-ensemble.js";
export { allGraphs, allNodes, allTensors } from "./walk-graphs.js";
export type { TextAnalysis } from "./text/analysis.js";
export { textAnalyzer } from "./text/analyze.js";
export { areSizes, readTextMetadata, textMetadataKey, writeTextMetadata } from "./text/metadata.js";
export { type TextInput, textPredictor, textPreprocessor, textSignature } from "./text/preprocessor.js";
