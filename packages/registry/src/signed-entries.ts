import {
  fromBase64,
  parsePrivateKey,
  parsePublicKey,
  preAuthentication,
  type PrivateKey,
  type PublicKey,
  toBase64,
} from "@modelkeep/attest";
import type { Digest } from "@modelkeep/core";

import type { Actor, Entry, SignedText, SignText } from "./entry.js";
import { personText } from "./person.js";
import type { Signer, SignerRing } from "./record.js";

/** What signs entries: a private key, in PEM or read. */
export type EntryKey = string | PrivateKey;

/** The type of payload that keys attest, so that an attestation of anything else never passes for one of an entry. */
const payloadType = "application/vnd.modelkeep.log-entry+json";
const encoder = new TextEncoder();

/** The bytes that are signed: the pre-authentication encoding of DSSE, version 1. */
export function signedBytes(text: string): Uint8Array {
  return preAuthentication(encoder.encode(text), payloadType);
}

export function readEntryKey(key: EntryKey): PrivateKey {
  return typeof key === "string" ? parsePrivateKey(key) : key;
}

export function signWith(key: PrivateKey): SignText {
  return (text) => ({ keyId: key.keyId, value: toBase64(key.sign(signedBytes(text))) });
}

/** Why an entry does not count where entries are signed; `undefined` when its actor's key has signed it. */
export function signatureFault({ signers }: Pick<SignerRing, "signers">, entry: Entry): string | undefined {
  const { body, signed } = entry;
  if (signed === undefined) return "is not signed, and only signed entries count here";
  const signer = signers.get(signed.keyId);
  if (signer === undefined)
    return `is signed by the key ${signed.keyId.slice(0, 12)}…, which is none of those that count here`;
  if (!sameActor(signer.actor, body.actor))
    return `is said to be by ${personText(body.actor)}, but signed by the key of ${personText(signer.actor)}`;
  return isGenuine(signer, signed, entry.digest)
    ? undefined
    : "has an attestation that the key did not make of these bytes";
}

/** Letter by letter: what a key stands for is not a matter of spelling. */
export function sameActor(a: Actor, b: Actor): boolean {
  return a.name === b.name && a.email === b.email;
}

/** An attestation is judged once in a process, however often a history is folded. */
const judged = new Map<Digest, boolean>();
const kept = 65_536;

function isGenuine({ key }: Signer, { value, text }: SignedText, digest: Digest): boolean {
  // The digest is of the attestation and of the key's id, too.
  let genuine = judged.get(digest);
  if (genuine === undefined) {
    genuine = publicKey(key).verify(signedBytes(text), fromBase64(value) ?? new Uint8Array());
    if (judged.size >= kept) judged.clear();
    judged.set(digest, genuine);
  }
  return genuine;
}

const publicKeys = new Map<string, PublicKey>();

export function publicKey(pem: string): PublicKey {
  let key = publicKeys.get(pem);
  if (key === undefined) {
    key = parsePublicKey(pem);
    if (publicKeys.size >= 4096) publicKeys.clear();
    publicKeys.set(pem, key);
  }
  return key;
}
