/** The newest version of each standard operator set, as of onnx 1.23. */
export const knownOpsets: ReadonlyMap<string, number> = new Map([
  ["ai.onnx", 28],
  ["ai.onnx.ml", 5],
  ["ai.onnx.preview", 1],
  ["ai.onnx.preview.training", 1],
  ["ai.onnx.training", 1],
]);

export const newestIrVersion = 14;
