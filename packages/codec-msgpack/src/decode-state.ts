import {
  byteLength,
  type DecodeOptions,
  elementCount,
  isDType,
  isModelkeepError,
  ModelkeepError,
  modelOfDocument,
  type ModelState,
  type Payload,
  payloadBeside,
  type PayloadSet,
  stateDepth,
  type Tensor,
  tensorFromBytes,
} from "@modelkeep/core";
import { decodeTensors, referencedTensor } from "@modelkeep/safetensors";
import { Unpackr } from "msgpackr";

import { checkMessagePack } from "./check-message-pack.js";

/** Values in one tree, unless `limits.items` says otherwise. */
const defaultItems = 10_000_000;
/** Nesting of a document around the deepest state: itself, a mark, a tensor, its shape. */
const documentDepth = stateDepth + 4;

/** Maps stay Maps: no key of a file ever becomes a property of an object with a prototype. */
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false, int64AsType: "number", moreTypes: false });

export async function decodeState(payloads: PayloadSet, options: DecodeOptions = {}): Promise<ModelState> {
  const { limits, ...read } = options;
  checkSize(payloads.main, options);
  const document = readDocument(await payloads.main.bytes(read), options);
  const beside = tensorsPayload(payloads, document.get("tensors"));
  let tensors: ReadonlyMap<string, Tensor> = new Map();
  if (beside !== undefined) {
    checkSize(beside, options);
    tensors = decodeTensors(await beside.buffer(read), { limits }).tensors;
  }
  const fields = { format: document.get("format"), flavor: document.get("flavor"), type: document.get("type") };
  return modelOfDocument({ ...fields, version: document.get("version"), state: document.get("state") }, (marked) =>
    marked instanceof Map && marked.has("data") ? inlineTensor(marked) : referencedTensor(marked, tensors),
  );
}

/** The document as Maps and lists; its bytes are checked before msgpackr sees them. */
export function readDocument(bytes: Uint8Array, { limits = {} }: DecodeOptions = {}): ReadonlyMap<unknown, unknown> {
  const depth = Math.min(limits.depth ?? documentDepth, documentDepth);
  const { mapEntries } = checkMessagePack(bytes, { depth, items: limits.items ?? defaultItems });
  let document: unknown;
  try {
    document = unpackr.unpack(bytes);
  } catch (cause) {
    throw new ModelkeepError("malformed", `The MessagePack file can't be read: ${(cause as Error).message}`, { cause });
  }
  if (countEntries(document) !== mapEntries)
    throw new ModelkeepError("malformed", "The MessagePack file has a map with the same key twice");
  if (!(document instanceof Map)) throw new ModelkeepError("malformed", "The MessagePack file holds no map");
  return document;
}

/** The file of tensors that a document names, in the folder where it lies itself; never one outside of the payloads. */
export function tensorsPayload(payloads: PayloadSet, name: unknown): Payload | undefined {
  if (name === null || name === undefined) return undefined;
  if (typeof name !== "string" || name.includes("/"))
    throw new ModelkeepError("malformed", 'The "tensors" of the MessagePack file is no file name');
  const main = payloads.main.path;
  const payload = payloadBeside(payloads, name);
  if (payload !== undefined && payload !== payloads.main) return payload;
  throw new ModelkeepError(
    "not_found",
    `${JSON.stringify(main)} keeps its tensors in ${JSON.stringify(name.slice(0, 120))}, which is not beside it: give both files`,
    { details: { path: name } },
  );
}

function inlineTensor(marked: ReadonlyMap<unknown, unknown>): Tensor {
  const [dtype, shape, data] = [marked.get("dtype"), marked.get("shape"), marked.get("data")];
  if (!isDType(dtype) || dtype === "string") throw malformed("of an unknown dtype");
  if (!Array.isArray(shape) || !(data instanceof Uint8Array)) throw malformed("without a shape or data");
  try {
    if (byteLength(dtype, elementCount(shape as number[])) !== data.byteLength)
      throw malformed(`with ${data.byteLength} bytes, which do not fit its shape`);
    // Copied: the bytes are too few to be worth keeping the whole file for.
    return tensorFromBytes(dtype, shape as number[], new Uint8Array(data));
  } catch (cause) {
    if (!isModelkeepError(cause, "invalid_input")) throw cause;
    throw malformed(`that is none: ${cause.message}`, cause);
  }
}

function countEntries(value: unknown): number {
  let count = 0;
  if (value instanceof Map) {
    count = value.size;
    for (const item of value.values()) count += countEntries(item);
  } else if (Array.isArray(value)) {
    for (const item of value) if (typeof item === "object") count += countEntries(item);
  }
  return count;
}

function checkSize({ path, size }: Payload, { limits }: DecodeOptions): void {
  if (limits?.bytes !== undefined && size > limits.bytes)
    throw new ModelkeepError(
      "limit_exceeded",
      `${JSON.stringify(path)} has ${size} bytes; the limit is ${limits.bytes}`,
    );
}

function malformed(fault: string, cause?: unknown): ModelkeepError {
  return new ModelkeepError("malformed", `The MessagePack file has a tensor ${fault}`, { cause });
}
