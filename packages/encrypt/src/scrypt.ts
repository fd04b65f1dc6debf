import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { base64nopad } from "@scure/base";
import { type Identity, type Recipient, Stanza } from "age-encryption";

/*
 * The passphrases of age (https://age-encryption.org/v1, "The scrypt recipient type"), derived in Node's threads: the
 * process goes on meanwhile.
 */

const label = "age-encryption.org/v1/scrypt";
const cipher = "chacha20-poly1305";
const zeros = new Uint8Array(12);
/** A stranger's file must not make us work for longer: 2^20 is some seconds and a GiB. */
const mostWork = 20;

export function scryptRecipient(passphrase: string, workFactor = 18): Recipient {
  if (!Number.isInteger(workFactor) || workFactor < 1 || workFactor > mostWork)
    throw new TypeError(`A work factor is a whole number from 1 to ${mostWork}, not ${workFactor}`);
  return {
    async wrapFileKey(fileKey) {
      const salt = randomBytes(16);
      const sealing = createCipheriv(cipher, await derive(passphrase, salt, workFactor), zeros, { authTagLength: 16 });
      const body = Buffer.concat([sealing.update(fileKey), sealing.final(), sealing.getAuthTag()]);
      return [new Stanza(["scrypt", base64nopad.encode(salt), String(workFactor)], new Uint8Array(body))];
    },
  };
}

export function scryptIdentity(passphrase: string): Identity {
  return {
    async unwrapFileKey(stanzas) {
      const stanza = stanzas.find(({ args }) => args[0] === "scrypt");
      if (stanza === undefined) return null;
      if (stanzas.length > 1) throw new Error("a passphrase beside other recipients");
      const [, salt, factor, ...more] = stanza.args;
      if (salt === undefined || factor === undefined || more.length > 0 || !/^[1-9]\d?$/u.test(factor))
        throw new Error("invalid scrypt stanza");
      if (Number(factor) > mostWork) throw new Error(`scrypt work factor ${factor} is more than ${mostWork}`);
      const bytes = base64nopad.decode(salt);
      if (bytes.length !== 16 || stanza.body.length !== 32) throw new Error("invalid scrypt stanza");
      const opening = createDecipheriv(cipher, await derive(passphrase, bytes, Number(factor)), zeros, {
        authTagLength: 16,
      });
      opening.setAuthTag(stanza.body.subarray(16));
      const fileKey = opening.update(stanza.body.subarray(0, 16));
      try {
        opening.final();
      } catch {
        return null;
      }
      return new Uint8Array(fileKey);
    },
  };
}

function derive(passphrase: string, salt: Uint8Array, workFactor: number): Promise<Uint8Array> {
  const [N, r] = [2 ** workFactor, 8];
  return new Promise((resolve, reject) => {
    const salted = Buffer.concat([Buffer.from(label), salt]);
    scrypt(passphrase, salted, 32, { N, r, p: 1, maxmem: 128 * r * (N + 8) }, (error, key) => {
      if (error === null) resolve(new Uint8Array(key));
      else reject(error);
    });
  });
}
