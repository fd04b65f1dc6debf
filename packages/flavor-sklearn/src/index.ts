export { convertSklearn, type ConvertOptions, type SklearnConversion } from "./convert.js";
export { type DecodedPickle, sklearnConverter } from "./converter.js";
export type { ModelFacts } from "./fitted/facts.js";
export type { TextAnalysis } from "./text/analysis.js";
export { readTextMetadata, textMetadataKey } from "./text/metadata.js";
export { type TextInput, textPredictor, textPreprocessor, textSignature } from "./text/preprocessor.js";
