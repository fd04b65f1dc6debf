import { memoryPayloads, ModelkeepError } from "@modelkeep/core";
import { mainPath, readGraph, readVariables, type SavedModelFiles } from "@modelkeep/savedmodel";

import { convertGraph, type GraphConversion } from "./convert-graph.js";
import { readResources } from "./graph/resources.js";
import { chooseSignature } from "./signature.js";

/** Which of a SavedModel's graphs and signatures is converted. */
export interface TensorflowConvertOptions {
  /** Which signature to convert. Default "serving_default", or the only one there is. */
  readonly signature?: string;
  /** Which graph, by its tag. Default "serve". */
  readonly tag?: string;
}

/** A converted model with what its file says about it. */
export interface TensorflowConversion extends GraphConversion {
  readonly signatureName: string;
  /** The version of TensorFlow that wrote the file, as it tells. */
  readonly tensorflow: string | undefined;
}

/**
 * One serving signature of a SavedModel to ONNX. Nothing of it is run. Throws `unsupported`, listing every operator that stands
 * in the way; `not_found` for a signature that is not there; `malformed` and `limit_exceeded` for graphs that are none.
 */
export async function convertSavedModel(
  { files }: Pick<SavedModelFiles, "files">,
  options: TensorflowConvertOptions = {},
): Promise<TensorflowConversion> {
  const { tag = "serve" } = options;
  const bytes = files.get(mainPath);
  if (bytes === undefined) throw new ModelkeepError("not_found", `The SavedModel has no file ${mainPath}`);
  const graph = readGraph(bytes, { tag });
  const { tensorflow } = graph;
  const signature = chooseSignature(graph.signatures, options.signature);
  const rest = [...files].filter(([path]) => path !== mainPath);
  const payloads = memoryPayloads([[mainPath, bytes] as const, ...rest].map(([path, each]) => ({ path, bytes: each })));
  const variables = await readVariables(payloads);

  const conversion = await convertGraph({
    graph,
    signature,
    resources: readResources(graph, variables),
    source: `TensorFlow ${tensorflow ?? ""}`.trim(),
  });
  return {
    ...conversion,
    signatureName: signature.name,
    tensorflow,
    description: { ...conversion.description, ...(tensorflow !== undefined && { python: { tensorflow } }) },
  };
}
