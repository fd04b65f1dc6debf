import { collect, isJsonObject, isModelkeepError, ModelkeepError, parseJson, type Store } from "@modelkeep/core";

import { logKey, nameKey } from "./keys.js";

/** Who holds a name. */
export interface Reservation {
  readonly name: string;
  /** Set when the name was taken to rename that model to it. */
  readonly renamedFrom?: string | undefined;
}

/** Who holds the name, if anybody does. `already_exists` where it differs from this one only by case or compatibility form. */
export async function findReservation(store: Store, name: string): Promise<Reservation | undefined> {
  const found = await readReservation(store, nameKey(name));
  return found && holder(store, found, name);
}

/**
 * Reserves a name for good, or finds it reserved. Names that differ only by case or compatibility form share one
 * reservation: the second of them is `already_exists`.
 */
export async function reserveName(store: Store, wanted: Reservation): Promise<Reservation> {
  try {
    await store.put(nameKey(wanted.name), new TextEncoder().encode(`${JSON.stringify(wanted)}\n`), { if: "absent" });
    return wanted;
  } catch (error) {
    if (!isModelkeepError(error, "already_exists") && !isModelkeepError(error, "unknown_outcome")) throw error;
    const found = await findReservation(store, wanted.name);
    if (found === undefined) throw error;
    return found;
  }
}

export async function readReservation(store: Store, key: string): Promise<Reservation | undefined> {
  const object = await store.get(key);
  if (object === undefined) return undefined;
  if (object.info.size > 4096) throw new ModelkeepError("malformed", `The reservation ${key} has more than 4 KiB`);
  const value = parseJson(await collect(object.stream()), { what: `reservation ${key}` });
  const { name, renamedFrom } = isJsonObject(value) ? value : {};
  if (typeof name !== "string" || (renamedFrom !== undefined && typeof renamedFrom !== "string"))
    throw new ModelkeepError("malformed", `The reservation ${key} names no model`);
  return { name, renamedFrom };
}

async function holder(store: Store, found: Reservation, wanted: string): Promise<Reservation> {
  if (found.name === wanted) return found;
  const [held, asked] = [JSON.stringify(found.name), JSON.stringify(wanted)];
  const begun = (await store.head(logKey(found.name, 1))) !== undefined;
  throw new ModelkeepError(
    "already_exists",
    begun
      ? `There is already a model ${held}: ${asked} differs from it only by case or compatibility form`
      : `${held} is reserved by a first save that is under way or was cut off, and ${asked} differs from it only by case or compatibility form: save under ${held}, or choose another name`,
    { details: { name: found.name } },
  );
}
