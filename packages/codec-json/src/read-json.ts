import {
  byteLength,
  type DecodeOptions,
  type DType,
  dtypeInfo,
  dtypeKind,
  type Element,
  elementCount,
  isDType,
  isJsonObject,
  isModelkeepError,
  type Json,
  ModelkeepError,
  modelOfDocument,
  type ModelState,
  parseJson,
  type PayloadSet,
  stateDepth,
  type Tensor,
  tensorFromBytes,
  tensorOf,
  valuesPerElement,
} from "@modelkeep/core";

import { checkItems } from "./check-items.js";
import { longestText } from "./write-json.js";

/** Nesting of a document around the deepest state: itself, a mark, a tensor, its shape. */
const documentDepth = stateDepth + 4;

export async function readDocument(
  payloads: PayloadSet,
  options: DecodeOptions = {},
): Promise<{ readonly [key: string]: Json }> {
  const { limits = {}, ...read } = options;
  const { path, size } = payloads.main;
  const most = Math.min(limits.bytes ?? longestText, longestText);
  if (size > most)
    throw new ModelkeepError("limit_exceeded", `${JSON.stringify(path)} has ${size} bytes; the limit is ${most}`);
  const bytes = await payloads.main.bytes(read);
  checkItems(bytes, limits.items);
  const depth = Math.min(limits.depth ?? documentDepth, documentDepth);
  const document = parseJson(bytes, { what: "file", depth });
  if (!isJsonObject(document)) throw new ModelkeepError("malformed", "The file holds no JSON object");
  return document;
}

export async function readModel(payloads: PayloadSet, options: DecodeOptions = {}): Promise<ModelState> {
  const { format, flavor, type, version, state } = await readDocument(payloads, options);
  return modelOfDocument({ format, flavor, type, version, state }, (marked) => readTensor(marked as Json));
}

function readTensor(marked: Json): Tensor {
  const { dtype, shape, data, base64 } = isJsonObject(marked) ? marked : {};
  if (!isDType(dtype)) throw malformed("of an unknown dtype");
  if (!Array.isArray(shape)) throw malformed("without a shape");
  try {
    // Counted before anything is made of it.
    const count = elementCount(shape as number[]);
    if (typeof base64 === "string" && dtype !== "string")
      return tensorFromBytes(dtype, shape as number[], fromBase64(base64, byteLength(dtype, count)));
    if (!Array.isArray(data)) throw malformed("without data");
    if (data.length !== count * valuesPerElement(dtype))
      throw malformed(`with ${data.length} values, and its shape needs ${count * valuesPerElement(dtype)}`);
    return tensorOf(
      dtype,
      shape as number[],
      data.map((value) => readElement(dtype, value)),
    );
  } catch (cause) {
    if (!isModelkeepError(cause, "invalid_input")) throw cause;
    throw malformed(`that is none: ${cause.message}`, cause);
  }
}

function readElement(dtype: DType, value: Json): Element {
  const kind = dtypeKind(dtype);
  if (kind === "string") {
    if (typeof value === "string" && value.isWellFormed()) return value;
  } else if (typeof value === "string") {
    if (kind === "integer") {
      if (dtypeInfo(dtype).bits === 64 && /^-?[1-9]\d{0,19}$/u.test(value)) return BigInt(value);
    } else if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  } else if (typeof value === "number") {
    // Beyond 2^53 a number has lost digits when it was read.
    if (kind !== "integer" || (Number.isSafeInteger(value) && !Object.is(value, -0))) return value;
  } else if (typeof value === "boolean") return value;
  throw malformed(`with the value ${JSON.stringify(value).slice(0, 60)}, which is no ${dtype}`);
}

function fromBase64(text: string, size: number): Uint8Array {
  const wanted = Math.ceil(size / 3) * 4;
  if (text.length !== wanted)
    throw malformed(`with ${text.length} characters of base64, and its shape needs ${wanted}`);
  const bytes = new Uint8Array(size);
  // The decoder skips what is not base64, so that bytes are missing; and it takes the alphabet for addresses too.
  const written = Buffer.from(bytes.buffer).write(text, "base64");
  if (written !== size || text.includes("-") || text.includes("_") || !text.endsWith("=".repeat((3 - (size % 3)) % 3)))
    throw malformed("with something that is not base64");
  return bytes;
}

function malformed(fault: string, cause?: unknown): ModelkeepError {
  return new ModelkeepError("malformed", `The file has a tensor ${fault}`, { cause });
}
