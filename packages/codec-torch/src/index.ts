export { modelkeep } from "./plugin.js";
export { torchCodec } from "./torch-codec.js";
