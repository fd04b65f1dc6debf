export { dtypeOf, typeName } from "./data-types.js";
export { dangerOf } from "./danger.js";
export { type Fingerprint, readFingerprint } from "./fingerprint.js";
export { type Graph, type GraphFunction, type GraphNode, readGraph, type ServedGraph } from "./graph.js";
export type { GraphAttribute } from "./graph-attribute.js";
export { type KerasMetadata, readKerasMetadata } from "./keras-metadata.js";
export { isSavedModelFiles, mainPath, type SavedModelFiles } from "./saved-model-files.js";
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
