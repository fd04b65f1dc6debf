export { onnxCodec, type OnnxEncodeOptions } from "./codec.js";
export { jsRuntime } from "./js-runtime.js";
export { onnxRuntime } from "./onnxruntime.js";
export { modelkeep } from "./plugin.js";
