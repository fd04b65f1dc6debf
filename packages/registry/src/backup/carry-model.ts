import { collect, type Digest, isJsonObject, type Json, type JsonObject, ModelkeepError } from "@modelkeep/core";

import { archiveOfKey } from "../archives.js";
import { eachOf, encodingOfKey } from "../blobs.js";
import { damaged, type Entry, readEntry } from "../entry.js";
import { logKey, nameKey } from "../keys.js";
import { readRecord } from "../log.js";
import type { ModelRecord } from "../record.js";
import { checkNoGap, type LogEnd } from "./survey.js";
import { goneApart, type Lost, type Transfer } from "./transfer.js";

export interface CarryOptions {
  /** Where the log ends in either store, as listed. */
  readonly from: LogEnd;
  readonly to: LogEnd | undefined;
  /** Digest of the last entry at the target, if known. */
  readonly head?: Digest | undefined;
  /** Told of versions whose bytes are damaged at the source. Without it they are an error, and the model stays as it was. */
  readonly accept?: ((lost: Lost) => void) | undefined;
  /** Only these bytes are brought over. Default: all that entries refer to. */
  readonly only?: ReadonlySet<Digest> | undefined;
}

export interface Carried {
  /** Entries that were brought over. */
  readonly entries: number;
  readonly length: number;
  readonly head: Digest | null;
}

/** Entries that are brought over in one step. */
const stepLength = 1000;

interface Written {
  readonly entry: Entry;
  readonly bytes: Uint8Array;
}

/**
 * Brings the history of one model forward, from where it ends at the target. What entries refer to goes first, then the
 * entries in their order: whenever this is cut off, the target has the history whole as of some entry.
 */
export async function carryModel(transfer: Transfer, name: string, options: CarryOptions): Promise<Carried> {
  const { from, to } = options;
  checkNoGap(transfer.from, name, from);
  if (to !== undefined) checkNoGap(transfer.to, name, to);
  const start = to?.length ?? 0;
  let head = start === 0 ? null : (options.head ?? (await readOne(transfer.to, name, start, transfer)).entry.digest);
  if (start >= from.length) {
    const theirs = (await readOne(transfer.from, name, from.length, transfer)).entry.digest;
    const ours = start === from.length ? head : (await readOne(transfer.to, name, from.length, transfer)).entry.digest;
    if (theirs !== ours) throw goneApart(transfer, `Entry ${from.length} of ${name}`);
    return { entries: 0, length: start, head };
  }
  let at = start;
  for (let goal = from.length; at < goal;) {
    const step = await bringBytes(transfer, name, at, Math.min(goal, at + stepLength), head, options);
    if (at === 0) await putName(transfer, name);
    for (const { entry, bytes } of step) await transfer.putSame(logKey(name, entry.body.number), bytes);
    ({ digest: head } = step.at(-1)!.entry);
    at = step.at(-1)!.entry.body.number;
    goal = Math.max(goal, at);
  }
  return { entries: at - start, length: at, head };
}

/** Entries after `at`, as far as `end` or further, once all that they refer to is at the target. */
async function bringBytes(
  transfer: Transfer,
  name: string,
  at: number,
  end: number,
  head: Digest | null,
  { accept, only }: CarryOptions,
): Promise<Written[]> {
  let record: ModelRecord | undefined;
  for (;;) {
    const step = await readChained(transfer, name, at, end, head);
    const places = step
      .flatMap(({ entry }) => Object.entries(entry.placement) as [Digest, readonly string[]][])
      .filter(([digest]) => only?.has(digest) ?? true)
      // What lies in an archive stays there: the copy reads it from the same one.
      .flatMap(([digest, keys]) =>
        keys.filter((key) => archiveOfKey(key) === undefined).map((key) => ({ key, digest })),
      );
    const sizes = sizesIn(step.map(({ entry }) => entry));
    if (places.some(({ key, digest }) => encodingOfKey(key) !== undefined && !sizes.has(digest))) {
      record = await readRecord({ store: transfer.from }, name, record, transfer.signal);
      for (const version of record.versions.values())
        for (const { digest, size } of version.payloads) sizes.set(digest, size);
    }
    const lost = (await eachOf(places, 4, ({ key, digest }) => transfer.place(key, digest, sizes.get(digest)))).filter(
      (each) => each !== undefined,
    );
    if (lost.length === 0) return step;
    // Their version may have been deleted, here or further on, or they may lie in another place by now: the log tells.
    record = await readRecord({ store: transfer.from }, name, record, transfer.signal);
    if (record.length > end) {
      end = record.length;
      continue;
    }
    for (const each of await needed(transfer, record, lost)) {
      if (accept === undefined)
        throw new ModelkeepError(
          each.code,
          `${each.message}. It is needed by ${name}, whose newer entries were not brought over`,
          { details: { key: each.key, name } },
        );
      accept(each);
    }
    return step;
  }
}

