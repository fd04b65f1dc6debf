import {
  type ByteSource,
  createHasher,
  decoded,
  type Digest,
  type Encoding,
  ModelkeepError,
  type StoredObject,
} from "@modelkeep/core";

export interface Expected {
  readonly digest: Digest;
  /** How the bytes are kept, and the size of the plain ones, which bounds what may come out. */
  readonly encoding?: { readonly name: Encoding; readonly size: number } | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The bytes of an object as they are kept, held to the digest of the plain ones while they pass. What is wrong ends the
 * stream with `digest_mismatch`, `malformed` or `size_mismatch`, so a store that writes all or nothing writes nothing.
 */
export function checkedBytes(object: StoredObject, { digest, encoding, signal }: Expected): ByteSource {
  const open = () => object.stream({ signal });
  const plain =
    encoding === undefined ? () => hashed(open()) : () => unpackedBeside(open(), encoding.name, encoding.size);
  return async function* checked() {
    const found = yield* plain();
    if (found !== digest)
      throw new ModelkeepError(
        "digest_mismatch",
        `${object.info.key} holds ${found}, not ${digest}: its bytes were changed`,
        { details: { key: object.info.key, found, expected: digest } },
      );
  };
}

async function* hashed(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, Digest> {
  const hasher = createHasher();
  for await (const bytes of source) {
    hasher.update(bytes);
    yield bytes;
  }
  return hasher.digest();
}

/** Passes compressed bytes on and unpacks them on the way, at the pace of whoever takes them. */
async function* unpackedBeside(
  source: AsyncIterable<Uint8Array>,
  encoding: Encoding,
  size: number,
): AsyncGenerator<Uint8Array, Digest> {
  const handover = new Handover();
  const digest = digestOfAll(decoded(handover, encoding, size));
  digest.catch(() => undefined);
  for await (const bytes of source) {
    // Whoever unpacks may have ended: then nothing is taken any more.
    await Promise.race([handover.give(bytes), digest]);
    yield bytes;
  }
  await Promise.race([handover.give(undefined), digest]);
  return digest;
}

async function digestOfAll(source: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hasher = createHasher();
  for await (const bytes of source) hasher.update(bytes);
  return hasher.digest();
}

/** Hands bytes from one loop to another, one piece at a time: `give` waits until the piece before has been dealt with. */
class Handover implements AsyncIterable<Uint8Array> {
  #take: ((bytes: Uint8Array | undefined) => void) | undefined;
  #wanted: (() => void) | undefined;

  async give(bytes: Uint8Array | undefined): Promise<void> {
    if (this.#take === undefined) await new Promise<void>((resolve) => (this.#wanted = resolve));
    const take = this.#take;
    this.#take = undefined;
    take?.(bytes);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    for (;;) {
      const bytes = await new Promise<Uint8Array | undefined>((resolve) => {
        this.#take = resolve;
        this.#wanted?.();
      });
      if (bytes === undefined) return;
      yield bytes;
    }
  }
}
