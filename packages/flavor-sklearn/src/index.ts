export { convertSklearn, type SklearnConvertOptions, type SklearnConversion } from "./convert.js";
export { type DecodedPickle, sklearnConverter } from "./converter.js";
export type { ModelFacts } from "./fitted/facts.js";
export { modelkeep } from "./plugin.js";
export {
  readTextMetadata,
  type TextAnalysis,
  type TextInput,
  textMetadataKey,
  textPredictor,
  textPreprocessor,
  textSignature,
} from "@modelkeep/onnx";
