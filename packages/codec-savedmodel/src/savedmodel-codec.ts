import {
  type Codec,
  type DecodeOptions,
  fileName,
  memoryFolder,
  ModelkeepError,
  type PayloadSet,
  readFolder,
  type Tensor,
} from "@modelkeep/core";
import {
  isSavedModelFiles,
  mainPath,
  readSavedModel,
  readVariables,
  type SavedModelFiles,
} from "@modelkeep/savedmodel";

import { inspectSavedModel } from "./inspect-savedmodel.js";

const mediaType = "application/vnd.tensorflow.savedmodel";

/** TensorFlow's SavedModel, a folder of several files: kept as it is, inspected, its variables read. Nothing of it is run. */
export function savedModelCodec(): Codec<SavedModelFiles> {
  return {
    name: "savedmodel",
    mediaType,
    extensions: [".pb"],
    facts: {
      languages: "Python, C++, Java and others, through TensorFlow",
      runsCode: "in TensorFlow, its graph is a program that can read and write files; here never",
      bestFor: "serving with TensorFlow; keep ONNX beside it for everything else",
    },
    accepts: isSavedModelFiles,
    sniff: sniffSavedModel,
    // A folder called after the model, as TensorFlow writes it.
    async encode({ files }, { stem = "model" } = {}) {
      return memoryFolder(stem, files, { path: mainPath, mediaType });
    },
    decode: decodeSavedModel,
    inspect: inspectSavedModel,
  };
}

async function decodeSavedModel(payloads: PayloadSet, options: DecodeOptions = {}): Promise<SavedModelFiles> {
  const { limits, signal } = options;
  const items = limits?.items === undefined ? {} : { items: limits.items };
  const found = await readFolder(payloads, options);
  const mainName = fileName(payloads.main.path);
  const files = new Map(Array.from(found, ([path, bytes]) => [path === mainName ? mainPath : path, bytes]));
  const { metaGraphs } = readSavedModel(found.get(mainName)!, items);
  const variables = await readVariables(payloads, items);
  if (variables === undefined && metaGraphs.some(({ operators }) => operators.has("VarHandleOp")))
    throw new ModelkeepError("not_found", "The graph has variables, and the file variables/variables.index is missing");
  variables?.checkShards();
  const tensors = new Map<string, Tensor>();
  for (const variable of variables?.list ?? [])
    if (variable.dtype !== undefined && variable.dtype !== "string")
      tensors.set(variable.name, await variables!.read(variable, { signal }));
  return { files, tensors, metadata: new Map() };
}

/** The version 1, then a meta graph that begins with facts about itself. */
function sniffSavedModel(head: Uint8Array, path = ""): "yes" | "maybe" | "no" {
  if (head[0] !== 0x08 || head[1] !== 0x01 || head[2] !== 0x12) return "no";
  let at = 3;
  while ((head[at] ?? 0) >= 0x80 && at < 8) at++;
  if (head[at + 1] === 0x0a) return "yes";
  return path.endsWith(mainPath) ? "maybe" : "no";
}
