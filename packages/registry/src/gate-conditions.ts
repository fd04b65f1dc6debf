import type { Actor } from "./entry.js";
import { isListed, People, personText, samePerson } from "./person.js";
import type { NoWorse, Policy } from "./policy.js";
import type { ModelRecord, Review, Verification, VersionRecord } from "./record.js";

/** One condition of a policy, held against one version. */
export interface GateCondition {
  readonly condition:
    | "approvals"
    | "disapproved"
    | "samples"
    | "attested"
    | "metric"
    | "no_worse"
    | "data_digest"
    | "licence"
    | "rollback"
    | "removal"
    | "override"
    | "unknown";
  readonly met: boolean;
  /** What is asked for, and what was found. */
  readonly message: string;
  /** The metric that it is about. */
  readonly metric?: string | undefined;
}

/** A condition that is not met. */
export type GateFault = GateCondition & { readonly met: false };

/** When the version would become live: an entry of the log, or anything that is dated like one. */
export interface Moment {
  readonly body: { readonly time: string };
}

/** Every condition of the alias's policy, met or not; none where the alias has no policy. */
export function gateConditions(
  record: ModelRecord,
  alias: string,
  version: VersionRecord,
  moment: Moment,
): readonly GateCondition[] {
  const held = record.policies.get(alias);
  if (held === undefined) return [];
  const { policy, unknown } = held;
  return [
    ...unknown.map((what) => unmet("unknown", `this version of Modelkeep cannot judge ${what}: install a newer one`)),
    ...approvals(policy, alias, version),
    ...samples(policy, version, moment),
    ...attested(policy, version),
    ...metrics(policy, version),
    ...(policy.noWorse ?? []).map((each) => noWorse(each, version, liveBefore(record, alias))),
    ...dataDigest(policy, version),
    ...licence(policy, version),
  ];
}

/** Everything that keeps a version from being live under this alias; nothing where the alias has no policy. */
export function gateFaults(
  record: ModelRecord,
  alias: string,
  version: VersionRecord,
  moment: Moment,
): readonly GateFault[] {
  return gateConditions(record, alias, version, moment).filter(isFault);
}

/** What people last said of a version where this alias is concerned: one opinion a person. Its author's does not count. */
export function opinions(version: VersionRecord, alias: string): readonly Review[] {
  const { reviews } = version;
  const people = new People([...makers(version), ...reviews.map(({ actor }) => actor)]);
  const own = new Set(makers(version).map((actor) => people.id(actor)));
  const latest = new Map<string, Review>();
  for (const review of reviews)
    if ((review.alias ?? alias) === alias && !own.has(people.id(review.actor)))
      latest.set(people.id(review.actor), review);
  return [...latest.values()].filter(({ decision }) => decision !== "withdrawn");
}

/** Whether an actor made the version, or brought it in: their approval would be of their own work. */
export function isOwnWork(version: VersionRecord, actor: Actor): boolean {
  return makers(version).some((maker) => samePerson(maker, actor));
}

function makers({ actor, summary }: VersionRecord): Actor[] {
  return summary.author === undefined ? [actor] : [actor, summary.author];
}

export function unmet(condition: GateCondition["condition"], message: string, metric?: string): GateFault {
  return { condition, met: false, message, ...(metric !== undefined && { metric }) };
}

function judged(condition: GateCondition["condition"], met: boolean, message: string, metric?: string): GateCondition {
  return { condition, met, message, ...(metric !== undefined && { metric }) };
}

function isFault(condition: GateCondition): condition is GateFault {
  return !condition.met;
}

function approvals(policy: Policy, alias: string, version: VersionRecord): GateCondition[] {
  const { approvals: needed, approvers } = policy;
  if (needed === undefined) return [];
  const counted = opinions(version, alias).filter(({ actor }) => approvers === undefined || isListed(actor, approvers));
  const given = counted.filter(({ decision }) => decision === "approved");
  const against = counted.filter(({ decision }) => decision === "disapproved");
  const by = given.map(({ actor }) => personText(actor)).join(", ");
  const whose = approvers === undefined ? "people other than its author and who registered it" : approvers.join(", ");
  return [
    judged(
      "approvals",
      given.length >= needed,
      `needs ${needed} approval${needed === 1 ? "" : "s"} by ${whose}; has ${given.length}${by === "" ? "" : ` (${by})`}`,
    ),
    ...against.map(({ actor, reason }) =>
      unmet("disapproved", `${personText(actor)} disapproves of it${reason === undefined ? "" : `: ${reason}`}`),
    ),
  ];
}

