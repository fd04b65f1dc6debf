import { checkAlias, type Digest, isDigest, isJsonObject, type Json, type JsonObject } from "@modelkeep/core";

import { type EntryBody, type Placement } from "../entry.js";
import type { Draft } from "../fold.js";
import type { Origin } from "../origin.js";
import { type PayloadSummary, type Status, statuses, type Summary, type Verification } from "../record.js";
import { deleteVersion } from "./keeping.js";
import { optionalText, type Rules, strings, texts, update, valid, versionIn, VoidChange } from "./rule.js";

/** What becomes of versions: they appear, get names and words, and are proved. */
export const versionRules: Rules = {
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
      reviews: [],
      ...(change["origin"] !== undefined && { origin: originIn(change["origin"]) }),
      attestations: [],
      since: body.storeTime ?? body.time,
      promises: draft.retention?.keep === undefined ? [] : [draft.retention.keep],
      routed: new Map(),
      holds: [],
      former: new Map(),
    });
    for (const label of labels) draft.labels.set(label, version);
  },

  placed(draft, change, { placement }) {
    if (versionIn(draft, change["version"]).status === "deleted") throw new VoidChange("the version is deleted");
    update(draft, change["version"], (record) => ({ placement: joined(record.placement, placement) }));
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

  status(draft, change, entry) {
    const status = change["status"];
    if (!statuses.includes(status as Status)) throw new VoidChange(`${JSON.stringify(status)} is no status`);
    const record = versionIn(draft, change["version"]);
    if (record.status === "deleted") throw new VoidChange(`version ${record.version} is deleted`);
    const alias = [...draft.aliases.values()].find((each) => each.version === record.version);
    if (alias !== undefined && (status === "archived" || status === "deleted"))
      throw new VoidChange(`the alias "${alias.name}" points at version ${record.version}: move it first`);
    const route = [...draft.routes.values()].find(
      ({ parts, shadows }) => parts.some((part) => part.version === record.version) || shadows.includes(record.version),
    );
    if (route !== undefined && (status === "archived" || status === "deleted"))
      throw new VoidChange(`the route of the alias "${route.alias}" uses version ${record.version}: end it first`);
    const reason = optionalText(change["reason"], "reason");
    if (status === "deleted") deleteVersion(draft, record, reason, entry);
    else update(draft, record.version, () => ({ status: status as Status, reason }));
  },

  verified(draft, change, { body }) {
    const record = versionIn(draft, change["version"]);
    if (change["manifest"] !== record.manifest) throw new VoidChange("verified another manifest");
    const verification = verificationOf(change, body);
    update(draft, record.version, () => ({ verifications: [...record.verifications, verification] }));
  },
};

function freeLabel(draft: Draft, label: string, version: number): void {
  valid(() => checkAlias(label, "label"));
  if (draft.policies.has(label))
    throw new VoidChange(`the alias "${label}" is held by a policy: a label must not pass for it`);
  const holder = draft.labels.get(label);
  if (holder !== undefined && holder !== version)
    throw new VoidChange(`the label "${label}" is that of version ${holder}, and labels never move`);
}

export function joined(
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

function originIn(value: Json): Origin {
  if (!isJsonObject(value) || typeof value["name"] !== "string" || typeof value["version"] !== "number")
    throw new VoidChange("has a malformed origin");
  return value as unknown as Origin;
}

function verificationOf(change: JsonObject, body: EntryBody): Verification {
  const { ok, representation, runtime, runtimeVersion, platform, where, rows } = change;
  const named = [representation, runtime, runtimeVersion, platform, where].every((each) => typeof each === "string");
  if (typeof ok !== "boolean" || !named || typeof rows !== "number") throw new VoidChange("has no result");
  const { version: _, manifest: __, ...result } = change;
  return { ...(result as unknown as Verification), time: body.time, actor: body.actor };
}