/** Of what could not be had, the bytes that a version which is not deleted has in no other place. */
async function needed(transfer: Transfer, record: ModelRecord, lost: readonly Lost[]): Promise<Lost[]> {
  const found: Lost[] = [];
  for (const each of lost) {
    const versions = [...record.versions.values()].filter(
      (version) => version.status !== "deleted" && version.placement.get(each.digest)?.includes(each.key) === true,
    );
    const others = versions.map(({ placement }) => placement.get(each.digest)!.filter((key) => key !== each.key));
    for (const keys of others) {
      const there = await eachOf(keys, 4, (key) => transfer.to.head(key, transfer.calls));
      if (there.some((info) => info !== undefined)) continue;
      found.push(each);
      break;
    }
  }
  return found;
}

async function readChained(
  transfer: Transfer,
  name: string,
  at: number,
  end: number,
  head: Digest | null,
): Promise<Written[]> {
  const numbers = Array.from({ length: end - at }, (_, index) => at + 1 + index);
  const found = await eachOf(numbers, 16, (number) => readOne(transfer.from, name, number, transfer));
  let previous = head;
  for (const { entry } of found) {
    const { model, number } = entry.body;
    if (model !== name) throw damaged(`${name}/${number}`, `belongs to the model ${JSON.stringify(model)}`);
    if (entry.body.previous !== previous) {
      if (number === at + 1 && at > 0) throw goneApart(transfer, `Entry ${at} of ${name}`);
      throw damaged(`${name}/${number}`, "does not carry the digest of the entry before it");
    }
    previous = entry.digest;
  }
  return found;
}

async function readOne(
  store: Transfer["from"],
  name: string,
  number: number,
  { calls }: Pick<Transfer, "calls">,
): Promise<Written> {
  const object = await store.get(logKey(name, number), calls);
  if (object === undefined) throw damaged(`${name}/${number}`, `is missing from [${store.name}]`);
  const bytes = await collect(object.stream(calls));
  const entry = readEntry(bytes, `${name}/${number}`);
  if (entry.body.number !== number) throw damaged(`${name}/${number}`, `says that its number is ${entry.body.number}`);
  return { entry, bytes };
}

async function putName(transfer: Transfer, name: string): Promise<void> {
  const object = await transfer.from.get(nameKey(name), transfer.calls);
  // A name that is not reserved is named by `check`; the history is brought over all the same.
  if (object !== undefined) await transfer.putSame(nameKey(name), await collect(object.stream(transfer.calls)));
}

/** Sizes of plain bytes that entries tell, by digest. */
function sizesIn(entries: readonly Entry[]): Map<Digest, number> {
  const sizes = new Map<Digest, number>();
  for (const change of entries.flatMap(({ body }) => changesIn(body.change)))
    for (const payload of Array.isArray(change["payloads"]) ? change["payloads"] : [])
      if (isJsonObject(payload) && typeof payload["size"] === "number" && typeof payload["digest"] === "string")
        sizes.set(payload["digest"] as Digest, payload["size"]);
  return sizes;
}

/** A change, and those in it where it is a batch. */
function changesIn(change: JsonObject): JsonObject[] {
  const parts: readonly Json[] = Array.isArray(change["changes"]) ? change["changes"] : [];
  return [
    change,
    ...parts.flatMap((part) => (isJsonObject(part) && isJsonObject(part["change"]) ? [part["change"]] : [])),
  ];
}
