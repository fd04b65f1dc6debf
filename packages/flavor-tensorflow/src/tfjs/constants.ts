import { type DType, dtypeInfo, ModelkeepError, Tensor } from "@modelkeep/core";

import { malformedGraph } from "../refusal.js";

/**
 * A constant of the graph, from the weights. TensorFlow.js keeps 64-bit numbers in 32 bits: they become again what the graph says
 * that they are.
 */
export function constantOf(name: string, dtype: DType | undefined, weight: Tensor | undefined): Tensor {
  if (weight === undefined)
    throw malformedGraph(`has the constant ${JSON.stringify(name)}, which is not among the weights`);
  if (dtype === undefined || weight.dtype === dtype) return weight;
  const { array } = dtypeInfo(dtype);
  const { data, shape } = weight;
  if (array === undefined || weight.dtype === "string" || weight.dtype === "complex64" || dtype.startsWith("float1"))
    throw new ModelkeepError("unsupported", `is a constant of ${dtype}, kept as ${weight.dtype}`);
  const values = data as Float32Array | Int32Array | Uint8Array;
  if (array === BigInt64Array || array === BigUint64Array)
    return new Tensor(dtype, shape, (array as typeof BigInt64Array).from(values, BigInt));
  return new Tensor(dtype, shape, (array as typeof Float64Array).from(values));
}
