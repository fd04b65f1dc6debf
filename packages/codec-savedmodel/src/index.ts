export { isSavedModelFiles, type SavedModelFiles } from "@modelkeep/savedmodel";
export { modelkeep } from "./plugin.js";
export { savedModelCodec } from "./savedmodel-codec.js";
