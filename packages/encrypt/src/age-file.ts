import { type ByteSource, ModelkeepError, type StoredObject, storedBytes } from "@modelkeep/core";
import { armor } from "age-encryption";

import { nonceSize, payloadKey, plainSizeOf } from "./chunks.js";
import { headerOpener, headerSizeOf, startMaker } from "./header.js";
import type { Identity, Recipient } from "./keys.js";
import { openedObject } from "./opened-object.js";
import { seal } from "./seal.js";

/** The most that a header may have: some thousand recipients. */
const headerLimit = 1 << 20;
/** Armored files are decoded in memory. */
const armorLimit = 256 << 20;

const magic = "age-encryption.org/v";
const armorBegin = "-----BEGIN AGE ENCRYPTED FILE-----";

/** Who reads. */
export interface DecryptOptions {
  readonly identities: readonly Identity[];
  /** How messages call it. Default: its key. */
  readonly what?: string;
}

/** The bytes of an age file over plain ones; each time it is opened under another key. */
export function encryptAge(
  plain: ByteSource,
  { recipients }: { readonly recipients: readonly Recipient[] },
): ByteSource {
  const newStart = startMaker(recipients);
  return async function* () {
    yield* seal(await newStart(), plain());
  };
}

/**
 * The plain bytes of an age file, armored or not, as an object of which any range can be read: of a package, a file, an object.
 * Nothing is given out that was not verified.
 * @throws `no_identity` where it is encrypted to others, `tampered` or `truncated` where it is not what was written, `malformed` where it is no age file
 */
export async function decryptAge(
  source: StoredObject,
  { identities, what = source.info.key }: DecryptOptions,
): Promise<StoredObject> {
  const head = await bytesOf(source, Math.min(source.info.size, 4096));
  if (isArmored(head)) return decryptAge(await dearmored(source, what), { identities, what });
  const size = headerSizeOf(head) ?? (await longHeader(source, what));
  const header = size > head.length ? await bytesOf(source, size) : head.subarray(0, size);
  const fileKey = await headerOpener(identities)(header, what);
  const start = size + nonceSize;
  if (source.info.size < start) throw new ModelkeepError("truncated", `${what} ends behind its header`);
  // A payload whose size is none of a payload was cut off, or continued: reading it tells.
  const plain = plainSizeOf(source.info.size - start) ?? source.info.size - start;
  const unlock = (bytes: Uint8Array) => payloadKey(fileKey, bytes.subarray(size));
  return openedObject({ source, info: { ...source.info, size: plain }, start, unlock, what });
}

/** Whether bytes begin as an age file does, armored or not. */
export function isAge(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(0, magic.length)).toString("latin1") === magic || isArmored(head);
}

async function longHeader(source: StoredObject, what: string): Promise<number> {
  const bytes = await bytesOf(source, Math.min(source.info.size, headerLimit));
  const size = headerSizeOf(bytes);
  if (size !== undefined) return size;
  if (!isAge(bytes)) throw new ModelkeepError("malformed", `${what} is not encrypted in the age format`);
  throw source.info.size > headerLimit
    ? new ModelkeepError("limit_exceeded", `${what} has a header of more than ${headerLimit} bytes`)
    : new ModelkeepError("malformed", `${what} has no header of the age format: its last line is missing`);
}

async function bytesOf(source: StoredObject, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  return bytes.subarray(0, await source.readInto(bytes));
}

function isArmored(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(0, 1024)).toString("latin1").trimStart().startsWith(armorBegin);
}

async function dearmored(source: StoredObject, what: string): Promise<StoredObject> {
  const { key, size } = source.info;
  if (size > armorLimit)
    throw new ModelkeepError(
      "limit_exceeded",
      `${what} is armored, and has more than ${armorLimit} bytes: decode it with age first`,
    );
  const text = Buffer.from(await bytesOf(source, size)).toString("latin1");
  try {
    return storedBytes(armor.decode(text), key);
  } catch (cause) {
    throw new ModelkeepError("malformed", `${what} has a damaged armor: ${(cause as Error).message}`, { cause });
  }
}
