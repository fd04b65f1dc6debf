import { digestOf, ModelkeepError } from "@modelkeep/core";

import { type ChangeOptions, change, type Context, existing, plain } from "./context.js";
import { openVersion } from "./envelope.js";
import { type GateCondition, gateConditions } from "./gate-conditions.js";
import type { Proposal } from "./log.js";
import { agreementsNeeded, checkPolicy, type Policy } from "./policy.js";
import type { ModelRecord, PolicyProposal, PolicyRecord, Review, VersionRecord } from "./record.js";
import { resolve, selectText } from "./resolve.js";
import { summaryFaults } from "./summary.js";

/** Which alias a review is about, and why. */
export interface ReviewOptions extends ChangeOptions {
  /** Only for this alias; without it for any. */
  readonly alias?: string | undefined;
  readonly reason?: string | undefined;
}

/** A version with all that was said for and against it. */
export interface Reviewed {
  /** `name@3` */
  readonly reference: string;
  /** Of the manifest that it is about. */
  readonly digest: string;
  readonly reviews: readonly Review[];
}

/** What stands between a version and an alias. */
export interface GateReport {
  readonly reference: string;
  readonly alias: string;
  /** Absent: no policy holds the alias. */
  readonly policy?: Policy | undefined;
  /** Whether the alias may be moved to this version now. */
  readonly met: boolean;
  readonly conditions: readonly GateCondition[];
}

/** What became of a change of a policy. */
export interface PolicyChange {
  /** In force, or proposed: then others must agree to it. */
  readonly state: "in_force" | "proposed";
  readonly policy: Policy | null;
  /** By which others agree to it. */
  readonly proposal?: string | undefined;
  /** How many still must. */
  readonly missing?: number | undefined;
}

/** Why a policy changes. */
export interface PolicyOptions extends ChangeOptions {
  readonly reason?: string | undefined;
}

