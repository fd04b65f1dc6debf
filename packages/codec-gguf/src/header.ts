import { type Limits, ModelkeepError } from "@modelkeep/core";

import { ByteCursor, malformed, quote } from "./byte-cursor.js";
import type { GgufFile } from "./gguf-file.js";
import type { GgufValue } from "./gguf-value.js";
import { readValue, type SkippedArray, type ValueLimits } from "./read-values.js";
import { readTensorEntry, type TensorEntry } from "./tensor-entry.js";
import { checkLayout } from "./tensor-layout.js";

export interface GgufHeader {
  readonly version: 2 | 3;
  readonly byteOrder: GgufFile["byteOrder"];
  readonly metadata: ReadonlyMap<string, GgufValue | SkippedArray>;
  /** In the order of the file's table. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

export interface ParseHeaderOptions {
  /**
   * `items`: keys, tensors, texts of arrays, and eight for each array in another, 2,000,000 unless given. `depth`: of arrays,
   * 8 unless given, at most 1,000.
   */
  readonly limits?: Limits | undefined;
  /** Arrays with more items are passed over. */
  readonly longest?: number;
}

/** "GGUF". */
export const magic = 0x46554747;
export const alignmentKey = "general.alignment";
const defaultAlignment = 32;
const largestAlignment = 65_536;
/** Of a whole header, in bytes; the vocabularies of today need up to 20 million. */
export const headerLimit = 100_000_000;
/** Of a key or a tensor's name, in bytes. */
export const nameLimit = 65_535;

const defaultItems = 2_000_000;
const defaultDepth = 8;
const deepest = 1000;

/**
 * What stands before the tensors in a file of `fileSize` bytes, from its first bytes. Throws `MoreNeeded` when these are too
 * few. Tensors must cover the rest of the file, with no more between them than alignment needs. Source: docs/gguf.md of ggml.
 */
export function parseHeader(bytes: Uint8Array, fileSize: number, options: ParseHeaderOptions = {}): GgufHeader {
  const cursor = new ByteCursor(bytes, fileSize);
  const version = readVersion(cursor);
  const tensorCount = cursor.count("tensors", 24);
  const keyCount = cursor.count("keys", 13);
  const limits = valueLimits(options);
  limits.count(tensorCount + keyCount);

  const metadata = new Map<string, GgufValue | SkippedArray>();
  for (let index = 0; index < keyCount; index++) {
    const key = cursor.text("a key", nameLimit);
    checkName(key, metadata, "key");
    metadata.set(key, readValue(cursor, key, limits));
  }
  const fault = alignmentFault(metadata.get(alignmentKey));
  if (fault !== undefined) throw malformed(`has ${fault}`);
  const alignment = alignmentOf(metadata.get(alignmentKey));
  const tensors = new Map<string, TensorEntry>();
  for (let index = 0; index < tensorCount; index++) {
    const name = cursor.text("the name of a tensor", nameLimit);
    checkName(name, tensors, "tensor");
    tensors.set(name, readTensorEntry(cursor, name));
  }
  const placed = checkLayout(tensors, cursor.at, fileSize, alignment);
  return { version, byteOrder: cursor.littleEndian ? "little" : "big", metadata, tensors: placed };
}

/** What is wrong with `general.alignment`, to go on after "has"; undefined for one that is there in order, or not there. */
export function alignmentFault(value: GgufValue | SkippedArray | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value.type !== "uint32") return `${alignmentKey} of type ${value.type}, not uint32`;
  const fits = value.value > 0 && value.value <= largestAlignment && Number.isInteger(Math.log2(value.value));
  return fits ? undefined : `${alignmentKey} of ${value.value}, which is no power of two up to ${largestAlignment}`;
}

/** Bytes that tensors are aligned to. */
export function alignmentOf(value: GgufValue | SkippedArray | undefined): number {
  return value?.type === "uint32" ? value.value : defaultAlignment;
}

/** The byte order shows in the version, which is a small number. */
function readVersion(cursor: ByteCursor): 2 | 3 {
  if (cursor.uint32("the magic") !== magic) throw malformed('does not begin with "GGUF"', 0);
  let version = cursor.uint32("the version");
  if (version !== 0 && (version & 0xffff) === 0) {
    cursor.littleEndian = false;
    version = ((version >>> 24) | ((version >>> 8) & 0xff00)) >>> 0;
  }
  if (version === 2 || version === 3) return version;
  throw new ModelkeepError(
    "unsupported",
    version === 1
      ? "This is GGUF version 1, of August 2023, which nothing current reads: convert the original model again"
      : `This is GGUF version ${version}; versions 2 and 3 are read`,
    { details: { version } },
  );
}

function valueLimits({ limits = {}, longest = Number.MAX_SAFE_INTEGER }: ParseHeaderOptions): ValueLimits {
  const most = limits.items ?? defaultItems;
  let items = 0;
  return {
    depth: Math.min(limits.depth ?? defaultDepth, deepest),
    longest,
    count(more) {
      items += more;
      if (items > most)
        throw new ModelkeepError(
          "limit_exceeded",
          `The GGUF header has more than ${most} keys, tensors, texts and arrays`,
        );
    },
  };
}

function checkName(name: string, before: ReadonlyMap<string, unknown>, what: "key" | "tensor"): void {
  if (before.has(name)) throw malformed(`has the ${what} ${quote(name)} twice`);
  if (name === "__proto__" || name === "") throw malformed(`has a ${what} named ${quote(name)}`);
}
