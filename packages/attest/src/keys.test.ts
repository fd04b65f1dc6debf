import { createHash, generateKeyPairSync } from "node:crypto";

import { isModelkeepError } from "@modelkeep/core";
import { describe, expect, test } from "vitest";

import { keyAlgorithms } from "./key-algorithm.js";
import { generateKey, parsePrivateKey } from "./private-key.js";
import { parsePublicKey } from "./public-key.js";

const bytes = new TextEncoder().encode("weights");
const fails = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (isModelkeepError(error, "unusable_key")) return error.message;
    throw error;
  }
  throw new Error("it was accepted");
};

describe.each(keyAlgorithms)("%s", (algorithm) => {
  const pair = generateKey(algorithm);
  const privateKey = parsePrivateKey(pair.privateKeyPem);
  const publicKey = parsePublicKey(pair.publicKeyPem);

  test("signs what its public half accepts, and nothing else", () => {
    const attestation = privateKey.sign(bytes);
    expect(publicKey.verify(bytes, attestation)).toBe(true);
    expect(publicKey.verify(bytes.subarray(1), attestation)).toBe(false);
    for (let at = 0; at < attestation.length; at++) {
      const changed = Uint8Array.from(attestation, (byte, index) => (index === at ? byte ^ 1 : byte));
      expect(publicKey.verify(bytes, changed)).toBe(false);
    }
    expect(publicKey.verify(bytes, new Uint8Array(0))).toBe(false);
    expect(parsePublicKey(generateKey(algorithm).publicKeyPem).verify(bytes, attestation)).toBe(false);
  });

  test("is named by the SHA-256 of its public PEM", () => {
    expect(pair.publicKeyPem.endsWith("-----\n")).toBe(true);
    expect(publicKey.keyId).toBe(createHash("sha256").update(pair.publicKeyPem).digest("hex"));
    expect(privateKey).toMatchObject({ algorithm, keyId: publicKey.keyId, publicKeyPem: pair.publicKeyPem });
  });

  test("has one identity, however its PEM is spelt", () => {
    const spelt = `\n${pair.publicKeyPem.trimEnd().replaceAll("\n", "\r\n")}\r\n\r\n`;
    expect(parsePublicKey(spelt)).toMatchObject({ keyId: publicKey.keyId, pem: pair.publicKeyPem });
  });
});

test("a compressed point is the same key", () => {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x, y } = publicKey.export({ format: "jwk" });
  const sign = Buffer.from(y!, "base64url").at(-1)! & 1 ? 3 : 2;
  const head = Buffer.from("3039301306072a8648ce3d020106082a8648ce3d030107032200", "hex");
  const der = Buffer.concat([head, Buffer.of(sign), Buffer.from(x!, "base64url")]).toString("base64");
  const pem = publicKey.export({ type: "spki", format: "pem" }) as string;
  expect(parsePublicKey(`-----BEGIN PUBLIC KEY-----\n${der}\n-----END PUBLIC KEY-----\n`).pem).toBe(pem);
});

test("a curve spelt out is the curve that it spells", () => {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256", paramEncoding: "explicit" });
  const spelt = publicKey.export({ type: "spki", format: "pem" }) as string;
  const { pem, algorithm } = parsePublicKey(spelt);
  expect(algorithm).toBe("ecdsa-p256");
  expect(pem.length).toBeLessThan(spelt.length);
});

test("keys in SEC 1, behind their parameters, and encrypted", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const sec1 = privateKey.export({ type: "sec1", format: "pem" }) as string;
  const { keyId } = parsePrivateKey(sec1);
  const parameters = "-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n";
  expect(parsePrivateKey(parameters + sec1).keyId).toBe(keyId);
  const locked = privateKey.export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: "hush",
  }) as string;
  expect(parsePrivateKey(locked, { passphrase: "hush" }).keyId).toBe(keyId);
  expect(fails(() => parsePrivateKey(locked))).toContain("passphrase");
  expect(fails(() => parsePrivateKey(locked, { passphrase: "wrong" }))).toContain("can't be read");
});

test("what is no usable key is refused", () => {
  const { privateKeyPem, publicKeyPem } = generateKey("ed25519");
  expect(fails(() => parsePublicKey(privateKeyPem))).toContain("PRIVATE KEY");
  expect(fails(() => parsePrivateKey(publicKeyPem))).toContain("PUBLIC KEY");
  expect(fails(() => parsePublicKey(publicKeyPem + publicKeyPem))).toContain("one block");
  expect(fails(() => parsePublicKey(`Ada's key\n${publicKeyPem}`))).toContain("beside");
  expect(fails(() => parsePublicKey(publicKeyPem.slice(0, 60)))).toContain("no block");
  expect(fails(() => parsePublicKey("x".repeat(300_000)))).toContain("characters");
  expect(fails(() => parsePublicKey(publicKeyPem.replace(/\n[^-]{8}/u, "\nAAAAAAAA")))).toContain("can't be read");

  const spki = { type: "spki", format: "pem" } as const;
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  expect(fails(() => parsePublicKey(rsa.publicKey.export(spki) as string))).toContain("rsa");
  expect(fails(() => parsePrivateKey(rsa.privateKey.export({ type: "pkcs8", format: "pem" }) as string))).toContain(
    "rsa",
  );
  const koblitz = generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey.export(spki) as string;
  expect(fails(() => parsePublicKey(koblitz))).toContain("secp256k1");
  expect(fails(() => parsePublicKey(generateKeyPairSync("x25519").publicKey.export(spki) as string))).toContain(
    "x25519",
  );
});
