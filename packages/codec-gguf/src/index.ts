export { ggufConverter } from "./converter.js";
export { dequantizable, dequantize } from "./dequantize/dequantize.js";
export { ggufCodec } from "./gguf-codec.js";
export { type GgufFile, isGgufFile } from "./gguf-file.js";
export type { GgufArray, GgufItems, GgufNumberType, GgufValue, GgufValueType } from "./gguf-value.js";
export { modelkeep } from "./plugin.js";
export { isQuantizedTensor, QuantizedTensor } from "./quantized-tensor.js";
