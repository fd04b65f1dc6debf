import {
  byteLength,
  type DType,
  elementCount,
  ModelkeepError,
  type Payload,
  Tensor,
  tensorFromBytes,
} from "@modelkeep/core";

import { crc32c, masked } from "./crc32c.js";
import { dtypeOf, typeName } from "./data-types.js";
import { readShape } from "./saved-model.js";
import { tableEntries, varint } from "./sorted-table.js";
import { Budget, fieldsOf } from "./wire.js";

/** One tensor of a bundle: where its bytes lie. */
export interface BundleEntry {
  readonly key: string;
  /** Ours where it has one; "variant" and the like otherwise. */
  readonly dtype: DType | undefined;
  readonly type: string;
  readonly shape: readonly number[];
  readonly shard: number;
  readonly offset: number;
  readonly size: number;
  /** CRC-32C of its bytes, masked. */
  readonly checksum: number;
}

/** The index of a checkpoint: where each variable lies in which shard. */
export interface Bundle {
  readonly shards: number;
  readonly entries: ReadonlyMap<string, BundleEntry>;
}

/** The index of a tensor bundle (`variables.index`): what each shard holds. Format: tensor_bundle.proto of TensorFlow. */
export function readBundleIndex(file: Uint8Array, options: { readonly items?: number | undefined } = {}): Bundle {
  const budget = new Budget(options.items);
  const entries = new Map<string, BundleEntry>();
  let shards: number | undefined;
  for (const [key, value] of tableEntries(file)) {
    budget.take();
    if (key === "") shards = readHeader(value, budget);
    else if (entries.has(key)) throw malformed(`lists ${JSON.stringify(key)} twice`);
    else entries.set(key, readEntry(key, value, budget));
  }
  if (shards === undefined) throw malformed("has no header");
  for (const { key, shard } of entries.values())
    if (shard >= shards) throw malformed(`puts ${JSON.stringify(key)} into shard ${shard} of ${shards}`);
  return { shards, entries };
}

/** The bytes of one tensor, held to their checksum. Throws `malformed`, `truncated`, `unsupported`. */
export async function readBundleTensor(
  { key, dtype, type, shape, offset, size, checksum }: BundleEntry,
  shard: Pick<Payload, "range" | "size">,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Tensor> {
  const where = JSON.stringify(key);
  if (dtype === undefined)
    throw new ModelkeepError("unsupported", `The variable ${where} is of ${type}, which is no tensor`);
  if (offset + size > shard.size)
    throw new ModelkeepError("truncated", `The variable ${where} lies beyond the end of its shard`);
  const bytes = await shard.range(offset, offset + size, { signal: options.signal });
  if (dtype === "string") return textsOf(bytes, shape, where);
  if (size !== byteLength(dtype, elementCount(shape)))
    throw malformed(`gives ${where} ${size} bytes for ${dtype} of shape [${shape.join(", ")}]`);
  if (masked(crc32c(bytes)) !== checksum) throw malformed(`has another checksum for ${where} than its bytes`);
  return tensorFromBytes(dtype, shape, bytes);
}

function readHeader(value: Uint8Array, budget: Budget): number {
  let shards = 0;
  for (const field of fieldsOf(value, budget)) {
    if (field.number === 1) shards = field.value;
    if (field.number === 2 && field.value !== 0)
      throw new ModelkeepError("unsupported", "The variables were written on a machine of big-endian byte order");
  }
  return shards;
}

function readEntry(key: string, value: Uint8Array, budget: Budget): BundleEntry {
  let type = 0;
  let shape: (number | null)[] | undefined = [];
  let [shard, offset, size, checksum, slices] = [0, 0, 0, 0, 0];
  for (const field of fieldsOf(value, budget)) {
    if (field.number === 1) type = field.value;
    if (field.number === 2) shape = readShape(field.bytes, budget, 1);
    if (field.number === 3) shard = field.value;
    if (field.number === 4) offset = field.value;
    if (field.number === 5) size = field.value;
    if (field.number === 6) checksum = field.value;
    if (field.number === 7) slices++;
  }
  const sizes = shape ?? [];
  if (!sizes.every((each): each is number => each !== null && Number.isSafeInteger(each)) || shape === undefined)
    throw malformed(`gives ${JSON.stringify(key)} no shape`);
  if (![shard, offset, size].every((each) => Number.isSafeInteger(each) && each >= 0))
    throw malformed(`puts ${JSON.stringify(key)} nowhere`);
  if (slices > 0)
    throw new ModelkeepError("unsupported", `The variable ${JSON.stringify(key)} is split over several slices`);
  return { key, dtype: dtypeOf(type), type: typeName(type), shape: sizes, shard, offset, size, checksum };
}

/** Lengths of all texts, their checksum, then the texts. */
function textsOf(bytes: Uint8Array, shape: readonly number[], where: string): Tensor {
  const count = elementCount(shape);
  if (count > bytes.length) throw malformed(`announces ${count} texts for ${where} in ${bytes.length} bytes`);
  const cursor = { at: 0 };
  const lengths = Array.from({ length: count }, () => varint(bytes, cursor));
  cursor.at += 4;
  const texts = lengths.map((length) => {
    if (cursor.at + length > bytes.length) throw malformed(`has a text of ${where} that is longer than its bytes`);
    return new TextDecoder().decode(bytes.subarray(cursor.at, (cursor.at += length)));
  });
  if (cursor.at !== bytes.length) throw malformed(`has bytes after the texts of ${where}`);
  return new Tensor("string", shape, texts);
}

/** The bytes of a single text, as the graph of objects is kept. */
export async function readBundleBytes(entry: BundleEntry, shard: Pick<Payload, "range" | "size">): Promise<Uint8Array> {
  if (entry.offset + entry.size > shard.size)
    throw new ModelkeepError("truncated", "The graph of objects lies beyond the end of its shard");
  const bytes = await shard.range(entry.offset, entry.offset + entry.size);
  const cursor = { at: 0 };
  const length = varint(bytes, cursor);
  if (cursor.at + 4 + length !== bytes.length) throw malformed("has a graph of objects of another size than announced");
  return bytes.subarray(cursor.at + 4);
}

function malformed(what: string): ModelkeepError {
  return new ModelkeepError("malformed", `The index of variables ${what}`);
}
