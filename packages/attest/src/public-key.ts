import type { KeyObject } from "node:crypto";

import { digestHex, digestOf, ModelkeepError } from "@modelkeep/core";

import { algorithmOf, hashes, type KeyAlgorithm } from "./key-algorithm.js";
import { nodeCrypto } from "./node-crypto.js";
import { pemLabels } from "./pem.js";

/** A key that tells whose an attestation is, as `parsePublicKey` reads it. */
export interface PublicKey {
  /** Hex SHA-256 of `pem`, final line feed included: what the OpenSSF Model Signing tools call a key's hint. */
  readonly keyId: string;
  readonly algorithm: KeyAlgorithm;
  /** SPKI in PEM, in its one canonical form. */
  readonly pem: string;
  /** Whether the key's owner made this attestation of exactly these bytes. */
  verify(bytes: Uint8Array, attestation: Uint8Array): boolean;
}

/** Reads a `PUBLIC KEY` in PEM: EC on P-256, P-384 or P-521, or Ed25519. Anything else is `unusable_key`. */
export function parsePublicKey(pem: string): PublicKey {
  const labels = pemLabels(pem, "The public key");
  if (labels.length !== 1 || labels[0] !== "PUBLIC KEY")
    throw new ModelkeepError("unusable_key", `A public key is one block "PUBLIC KEY"; here is ${labels.join(", ")}`);
  return publicKeyOf(readKey(() => nodeCrypto().createPublicKey(pem), "public key"));
}

/** The public half of any key object. */
export function publicKeyOf(given: KeyObject): PublicKey {
  const algorithm = algorithmOf(given);
  // By way of JWK, which knows one spelling of a key: a compressed point would give the same key a second identity.
  const key = readKey(
    () => nodeCrypto().createPublicKey({ key: given.export({ format: "jwk" }), format: "jwk" }),
    "public key",
  );
  const pem = key.export({ type: "spki", format: "pem" }) as string;
  return {
    keyId: digestHex(digestOf(new TextEncoder().encode(pem))),
    algorithm,
    pem,
    verify: (bytes, attestation) =>
      nodeCrypto().verify(hashes[algorithm], bytes, { key, dsaEncoding: "der" }, attestation),
  };
}

export function readKey(read: () => KeyObject, what: string): KeyObject {
  try {
    return read();
  } catch (cause) {
    throw new ModelkeepError("unusable_key", `The ${what} can't be read: ${(cause as Error).message}`, { cause });
  }
}
