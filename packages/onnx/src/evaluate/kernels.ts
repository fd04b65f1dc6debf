import type { KernelTable } from "./kernel.js";
import { casts } from "./kernels/cast.js";
import { constants } from "./kernels/constant.js";
import { controls } from "./kernels/control.js";
import { elementwise } from "./kernels/elementwise.js";
import { labelEncoders } from "./kernels/label-encoder.js";
import { matrices } from "./kernels/matmul.js";
import { paddings } from "./kernels/pad.js";
import { reductions } from "./kernels/reduce.js";
import { selections } from "./kernels/select.js";
import { shapes } from "./kernels/shape.js";
import { softmaxes } from "./kernels/softmax.js";
import { treeEnsembles } from "./kernels/tree-ensemble.js";

/** Every operator that the evaluator has: those that our converters emit, and what models of the same kind use. */
export const kernels: ReadonlyMap<string, KernelTable[string]> = new Map(
  Object.entries({
    ...casts,
    ...constants,
    ...controls,
    ...elementwise,
    ...labelEncoders,
    ...matrices,
    ...paddings,
    ...reductions,
    ...selections,
    ...shapes,
    ...softmaxes,
    ...treeEnsembles,
  }),
);
