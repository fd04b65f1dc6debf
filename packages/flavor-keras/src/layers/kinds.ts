import { activationKinds } from "./activations.js";
import { attentionKinds } from "./attention.js";
import { convolutionKinds } from "./convolution.js";
import { denseKinds } from "./dense.js";
import type { LayerKind } from "./layer-kind.js";
import { mergingKinds } from "./merging.js";
import { normalizationKinds } from "./normalization.js";
import { passingKinds } from "./passing.js";
import { poolingKinds } from "./pooling.js";
import { preprocessingKinds } from "./preprocessing.js";
import { recurrentKinds } from "./recurrent.js";
import { reshapingKinds } from "./reshaping.js";
import { timeDistributed } from "./time-distributed.js";

/** Every class of layer that becomes ONNX, by what it is for. */
export const layerKinds: Readonly<Record<string, readonly LayerKind[]>> = {
  core: denseKinds,
  activations: activationKinds,
  convolutions: convolutionKinds,
  pooling: poolingKinds,
  normalisation: normalizationKinds,
  reshaping: reshapingKinds,
  merging: mergingKinds,
  preprocessing: preprocessingKinds,
  recurrent: [...recurrentKinds, timeDistributed],
  attention: attentionKinds,
  "passed on": passingKinds,
};

const byClass = new Map(
  Object.values(layerKinds)
    .flat()
    .flatMap((kind) => kind.classes.map((name) => [name, kind] as const)),
);

export function kindOf(className: string): LayerKind | undefined {
  return byClass.get(className);
}
