import type { Payload, ReadOptions } from "./codec.js";
import type { AttestationFile, Envelope } from "./envelope.js";
import { ModelkeepError, throwIfAborted } from "./errors.js";
import { chunkThreshold } from "./limits.js";
import type { PayloadEntry } from "./manifest.js";
import { collect } from "./memory-payload.js";
import { checkPaths } from "./path.js";
import { ZipWriter } from "./zip-writer.js";

/** The media type of packages. */
export const packageMediaType = "application/vnd.modelkeep.package+zip";
/** What the names of packages end in. */
export const packageExtension = ".model.zip";

/** How payloads are compressed, and what is written beside them. */
export interface PackOptions extends ReadOptions {
  /** 0 stores, 1 to 9 deflate, quick to small. Default: 6 for text (JSON, XML, text/…), 0 for the rest. */
  readonly level?: number | ((entry: PayloadEntry) => number);
  /** Files below `attestations/`, written after the payloads. Default: those of the envelope. */
  readonly attestations?: Iterable<AttestationFile>;
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
  const attestations = [...(options.attestations ?? (await envelope.attestations?.()) ?? [])];
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
    const reading = { signal: options.signal, progress };
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
