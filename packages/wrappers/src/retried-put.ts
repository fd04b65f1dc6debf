import {
  alreadyExists,
  type Body,
  type ByteSource,
  isModelkeepError,
  type ModelkeepError,
  type ObjectInfo,
  type PutOptions,
  type Store,
} from "@modelkeep/core";

import { Attempts, attempted, type RetryOptions } from "./attempts.js";

/**
 * Tries a put until its outcome is known. Without a condition it may be done twice. With `if: "absent"` an outcome that is not
 * known is looked up: what is there and is not ours came first; nothing there is tried again, which is safe, for the condition
 * is still judged by the store; and what equals ours may be ours or another's, so that it stays `unknown_outcome`.
 */
export async function retriedPut(
  store: Store,
  key: string | (() => string),
  body: Body,
  options: PutOptions,
  retry: RetryOptions,
): Promise<ObjectInfo> {
  const { signal } = options;
  const source = watched(body);
  let name = typeof key === "string" ? key : undefined;
  /** Of an attempt that may have been done. */
  let doubt: ModelkeepError | undefined;
  const attempts = new Attempts(retry);
  for (;;) {
    try {
      return await store.put(name ?? (() => (name = (key as () => string)())), source.open, options);
    } catch (error) {
      if (source.failed) throw error;
      const unknown = isModelkeepError(error, "unknown_outcome");
      const refused = isModelkeepError(error, "already_exists");
      if (options.if === "absent" && unknown) doubt = error;
      try {
        if (doubt !== undefined && name !== undefined && (unknown || refused)) {
          // A refusal, too, may come from an attempt of ours that was taken for lost.
          const ours = await sameAs(store, name, source.open, options, retry);
          if (ours === true) throw doubt;
          if (ours === false) throw refused ? error : alreadyExists(store.name, name, error);
        }
        await attempts.after(error, signal, doubt !== undefined && refused ? true : undefined);
      } catch (final) {
        const known = isModelkeepError(final, "already_exists") || isModelkeepError(final, "aborted");
        throw known ? final : (doubt ?? final);
      }
    }
  }
}

/** A body that can be opened again, and that tells whether it failed of itself: then another attempt would not help. */
function watched(body: Body): { readonly open: ByteSource; readonly failed: boolean } {
  const source: ByteSource = body instanceof Uint8Array ? once(body.slice()) : body;
  const state = {
    failed: false,
    async *open(): AsyncGenerator<Uint8Array> {
      const pieces = begin();
      try {
        yield* pieces;
      } catch (error) {
        state.failed = true;
        throw error;
      }
    },
  };
  function begin(): AsyncIterable<Uint8Array> {
    try {
      return source();
    } catch (error) {
      state.failed = true;
      throw error;
    }
  }
  return state;
}

function once(bytes: Uint8Array): ByteSource {
  return async function* () {
    yield bytes;
  };
}

/** Whether what lies at a key is this body; `undefined` when nothing is there. */
async function sameAs(
  store: Store,
  key: string,
  body: ByteSource,
  { signal }: PutOptions,
  retry: RetryOptions,
): Promise<boolean | undefined> {
  return attempted(retry, signal, async () => {
    const object = await store.get(key, { signal });
    if (object === undefined) return undefined;
    let position = 0;
    for await (const piece of body()) {
      const there = new Uint8Array(piece.length);
      const read = await object.readInto(there, { signal, offset: position });
      if (read < piece.length || Buffer.compare(there, piece) !== 0) return false;
      position += piece.length;
    }
    return position === object.info.size;
  });
}
