import type { ReadOptions } from "../codec.js";
import { ModelkeepError } from "../errors.js";
import { chunkThreshold } from "../limits.js";
import type { StoredObject } from "../store.js";
import { verifyStored } from "../verified-chunks.js";
import type { PayloadFacts } from "../verified-payload.js";
import { digestFileChunks } from "./hash-worker.js";

/** How many threads hash; progress is in bytes. */
export interface VerifyOptions extends ReadOptions {
  /** Threads that hash. Default 2; with 1, the calling thread does it. */
  readonly workers?: number;
}

/**
 * Checks a payload's stored bytes and releases none. What lies as a plain file and has chunk digests is hashed by several
 * threads; everything else by this one. Memory use does not depend on the size.
 */
export async function verifyParallel(
  facts: PayloadFacts,
  object: StoredObject,
  { workers = 2, signal, progress }: VerifyOptions = {},
): Promise<void> {
  const { file } = object;
  const { chunks, size } = facts;
  const plain = file !== undefined && facts.encoding === undefined && object.info.size === size;
  if (!plain || chunks === undefined || workers < 2 || size < chunkThreshold)
    return verifyStored(facts, object, { signal, progress });
  let done = 0;
  await digestFileChunks(
    { ...file, size, chunkSize: chunks.size },
    {
      workers,
      signal,
      chunk(index, digest, bytes) {
        if (digest !== chunks.digests[index]) {
          throw new ModelkeepError(
            "digest_mismatch",
            `The bytes of the payload ${JSON.stringify(facts.path)} are not those of ${facts.digest} in chunk ${index}: they were changed or damaged`,
            { details: { path: facts.path, digest: facts.digest, chunk: index } },
          );
        }
        done += bytes;
        progress?.({ done, total: size });
      },
    },
  );
}
