import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";

import { collect, createHasher, type Digest, ModelkeepError, type Store, type StoredObject } from "@modelkeep/core";

import { type BatchKey, batchKey } from "./batch-key.js";
import type { PredictionRecord } from "./record.js";
import { readRecord, writeRecord } from "./record-line.js";

const format = "modelkeep.predictions/1";
const compressed = promisify(gzip);
const plain = promisify(gunzip);
/** Of a batch that is read: a stranger's file must not fill the memory. */
const plainLimit = 512 * 1024 * 1024;

/** The first line of a batch. The batches of one writer are a chain: what is missing between two of them is noticed. */
export interface BatchHeader {
  readonly format: typeof format;
  readonly model: string;
  /** A ULID, new for each log that is opened. */
  readonly writer: string;
  /** From 1 on, without gaps. */
  readonly batch: number;
  /** Digest of the writer's batch before, of this model; null for its first. */
  readonly previous: Digest | null;
  readonly records: number;
}

export interface Batch {
  readonly header: BatchHeader;
  readonly records: readonly PredictionRecord[];
}

export interface EncodedBatch {
  readonly key: string;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

/** What becomes a record once it has an id. */
export interface IdentifiedEntry {
  readonly id: string;
  readonly entry: { record(): Omit<PredictionRecord, "id" | "time"> };
}

/** Entries of one model and one hour, in the order of their ids, as an object for the store. */
export async function encodeBatch(
  header: Omit<BatchHeader, "format" | "records">,
  entries: readonly IdentifiedEntry[],
): Promise<EncodedBatch> {
  const head: BatchHeader = { format, ...header, records: entries.length };
  const lines = [JSON.stringify(head)];
  const versions = new Set<number>();
  for (const [index, { id, entry }] of entries.entries()) {
    // Requests that came meanwhile go first.
    if (index % 32 === 31) await new Promise((resolve) => setImmediate(resolve));
    const record = entry.record();
    versions.add(record.version);
    lines.push(writeRecord({ id, ...record }));
  }
  const content = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
  const hasher = createHasher();
  hasher.update(content);
  const digest = hasher.digest();
  const key = batchKey(header.model, { first: entries[0]!.id, last: entries.at(-1)!.id, versions, digest });
  return { key, digest, bytes: await compressed(content, { level: 1 }) };
}

/** `undefined` when it was removed meanwhile. Not the bytes that its key says: `digest_mismatch`. */
export async function readBatch(store: Store, { key, digest }: BatchKey): Promise<Batch | undefined> {
  const object = await store.get(key);
  return object && decodeBatch(await unpacked(key, object), key, digest);
}

async function unpacked(key: string, object: StoredObject): Promise<Uint8Array> {
  if (object.info.size > plainLimit) throw damaged(key, `has ${object.info.size} bytes: at most ${plainLimit}`);
  try {
    return await plain(await collect(object.stream()), { maxOutputLength: plainLimit });
  } catch (cause) {
    throw (cause as { code?: string }).code?.startsWith("Z_") ? damaged(key, "is no whole gzip file", cause) : cause;
  }
}

function decodeBatch(content: Uint8Array, key: string, digest: Digest): Batch {
  const hasher = createHasher();
  hasher.update(content);
  if (hasher.digest() !== digest)
    throw new ModelkeepError("digest_mismatch", `${key} does not hold the records that its name says`, {
      details: { key },
    });
  const [first = "", ...lines] = new TextDecoder().decode(content).split("\n");
  if (lines.pop() !== "") throw damaged(key, "does not end with a line feed");
  const header = readHeader(first, key);
  if (header.records !== lines.length) throw damaged(key, `has ${lines.length} records, not ${header.records}`);
  return { header, records: lines.map((line, index) => readRecord(line, `${key}: record ${index + 1}`)) };
}

function readHeader(line: string, key: string): BatchHeader {
  let header: Partial<BatchHeader> | null;
  try {
    header = JSON.parse(line) as Partial<BatchHeader> | null;
  } catch (cause) {
    throw damaged(key, "has a first line that is not JSON", cause);
  }
  if (header?.format !== format)
    throw new ModelkeepError(
      "unknown_format_version",
      `${key} is of the format ${JSON.stringify(header?.format ?? null)}, not "${format}"`,
    );
  if (typeof header.model !== "string" || typeof header.writer !== "string" || typeof header.batch !== "number")
    throw damaged(key, "does not say in its first line who wrote it");
  return header as BatchHeader;
}

function damaged(key: string, message: string, cause?: unknown): ModelkeepError {
  return new ModelkeepError("malformed", `${key} ${message}`, { cause, details: { key } });
}
