import { ModelkeepError } from "@modelkeep/core";
import * as age from "age-encryption";

import { scryptIdentity, scryptRecipient } from "./scrypt.js";
import { x25519Identity, x25519Recipient, x25519RecipientOf } from "./x25519.js";

/** Who may read: "age1…" (also post-quantum, "age1pq1…"), a passphrase, or what wraps file keys in a way of its own. */
export type Recipient = string | Passphrase | age.Recipient;

/** What reads: "AGE-SECRET-KEY-1…" (also "AGE-SECRET-KEY-PQ-1…"), a passphrase, or what unwraps file keys elsewhere. */
export type Identity = string | Passphrase | age.Identity;

/** A passphrase in the place of a key, as age's `-p` takes it. It can be guessed at as fast as `workFactor` allows. */
export interface Passphrase {
  readonly passphrase: string;
  /** Of scrypt when encrypting, as a power of two. Default 18: about a second for each guess. */
  readonly workFactor?: number;
}

/** A new identity, and the recipient to give to everybody who encrypts for it. */
export async function newIdentity({ postQuantum = false } = {}): Promise<{ identity: string; recipient: string }> {
  const identity = await (postQuantum ? age.generateHybridIdentity() : age.generateX25519Identity());
  return { identity, recipient: await recipientOf(identity) };
}

/**
 * The recipient of an identity.
 * @throws `invalid_input` where it is no identity
 */
export async function recipientOf(identity: string): Promise<string> {
  try {
    return isClassic(identity) ? x25519RecipientOf(identity) : await age.identityToRecipient(identity);
  } catch {
    throw wrongIdentity();
  }
}

/** The identities in a file as `age-keygen` writes it: one a line, comments after "#". */
export function parseIdentities(text: string, what = "The identity file"): string[] {
  const lines = text
    .split(/\r?\n/u)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const wrong = lines.findIndex((line) => !/^AGE-SECRET-KEY-(PQ-)?1[0-9A-Z]+$/u.test(line));
  // The line may be a secret after all: it is not repeated.
  if (wrong >= 0) throw invalid(`${what}: entry ${wrong + 1} is no identity of age (AGE-SECRET-KEY-1…)`);
  if (lines.length === 0) throw invalid(`${what} holds no identity: "age-keygen -o FILE" makes one`);
  return lines;
}

export function isPassphrase(key: Recipient | Identity): key is Passphrase {
  return typeof key === "object" && "passphrase" in key;
}

/** Recipients as the library takes them, or `invalid_input`. A passphrase stands alone: the format has it so. */
export function wrappersOf(recipients: readonly Recipient[]): (string | age.Recipient)[] {
  if (recipients.length === 0) throw invalid("There is nobody to encrypt to: name at least one recipient");
  if (recipients.some(isPassphrase) && recipients.length > 1)
    throw invalid("A passphrase is a file's only recipient: take either recipients or one passphrase");
  return recipients.map((recipient) => {
    if (isPassphrase(recipient)) return scryptRecipient(checkedPassphrase(recipient), recipient.workFactor);
    try {
      const wrapper = isClassicRecipient(recipient) ? x25519Recipient(recipient) : recipient;
      new age.Encrypter().addRecipient(wrapper);
      return wrapper;
    } catch {
      throw wrongRecipient(recipient);
    }
  });
}

/** Identities as the library takes them, or `invalid_input`. */
export function unwrappersOf(identities: readonly Identity[]): (string | age.Identity)[] {
  return identities.map((identity) => {
    if (isPassphrase(identity)) return scryptIdentity(checkedPassphrase(identity));
    try {
      const unwrapper = isClassic(identity) ? x25519Identity(identity) : identity;
      new age.Decrypter().addIdentity(unwrapper);
      return unwrapper;
    } catch {
      throw wrongIdentity();
    }
  });
}

function isClassic(identity: Identity): identity is string {
  return typeof identity === "string" && identity.startsWith("AGE-SECRET-KEY-1");
}

/** "age1" and no other "1": with more of them it is of another kind, such as "age1pq1". */
function isClassicRecipient(recipient: Recipient): recipient is string {
  return typeof recipient === "string" && /^age1[^1]*$/u.test(recipient);
}

function checkedPassphrase({ passphrase }: Passphrase): string {
  if (passphrase === "") throw invalid("The passphrase is empty");
  return passphrase;
}

/** Says nothing of it: it may be a secret with a typing error. */
function wrongIdentity(): ModelkeepError {
  return invalid("An identity is none of age: it reads AGE-SECRET-KEY-1… and is what age-keygen writes");
}

function wrongRecipient(recipient: Recipient): ModelkeepError {
  return invalid(
    typeof recipient === "string" && /^age-secret/iu.test(recipient)
      ? "A recipient is an identity, which is a secret: give the public key that belongs to it (age1…)"
      : `The recipient ${JSON.stringify(recipient)} is none of age: it reads age1…`,
  );
}

function invalid(message: string): ModelkeepError {
  return new ModelkeepError("invalid_input", message);
}
