import { Reader } from "protobufjs/minimal.js";
import { ModelkeepError } from "@modelkeep/core";

import { Budget, fieldsOf, textOf } from "./wire.js";

/** What TensorFlow computed of a SavedModel when it wrote it. Hashes are 64 bits, in hexadecimal. They prove nothing: anyone can write them. */
export interface Fingerprint {
  readonly graph: string;
  readonly signatures: string;
  readonly savedObjects: string;
  readonly checkpoint: string;
  /** Drawn at random when it was saved: tells one saving from another. */
  readonly uuid: string | undefined;
}

const fields = new Map([
  [2, "graph"],
  [3, "signatures"],
  [4, "savedObjects"],
  [5, "checkpoint"],
] as const);

/** `fingerprint.pb`: fingerprint.proto. Throws `malformed`, `limit_exceeded`. */
export function readFingerprint(bytes: Uint8Array): Fingerprint {
  if (bytes.length > 4096)
    throw new ModelkeepError("limit_exceeded", `fingerprint.pb has ${bytes.length} bytes; 4096 are allowed`);
  const found: { -readonly [key in keyof Fingerprint]: Fingerprint[key] } = {
    graph: hexadecimal(0n),
    signatures: hexadecimal(0n),
    savedObjects: hexadecimal(0n),
    checkpoint: hexadecimal(0n),
    uuid: undefined,
  };
  for (const field of fieldsOf(bytes, new Budget(64))) if (field.number === 7) found.uuid = textOf(field.bytes);
  // Again for all 64 bits of the hashes.
  const reader = new Reader(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.tag();
    const name = (tag & 7) === 0 ? fields.get((tag >>> 3) as 2) : undefined;
    if (name === undefined) reader.skipType(tag & 7);
    else {
      const { low, high } = reader.uint64() as unknown as { low: number; high: number };
      found[name] = hexadecimal((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0));
    }
  }
  return found;
}

function hexadecimal(value: bigint): string {
  return value.toString(16).padStart(16, "0");
}
