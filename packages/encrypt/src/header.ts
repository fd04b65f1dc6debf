import { randomBytes } from "node:crypto";
import { ModelkeepError } from "@modelkeep/core";
import * as age from "age-encryption";

import { nonceSize, payloadKey, tagSize } from "./chunks.js";
import { type Identity, type Recipient, unwrappersOf, wrappersOf } from "./keys.js";

/** What stands before a payload: the header and the nonce. */
export interface Start {
  readonly bytes: Uint8Array;
  /** Of the payload that follows. */
  readonly key: Uint8Array;
}

/** Makes starts of files to the same recipients, each with a key of its own. */
export function startMaker(recipients: readonly Recipient[]): () => Promise<Start> {
  const wrappers = wrappersOf(recipients);
  return async () => {
    const encrypter = new age.Encrypter();
    for (const wrapper of wrappers) encrypter.addRecipient(wrapper);
    let fileKey = new Uint8Array();
    // The library makes the key and keeps it: a recipient that adds nothing to the header is told what it is.
    encrypter.addRecipient({
      wrapFileKey(key) {
        fileKey = new Uint8Array(key);
        return [];
      },
    });
    const empty = await encrypter.encrypt(new Uint8Array());
    const nonce = randomBytes(nonceSize);
    const header = empty.subarray(0, empty.length - nonceSize - tagSize);
    return { bytes: new Uint8Array(Buffer.concat([header, nonce])), key: payloadKey(fileKey, nonce) };
  };
}

/** The file key in a header. */
export type HeaderOpener = (header: Uint8Array, what: string) => Promise<Uint8Array>;

/**
 * Opens headers: `malformed` when it is none, `no_identity` when no identity opens it, `tampered` when it is not the one that
 * was written.
 */
export function headerOpener(identities: readonly Identity[]): HeaderOpener {
  const unwrappers = unwrappersOf(identities);
  return async (header, what) => {
    let unmatched = false;
    const decrypter = new age.Decrypter();
    for (const unwrapper of unwrappers) decrypter.addIdentity(unwrapper);
    decrypter.addIdentity({
      unwrapFileKey() {
        unmatched = true;
        return null;
      },
    });
    try {
      return await decrypter.decryptHeader(header);
    } catch (cause) {
      const { message } = cause as Error;
      if (unmatched)
        throw new ModelkeepError("no_identity", `${what} is encrypted, and not to ${whom(identities)}`, { cause });
      if (message === "invalid header HMAC" && wholeCode.test(Buffer.from(header.subarray(-50)).toString("latin1")))
        throw new ModelkeepError("tampered", `${what} was changed: its header is not the one that was written`, {
          cause,
        });
      throw new ModelkeepError("malformed", `${what} has no header of the age format that can be read: ${message}`, {
        cause,
      });
    }
  };
}

/** The last line of a header has all of its 32 bytes. */
const wholeCode = /\n--- [\w+/]{43}\n$/u;

function whom({ length }: readonly Identity[]): string {
  if (length === 0) return "anybody here: no identity was given";
  return length === 1 ? "the identity that was given" : `any of the ${length} identities that were given`;
}

const lastLine = Buffer.from("\n---");

/** Bytes of the header that `bytes` begin with; `undefined` when its end is not among them. */
export function headerSizeOf(bytes: Uint8Array): number | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const line = buffer.indexOf(lastLine);
  const end = line < 0 ? -1 : buffer.indexOf("\n", line + lastLine.length);
  return end < 0 ? undefined : end + 1;
}
