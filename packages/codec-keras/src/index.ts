export { kerasCodec } from "./keras-codec.js";
export { modelkeep } from "./plugin.js";
