import type { KeyObject } from "node:crypto";

import { ModelkeepError } from "@modelkeep/core";

/** What signs: ECDSA with the hash that belongs to the curve and signatures in DER, or Ed25519. */
export type KeyAlgorithm = "ecdsa-p256" | "ecdsa-p384" | "ecdsa-p521" | "ed25519";

const curves: Readonly<Record<string, KeyAlgorithm>> = {
  prime256v1: "ecdsa-p256",
  secp384r1: "ecdsa-p384",
  secp521r1: "ecdsa-p521",
};

/** By algorithm, what node:crypto is told to hash with; Ed25519 hashes by itself. */
export const hashes: Readonly<Record<KeyAlgorithm, string | null>> = {
  "ecdsa-p256": "sha256",
  "ecdsa-p384": "sha384",
  "ecdsa-p521": "sha512",
  ed25519: null,
};

/** Every kind of key that `generateKey` makes and both parsers read. */
export const keyAlgorithms = Object.keys(hashes) as readonly KeyAlgorithm[];

/** The algorithm of a key, or `unusable_key` for what signs nothing here: RSA, other curves. */
export function algorithmOf(key: KeyObject): KeyAlgorithm {
  const type = key.asymmetricKeyType;
  const curve = key.asymmetricKeyDetails?.namedCurve;
  const found = type === "ed25519" ? type : type === "ec" ? curves[curve ?? ""] : undefined;
  if (found !== undefined) return found;
  const kind = type === "ec" ? `an EC key on the curve ${curve ?? "of its own"}` : `a key of the kind ${type}`;
  throw new ModelkeepError("unusable_key", `It is ${kind}; use an EC key on P-256, P-384 or P-521, or an Ed25519 key`);
}
