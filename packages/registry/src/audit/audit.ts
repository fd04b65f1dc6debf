import { openNote, parsePrivateKey, type NoteVerifier, type PrivateKey, signNote } from "@modelkeep/attest";
import { ModelkeepError, type Progress } from "@modelkeep/core";

import { eachOf } from "../blobs.js";
import type { ChangeOptions, Context } from "../context.js";
import { readRecord } from "../log.js";
import { modelNames } from "../models.js";
import { readRoot } from "../root.js";
import { type Head, readCheckpoint, writeCheckpoint } from "./checkpoint.js";
import { compareHead, type HistoryProblem } from "./compare-heads.js";
import { type AuditReport, type AuditReportOptions, auditReport } from "./report.js";

/** What a checkpoint calls the registry. */
export interface CheckpointOptions extends ChangeOptions {
  /** The name of the registry in the note, without spaces, and that of the key. Default: `modelkeep/<id of the registry>`. */
  readonly origin?: string | undefined;
}

/** Whose checkpoints `audit.verify` believes. */
export interface VerifyHistoriesOptions extends ChangeOptions {
  /** Whose checkpoints are believed. */
  readonly verifiers: readonly NoteVerifier[];
  /** In models. */
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** What became of the histories since a checkpoint. */
export interface HistoriesReport {
  /** Every history was only extended. */
  readonly ok: boolean;
  readonly origin: string;
  readonly signedBy: readonly string[];
  readonly problems: readonly HistoryProblem[];
  /** Models that the checkpoint is about. */
  readonly models: number;
  /** Entries that have come since, and models. */
  readonly newEntries: number;
  readonly newModels: readonly string[];
}

/** Proof of what happened: checkpoints that are kept elsewhere, and reports of who did what. */
export class Audit {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /**
   * A signed note of how far every history goes now: to be kept where nobody who can write to the store can write. A history that is
   * damaged is an error, and nothing is signed.
   */
  async checkpoint(key: PrivateKey | string, { origin, signal }: CheckpointOptions = {}): Promise<string> {
    const { store } = this.#context;
    const name = origin ?? (await defaultOrigin(this.#context));
    const names: string[] = [];
    for await (const each of modelNames(store, signal)) names.push(each);
    const heads = await eachOf(names, 8, async (model): Promise<Head[]> => {
      const { length, head } = await readRecord({ store }, model, undefined, signal);
      return head === null ? [] : [{ model, length, head }];
    });
    const text = writeCheckpoint({ origin: name, heads: heads.flat() });
    return signNote(text, name, typeof key === "string" ? parsePrivateKey(key) : key);
  }

  /** Whether every history was only extended since a checkpoint was made. Reads the histories, not the models. */
  async verify(note: string, { verifiers, signal, progress }: VerifyHistoriesOptions): Promise<HistoriesReport> {
    const { store } = this.#context;
    const { text, signedBy } = openNote(note, verifiers);
    const { origin, heads } = readCheckpoint(text);
    let done = 0;
    const results = await eachOf(heads, 8, async (head) => {
      const result = await compareHead(store, head, signal);
      progress?.({ done: ++done, total: heads.length });
      return { head, result };
    });
    const problems = results.flatMap(({ result }) => ("code" in result ? [result] : []));
    const known = new Set(heads.map(({ model }) => model));
    const newModels: string[] = [];
    for await (const name of modelNames(store, signal)) if (!known.has(name)) newModels.push(name);
    const newEntries = results.map(({ head, result }) => ("entries" in result ? result.entries - head.length : 0));
    return {
      ok: problems.length === 0,
      origin,
      signedBy,
      problems,
      models: heads.length,
      newEntries: newEntries.reduce((sum, each) => sum + each, 0),
      newModels,
    };
  }

  /** Who changed what, who had approved it, and what was predicted by which version. */
  report(options: AuditReportOptions): Promise<AuditReport> {
    return auditReport(this.#context, options);
  }
}

async function defaultOrigin({ store }: Context): Promise<string> {
  const id = (await readRoot(store))?.id;
  if (id !== undefined) return `modelkeep/${id}`;
  throw new ModelkeepError("invalid_input", "This registry has no id of its own: give the checkpoint an `origin`");
}
