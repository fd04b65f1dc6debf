import type { Value } from "@modelkeep/onnx";

import type { LayerKind } from "./layer-kind.js";

/** Layers that do something in training alone. */
const training: LayerKind = {
  classes: [
    "Dropout",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "GaussianNoise",
    "GaussianDropout",
    "AlphaDropout",
    "ActivityRegularization",
    "Identity",
  ],
  prepare:
    () =>
    (_, [x]) =>
      x!,
};

/** Images are varied in training alone; what comes out are floats all the same. */
const augmentation: LayerKind = {
  classes: ["RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation", "RandomContrast", "RandomBrightness"],
  prepare:
    () =>
    (graph, [x]) =>
      graph.float(x!),
};

const masking: LayerKind = {
  classes: ["Masking"],
  prepare(layer) {
    const hidden = layer.number("mask_value", 0);
    return (graph, [x]) => {
      const input = graph.last(graph.float(x!));
      const differs = graph.not(graph.equal(input.value, graph.float32(hidden)));
      const counted: Value = graph.reduceMax(graph.cast(differs, "float32"), [-1], true);
      const mask = graph.cast(graph.squeeze(counted, [-1]), "bool");
      return { ...input, value: graph.mul(input.value, counted), mask };
    };
  },
};

export const passingKinds: readonly LayerKind[] = [training, augmentation, masking];
