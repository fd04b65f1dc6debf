import type { PrivateKey } from "@modelkeep/attest";
import {
  collect,
  isModelkeepError,
  type JsonObject,
  ModelkeepError,
  type Store,
  throwIfAborted,
} from "@modelkeep/core";

import { type Actor, damaged, type Entry, type EntryBody, type Placement, readEntry, writeEntry } from "./entry.js";
import { fold } from "./fold.js";
import { hintKey, logKey, logNumber, logPrefix } from "./keys.js";
import { checkPin, type Pins } from "./pins.js";
import { emptyRecord, type ModelRecord } from "./record.js";
import { gateRefused } from "./rules/gates.js";
import { signatureFault, signWith } from "./signed-entries.js";
import type { StoreClock } from "./store-clock.js";
import { ulid } from "./ulid.js";

export interface LogContext {
  readonly store: Store;
  readonly clock: () => Date;
  /** What was last seen of the store's own clock: entries carry it. */
  readonly storeClock?: StoreClock | undefined;
  /** Waits before a race is tried again; a test's scheduler puts its own here. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Signs every entry that is written. */
  readonly entryKey?: PrivateKey | undefined;
}

/** A change that a writer wants, decided on exactly the state that it will follow. */
export interface Proposal {
  readonly kind: string;
  readonly critical: boolean;
  readonly change: JsonObject;
  readonly placement?: Placement | undefined;
}

export interface Appended {
  readonly record: ModelRecord;
  readonly entry: Entry;
}

const retries = 5;
const renameDepth = 64;

/** Entries from a number on, as far as they go. */
export async function readEntries(
  { store }: Pick<LogContext, "store">,
  model: string,
  from = 1,
  signal?: AbortSignal,
): Promise<Entry[]> {
  const entries: Entry[] = [];
  if (from === 1) {
    // A listing only says how far to read at once; the end is where a key is missing.
    let last = 0;
    for await (const { key } of store.list(logPrefix(model), { signal: signal! }))
      last = Math.max(last, logNumber(key) ?? 0);
    for (let start = 1; start <= last; start += 16) {
      const numbers = Array.from({ length: Math.min(16, last - start + 1) }, (_, index) => start + index);
      const batch = await Promise.all(numbers.map((number) => readOne(store, model, number, signal)));
      for (const [index, entry] of batch.entries()) {
        if (entry === undefined)
          throw damaged(`${model}/${numbers[index]!}`, `is missing, though number ${last} is there`);
        entries.push(entry);
      }
    }
  }
  for (;;) {
    const entry = await readOne(store, model, from + entries.length, signal);
    if (entry === undefined) return entries;
    entries.push(entry);
  }
}

/** The record of a model as its log stands now, going on from what is known of it. */
export async function readRecord(
  context: Pick<LogContext, "store">,
  model: string,
  known: ModelRecord = emptyRecord(model),
  signal?: AbortSignal,
  {
    depth = 0,
    until = Infinity,
    pins,
  }: { readonly depth?: number; readonly until?: number; readonly pins?: Pins | undefined } = {},
): Promise<ModelRecord> {
  const entries = (await readEntries(context, model, known.length + 1, signal)).slice(0, until);
  const first = known.length === 0 ? entries[0]?.body : undefined;
  const seen = pins?.get(model);
  const pin = seen !== undefined && seen.length <= until ? seen : undefined;
  const held = (record: ModelRecord): ModelRecord => {
    checkPin(record, pin);
    return record;
  };
  if (first?.kind !== "renamed_from") return held(fold(known, entries, { pin }));
  const from = first.change["from"];
  if (typeof from !== "string" || depth >= renameDepth) throw damaged(`${model}/1`, "takes over no readable history");
  // What somebody wrote under the old name after the rename does not change what was taken over.
  const taken = Number(first.change["length"]);
  const former = await readRecord(context, from, undefined, signal, { depth: depth + 1, until: taken, pins });
  return held(fold(known, entries, { former, pin }));
}

/**
 * Appends one entry. `propose` is asked for every state that the entry might follow, may throw to give up, and returns
 * `undefined` when nothing is left to do; a change that the rules of the fold forbid is a `conflict`. An outcome that is
 * not known is found out by reading before anything else is tried, always under the same id. `reserve` is what must be
 * there before the entry is: it runs once nothing forbids the entry.
 */
