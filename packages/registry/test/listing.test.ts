import type { Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { describe, expect, it } from "vitest";

import { openLines } from "./support/registry.js";
import { Line } from "./support/toy.js";

async function filled(store = memoryStore()) {
  const registry = await openLines(store);
  for (const [name, aucs] of [
    ["alpha", [0.7, 0.9]],
    ["beta", [0.8]],
    ["gamma", [0.95, 0.6, 0.85]],
  ] as const)
    for (const auc of aucs)
      await registry.save(name, { model: new Line(auc), metrics: { auc }, tags: { team: name[0]! } });
  await registry.alias("gamma", "production", 1);
  return registry;
}

async function references(page: Promise<{ items: readonly { reference: string }[] }>): Promise<string[]> {
  return (await page).items.map((item) => item.reference);
}

describe("listing", () => {
  it("lists models with their newest version and aliases", async () => {
    const registry = await filled();
    const { items, next } = await registry.list();
    expect(next).toBeUndefined();
    expect(items.map((item) => [item.name, item.versions])).toEqual([
      ["alpha", 2],
      ["beta", 1],
      ["gamma", 3],
    ]);
    expect(items[2]).toMatchObject({ aliases: { production: 1 }, latest: { version: 3, metrics: { auc: 0.85 } } });
  });

  it("searches and orders", async () => {
    const registry = await filled();
    expect(await references(registry.search("metrics.auc >= 0.85"))).toEqual(["alpha@2", "gamma@3", "gamma@1"]);
    expect(await references(registry.search("tags.team = 'g'", { orderBy: "metrics.auc desc" }))).toEqual([
      "gamma@1",
      "gamma@3",
      "gamma@2",
    ]);
    expect(await references(registry.search("alias = 'production'"))).toEqual(["gamma@1"]);
    expect(await references(registry.search("parameters.slope < 0.65"))).toEqual(["gamma@2"]);
    await expect(registry.search("metrics.auc >")).rejects.toMatchObject({
      code: "invalid_filter",
      details: { at: 13 },
    });
    await expect(registry.search("", { orderBy: "nothing" })).rejects.toMatchObject({ code: "invalid_input" });
  });

  it.each([undefined, "metrics.auc desc", "tags.team, version"])(
    "pages without gap or repetition: %s",
    async (orderBy) => {
      const registry = await filled();
      const whole = await references(registry.search("", { orderBy }));
      expect(whole).toHaveLength(6);
      for (const limit of [1, 2, 4, 6]) {
        const seen: string[] = [];
        for (let cursor: string | undefined; ;) {
          const page = await registry.search("", { orderBy, limit, cursor });
          seen.push(...page.items.map((item) => item.reference));
          if ((cursor = page.next) === undefined) break;
        }
        expect(seen).toEqual(whole);
      }
      const models: string[] = [];
      for (let cursor: string | undefined; ;) {
        const page = await registry.list({ limit: 2, cursor });
        models.push(...page.items.map((item) => item.name));
        if ((cursor = page.next) === undefined) break;
      }
      expect(models).toEqual(["alpha", "beta", "gamma"]);
    },
  );

  it("follows other writers by their hints, and by a scan where hints were lost", async () => {
    const store = memoryStore();
    const registry = await filled(store);
    await registry.list();
    const other = await openLines(store);
    await other.alias("beta", "production", 1);
    await other.save("delta", { model: new Line(4) });
    expect(await references(registry.search("alias = 'production'"))).toEqual(["beta@1", "gamma@1"]);
    expect((await registry.list()).items).toHaveLength(4);
    await other.alias("alpha", "production", 2);
    for await (const { key } of store.list("changes/")) await store.delete(key);
    expect(await references(registry.search("alias = 'production'"))).toEqual(["beta@1", "gamma@1"]);
    expect(await references(registry.search("alias = 'production'", { scan: true }))).toEqual([
      "alpha@2",
      "beta@1",
      "gamma@1",
    ]);
  });

  it("hints again where the bytes of a save were long on their way", async () => {
    const inner = memoryStore();
    let now = Date.parse("2026-11-28T00:00:00Z");
    let took = 100;
    const order: string[] = [];
    const store: Store = {
      ...inner,
      async put(key, body, options) {
        if (typeof key === "string" && /\/log\/|^changes\//u.test(key))
          order.push(key.includes("/log/") ? "entry" : "hint");
        if (typeof key === "string" && key.startsWith("blobs/")) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          now += took;
        }
        return inner.put(key, body, options);
      },
    };
    const registry = await openLines(store, { clock: () => new Date(now) });
    await registry.save("short", { model: new Line(1) });
    expect(order).toEqual(["hint", "entry"]);
    took = 60_000;
    order.length = 0;
    await registry.save("long", { model: new Line(2) });
    expect(order.sort()).toEqual(["entry", "hint", "hint"]);
  });

  it("starts from the index that was left in the store", async () => {
    const store = memoryStore();
    const registry = await openLines(store);
    await registry.saveAll(
      Array.from({ length: 100 }, (_, index) => ({ name: `model ${index}`, model: new Line(index) })),
    );
    await registry.list();
    let reads = 0;
    const counting = { ...store, get: (key: string) => (key.includes("/log/") && reads++, store.get(key)) };
    const next = await openLines(counting);
    expect((await next.list({ limit: 200 })).items).toEqual((await registry.list({ limit: 200 })).items);
    expect(reads).toBe(0);
    const keys = [];
    for await (const { key } of store.list("index/")) keys.push(key);
    expect(keys).toHaveLength(1);
    for (const rubbish of [
      "rubbish",
      `{"format":"modelkeep.index/3","through":${Date.now()},"scanned":${Date.now()}}\n`,
    ]) {
      await store.put(keys[0]!, new TextEncoder().encode(rubbish));
      expect((await (await openLines(store)).list({ limit: 200 })).items).toHaveLength(100);
    }
  });

  it("keeps in the index what the logs say: times, and columns that not every model has", async () => {
    const store = memoryStore();
    const registry = await openLines(store);
    const names = Array.from({ length: 20 }, (_, index) => `model ${index}`);
    for (let version = 1; version <= 3; version++)
      await registry.saveAll(
        names.flatMap((name, index) => {
          if (index % version !== 0) return [];
          const metrics: Record<string, number> =
            index % 4 < 2 ? { auc: index + version } : { [`error${index}`]: version };
          return [{ name, model: new Line(index + version / 10), metrics }];
        }),
      );
    const search = { orderBy: "metrics.auc desc, registered, created", limit: 200 };
    const made = await registry.search("version >= 1", search);
    const read = await openLines({
      ...store,
      get: async (key) => (key.includes("/log/") ? undefined : store.get(key)),
    });
    expect(await read.search("version >= 1", search)).toEqual(made);
    expect(made.items.map(({ metrics }) => metrics)).toContainEqual({ auc: 12 + 2 });
    for (const { reference, registered, created } of made.items) {
      const version = await registry.resolve(reference);
      expect([registered, created]).toEqual([version.registered, version.created]);
    }
  });

  it("orders many as it orders few, page after page", async () => {
    const registry = await openLines(memoryStore());
    const names = Array.from({ length: 200 }, (_, index) => `model-${index}`);
    await registry.saveAll(
      names.map((name, index) => ({ name, model: new Line(0), metrics: { auc: (index * 7) % 11 } })),
    );
    const orderBy = "metrics.auc desc, name";
    const whole = await references(registry.search("version = 1", { orderBy, limit: 2000 }));
    const pages: string[] = [];
    for (let cursor: string | undefined, turn = 0; turn === 0 || cursor !== undefined; turn++) {
      const page = await registry.search("version = 1", { orderBy, limit: 30, cursor });
      pages.push(...page.items.map(({ reference }) => reference));
      cursor = page.next;
    }
    expect(whole).toHaveLength(200);
    expect(pages).toEqual(whole);
  });

  it("writes what changed, and rewrites the whole only as it grows", async () => {
    const store = memoryStore();
    const registry = await openLines(store);
    const names = Array.from({ length: 400 }, (_, index) => `model ${index}`);
    await registry.saveAll(names.map((name, index) => ({ name, model: new Line(index) })));
    await registry.list();
    const parts = async () => {
      const found = [];
      for await (const { key, size } of store.list("index/")) found.push({ key, size });
      return found;
    };
    const [base] = await parts();
    for (const name of names.slice(0, 64)) await registry.tag(name, 1, { seen: "first" });
    await registry.list();
    const two = await parts();
    expect(two[0]).toEqual(base);
    expect(two).toHaveLength(2);
    expect(two[1]!.size).toBeLessThan(base!.size / 4);

    // Another writer adds a part of its own; whoever opens next sees what both of them know.
    const other = await openLines(store);
    await other.list();
    for (const name of names.slice(0, 80)) await other.tag(name, 1, { seen: "second" });
    await other.list();
    for (const name of names.slice(300, 380)) await registry.tag(name, 1, { seen: "third" });
    expect((await registry.search("tags.seen = 'second'", { limit: 500 })).items).toHaveLength(80);
    expect((await parts()).length).toBeLessThanOrEqual(4);
    let reads = 0;
    const counting = { ...store, get: (key: string) => (key.includes("/log/") && reads++, store.get(key)) };
    const next = await openLines(counting);
    for (const [value, count] of [
      ["first", 0],
      ["second", 80],
      ["third", 80],
    ] as const)
      expect((await next.search(`tags.seen = '${value}'`, { limit: 500 })).items).toHaveLength(count);
    expect(reads).toBe(0);
  });
});
