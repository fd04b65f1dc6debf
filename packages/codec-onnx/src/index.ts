export { onnxCodec, type OnnxEncodeOptions } from "./codec.js";
export { onnxRuntime } from "./onnxruntime.js";
