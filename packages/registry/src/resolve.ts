import { ModelkeepError, parseReference, parseSelector, type Selector } from "@modelkeep/core";

import { type Context, existing } from "./context.js";
import type { ModelRecord, VersionRecord } from "./record.js";

export interface Resolved {
  readonly record: ModelRecord;
  readonly version: VersionRecord;
}

/**
 * The version that a reference stands for now: every alias move that was acknowledged before the call is seen. A bare name
 * means `production` if that alias is set or held by a policy, else the only or newest version that is active.
 */
export async function resolve(context: Context, reference: string, signal?: AbortSignal): Promise<Resolved> {
  const { name, selector } = parseReference(reference);
  const record = await existing(context, name, signal);
  return { record, version: select(record, selector) };
}

export function select(record: ModelRecord, selector: Selector | undefined): VersionRecord {
  const found = selector === undefined ? standing(record) : selected(record, selector);
  if (found === undefined) throw missing(record, selector);
  return found;
}

/** Accepts a number, "3", "production", "v2.1" or "sha256:…": what a reference has after its "@". */
export function selectText(record: ModelRecord, version: number | string): VersionRecord {
  return select(record, parseSelector(String(version)));
}

function selected(record: ModelRecord, selector: Selector): VersionRecord | undefined {
  switch (selector.kind) {
    case "version":
      return record.versions.get(selector.version);
    case "digest":
      return [...record.versions.values()].findLast((version) => version.manifest === selector.digest);
    case "name": {
      const alias = record.aliases.get(selector.name)?.version;
      // What a policy holds is an alias: no label passes for it.
      const number = record.policies.has(selector.name) ? alias : (alias ?? record.labels.get(selector.name));
      return number === undefined ? undefined : record.versions.get(number);
    }
  }
}

function standing(record: ModelRecord): VersionRecord | undefined {
  const production = record.aliases.get("production")?.version;
  if (production !== undefined || record.policies.has("production")) return record.versions.get(production ?? 0);
  return [...record.versions.values()].findLast((version) => version.status === "active");
}

function missing(record: ModelRecord, selector: Selector | undefined): ModelkeepError {
  const details = { name: record.name };
  if (selector === undefined) {
    const found = record.policies.has("production")
      ? `no version in production, which a policy holds`
      : "no active version";
    return new ModelkeepError("not_found", `${record.name} has ${found}`, { details });
  }
  if (selector.kind === "version") {
    const text = `${record.name} has no version ${selector.version}; its newest is ${record.versions.size}`;
    return new ModelkeepError("not_found", text, { details });
  }
  if (selector.kind === "digest")
    return new ModelkeepError("not_found", `${record.name} has no version with the manifest ${selector.digest}`, {
      details,
    });
  const set = [...record.aliases.values()].filter((alias) => alias.version !== undefined).map((alias) => alias.name);
  const names = [...set, ...record.labels.keys()].slice(0, 20).join(", ");
  const newest = names === "" || selector.name === "latest" ? `; its newest version is ${record.versions.size}` : "";
  return new ModelkeepError(
    "not_found",
    `${record.name} has no alias or label ${JSON.stringify(selector.name)}; it has: ${names || "none"}${newest}`,
    { details },
  );
}
