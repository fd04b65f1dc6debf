import type { KeyObject } from "node:crypto";

import { ModelkeepError } from "@modelkeep/core";

import { hashes, type KeyAlgorithm, keyAlgorithms } from "./key-algorithm.js";
import { nodeCrypto } from "./node-crypto.js";
import { pemLabels } from "./pem.js";
import { publicKeyOf, readKey } from "./public-key.js";

/** A key that makes attestations, as `parsePrivateKey` reads it. The secret itself stays inside. */
export interface PrivateKey {
  /** Of its public half. */
  readonly keyId: string;
  readonly algorithm: KeyAlgorithm;
  readonly publicKeyPem: string;
  /** An attestation of these bytes: ECDSA in DER, or the 64 bytes of Ed25519. */
  sign(bytes: Uint8Array): Uint8Array;
}

/** How `parsePrivateKey` opens a key. */
export interface PrivateKeyOptions {
  /** Of an encrypted key. */
  readonly passphrase?: string | undefined;
}

const accepted = new Set(["PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]);

/** Reads a private key in PEM (PKCS #8 or SEC 1): EC on P-256, P-384 or P-521, or Ed25519. Anything else is `unusable_key`. */
export function parsePrivateKey(pem: string, { passphrase }: PrivateKeyOptions = {}): PrivateKey {
  // `openssl ecparam -genkey` writes the name of the curve in a block before the key.
  const labels = pemLabels(pem, "The private key").filter((label) => label !== "EC PARAMETERS");
  if (labels.length !== 1 || !accepted.has(labels[0]!))
    throw new ModelkeepError("unusable_key", `A private key is one block "PRIVATE KEY"; here is ${labels.join(", ")}`);
  if (labels[0] === "ENCRYPTED PRIVATE KEY" && passphrase === undefined)
    throw new ModelkeepError("unusable_key", "The private key is encrypted: give its passphrase");
  const options = { key: pem, format: "pem", ...(passphrase !== undefined && { passphrase }) } as const;
  return privateKeyOf(readKey(() => nodeCrypto().createPrivateKey(options), "private key"));
}

/** A new key, as PEM to keep in two files. */
export function generateKey(algorithm: KeyAlgorithm = "ecdsa-p256"): {
  readonly privateKeyPem: string;
  readonly publicKeyPem: string;
} {
  if (!keyAlgorithms.includes(algorithm))
    throw new ModelkeepError(
      "invalid_input",
      `Keys are made for ${keyAlgorithms.join(", ")}, not for ${JSON.stringify(algorithm)}`,
    );
  const { generateKeyPairSync } = nodeCrypto();
  const { privateKey } =
    algorithm === "ed25519"
      ? generateKeyPairSync("ed25519")
      : generateKeyPairSync("ec", { namedCurve: algorithm.replace("ecdsa-p", "P-") });
  return {
    privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    publicKeyPem: privateKeyOf(privateKey).publicKeyPem,
  };
}

function privateKeyOf(key: KeyObject): PrivateKey {
  const { keyId, algorithm, pem } = publicKeyOf(nodeCrypto().createPublicKey(key));
  return {
    keyId,
    algorithm,
    publicKeyPem: pem,
    sign: (bytes) => new Uint8Array(nodeCrypto().sign(hashes[algorithm], bytes, { key, dsaEncoding: "der" })),
  };
}
