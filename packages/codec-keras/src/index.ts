export { kerasCodec, type KerasEncodeOptions } from "./keras-codec.js";
export { modelkeep } from "./plugin.js";
