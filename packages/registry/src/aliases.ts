import { ModelkeepError } from "@modelkeep/core";

import { change, type Context, existing, plain } from "./context.js";
import type { ModelRecord, VersionRecord } from "./record.js";
import { gateFaults } from "./gate-conditions.js";
import { selectText } from "./resolve.js";
import { gateRefused, refusalText } from "./rules/gates.js";
import { type RouteView, routeView } from "./route-view.js";
import { verify, type VerifyOptions } from "./verify.js";

/** Under which condition an alias moves, and why. */
export interface AliasOptions {
  /** The version that the caller believes is behind the alias now; null for none. Anything else there is a `conflict`. */
  readonly expect?: number | null | undefined;
  readonly reason?: string | undefined;
  /** Moves the alias though its policy's conditions are not met, where the policy allows that. Needs a reason, and stays visible. */
  readonly override?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Which alias moves, and what must be known of the version first. */
export interface PromoteOptions extends AliasOptions, Pick<VerifyOptions, "representation" | "runtime"> {
  /** Default: "production". */
  readonly alias?: string | undefined;
  /**
   * What must be known of the version: that it reproduced its samples, which is found out now if nobody has ("samples", the
   * default), or nothing, for a version without samples or a runtime ("none").
   */
  readonly require?: "samples" | "none" | undefined;
}

/** Where an alias points now, and where it pointed before. */
export interface Moved {
  readonly name: string;
  readonly alias: string;
  readonly version: number | undefined;
  readonly previous: number | undefined;
  /** The route that the move ended, if the alias had one. */
  readonly endedRoute?: RouteView | undefined;
}

/** Points an alias at a version: a number, "3", another alias, a label or a digest. Null removes it. */
export async function setAlias(
  context: Context,
  name: string,
  alias: string,
  version: number | string | null,
  options: AliasOptions = {},
): Promise<Moved> {
  return move(
    context,
    name,
    alias,
    (record) => (version === null ? null : selectText(record, version).version),
    "set",
    options,
  );
}

/** Points `production`, or another alias, at a version that is known to predict what it predicted when it was saved. */
export async function promote(
  context: Context,
  name: string,
  version: number | string,
  options: PromoteOptions = {},
): Promise<Moved> {
  const { alias = "production", require = "samples", signal } = options;
  const record = await existing(context, name, signal);
  const chosen = selectText(record, version);
  const held = record.policies.get(alias);
  const overridden = held !== undefined && options.override === true;
  if (!overridden) requireGate(context, record, alias, chosen);
  const proved = overridden || held?.policy.samples !== undefined;
  if (require !== "none" && !proved) await requireSamples(context, record, chosen, options);
  return move(context, record.name, alias, () => chosen.version, "promote", options);
}

/** Points an alias back at the version it had before the one it has now. */
export async function rollback(
  context: Context,
  name: string,
  options: AliasOptions & { readonly alias?: string | undefined } = {},
): Promise<Moved> {
  const alias = options.alias ?? "production";
  return move(context, name, alias, (record) => versionBefore(record, alias), "rollback", options);
}

/**
 * The version that was live before the present one came. Rolling back twice goes back two steps, not to and fro: a version
 * that was rolled back from is not returned to.
 */
export function versionBefore(record: ModelRecord, alias: string): number {
  const line: number[] = [];
  for (const { action, version } of record.aliases.get(alias)?.moves ?? []) {
    if (action === "rollback") line.pop();
    else if (version !== undefined && version !== line.at(-1)) line.push(version);
  }
  const now = record.aliases.get(alias)?.version;
  if (line.at(-1) === now) line.pop();
  const usable = line.findLast((version) => {
    const status = record.versions.get(version)?.status;
    return status === "active" || status === "deprecated";
  });
  if (usable === undefined)
    throw new ModelkeepError("not_found", `${record.name}: there is no version that "${alias}" could go back to`);
  return usable;
}

/** Before anything is run. The fold judges the same again when the entry is written. */
function requireGate(context: Context, record: ModelRecord, alias: string, version: VersionRecord): void {
  const faults = gateFaults(record, alias, version, { body: { time: context.clock().toISOString() } });
  if (faults.length === 0) return;
  const text = refusalText(alias, `version ${version.version} become live`, faults);
  throw gateRefused(record.name, text, faults);
}

async function requireSamples(
  context: Context,
  record: ModelRecord,
  version: VersionRecord,
  options: PromoteOptions,
): Promise<void> {
  const reference = `${record.name}@${version.version}`;
  const last = version.verifications.findLast(
    (each) =>
      (options.representation === undefined || each.representation === options.representation) &&
      (options.runtime === undefined || each.runtime === options.runtime),
  );
  if (last?.ok === true) return;
  if (version.summary.samples === undefined)
    throw new ModelkeepError(
      "refused",
      `${reference} has no samples, so nothing shows that it still predicts what it did: save it with samples; to move the alias without proof, set it as any alias (modelkeep alias, or require: "none" in code)`,
    );
  const { representation, runtime, signal } = options;
  const [result] = await verify(context, reference, { representation, runtime, signal });
  if (result?.ok !== true)
    throw new ModelkeepError(
      "samples_differ",
      `${reference} is not promoted: its samples do not reproduce with ${result?.runtime} (${result?.message})`,
      { details: { ...result } },
    );
}

async function move(
  context: Context,
  name: string,
  alias: string,
  target: (record: ModelRecord) => number | null,
  action: string,
  { expect, reason, override, signal }: AliasOptions,
): Promise<Moved> {
  let previous: number | undefined;
  let endedRoute: RouteView | undefined;
  const record = await change(
    context,
    name,
    (record) => {
      previous = record.aliases.get(alias)?.version;
      endedRoute = routeView(record, alias);
      const version = target(record);
      const said = override === true && record.policies.has(alias) ? "override" : action;
      return { kind: "alias", critical: true, change: plain({ alias, version, action: said, expect, reason }) };
    },
    { signal },
  );
  const version = record.aliases.get(alias)?.version;
  return { name: record.name, alias, version, previous, ...(endedRoute && { endedRoute }) };
}
