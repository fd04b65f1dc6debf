import { isModelkeepError, ModelkeepError, type Progress, type Store, throwIfAborted } from "@modelkeep/core";

import { eachOf } from "../blobs.js";
import { archivesPrefix } from "../keys.js";
import { createBackupRoot, readRoot, type Root } from "../root.js";
import { type BackupRun, BackupRecords } from "./backup-records.js";
import { carryModel } from "./carry-model.js";
import { pruneBackup } from "./prune.js";
import { type LogEnd, surveyLogs } from "./survey.js";
import { type Lost, Transfer } from "./transfer.js";

/** What `backupRegistry` does about damage, and about what was deleted. */
export interface BackupOptions {
  /** Back up versions whose bytes are damaged or gone at the source without these bytes; otherwise they are an error. */
  readonly acceptDamaged?: boolean | undefined;
  /** Remove from the backup what belonged to versions that have been deleted since. */
  readonly prune?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** In models. */
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** What a run of `backupRegistry` found and copied. */
export interface BackedUp extends BackupRun {
  /** Models that had changed. */
  readonly changed: number;
  /** Bytes that are damaged or gone at the source, and in no backup: see `acceptDamaged`. */
  readonly damaged: readonly Lost[];
  /** What `prune` removed. */
  readonly pruned?: { readonly objects: number; readonly bytes: number } | undefined;
}

interface Failed {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

/** Models between two records of how far a run has come. */
const recordEvery = 1000;

/**
 * Brings a backup of a registry up to date, while others write to the registry. A backup is a registry that is open for
 * reading only: the same keys and histories, digest for digest. Nothing in it is ever written over, and what is deleted at the source stays.
 * A source whose history is not the one that was backed up is a `conflict`; models that fail do not keep others from being backed up. It can be cut off at any time and run again.
 */
export async function backupRegistry(from: Store, to: Store, options: BackupOptions = {}): Promise<BackedUp> {
  const { signal, progress } = options;
  const started = new Date();
  const source = await readRoot(from);
  if (source === undefined) throw new ModelkeepError("not_found", `[${from.name}] There is no registry to back up`);
  await prepare(from, to, source);
  const records = new BackupRecords(to);
  await records.load(signal);
  // The backup first: whatever it has was at the source before.
  const there = await surveyLogs(to, { signal });
  const ends = await surveyLogs(from, { signal });
  refuseShorter(from, to, ends, there);

  const transfer = new Transfer(from, to, { signal });
  const totals = { changed: 0, entries: 0 };
  const damaged: Lost[] = [];
  const failed: Failed[] = [];
  const accept = options.acceptDamaged === true ? (lost: Lost) => void damaged.push(lost) : undefined;
  const run = (complete: boolean): BackupRun => ({
    started: started.toISOString(),
    ended: new Date().toISOString(),
    complete,
    models: ends.size,
    entries: totals.entries,
    objects: transfer.objects,
    bytes: transfer.bytes,
  });

  const due = [...ends].filter(([name, end]) => !isKnown(records, name, end, there.get(name)));
  let done = ends.size - due.length;
  try {
    for (let start = 0; start < due.length; start += recordEvery) {
      if (start > 0) await records.save(run(false), new Date());
      await eachOf(due.slice(start, start + recordEvery), 8, async ([name, end]) => {
        throwIfAborted(signal);
        const known = records.ends.get(name);
        const line = there.get(name);
        const head = known?.length === line?.length ? known?.head : undefined;
        try {
          const carried = await carryModel(transfer, name, { from: end, to: line, head, accept });
          totals.entries += carried.entries;
          if (carried.entries > 0) totals.changed++;
          // A log that grew while it was read is looked at again the next time.
          if (carried.length === end.length) records.keep(name, { ...end, head: carried.head! });
        } catch (error) {
          if (!isModelkeepError(error) || !modelFaults.has(error.code)) throw error;
          failed.push({ name, code: error.code, message: error.message });
        }
        progress?.({ done: ++done, total: ends.size });
      });
    }
  } catch (error) {
    // What was done need not be asked for again; if this can't be kept either, the next run asks.
    await records.save(run(false), new Date()).catch(() => undefined);
    throw error;
  }
  // Which archives are the registry's own; what lies in them stays there.
  await transfer.putAllSame(archivesPrefix);
  await records.save(run(failed.length === 0), new Date());
  if (failed.length > 0) throw notAll(failed, run(false));
  const pruned = options.prune === true ? await pruneBackup(to, signal) : undefined;
  return { ...run(true), changed: totals.changed, damaged, ...(pruned && { pruned }) };
}

/** Faults of one model, which do not keep the others from being backed up. */
const modelFaults = new Set([
  "conflict",
  "damaged_log",
  "digest_mismatch",
  "size_mismatch",
  "malformed",
  "truncated",
  "not_found",
  "unknown_format_version",
  "limit_exceeded",
]);

function notAll(failed: readonly Failed[], run: BackupRun): ModelkeepError {
  const [first] = failed as [Failed];
  const rest = failed.length === 1 ? "" : ` ${failed.length - 1} more models could not be backed up either.`;
  return new ModelkeepError(first.code, `${first.name} was not backed up: ${first.message}.${rest} All others were`, {
    details: { failed, run },
  });
}

/** A place for a backup: empty, or a backup of this very registry. */
async function prepare(from: Store, to: Store, source: Root): Promise<void> {
  if (!to.supports.putIfAbsent)
    throw new ModelkeepError(
      "unsupported",
      `[${to.name}] A backup needs a store that can put only if absent, atomically`,
    );
  const root = (await readRoot(to)) ?? (await createBackupRoot(from, to));
  if (!root.backup)
    throw new ModelkeepError(
      "conflict",
      `[${to.name}] There is a registry that is in use, not a backup: choose an empty store. \`modelkeep copy\` makes a second registry, \`modelkeep restore\` brings a backup back`,
    );
  if (root.id !== undefined && source.id !== undefined && root.id !== source.id)
    throw new ModelkeepError(
      "conflict",
      `[${to.name}] There is the backup of another registry (${root.id}, not ${source.id}): choose another store`,
      { details: { found: root.id, expected: source.id } },
    );
}

/** A log that has become shorter, or is gone, was rolled back: a backup of that would lose what the backup has. */
function refuseShorter(
  from: Store,
  to: Store,
  ends: ReadonlyMap<string, LogEnd>,
  there: ReadonlyMap<string, LogEnd>,
): void {
  const shorter = [...there].filter(([name, { length }]) => (ends.get(name)?.length ?? 0) < length);
  if (shorter.length === 0) return;
  const [[name, end]] = shorter as [[string, LogEnd]];
  const others = shorter.length === 1 ? "" : `, and ${shorter.length - 1} more like it`;
  throw new ModelkeepError(
    "conflict",
    `[${from.name}] ${name} has ${ends.get(name)?.length ?? 0} entries, and ${end.length} in its backup in [${to.name}]${others}: the registry was rolled back or rewritten. The backup was left as it is; \`modelkeep restore\` completes the registry from it`,
    { details: { models: shorter.slice(0, 100).map(([each]) => each) } },
  );
}

/** Whether nothing has happened since an earlier run looked, as far as listings tell. */
function isKnown(records: BackupRecords, name: string, end: LogEnd, there: LogEnd | undefined): boolean {
  const known = records.ends.get(name);
  return (
    known !== undefined &&
    known.length === end.length &&
    end.count === end.length &&
    known.size === end.size &&
    known.modified === end.modified &&
    there?.length === end.length &&
    there.count === there.length
  );
}
