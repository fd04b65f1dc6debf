import { isModelState, ModelkeepError, type Predictor, type Runtime, Tensor, type TensorMap } from "@modelkeep/core";

import { asPipeline, mljsFlavor } from "./flavor.js";
import type { Rows } from "./matrix.js";
import type { Output } from "./model-type.js";
import type { Pipeline } from "./pipeline.js";
import { inputName, signatureOf } from "./signature.js";
import { version } from "./version.js";

/** Runs mljs state by the libraries that it was trained with. */
export function mljsRuntime(): Runtime {
  return {
    name: "mljs",
    version,
    packages: [{ name: "@modelkeep/flavor-mljs", version }],
    runs: ({ flavor, codec }) => flavor === "mljs" && codec !== "onnx",
    // Which packages a model needs is known once its state is read; until then nothing is missing.
    available: () => Promise.resolve(true),
    async predictor(_payloads, options = {}) {
      const state = await options.decode?.();
      if (!isModelState(state))
        throw new ModelkeepError("invalid_input", "[mljs] The runtime needs the decoded state of the model");
      return pipelinePredictor(asPipeline(await mljsFlavor().thaw(state)));
    },
  };
}

/** A predictor over a pipeline in memory. */
export function pipelinePredictor(pipeline: Pipeline): Predictor {
  const signature = signatureOf(pipeline);
  const { name } = signature.outputs[0]!;
  return {
    signature,
    predict(inputs) {
      const rows = toRows(inputs);
      return Promise.resolve(new Map([[name, toTensor(pipeline.run(rows))]]) as TensorMap);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function toRows(inputs: TensorMap): Rows {
  const tensor = inputs.get(inputName);
  if (tensor === undefined || tensor.dtype !== "float64" || tensor.shape.length !== 2) {
    throw new ModelkeepError(
      "signature_mismatch",
      `[mljs] The input is one float64 tensor "${inputName}" of shape [batch, columns]`,
    );
  }
  const [rows = 0, columns = 0] = tensor.shape;
  const data = tensor.data as Float64Array;
  return Array.from({ length: rows }, (_, row) => Array.from(data.subarray(row * columns, (row + 1) * columns)));
}

function toTensor(output: Output): Tensor {
  if (output.kind === "labels")
    return new Tensor(
      "int64",
      [output.labels.length],
      BigInt64Array.from(output.labels, (label) => BigInt(label)),
    );
  const rows = output.kind === "values" ? output.values : output.rows;
  const columns = rows[0]?.length ?? 0;
  const flat = output.kind === "values" && columns === 1;
  return new Tensor("float64", flat ? [rows.length] : [rows.length, columns], Float64Array.from(rows.flat()));
}
