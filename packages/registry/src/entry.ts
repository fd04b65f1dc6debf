import {
  type Digest,
  digestOf,
  isDigest,
  isJsonObject,
  type Json,
  type JsonObject,
  ModelkeepError,
  parseJson,
} from "@modelkeep/core";

import { isUlid } from "./ulid.js";

/** Who did something. Without a signed history, that is what the writer said. */
export interface Actor {
  readonly name: string;
  readonly email?: string | undefined;
}

/** What one entry of a log says: the chained part. Unknown fields are kept, so that a digest never depends on the reader. */
export interface EntryBody {
  readonly format: "modelkeep.log/1";
  readonly model: string;
  readonly number: number;
  readonly id: string;
  readonly kind: string;
  /** Whether a reader that does not know the kind must leave the model alone. */
  readonly critical: boolean;
  /** Digest of the body of the entry before; null for the first. */
  readonly previous: Digest | null;
  /** Never before that of the entry before. */
  readonly time: string;
  /** What the store's own clock said shortly before, where the writer knew: what retention is counted by. */
  readonly storeTime?: string | undefined;
  readonly actor: Actor;
  readonly change: JsonObject;
  /** By the actor's key, of all that stands before it. Always the last field. */
  readonly attestation?: { readonly keyId: string; readonly value: string } | undefined;
}

/** Keys under which bytes lie, by digest. Not chained: where bytes lie may differ between copies of a registry. */
export type Placement = Readonly<Record<Digest, readonly string[]>>;

export interface Entry {
  readonly body: EntryBody;
  readonly placement: Placement;
  /** Of the body's exact bytes. */
  readonly digest: Digest;
  /** Absent where the entry is not signed. */
  readonly signed?: SignedText | undefined;
  /** When it was written, by the store's clock; absent for an entry that was not read from a store. */
  readonly written?: Date | undefined;
}

/** What a key attests of an entry: the body without the attestation. */
export interface SignedText {
  readonly keyId: string;
  /** Base64. */
  readonly value: string;
  readonly text: string;
}

/** Signs the text of a body that has no attestation yet. */
export type SignText = (text: string) => Pick<SignedText, "keyId" | "value">;

/** Bytes of one entry that a reader takes in at most. */
export const entryLimit = 4 * 1024 * 1024;

const opening = '{"body":';
const middle = ',\n"placement":';
const ending = ',\n"checksum":"';
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The exact bytes of an entry: `{"body":` body `,` line feed `"placement":` placement `,` line feed `"checksum":` the digest
 * of all that stands before this comma `}` line feed. No other entry vouches for the newest one, nor for any placement.
 */
export function writeEntry(
  unsigned: EntryBody,
  placement: Placement,
  sign?: SignText,
): { readonly entry: Entry; readonly bytes: Uint8Array } {
  const plain = JSON.stringify(unsigned);
  const attestation = sign?.(plain);
  const body = attestation === undefined ? unsigned : { ...unsigned, attestation };
  const text = attestation === undefined ? plain : JSON.stringify(body);
  const digest = digestOf(encoder.encode(text));
  const summed = `${opening}${text}${middle}${JSON.stringify(placement)}`;
  const bytes = encoder.encode(`${summed}${ending}${digestOf(encoder.encode(summed))}"}\n`);
  if (bytes.length > entryLimit)
    throw new ModelkeepError(
      "limit_exceeded",
      `An entry of the log has at most ${entryLimit} bytes, not ${bytes.length}`,
    );
  return { entry: { body, placement, digest, ...(attestation && { signed: { ...attestation, text: plain } }) }, bytes };
}

