import { isJsonObject, isModelkeepError, type Json, type JsonObject } from "@modelkeep/core";

import { type Entry } from "../entry.js";
import type { Draft, FoldOptions } from "../fold.js";
import type { VersionRecord } from "../record.js";

/** Why a change has no effect. Never leaves the fold: it becomes a void entry there. */
export class VoidChange extends Error {}

/** Applies one kind of change to the draft, or throws a `VoidChange` that says which rule forbids it. */
export type Rule = (draft: Draft, change: JsonObject, entry: Entry, options: FoldOptions) => void;

export type Rules = Readonly<Record<string, Rule>>;

export function update(
  draft: Draft,
  version: Json | undefined,
  change: (record: VersionRecord) => Partial<VersionRecord>,
): void {
  const record = versionIn(draft, version);
  draft.versions.set(record.version, { ...record, ...change(record) });
}

export function versionIn(draft: Draft, version: Json | undefined): VersionRecord {
  const record = typeof version === "number" ? draft.versions.get(version) : undefined;
  if (record === undefined) throw new VoidChange(`there is no version ${JSON.stringify(version)}`);
  return record;
}

export function valid<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    // What this reader lacks must not decide: every reader comes to the same result, or to none.
    if (isModelkeepError(error, "unsupported")) throw error;
    if (isModelkeepError(error) || error instanceof TypeError) throw new VoidChange(error.message);
    throw error;
  }
}

export function strings(value: Json | undefined, what: string): string[] {
  if (!Array.isArray(value) || !value.every((each) => typeof each === "string"))
    throw new VoidChange(`has no list of texts as "${what}"`);
  return value;
}

export function texts(value: Json | undefined, what: string): Record<string, string> {
  if (!isJsonObject(value) || !Object.values(value).every((each) => typeof each === "string"))
    throw new VoidChange(`has no texts by name as "${what}"`);
  return value as Record<string, string>;
}

export function optionalText(value: Json | undefined, what: string): string | undefined {
  if (value !== undefined && typeof value !== "string") throw new VoidChange(`has no text as "${what}"`);
  return value;
}
