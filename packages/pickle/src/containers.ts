import { PickleDict } from "./dict.js";
import { malformed } from "./errors.js";
import { knownGlobal } from "./globals/table.js";
import { hashableKey } from "./key.js";
import { PickleObject, type PickleValue } from "./value.js";

/** SETITEM, SETITEMS, DICT: keys and values in turn. */
export function setEntries(target: PickleValue, items: readonly PickleValue[], offset: number): void {
  const entries = entriesOf(target);
  if (entries === undefined) throw malformed("Entries for something that is no dict", offset);
  if (items.length % 2 !== 0) throw malformed("A dict is given a key without a value", offset);
  for (let index = 0; index < items.length; index += 2) {
    const key = items[index] as PickleValue;
    if (typeof key !== "string" && hashableKey(key) === undefined)
      throw malformed("A dict has a key that cannot be hashed", offset);
    entries.set(key, items[index + 1] as PickleValue);
  }
}

/** APPEND, APPENDS. */
export function appendItems(target: PickleValue, items: readonly PickleValue[], offset: number): void {
  const list = itemsOf(target);
  if (list === undefined) throw malformed("Items for something that is no list", offset);
  for (const item of items) list.push(item);
}

/** What a set may hold. */
export function checkHashable(items: readonly PickleValue[], offset: number): readonly PickleValue[] {
  if (items.some((item) => hashableKey(item) === undefined))
    throw malformed("A set holds what cannot be hashed", offset);
  return items;
}

function entriesOf(target: PickleValue): PickleDict | undefined {
  if (target instanceof PickleDict) return target;
  if (!(target instanceof PickleObject)) return undefined;
  if (target.opaque || knownGlobal(target.module, target.name)?.holds === "entries")
    target.entries ??= new PickleDict();
  return target.entries;
}

function itemsOf(target: PickleValue): PickleValue[] | undefined {
  if (Array.isArray(target)) return target;
  if (!(target instanceof PickleObject)) return undefined;
  if (target.opaque || knownGlobal(target.module, target.name)?.holds === "items") target.items ??= [];
  return target.items;
}
