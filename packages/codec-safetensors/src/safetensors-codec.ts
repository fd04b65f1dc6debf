import type { Codec } from "@modelkeep/core";

import { decodeModel } from "./decode-model.js";
import { encodeModel, mediaType } from "./encode-model.js";
import { inspectModel } from "./inspect-model.js";
import { isSafetensorsModel, type SafetensorsModel } from "./safetensors-model.js";
import { version } from "./version.js";

/** Model states, and the files of named tensors that others write, as safetensors: loaded as views on what was read. */
export function safetensorsCodec(): Codec<SafetensorsModel> {
  return {
    name: "safetensors",
    mediaType,
    extensions: [".safetensors"],
    package: { name: "@modelkeep/codec-safetensors", version },
    facts: {
      languages: "Python, Rust, JavaScript, C++ and others",
      runsCode: "no",
      bestFor: "arrays and weights of any size, in one file",
    },
    accepts: isSafetensorsModel,
    sniff: sniffSafetensors,
    encode: async (model, options) => encodeModel(model, options?.stem),
    decode: decodeModel,
    inspect: inspectModel,
  };
}

/** A header's length of two to a hundred million bytes, and then its first two characters. */
function sniffSafetensors(head: Uint8Array): "yes" | "maybe" | "no" {
  if (head.length < 10) return "no";
  const length = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
  if (length < 2n || length > 100_000_000n || head[8] !== 0x7b) return "no";
  const second = head[9] as number;
  if (second === 0x22) return "yes";
  return second === 0x7d || second === 0x20 || second === 0x0a || second === 0x0d || second === 0x09 ? "maybe" : "no";
}
