export { fromTfjs, type TfjsArtifacts, type TfjsWeightEntry, toTfjs } from "./artifacts.js";
export {
  modelkeepHandler,
  type TfjsHandler,
  type TfjsKeepInput,
  type TfjsRegistry,
  type TfjsSaveResult,
} from "./handler.js";
export { modelkeep } from "./plugin.js";
export { tfjsCodec } from "./tfjs-codec.js";
export { isTfjsModel, type TfjsModel } from "@modelkeep/tfjs";
