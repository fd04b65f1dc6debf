import { ModelkeepError } from "@modelkeep/core";

import { type Context, change, existing, plain } from "./context.js";
import type { Proposal } from "./log.js";
import type { ModelRecord, VersionRecord } from "./record.js";
import { resolve } from "./resolve.js";
import { storeTime } from "./store-clock.js";

/** Why a version or a model is deleted. */
export interface DeleteOptions {
  /** Why: it stands on the tombstone. */
  readonly reason: string;
  readonly signal?: AbortSignal | undefined;
}

/** A version that nothing keeps any more. Its bytes go with the next garbage collection, unless another version has them too. */
export async function deleteVersion(
  context: Context,
  reference: string,
  { reason, signal }: DeleteOptions,
): Promise<ModelRecord> {
  const { record, version } = await resolve(context, reference, signal);
  requireLiving(record.name, version);
  await lookAtClock(context);
  return change(context, record.name, () => deletionOf(version.version, reason), { signal });
}

/** A model with all its versions, when no hold, alias or promise of years keeps any of them. The name is never used again. */
export async function deleteModel(
  context: Context,
  name: string,
  { reason, signal }: DeleteOptions,
): Promise<ModelRecord> {
  const record = await existing(context, name, signal);
  requireModel(record);
  await lookAtClock(context);
  const proposal: Proposal = { kind: "model_deleted", critical: true, change: plain({ reason }) };
  return change(context, record.name, () => proposal, { signal });
}

export function deletionOf(version: number, reason: string): Proposal {
  return { kind: "status", critical: true, change: plain({ version, status: "deleted", reason }) };
}

/** A deletion must say what time it is by the store's clock. */
export async function lookAtClock(context: Context): Promise<Date> {
  const time = await storeTime(context);
  context.storeClock?.observe(time);
  return time;
}

/** `deleted`, for whoever wants the bytes of a version that has only its tombstone left. */
export function deletedError(name: string, { version, deletion }: VersionRecord): ModelkeepError {
  const reference = `${name}@${version}`;
  return new ModelkeepError(
    "deleted",
    `${reference} was deleted${deletion === undefined ? "" : ` on ${deletion.time.slice(0, 10)} by ${deletion.actor.name}: ${deletion.reason}`}. Its manifest and its history are kept, its number is not used again`,
    { details: { reference, ...deletion } },
  );
}

export function requireLiving(name: string, version: VersionRecord): void {
  if (version.status === "deleted") throw deletedError(name, version);
}

/** `deleted`, for whoever wants to go on with a model that is gone. */
export function requireModel({ name, deletion }: ModelRecord): void {
  if (deletion === undefined) return;
  throw new ModelkeepError(
    "deleted",
    `The model ${name} was deleted on ${deletion.time.slice(0, 10)} by ${deletion.actor.name}: ${deletion.reason}. A name is never used again: choose another one`,
    { details: { name, ...deletion } },
  );
}
