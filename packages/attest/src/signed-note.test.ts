import { isModelkeepError } from "@modelkeep/core";
import { expect, test } from "vitest";

import { generateKey, parsePrivateKey } from "./private-key.js";
import { parsePublicKey } from "./public-key.js";
import { openNote, parseVerifierKey, signNote, writeVerifierKey } from "./signed-note.js";

const pair = generateKey("ed25519");
const name = "example.org/registry";
const verifier = { name, key: parsePublicKey(pair.publicKeyPem) };
const text = "example.org/registry\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
const note = signNote(text, name, parsePrivateKey(pair.privateKeyPem));

function codeOf(act: () => unknown): string {
  try {
    act();
    return "ok";
  } catch (error) {
    if (isModelkeepError(error)) return error.code;
    throw error;
  }
}

test("Go's own example verifies: golang.org/x/mod/sumdb/note", () => {
  const key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
  const signed =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
  const peter = parseVerifierKey(key);
  expect(openNote(signed, [peter]).signedBy).toEqual(["PeterNeumann"]);
  expect(writeVerifierKey(peter)).toBe(key);
});

test("a note opens for who trusts its key", () => {
  expect(openNote(note, [verifier])).toEqual({ text, signedBy: [name] });
  expect(codeOf(() => openNote(note, []))).toBe("note_untrusted");
  expect(codeOf(() => openNote(note, [{ ...verifier, name: "example.org/other" }]))).toBe("note_untrusted");
  const other = parsePublicKey(generateKey("ed25519").publicKeyPem);
  expect(codeOf(() => openNote(note, [{ name, key: other }]))).toBe("note_untrusted");
});

test("every other signature is passed over, and every change is found", () => {
  const more = `${note}\u2014 witness.example/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEg==\n`;
  expect(openNote(more, [verifier]).signedBy).toEqual([name]);
  const bytes = Array.from(note);
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.with(at, bytes[at] === "A" ? "B" : "A").join("");
    expect(codeOf(() => openNote(changed, [verifier]))).not.toBe("ok");
    expect(codeOf(() => openNote(bytes.toSpliced(at, 1).join(""), [verifier]))).not.toBe("ok");
  }
});

test("what is no note, or no key for notes, is refused", () => {
  for (const bad of ["", "text\n", "text\n\n", "text\n\n- a b\n", "te\txt\n\n\u2014 a AAAAAAAA\n", note.trimEnd()])
    expect(codeOf(() => openNote(bad, [verifier]))).toBe("malformed");
  for (const bad of ["", "a+b", writeVerifierKey(verifier).replace("+", "+0"), "a+00000000+AA=="])
    expect(codeOf(() => parseVerifierKey(bad))).toMatch(/unusable_key|invalid_name/u);
  const ecdsa = parsePrivateKey(generateKey("ecdsa-p256").privateKeyPem);
  expect(codeOf(() => signNote(text, name, ecdsa))).toBe("unusable_key");
  expect(codeOf(() => signNote(text, "two words", parsePrivateKey(pair.privateKeyPem)))).toBe("invalid_name");
});
