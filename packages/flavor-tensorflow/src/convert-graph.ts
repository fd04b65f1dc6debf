import type { Conversion, Signature } from "@modelkeep/core";
import { graphBuilder, type OnnxModel, pruneModel } from "@modelkeep/onnx";
import type { Graph, ServingSignature } from "@modelkeep/savedmodel";

import { drawGraph } from "./graph/draw-graph.js";
import { effectsOf } from "./graph/effects.js";
import { Flattener } from "./graph/flatten.js";
import type { Resources } from "./graph/resources.js";
import { Obstacles } from "./refusal.js";
import { version } from "./version.js";

/** A graph of TensorFlow with what it holds, whatever kind of file it came from. */
export interface GraphModel {
  readonly graph: Graph;
  readonly signature: ServingSignature;
  readonly resources: Resources;
  /** Who wrote it, for the metadata. */
  readonly source: string;
}

/** A converted graph. */
export interface GraphConversion extends Conversion {
  readonly model: OnnxModel;
  readonly signature: Signature;
}

/** What predictions of converted models are held to: |a - b| <= 1e-5 x max(1, |b|). */
const bound = 1e-5;

/** Throws `unsupported`, listing every operator that stands in the way; `malformed` and `limit_exceeded` for graphs that are none. */
export async function convertGraph({ graph, signature, resources, source }: GraphModel): Promise<GraphConversion> {
  const flattener = new Flattener(graph);
  const outputs = signature.outputs.map(({ name, tensor }) => ({ name, reference: flattener.value(tensor) }));
  const obstacles = new Obstacles();
  const notes = effectsOf(graph, signature, obstacles);
  const builder = graphBuilder({
    name: signature.name,
    producerName: "modelkeep-tensorflow",
    producerVersion: version,
    reserved: signature.outputs.map(({ name }) => name),
    metadata: { "modelkeep.source": source, "modelkeep.signature": signature.name },
  });
  await drawGraph(builder, {
    signature: signature.name,
    flattener,
    inputs: signature.inputs,
    outputs,
    resources,
    obstacles,
  });
  return {
    model: pruneModel(builder.build()),
    signature: builder.signature,
    exactness: "bounded",
    bound,
    notes,
    description: { signature: builder.signature },
  };
}
