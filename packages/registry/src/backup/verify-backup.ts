import { type Digest, type Envelope, isModelkeepError, type Store, throwIfAborted } from "@modelkeep/core";

import type { CheckReport } from "../check.js";
import { readRecord } from "../log.js";
import type { ModelRecord, VersionRecord } from "../record.js";
import { openRegistry } from "../open-registry.js";
import { createRestoredRoot } from "../root.js";
import type { VerificationResult } from "../verify.js";
import { BackupRecords, type BackupRun } from "./backup-records.js";
import { carryModel } from "./carry-model.js";
import { surveyLogs } from "./survey.js";
import { Transfer } from "./transfer.js";

/** How much of a backup is restored to prove it, and where. */
export interface VerifyBackupOptions {
  /** How many models one version is restored of, chosen by chance; "each": one of every model; "all": every version. Default 3. */
  readonly restore?: number | "each" | "all" | undefined;
  /** An empty store for each model that is restored; it is disposed of afterwards. */
  readonly scratch: () => Promise<Store>;
  /** Holds a version to its samples, in the scratch store: best in a process that has loaded nothing yet. */
  readonly prove: (envelope: Envelope, reference: string) => Promise<readonly VerificationResult[]>;
  readonly signal?: AbortSignal | undefined;
  /** In versions that are restored. */
  readonly progress?: ((reference: string) => void) | undefined;
}

/** A version that was restored to a scratch store. */
export interface RestoreTrial {
  readonly reference: string;
  /** Every file was there and is what it was, and all results agree. */
  readonly ok: boolean;
  /** Empty when the version has no samples: then only its bytes are proved. */
  readonly results: readonly VerificationResult[];
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/** Whether a backup is whole, and what came of restoring from it. */
export interface BackupReport {
  readonly ok: boolean;
  /** When the backup was last brought up to date, and whether that run came to its end. */
  readonly last: BackupRun | undefined;
  /** What reading every byte of the backup found. */
  readonly check: CheckReport;
  readonly trials: readonly RestoreTrial[];
}

/** Proves that a backup can be restored: reads all of it, then restores versions and runs them. Changes nothing in the backup. */
export async function verifyBackup(backup: Store, options: VerifyBackupOptions): Promise<BackupReport> {
  const { signal } = options;
  const registry = await openRegistry({ store: backup, readOnly: true });
  const check = await registry.check({ full: true, signal });
  const records = new BackupRecords(backup);
  await records.load(signal);
  const trials: RestoreTrial[] = [];
  const restore = options.restore ?? 3;
  const names: string[] = [];
  for await (const name of registry.names()) names.push(name);
  let open = typeof restore === "number" ? restore : Infinity;
  for (const name of typeof restore === "number" ? shuffled(names) : names) {
    if (open <= 0) break;
    throwIfAborted(signal);
    // A log that can't be read is among the problems of the check already.
    let record: ModelRecord | undefined;
    await attempt(async () => void (record = await readRecord({ store: backup }, name, undefined, signal)));
    if (record === undefined || record.renamedTo !== undefined) continue;
    const versions = chosen(record, restore === "all");
    if (versions.length === 0) continue;
    open--;
    trials.push(...(await tryRestore(backup, record, versions, options)));
  }
  return { ok: check.ok && trials.every(({ ok }) => ok), last: records.last, check, trials };
}

/** All that is not deleted, or the one that matters most: in production, else the newest that can be proved. */
function chosen(record: ModelRecord, all: boolean): VersionRecord[] {
  const there = [...record.versions.values()].filter(({ status }) => status !== "deleted");
  if (all) return there;
  const production = there.find(({ version }) => version === record.aliases.get("production")?.version);
  const one = production ?? there.findLast(({ summary }) => summary.samples !== undefined) ?? there.at(-1);
  return one === undefined ? [] : [one];
}

async function tryRestore(
  backup: Store,
  record: ModelRecord,
  versions: readonly VersionRecord[],
  { scratch, prove, signal, progress }: VerifyBackupOptions,
): Promise<RestoreTrial[]> {
  const store = await scratch();
  try {
    const failure = await attempt(async () => {
      const transfer = new Transfer(backup, store, { signal });
      const only = new Set(versions.flatMap(({ placement }) => [...placement.keys()] as Digest[]));
      for (const [name, from] of await surveyLogs(backup, { models: [...record.formerNames, record.name], signal }))
        await carryModel(transfer, name, { from, to: undefined, only });
      await createRestoredRoot(backup, store);
    });
    const trials: RestoreTrial[] = [];
    const registry = failure === undefined ? await openRegistry({ store, readOnly: true }) : undefined;
    for (const { version } of versions) {
      const reference = `${record.name}@${version}`;
      progress?.(reference);
      let results: readonly VerificationResult[] = [];
      const fault =
        failure ??
        (await attempt(async () => {
          const envelope = await registry!.open(reference, { signal });
          for (const { path } of envelope.manifest.payloads)
            for await (const _ of envelope.payload(path)!.stream({ signal }));
          if (envelope.manifest.samples !== undefined) results = await prove(envelope, reference);
        }));
      trials.push({ reference, ok: fault === undefined && results.every(({ ok }) => ok), results, ...fault });
    }
    return trials;
  } finally {
    await store[Symbol.asyncDispose]?.();
  }
}

async function attempt(work: () => Promise<void>): Promise<{ code: string; message: string } | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!isModelkeepError(error) || error.code === "aborted") throw error;
    return { code: error.code, message: error.message };
  }
}

/** Fisher and Yates. */
function shuffled(names: readonly string[]): string[] {
  const list = [...names];
  for (let last = list.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [list[last], list[other]] = [list[other]!, list[last]!];
  }
  return list;
}