/** Who lets what go live: policies of aliases, and what people say of versions. Every reader judges them by the log. */
export class Gates {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Every condition between a version and an alias, met or not, as if it were moved now. */
  async check(reference: string, alias = "production", { signal }: ChangeOptions = {}): Promise<GateReport> {
    const { record, version } = await resolve(this.#context, reference, signal);
    return this.#report(record, alias, version);
  }

  /** The same for every alias that a policy holds. */
  async checkAll(reference: string, { signal }: ChangeOptions = {}): Promise<GateReport[]> {
    const { record, version } = await resolve(this.#context, reference, signal);
    return [...record.policies.keys()].map((alias) => this.#report(record, alias, version));
  }

  /**
   * Approves exactly the manifest that the reference stands for now. Not for one's own work.
   * @throws `digest_mismatch` where the history says something else of the version than its manifest
   */
  approve(reference: string, options?: ReviewOptions): Promise<Reviewed> {
    return this.#review("approved", reference, options);
  }

  /** Keeps it from going live where approvals are asked for, until it is withdrawn. */
  disapprove(reference: string, options?: ReviewOptions): Promise<Reviewed> {
    return this.#review("disapproved", reference, options);
  }

  /** Takes back what this actor said. */
  withdraw(reference: string, options?: ReviewOptions): Promise<Reviewed> {
    return this.#review("withdrawn", reference, options);
  }

  /** The policy that holds an alias, and what is proposed in its place. */
  async policy(name: string, alias = "production", { signal }: ChangeOptions = {}): Promise<PolicyRecord | undefined> {
    return (await existing(this.#context, name, signal)).policies.get(alias);
  }

  /** The policies of a model, by the alias that they hold. */
  async policies(name: string, { signal }: ChangeOptions = {}): Promise<Readonly<Record<string, PolicyRecord>>> {
    return Object.fromEntries((await existing(this.#context, name, signal)).policies);
  }

  /**
   * Holds an alias by a policy. The first one is in force at once; another one once enough people agree to it.
   * @throws `invalid_input` where it is no policy
   */
  async setPolicy(name: string, alias: string, policy: Policy, options?: PolicyOptions): Promise<PolicyChange> {
    return this.#changePolicy(name, alias, checkPolicy(policy), options);
  }

  /** Lets the alias go, once enough people agree. */
  removePolicy(name: string, alias: string, options?: PolicyOptions): Promise<PolicyChange> {
    return this.#changePolicy(name, alias, null, options);
  }

  /** Agrees to a change that somebody else proposed. `proposal` may be shortened to what is unique. */
  async agree(name: string, alias: string, proposal?: string, { signal }: ChangeOptions = {}): Promise<PolicyChange> {
    let chosen: PolicyProposal | undefined;
    const record = await change(
      this.#context,
      name,
      (record) => {
        chosen = findProposal(record, alias, proposal);
        return { kind: "policy_agreed", critical: true, change: { alias, proposal: chosen.id } };
      },
      { signal },
    );
    return policyChange(record, alias, chosen!);
  }

  /** Takes back one's own proposal, or that one agrees to somebody else's. */
  async disagree(name: string, alias: string, proposal?: string, { signal }: ChangeOptions = {}): Promise<void> {
    await change(
      this.#context,
      name,
      (record) => {
        const { id } = findProposal(record, alias, proposal);
        return { kind: "policy_withdrawn", critical: true, change: { alias, proposal: id } };
      },
      { signal },
    );
  }

  #report(record: ModelRecord, alias: string, version: VersionRecord): GateReport {
    const moment = { body: { time: this.#context.clock().toISOString() } };
    const conditions = gateConditions(record, alias, version, moment);
    const policy = record.policies.get(alias)?.policy;
    return {
      reference: `${record.name}@${version.version}`,
      alias,
      ...(policy && { policy }),
      met: conditions.every(({ met }) => met),
      conditions,
    };
  }

  async #review(
    kind: "approved" | "disapproved" | "withdrawn",
    reference: string,
    { alias, reason, signal }: ReviewOptions = {},
  ): Promise<Reviewed> {
    const { record, version } = await resolve(this.#context, reference, signal);
    if (kind === "approved") await requireTrueSummary(this.#context, record, version, signal);
    const about = plain({ version: version.version, manifest: version.manifest, alias, reason });
    const after = await change(this.#context, record.name, () => ({ kind, critical: true, change: about }), {
      signal,
    });
    const { reviews } = selectText(after, version.version);
    return { reference: `${after.name}@${version.version}`, digest: version.manifest, reviews };
  }

  async #changePolicy(
    name: string,
    alias: string,
    policy: Policy | null,
    { reason, signal }: PolicyOptions = {},
  ): Promise<PolicyChange> {
    const before = new Set<string>();
    const record = await change(
      this.#context,
      name,
      (record) => {
        before.clear();
        for (const { id } of record.policies.get(alias)?.proposals ?? []) before.add(id);
        return policyProposal(alias, policy, reason);
      },
      { signal },
    );
    const made = record.policies.get(alias)?.proposals.find(({ id }) => !before.has(id));
    return made === undefined ? { state: "in_force", policy } : policyChange(record, alias, made);
  }
}

/** The entry that sets or proposes a policy. */
export function policyProposal(alias: string, policy: Policy | null, reason?: string): Proposal {
  return { kind: "policy", critical: true, change: plain({ alias, policy, reason }) };
}

function policyChange(record: ModelRecord, alias: string, { id, policy }: PolicyProposal): PolicyChange {
  const held = record.policies.get(alias);
  const open = held?.proposals.find((each) => each.id === id);
  if (held === undefined || open === undefined) return { state: "in_force", policy };
  const missing = Math.max(0, agreementsNeeded(held.policy) - open.agreed.length);
  return { state: "proposed", policy, proposal: id, missing };
}

function findProposal(record: ModelRecord, alias: string, text: string | undefined): PolicyProposal {
  const proposals = record.policies.get(alias)?.proposals ?? [];
  const found = proposals.filter(
    ({ id }) => text === undefined || id.startsWith(text) || id.startsWith(`sha256:${text}`),
  );
  if (found.length === 1) return found[0]!;
  const which = text === undefined ? "" : ` that begins with ${JSON.stringify(text)}`;
  throw new ModelkeepError(
    found.length === 0 ? "not_found" : "invalid_input",
    found.length === 0
      ? `${record.name}: no change of the policy of "${alias}"${which} is proposed`
      : `${record.name}: ${found.length} changes of the policy of "${alias}"${which} are proposed: say which (${found.map(({ id }) => id.slice(0, 15)).join(", ")})`,
    { details: { name: record.name, alias } },
  );
}

/** Gates judge what the log says of a version; nobody approves of one that it describes falsely. */
async function requireTrueSummary(
  context: Context,
  record: ModelRecord,
  version: VersionRecord,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { manifest, manifestBytes } = await openVersion(context, record.name, version, signal);
  const faults = summaryFaults(manifest, version);
  if (digestOf(manifestBytes) === version.manifest && faults.length === 0) return;
  throw new ModelkeepError(
    "digest_mismatch",
    `The history does not say what the manifest of ${record.name}@${version.version} says of: ${faults.join(", ")}. It is not approved; find out who registered it`,
    { details: { faults } },
  );
}
