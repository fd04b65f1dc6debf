import {
  type Digest,
  encoded,
  isModelkeepError,
  ModelkeepError,
  type Payload,
  type Store,
  verifiedPayload,
} from "@modelkeep/core";

import { archivedKey, claimArchive, type Place, placeOf } from "./archives.js";
import { blobsOf, condemnedKeys, eachOf, encodingOfKey, isMoved, withEncoding } from "./blobs.js";
import type { Context } from "./context.js";
import { blobKey } from "./keys.js";
import { ulid } from "./ulid.js";

/** Where files go: an archive, a storage class of the registry's store, or back to where new versions lie. */
export interface Target {
  readonly archive?: string | undefined;
  readonly storageClass?: string | undefined;
}

/** A payload of a version: its digest is known. */
export type Placed = Payload & { readonly digest: Digest };

/** A payload with its new place. */
export interface Moving {
  readonly payload: Placed;
  /** What is given up once the new place is sure. */
  readonly before: readonly string[];
  key: string;
}

/** Brings the bytes of payloads to where they go, and reads them back. */
export class Carrier {
  readonly #context: Context;
  readonly #store: Store;
  readonly #target: Target;
  readonly #signal: AbortSignal | undefined;

  static async to(context: Context, target: Target, signal: AbortSignal | undefined): Promise<Carrier> {
    const store = target.archive === undefined ? context.store : await claimArchive(context, target.archive);
    return new Carrier(context, store, target, signal);
  }

  private constructor(context: Context, store: Store, target: Target, signal: AbortSignal | undefined) {
    this.#context = context;
    this.#store = store;
    this.#target = target;
    this.#signal = signal;
  }

  /** Bytes that an earlier move brought there: markers were looked at before, as for every key that is used again. */
  async alreadyThere(
    payload: Placed,
    before: readonly string[],
    condemned: ReadonlySet<string>,
  ): Promise<string | undefined> {
    const { archive, storageClass } = this.#target;
    for (const info of await blobsOf(this.#store, payload.digest, encodingOf(before))) {
      const key = this.#keyOf(info.key);
      const inPlace = storageClass === undefined ? !isMoved(this.#store, info) : info.storageClass === storageClass;
      const fits = archive !== undefined || inPlace;
      if (!fits || condemned.has(key) || !(await reads(payload, { store: this.#store, key: info.key }))) continue;
      return key;
    }
    return undefined;
  }

  /** Puts the bytes under a new key, and reads them back. */
  async send(payload: Placed, before: readonly string[]): Promise<string> {
    const [store, signal] = [this.#store, this.#signal];
    const encoding = encodingOf(before);
    const key = blobKey(payload.digest, withEncoding(ulid(this.#context.clock()), encoding));
    const open = () => payload.stream({ signal });
    await store.put(key, encoding === undefined ? open : encoded(open, encoding), {
      size: encoding === undefined ? payload.size : undefined,
      storageClass: this.#target.storageClass,
      signal,
    });
    if (!(await reads(payload, { store, key })))
      throw new ModelkeepError("io_error", `[${store.name}] ${key} does not come back as it was written: try again`);
    return this.#keyOf(key);
  }

  /** Looks at the markers and then at the keys, as a save does before it is acknowledged; true if anything was sent anew. */
  async sendAgain(moving: readonly Moving[]): Promise<boolean> {
    const condemned = await condemnedKeys(this.#context.store);
    const sent = await eachOf(moving, 16, async (each) => {
      const place = placeOf(this.#context, each.key);
      const there = place !== undefined && (await place.store.head(place.key)) !== undefined;
      if (there && !condemned.has(each.key)) return false;
      each.key = await this.send(each.payload, each.before);
      return true;
    });
    return sent.includes(true);
  }

  #keyOf(key: string): string {
    return this.#target.archive === undefined ? key : archivedKey(this.#target.archive, key);
  }
}

/** Bytes are carried as they lie. */
function encodingOf(before: readonly string[]) {
  return before.length === 0 ? undefined : encodingOfKey(before.at(-1)!);
}

/** Reads what was put, down to its digest. What a storage class lets nobody read at once is held to its size. */
async function reads({ path, role, mediaType, size, digest }: Placed, { store, key }: Place): Promise<boolean> {
  const encoding = encodingOfKey(key);
  const facts = { path, role, mediaType, size, digest, ...(encoding !== undefined && { encoding }) };
  const info = await store.head(key);
  if (info === undefined || (encoding === undefined && info.size !== size)) return false;
  try {
    for await (const _ of verifiedPayload(facts, () => store.get(key)).stream());
    return true;
  } catch (error) {
    if (isModelkeepError(error, "archived")) return true;
    if (["not_found", "digest_mismatch", "size_mismatch"].some((code) => isModelkeepError(error, code))) return false;
    throw error;
  }
}
