import {
  type Conversion,
  type Converter,
  type ConvertModelOptions,
  ModelkeepError,
  refuseSignature,
  type Signature,
} from "@modelkeep/core";
import { graphBuilder, type OnnxModel, type Value } from "@modelkeep/onnx";

import { asPipeline } from "./flavor.js";
import { Pipeline } from "./pipeline.js";
import { findModelType, modelTypeOf } from "./registered.js";
import { signatureOf } from "./signature.js";
import { version } from "./version.js";

/** Floats agree within this bound, relative to max(1, |b|): products of matrices are summed in another order. */
const bound = 1e-9;

/** The converter of ml.js models; what it makes is ONNX, and always has a signature. */
export interface MljsConverter extends Converter {
  convert(
    model: unknown,
    options?: ConvertModelOptions,
  ): Promise<Conversion & { readonly model: OnnxModel; readonly signature: Signature }>;
}

/** ml.js models and pipelines to ONNX in float64. */
export function mljsConverter(): MljsConverter {
  return {
    from: "mljs",
    to: "onnx",
    owns: (model): model is unknown => model instanceof Pipeline || findModelType(model) !== undefined,
    async convert(model, options = {}) {
      refuseSignature("mljs", options);
      if (options.precision === "float32") {
        throw new ModelkeepError(
          "unsupported",
          "[mljs] ml.js computes in float64, and so does its ONNX: leave out the precision",
        );
      }
      const pipeline = asPipeline(model);
      const signature = signatureOf(pipeline);
      const onnx = toOnnx(pipeline);
      const exact = pipeline.steps.every((step) => exactTypes.has(modelTypeOf(step.model).type));
      const notes = pipeline.steps.flatMap((step) => {
        const type = modelTypeOf(step.model).type;
        return type in remarks ? [`${step.name}: ${remarks[type]!}`] : [];
      });
      return {
        model: onnx,
        signature,
        exactness: exact ? "bits" : "bounded",
        ...(exact ? {} : { bound }),
        notes,
      };
    },
  };
}

/** Types whose graph does the same operations in the same order. */
const exactTypes: ReadonlySet<string> = new Set([
  "standard-scaler",
  "decision-tree-classifier",
  "decision-tree-regressor",
  "random-forest-classifier",
  "random-forest-regressor",
  "simple-linear-regression",
]);

const products =
  "a matrix product is summed in another order: floats differ in the last bits, and labels where two of them are that close";

const remarks: Readonly<Record<string, string>> = {
  pca: products,
  "logistic-regression": products,
  "multivariate-linear-regression": products,
  "multinomial-naive-bayes": products,
  "k-means": "of centroids at the same distance the first is taken; sums of squares are made in another order",
  "gaussian-naive-bayes":
    "exp and log may differ in the last bit; only the first two columns count, as ml-naivebayes 4.0 has it",
  "k-nearest-neighbours":
    "of points at the same distance the first is taken; ml-knn takes the one that its search meets first",
};

function toOnnx(pipeline: Pipeline) {
  const signature = signatureOf(pipeline);
  const graph = graphBuilder({ name: "pipeline", producerName: "modelkeep-mljs", producerVersion: version });
  const [input] = signature.inputs;
  const [output] = signature.outputs;
  let value: Value = graph.input(input!.name, input!.dtype, input!.shape, input);
  for (const step of pipeline.steps) {
    const drawn = modelTypeOf(step.model).graph(step.model, step);
    if (typeof drawn === "string") {
      throw new ModelkeepError(
        "unsupported",
        `[mljs] The step ${JSON.stringify(step.name)} has no ONNX form: ${drawn}. Keep it as JSON, MessagePack or safetensors`,
      );
    }
    const result = drawn(graph, value);
    value = "rows" in result ? result.rows : "labels" in result ? result.labels : result.values;
  }
  graph.output(output!.name, value, output!.dtype, output!.shape, output);
  return graph.build();
}
