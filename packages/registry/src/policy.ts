import { isJsonObject, ModelkeepError } from "@modelkeep/core";

import type { Verification } from "./record.js";

/** What must hold of a version before an alias may point at it. Every condition that is there must be met. */
export interface Policy {
  /** How many people must have approved the version's manifest; its author and who registered it do not count. */
  readonly approvals?: number | undefined;
  /** Only these people's approvals count: names or e-mail addresses. */
  readonly approvers?: readonly string[] | undefined;
  /** It reproduced its samples: `within` so many seconds before the move, in one of these places (default: fresh, installed). */
  readonly samples?:
    | { readonly within?: number | undefined; readonly where?: readonly Verification["where"][] | undefined }
    | undefined;
  /** One of these keys attests it: ids of keys. */
  readonly attested?: readonly string[] | undefined;
  /** Bounds by the name of the metric, ends included. */
  readonly metrics?: Readonly<Record<string, MetricBounds>> | undefined;
  /** Metrics that may be worse by at most a tolerance (default 0) than those of the version behind the alias. */
  readonly noWorse?: readonly NoWorse[] | undefined;
  /** The manifest names a data set with its digest. */
  readonly dataDigest?: true | undefined;
  /** The manifest names a licence, or one of these. */
  readonly licence?: true | readonly string[] | undefined;
  /** "gated": a rollback must meet the conditions too. Default "free": to a version that was live before, not by an override, and that nobody disapproves of. */
  readonly rollback?: "free" | "gated" | undefined;
  /** Whether the alias may be removed. Default "refused". */
  readonly removal?: "free" | "refused" | undefined;
  /** How many people besides the one who proposes it must agree to another policy or to none. Default 1; of these people, if named. */
  readonly change?: { readonly approvals: number; readonly approvers?: readonly string[] | undefined } | undefined;
  /** Lets the alias be moved, with a reason, though conditions are not met: by anybody, or by these people. */
  readonly override?: { readonly by?: readonly string[] | undefined } | undefined;
}

/** Where a metric must lie, both ends included. */
export interface MetricBounds {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** A metric that may not be worse than that of the version an alias points at now. */
export interface NoWorse {
  readonly metric: string;
  readonly better: "higher" | "lower";
  readonly tolerance?: number | undefined;
}

export interface ReadPolicy {
  readonly policy: Policy;
  /** Fields and values that this library does not know: it cannot judge what they ask for. */
  readonly unknown: readonly string[];
}

type Check = (value: unknown, at: string, unknown: string[]) => void;

const places: readonly Verification["where"][] = ["here", "fresh", "installed"];

const checks: Readonly<Record<keyof Policy, Check>> = {
  approvals: count,
  approvers: people,
  samples: object({ within: number(0), where: listOf(oneOf(places)) }),
  attested: listOf(keyId),
  metrics: mapOf(object({ min: number(), max: number() })),
  noWorse: listOf(
    object({ metric: text, better: oneOf(["higher", "lower"]), tolerance: number(0) }, ["metric", "better"]),
  ),
  dataDigest: yes,
  licence: (value, at, unknown) => (Array.isArray(value) ? listOf(text)(value, at, unknown) : yes(value, at)),
  rollback: oneOf(["free", "gated"]),
  removal: oneOf(["free", "refused"]),
  change: object({ approvals: count, approvers: people }, ["approvals"]),
  override: object({ by: people }),
};

/** Reads a policy. What is malformed is an error; what is not known is listed, and must never be taken for met. */
export function readPolicy(value: unknown): ReadPolicy {
  const unknown: string[] = [];
  object(checks)(value, "policy", unknown);
  const policy = value as Policy;
  enough(policy.approvals ?? 0, policy.approvers, "approvals");
  enough(policy.change?.approvals ?? 0, policy.change?.approvers, "change.approvals");
  return { policy, unknown };
}

/**
 * Holds a policy that somebody writes to its form. Unlike in one from a history, what is not known in it is an error.
 * @throws `invalid_input`, with what is wrong
 */
export function checkPolicy(value: unknown): Policy {
  const { policy, unknown } = readPolicy(value);
  if (unknown.length > 0)
    throw new ModelkeepError(
      "invalid_input",
      `${unknown.join(", ")}: not known to this version of Modelkeep. A policy may say ${Object.keys(checks).join(", ")}`,
      { details: { unknown } },
    );
  return policy;
}

/** How many others must agree to a change of the policy. */
export function agreementsNeeded({ change }: Policy): number {
  return change?.approvals ?? 1;
}

function enough(needed: number, of: readonly string[] | undefined, at: string): void {
  if (of !== undefined && new Set(of).size < needed)
    throw wrong(`policy.${at}`, `asks for ${needed} people of the ${of.length} that it names`);
}

function object(fields: Readonly<Record<string, Check>>, required: readonly string[] = []): Check {
  return (value, at, unknown) => {
    if (!isJsonObject(value)) throw wrong(at, "is not an object");
    for (const field of required) if (!Object.hasOwn(value, field)) throw wrong(at, `has no "${field}"`);
    for (const [field, inner] of Object.entries(value)) {
      if (inner === undefined) continue;
      if (!Object.hasOwn(fields, field)) unknown.push(`${at}.${field}`);
      else fields[field]!(inner, `${at}.${field}`, unknown);
    }
  };
}

function mapOf(check: Check): Check {
  return (value, at, unknown) => {
    if (!isJsonObject(value)) throw wrong(at, "is not an object");
    for (const [name, inner] of Object.entries(value)) check(inner, `${at}.${name}`, unknown);
  };
}

function listOf(check: Check): Check {
  return (value, at, unknown) => {
    if (!Array.isArray(value) || value.length === 0) throw wrong(at, "is not a list with something in it");
    value.forEach((each, index) => check(each, `${at}[${index}]`, unknown));
  };
}

/** A word that is not known may be one of a later version: it is not malformed. */
function oneOf(words: readonly string[]): Check {
  return (value, at, unknown) => {
    if (typeof value !== "string") throw wrong(at, `is not one of ${words.join(", ")}`);
    if (!words.includes(value)) unknown.push(`${at}: ${JSON.stringify(value)}`);
  };
}

function people(value: unknown, at: string, unknown: string[]): void {
  listOf(text)(value, at, unknown);
}

function text(value: unknown, at: string): void {
  if (typeof value !== "string" || value.trim() === "") throw wrong(at, "is not a text");
}

function keyId(value: unknown, at: string): void {
  if (typeof value !== "string" || !/^[0-9a-f]{64}$/u.test(value))
    throw wrong(at, "is no id of a key: 64 hexadecimal digits");
}

function yes(value: unknown, at: string): void {
  if (value !== true) throw wrong(at, "is not true: leave out what need not hold");
}

function count(value: unknown, at: string): void {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > 100)
    throw wrong(at, "is not a whole number from 0 to 100");
}

function number(least = -Infinity): Check {
  return (value, at) => {
    if (typeof value !== "number" || !Number.isFinite(value) || value < least)
      throw wrong(at, least === -Infinity ? "is not a number" : `is not a number from ${least} on`);
  };
}

function wrong(at: string, message: string): ModelkeepError {
  return new ModelkeepError("invalid_input", `${at} ${message}`, { details: { at } });
}
