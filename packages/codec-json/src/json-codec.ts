import {
  type Codec,
  elementCount,
  type Inspection,
  isModelState,
  type ModelState,
  type PayloadSet,
  stateFormat,
} from "@modelkeep/core";

import { findTensors } from "./find-tensors.js";
import { readDocument, readModel } from "./read-json.js";
import { jsonBytes, jsonParts, leastBytes, longestText, type TensorForm, tooLong } from "./write-json.js";
import { version } from "./version.js";

/** How `jsonCodec` writes tensors. */
export interface JsonEncodeOptions {
  /**
   * "numbers": tensors as lists that people read; "base64": as their bytes, shorter and faster; "auto", the default: numbers
   * up to 256 elements. Base64 in any case where numbers would lose bits, as those of a NaN that carries a message.
   */
  readonly tensors?: TensorForm;
}

const mediaType = "application/json";

/** Plain state as JSON that people and any language read. The same state always gives the same bytes. */
export function jsonCodec(defaults: JsonEncodeOptions = {}): Codec<ModelState, JsonEncodeOptions> {
  return {
    name: "json",
    mediaType,
    extensions: [".json"],
    package: { name: "@modelkeep/codec-json", version },
    facts: {
      languages: "any language",
      runsCode: "no",
      bestFor: "small models, and models that people read, compare or write",
    },
    accepts: isModelState,
    sniff: sniffJson,
    async encode(model, options = {}) {
      const parts = jsonParts(model, options.tensors ?? defaults.tensors ?? "auto");
      if (leastBytes(parts) > longestText) throw tooLong();
      return [{ path: `${options.stem ?? "model"}.json`, mediaType, open: () => jsonBytes(parts) }];
    },
    decode: readModel,
    async inspect(payloads: PayloadSet, options): Promise<Inspection> {
      const { format, flavor, type, version, state } = await readDocument(payloads, options);
      const tensors = findTensors(state);
      const parameters = tensors.reduce((count, { shape }) => count + elementCount(shape), 0);
      const whose = typeof type === "string" && typeof flavor === "string" ? `${type} of ${flavor}, ` : "";
      return {
        summary: `JSON: ${whose}tensors: ${tensors.length}, elements: ${parameters}`,
        tensors,
        parameters,
        details: { format, flavor, type, version },
      };
    },
  };
}

const own = new RegExp(`^\\s*\\{\\s*"format"\\s*:\\s*"${stateFormat.slice(0, -1)}`, "u");

function sniffJson(head: Uint8Array, path = ""): "yes" | "maybe" | "no" {
  const text = new TextDecoder().decode(head.subarray(0, 256));
  if (own.test(text)) return "yes";
  return /^\s*[[{]/u.test(text) && path.endsWith(".json") ? "maybe" : "no";
}
