import { ModelkeepError, type Store } from "@modelkeep/core";

import { describe, type KeyRingInfo, loadKeyRing, type UnlockOptions } from "./key-ring.js";
import { nameOf } from "./key-ring-document.js";
import { keyRingNumber, keyRingPrefix } from "./key-ring-keys.js";
import { newIdentity, type Recipient } from "./keys.js";
import { putKeyRing } from "./set-up.js";

/** Who could read a store until now, and who can from now on. */
export interface RotateOptions extends UnlockOptions {
  /** Who can read from now on: all of them. */
  readonly recipients: readonly Recipient[];
  /**
   * Gives the store a new key for what is written from now on. Default: when somebody can no longer read who could, for he knows
   * the old one. What was written before stays readable with the old one, which stays in the ring.
   */
  readonly renew?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Who can read the store below an encrypted one; `undefined` when it has no key ring. */
export async function describeKeyRing(
  store: Store,
  options: UnlockOptions & { readonly signal?: AbortSignal | undefined },
): Promise<KeyRingInfo | undefined> {
  const ring = await loadKeyRing(store, options, options.signal);
  return ring && describe(ring);
}

/**
 * Encrypts the key ring of a store to other recipients: nothing else is touched, whatever the store holds. `store` is the one
 * below, not the encrypted one. Of two that rotate at once the second goes on from what the first has made.
 */
export async function rotate(
  store: Store,
  options: RotateOptions,
): Promise<KeyRingInfo & { readonly renewed: boolean }> {
  const { identities, recipients, signal } = options;
  for (;;) {
    const ring = await loadKeyRing(store, options, signal);
    if (ring === undefined)
      throw new ModelkeepError("not_found", `[${store.name}] There is no key ring: the store is not encrypted`);
    const names = recipients.map(nameOf);
    const renewed =
      options.renew ?? !ring.document.recipients.every((former) => names.includes(former) && former.startsWith("age1"));
    const postQuantum = ring.publicKey.startsWith("age1pq1");
    const fresh = renewed ? [(await newIdentity({ postQuantum })).identity] : [];
    const document = { identities: [...fresh, ...ring.document.identities], recipients: names };
    await putKeyRing(store, ring.number + 1, document, { identities, recipients }, signal);
    const now = await loadKeyRing(store, options, signal);
    if (
      now?.document.identities.join() !== document.identities.join() ||
      now.document.recipients.join() !== names.join()
    )
      continue;
    await removeOlder(store, now.number, signal);
    return { ...describe(now), renewed };
  }
}

async function removeOlder(store: Store, number: number, signal: AbortSignal | undefined): Promise<void> {
  for await (const { key } of store.list(keyRingPrefix, { signal }))
    if ((keyRingNumber(key) ?? number) < number) await store.delete(key);
}
