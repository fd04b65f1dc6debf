import { ModelkeepError } from "@modelkeep/core";
import { Reader } from "protobufjs/minimal.js";

const deepest = 64;

/** What may still be read of one file: shared by all its messages. */
export class Budget {
  #items: number;

  constructor(items = 4_000_000) {
    this.#items = items;
  }

  take(): void {
    if (--this.#items < 0) throw new ModelkeepError("limit_exceeded", "The SavedModel has more messages than allowed");
  }
}

/** One field of a message, as it lies on the wire. */
export interface Field {
  readonly number: number;
  /** Of fields that are a number of up to 53 bits; further bits are lost. */
  readonly value: number;
  /** Of fields that are bytes, texts or messages: a view. */
  readonly bytes: Uint8Array;
}

const none = new Uint8Array(0);

/** The fields of a message in their order. Groups and broken fields are `malformed`; nesting is bounded by `depth`. */
export function* fieldsOf(bytes: Uint8Array, budget: Budget, depth = 0): Generator<Field> {
  if (depth > deepest)
    throw new ModelkeepError("limit_exceeded", `The SavedModel is nested deeper than ${deepest} messages`);
  const reader = new Reader(bytes);
  while (reader.pos < reader.len) {
    budget.take();
    yield readField(reader);
  }
}

function readField(reader: Reader): Field {
  const at = reader.pos;
  try {
    const tag = reader.tag();
    const number = tag >>> 3;
    if (number === 0) throw new Error("a field has the number 0");
    switch (tag & 7) {
      case 0:
        return { number, value: longOf(reader), bytes: none };
      case 1:
        reader.skip(8);
        return { number, value: 0, bytes: none };
      case 2: {
        const found = reader.bytes();
        return { number, value: 0, bytes: found };
      }
      case 5:
        return { number, value: reader.fixed32(), bytes: none };
      default:
        throw new Error(`a field has the wire type ${tag & 7}`);
    }
  } catch (cause) {
    throw new ModelkeepError(
      "malformed",
      `A message of the SavedModel is broken near byte ${at}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

function longOf(reader: Reader): number {
  const value = reader.int64() as unknown;
  return typeof value === "object" && value !== null ? (value as { toNumber(): number }).toNumber() : Number(value);
}

/** Numbers of 64 bits that are packed one after the other. `malformed` where one is too long or cut off. */
export function* varintsOf(bytes: Uint8Array): Generator<bigint> {
  let [value, shift] = [0n, 0n];
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (shift > 70n) throw brokenNumber("has more than 64 bits");
    if (byte >= 0x80) continue;
    yield BigInt.asIntN(64, value);
    [value, shift] = [0n, 0n];
  }
  if (shift !== 0n) throw brokenNumber("is cut off");
}

function brokenNumber(what: string): ModelkeepError {
  return new ModelkeepError("malformed", `A number of the SavedModel ${what}`);
}

/** The float32 of these bits. */
export function floatOf(bits: number): number {
  return new Float32Array(Uint32Array.of(bits).buffer)[0]!;
}

/** A float32 alone, or several that are packed. `malformed` where the last one is cut off. */
export function floatsOf({ value, bytes }: Field): readonly number[] {
  if (bytes.length === 0) return [floatOf(value)];
  if (bytes.length % 4 !== 0) throw brokenNumber("is cut off");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(4 * index, true));
}

/** Texts come from strangers: what is not UTF-8 is replaced, not refused. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder("utf-8").decode(bytes);
}

/** The two fields of an entry of a map. */
export function entryOf(
  bytes: Uint8Array,
  budget: Budget,
  depth: number,
): { readonly key: string; readonly value: Uint8Array } {
  let key = "";
  let value: Uint8Array = none;
  for (const field of fieldsOf(bytes, budget, depth)) {
    if (field.number === 1) key = textOf(field.bytes);
    if (field.number === 2) value = field.bytes;
  }
  return { key, value };
}
