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
