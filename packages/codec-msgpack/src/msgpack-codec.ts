import { type Codec, isModelState, type ModelState, stateFormat } from "@modelkeep/core";

import { decodeState } from "./decode-state.js";
import { encodeState, mediaType, type MsgpackEncodeOptions } from "./encode-state.js";
import { inspectState } from "./inspect-state.js";
import { version } from "./version.js";

/** Plain state as MessagePack, with all but the smallest tensors beside it as safetensors, so that they load as views. */
export function msgpackCodec(): Codec<ModelState, MsgpackEncodeOptions> {
  return {
    name: "msgpack",
    mediaType,
    extensions: [".msgpack"],
    package: { name: "@modelkeep/codec-msgpack", version },
    facts: {
      languages: "any language with MessagePack and safetensors",
      runsCode: "no",
      bestFor: "models with much structure and large arrays",
    },
    accepts: isModelState,
    sniff: sniffMessagePack,
    encode: async (model, options) => encodeState(model, options),
    decode: decodeState,
    inspect: inspectState,
  };
}

/** How our documents begin, after the type byte of the map: the key "format" and the name of the format but its number. */
const beginning = stateFormat.slice(0, -1);

function sniffMessagePack(head: Uint8Array, path = ""): "yes" | "maybe" | "no" {
  const first = head[0] ?? 0xc1;
  const start = first === 0xde ? 3 : first === 0xdf ? 5 : first >= 0x80 && first <= 0x8f ? 1 : 0;
  if (start === 0) return "no";
  const text = String.fromCharCode(...head.subarray(start, start + 48));
  if (text.startsWith("\xa6format") && text.slice(7).startsWith(beginning, 1)) return "yes";
  return path.endsWith(".msgpack") ? "maybe" : "no";
}
