import type { Payload, ReadOptions } from "./codec.js";
import type { Digest } from "./digest.js";
import type { Encoding } from "./encoding.js";
import { ModelkeepError, throwIfAborted } from "./errors.js";
import type { StoredObject } from "./store.js";
import { checkRange, wholeArray } from "./unverified-payload.js";
import { readVerified, verifiedChunks } from "./verified-chunks.js";

/** What a manifest says of one payload. */
export interface PayloadFacts {
  readonly path: string;
  readonly role: string;
  readonly mediaType: string;
  readonly size: number;
  readonly digest: Digest;
  readonly encoding?: Encoding | undefined;
  readonly chunks?: { readonly size: number; readonly digests: readonly Digest[] } | undefined;
}

/** Opens the bytes as they are kept, encoded if the facts say so; `undefined` when there are none. */
export type OpenStored = () => Promise<StoredObject | undefined>;

const kept = new WeakMap<Payload, KeptBytes>();

/** For tools that verify in their own way, such as on several threads: what `verifiedPayload` made this payload of. */
export interface KeptBytes {
  readonly facts: PayloadFacts;
  readonly open: OpenStored;
}

/** What a payload of `verifiedPayload` was made of; `undefined` for any other. */
export function keptBytes(payload: Payload): KeptBytes | undefined {
  return kept.get(payload);
}

/**
 * A payload over bytes from a store that is not trusted. With chunk digests, a chunk is verified before a byte of it is
 * released; without them, the whole payload is. A mismatch is `digest_mismatch` or `size_mismatch`.
 * @throws `digest_mismatch`, `size_mismatch` or `truncated` when bytes are read that are not those of the manifest
 */
export function verifiedPayload(facts: PayloadFacts, open: OpenStored): Payload {
  const { path, role, mediaType, size, digest } = facts;
  let recent: { readonly index: number; readonly bytes: WeakRef<Uint8Array> } | undefined;

  const part = async (index: number, signal?: AbortSignal): Promise<Uint8Array> => {
    const held = recent?.index === index ? recent.bytes.deref() : undefined;
    if (held !== undefined) return held;
    const object = await openPayload(facts, open);
    for await (const chunk of verifiedChunks(facts, object, { first: index, end: index + 1, signal })) {
      recent = { index, bytes: new WeakRef(chunk) };
      return chunk;
    }
    throw new TypeError(`The payload has no chunk ${index}`);
  };

  const payload: Payload = {
    path,
    role,
    mediaType,
    size,
    digest,
    async buffer(options = {}) {
      return readVerified(facts, await openPayload(facts, open), options);
    },
    bytes: (options) => wholeArray(payload, options),
    async range(start, end, { signal } = {}) {
      checkRange(start, end);
      throwIfAborted(signal);
      const from = Math.min(start, size);
      const result = new Uint8Array(Math.min(end, size) - from);
      const chunk = facts.chunks?.size ?? size;
      for (let at = from; at < from + result.length;) {
        const index = Math.floor(at / chunk);
        const bytes = await part(index, signal);
        const piece = bytes.subarray(at - index * chunk, from + result.length - index * chunk);
        result.set(piece, at - from);
        at += piece.length;
      }
      return result;
    },
    async *stream({ signal, progress }: ReadOptions = {}) {
      const object = await openPayload(facts, open);
      let done = 0;
      for await (const chunk of verifiedChunks(facts, object, { signal })) {
        done += chunk.length;
        if (chunk.length > 0) yield chunk;
        progress?.({ done, total: size });
      }
    },
  };
  kept.set(payload, { facts, open });
  return payload;
}

/** The stored object of a payload, or `not_found`. */
export async function openPayload(facts: PayloadFacts, open: OpenStored): Promise<StoredObject> {
  const object = await open();
  if (object === undefined) {
    throw new ModelkeepError(
      "not_found",
      `The bytes of the payload ${JSON.stringify(facts.path)} (${facts.digest}) are missing`,
      { details: { path: facts.path, digest: facts.digest } },
    );
  }
  return object;
}
