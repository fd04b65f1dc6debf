import { isModelkeepError, ModelkeepError, type Progress } from "@modelkeep/core";

import { batchOf } from "./proposals.js";
import { eachOf } from "./blobs.js";
import { type ChangeOptions, change, type Context, existing, plain, writer } from "./context.js";
import { type DeleteOptions, deleteModel, deleteVersion, deletionOf, lookAtClock, requireLiving } from "./deletion.js";
import { hold, type HoldOptions, release, type ReleaseOptions } from "./holds.js";
import type { Proposal } from "./log.js";
import { modelNames } from "./models.js";
import { isThere, moveFiles, type MoveOptions, targetOf } from "./move-files.js";
import type { Hold, ModelRecord } from "./record.js";
import { resolve } from "./resolve.js";
import { checkPolicy, type RetentionPolicy } from "./retention-policy.js";
import { type PlannedVersion, planRetention } from "./retention-plan.js";

/** Which models `retention.preview` goes through, and as of when. */
export interface PreviewOptions {
  /** Default: every model. */
  readonly names?: readonly string[] | undefined;
  /** As it would be then: only looks ahead. Default: now, by this process' clock. */
  readonly at?: Date | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What `retention.apply` would delete and archive. */
export interface RetentionPreview {
  readonly at: string;
  readonly models: number;
  /** Every version that would be touched, with the reason; kept ones are only counted. */
  readonly delete: readonly PlannedVersion[];
  readonly archive: readonly PlannedVersion[];
  readonly kept: number;
}

/** Which models `retention.apply` goes through. */
export interface ApplyOptions {
  readonly names?: readonly string[] | undefined;
  /** Nothing but what this preview showed is touched. */
  readonly preview?: RetentionPreview | undefined;
  readonly signal?: AbortSignal | undefined;
  /** In versions. */
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** What `retention.apply` deleted and archived. */
export interface RetentionApplied {
  readonly deleted: readonly PlannedVersion[];
  readonly archived: readonly PlannedVersion[];
  /** What could not be done, and why; the rest was. */
  readonly failed: readonly (PlannedVersion & { readonly code: string; readonly message: string })[];
}

/** What keeps each version of a model, and for how long. */
export interface RetentionView {
  readonly name: string;
  readonly policy?: RetentionPolicy | undefined;
  readonly holds: readonly Hold[];
  /** Every version that is not deleted, the oldest first, with all that keeps it. */
  readonly versions: readonly PlannedVersion[];
}

/** Versions that are deleted by one entry, so that it does not become too large. */
const together = 500;

/** How long versions are kept, where their files lie, and how they end: `registry.retention`. */
export class Retention {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** The policy of a model, its holds, and what keeps each of its versions. */
  async show(name: string, { at, signal }: Pick<PreviewOptions, "at" | "signal"> = {}): Promise<RetentionView> {
    const record = await existing(this.#context, name, signal);
    const { retention: policy, holds } = record;
    const time = at ?? this.#context.clock();
    return { name: record.name, ...(policy && { policy }), holds, versions: planRetention(record, time.getTime()) };
  }

  /**
   * Sets the policy of a model; null takes it away. It holds for versions to come, and adds to what is promised of those that are
   * there: what an earlier policy promised of them stays. The same policy again changes nothing.
   */
  async set(
    name: string,
    policy: RetentionPolicy | null,
    { reason, signal }: ChangeOptions & { readonly reason?: string | undefined } = {},
  ): Promise<void> {
    const wanted = policy === null ? null : checkPolicy(policy);
    const propose = (record: ModelRecord): Proposal | undefined => {
      if (JSON.stringify(record.retention ?? null) === JSON.stringify(wanted)) return undefined;
      return { kind: "retention", critical: true, change: plain({ policy: wanted, reason }) };
    };
    await change(this.#context, name, propose, { signal });
  }

  /** Exactly what `apply` would do now, or at another time. Changes nothing. */
  async preview(options: PreviewOptions = {}): Promise<RetentionPreview> {
    const at = options.at ?? this.#context.clock();
    const plans = await this.#plans(options.names, at, options.signal);
    const all = plans.flat();
    return {
      at: at.toISOString(),
      models: plans.length,
      delete: all.filter(({ action }) => action === "delete"),
      archive: all.filter(({ action }) => action === "archive"),
      kept: all.filter(({ action }) => action === "keep").length,
    };
  }

  /** Deletes and archives what the policies say, judged anew by the store's clock. Bytes go with the next garbage collection. */
  async apply({ names, preview, signal, progress }: ApplyOptions = {}): Promise<RetentionApplied> {
    writer(this.#context);
    const shown = preview && new Set([...preview.delete, ...preview.archive].map(nameAction));
    const at = await lookAtClock(this.#context);
    const plans = await this.#plans(names, at, signal);
    const touched = plans
      .map((plan) => plan.filter((each) => each.action !== "keep" && (shown?.has(nameAction(each)) ?? true)))
      .filter((plan) => plan.length > 0);
    const applied = {
      deleted: [] as PlannedVersion[],
      archived: [] as PlannedVersion[],
      failed: [] as RetentionApplied["failed"][number][],
    };
    const total = touched.reduce((sum, plan) => sum + plan.length, 0);
    const attempt = async (plan: readonly PlannedVersion[], done: PlannedVersion[], work: () => Promise<unknown>) => {
      try {
        await work();
        done.push(...plan);
      } catch (error) {
        if (!isModelkeepError(error) || error.code === "aborted") throw error;
        applied.failed.push(...plan.map((each) => ({ ...each, code: error.code, message: error.message })));
      }
      const { deleted, archived, failed } = applied;
      progress?.({ done: deleted.length + archived.length + failed.length, total });
    };
    await eachOf(touched, 8, async (plan) => {
      const doomed = plan.filter(({ action }) => action === "delete");
      for (let start = 0; start < doomed.length; start += together) {
        const part = doomed.slice(start, start + together);
        await attempt(part, applied.deleted, () => this.#deleteAll(part, signal));
      }
      for (const each of plan.filter(({ action }) => action === "archive"))
        await attempt([each], applied.archived, () =>
          this.archive(each.reference, each.to!, { reason: `policy: ${each.reasons.join("; ")}`, signal }),
        );
    });
    return applied;
  }

  /**
   * Deletes a version that no hold, alias or promise keeps. A tombstone, its manifest and its history stay.
   * @throws `conflict` where a hold, an alias or a promise keeps it, `deleted` where that has been done
   */
  async delete(reference: string, options: DeleteOptions): Promise<void> {
    await deleteVersion(this.#context, reference, options);
  }

  /** Deletes a model with all its versions. Its name is never used again. */
  async deleteModel(name: string, options: DeleteOptions): Promise<void> {
    await deleteModel(this.#context, name, options);
  }

  /** Stops the deletion of `name@3`, or of all of `name`, by anybody, until the hold is released by its name. */
  async hold(reference: string, name: string, options: HoldOptions): Promise<void> {
    await hold(this.#context, reference, name, options);
  }

  async release(reference: string, name: string, options?: ReleaseOptions): Promise<void> {
    await release(this.#context, reference, name, options);
  }

  /**
   * Moves the files of a version to an archive or a storage class, and marks it as archived.
   * @throws `conflict` where an alias points at it, `deleted`
   */
  async archive(reference: string, to: string, options: MoveOptions = {}): Promise<void> {
    const target = targetOf(this.#context, to);
    const { record, version } = await resolve(this.#context, reference, options.signal);
    requireLiving(record.name, version);
    if (version.status === "archived" && isThere(version, target)) return;
    const alias = [...record.aliases.values()].find((each) => each.version === version.version);
    if (alias !== undefined)
      throw new ModelkeepError(
        "conflict",
        `${record.name}: the alias "${alias.name}" points at version ${version.version}: move it first`,
      );
    const change = plain({ version: version.version, status: "archived", reason: options.reason });
    const mark = version.status === "archived" ? [] : [{ kind: "status", critical: true, change }];
    await moveFiles(this.#context, record, version, target, options, mark);
  }

  /** Brings the files of a version back to where new versions lie, and makes it active. What must be thawed first says so: `archived`. */
  async restore(reference: string, options: MoveOptions = {}): Promise<void> {
    const { record, version } = await resolve(this.#context, reference, options.signal);
    requireLiving(record.name, version);
    const change = plain({ version: version.version, status: "active", reason: options.reason });
    const mark = version.status === "archived" ? [{ kind: "status", critical: true, change }] : [];
    if (version.storage !== undefined || !isThere(version, {}))
      await moveFiles(this.#context, record, version, {}, options, mark);
  }

  /** The plan of every model that was asked for, a few logs at a time. */
  async #plans(names: readonly string[] | undefined, at: Date, signal: AbortSignal | undefined) {
    const { logs, store } = this.#context;
    const all = [...(names ?? [])];
    if (names === undefined) for await (const name of modelNames(store, signal)) all.push(name);
    const plans = await eachOf(all, 16, async (name) => {
      const record = names === undefined ? await logs.glimpse(name) : await existing(this.#context, name, signal);
      return record.length === 0 || record.renamedTo !== undefined ? undefined : planRetention(record, at.getTime());
    });
    return plans.filter((plan) => plan !== undefined);
  }

  async #deleteAll(plan: readonly PlannedVersion[], signal: AbortSignal | undefined): Promise<void> {
    const name = plan[0]!.name;
    const propose = (record: ModelRecord): Proposal | undefined => {
      const left = plan.filter(({ version }) => record.versions.get(version)?.status !== "deleted");
      const parts = left.map(({ version, reasons }) => deletionOf(version, `policy: ${reasons.join("; ")}`));
      return parts.length === 0 ? undefined : batchOf(parts);
    };
    await change(this.#context, name, propose, { signal });
  }
}

function nameAction({ reference, action }: PlannedVersion): string {
  return `${action} ${reference}`;
}
