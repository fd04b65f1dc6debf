import { readPieces } from "#stored-pieces";

import type { ReadOptions } from "./codec.js";
import { createHasher, type Digest, type Hasher } from "./digest.js";
import { checkExpansion, decoded } from "./encoding.js";
import { ModelkeepError, throwIfAborted } from "./errors.js";
import type { StoredObject } from "./store.js";
import type { PayloadFacts } from "./verified-payload.js";

/** A typed array reaches this far at most in one read: some systems read no more than 2 GiB at once. */
const window = 1 << 30;

export interface ChunkOptions {
  /** The first chunk and the one to stop before. Default: all. A payload without chunk digests is one chunk. */
  readonly first?: number;
  readonly end?: number;
  readonly signal?: AbortSignal | undefined;
}

/** The plain chunks in order, each in memory of its own and verified. */
export async function* verifiedChunks(
  facts: PayloadFacts,
  object: StoredObject,
  { first = 0, end = chunkCount(facts), signal }: ChunkOptions = {},
): AsyncGenerator<Uint8Array> {
  checkStored(facts, object);
  const read = facts.encoding === undefined ? readChunks : decodeChunks;
  for await (const { index, bytes, digest } of read(facts, object, first, end, signal)) {
    if (digest !== chunkDigest(facts, index)) throw mismatch(facts, index);
    yield bytes;
  }
}

/** All plain bytes in one buffer, hashed behind the reads. */
export async function readVerified(
  facts: PayloadFacts,
  object: StoredObject,
  { signal, progress }: ReadOptions,
): Promise<ArrayBuffer> {
  checkStored(facts, object);
  const buffer = new ArrayBuffer(facts.size);
  const verifier = createVerifier(facts);
  const total = facts.size;
  if (facts.encoding !== undefined) {
    let filled = 0;
    for await (const bytes of decoded(object.stream({ signal }), facts.encoding, facts.size)) {
      throwIfAborted(signal);
      new Uint8Array(buffer, filled, bytes.length).set(bytes);
      verifier.update(bytes);
      filled += bytes.length;
      progress?.({ done: filled, total });
    }
  } else {
    for (let start = 0; start < total; start += window) {
      const target = new Uint8Array(buffer, start, Math.min(window, total - start));
      const seen = (bytes: Uint8Array, done: number) => {
        verifier.update(bytes);
        progress?.({ done, total });
      };
      await readHashed(facts, object, target, start, seen, signal);
    }
  }
  verifier.end();
  return buffer;
}

/** Checks the stored bytes and releases none: in constant memory, whatever the size. */
export async function verifyStored(
  facts: PayloadFacts,
  object: StoredObject,
  { signal, progress }: ReadOptions = {},
): Promise<void> {
  checkStored(facts, object);
  const verifier = createVerifier(facts);
  let done = 0;
  const seen = (bytes: Uint8Array) => {
    throwIfAborted(signal);
    verifier.update(bytes);
    done += bytes.length;
    progress?.({ done, total: facts.size });
  };
  if (facts.encoding !== undefined) {
    for await (const bytes of decoded(object.stream({ signal }), facts.encoding, facts.size)) seen(bytes);
  } else {
    await readPieces(object, { seen, signal });
  }
  verifier.end();
}

interface Chunk {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly digest: Digest;
}

