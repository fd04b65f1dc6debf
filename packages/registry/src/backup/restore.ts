import { isModelkeepError, ModelkeepError, type Progress, type Store, throwIfAborted } from "@modelkeep/core";

import { eachOf } from "../blobs.js";
import { archivesPrefix, rootKey } from "../keys.js";
import { readRecord } from "../log.js";
import { createRestoredRoot, readRoot } from "../root.js";
import { carryModel } from "./carry-model.js";
import { type Healed, type Repair, repairBytes } from "./repair.js";
import { repairLog } from "./repair-log.js";
import { surveyLogs } from "./survey.js";
import { type Lost, Transfer } from "./transfer.js";

/** What `restoreRegistry` brings back. */
export interface RestoreOptions {
  /** Only these, with what they were called before. Default: all. */
  readonly models?: readonly string[] | undefined;
  /** Read every byte of the registry, and put what is missing or damaged back in its place. */
  readonly repair?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** In models. */
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** What `restoreRegistry` brought back. */
export interface Restored {
  readonly models: number;
  /** Models whose history has gone on in the registry since the backup: left as they are. */
  readonly ahead: readonly string[];
  readonly entries: number;
  readonly objects: number;
  readonly bytes: number;
  /** What `repair` put back. */
  readonly healed: readonly Healed[];
  /** Damage that the backup has no bytes for. */
  readonly beyondRepair: readonly Lost[];
}

/**
 * Brings a backup back: into an empty store, or into a registry that has lost something. Histories are completed, and never
 * written over: one that went another way is a `conflict`. It can be cut off at any time and run again.
 */
export async function restoreRegistry(backup: Store, to: Store, options: RestoreOptions = {}): Promise<Restored> {
  const { signal, progress } = options;
  const source = await readRoot(backup);
  if (source === undefined)
    throw new ModelkeepError("not_found", `[${backup.name}] There is no backup, and no other registry either`);
  let broken = false;
  const target = await readRoot(to).catch((error: unknown) => {
    // A root that can't be read is part of the damage.
    broken = options.repair === true && isModelkeepError(error, "malformed");
    if (!broken) throw error;
    return undefined;
  });
  if (target?.backup === true && !(options.repair === true && !source.backup))
    throw new ModelkeepError("conflict", `[${to.name}] There is a backup: restore into a registry, or an empty store`);
  if (target?.id !== undefined && source.id !== undefined && target.id !== source.id)
    throw new ModelkeepError(
      "conflict",
      `[${to.name}] There is another registry (${target.id}) than the one that was backed up (${source.id}): choose an empty store, or copy single versions`,
      { details: { found: target.id, expected: source.id } },
    );

  const models = options.models === undefined ? undefined : await withFormerNames(backup, options.models, signal);
  const transfer = new Transfer(backup, to, { signal });
  const repair: Repair = { healed: [], beyondRepair: [] };
  const ends = await surveyLogs(backup, { models, signal });
  let there = await surveyLogs(to, { models, signal });
  const names = [...ends.keys()];
  let done = 0;
  if (options.repair === true) {
    // Histories first: they tell what else must be there.
    await eachOf(names, 8, (name) => repairLog(transfer, name, ends.get(name)!, there.get(name), repair));
    there = await surveyLogs(to, { models, signal });
  }
  const ahead: string[] = [];
  const seen = new Set<string>();
  let entries = 0;
  await eachOf(names, 8, async (name) => {
    throwIfAborted(signal);
    const [end, line] = [ends.get(name)!, there.get(name)];
    if (line !== undefined && line.length > end.length) ahead.push(name);
    entries += (await carryModel(transfer, name, { from: end, to: line })).entries;
    if (options.repair === true) await repairBytes(transfer, name, seen, repair);
    progress?.({ done: ++done, total: names.length });
  });
  await transfer.putAllSame(archivesPrefix);
  if (broken) {
    await to.delete(rootKey);
    repair.healed.push({ key: rootKey, code: "malformed" });
  }
  if (target === undefined) await createRestoredRoot(backup, to);
  const { objects, bytes } = transfer;
  return { models: names.length, ahead: ahead.toSorted(), entries, objects, bytes, ...repair };
}

/** Names, and those that the models had before: their histories begin there. */
async function withFormerNames(backup: Store, models: readonly string[], signal?: AbortSignal): Promise<Set<string>> {
  const names = new Set<string>();
  for (let name of models) {
    for (let hops = 0; hops < 64; hops++) {
      const record = await readRecord({ store: backup }, name, undefined, signal);
      if (record.length === 0)
        throw new ModelkeepError(
          "not_found",
          `[${backup.name}] There is no model ${JSON.stringify(name)} in the backup`,
          {
            details: { name },
          },
        );
      for (const each of [...record.formerNames, name]) names.add(each);
      if (record.renamedTo === undefined) break;
      name = record.renamedTo;
    }
  }
  return names;
}
