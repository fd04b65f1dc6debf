import { isModelkeepError } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import fc from "fast-check";
import { expect, it } from "vitest";

import type { Registry } from "../src/index.js";
import { openLines } from "./support/registry.js";
import { Line } from "./support/toy.js";

/** What a registry with one model is, said as simply as possible. */
interface Simple {
  readonly versions: { slope: number; status: string; labels: string[]; tags: Record<string, string> }[];
  readonly aliases: Map<string, number>;
}

type Command = (registry: Registry, simple: Simple) => Promise<void>;

const number = fc.integer({ min: 1, max: 5 });
const alias = fc.constantFrom("production", "candidate");
const label = fc.constantFrom("v1", "v2", "v3");

/** Runs the call; the simple model says whether it must succeed, and changes with it. */
async function both(call: Promise<unknown>, allowed: boolean, change: () => void): Promise<void> {
  const error = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (error !== undefined && !isModelkeepError(error)) throw new Error("A foreign exception", { cause: error });
  expect(error === undefined, error?.message ?? "should have been refused").toBe(allowed);
  if (allowed) change();
}

function same(found: unknown, expected: unknown): void {
  expect(found).toEqual(expected);
}

const commands: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ slope: number, again: fc.boolean() }).map(({ slope, again }): Command => async (registry, simple) => {
    const { version, existing } = await registry.save("m", { model: new Line(slope), again });
    const known = simple.versions.findLastIndex((each) => each.slope === slope) + 1;
    const joins = known > 0 && !again;
    same({ version, existing }, { version: joins ? known : simple.versions.length + 1, existing: joins });
    if (!existing) simple.versions.push({ slope, status: "active", labels: [], tags: {} });
  }),
  fc
    .record({ alias, version: number, expected: fc.option(number, { nil: undefined }) })
    .map(({ alias, version, expected }): Command => (registry, simple) => {
      const target = simple.versions[version - 1];
      const allowed =
        target !== undefined &&
        target.status !== "archived" &&
        (expected === undefined || expected === simple.aliases.get(alias));
      return both(registry.alias("m", alias, version, { expect: expected }), allowed, () =>
        simple.aliases.set(alias, version),
      );
    }),
  alias.map(
    (name): Command =>
      (registry, simple) =>
        both(registry.alias("m", name, null), simple.aliases.has(name), () => simple.aliases.delete(name)),
  ),
  fc.record({ version: number, label }).map(({ version, label }): Command => (registry, simple) => {
    const target = simple.versions[version - 1];
    const free = simple.versions.every((each) => each === target || !each.labels.includes(label));
    return both(registry.label("m", version, [label]), target !== undefined && free, () => {
      if (!target!.labels.includes(label)) target!.labels.push(label);
    });
  }),
  fc
    .record({ version: number, value: fc.option(fc.string({ maxLength: 5 })) })
    .map(({ version, value }): Command => (registry, simple) => {
      const target = simple.versions[version - 1];
      return both(registry.tag("m", version, { key: value }), target !== undefined, () => {
        if (value === null) delete target!.tags["key"];
        else target!.tags["key"] = value;
      });
    }),
  fc
    .record({ version: number, status: fc.constantFrom("archive" as const, "deprecate" as const, "activate" as const) })
    .map(({ version, status }): Command => (registry, simple) => {
      const target = simple.versions[version - 1];
      const live = [...simple.aliases.values()].includes(version);
      return both(registry[status]("m", version), target !== undefined && !(status === "archive" && live), () => {
        target!.status = { archive: "archived", deprecate: "deprecated", activate: "active" }[status];
      });
    }),
);

it("does what a simple model of it does, whatever comes in whatever order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(commands, { maxLength: 25 }), async (list) => {
      const store = memoryStore();
      const simple: Simple = { versions: [], aliases: new Map() };
      const [one, other] = [await openLines(store), await openLines(store)];
      await one.save("m", { model: new Line(1) });
      simple.versions.push({ slope: 1, status: "active", labels: [], tags: {} });
      // Two clients in turn: neither may rely on what it remembers.
      for (const [index, command] of list.entries()) await command(index % 2 === 0 ? one : other, simple);
      for (const registry of [one, other, await openLines(store)]) {
        const view = await registry.show("m");
        expect(view.voids).toEqual([]);
        expect(new Map(Object.entries(view.aliases))).toEqual(simple.aliases);
        expect(
          view.versions.toReversed().map(({ parameters, status, labels, tags }) => ({
            slope: parameters["slope"],
            status,
            labels,
            tags: { ...tags },
          })),
        ).toEqual(simple.versions);
        const { items } = await registry.search("", { orderBy: "version" });
        expect(items.map(({ version, status }) => ({ version, status }))).toEqual(
          simple.versions.map(({ status }, index) => ({ version: index + 1, status })),
        );
      }
      expect(await one.check({ full: true })).toMatchObject({ ok: true });
    }),
    { numRuns: process.env["MODELKEEP_RELIABILITY"] === undefined ? 100 : 5000 },
  );
}, 600_000);
