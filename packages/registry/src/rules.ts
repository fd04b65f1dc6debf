import { checkAlias, checkName, type Digest, isDigest, isModelkeepError, type Json } from "@modelkeep/core";

import { type Entry, type EntryBody, isJsonObject, type JsonObject, type Placement } from "./entry.js";
import type { Draft, FoldOptions } from "./fold.js";
import {
  type PayloadSummary,
  type Status,
  statuses,
  type Summary,
  type Verification,
  type VersionRecord,
} from "./record.js";

/** Why a change has no effect. Never leaves the fold: it becomes a void entry there. */
export class VoidChange extends Error {}

type Rule = (draft: Draft, change: JsonObject, entry: Entry, options: FoldOptions) => void;

const rules: Readonly<Record<string, Rule>> = {
  batch(draft, change, entry, options) {
    if (!Array.isArray(change["changes"])) throw new VoidChange("has no list of changes");
    for (const part of change["changes"]) {
      const { kind, change: inner } = isJsonObject(part) ? part : {};
      if (typeof kind !== "string" || kind === "batch" || !isJsonObject(inner))
        throw new VoidChange("has a bad change");
      applyKind(draft, kind, inner, entry, options);
    }
  },

  version(draft, change, { body, placement }) {
    const version = change["version"];
    if (version !== draft.versions.size + 1)
      throw new VoidChange(`version ${draft.versions.size + 1} is next, not ${JSON.stringify(version)}`);
    const { manifest, content } = change;
    if (!isDigest(manifest) || !isDigest(content)) throw new VoidChange("has no digest of a manifest and its content");
    const labels = strings(change["labels"] ?? [], "labels");
    for (const label of labels) freeLabel(draft, label, version);
    draft.versions.set(version, {
      version,
      manifest,
      content,
      registered: body.time,
      actor: body.actor,
      status: "active",
      labels,
      tags: texts(change["tags"] ?? {}, "tags"),
      description: optionalText(change["description"], "description"),
      summary: summaryOf(change["summary"]),
      payloads: payloadsOf(change["payloads"]),
      placement: new Map(Object.entries(placement) as [Digest, readonly string[]][]),
      verifications: [],
    });
    for (const label of labels) draft.labels.set(label, version);
  },

  placed(draft, change, { placement }) {
    update(draft, change["version"], (record) => ({ placement: joined(record.placement, placement) }));
  },

  alias(draft, change, { body }) {
    const name = valid(() => checkAlias(change["alias"] as string));
    const target = change["version"];
    const before = draft.aliases.get(name);
    const now = before?.version ?? null;
    if (change["expect"] !== undefined && change["expect"] !== now)
      throw new VoidChange(
        `the alias "${name}" ${now === null ? "is not set" : `points at version ${now}`}, not at ${JSON.stringify(change["expect"])}`,
      );
    if (target !== null) {
      const record = versionIn(draft, target);
      if (record.status === "deleted" || record.status === "archived")
        throw new VoidChange(`version ${record.version} is ${record.status}`);
    } else if (now === null) throw new VoidChange(`the alias "${name}" is not set`);
    const version = target === null ? undefined : (target as number);
    const move = {
      version,
      time: body.time,
      actor: body.actor,
      action: typeof change["action"] === "string" ? change["action"] : "set",
      reason: optionalText(change["reason"], "reason"),
      entry: body.number,
    };
    draft.aliases.set(name, { name, version, moves: [...(before?.moves ?? []), move] });
  },

  label(draft, change) {
    const record = versionIn(draft, change["version"]);
    const added = strings(change["labels"], "labels").filter((label) => !record.labels.includes(label));
    for (const label of added) freeLabel(draft, label, record.version);
    for (const label of added) draft.labels.set(label, record.version);
    update(draft, record.version, () => ({ labels: [...record.labels, ...added] }));
  },

  tag(draft, change) {
    const set = texts(change["set"] ?? {}, "set");
    const remove = new Set(strings(change["remove"] ?? [], "remove"));
    const merged = (tags: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries({ ...tags, ...set }).filter(([key]) => !remove.has(key)));
    if (change["version"] === undefined) draft.tags = merged(draft.tags);
    else update(draft, change["version"], (record) => ({ tags: merged(record.tags) }));
  },

  describe(draft, change) {
    const description = optionalText(change["description"], "description");
    if (change["version"] === undefined) draft.description = description;
    else update(draft, change["version"], () => ({ description }));
  },

  status(draft, change) {
    const status = change["status"];
    if (!statuses.includes(status as Status)) throw new VoidChange(`${JSON.stringify(status)} is no status`);
    const record = versionIn(draft, change["version"]);
    if (record.status === "deleted") throw new VoidChange(`version ${record.version} is deleted`);
    const alias = [...draft.aliases.values()].find((each) => each.version === record.version);
    if (alias !== undefined && (status === "archived" || status === "deleted"))
      throw new VoidChange(`the alias "${alias.name}" points at version ${record.version}: move it first`);
    const reason = optionalText(change["reason"], "reason");
    update(draft, record.version, () => ({ status: status as Status, reason }));
  },

  verified(draft, change, { body }) {
    const record = versionIn(draft, change["version"]);
    if (change["manifest"] !== record.manifest) throw new VoidChange("verified another manifest");
    const verification = verificationOf(change, body);
    update(draft, record.version, () => ({ verifications: [...record.verifications, verification] }));
  },

  renamed(draft, change) {
    draft.renamedTo = valid(() => checkName(change["to"] as string));
  },

  renamed_from(draft, change, { body }, { former }) {
    if (body.number !== 1) throw new VoidChange("only the first entry can take over another model's history");
    if (former === undefined || former.name !== change["from"] || former.head !== change["head"])
      throw new VoidChange("the history that it takes over is not the one that was left");
    const { name, length, head, time } = draft;
    const names = [...former.formerNames, former.name];
    Object.assign(draft, former, { name, length, head, time, formerNames: names, renamedTo: undefined });
    draft.versions = new Map(former.versions);
    draft.aliases = new Map(former.aliases);
    draft.labels = new Map(former.labels);
    draft.voids = [];
    draft.skipped = [];
  },
};

