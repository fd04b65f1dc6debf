import { collect, isModelkeepError, ModelkeepError, storedBytes, type Store } from "@modelkeep/core";

import { decryptAge, encryptAge } from "./age-file.js";
import { type KeyRing, loadKeyRing, type UnlockOptions } from "./key-ring.js";
import { type KeyRingDocument, nameOf, writeKeyRing } from "./key-ring-document.js";
import { isHidden, keyRingKey, readmeKey } from "./key-ring-keys.js";
import { type Identity, isPassphrase, newIdentity, type Recipient, recipientOf } from "./keys.js";
import { readme } from "./readme.js";

/** How an encrypted store is opened, and to whom it is encrypted while it is new. */
export interface EncryptionOptions extends UnlockOptions {
  /** Who can read the store. Default: whom the identities belong to. Only looked at while the store is new. */
  readonly recipients?: readonly Recipient[] | undefined;
}

/** The ring of a store, made where the store is new. */
export async function ensureKeyRing(store: Store, options: EncryptionOptions, signal?: AbortSignal): Promise<KeyRing> {
  const there = await loadKeyRing(store, options, signal);
  if (there !== undefined) return there;
  if (options.storeKey !== undefined)
    throw new ModelkeepError(
      "not_found",
      `[${store.name}] There is no key ring, and one with ${options.storeKey} was expected: another store is meant, or this one was emptied`,
    );
  await refusePlainObjects(store, options, signal);
  const recipients = options.recipients ?? (await Promise.all(options.identities.map(ownRecipient)));
  const { identity } = await newIdentity({ postQuantum: recipients.every(isPostQuantum) });
  const document = { identities: [identity], recipients: recipients.map(nameOf) };
  await putKeyRing(store, 1, document, { identities: options.identities, recipients }, signal);
  await putIfAbsent(store, readmeKey, new TextEncoder().encode(readme), signal);
  // Perhaps it is another one that was there first.
  const made = await loadKeyRing(store, options, signal);
  if (made !== undefined) return made;
  throw new ModelkeepError("conflict", `[${store.name}] The key ring was removed while the store was set up`);
}

/** Nothing is encrypted beside what is not, and nothing that is not is taken for an encrypted store's. */
export async function refusePlainObjects(store: Store, options: UnlockOptions, signal?: AbortSignal): Promise<void> {
  for await (const { key } of store.list("", { signal })) {
    if (isHidden(key)) continue;
    // Somebody may have set it up meanwhile, and have written already.
    if ((await loadKeyRing(store, options, signal)) !== undefined) return;
    throw new ModelkeepError(
      "not_encrypted",
      `[${store.name}] The store holds objects, such as ${key}, and no key ring: it is not encrypted. Copy it into an empty store that is`,
    );
  }
}

/** Writes a ring under its number, unless there is one. A ring that its writer could not open is not written. */
export async function putKeyRing(
  store: Store,
  number: number,
  document: KeyRingDocument,
  { identities, recipients }: { readonly identities: readonly Identity[]; readonly recipients: readonly Recipient[] },
  signal?: AbortSignal,
): Promise<void> {
  if (!store.supports.putIfAbsent)
    throw new ModelkeepError(
      "unsupported",
      `[${store.name}] Encryption needs a store that can put only if absent: two that set it up at once would lose what one of them wrote`,
    );
  const text = new TextEncoder().encode(await writeKeyRing(document));
  const bytes = await collect(encryptAge(() => storedBytes(text).stream(), { recipients })());
  try {
    await decryptAge(storedBytes(bytes, "The new key ring"), { identities });
  } catch (cause) {
    if (!isModelkeepError(cause, "no_identity")) throw cause;
    throw new ModelkeepError(
      "invalid_input",
      "None of the identities belongs to one of the recipients: whoever writes the store's key ring must be able to read it",
      { cause },
    );
  }
  await putIfAbsent(store, keyRingKey(number), bytes, signal);
}

/** What is there is read afterwards, in any case. */
async function putIfAbsent(store: Store, key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
  try {
    await store.put(key, bytes, { if: "absent", signal });
  } catch (error) {
    if (!isModelkeepError(error, "already_exists") && !isModelkeepError(error, "unknown_outcome")) throw error;
  }
}

async function ownRecipient(identity: Identity): Promise<Recipient> {
  if (typeof identity === "string") return recipientOf(identity);
  if (isPassphrase(identity)) return identity;
  throw new ModelkeepError("invalid_input", "Name the recipients: they do not follow from an identity of this kind");
}

function isPostQuantum(recipient: Recipient): boolean {
  return typeof recipient === "string" && recipient.startsWith("age1pq1");
}
