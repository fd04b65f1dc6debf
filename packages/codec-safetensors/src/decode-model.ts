import {
  type DecodeOptions,
  ModelkeepError,
  modelOfDocument,
  parseJson,
  type PayloadSet,
  stateDepth,
} from "@modelkeep/core";
import { decodeTensors, referencedTensor, type TensorFile } from "@modelkeep/safetensors";

import { type SafetensorsModel, stateTexts } from "./safetensors-model.js";

/** Nesting of the tree's JSON around the deepest state: a mark, a tensor, its shape. */
const treeDepth = stateDepth + 3;

export async function decodeModel(payloads: PayloadSet, options: DecodeOptions = {}): Promise<SafetensorsModel> {
  const { limits, ...read } = options;
  const { main } = payloads;
  if (limits?.bytes !== undefined && main.size > limits.bytes) {
    throw new ModelkeepError(
      "limit_exceeded",
      `${JSON.stringify(main.path)} has ${main.size} bytes; the limit is ${limits.bytes}`,
    );
  }
  const file = decodeTensors(await main.buffer(read), { limits });
  return file.metadata.has(stateTexts.format) ? stateOf(file, limits?.depth) : file;
}

function stateOf({ tensors, metadata }: TensorFile, depth = treeDepth): SafetensorsModel {
  const text = metadata.get(stateTexts.state) ?? "";
  const version = metadata.get(stateTexts.version) ?? "";
  return modelOfDocument(
    {
      format: metadata.get(stateTexts.format),
      flavor: metadata.get(stateTexts.flavor),
      type: metadata.get(stateTexts.type),
      version: /^(0|-?[1-9]\d*)$/u.test(version) ? Number(version) : undefined,
      // Read late: a later format may put something else there.
      get state() {
        const bytes = new TextEncoder().encode(text);
        return parseJson(bytes, { what: "state in the safetensors header", depth: Math.min(depth, treeDepth) });
      },
    },
    (marked) => referencedTensor(marked, tensors),
  );
}
