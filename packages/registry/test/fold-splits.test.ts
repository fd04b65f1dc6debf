import type { Digest, JsonObject } from "@modelkeep/core";
import fc from "fast-check";
import { expect, it } from "vitest";

import { type Actor, type Entry, type EntryBody, writeEntry } from "../src/entry.js";
import { fold, foldAll } from "../src/fold.js";

interface Wish {
  readonly actor: Actor;
  readonly kind: string;
  readonly change: JsonObject;
}

const digestOf = (number: number) => `sha256:${String(number).padStart(64, "0")}`;
const actor: fc.Arbitrary<Actor> = fc.constantFrom(
  { name: "Ada", email: "ada@example.org" },
  { name: "ada" },
  { name: "Bob", email: "bob@example.org" },
  { name: "Eve", email: "eve@example.org" },
);
const version = fc.integer({ min: 1, max: 4 });
const alias = fc.constantFrom("production", "staging");
const policy: fc.Arbitrary<JsonObject | null> = fc.constantFrom(
  null,
  { approvals: 1 },
  { approvals: 1, approvers: ["bob@example.org"], override: { by: ["Ada"] } },
  { approvals: 2, rollback: "gated", change: { approvals: 2 } },
  { metrics: { auc: { min: 0.5 } }, change: { approvals: 0 } },
  { samples: { within: 3 }, removal: "free", override: {} },
  { noWorse: [{ metric: "auc", better: "higher", tolerance: 0.1 }], licence: true, dataDigest: true },
  { approvals: 0, future: 1 },
);

const kinds: Readonly<Record<string, fc.Arbitrary<JsonObject>>> = {
  version: fc
    .record({ version, auc: fc.double({ min: 0, max: 1 }), licence: fc.option(fc.constant("MIT")) })
    .map(({ version, auc, licence }): JsonObject => ({
      version,
      manifest: digestOf(version),
      content: digestOf(version),
      summary: {
        created: "2026-03-01T12:00:00.000Z",
        size: 1,
        metrics: { auc },
        ...(licence !== null && { licence, data: [{ name: "d", digest: digestOf(9) }] }),
      },
      payloads: [],
    })),
  alias: fc.record({
    alias,
    version: fc.option(version),
    action: fc.constantFrom("set", "promote", "rollback", "override"),
    reason: fc.constantFrom("", "so"),
  }),
  approved: fc.record({ version }).map(({ version }) => ({ version, manifest: digestOf(version) })),
  disapproved: fc.record({ version }).map(({ version }) => ({ version, manifest: digestOf(version) })),
  withdrawn: fc
    .record({ version, alias })
    .map(({ version, alias }) => ({ version, alias, manifest: digestOf(version) })),
  verified: fc.record({ version, ok: fc.boolean(), where: fc.constantFrom("here", "fresh") }).map((each) => ({
    ...each,
    manifest: digestOf(each.version),
    representation: "json",
    runtime: "line",
    runtimeVersion: "1",
    platform: "test",
    rows: 1,
  })),
  policy: fc.record({ alias, policy }),
  route: fc.record({
    alias,
    salt: fc.constant("s"),
    parts: fc.option(
      fc.tuple(version, version, fc.integer({ min: 1, max: 9_999 })).map(([one, other, at]) => [
        { version: one, from: 0, to: at },
        { version: other, from: at, to: 10_000 },
      ]),
    ),
    shadows: fc.array(version, { maxLength: 1 }),
  }),
  status: fc.record({ version, status: fc.constantFrom("active", "deprecated", "archived") }),
  label: fc.record({ version, labels: fc.constantFrom(["v1"], ["production"]) }),
};

const single: fc.Arbitrary<Omit<Wish, "actor">> = fc.oneof(
  ...Object.entries(kinds).map(([kind, change]) => ({
    weight: kind === "alias" || kind === "approved" ? 3 : 1,
    arbitrary: change.map((change) => ({ kind, change })),
  })),
);
const wish: fc.Arbitrary<Wish> = fc
  .record({ actor, parts: fc.array(single, { minLength: 1, maxLength: 3 }) })
  .map(({ actor, parts }) =>
    parts.length === 1
      ? { actor, ...parts[0]! }
      : { actor, kind: "batch", change: { changes: parts.map((part) => ({ ...part, critical: true })) } },
  );
/** Agreeing needs the digest of an entry that is there: it is filled in when the log is made. */
const agreement: fc.Arbitrary<Wish> = fc
  .record({ actor, alias, kind: fc.constantFrom("policy_agreed", "policy_withdrawn"), proposal: fc.nat({ max: 9 }) })
  .map(({ actor, kind, ...change }) => ({ actor, kind, change }));

function log(wishes: readonly Wish[]): Entry[] {
  const entries: Entry[] = [];
  const proposals: Digest[] = [];
  for (const { actor, kind, change } of wishes) {
    const number = entries.length + 1;
    const proposal = change["proposal"];
    const body: EntryBody = {
      format: "modelkeep.log/1",
      model: "m",
      number,
      id: "01KJMMA2G06Q9ZKH5FZW6300HV",
      kind,
      critical: true,
      previous: entries.at(-1)?.digest ?? null,
      time: new Date(Date.parse("2026-03-01T12:00:00.000Z") + number * 1000).toISOString(),
      actor,
      change:
        typeof proposal === "number" ? { ...change, proposal: proposals.at(-1 - proposal) ?? digestOf(0) } : change,
    };
    entries.push(writeEntry(body, {}).entry);
    if (kind === "policy") proposals.push(entries.at(-1)!.digest);
  }
  return entries;
}

it("folds to the same record, however the entries come in", () => {
  let live = 0;
  let refused = 0;
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 4, arbitrary: wish }, { weight: 1, arbitrary: agreement }), {
        minLength: 8,
        maxLength: 30,
      }),
      fc.array(fc.nat({ max: 33 }), { maxLength: 5 }),
      fc.tuple(kinds["version"]!, kinds["version"]!, kinds["version"]!),
      (wishes, cuts, first) => {
        const versions = first.map((change, at) => ({
          actor: { name: "Ada" },
          kind: "version",
          change: { ...change, version: at + 1, manifest: digestOf(at + 1) },
        }));
        const entries = log([...versions, ...wishes]);
        const whole = foldAll("m", entries);
        const places = [0, ...cuts.filter((cut) => cut < entries.length).toSorted((a, b) => a - b), entries.length];
        let record = foldAll("m", []);
        for (let at = 1; at < places.length; at++) {
          const before = structuredClone(record);
          const next = fold(record, entries.slice(places[at - 1], places[at]));
          expect(record).toEqual(before);
          record = next;
        }
        expect(record).toEqual(whole);
        refused += whole.voids.filter(({ faults }) => faults !== undefined).length;
        live += [...whole.policies.keys()].filter((held) => whole.aliases.get(held)?.version !== undefined).length;
      },
    ),
    { numRuns: process.env["MODELKEEP_RELIABILITY"] === undefined ? 200 : 20_000 },
  );
  // What was generated is worth folding: gates refuse, and let through.
  expect(refused).toBeGreaterThan(20);
  expect(live).toBeGreaterThan(5);
}, 600_000);