async function* readChunks(
  facts: PayloadFacts,
  object: StoredObject,
  first: number,
  end: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Chunk> {
  const most = facts.chunks?.size ?? facts.size;
  for (let index = first; index < end; index++) {
    const start = index * most;
    const hasher = createHasher();
    const bytes = new Uint8Array(Math.min(most, facts.size - start));
    for (let at = 0; at < bytes.length; at += window) {
      const target = bytes.subarray(at, at + window);
      await readHashed(facts, object, target, start + at, (part) => hasher.update(part), signal);
    }
    yield { index, bytes, digest: hasher.digest() };
  }
}

async function* decodeChunks(
  facts: PayloadFacts,
  object: StoredObject,
  first: number,
  end: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Chunk> {
  const most = facts.chunks?.size ?? facts.size;
  const fresh = (index: number) => new Uint8Array(Math.min(most, facts.size - index * most));
  let index = 0;
  let filled = 0;
  let bytes = first === 0 ? fresh(0) : undefined;
  for await (const piece of decoded(object.stream({ signal }), facts.encoding!, facts.size)) {
    throwIfAborted(signal);
    for (let at = 0; at < piece.length;) {
      const length = Math.min(piece.length - at, Math.min(most, facts.size - index * most) - filled);
      bytes?.set(piece.subarray(at, at + length), filled);
      at += length;
      filled += length;
      if (index * most + filled < facts.size && filled < most) continue;
      // The last chunk waits for the end of the stream, which must be where the size says.
      if (index === chunkCount(facts) - 1) continue;
      if (bytes !== undefined) yield { index, bytes, digest: digestOfBytes(bytes) };
      index += 1;
      if (index >= end) return;
      filled = 0;
      bytes = index >= first ? fresh(index) : undefined;
    }
  }
  if (bytes !== undefined) yield { index, bytes, digest: digestOfBytes(bytes) };
}

/** Fills the target, telling each part in order as soon as it is final. */
async function readHashed(
  facts: PayloadFacts,
  object: StoredObject,
  target: Uint8Array,
  offset: number,
  seen: (bytes: Uint8Array, done: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  let told = 0;
  const progress = (filled: number) => {
    if (filled > told) seen(target.subarray(told, filled), offset + filled);
    told = Math.max(told, filled);
  };
  await readFully(facts, object, target, offset, { signal, progress });
  progress(target.length);
}

async function readFully(
  facts: PayloadFacts,
  object: StoredObject,
  target: Uint8Array,
  offset: number,
  options: { signal?: AbortSignal | undefined; progress?: ((filled: number) => void) | undefined },
): Promise<Uint8Array> {
  throwIfAborted(options.signal);
  const read = target.length === 0 ? 0 : await object.readInto(target, { ...options, offset });
  if (read !== target.length)
    throw new ModelkeepError("truncated", `The payload ${JSON.stringify(facts.path)} ends at byte ${offset + read}`);
  return target;
}

/** Nothing is allocated for a size that the stored bytes can't have. */
export function checkStored(facts: PayloadFacts, object: StoredObject): void {
  const stored = object.info.size;
  if (facts.encoding !== undefined) return checkExpansion(stored, facts.size);
  if (stored !== facts.size)
    throw new ModelkeepError(
      "size_mismatch",
      `The payload ${JSON.stringify(facts.path)} should have ${facts.size} bytes, ${stored} are there`,
      { details: { path: facts.path } },
    );
}

function chunkCount(facts: PayloadFacts): number {
  return facts.chunks === undefined || facts.size === 0 ? 1 : Math.ceil(facts.size / facts.chunks.size);
}

function chunkDigest(facts: PayloadFacts, index: number): Digest | undefined {
  return facts.chunks === undefined || facts.size === 0 ? facts.digest : facts.chunks.digests[index];
}

/** Compares digests chunk by chunk while bytes pass, so that the first bad chunk ends it. */
function createVerifier(facts: PayloadFacts): { update(bytes: Uint8Array): void; end(): void } {
  const most = facts.chunks === undefined || facts.size === 0 ? Number.POSITIVE_INFINITY : facts.chunks.size;
  let hasher: Hasher = createHasher();
  let filled = 0;
  let index = 0;
  const close = () => {
    if (hasher.digest() !== chunkDigest(facts, index)) throw mismatch(facts, index);
    hasher = createHasher();
    filled = 0;
    index += 1;
  };
  return {
    update(bytes) {
      for (let at = 0; at < bytes.length;) {
        const part = bytes.subarray(at, Math.min(bytes.length, at + most - filled));
        hasher.update(part);
        at += part.length;
        filled += part.length;
        if (filled === most) close();
      }
    },
    end() {
      if (filled > 0 || index === 0) close();
    },
  };
}

function digestOfBytes(bytes: Uint8Array): Digest {
  const hasher = createHasher();
  hasher.update(bytes);
  return hasher.digest();
}

function mismatch(facts: PayloadFacts, index: number): ModelkeepError {
  const where = facts.chunks === undefined ? "" : ` in chunk ${index}`;
  return new ModelkeepError(
    "digest_mismatch",
    `The bytes of the payload ${JSON.stringify(facts.path)} are not those of ${facts.digest}${where}: they were changed or damaged`,
    { details: { path: facts.path, digest: facts.digest, chunk: index } },
  );
}
