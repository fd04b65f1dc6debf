import { type Conversion, memoryPayloads, ModelkeepError, type Signature } from "@modelkeep/core";
import { graphBuilder, type OnnxModel, pruneModel } from "@modelkeep/onnx";
import { mainPath, readGraph, readSavedModel, readVariables, type SavedModelFiles } from "@modelkeep/savedmodel";

import { drawGraph } from "./graph/draw-graph.js";
import { effectsOf } from "./graph/effects.js";
import { Flattener } from "./graph/flatten.js";
import { readResources } from "./graph/resources.js";
import { Obstacles } from "./refusal.js";
import { chooseSignature } from "./signature.js";
import { version } from "./version.js";

/** Which of a SavedModel's graphs and signatures is converted. */
export interface ConvertOptions {
  /** Which signature to convert. Default "serving_default", or the only one there is. */
  readonly signature?: string;
  /** Which graph, by its tag. Default "serve". */
  readonly tag?: string;
}

/** A converted model with what its file says about it. */
export interface TensorflowConversion extends Conversion {
  readonly model: OnnxModel;
  readonly signature: Signature;
  readonly signatureName: string;
  /** The version of TensorFlow that wrote the file, as it tells. */
  readonly tensorflow: string | undefined;
}

/** What predictions of converted models are held to: |a - b| <= 1e-5 x max(1, |b|). */
const bound = 1e-5;

/**
 * One serving signature of a SavedModel to ONNX. Nothing of it is run. Throws `unsupported`, listing every operator that stands
 * in the way; `not_found` for a signature that is not there; `malformed` and `limit_exceeded` for graphs that are none.
 */
export async function convertSavedModel(
  { files }: Pick<SavedModelFiles, "files">,
  options: ConvertOptions = {},
): Promise<TensorflowConversion> {
  const { tag = "serve" } = options;
  const bytes = files.get(mainPath);
  if (bytes === undefined) throw new ModelkeepError("not_found", `The SavedModel has no file ${mainPath}`);
  const graph = readGraph(bytes, { tag });
  const metaGraph = readSavedModel(bytes).metaGraphs.find(({ tags }) => tags.includes(tag))!;
  const signature = chooseSignature(metaGraph.signatures, options.signature);
  const rest = [...files].filter(([path]) => path !== mainPath);
  const payloads = memoryPayloads([[mainPath, bytes] as const, ...rest].map(([path, each]) => ({ path, bytes: each })));
  const variables = await readVariables(payloads);

  const flattener = new Flattener(graph);
  const outputs = signature.outputs.map(({ name, tensor }) => ({ name, reference: flattener.value(tensor) }));
  const obstacles = new Obstacles();
  const notes = effectsOf(graph, signature, obstacles);
  const builder = graphBuilder({
    name: signature.name,
    producerName: "modelkeep-tensorflow",
    producerVersion: version,
    reserved: signature.outputs.map(({ name }) => name),
    metadata: {
      "modelkeep.source": `TensorFlow ${metaGraph.tensorflow ?? ""}`.trim(),
      "modelkeep.signature": signature.name,
    },
  });
  await drawGraph(builder, {
    signature: signature.name,
    flattener,
    inputs: signature.inputs,
    outputs,
    resources: readResources(graph, variables),
    obstacles,
  });
  const { tensorflow } = metaGraph;
  return {
    model: pruneModel(builder.build()),
    signature: builder.signature,
    signatureName: signature.name,
    tensorflow,
    exactness: "bounded",
    bound,
    notes,
    description: {
      signature: builder.signature,
      ...(tensorflow !== undefined && { python: { tensorflow } }),
    },
  };
}
