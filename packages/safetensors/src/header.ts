import {
  type DType,
  dtypeInfo,
  elementCount,
  isJsonObject,
  type Json,
  type Limits,
  ModelkeepError,
  parseJson,
} from "@modelkeep/core";

import { dtypeOfName } from "./safetensors-dtypes.js";

/** Where one tensor lies: bytes from the start of the file, from `start` to before `end`. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** What the head of a safetensors file says of the rest. */
export interface TensorFileHeader {
  /** In the order in which they lie in the file. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: ReadonlyMap<string, string>;
  /** Bytes before the first tensor's. */
  readonly dataStart: number;
}

/** Bytes of the length that the file begins with. */
export const prefixSize = 8;
/** The reference implementation's bound on the JSON, in bytes. */
export const headerLimit = 100_000_000;
/** Tensors and texts in one file, unless `limits.items` says otherwise. */
const defaultItems = 500_000;

export const metadataName = "__metadata__";

/** Bytes of the JSON, from the first eight bytes of a file of `fileSize` bytes. */
export function headerLength(prefix: Uint8Array, fileSize: number): number {
  if (prefix.byteLength < prefixSize)
    throw new ModelkeepError(
      "truncated",
      `The file has ${fileSize} bytes; safetensors begins with a length of 8 bytes`,
    );
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (length > BigInt(headerLimit)) {
    throw new ModelkeepError(
      "limit_exceeded",
      `The safetensors header claims ${length} bytes; more than ${headerLimit} are never read`,
    );
  }
  if (length > BigInt(fileSize - prefixSize)) {
    throw new ModelkeepError(
      "truncated",
      `The safetensors header claims ${length} bytes, and the file has ${fileSize - prefixSize} after its length`,
    );
  }
  return Number(length);
}

/**
 * The header of a file of `fileSize` bytes, from its JSON. Tensors must cover the rest of the file exactly: no hole, no
 * overlap, nothing after the last. Source: the format section of huggingface/safetensors' README.
 */
export function parseHeader(json: Uint8Array, fileSize: number, limits: Limits = {}): TensorFileHeader {
  if (json[0] !== 0x7b) throw malformed('must begin with "{"');
  const document = parseJson(json, { what: "safetensors header", depth: 8 }) as { [key: string]: Json };
  const dataStart = prefixSize + json.byteLength;
  const dataSize = fileSize - dataStart;
  const entries: TensorEntry[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  let items = 0;
  const count = (more: number) => {
    items += more;
    const most = limits.items ?? defaultItems;
    if (items > most)
      throw new ModelkeepError("limit_exceeded", `The safetensors header has more than ${most} entries`);
  };
  for (const [name, value] of Object.entries(document)) {
    if (!name.isWellFormed()) throw malformed("has a name with half a surrogate pair");
    if (name === metadataName) {
      metadata = readMetadata(value);
      count(metadata.size);
    } else {
      count(1);
      entries.push(readEntry(name, value, dataStart));
    }
  }
  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  let covered = dataStart;
  for (const { name, start, end } of entries) {
    if (start !== covered) {
      const fault = start < covered ? "overlaps the tensor before it" : "leaves a hole before it";
      throw malformed(`has the tensor ${quote(name)} at ${start - dataStart}, which ${fault}`);
    }
    covered = end;
  }
  if (covered > fileSize) {
    throw new ModelkeepError(
      "truncated",
      `The tensors of this safetensors file need ${covered - dataStart} bytes, and it has ${dataSize}`,
    );
  }
  if (covered < fileSize) throw malformed(`leaves ${fileSize - covered} bytes at the end to no tensor`);
  return { tensors: new Map(entries.map((entry) => [entry.name, entry])), metadata, dataStart };
}

function readMetadata(value: Json): ReadonlyMap<string, string> {
  if (!isJsonObject(value)) throw malformed(`has "${metadataName}" that is no object`);
  const texts = new Map<string, string>();
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== "string") throw malformed(`has metadata under ${quote(name)} that is no text`);
    if (!name.isWellFormed() || !text.isWellFormed()) throw malformed("has metadata with half a surrogate pair");
    texts.set(name, text);
  }
  return texts;
}

function readEntry(name: string, value: Json, dataStart: number): TensorEntry {
  const fault = (what: string, cause?: unknown) => malformed(`has the tensor ${quote(name)} ${what}`, cause);
  if (!isJsonObject(value)) throw fault("described by something that is no object");
  const { dtype: dtypeName, shape, data_offsets: offsets } = value;
  if (typeof dtypeName !== "string") throw fault("without a dtype");
  const dtype = dtypeOfName(dtypeName);
  if (dtype === undefined) {
    throw new ModelkeepError(
      "unsupported",
      `The tensor ${quote(name)} is of the dtype ${quote(dtypeName)}, which this version does not know`,
      { details: { tensor: name, dtype: dtypeName } },
    );
  }
  if (!isCounts(shape)) throw fault("with a shape that is no list of counts");
  if (!isCounts(offsets) || offsets.length !== 2) throw fault("with data_offsets that are no two counts");
  const [start, end] = offsets as [number, number];
  if (end < start) throw fault("that ends before it starts");
  const bits = bitsOf(dtype, shape, fault);
  if (bits % 8 !== 0) throw fault("that ends within a byte");
  if (end - start !== bits / 8) throw fault(`with ${end - start} bytes, and its dtype and shape need ${bits / 8}`);
  return { name, dtype, shape, start: dataStart + start, end: dataStart + end };
}

function bitsOf(dtype: DType, shape: readonly number[], fault: (what: string, cause?: unknown) => Error): number {
  let bits: number;
  try {
    bits = elementCount(shape) * dtypeInfo(dtype).bits;
  } catch (cause) {
    throw fault("with a shape of too many elements", cause);
  }
  if (bits > Number.MAX_SAFE_INTEGER) throw fault("with a shape of too many elements");
  return bits;
}

function isCounts(value: Json | undefined): value is number[] {
  return (
    Array.isArray(value) &&
    value.every((count) => Number.isSafeInteger(count) && (count as number) >= 0 && !Object.is(count, -0))
  );
}

function quote(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}

function malformed(fault: string, cause?: unknown): ModelkeepError {
  return new ModelkeepError("malformed", `The safetensors header ${fault}`, { cause });
}