/** Reads an entry and judges its form; what its kind demands is judged by the fold. */
export function readEntry(bytes: Uint8Array, where: string, written?: Date): Entry {
  if (bytes.length > entryLimit) throw damaged(where, `has more than ${entryLimit} bytes`);
  const whole = parseJson(bytes, { what: `log entry ${where}`, code: "damaged_log" }) as {
    body?: Json;
    placement?: Json;
    checksum?: Json;
  };
  const text = decoder.decode(bytes);
  const end = text.indexOf("\n");
  const line = end < 0 ? text : text.slice(0, end);
  // The body is the first line between the opening and the comma: an entry is not read in any other layout.
  if (!line.startsWith(opening) || !text.startsWith(middle, end - 1))
    throw damaged(where, "is not laid out as an entry");
  const chained = line.slice(opening.length, -1);
  if (whole.checksum !== undefined) {
    const summed = text.slice(0, text.lastIndexOf(ending));
    if (whole.checksum !== digestOf(encoder.encode(summed)))
      throw damaged(where, "does not have the checksum that it says: its bytes were changed");
  }
  let body: Json;
  try {
    body = JSON.parse(chained) as Json;
  } catch (cause) {
    throw damaged(where, "has a body that is no JSON value", cause);
  }
  return {
    body: checkBody(body, where),
    placement: checkPlacement(whole.placement, where),
    digest: digestOf(encoder.encode(chained)),
    ...signedText(chained),
    ...(written !== undefined && { written }),
  };
}

const attesting = ',"attestation":{"keyId":"';

/** The attestation at the end of a body, in exactly this spelling: anywhere and anyhow else it is a field like any other. */
function signedText(chained: string): Pick<Entry, "signed"> {
  const start = chained.lastIndexOf(attesting);
  if (start < 0) return {};
  const tail = chained.slice(start + attesting.length);
  const [, keyId, value] = /^([0-9a-f]{64})","value":"([A-Za-z0-9+/]{1,1024}={0,2})"\}\}$/u.exec(tail) ?? [];
  if (keyId === undefined || value === undefined) return {};
  return { signed: { keyId, value, text: `${chained.slice(0, start)}}` } };
}

export function damaged(where: string, message: string, cause?: unknown): ModelkeepError {
  return new ModelkeepError("damaged_log", `The log entry ${where} ${message}`, { cause, details: { where } });
}

function checkBody(value: Json, where: string): EntryBody {
  if (!isJsonObject(value)) throw damaged(where, "has no body");
  const body = value as Partial<Record<keyof EntryBody, Json>>;
  if (
    typeof body.format === "string" &&
    body.format !== "modelkeep.log/1" &&
    /^modelkeep\.log\/\d+$/u.test(body.format)
  )
    throw new ModelkeepError(
      "unknown_format_version",
      `The log entry ${where} is of format ${body.format}; this library reads modelkeep.log/1: install a newer one`,
    );
  const actor = body.actor;
  const faults = [
    body.format === "modelkeep.log/1" || "format",
    typeof body.model === "string" || "model",
    (Number.isSafeInteger(body.number) && (body.number as number) > 0) || "number",
    isUlid(body.id) || "id",
    (typeof body.kind === "string" && body.kind !== "") || "kind",
    typeof body.critical === "boolean" || "critical",
    body.previous === null || isDigest(body.previous) || "previous",
    isTime(body.time) || "time",
    body.storeTime === undefined || isTime(body.storeTime) || "storeTime",
    (isJsonObject(actor) && typeof actor["name"] === "string") || "actor",
    isJsonObject(body.change) || "change",
  ].filter((fault) => fault !== true);
  if (faults.length > 0) throw damaged(where, `has no valid ${faults.join(", ")}`);
  return value as unknown as EntryBody;
}

function checkPlacement(value: Json | undefined, where: string): Placement {
  if (!isJsonObject(value)) throw damaged(where, "has no placement");
  for (const [digest, keys] of Object.entries(value)) {
    if (!isDigest(digest) || !Array.isArray(keys) || !keys.every((key) => typeof key === "string"))
      throw damaged(where, "has a placement that is not keys by digest");
  }
  return value as unknown as Placement;
}

export function isTime(value: unknown): value is string {
  return (
    typeof value === "string" &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}
