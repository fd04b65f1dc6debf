import { parseReference } from "@modelkeep/core";

import { type Context, change, plain } from "./context.js";
import type { Proposal } from "./log.js";
import type { ModelRecord } from "./record.js";
import { select } from "./resolve.js";

/** Why a version is held, and who may let it go. */
export interface HoldOptions {
  readonly reason: string;
  /** Names or e-mail addresses of those who may release it beside whoever places it; "*" for anybody. */
  readonly releasers?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Why a hold is released. */
export interface ReleaseOptions {
  readonly reason?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Stops the deletion of a version, or with a bare name of the whole model, until the hold is released by its name. */
export function hold(
  context: Context,
  reference: string,
  name: string,
  { reason, releasers, signal }: HoldOptions,
): Promise<ModelRecord> {
  const more = { reason, releasers: releasers === undefined ? undefined : [...releasers] };
  return changeHolds(context, reference, "held", { hold: name, ...more }, signal);
}

export function release(
  context: Context,
  reference: string,
  name: string,
  { reason, signal }: ReleaseOptions = {},
): Promise<ModelRecord> {
  return changeHolds(context, reference, "released", { hold: name, reason }, signal);
}

function changeHolds(
  context: Context,
  reference: string,
  kind: "held" | "released",
  about: Readonly<Record<string, unknown>>,
  signal: AbortSignal | undefined,
): Promise<ModelRecord> {
  const { name, selector } = parseReference(reference);
  const propose = (record: ModelRecord): Proposal => {
    const version = selector === undefined ? undefined : select(record, selector).version;
    return { kind, critical: true, change: plain({ version, ...about }) };
  };
  return change(context, name, propose, { signal });
}
