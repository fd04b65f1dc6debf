import { createHmac } from "node:crypto";

/** HKDF with SHA-256 (RFC 5869) for keys of 32 bytes, which are one step of it. Node's own sets much up for each call. */
export function hkdf(secret: Uint8Array, salt: Uint8Array, info: string): Uint8Array {
  const pseudoRandom = createHmac("sha256", salt).update(secret).digest();
  return new Uint8Array(createHmac("sha256", pseudoRandom).update(info).update(one).digest());
}

const one = Uint8Array.of(1);
