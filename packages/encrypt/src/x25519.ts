import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { base64nopad, bech32 } from "@scure/base";
import { type Identity, type Recipient, Stanza } from "age-encryption";

import { hkdf } from "./hkdf.js";

/*
 * The X25519 recipients of age (https://age-encryption.org/v1, "The X25519 recipient type") with the cryptography of Node: an
 * object of a store is opened and sealed with one, and a registry has thousands.
 */

const label = "age-encryption.org/v1/X25519";
const cipher = "chacha20-poly1305";
const zeros = new Uint8Array(12);
/** What stands before the 32 bytes of a private key in DER (RFC 8410). */
const privatePrefix = Uint8Array.from([48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 110, 4, 34, 4, 32]);

export function x25519Recipient(text: string): Recipient {
  const theirs = decode(text, "age");
  const publicKey = importPublic(theirs);
  return {
    wrapFileKey(fileKey) {
      const ephemeral = generateKeyPairSync("x25519");
      const share = exportPublic(ephemeral.publicKey);
      const secret = diffieHellman({ privateKey: ephemeral.privateKey, publicKey });
      const sealing = createCipheriv(cipher, wrappingKey(secret, share, theirs), zeros, { authTagLength: 16 });
      const body = Buffer.concat([sealing.update(fileKey), sealing.final(), sealing.getAuthTag()]);
      return [new Stanza(["X25519", base64nopad.encode(share)], new Uint8Array(body))];
    },
  };
}

export function x25519Identity(text: string): Identity {
  const privateKey = importPrivate(text);
  const ours = exportPublic(createPublicKey(privateKey));
  return {
    unwrapFileKey(stanzas) {
      for (const { args, body } of stanzas) {
        if (args[0] !== "X25519") continue;
        const share = args.length === 2 ? base64nopad.decode(args[1]!) : new Uint8Array();
        if (share.length !== 32 || body.length !== 32) throw new Error("invalid X25519 stanza");
        // A share of low order has no secret, and is refused by what computes it.
        const secret = diffieHellman({ privateKey, publicKey: importPublic(share) });
        const fileKey = unwrap(wrappingKey(secret, share, ours), body);
        if (fileKey !== undefined) return fileKey;
      }
      return null;
    },
  };
}

/** The public key of an identity, "age1…". */
export function x25519RecipientOf(identity: string): string {
  return bech32.encodeFromBytes("age", exportPublic(createPublicKey(importPrivate(identity))));
}

function unwrap(key: Uint8Array, body: Uint8Array): Uint8Array | undefined {
  const opening = createDecipheriv(cipher, key, zeros, { authTagLength: 16 });
  opening.setAuthTag(body.subarray(16));
  const fileKey = opening.update(body.subarray(0, 16));
  try {
    opening.final();
  } catch {
    return undefined;
  }
  return new Uint8Array(fileKey);
}

function wrappingKey(secret: Uint8Array, share: Uint8Array, recipient: Uint8Array): Uint8Array {
  return hkdf(secret, Buffer.concat([share, recipient]), label);
}

function importPrivate(text: string): KeyObject {
  const key = Buffer.concat([privatePrefix, decode(text, "AGE-SECRET-KEY-")]);
  return createPrivateKey({ key, format: "der", type: "pkcs8" });
}

/** As a JSON Web Key: Node reads and writes these in a fraction of the time that DER takes. */
function importPublic(raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "X25519", x }, format: "jwk" });
}

function exportPublic(key: KeyObject): Uint8Array {
  return new Uint8Array(Buffer.from(key.export({ format: "jwk" }).x!, "base64url"));
}

function decode(text: string, expected: string): Uint8Array {
  const { prefix, bytes } = bech32.decodeToBytes(text);
  if (prefix.toLowerCase() !== expected.toLowerCase() || bytes.length !== 32) throw new Error("not an X25519 key");
  return bytes;
}
