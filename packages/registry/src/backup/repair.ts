import {
  type Digest,
  encoded,
  isModelkeepError,
  type Store,
  type StoredObject,
  verifiedPayload,
} from "@modelkeep/core";

import { eachOf, encodingOfKey } from "../blobs.js";
import { blobPrefix, blobsPrefix } from "../keys.js";
import { readRecord } from "../log.js";
import { checkedBytes } from "./checked-bytes.js";
import { isDamage, isPlaceOf, type Lost, type Transfer } from "./transfer.js";

/** An object that was put back, and what had been wrong with it. */
export interface Healed {
  readonly key: string;
  readonly code: string;
}

export interface Repair {
  readonly healed: Healed[];
  readonly beyondRepair: Lost[];
}

interface Bytes {
  readonly digest: Digest;
  readonly size: number | undefined;
  readonly keys: readonly string[];
}

/**
 * Reads every byte that versions of a model refer to. A place with other bytes gets the right ones under the same key,
 * and bytes that are in no place any more are put back. Reading takes the newest place that is there, so each has to be right.
 */
export async function repairBytes(transfer: Transfer, name: string, seen: Set<string>, repair: Repair): Promise<void> {
  const record = await readRecord({ store: transfer.to }, name, undefined, transfer.signal);
  const wanted: Bytes[] = [];
  for (const version of record.versions.values()) {
    if (version.status === "deleted") continue;
    const sizes = new Map(version.payloads.map(({ digest, size }) => [digest, size]));
    for (const [digest, keys] of version.placement) {
      const lawful = keys.filter((key) => isPlaceOf(key, digest));
      const about = `${digest} ${lawful.join(" ")}`;
      if (!seen.has(about)) wanted.push({ digest, size: sizes.get(digest), keys: lawful });
      seen.add(about);
    }
  }
  await eachOf(wanted, 4, (bytes) => repairPlaces(transfer, bytes, repair));
}

async function repairPlaces(transfer: Transfer, bytes: Bytes, repair: Repair): Promise<void> {
  const faults = await eachOf(bytes.keys, 2, (key) => faultOf(transfer, key, bytes));
  const damaged = faults.filter((fault) => fault !== undefined && fault.code !== "not_found") as Lost[];
  const good = faults.includes(undefined);
  // The newest missing place, if nothing else holds the bytes.
  const missing = good || damaged.length > 0 ? [] : faults.slice(-1);
  for (const fault of [...damaged, ...missing] as Lost[]) {
    const healed = await putBack(transfer, fault.key, bytes, fault.code === "not_found");
    if (healed) repair.healed.push({ key: fault.key, code: fault.code });
    else repair.beyondRepair.push(fault);
  }
}

async function faultOf(transfer: Transfer, key: string, { digest, size }: Bytes): Promise<Lost | undefined> {
  const object = await transfer.to.get(key, transfer.calls);
  if (object === undefined)
    return { key, digest, code: "not_found", message: `[${transfer.to.name}] ${key} is missing` };
  try {
    for await (const _ of checked(object, digest, size, transfer.signal)());
    return undefined;
  } catch (error) {
    if (!isModelkeepError(error) || !isDamage(error.code)) throw error;
    return { key, digest, code: error.code, message: `[${transfer.to.name}] ${error.message}` };
  }
}

/** True if the other store has the bytes: under this key, or, for a blob, under any that carries the digest. */
async function putBack(transfer: Transfer, key: string, { digest, size }: Bytes, missing: boolean): Promise<boolean> {
  const condition = missing ? ({ if: "absent" } as const) : {};
  for (const candidate of await candidates(transfer.from, key, digest)) {
    const object = await transfer.from.get(candidate, transfer.calls);
    if (object === undefined) continue;
    try {
      await transfer.to.put(key, bodyFor(key, object, digest, size, transfer.signal), {
        ...condition,
        ...transfer.calls,
      });
      return true;
    } catch (error) {
      if (!isModelkeepError(error) || !isDamage(error.code)) throw error;
    }
  }
  return false;
}

async function candidates(store: Store, key: string, digest: Digest): Promise<string[]> {
  const keys = [key];
  if (key.startsWith(blobsPrefix))
    for await (const found of store.list(blobPrefix(digest))) if (found.key !== key) keys.push(found.key);
  return keys;
}

/** The bytes as this key keeps them, whatever way the object keeps them. */
function bodyFor(key: string, object: StoredObject, digest: Digest, size: number | undefined, signal?: AbortSignal) {
  const [wanted, kept] = [encodingOfKey(key), encodingOfKey(object.info.key)];
  if (wanted === kept) return checked(object, digest, size, signal);
  const about = { path: "bytes", role: "model", mediaType: "application/octet-stream", size: size ?? 0, digest };
  const plain = verifiedPayload(kept === undefined ? about : { ...about, encoding: kept }, () =>
    Promise.resolve(object),
  );
  return wanted === undefined ? () => plain.stream() : encoded(() => plain.stream(), wanted);
}

function checked(object: StoredObject, digest: Digest, size: number | undefined, signal?: AbortSignal) {
  const name = encodingOfKey(object.info.key);
  return checkedBytes(object, { digest, encoding: name === undefined ? undefined : { name, size: size ?? 0 }, signal });
}
