export * from "./decode-tensors.js";
export { encodeTensors, type EncodedTensors, endsWithinByte } from "./encode-tensors.js";
export { parseHeader, type TensorEntry, type TensorFileHeader } from "./header.js";
export { dtypeOfName, nameOfDType } from "./safetensors-dtypes.js";
export { gatherTensors, referencedTensor, type TensorGatherer, type TensorReference } from "./state-tensors.js";
export * from "./tensor-file.js";
