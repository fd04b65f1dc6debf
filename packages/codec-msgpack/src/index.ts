export type { MsgpackEncodeOptions } from "./encode-state.js";
export * from "./msgpack-codec.js";
export { modelkeep } from "./plugin.js";
