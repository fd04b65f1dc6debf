import { PickleDict } from "./dict.js";
import { PickleTuple, type PickleValue } from "./value.js";

/**
 * What a call costs, in opcodes: it may copy what it is given, and one large list can be given to many calls. Bytes
 * are never copied, characters seldom.
 */
export function weigh(given: PickleValue): number {
  if (!(given instanceof PickleTuple)) return size(given);
  let total = 0;
  for (const item of given.items) total += size(item);
  return total;
}

function size(value: PickleValue): number {
  if (typeof value === "string") return value.length >>> 6;
  if (Array.isArray(value)) return value.length;
  if (value instanceof PickleDict) return value.size;
  return value instanceof PickleTuple ? value.items.length : 0;
}
