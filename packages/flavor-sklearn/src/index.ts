export { convertSklearn, type ConvertOptions, type SklearnConversion, textMetadataKey } from "./convert.js";
export { type DecodedPickle, sklearnConverter } from "./converter.js";
