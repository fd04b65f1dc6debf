import type { Codec } from "@modelkeep/core";

import { decodeFile } from "./decode-file.js";
import { encodeFile, mediaType } from "./encode-file.js";
import { type GgufFile, isGgufFile } from "./gguf-file.js";
import { inspectFile } from "./inspect-file.js";

/** The model files of llama.cpp: metadata, and tensors as views, quantised ones as they are. */
export function ggufCodec(): Codec<GgufFile> {
  return {
    name: "gguf",
    mediaType,
    extensions: [".gguf"],
    facts: {
      languages: "C++ and what is built on llama.cpp, Python",
      runsCode: "its chat template, in a runtime that does not confine it; here never",
      bestFor: "language models for llama.cpp, quantised",
    },
    accepts: isGgufFile,
    sniff: (head) => (head[0] === 0x47 && head[1] === 0x47 && head[2] === 0x55 && head[3] === 0x46 ? "yes" : "no"),
    encode: async (file, options) => encodeFile(file, options?.stem),
    decode: decodeFile,
    inspect: inspectFile,
  };
}
