import { beyondLimit } from "./errors.js";
import { NumpyScalar } from "./numpy-scalar.js";
import { PickleGlobal, PickleObject, PickleSet, PickleTuple, type PickleValue } from "./value.js";

/** Parts of one key that are looked at: a tuple of tuples that share their parts doubles with every level. */
const largestKey = 10_000;

let lastIdentity = 0;
const identities = new WeakMap<object, number>();

/** The text of a key that is compared part by part: a tuple, bytes. */
export class StructuralKey {
  constructor(readonly text: string) {}
}

/**
 * What stands for a value as a key of a Map: equal for values that are equal in Python; undefined when it cannot be
 * hashed. Strings stand for themselves, numbers for their value, instances for their identity; a `StructuralKey`
 * is equal to another when its text is.
 */
export function hashableKey(value: PickleValue): unknown {
  switch (typeof value) {
    case "string":
    case "number":
    case "bigint":
      return value;
    case "boolean":
      return value ? 1 : 0;
    default:
      if (value === null) return null;
      if (value instanceof NumpyScalar && isPrimitive(value.value)) return hashableKey(value.value);
      if (value instanceof PickleObject) return value;
      if (value instanceof PickleGlobal) return structuralKey(value);
      if (value instanceof PickleTuple || value instanceof Uint8Array || (value instanceof PickleSet && value.frozen))
        return structuralKey(value);
      return undefined;
  }
}

function structuralKey(value: PickleValue): StructuralKey | undefined {
  const parts: string[] = [];
  const waiting: (PickleValue | { readonly text: string })[] = [value];
  let count = 0;
  while (waiting.length > 0) {
    const next = waiting.pop() as PickleValue | { readonly text: string };
    if (++count > largestKey) throw beyondLimit(`A dict key has more than ${largestKey} parts`);
    if (typeof next === "object" && next !== null && "text" in next) {
      parts.push(next.text);
    } else if (next instanceof PickleTuple) {
      parts.push("(");
      waiting.push({ text: ")" });
      for (let index = next.items.length - 1; index >= 0; index--) waiting.push(next.items[index] as PickleValue);
    } else {
      const text = leafText(next);
      if (text === undefined) return undefined;
      parts.push(text);
    }
  }
  return new StructuralKey(parts.join(","));
}

function leafText(value: PickleValue): string | undefined {
  if (value instanceof PickleGlobal) return `g${JSON.stringify([value.module, value.name])}`;
  if (value instanceof Uint8Array) return `b${value.join(" ")}`;
  if (value instanceof PickleSet) return identityText(value);
  const key = hashableKey(value);
  if (typeof key === "string") return JSON.stringify(key);
  if (typeof key === "number" || typeof key === "bigint") return `n${key}`;
  if (key === null) return "null";
  return typeof key === "object" ? identityText(key) : undefined;
}

function identityText(value: object): string {
  let identity = identities.get(value);
  if (identity === undefined) identities.set(value, (identity = ++lastIdentity));
  return `i${identity}`;
}

function isPrimitive(value: unknown): value is string | number | bigint | boolean {
  return typeof value !== "object" || value === null;
}