function samples({ samples: wanted }: Policy, version: VersionRecord, { body }: Moment): GateCondition[] {
  if (wanted === undefined) return [];
  const where = wanted.where ?? ["fresh", "installed"];
  const { within } = wanted;
  const needs = `must have reproduced its samples (${where.join(" or ")})${within === undefined ? "" : ` at most ${durationText(within)} before`}`;
  const held = version.verifications.filter((each) => where.includes(each.where));
  const last = held.at(-1);
  const good = held.findLast((each) => each.ok && !failedSince(version, each));
  if (good === undefined) {
    const found =
      last === undefined ? "it was never held to them so" : `it did not on ${last.time}, or has not again since`;
    return [unmet("samples", `${needs}; ${found}`)];
  }
  const age = (Date.parse(body.time) - Date.parse(good.time)) / 1000;
  return [
    judged(
      "samples",
      within === undefined || age <= within,
      `${needs}; it did on ${good.time}, with ${good.runtime} ${good.runtimeVersion}`,
    ),
  ];
}

/** Whether the same pair of representation and runtime has not reproduced the samples later on. */
function failedSince({ verifications }: VersionRecord, good: Verification): boolean {
  return verifications
    .slice(verifications.indexOf(good) + 1)
    .some((each) => !each.ok && each.representation === good.representation && each.runtime === good.runtime);
}

function attested({ attested: wanted }: Policy, { attestations }: VersionRecord): GateCondition[] {
  if (wanted === undefined) return [];
  const found = attestations.find(({ keyId }) => wanted.includes(keyId));
  const needs = `must be attested by ${wanted.map((keyId) => keyId.slice(0, 12)).join(" or ")}`;
  const by = attestations.map(({ keyId }) => keyId.slice(0, 12)).join(", ");
  return [judged("attested", found !== undefined, `${needs}; it is ${by === "" ? "by nobody" : `by ${by}`}`)];
}

function metrics(policy: Policy, version: VersionRecord): GateCondition[] {
  return Object.entries(policy.metrics ?? {}).map(([name, { min, max }]) => {
    const found = metricOf(version, name);
    const met = found !== undefined && (min === undefined || found >= min) && (max === undefined || found <= max);
    const bounds = [min === undefined ? [] : `at least ${min}`, max === undefined ? [] : `at most ${max}`].flat();
    const wanted = bounds.length === 0 ? "must be recorded" : `must be ${bounds.join(" and ")}`;
    return judged("metric", met, `the metric ${name} ${wanted}; it is ${found ?? "not recorded"}`, name);
  });
}

function noWorse(wanted: NoWorse, version: VersionRecord, live: VersionRecord | undefined): GateCondition {
  const { metric, better, tolerance = 0 } = wanted;
  const found = metricOf(version, metric);
  const before = live === undefined ? undefined : metricOf(live, metric);
  const limit = before === undefined ? undefined : better === "higher" ? before - tolerance : before + tolerance;
  const met = found !== undefined && (limit === undefined || (better === "higher" ? found >= limit : found <= limit));
  const wanted_ =
    limit === undefined
      ? `the metric ${metric} must be recorded`
      : `the metric ${metric} must be ${better === "higher" ? "at least" : "at most"} ${limit}: version ${live!.version} has ${before}, and ${tolerance} is tolerated`;
  return judged("no_worse", met, `${wanted_}; it is ${found ?? "not recorded"}`, metric);
}

/** The version that the alias points at, or pointed at last: removing it between does not make room for a worse one. */
function liveBefore(record: ModelRecord, alias: string): VersionRecord | undefined {
  const last = record.aliases.get(alias)?.moves.findLast(({ version }) => version !== undefined);
  return last === undefined ? undefined : record.versions.get(last.version!);
}

function dataDigest(policy: Policy, { summary }: VersionRecord): GateCondition[] {
  if (policy.dataDigest === undefined) return [];
  const found = summary.data?.some(({ digest }) => digest !== undefined) === true;
  const message = `the data that it was trained on must be recorded with a digest; ${found ? "it is" : "none is"}`;
  return [judged("data_digest", found, message)];
}

function licence({ licence: wanted }: Policy, { summary }: VersionRecord): GateCondition[] {
  if (wanted === undefined) return [];
  const found = summary.licence;
  const met = found !== undefined && found.trim() !== "" && (wanted === true || wanted.includes(found));
  const needs = wanted === true ? "a licence must be recorded" : `its licence must be ${wanted.join(" or ")}`;
  return [judged("licence", met, `${needs}; it is ${found ?? "not recorded"}`)];
}

function metricOf({ summary }: VersionRecord, name: string): number | undefined {
  const value = Object.hasOwn(summary.metrics, name) ? summary.metrics[name] : undefined;
  return typeof value === "number" ? value : undefined;
}

/** "24 h", "90 s": the largest unit that comes out whole. */
function durationText(seconds: number): string {
  const units = [
    [86_400, "days"],
    [3600, "h"],
    [60, "min"],
  ] as const;
  const unit = units.find(([size]) => seconds >= 2 * size && seconds % size === 0);
  return unit === undefined ? `${seconds} s` : `${seconds / unit[0]} ${unit[1]}`;
}
