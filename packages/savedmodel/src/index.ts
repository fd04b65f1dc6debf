export { dangerOf } from "./danger.js";
export {
  type MetaGraph,
  readSavedModel,
  type ReadSavedModelOptions,
  type SavedModel,
  type ServingSignature,
  type SignatureTensor,
} from "./saved-model.js";
export { type Bundle, type BundleEntry, readBundleIndex, readBundleTensor } from "./tensor-bundle.js";
export { readVariables, type Variable, type Variables } from "./variables.js";
