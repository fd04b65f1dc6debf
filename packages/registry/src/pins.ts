import { type Digest, ModelkeepError } from "@modelkeep/core";

/** How far a history was seen to go, and the digest of its last entry then. */
export interface Pin {
  readonly length: number;
  readonly head: Digest;
}

/**
 * The longest history that was seen of each model, remembered where nobody who can write to the store can write: so that an older state
 * of it is not taken for the present one.
 */
export interface Pins {
  get(model: string): Pin | undefined;
  /** Remembers a longer one; anything else leaves what is known. */
  advance(model: string, pin: Pin): void;
}

/** Pins for as long as the process lives. */
export function memoryPins(): Pins {
  const pins = new Map<string, Pin>();
  return {
    get: (model) => pins.get(model),
    advance(model, pin) {
      if (pin.length > (pins.get(model)?.length ?? 0)) pins.set(model, pin);
    },
  };
}

/** Holds a record that was read to what was seen before. */
export function checkPin(
  record: { readonly name: string; readonly length: number; readonly head: Digest | null },
  pin: Pin | undefined,
): void {
  if (pin === undefined) return;
  if (record.length < pin.length)
    throw rolledBack(
      record.name,
      pin,
      record.length === 0 ? "no history any more" : `a history of ${record.length} entries only`,
    );
  if (record.length === pin.length && record.head !== pin.head)
    throw rolledBack(record.name, pin, "another history than it had");
}

export function rolledBack(model: string, { length, head }: Pin, found: string): ModelkeepError {
  return new ModelkeepError(
    "rolled_back",
    `${model} was seen with ${length} entries, and the store now has ${found}: it is an older state, or was rewritten. If it was restored on purpose, forget what was seen before`,
    { details: { model, length, head } },
  );
}
