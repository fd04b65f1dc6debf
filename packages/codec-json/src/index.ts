export * from "./json-codec.js";
export type { TensorForm } from "./write-json.js";
export { modelkeep } from "./plugin.js";
