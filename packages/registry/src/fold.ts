import { damaged, type Entry } from "./entry.js";
import { type Pin, rolledBack } from "./pins.js";
import { applyChange, knownKinds } from "./rules.js";
import { GateRefusal } from "./rules/gates.js";
import { VoidChange } from "./rules/rule.js";
import { emptyRecord, type ModelRecord } from "./record.js";
import { signatureFault } from "./signed-entries.js";

/** A record while entries are folded into it: maps and lists of its own, values shared. */
export type Draft = {
  -readonly [K in keyof ModelRecord]: ModelRecord[K] extends ReadonlyMap<infer A, infer B>
    ? Map<A, B>
    : ModelRecord[K] extends readonly (infer T)[]
      ? T[]
      : ModelRecord[K];
};

export interface FoldOptions {
  /** What a model was before it got its present name: needed when the first entry says `renamed_from`. */
  readonly former?: ModelRecord | undefined;
  /** How far the history was seen before: the entry of that number must be the same one. */
  readonly pin?: Pin | undefined;
}

/**
 * Folds the next entries into a record, which is not changed. Every rule is judged here, by every reader alike: an entry
 * that breaks one is void, is listed as such and has no effect. Only a broken chain is an error (`damaged_log`).
 */
export function fold(record: ModelRecord, entries: readonly Entry[], options: FoldOptions = {}): ModelRecord {
  if (entries.length === 0) return record;
  let draft = draftOf(record);
  for (const entry of entries) {
    checkChain(draft, entry);
    const before = draft.voids.length;
    if (options.pin?.length === entry.body.number && options.pin.head !== entry.digest)
      throw rolledBack(draft.name, options.pin, "another history than it had");
    draft = step(draft, entry, options);
    draft.length = entry.body.number;
    draft.head = entry.digest;
    // What is void does not move the clock: nobody makes old proofs fresh by an entry from the future.
    if (draft.voids.length === before) draft.time = entry.body.time;
  }
  return draft;
}

export function foldAll(name: string, entries: readonly Entry[], options: FoldOptions = {}): ModelRecord {
  return fold(emptyRecord(name), entries, options);
}

function step(draft: Draft, entry: Entry, options: FoldOptions): Draft {
  const { number, id, kind, critical, change } = entry.body;
  // Before anything else: who may not write cannot even make the model read-only.
  const unsigned = draft.ring && signatureFault(draft.ring, entry);
  if (unsigned !== undefined) {
    draft.voids.push({ number, id, kind, reason: unsigned });
    return draft;
  }
  const unknown = kindsOf(entry).find((each) => !knownKinds.has(each.kind));
  if (unknown !== undefined) {
    if (unknown.critical || critical)
      draft.readOnly ??= `Entry ${number} is of the kind "${unknown.kind}", which this version of Modelkeep does not know: install a newer one`;
    draft.skipped.push({ number, kind, change });
    return draft;
  }
  // A batch takes effect as a whole or not at all.
  const trial = kind === "batch" ? draftOf(draft) : draft;
  try {
    applyChange(trial, entry, options);
    return trial;
  } catch (error) {
    if (!(error instanceof VoidChange)) throw error;
    const faults = error instanceof GateRefusal ? { faults: error.faults } : {};
    draft.voids.push({ number, id, kind, reason: error.message, ...faults });
    return draft;
  }
}

function kindsOf(entry: Entry): readonly { readonly kind: string; readonly critical: boolean }[] {
  const { kind, critical, change } = entry.body;
  const parts = kind === "batch" && Array.isArray(change["changes"]) ? change["changes"] : undefined;
  if (parts === undefined) return [{ kind, critical }];
  return parts.map((part) => {
    const each = part as { kind?: unknown; critical?: unknown } | null;
    return { kind: String(each?.kind), critical: each?.critical === true };
  });
}

/** `damaged_log` unless the entry is the one that comes next. */
export function checkChain(record: Pick<ModelRecord, "name" | "length" | "head" | "time">, { body }: Entry): void {
  const where = `${record.name}/${body.number}`;
  if (body.number !== record.length + 1) throw damaged(where, `follows number ${record.length}`);
  if (body.model !== record.name) throw damaged(where, `belongs to the model ${JSON.stringify(body.model)}`);
  if (body.previous !== record.head) throw damaged(where, "does not carry the digest of the entry before it");
  if (record.time !== undefined && body.time < record.time) throw damaged(where, "is older than what came before it");
}

function draftOf(record: ModelRecord): Draft {
  return {
    ...record,
    versions: new Map(record.versions),
    aliases: new Map(record.aliases),
    routes: new Map(record.routes),
    labels: new Map(record.labels),
    policies: new Map(record.policies),
    holds: [...record.holds],
    formerNames: [...record.formerNames],
    voids: [...record.voids],
    skipped: [...record.skipped],
  };
}
