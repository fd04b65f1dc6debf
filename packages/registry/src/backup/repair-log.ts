import { collect, isModelkeepError, type Store } from "@modelkeep/core";

import { damaged, type Entry, readEntry } from "../entry.js";
import { logKey, nameKey } from "../keys.js";
import { eachOf } from "../blobs.js";
import type { Repair } from "./repair.js";
import type { LogEnd } from "./survey.js";
import { goneApart, sameBytes, type Transfer } from "./transfer.js";

interface Found {
  readonly bytes: Uint8Array;
  /** Absent when the bytes are no entry. */
  readonly entry: Entry | undefined;
}

/** Puts back entries that are missing or damaged, as far as the log goes at the target, and the name's reservation. */
export async function repairLog(
  transfer: Transfer,
  name: string,
  from: LogEnd,
  to: LogEnd | undefined,
  repair: Repair,
): Promise<void> {
  if (to === undefined) return;
  const numbers = Array.from({ length: Math.min(from.length, to.length) }, (_, index) => index + 1);
  const [ours, theirs] = await Promise.all(
    [transfer.to, transfer.from].map((store) =>
      eachOf([...numbers, numbers.length + 1], 8, (number) => find(store, name, number, transfer)),
    ),
  );
  for (const number of numbers) {
    const [own, other] = [ours![number - 1], theirs![number - 1]];
    if (own?.entry !== undefined && own.entry.digest === other?.entry?.digest) continue;
    const key = logKey(name, number);
    if (other?.entry === undefined) throw damaged(`${name}/${number}`, `is damaged in [${transfer.from.name}] as well`);
    if (own === undefined) await transfer.putSame(key, other.bytes);
    else {
      const same = own.entry === undefined || own.entry.body.id === other.entry.body.id;
      // A changed byte in the id itself shows in the entry after it, which names the digest of what was written.
      const named = ours![number]?.entry?.body.previous === other.entry.digest;
      if (!same && !named) throw goneApart(transfer, `Entry ${number} of ${name}`);
      await transfer.to.put(key, other.bytes, transfer.calls);
    }
    repair.healed.push({ key, code: own === undefined ? "not_found" : "damaged_log" });
  }
  await repairReservation(transfer, name, repair);
}

/** A reservation is written once, before the log that has just been found to be the same. */
async function repairReservation(transfer: Transfer, name: string, repair: Repair): Promise<void> {
  const key = nameKey(name);
  const [own, other] = await Promise.all(
    [transfer.to, transfer.from].map(async (store) => {
      const object = await store.get(key, transfer.calls);
      return object && collect(object.stream(transfer.calls));
    }),
  );
  if (other === undefined || (own !== undefined && sameBytes(own, other))) return;
  await transfer.to.put(key, other, transfer.calls);
  repair.healed.push({ key, code: own === undefined ? "not_found" : "malformed" });
}

async function find(
  store: Store,
  name: string,
  number: number,
  { calls }: Pick<Transfer, "calls">,
): Promise<Found | undefined> {
  const object = await store.get(logKey(name, number), calls);
  if (object === undefined) return undefined;
  const bytes = await collect(object.stream(calls));
  try {
    const entry = readEntry(bytes, `${name}/${number}`);
    return { bytes, entry: entry.body.number === number && entry.body.model === name ? entry : undefined };
  } catch (error) {
    if (!isModelkeepError(error, "damaged_log")) throw error;
    return { bytes, entry: undefined };
  }
}
