import { ModelkeepError, type Store } from "@modelkeep/core";

import type { AttestedBy } from "./attested.js";
import type { LookUpEnvironment } from "./compatibility.js";
import type { Actor } from "./entry.js";
import { append, hint, type LogContext, type Proposal } from "./log.js";
import type { Logs } from "./logs.js";
import type { Plugins } from "./options.js";
import type { Policy } from "./policy.js";
import type { ModelRecord } from "./record.js";
import type { NewRing } from "./signers.js";

/** What every operation of an open registry works with. */
export interface Context extends LogContext {
  readonly plugins: Plugins;
  /** Other stores that files were moved to, by name. */
  readonly archives?: ReadonlyMap<string, Store> | undefined;
  readonly logs: Logs;
  readonly platform: string;
  readonly environment: LookUpEnvironment;
  /** Tells this registry from others; old ones have none. */
  readonly id: string | undefined;
  readonly graceSeconds: number;
  /** Whose attestations are asked for wherever a version is opened or loaded. */
  readonly attestedBy: AttestedBy | undefined;
  readonly actor: Actor | undefined;
  /** What new models get, by alias. */
  readonly policies: ReadonlyMap<string, Policy>;
  /** Who signs the entries of new models. */
  readonly signers: NewRing | undefined;
  /** Why nothing can be changed through this client. */
  readonly readOnly: string | undefined;
}

/** What every verb takes: a signal that ends it with `aborted`. */
export interface ChangeOptions {
  readonly signal?: AbortSignal | undefined;
}

/** The actor of a change, or `refused` when this client may not change anything. */
export function writer(context: Pick<Context, "store" | "actor" | "readOnly">): Actor {
  if (context.readOnly !== undefined)
    throw new ModelkeepError(
      "refused",
      `[${context.store.name}] The registry is open for reading only. ${context.readOnly}`,
    );
  if (context.actor === undefined)
    throw new ModelkeepError("refused", "Every change is recorded with who made it: open the registry with an `actor`");
  return context.actor;
}

/** The record of a model under its present name, or `not_found`. */
export async function existing(context: Context, model: string, signal?: AbortSignal): Promise<ModelRecord> {
  const record = await followed(context, model, signal);
  if (record.length === 0)
    throw new ModelkeepError("not_found", `[${context.store.name}] There is no model ${JSON.stringify(model)}`, {
      details: { name: model },
    });
  return record;
}

/** The record of a model, by any name that it ever had; empty when there is none. */
export async function followed(context: Context, model: string, signal?: AbortSignal): Promise<ModelRecord> {
  let record = await context.logs.current(model, signal);
  for (let hops = 0; record.renamedTo !== undefined && hops < 64; hops++) {
    const next = await context.logs.current(record.renamedTo, signal);
    if (next.length === 0) {
      const { finishRename } = await import("./rename.js");
      record = await finishRename(context, record);
    } else if (next.formerNames.includes(record.name)) record = next;
    else
      // Else whoever can write an entry could lead the references of one model to the versions of another.
      throw new ModelkeepError(
        "damaged_log",
        `${record.name} is said to go on as ${next.name}, but the history of ${next.name} does not take it over`,
        { details: { name: record.name, to: next.name } },
      );
  }
  return record;
}

/** Appends what `propose` makes of the newest record, as one entry; `undefined` when there was nothing to do. */
export async function change(
  context: Context,
  model: string,
  propose: (record: ModelRecord) => Proposal | undefined,
  { signal }: ChangeOptions = {},
): Promise<ModelRecord> {
  const actor = writer(context);
  const known = await existing(context, model, signal);
  const { record, entry } = await append(context, known, actor, propose, signal);
  context.logs.keep(record);
  if (entry !== undefined) await hint(context, record.name);
  return record;
}

/** A change without its undefined fields, as JSON has none. */
export function plain(change: Readonly<Record<string, unknown>>): Proposal["change"] {
  return Object.fromEntries(Object.entries(change).filter((field) => field[1] !== undefined)) as Proposal["change"];
}
