import { type Json, ModelkeepError } from "@modelkeep/core";

import type { EntryBody } from "../entry.js";
import type { Draft } from "../fold.js";
import { gateFaults, type GateFault, type Moment, opinions, unmet } from "../gate-conditions.js";
import { isListed, personText } from "../person.js";
import type { VersionRecord } from "../record.js";
import { VoidChange } from "./rule.js";

/** Why a gate keeps an entry from having an effect: every condition that is not met. */
export class GateRefusal extends VoidChange {
  readonly faults: readonly GateFault[];

  constructor(alias: string, what: string, faults: readonly GateFault[]) {
    super(refusalText(alias, what, faults));
    this.faults = faults;
  }
}

/** The same for who wants to write it: every condition on a line of its own. */
export function gateRefused(name: string, reason: string, faults: readonly GateFault[]): ModelkeepError {
  const messages = faults.map(({ message }) => message);
  const [head = reason] = reason.split(`: ${messages.join("; ")}`);
  const text =
    messages.length === 1 ? `${head}: ${messages[0]}` : `${head}:\n${messages.map((each) => `  - ${each}`).join("\n")}`;
  return new ModelkeepError("gate_refused", `${name}: ${text}`, { details: { name, faults } });
}

export function refusalText(alias: string, what: string, faults: readonly GateFault[]): string {
  return `the policy of "${alias}" does not let ${what}: ${faults.map(({ message }) => message).join("; ")}`;
}

/** What a move under an alias says of itself. */
export interface GatedMove {
  readonly action?: Json | undefined;
  readonly reason?: Json | undefined;
}

/**
 * Lets a version become live under an alias, or throws a `GateRefusal` with everything that forbids it. Whatever makes a
 * version live under an alias, in whatever share, must pass here.
 */
export function passGate(
  draft: Draft,
  alias: string,
  version: VersionRecord,
  { action, reason }: GatedMove,
  entry: Moment & { readonly body: Pick<EntryBody, "actor"> },
): void {
  const held = draft.policies.get(alias);
  if (held === undefined) return;
  const what = `version ${version.version} become live`;
  if (action === "override") return override(draft, alias, what, reason, entry);
  if (action === "rollback" && held.unknown.length === 0 && held.policy.rollback !== "gated") {
    const faults = rollbackFaults(draft, alias, version);
    if (faults.length > 0) throw new GateRefusal(alias, `version ${version.version} be rolled back to`, faults);
    return;
  }
  const faults = gateFaults(draft, alias, version, entry);
  if (faults.length > 0) throw new GateRefusal(alias, what, faults);
}

/** The same for taking the alias away. */
export function passRemovalGate(
  draft: Draft,
  alias: string,
  { action, reason }: GatedMove,
  entry: { readonly body: Pick<EntryBody, "actor"> },
): void {
  const held = draft.policies.get(alias);
  if (held === undefined || (held.policy.removal === "free" && held.unknown.length === 0)) return;
  const what = "it be removed";
  if (action === "override") return override(draft, alias, what, reason, entry);
  const message = `whoever uses "${alias}" would be left without a version; the policy must say removal: "free", or be changed first`;
  throw new GateRefusal(alias, what, [unmet("removal", message)]);
}

function override(
  draft: Draft,
  alias: string,
  what: string,
  reason: Json | undefined,
  { body }: { readonly body: Pick<EntryBody, "actor"> },
): void {
  const { policy, unknown } = draft.policies.get(alias)!;
  const by = policy.override?.by;
  const faults = [
    unknown.length === 0 ? [] : unmet("unknown", `this version of Modelkeep cannot judge ${unknown.join(", ")}`),
    policy.override !== undefined ? [] : unmet("override", "the policy knows no override"),
    by === undefined || isListed(body.actor, by)
      ? []
      : unmet("override", `only ${by.join(", ")} may override it, not ${personText(body.actor)}`),
    typeof reason === "string" && reason.trim() !== "" ? [] : unmet("override", "an override needs a reason"),
  ].flat();
  if (faults.length > 0) throw new GateRefusal(alias, what, faults);
}

function rollbackFaults(draft: Draft, alias: string, version: VersionRecord): GateFault[] {
  const moves = draft.aliases.get(alias)?.moves ?? [];
  const was = moves.some((move) => move.version === version.version && move.action !== "override");
  const against = opinions(version, alias).filter(({ decision }) => decision === "disapproved");
  return [
    ...(was ? [] : [unmet("rollback", "it was never live under this alias, or only by an override")]),
    ...against.map(({ actor, reason }) =>
      unmet("disapproved", `${personText(actor)} disapproves of it${reason === undefined ? "" : `: ${reason}`}`),
    ),
  ];
}
