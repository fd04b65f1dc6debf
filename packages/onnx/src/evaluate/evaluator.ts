import { ModelkeepError, type Signature, type Tensor, type TensorMap, type TensorSpec } from "@modelkeep/core";

import type { OnnxModel } from "../model.js";
import { graphSignature, mainGraph } from "../signature.js";
import { allNodes } from "../walk-graphs.js";
import { factoryOf, GraphPlan } from "./graph-plan.js";
import { toTensor, toValue, type Value } from "./value.js";

/** Runs a model in plain JavaScript: in doubles, the same on every machine, wherever JavaScript runs. */
export interface Evaluator {
  readonly signature: Signature;
  run(inputs: TensorMap): Map<string, Tensor>;
}

/** Operators changed their meaning often before this version of ai.onnx, and since then only by additions. */
const oldestOpset = 13;

/** Operators of a model that the evaluator does not have, as "ai.onnx.Conv". */
export function missingOperators(model: OnnxModel): readonly string[] {
  const missing = [...allNodes({ opsetImport: [], graph: mainGraph(model) })].filter(
    (node) => factoryOf(node) === undefined,
  );
  return [...new Set(missing.map(({ domain = "", opType = "" }) => `${domain || "ai.onnx"}.${opType}`))];
}

/**
 * Prepares a model: constants are read, attributes checked, and what depends on constants alone is computed.
 * `unsupported` names every operator that it does not have. Give models of unknown origin to `checkModel` first.
 */
export function evaluator(model: OnnxModel): Evaluator {
  const missing = missingOperators(model);
  if (missing.length > 0) {
    throw new ModelkeepError(
      "unsupported",
      `The JavaScript evaluator does not have ${missing.join(", ")}: run the model by onnxruntime-node`,
      { details: { operators: missing } },
    );
  }
  const { version = oldestOpset } =
    model.opsetImport.find(({ domain = "" }) => domain === "" || domain === "ai.onnx") ?? {};
  if (version < oldestOpset) {
    throw new ModelkeepError(
      "unsupported",
      `The JavaScript evaluator runs models of operator set ${oldestOpset} or newer, not ${version}: run it by onnxruntime-node`,
    );
  }
  const graph = mainGraph(model);
  const signature = graphSignature(graph);
  const plan = new GraphPlan(
    graph,
    signature.inputs.map(({ name }) => name),
  );
  const anyRank = new Set(
    graph.input.filter(({ type }) => type?.tensorType?.shape === undefined).map(({ name = "" }) => name),
  );
  const names = graph.output.map(({ name = "" }) => name);
  return {
    signature,
    run(inputs) {
      const values: (Value | undefined)[] = [];
      for (const spec of signature.inputs) values.push(inputValue(spec, inputs.get(spec.name), anyRank));
      const outputs = plan.run(values);
      const tensors = new Map<string, Tensor>();
      for (let at = 0; at < names.length; at++) tensors.set(names[at]!, toTensor(outputs[at]!));
      return tensors;
    },
  };
}

function inputValue(spec: TensorSpec, tensor: Tensor | undefined, anyRank: ReadonlySet<string>): Value | undefined {
  const { name, dtype, shape, optional } = spec;
  if (tensor === undefined && optional === true) return undefined;
  if (anyRank.size > 0 && tensor?.dtype === dtype && anyRank.has(name)) return toValue(tensor);
  if (tensor === undefined || tensor.dtype !== dtype || tensor.shape.length !== shape.length)
    throw mismatch(name, `${dtype} of ${shape.length} dimensions`, tensor);
  for (let axis = 0; axis < shape.length; axis++) {
    if (typeof shape[axis] === "number" && shape[axis] !== tensor.shape[axis])
      throw mismatch(name, `${dtype} of shape [${shape.join(", ")}]`, tensor);
  }
  return toValue(tensor);
}

function mismatch(name: string, wanted: string, tensor: Tensor | undefined): ModelkeepError {
  const found = tensor === undefined ? "missing" : `${tensor.dtype} of shape [${tensor.shape.join(", ")}]`;
  return new ModelkeepError(
    "signature_mismatch",
    `The input ${JSON.stringify(name)} must be ${wanted}; it is ${found}`,
    { details: { name } },
  );
}
