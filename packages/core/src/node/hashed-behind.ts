import type { ReadOptions } from "../codec.js";
import { ModelkeepError, throwIfAborted } from "../errors.js";
import { type KeptBytes, openPayload } from "../verified-payload.js";
import { checkStored } from "../verified-chunks.js";
import { PieceHasher } from "./piece-hasher.js";

interface Lent {
  readonly slot: number;
  readonly bytes: Uint8Array;
}

/**
 * A payload's bytes in pieces that are hashed in a thread while the caller uses them. They are NOT verified when they
 * come: the end of the iteration is, or throws. Only for callers who keep nothing unless it ends. A piece is lent until
 * the next is asked for.
 */
export async function* hashedBehind(
  { facts, open }: KeptBytes,
  { signal, progress }: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  const object = await openPayload(facts, open);
  checkStored(facts, object);
  const { chunks } = facts;
  const hasher = new PieceHasher({ whole: chunks === undefined, chunkSize: chunks?.size ?? 0 });
  const read = async (start: number): Promise<Lent> => {
    const { slot, memory } = await hasher.slot();
    const target = memory.subarray(0, facts.size - start);
    const filled = await object.readInto(target, { offset: start, signal });
    if (filled !== target.length)
      throw new ModelkeepError("truncated", `The payload ${JSON.stringify(facts.path)} ends at byte ${start + filled}`);
    return { slot, bytes: target };
  };
  let ahead = read(0);
  try {
    for (let start = 0; start < facts.size;) {
      throwIfAborted(signal);
      const { slot, bytes } = await ahead;
      start += bytes.length;
      if (start < facts.size) ahead = read(start);
      // The thread and the caller read it at the same time. It is not given out again before the next one is asked for,
      // since slots become free in the order in which they were handed over.
      hasher.hash(slot, bytes.length);
      yield bytes;
      progress?.({ done: start, total: facts.size });
    }
    const found = await hasher.end();
    const good =
      chunks === undefined
        ? found.whole === facts.digest
        : found.chunks.length === chunks.digests.length &&
          found.chunks.every((digest, index) => digest === chunks.digests[index]);
    if (!good) {
      throw new ModelkeepError(
        "digest_mismatch",
        `The bytes of the payload ${JSON.stringify(facts.path)} are not those of ${facts.digest}: they were changed or damaged`,
        { details: { path: facts.path, digest: facts.digest } },
      );
    }
  } finally {
    await ahead.catch(() => {});
    await hasher.close();
  }
}
