import { memorySource, type Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { describe, expect, it } from "vitest";

import { copyRegistry, type Registry } from "../src/index.js";
import { type Fault, faults, faultyStore } from "./support/faulty-store.js";
import { openLines } from "./support/registry.js";
import { Line, lineInputs } from "./support/toy.js";

const samples = { inputs: lineInputs(0, 1, 2) };
const bytes = Uint8Array.from({ length: 3000 }, (_, index) => index % 251);

interface Operation {
  readonly name: string;
  readonly run: (registry: Registry) => Promise<unknown>;
  /** Whether it has taken effect. */
  readonly done: (registry: Registry) => Promise<boolean>;
}

const operations: readonly Operation[] = [
  {
    name: "save of a new model",
    run: (registry) => registry.save("new", { model: new Line(7), samples, aliases: ["candidate"], labels: ["v1"] }),
    done: async (registry) =>
      (await versions(registry, "new")) === 1 && (await aliasOf(registry, "new", "candidate")) === 1,
  },
  {
    name: "save that shares bytes with another version",
    run: (registry) =>
      registry.save("lines", { files: [memorySource("a.bin", bytes), memorySource("b.bin", bytes.subarray(1))] }),
    done: async (registry) => (await versions(registry, "lines")) === 3,
  },
  {
    name: "save of the same content",
    run: (registry) => registry.save("lines", { model: new Line(2), samples }),
    done: async (registry) => (await versions(registry, "lines")) === 2,
  },
  {
    name: "promote",
    run: (registry) => registry.promote("lines", 2),
    done: async (registry) => (await aliasOf(registry, "lines", "production")) === 2,
  },
  {
    name: "rename",
    run: (registry) => registry.rename("lines", "renamed"),
    done: async (registry) => (await registry.show("lines")).name === "renamed",
  },
  {
    name: "label",
    run: (registry) => registry.label("lines", 2, ["v2"]),
    done: async (registry) => (await registry.show("lines")).versions[0]!.labels.includes("v2"),
  },
  {
    name: "garbage collection",
    run: (registry) => registry.collectGarbage({ graceSeconds: 0 }),
    done: async (registry) => (await registry.store.head(garbage)) === undefined,
  },
  { name: "listing", run: (registry) => registry.list({ scan: true }), done: () => Promise.resolve(true) },
];

const garbage = `blobs/sha256/${"a".repeat(64)}/01ARZ3NDEKTSV4RRFFQ69G5FAV`;

async function prepared(): Promise<Store> {
  const store = memoryStore();
  const registry = await openLines(store);
  await registry.save("lines", { model: new Line(2), samples });
  await registry.save("lines", { model: new Line(3), samples });
  await registry.promote("lines", 1);
  await registry.save("shared", { files: [memorySource("a.bin", bytes)] });
  await store.put(garbage, new Uint8Array(5));
  return store;
}

describe.each(operations)("a fault at any store operation: $name", ({ run, done }) => {
  it.each(faults)("%s", async (fault: Fault) => {
    const counting = faultyStore(await prepared());
    const opened = await openLines(counting);
    const before = counting.operations();
    await run(opened);
    const total = counting.operations() - before;
    expect(total).toBeGreaterThan(0);

    for (let nth = 1; nth <= total; nth++) {
      const store = await prepared();
      const faulty = faultyStore(store, before + nth, fault);
      const registry = await openLines(faulty);
      const acknowledged = await run(registry).then(
        () => true,
        () => false,
      );
      const next = await openLines(store);
      const report = await next.check({ full: true });
      expect(report.problems, `${fault} at ${nth} of ${total}`).toEqual([]);
      expect(report.voids).toEqual([]);
      const happened = await done(next).catch(() => false);
      expect(happened || !acknowledged, `${fault} at ${nth} of ${total}: acknowledged and lost`).toBe(true);
      expect(await aliasOf(next, "lines", "production")).toBeDefined();

      await next.collectGarbage({ graceSeconds: 0 });
      expect((await next.check({ full: true })).problems, `after collection, ${fault} at ${nth}`).toEqual([]);
      await run(next);
      expect(await done(next), `again, ${fault} at ${nth} of ${total}`).toBe(true);
      expect(await next.check({ full: true })).toMatchObject({ ok: true });
    }
  });
});

describe("a copy that is cut off", () => {
  it.each(faults)("goes on: %s", async (fault) => {
    const from = await prepared();
    const counting = faultyStore(memoryStore());
    await copyRegistry(from, counting);
    for (let nth = 1; nth <= counting.operations(); nth++) {
      const to = memoryStore();
      await copyRegistry(from, faultyStore(to, nth, fault)).catch(() => undefined);
      // What has been copied is whole, even before the rest is.
      const found = (await (await openLines(to)).check({ full: true })).problems.filter(
        (each) => each.code !== "not_found" || each.where.includes("@"),
      );
      expect(found, `${fault} at ${nth}`).toEqual([]);
      await copyRegistry(from, to);
      const copy = await openLines(to);
      expect(await copy.check({ full: true })).toMatchObject({ ok: true, versions: 3 });
      expect(await copy.history("lines")).toHaveLength(4);
    }
  });
});

async function versions(registry: Registry, name: string): Promise<number> {
  return (await registry.show(name)).versions.length;
}

async function aliasOf(registry: Registry, name: string, alias: string): Promise<number | undefined> {
  return (await registry.show(name)).aliases[alias];
}
