import {
  type Codec,
  compareCodePoints,
  type DecodeOptions,
  memorySource,
  ModelkeepError,
  type PayloadSet,
  type PayloadSource,
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
      const sources = Array.from(files, ([path, bytes]) =>
        memorySource(`${stem}/${path}`, bytes, {
          mediaType: path === mainPath ? mediaType : "application/octet-stream",
        }),
      );
      return sources.toSorted((a, b) => rank(a) - rank(b) || compareCodePoints(a.path, b.path));
    },
    decode: decodeSavedModel,
    inspect: inspectSavedModel,
  };
}

async function decodeSavedModel(
  payloads: PayloadSet,
  { limits, ...read }: DecodeOptions = {},
): Promise<SavedModelFiles> {
  const reading = read.signal === undefined ? {} : { signal: read.signal };
  const items = limits?.items === undefined ? {} : { items: limits.items };
  const size = [...payloads].reduce((sum, payload) => sum + payload.size, 0);
  if (limits?.bytes !== undefined && size > limits.bytes)
    throw new ModelkeepError("limit_exceeded", `The SavedModel has ${size} bytes; the limit is ${limits.bytes}`);
  const { main } = payloads;
  const { metaGraphs } = readSavedModel(await main.bytes(reading), items);
  const variables = await readVariables(payloads, items);
  if (variables === undefined && metaGraphs.some(({ operators }) => operators.has("VarHandleOp")))
    throw new ModelkeepError("not_found", "The graph has variables, and the file variables/variables.index is missing");
  variables?.checkShards();
  const base = main.path.slice(0, main.path.lastIndexOf("/") + 1);
  const files = new Map<string, Uint8Array>();
  for (const payload of payloads) {
    const path = payload.path.startsWith(base) ? payload.path.slice(base.length) : payload.path;
    files.set(payload === main ? mainPath : path, await payload.bytes(reading));
  }
  const tensors = new Map<string, Tensor>();
  for (const variable of variables?.list ?? [])
    if (variable.dtype !== undefined && variable.dtype !== "string")
      tensors.set(variable.name, await variables!.read(variable, reading));
  return { files, tensors, metadata: new Map() };
}

/** The main file first. */
function rank({ mediaType: type }: PayloadSource): number {
  return type === mediaType ? 0 : 1;
}

/** The version 1, then a meta graph that begins with facts about itself. */
function sniffSavedModel(head: Uint8Array, path = ""): "yes" | "maybe" | "no" {
  if (head[0] !== 0x08 || head[1] !== 0x01 || head[2] !== 0x12) return "no";
  let at = 3;
  while ((head[at] ?? 0) >= 0x80 && at < 8) at++;
  if (head[at + 1] === 0x0a) return "yes";
  return path.endsWith(mainPath) ? "maybe" : "no";
}
