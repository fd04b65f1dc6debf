import {
  checkKey,
  checkPrefix,
  checkPut,
  isModelkeepError,
  ModelkeepError,
  type ObjectInfo,
  readBody,
  type Store,
  storeOver,
  throwIfAborted,
} from "@modelkeep/core";

import { plainSizeOf, sealedSizeOf } from "./chunks.js";
import { type KeyRing, loadKeyRing } from "./key-ring.js";
import { checkVisible } from "./key-ring-keys.js";
import { openedObject } from "./opened-object.js";
import { seal } from "./seal.js";
import { ensureKeyRing, refusePlainObjects, type EncryptionOptions } from "./set-up.js";
import { visibleEntries } from "./visible-entries.js";

/**
 * A store that keeps everything encrypted in another one, each object as a file of the age format. The key of the store is made
 * with its first put, and lies beside the objects, encrypted to the recipients. Keys, sizes and times stay visible below.
 * @throws `no_identity` where it is encrypted to others, `not_encrypted` where it holds plain objects
 * @throws `tampered` or `truncated` when bytes are read that are not those that were written
 */
export function encrypted(below: Store, options: EncryptionOptions): Store {
  let known: Promise<KeyRing | undefined> | undefined;

  /** Asked again as long as there is no answer. */
  async function remember(load: () => Promise<KeyRing | undefined>): Promise<KeyRing | undefined> {
    const asked = (known ??= load());
    try {
      const ring = await asked;
      if (ring === undefined && known === asked) known = undefined;
      return ring;
    } catch (error) {
      if (known === asked) known = undefined;
      throw error;
    }
  }

  /** `undefined`: the store is empty, and was never set up. */
  async function ringToRead(signal: AbortSignal | undefined): Promise<KeyRing | undefined> {
    throwIfAborted(signal);
    return remember(async () => {
      const ring = await loadKeyRing(below, options);
      if (ring === undefined) await refusePlainObjects(below, options);
      return ring;
    });
  }

  async function ringToWrite(signal: AbortSignal | undefined): Promise<KeyRing> {
    return (await ringToRead(signal)) ?? (await remember(() => ensureKeyRing(below, options)))!;
  }

  /** An object may have been written with a key that the store was given since the ring was read. */
  async function unlock(ring: KeyRing, start: Uint8Array, what: string): Promise<Uint8Array> {
    try {
      return await ring.unlock(start, what);
    } catch (error) {
      if (!isModelkeepError(error, "no_identity")) throw error;
      const newer = await loadKeyRing(below, options);
      if (newer === undefined || newer.number === ring.number) throw strange(what, error);
      known = Promise.resolve(newer);
      return newer.unlock(start, what);
    }
  }

  const store: Store = {
    name: `${below.name}+age`,
    supports: below.supports,

    async head(key, { signal } = {}) {
      checkVisible(checkKey(key));
      const ring = await ringToRead(signal);
      const info = ring && (await below.head(key, { signal }));
      return info && plainInfo(ring, info);
    },

    async get(key, { range, signal } = {}) {
      checkVisible(checkKey(key));
      const ring = await ringToRead(signal);
      const source = ring && (await below.get(key, { signal }));
      if (ring === undefined || source === undefined) return undefined;
      const what = `[${store.name}] ${key}`;
      const info = plainInfo(ring, source.info);
      return openedObject(
        { source, info, start: ring.startSize, what, unlock: (start) => unlock(ring, start, what) },
        range,
      );
    },

    async put(key, body, options = {}) {
      checkPut(store, key, options);
      if (typeof key === "string") checkVisible(key);
      const { size, signal, ...rest } = options;
      // An array is copied before anything is awaited.
      const array = body instanceof Uint8Array ? body.slice() : undefined;
      const ring = await ringToWrite(signal);
      const announced = size ?? array?.length;
      const sealed = async function* (): AsyncGenerator<Uint8Array> {
        yield* seal(await ring.newStart(), readBody(array ?? body, { size, signal }));
      };
      const info = await below.put(typeof key === "string" ? key : () => checkVisible(checkKey(key())), sealed, {
        ...rest,
        signal,
        ...(announced !== undefined && { size: ring.startSize + sealedSizeOf(announced) }),
      });
      return plainInfo(ring, info);
    },

    async delete(key, { signal } = {}) {
      checkVisible(checkKey(key));
      throwIfAborted(signal);
      await below.delete(key, { signal });
    },

    async *list(prefix, options = {}) {
      checkPrefix(prefix);
      const ring = await ringToRead(options.signal);
      if (ring === undefined) return;
      for await (const entry of visibleEntries(below, prefix, options))
        yield entry.prefix ? entry : plainInfo(ring, entry);
    },
  };
  return storeOver(below, store);
}

/** What is too short to be of this store has nothing in it, and can't be read. */
function plainInfo<T extends ObjectInfo>(ring: KeyRing, info: T): T {
  return { ...info, size: plainSizeOf(info.size - ring.startSize) ?? 0 };
}

function strange(what: string, cause: unknown): ModelkeepError {
  return new ModelkeepError(
    "no_identity",
    `${what} is encrypted, but to no key of this store: it was not written by it`,
    { cause },
  );
}
