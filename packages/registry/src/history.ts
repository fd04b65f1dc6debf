import type { JsonObject } from "@modelkeep/core";

import { type Context, existing } from "./context.js";
import type { Actor, Entry } from "./entry.js";
import { foldAll } from "./fold.js";
import { readEntries, readRecord } from "./log.js";
import type { ModelRecord } from "./record.js";
import type { Resolved } from "./resolve.js";

/** One entry of a model's history. */
export interface HistoryEntry {
  /** The name under which it was written. */
  readonly model: string;
  readonly number: number;
  readonly id: string;
  readonly time: string;
  readonly actor: Actor;
  readonly kind: string;
  readonly change: JsonObject;
  readonly digest: string;
  /** Id of the key that signed it, if one did; whether it is its actor's is judged where a model takes signed entries only. */
  readonly keyId?: string | undefined;
  /** Why it has no effect, if it has none. */
  readonly void?: string | undefined;
}

/** Everything that ever happened to a model, under all its names, the oldest first. */
export async function history(context: Context, name: string, signal?: AbortSignal): Promise<HistoryEntry[]> {
  const record = await existing(context, name, signal);
  const entries: HistoryEntry[] = [];
  for (const each of [...record.formerNames, record.name]) {
    const [own, after] = await Promise.all([readEntries(context, each, 1, signal), readRecord(context, each)]);
    const voids = new Map(after.voids.map((found) => [found.number, found.reason]));
    entries.push(...own.map((entry) => line(entry, voids.get(entry.body.number))));
  }
  return entries;
}

/** The record as it stood at a time: what every alias pointed at then. Empty before the model was there. */
export async function asOf(
  context: Context,
  name: string,
  time: Date | string,
  signal?: AbortSignal,
): Promise<ModelRecord> {
  const record = await existing(context, name, signal);
  const until = typeof time === "string" ? new Date(time) : time;
  if (Number.isNaN(until.getTime())) throw new TypeError(`${String(time)} is no time`);
  const limit = until.toISOString();
  const names = [...record.formerNames, record.name];
  const logs = await Promise.all(names.map((each) => readEntries(context, each, 1, signal)));
  let former: ModelRecord | undefined;
  for (const [at, each] of names.entries()) {
    // The next name takes over so much of this log, whatever was written after it.
    const taken = logs[at + 1]?.[0]?.body.change["length"];
    const entries = logs[at]!.slice(0, typeof taken === "number" ? taken : Infinity);
    const whole = foldAll(each, entries, { former });
    // Entries stand in the order of their times, but for those that are void.
    const unheard = new Set(whole.voids.map(({ number }) => number));
    const later = entries.findIndex(({ body }) => body.time > limit && !unheard.has(body.number));
    if (later === 0 && former !== undefined) return former;
    if (later >= 0) return foldAll(each, entries.slice(0, later), { former });
    former = whole;
  }
  return former!;
}

/** What an alias pointed at then; `undefined` where it pointed at nothing. */
export async function aliasAsOf(
  context: Context,
  name: string,
  alias: string,
  time: Date | string,
  signal?: AbortSignal,
): Promise<Resolved | undefined> {
  const record = await asOf(context, name, time, signal);
  const version = record.versions.get(record.aliases.get(alias)?.version ?? 0);
  return version && { record, version };
}

function line({ body, digest, signed }: Entry, reason: string | undefined): HistoryEntry {
  const { model, number, id, time, actor, kind, change } = body;
  const key = signed === undefined ? {} : { keyId: signed.keyId };
  return {
    model,
    number,
    id,
    time,
    actor,
    kind,
    change,
    digest,
    ...key,
    ...(reason !== undefined && { void: reason }),
  };
}
