import type { PayloadSource, ReadOptions } from "./codec.js";
import { createHasher, type Digest, type Hasher } from "./digest.js";
import { ModelkeepError, throwIfAborted } from "./errors.js";
import { chunkSize, chunkThreshold } from "./limits.js";
import type { PayloadEntry } from "./manifest.js";
import { checkPath } from "./path.js";

/** What is known of bytes once they have all been seen. */
export interface Measure {
  readonly size: number;
  readonly digest: Digest;
  /** From 64 MiB on. */
  readonly chunks?: { readonly size: number; readonly digests: readonly Digest[] };
}

/** Takes bytes in pieces, in order, and says what a manifest must say of them. */
export interface Measurer {
  update(bytes: Uint8Array): void;
  /** Ends it: no `update` may follow. */
  measure(): Measure;
}

/** Measures bytes as they pass. Telling a size below 64 MiB beforehand spares hashing twice. */
export function createMeasurer(size?: number): Measurer {
  const whole = createHasher();
  const chunks = size !== undefined && size < chunkThreshold ? undefined : createChunkHasher();
  let seen = 0;
  return {
    update(bytes) {
      whole.update(bytes);
      chunks?.update(bytes);
      seen += bytes.length;
    },
    measure() {
      const measure = { size: seen, digest: whole.digest() };
      return chunks === undefined || seen < chunkThreshold ? measure : { ...measure, chunks: chunks.chunks() };
    },
  };
}

/** The digests of each chunk of a stream of bytes. */
export function createChunkHasher(): { update(bytes: Uint8Array): void; chunks(): NonNullable<Measure["chunks"]> } {
  const digests: Digest[] = [];
  let hasher: Hasher = createHasher();
  let filled = 0;
  const close = () => {
    digests.push(hasher.digest());
    hasher = createHasher();
    filled = 0;
  };
  return {
    update(bytes) {
      for (let start = 0; start < bytes.length;) {
        const part = bytes.subarray(start, start + chunkSize - filled);
        hasher.update(part);
        filled += part.length;
        start += part.length;
        if (filled === chunkSize) close();
      }
    },
    chunks() {
      if (filled > 0) close();
      return { size: chunkSize, digests };
    },
  };
}

/** Reads a source once and says what a manifest must say of it. */
export async function measurePayload(source: PayloadSource, options: ReadOptions = {}): Promise<PayloadEntry> {
  checkPath(source.path);
  const measurer = createMeasurer(source.size);
  let done = 0;
  for await (const bytes of source.open()) {
    throwIfAborted(options.signal);
    measurer.update(bytes);
    done += bytes.length;
    if (source.size !== undefined && done > source.size) break;
    options.progress?.(source.size === undefined ? { done } : { done, total: source.size });
  }
  throwIfAborted(options.signal);
  return entryOf(source, measurer.measure());
}

/** What a manifest says of a source whose bytes have been measured; `size_mismatch` when the source promised another size. */
export function entryOf(source: PayloadSource, measure: Measure): PayloadEntry {
  if (source.size !== undefined && measure.size !== source.size) {
    throw new ModelkeepError(
      "size_mismatch",
      `The payload ${JSON.stringify(source.path)} was to have ${source.size} bytes and has ${measure.size > source.size ? "more" : measure.size}`,
      { details: { path: source.path } },
    );
  }
  const { chunks } = measure;
  return {
    path: source.path,
    role: source.role ?? "model",
    mediaType: source.mediaType ?? "application/octet-stream",
    size: measure.size,
    digest: measure.digest,
    ...(chunks !== undefined && { chunks: { size: chunks.size, digests: [...chunks.digests] } }),
  };
}
