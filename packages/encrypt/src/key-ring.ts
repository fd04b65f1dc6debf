import { type CallOptions, collect, ModelkeepError, type Store } from "@modelkeep/core";

import { decryptAge } from "./age-file.js";
import { nonceSize, payloadKey } from "./chunks.js";
import { headerOpener, type Start, startMaker } from "./header.js";
import { type KeyRingDocument, readKeyRing } from "./key-ring-document.js";
import { keyRingKey, keyRingNumber, keyRingPrefix } from "./key-ring-keys.js";
import { type Identity, recipientOf } from "./keys.js";

/** The identities of a store, unlocked. */
export interface KeyRing {
  /** Each new ring has a higher one. */
  readonly number: number;
  readonly document: KeyRingDocument;
  /** "age1…": what new objects are encrypted to. */
  readonly publicKey: string;
  /** Of every object: the header for one recipient, whose kind never changes, and the nonce. */
  readonly startSize: number;
  newStart(): Promise<Start>;
  /** The key of an object's payload, from its first `startSize` bytes. */
  unlock(start: Uint8Array, what: string): Promise<Uint8Array>;
}

/** Who opens a store, and which store it must be. */
export interface UnlockOptions {
  readonly identities: readonly Identity[];
  /**
   * A public key of the store, "age1…". A ring that does not hold its identity is refused as `tampered`: nobody who could not
   * read the store before can put a ring of his own in its place.
   */
  readonly storeKey?: string | undefined;
  /** Told of each ring that is read, and was not refused: for whoever remembers the keys of stores. */
  readonly opened?: ((ring: KeyRingInfo) => void) | undefined;
}

/** What can be told of a store's keys without a secret in it. */
export interface KeyRingInfo {
  /** "age1…": what new objects are encrypted to, and what `storeKey` may be. */
  readonly storeKey: string;
  /** Who can read, by their public keys. */
  readonly recipients: readonly string[];
  /** How many keys the store has had. */
  readonly keys: number;
}

/** What may be told of a ring. */
export function describe({ publicKey, document }: KeyRing): KeyRingInfo {
  return { storeKey: publicKey, recipients: document.recipients, keys: document.identities.length };
}

const limit = 1 << 20;

/** Whether a store has a key ring, so that it is one below an encrypted store. Nothing is unlocked for it. */
export async function hasKeyRing(store: Store, { signal }: CallOptions = {}): Promise<boolean> {
  return (await lastNumber(store, signal)) !== undefined;
}

/** The ring with the highest number; `undefined` when the store has none. */
export async function loadKeyRing(
  store: Store,
  { identities, storeKey, opened }: UnlockOptions,
  signal?: AbortSignal,
): Promise<KeyRing | undefined> {
  for (;;) {
    const number = await lastNumber(store, signal);
    if (number === undefined) return undefined;
    const object = await store.get(keyRingKey(number), { signal });
    // A newer one has taken its place meanwhile.
    if (object === undefined) continue;
    const what = `[${store.name}] The key ring ${keyRingKey(number)}`;
    if (object.info.size > limit) throw new ModelkeepError("malformed", `${what} has more than ${limit} bytes`);
    const plain = await decryptAge(object, { identities, what });
    const document = readKeyRing(new TextDecoder().decode(await collect(plain.stream({ signal }))), what);
    if (document === undefined)
      throw new ModelkeepError(
        "unknown_format_version",
        `${what} is of a format that this library does not know: install a newer one`,
      );
    if (storeKey !== undefined) await checkStoreKey(document, storeKey, what);
    const ring = await openKeyRing(number, document);
    opened?.(describe(ring));
    return ring;
  }
}

async function lastNumber(store: Store, signal: AbortSignal | undefined): Promise<number | undefined> {
  let last: number | undefined;
  for await (const { key } of store.list(keyRingPrefix, { signal })) last = keyRingNumber(key) ?? last;
  return last;
}

async function openKeyRing(number: number, document: KeyRingDocument): Promise<KeyRing> {
  const publicKey = await recipientOf(document.identities[0]!);
  const newStart = startMaker([publicKey]);
  const open = headerOpener(document.identities);
  return {
    number,
    document,
    publicKey,
    startSize: (await newStart()).bytes.length,
    newStart,
    unlock: async (start, what) =>
      payloadKey(await open(start.subarray(0, -nonceSize), what), start.subarray(-nonceSize)),
  };
}

async function checkStoreKey({ identities }: KeyRingDocument, storeKey: string, what: string): Promise<void> {
  for (const identity of identities) if ((await recipientOf(identity)) === storeKey) return;
  throw new ModelkeepError(
    "tampered",
    `${what} does not hold the identity of ${storeKey}: another store is meant, or somebody has put a key ring of his own in its place`,
    { details: { storeKey } },
  );
}