export async function append(
  context: LogContext,
  known: ModelRecord,
  actor: Actor,
  propose: (record: ModelRecord) => Proposal | undefined | Promise<Proposal | undefined>,
  signal?: AbortSignal,
  reserve?: () => Promise<void>,
): Promise<Appended | { readonly record: ModelRecord; readonly entry?: undefined }> {
  const { store } = context;
  const id = ulid(context.clock());
  let record = known;
  for (let attempt = 0; ; attempt++) {
    throwIfAborted(signal);
    const proposal = await propose(record);
    if (proposal === undefined) return { record };
    const write = () => {
      const body = bodyOf(context, record, actor, proposal, id);
      return writeEntry(body, proposal.placement ?? {}, context.entryKey && signWith(context.entryKey));
    };
    let { entry, bytes } = write();
    let after = judge(record, entry);
    if (entry.body.storeTime === undefined && context.storeClock !== undefined) {
      // The hint is due anyway; it tells what time it is there.
      await hint(context, record.name);
      ({ entry, bytes } = write());
      after = judge(record, entry);
    }
    await reserve?.();
    const outcome = await putEntry(store, entry, bytes, signal);
    if (outcome === "ours") return { record: after, entry };
    record = await readRecord(context, record.name, record, signal);
    // Whoever lost a race waits a little, more each time, so that many writers do not keep meeting.
    if (attempt > 0) await context.sleep(Math.random() * Math.min(200, 2 ** Math.min(attempt, 8)));
  }
}

/** What the fold makes of an entry before it is written: a rule that forbids it is an error here. */
function judge(record: ModelRecord, entry: Entry): ModelRecord {
  if (record.readOnly !== undefined)
    throw new ModelkeepError("refused", `${record.name} is read-only here. ${record.readOnly}`);
  const unsigned = record.ring && signatureFault(record.ring, entry);
  if (unsigned !== undefined)
    throw new ModelkeepError(
      "refused",
      `${record.name} takes only entries that its people have signed, and this one ${unsigned}. Open the registry with \`signEntries\` (--sign-with), a private key whose public half was added to the model`,
      { details: { name: record.name, keyId: entry.signed?.keyId } },
    );
  const after = fold(record, [entry]);
  const fault = after.voids.length > record.voids.length ? after.voids.at(-1) : undefined;
  if (fault !== undefined) {
    const { kind, reason, faults } = fault;
    if (faults !== undefined) throw gateRefused(record.name, reason, faults);
    throw new ModelkeepError("conflict", `${record.name}: ${reason}`, { details: { kind } });
  }
  return after;
}

async function putEntry(
  store: Store,
  entry: Entry,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<"ours" | "other"> {
  const { model, number, id } = entry.body;
  const unknown = (cause: unknown) =>
    new ModelkeepError(
      "unknown_outcome",
      `Whether the change of ${model} was written is not known: the store did not answer. Look at its history before trying again (entry ${id})`,
      { cause, details: { model, number, id } },
    );
  /** Whether a request without an answer may still take effect: from then on no later failure is the end of it. */
  let pending = false;
  for (let attempt = 1; ; attempt++) {
    try {
      await store.put(logKey(model, number), bytes, { if: "absent", size: bytes.length, signal });
      return "ours";
    } catch (error) {
      if (error instanceof TypeError) throw error;
      const known = !isModelkeepError(error, "unknown_outcome");
      pending ||= !known;
      let found: Entry | undefined;
      try {
        found = await readOne(store, model, number);
      } catch (cause) {
        throw pending || isModelkeepError(error, "already_exists") ? unknown(cause) : error;
      }
      if (found !== undefined) return found.body.id === id ? "ours" : "other";
      if (known && !isModelkeepError(error, "already_exists")) throw pending ? unknown(error) : error;
      if (attempt > retries) throw unknown(error);
    }
  }
}

/** Runs what follows an entry that is written. That it fails does not mean that the change has failed: the caller is told so. */
export async function afterEntry<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isModelkeepError(error) || error.code === "unknown_outcome" || error.code === "aborted") throw error;
    throw new ModelkeepError("unknown_outcome", `${what}: ${error.message}`, { cause: error });
  }
}

async function readOne(store: Store, model: string, number: number, signal?: AbortSignal): Promise<Entry | undefined> {
  const object = await store.get(logKey(model, number), { signal });
  if (object === undefined) return undefined;
  return readEntry(await collect(object.stream()), `${model}/${number}`, object.info.modified);
}

function bodyOf(context: LogContext, record: ModelRecord, actor: Actor, proposal: Proposal, id: string): EntryBody {
  const now = context.clock().toISOString();
  const storeTime = context.storeClock?.now();
  // Whoever a key was added for signs as this person, whatever they call themselves elsewhere.
  const { name, email } = record.ring?.signers.get(context.entryKey?.keyId ?? "")?.actor ?? actor;
  return {
    format: "modelkeep.log/1",
    model: record.name,
    number: record.length + 1,
    id,
    kind: proposal.kind,
    critical: proposal.critical,
    previous: record.head,
    time: record.time !== undefined && record.time > now ? record.time : now,
    ...(storeTime !== undefined && { storeTime }),
    actor: email === undefined ? { name } : { name, email },
    change: proposal.change,
  };
}

/** Tells indexes that a model changes. Only a hint, so it may go ahead of the entry: losing it costs nothing but time. */
export async function hint({ store, clock, storeClock }: LogContext, model: string): Promise<void> {
  const time = clock();
  const bytes = new TextEncoder().encode(`${JSON.stringify({ model })}\n`);
  try {
    storeClock?.observe((await store.put(hintKey(time, ulid(time), model), bytes)).modified);
  } catch (error) {
    if (!isModelkeepError(error)) throw error;
  }
}
