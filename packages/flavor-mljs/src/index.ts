export { type MljsConverter, mljsConverter } from "./converter.js";
export { librariesOf, mljsFlavor } from "./flavor.js";
export { StandardScaler } from "./models/standard-scaler.js";
export { Pipeline, type PipelineOptions, type Step } from "./pipeline.js";
export { mljsRuntime, pipelinePredictor } from "./runtime.js";
export { modelkeep } from "./plugin.js";
