import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { parsePublicKey } from "@modelkeep/attest";
import { ModelkeepError, parseJson } from "@modelkeep/core";
import { checkPolicy, type MetricBounds, type NoWorse, type Policy } from "@modelkeep/registry";

import type { Context } from "./context.js";
import { splitPair, wholeNumber } from "./reference.js";

/** The policy that --file and the options describe. */
export function policyFrom({ options, folder }: Context): Policy {
  const file = options.text("file");
  const base = file === undefined ? {} : checkPolicy(parseJson(readFileSync(resolve(folder, file)), { what: file }));
  const asked = defined({
    approvals: count(options.text("approvals"), "--approvals"),
    approvers: some(options.list("approver")),
    samples: samples(options.text("fresh-within"), some(options.list("samples"))),
    attested: some(options.list("attested-by").map((text) => keyId(text, folder))),
    metrics: bounds(base.metrics, options.list("min"), options.list("max")),
    noWorse: some([
      ...options.list("not-below").map((text) => noWorse(text, "higher", "--not-below")),
      ...options.list("not-above").map((text) => noWorse(text, "lower", "--not-above")),
    ]),
    dataDigest: options.flag("data-digest") || undefined,
    licence: options.list("licence").includes("any") ? true : some(options.list("licence")),
    rollback: options.flag("gate-rollback") ? "gated" : undefined,
    removal: options.flag("allow-removal") ? "free" : undefined,
    change: change(base, options.text("change-approvals"), some(options.list("change-approver"))),
    override: override(options.flag("allow-override"), some(options.list("override-by"))),
  });
  const policy = checkPolicy({ ...base, ...asked });
  if (Object.keys(policy).length === 0)
    throw new ModelkeepError(
      "invalid_input",
      "A policy needs a condition: --approvals 1, --fresh-within 24h, --min metric=0.9 … (modelkeep policy set --help)",
    );
  return policy;
}

/** "24h" in seconds. */
export function seconds(text: string, what: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(s|m|min|h|d)$/u.exec(text) ?? [];
  const size = { s: 1, m: 60, min: 60, h: 3600, d: 86_400 }[unit ?? ""];
  if (number === undefined || size === undefined)
    throw new ModelkeepError("invalid_input", `${what} is a time such as 90m, 24h or 7d, not ${JSON.stringify(text)}`);
  return Number(number) * size;
}

function samples(within: string | undefined, where: readonly string[] | undefined) {
  if (within === undefined && where === undefined) return undefined;
  return defined({ within: within === undefined ? undefined : seconds(within, "--fresh-within"), where });
}

function bounds(
  base: Policy["metrics"],
  least: readonly string[],
  most: readonly string[],
): Policy["metrics"] | undefined {
  if (least.length + most.length === 0) return undefined;
  const found = new Map<string, MetricBounds>(Object.entries(base ?? {}));
  const set = (text: string, what: string, bound: "min" | "max") => {
    const [name, value] = splitPair(text, what);
    found.set(metric(name), { ...found.get(metric(name)), [bound]: number(value, what) });
  };
  for (const text of least) set(text, "--min", "min");
  for (const text of most) set(text, "--max", "max");
  return Object.fromEntries(found);
}

function noWorse(text: string, better: NoWorse["better"], what: string): NoWorse {
  if (!text.includes("=")) return { metric: metric(text), better };
  const [name, value] = splitPair(text, what);
  return { metric: metric(name), better, tolerance: number(value, what) };
}

function change(base: Policy, approvals: string | undefined, approvers: readonly string[] | undefined) {
  if (approvals === undefined && approvers === undefined) return undefined;
  const needed = count(approvals, "--change-approvals") ?? base.change?.approvals ?? 1;
  return defined({ approvals: needed, approvers: approvers ?? base.change?.approvers });
}

function override(anybody: boolean, by: readonly string[] | undefined): Policy["override"] {
  if (by !== undefined) return { by };
  return anybody ? {} : undefined;
}

function keyId(text: string, folder: string): string {
  return /^[0-9a-f]{64}$/u.test(text) ? text : parsePublicKey(readFileSync(resolve(folder, text), "utf8")).keyId;
}

/** As filters write them, a metric may be called metrics.accuracy. */
function metric(name: string): string {
  return name.startsWith("metrics.") ? name.slice("metrics.".length) : name;
}

function number(text: string, what: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value))
    throw new ModelkeepError("invalid_input", `${what} needs a number after "=", not ${JSON.stringify(text)}`);
  return value;
}

function count(text: string | undefined, what: string): number | undefined {
  return text === undefined ? undefined : wholeNumber(text, what);
}

function some<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

function defined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
