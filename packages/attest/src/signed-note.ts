import { createHasher, digestHex, ModelkeepError } from "@modelkeep/core";

import { fromBase64, toBase64 } from "./base64.js";
import type { PrivateKey } from "./private-key.js";
import { parsePublicKey, type PublicKey } from "./public-key.js";

/** Whose notes are believed: an Ed25519 key under the name that stands in the note. */
export interface NoteVerifier {
  readonly name: string;
  readonly key: PublicKey;
}

/** What `openNote` gives: the text of a note, and who signed it. */
export interface OpenedNote {
  /** With its final line feed. */
  readonly text: string;
  /** Names of the keys that signed it and are trusted: at least one. */
  readonly signedBy: readonly string[];
}

const ed25519 = 0x01;
/** Bytes before the 32 of a key in SPKI: they say that it is Ed25519 (RFC 8410). */
const spkiHead = "MCowBQYDK2VwAyEA";
const noteLimit = 16 << 20;
const mostSignatures = 64;
const encoder = new TextEncoder();

/** Text with a signature below it: https://c2sp.org/signed-note, by Ed25519. */
export function signNote(text: string, name: string, key: PrivateKey): string {
  checkKeyName(name);
  checkText(text);
  if (!text.endsWith("\n")) throw new TypeError("The text of a note ends with a line feed");
  const id = keyHash(name, rawKey(parsePublicKey(key.publicKeyPem)));
  const signature = key.sign(encoder.encode(text));
  return `${text}\n\u2014 ${name} ${toBase64(Uint8Array.of(...id, ...signature))}\n`;
}

/**
 * The text of a note, if a key that is trusted signed it; else `note_untrusted`. Signatures by other keys are passed over, but
 * one that claims to be by a trusted key must be.
 */
export function openNote(note: string, verifiers: readonly NoteVerifier[]): OpenedNote {
  if (note.length > noteLimit) throw malformed(`has more than ${noteLimit} characters`);
  checkText(note);
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n")) throw malformed("has no signatures below its text");
  const text = note.slice(0, end + 1);
  const lines = note.slice(end + 2, -1).split("\n");
  if (lines.length > mostSignatures) throw malformed(`has more than ${mostSignatures} signatures`);
  const known = verifiers.map(({ name, key }) => ({ name, key, id: keyHash(checkKeyName(name), rawKey(key)) }));
  const signedBy = lines.flatMap((line) => {
    const { name, bytes } = readSignature(line);
    const verifier = known.find((each) => each.name === name && each.id.every((byte, index) => byte === bytes[index]));
    if (verifier === undefined) return [];
    if (!verifier.key.verify(encoder.encode(text), bytes.subarray(4)))
      throw untrusted(`The note was changed since ${name} signed it`);
    return [name];
  });
  if (signedBy.length === 0) {
    const names = verifiers.map(({ name }) => name).join(", ");
    throw untrusted(`The note is not signed by ${names === "" ? "anybody who is trusted" : names}`);
  }
  return { text, signedBy };
}

/** The verifier key as one line, "name+hash+key", as Go's note tools and witnesses take it. */
export function writeVerifierKey({ name, key }: NoteVerifier): string {
  const raw = rawKey(key);
  const hash = Array.from(keyHash(checkKeyName(name), raw), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${name}+${hash}+${toBase64(Uint8Array.of(ed25519, ...raw))}`;
}

/**
 * Reads `name+hash+key`, the one line that `writeVerifierKey` writes and the Go checksum database uses too
 * (https://c2sp.org/signed-note).
 * @throws `unusable_key` where it is none, its hash is wrong, or the key is not Ed25519
 */
export function parseVerifierKey(text: string): NoteVerifier {
  const [name = "", hash, ...rest] = text.trim().split("+");
  // base64 has "+" too.
  const bytes = fromBase64(rest.join("+"));
  const fault = () => new ModelkeepError("unusable_key", 'A verifier key is "name+hash+key" on one line, by Ed25519');
  if (bytes === undefined || bytes.length !== 33 || bytes[0] !== ed25519) throw fault();
  const pem = `-----BEGIN PUBLIC KEY-----\n${spkiHead}${toBase64(bytes.subarray(1))}\n-----END PUBLIC KEY-----\n`;
  const verifier = { name: checkKeyName(name), key: parsePublicKey(pem) };
  if (writeVerifierKey(verifier).split("+", 2)[1] !== hash) throw fault();
  return verifier;
}

function readSignature(line: string): { readonly name: string; readonly bytes: Uint8Array } {
  const [, name, base64] = /^\u2014 ([^\s+]+) (\S+)$/u.exec(line) ?? [];
  const bytes = fromBase64(base64);
  if (name === undefined || bytes === undefined || bytes.length <= 4)
    throw malformed("has a signature that is not one");
  return { name, bytes };
}

/** The first four bytes of the SHA-256 over name, line feed, type and key. */
function keyHash(name: string, raw: Uint8Array): Uint8Array {
  const hasher = createHasher();
  hasher.update(encoder.encode(`${name}\n`));
  hasher.update(Uint8Array.of(ed25519, ...raw));
  return Uint8Array.from(digestHex(hasher.digest()).slice(0, 8).match(/../gu)!, (byte) => Number.parseInt(byte, 16));
}

function rawKey({ algorithm, pem }: PublicKey): Uint8Array {
  if (algorithm !== "ed25519")
    throw new ModelkeepError("unusable_key", `Notes are signed by Ed25519 keys, not by ${algorithm}`);
  return fromBase64(pem.split("\n")[1])!.subarray(-32);
}

function checkKeyName(name: string): string {
  if (/^[^\s+\p{Cc}]+$/u.test(name)) return name;
  throw new ModelkeepError("invalid_name", `A key's name has no spaces and no "+": ${JSON.stringify(name)}`);
}

function checkText(text: string): void {
  if (/[\u0000-\u0009\u000b-\u001f]/u.test(text) || !text.isWellFormed()) throw malformed("has control characters");
}

function malformed(message: string): ModelkeepError {
  return new ModelkeepError("malformed", `The note ${message}`);
}

function untrusted(message: string): ModelkeepError {
  return new ModelkeepError("note_untrusted", message);
}
