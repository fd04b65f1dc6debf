export * from "./safetensors-codec.js";
export { isSafetensorsModel, type SafetensorsModel } from "./safetensors-model.js";
export { modelkeep } from "./plugin.js";
