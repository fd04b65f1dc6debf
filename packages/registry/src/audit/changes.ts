import { isJsonObject, type Json, type JsonObject } from "@modelkeep/core";

import { type Actor } from "../entry.js";
import type { HistoryEntry } from "../history.js";
import { personText, samePerson } from "../person.js";

/** One change, in words. A batch is one line for each of its parts. */
export interface AuditChange {
  readonly time: string;
  /** The model's present name. */
  readonly model: string;
  /** Number of the entry in the log of the name that it had then. */
  readonly entry: number;
  readonly kind: string;
  readonly version?: number | undefined;
  readonly alias?: string | undefined;
  readonly what: string;
  readonly actor: Actor;
  readonly reason?: string | undefined;
  /** Of a move of an alias: who had approved the version for it by then, "Ada <ada@example.org>". */
  readonly approvedBy: readonly string[];
  /** Why it has no effect, if it has none. */
  readonly void?: string | undefined;
  /** Of the entry. */
  readonly digest: string;
}

interface Said {
  readonly actor: Actor;
  readonly decision: string;
  readonly alias?: string | undefined;
}

/** The changes of one model in words, with who had approved what at the time; of a batch, each change in it. */
export function changesOf(model: string, entries: readonly HistoryEntry[]): AuditChange[] {
  const reviews = new Map<number, Said[]>();
  return entries.flatMap((entry) =>
    partsOf(entry).map(({ kind, change }): AuditChange => {
      const version = typeof change["version"] === "number" ? change["version"] : undefined;
      const alias = textOf(change["alias"]);
      const reason = textOf(change["reason"]);
      const approvedBy = kind === "alias" && version !== undefined ? approvers(reviews.get(version) ?? [], alias) : [];
      if (entry.void === undefined && version !== undefined && isReview(kind))
        reviews.set(version, [...(reviews.get(version) ?? []), { actor: entry.actor, decision: kind, alias }]);
      return {
        time: entry.time,
        model,
        entry: entry.number,
        kind,
        ...(version !== undefined && { version }),
        ...(alias !== undefined && { alias }),
        what: describe(kind, change, version, alias),
        actor: entry.actor,
        ...(reason !== undefined && { reason }),
        approvedBy,
        ...(entry.void !== undefined && { void: entry.void }),
        digest: entry.digest,
      };
    }),
  );
}

function partsOf({ kind, change }: HistoryEntry): readonly { readonly kind: string; readonly change: JsonObject }[] {
  const parts = kind === "batch" ? (change["changes"] as unknown) : undefined;
  return Array.isArray(parts) ? (parts as { kind: string; change: JsonObject }[]) : [{ kind, change }];
}

function isReview(kind: string): boolean {
  return kind === "approved" || kind === "disapproved" || kind === "withdrawn";
}

/** Of several things that one person said of a version, the last counts. */
function approvers(said: readonly Said[], alias: string | undefined): string[] {
  return said
    .filter(({ actor }, index) => !said.slice(index + 1).some((later) => samePerson(later.actor, actor)))
    .filter((each) => each.decision === "approved" && (each.alias === undefined || each.alias === alias))
    .map(({ actor }) => personText(actor));
}

const words: Readonly<Record<string, (version: string, change: JsonObject, alias: string) => string>> = {
  version: (version, { origin }) => `registered ${version}${origin === undefined ? "" : ", copied from elsewhere"}`,
  placed: (version) => `stored bytes of ${version} again`,
  alias: (version, change, alias) =>
    change["version"] === null ? `removed the alias ${alias}` : `pointed ${alias} at ${version}${how(change)}`,
  label: (version, { labels }) => `labelled ${version} ${strings(labels).join(", ")}`,
  tag: (version, { set, remove }) =>
    `tagged ${version}: ${[...tagsIn(set), ...strings(remove).map((key) => `without ${key}`)].join(", ")}`,
  describe: (version) => `described ${version}`,
  status: (version, { status }) => `marked ${version} as ${shown(status)}`,
  verified: (version, { ok, representation, runtime, rows }) =>
    `held ${version} to its samples, ${shown(representation)} by ${shown(runtime)}: ${typeof rows === "number" ? `${rows} rows ` : ""}${ok === true ? "reproduced" : "NOT reproduced"}`,
  attested: (version) => `attested ${version}`,
  approved: (version, _, alias) => `approved ${version}${alias === "" ? "" : ` for ${alias}`}`,
  disapproved: (version, _, alias) => `objected to ${version}${alias === "" ? "" : ` for ${alias}`}`,
  withdrawn: (version) => `took back what was said of ${version}`,
  moved: (version, { storage }) =>
    `moved the files of ${version} to ${storage === null ? "where new ones lie" : shown(storage)}`,
  retention: (_, { policy }) => (policy === null ? "lifted the policy of retention" : "set the policy of retention"),
  held: (version, { hold }) => `placed the hold ${shown(hold)} on ${version}`,
  released: (version, { hold }) => `released the hold ${shown(hold)} on ${version}`,
  model_deleted: () => "deleted the model",
  keys: () => "set or proposed keys that sign the history",
  keys_agreed: () => "agreed to a change of keys",
  keys_withdrawn: () => "withdrew from a change of keys",
  renamed: (_, { to }) => `renamed the model to ${shown(to)}`,
  renamed_from: (_, { from }) => `took over the history of ${shown(from)}`,
  policy: (_, { policy }, alias) => `${policy === null ? "asked to lift" : "set or proposed"} the policy of ${alias}`,
  policy_agreed: (_, __, alias) => `agreed to a policy of ${alias}`,
  policy_withdrawn: (_, __, alias) => `withdrew from a policy of ${alias}`,
  route: (_, change, alias) =>
    change["parts"] === null
      ? `ended the route of ${alias}`
      : `divided the requests to ${alias}${shares(change)
          .map((each, index) => `${index === 0 ? ": " : ", "}${each}`)
          .join("")}`,
};

/** The share of each version, and the shadows. */
function shares({ parts, shadows }: JsonObject): string[] {
  const counts = new Map<number, number>();
  for (const { version, from, to } of (Array.isArray(parts) ? parts : []) as unknown as Part[])
    counts.set(version, (counts.get(version) ?? 0) + to - from);
  return [
    ...[...counts].map(([version, count]) => `version ${version} ${count / 100} %`),
    ...strings(shadows).map((version) => `version ${version} in its shadow`),
  ];
}

interface Part {
  readonly version: number;
  readonly from: number;
  readonly to: number;
}

function describe(kind: string, change: JsonObject, version: number | undefined, alias = ""): string {
  return words[kind]?.(version === undefined ? "the model" : `version ${version}`, change, alias) ?? kind;
}

function how({ action }: JsonObject): string {
  return action === "override" ? ", overriding its policy" : action === "rollback" ? " (rollback)" : "";
}

function tagsIn(set: Json | undefined): string[] {
  return isJsonObject(set) ? Object.entries(set).map(([key, value]) => `${key}=${shown(value)}`) : [];
}

function strings(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(shown) : [];
}

function shown(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
