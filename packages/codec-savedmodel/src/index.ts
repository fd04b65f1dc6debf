export { modelkeep } from "./plugin.js";
export { isSavedModelFiles, savedModelCodec, type SavedModelFiles } from "./savedmodel-codec.js";