export const knownKinds: ReadonlySet<string> = new Set(Object.keys(rules));

/** Applies one entry's change to the draft, or throws a `VoidChange` that says which rule forbids it. */
export function applyChange(draft: Draft, entry: Entry, options: FoldOptions): void {
  applyKind(draft, entry.body.kind, entry.body.change, entry, options);
}

function applyKind(draft: Draft, kind: string, change: JsonObject, entry: Entry, options: FoldOptions): void {
  if (draft.renamedTo !== undefined) throw new VoidChange(`the model goes on as ${JSON.stringify(draft.renamedTo)}`);
  rules[kind]!(draft, change, entry, options);
}

function update(
  draft: Draft,
  version: Json | undefined,
  change: (record: VersionRecord) => Partial<VersionRecord>,
): void {
  const record = versionIn(draft, version);
  draft.versions.set(record.version, { ...record, ...change(record) });
}

function versionIn(draft: Draft, version: Json | undefined): VersionRecord {
  const record = typeof version === "number" ? draft.versions.get(version) : undefined;
  if (record === undefined) throw new VoidChange(`there is no version ${JSON.stringify(version)}`);
  return record;
}

function freeLabel(draft: Draft, label: string, version: number): void {
  valid(() => checkAlias(label, "label"));
  const holder = draft.labels.get(label);
  if (holder !== undefined && holder !== version)
    throw new VoidChange(`the label "${label}" is that of version ${holder}, and labels never move`);
}

function joined(
  placement: ReadonlyMap<Digest, readonly string[]>,
  more: Placement,
): ReadonlyMap<Digest, readonly string[]> {
  const result = new Map(placement);
  for (const [digest, keys] of Object.entries(more) as [Digest, readonly string[]][]) {
    const known = result.get(digest) ?? [];
    result.set(digest, [...known, ...keys.filter((key) => !known.includes(key))]);
  }
  return result;
}

function summaryOf(value: Json | undefined): Summary {
  if (!isJsonObject(value) || typeof value["created"] !== "string" || typeof value["size"] !== "number")
    throw new VoidChange("has no summary");
  const { metrics = {}, parameters = {}, representations = [] } = value;
  if (!isJsonObject(metrics) || !isJsonObject(parameters) || !Array.isArray(representations))
    throw new VoidChange("has a malformed summary");
  return { ...value, metrics, parameters, representations } as unknown as Summary;
}

function payloadsOf(value: Json | undefined): PayloadSummary[] {
  const fits = (each: Json): boolean =>
    isJsonObject(each) &&
    typeof each["path"] === "string" &&
    typeof each["size"] === "number" &&
    isDigest(each["digest"]);
  if (!Array.isArray(value) || !value.every(fits)) throw new VoidChange("has no list of payloads");
  return value as unknown as PayloadSummary[];
}

function verificationOf(change: JsonObject, body: EntryBody): Verification {
  const { ok, representation, runtime, runtimeVersion, platform, where, rows } = change;
  const named = [representation, runtime, runtimeVersion, platform, where].every((each) => typeof each === "string");
  if (typeof ok !== "boolean" || !named || typeof rows !== "number") throw new VoidChange("has no result");
  const { version: _, manifest: __, ...result } = change;
  return { ...(result as unknown as Verification), time: body.time, actor: body.actor };
}

function valid<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (isModelkeepError(error) || error instanceof TypeError) throw new VoidChange(error.message);
    throw error;
  }
}

function strings(value: Json | undefined, what: string): string[] {
  if (!Array.isArray(value) || !value.every((each) => typeof each === "string"))
    throw new VoidChange(`has no list of texts as "${what}"`);
  return value;
}

function texts(value: Json | undefined, what: string): Record<string, string> {
  if (!isJsonObject(value) || !Object.values(value).every((each) => typeof each === "string"))
    throw new VoidChange(`has no texts by name as "${what}"`);
  return value as Record<string, string>;
}

function optionalText(value: Json | undefined, what: string): string | undefined {
  if (value !== undefined && typeof value !== "string") throw new VoidChange(`has no text as "${what}"`);
  return value;
}
