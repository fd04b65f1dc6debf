import { crc32, deflate } from "#zlib";

import type { Payload, ReadOptions } from "./codec.js";
import type { Envelope } from "./envelope.js";
import { ModelkeepError, throwIfAborted } from "./errors.js";
import { chunkThreshold } from "./limits.js";
import type { PayloadEntry } from "./manifest.js";
import { collect } from "./memory-payload.js";
import { checkPaths } from "./path.js";
import * as zip from "./zip-format.js";

export const packageMediaType = "application/vnd.modelkeep.package+zip";
export const packageExtension = ".model.zip";

export interface PackOptions extends ReadOptions {
  /** 0 stores, 1 to 9 deflate, quick to small. Default: 6 for text (JSON, XML, text/…), 0 for the rest. */
  readonly level?: number | ((entry: PayloadEntry) => number);
  /** Files below `attestations/`, written after the payloads. */
  readonly attestations?: Iterable<{ readonly path: string; readonly bytes: Uint8Array }>;
  /** How a payload's plain bytes are read. Default: `payload.stream()`. A piece is used up before the next is asked for. */
  readonly read?: (payload: Payload, options: ReadOptions) => AsyncIterable<Uint8Array>;
}

/**
 * The envelope as an ordinary ZIP file, in one pass: `manifest.json` first, then the payloads in the manifest's order,
 * stored ones at multiples of 64 bytes. ZIP64 where sizes or counts need it. The same envelope and options give the
 * same bytes. A piece must be used up before the next is asked for.
 */
export async function* packEnvelope(envelope: Envelope, options: PackOptions = {}): AsyncGenerator<Uint8Array> {
  const { manifest, manifestBytes } = envelope;
  const attestations = [...(options.attestations ?? [])];
  const outside = attestations.find((each) => !each.path.startsWith("attestations/"));
  if (outside !== undefined) throw new TypeError(`An attestation lies below "attestations/", not at ${outside.path}`);
  checkPaths(["manifest.json", ...[...manifest.payloads, ...attestations].map((each) => each.path)]);

  const writer = new ZipWriter(new Date(manifest.created));
  const total = manifest.payloads.reduce((sum, entry) => sum + entry.size, 0);
  let done = 0;
  yield* writer.small("manifest.json", manifestBytes, 0);
  for (const entry of manifest.payloads) {
    throwIfAborted(options.signal);
    const payload = envelope.payload(entry.path);
    if (payload === undefined)
      throw new ModelkeepError("not_found", `The envelope lacks the payload ${JSON.stringify(entry.path)}`);
    const level = levelOf(entry, options.level);
    const progress = (each: { done: number }) => options.progress?.({ done: done + each.done, total });
    const reading = { ...(options.signal && { signal: options.signal }), progress };
    const plain = (options.read ?? streamOf)(payload, reading);
    // What fits in memory is written with its CRC and sizes before it; the rest has them in a descriptor after it.
    if (entry.size < chunkThreshold) yield* writer.small(entry.path, await collect(plain), level);
    else yield* writer.large(entry.path, entry.size, plain, level);
    done += entry.size;
    options.progress?.({ done, total });
  }
  for (const { path, bytes } of attestations) yield* writer.small(path, bytes, 0);
  yield* writer.end();
}

function streamOf(payload: Payload, options: ReadOptions): AsyncIterable<Uint8Array> {
  return payload.stream(options);
}

function levelOf(entry: PayloadEntry, level: PackOptions["level"]): number {
  const chosen = typeof level === "function" ? level(entry) : (level ?? (isText(entry.mediaType) ? 6 : 0));
  if (!Number.isInteger(chosen) || chosen < 0 || chosen > 9)
    throw new TypeError(`A compression level is a whole number from 0 to 9, not ${chosen}`);
  return chosen;
}

function isText(mediaType: string): boolean {
  return /^text\/|[/+](json|xml|yaml|csv)\b/iu.test(mediaType);
}

class ZipWriter {
  readonly #modified: Date;
  readonly #entries: zip.ZipEntry[] = [];
  #offset = 0;

  constructor(modified: Date) {
    this.#modified = modified;
  }

  async *small(path: string, bytes: Uint8Array, level: number): AsyncGenerator<Uint8Array> {
    const deflated = level === 0 ? bytes : await collect(deflate(once(bytes), "deflate", level));
    const smaller = deflated.length < bytes.length;
    const data = smaller ? deflated : bytes;
    const known = { crc: crc32(bytes), compressedSize: data.length, size: bytes.length };
    const method = smaller ? zip.method.deflated : zip.method.stored;
    const offset = this.#offset;
    yield this.#count(zip.localHeader({ path, method, offset, modified: this.#modified, known, zip64: false }));
    if (data.length > 0) yield this.#count(data);
    this.#entries.push({ path, method, offset, flags: zip.flag.utf8, ...known });
  }

  async *large(
    path: string,
    size: number,
    plain: AsyncIterable<Uint8Array>,
    level: number,
  ): AsyncGenerator<Uint8Array> {
    // Deflating can add a little to what does not compress.
    const zip64 = size > zip.full32 * 0.99;
    const method = level === 0 ? zip.method.stored : zip.method.deflated;
    const offset = this.#offset;
    yield this.#count(zip.localHeader({ path, method, offset, modified: this.#modified, zip64 }));
    const start = this.#offset;
    const seen = { crc: 0, size: 0 };
    const watched = watch(plain, seen);
    for await (const piece of level === 0 ? watched : deflate(watched, "deflate", level)) yield this.#count(piece);
    if (seen.size !== size)
      throw new ModelkeepError("size_mismatch", `${JSON.stringify(path)} gave ${seen.size} bytes, not ${size}`);
    const known = { ...seen, compressedSize: this.#offset - start };
    yield this.#count(zip.dataDescriptor(known, zip64));
    this.#entries.push({ path, method, offset, flags: zip.flag.utf8 | zip.flag.descriptor, ...known });
  }

  *end(): Generator<Uint8Array> {
    const offset = this.#offset;
    for (const entry of this.#entries) yield this.#count(zip.centralHeader(entry, this.#modified));
    yield zip.endRecords(this.#entries.length, this.#offset - offset, offset);
  }

  #count(bytes: Uint8Array): Uint8Array {
    this.#offset += bytes.length;
    return bytes;
  }
}

async function* watch(
  plain: AsyncIterable<Uint8Array>,
  seen: { crc: number; size: number },
): AsyncGenerator<Uint8Array> {
  for await (const piece of plain) {
    seen.crc = crc32(piece, seen.crc);
    seen.size += piece.length;
    yield piece;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
