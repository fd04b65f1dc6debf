import { bucketOf } from "@modelkeep/registry";
import { memoryStore } from "@modelkeep/store-memory";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";

import { predictionLog, predictionsOf, serve } from "../src/index.js";
import { poolOf } from "../src/model-pool.js";
import { keyBucket } from "../src/served-state.js";
import { all, line, linesWith, xs } from "./support/lines.js";
import { slowStore } from "./support/slow-store.js";

describe("serve", () => {
  it(
    "follows the alias under load: nothing dropped, no request answered by two versions",
    { timeout: 120_000 },
    async () => {
      const registry = await linesWith(4);
      await using log = predictionLog(registry.store, { batch: { seconds: 0.05 } });
      const served = await serve(registry, "lines@production", { log, refreshSeconds: 0 });
      const moving = { on: true };
      let answered = 0;
      const seen = new Set<number>();
      const client = async (caller: string) => {
        while (moving.on) {
          const prediction = await served.predict(xs(3, 5), { caller });
          const slope = Number(prediction.tensors.get("slope")!.data[0]);
          expect(prediction.reference).toBe(`lines@${slope}`);
          expect([...prediction.tensors.get("slope")!.data].map(Number)).toEqual([slope, slope]);
          expect([...prediction.tensors.get("y")!.data]).toEqual([3 * slope, 5 * slope]);
          seen.add(slope);
          answered++;
          if (answered % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
      };
      const clients = ["a", "b", "c", "d"].map(client);
      const moves = process.env["MODELKEEP_RELIABILITY"] === "full" ? 2_000 : 100;
      for (let move = 0; move < moves; move++) {
        await registry.alias("lines", "production", (move % 3) + 2);
        expect(await served.refresh()).toBe(true);
        const enough = answered + 5;
        await vi.waitUntil(() => answered >= enough, { interval: 0 });
      }
      moving.on = false;
      await Promise.all(clients);
      expect([...seen]).toEqual(expect.arrayContaining([2, 3, 4]));
      // What is retired is let go of: only the live version is loaded.
      await vi.waitFor(() => expect(poolOf(registry).size).toBe(1));
      await served[Symbol.asyncDispose]();
      expect(poolOf(registry).size).toBe(0);
      await log.written();
      const records = await all(predictionsOf(registry).find("lines"));
      expect(records).toHaveLength(answered);
      for (const { version, outputs } of records) expect(Number(outputs!.get("slope")!.data[0])).toBe(version);
    },
  );

  it("looks at the alias by itself", async () => {
    const registry = await linesWith(2);
    const moves: string[] = [];
    await using served = await serve(registry, "lines@production", {
      refreshSeconds: 0.02,
      onMove: ({ reference }) => moves.push(reference),
    });
    await registry.alias("lines", "production", 2);
    await vi.waitFor(() => expect(moves).toEqual(["lines@2"]));
    expect((await served.predict([[2]])).rows).toEqual([{ y: 4, slope: 2 }]);
  });

  it("keeps serving when the new version can't be loaded, says so, and goes on when it can", async () => {
    const registry = await linesWith(2);
    const troubles: string[] = [];
    await using served = await serve(registry, "lines@production", {
      refreshSeconds: 0.02,
      onTrouble: ({ message }) => troubles.push(message),
    });
    const load = vi.spyOn(registry, "load").mockRejectedValue(new Error("no memory"));
    await registry.alias("lines", "production", 2);
    await vi.waitFor(() => expect(troubles).toEqual(["no memory"]));
    expect((await served.predict([[2]])).reference).toBe("lines@1");
    expect(served.live.trouble?.message).toBe("no memory");
    await expect(served.refresh()).rejects.toThrow("no memory");
    load.mockRestore();
    await vi.waitFor(() => expect(served.live.reference).toBe("lines@2"));
    expect(served.live.trouble).toBeUndefined();
    // The same trouble is told once.
    expect(troubles).toEqual(["no memory"]);
    await registry.alias("lines", "production", null);
    await vi.waitFor(() => expect(troubles).toHaveLength(2));
    expect((await served.predict([[2]])).reference).toBe("lines@2");
  });

  it("shares one loaded model between two aliases on one digest", async () => {
    const registry = await linesWith(1);
    await registry.alias("lines", "champion", 1);
    const load = vi.spyOn(registry, "load");
    await using one = await serve(registry, "lines@production");
    const other = await serve(registry, "lines@champion");
    expect(load).toHaveBeenCalledTimes(1);
    await other[Symbol.asyncDispose]();
    expect((await one.predict([[1]])).rows).toEqual([{ y: 1, slope: 1 }]);
  });

  it("checks inputs against the signature, and records nothing of what never reached the model", async () => {
    const registry = await linesWith(1);
    await using log = predictionLog(registry.store);
    await using served = await serve(registry, "lines@production", { log });
    await expect(served.predict([{ length: 3 }])).rejects.toMatchObject({ code: "signature_mismatch" });
    await log.written();
    expect(log.pending).toBe(0);
    expect(await all(predictionsOf(registry).find("lines"))).toEqual([]);
  });
});

describe("stopping", () => {
  it("answers what was asked, also what waits for the log", async () => {
    const store = slowStore(memoryStore());
    const registry = await linesWith(1, store);
    await using log = predictionLog(store, { backlog: { records: 5 } });
    const served = await serve(registry, "lines@production", { log, refreshSeconds: 0 });
    store.close();
    const requests = Array.from({ length: 20 }, () => served.predict(xs(1)));
    const stopped = served[Symbol.asyncDispose]();
    await expect(served.predict(xs(1))).rejects.toThrow("not served any more");
    store.open();
    await stopped;
    expect((await Promise.allSettled(requests)).map(({ status }) => status)).toEqual(Array(20).fill("fulfilled"));
  });

  it("gives a place in the log back, whatever goes wrong", async () => {
    const registry = await linesWith(2);
    await registry.route("lines", "production", [
      { version: 1, weight: 1 },
      { version: 2, weight: 1 },
    ]);
    await using log = predictionLog(registry.store, { backlog: { records: 3, beyond: "refuse" } });
    await using served = await serve(registry, "lines@production", { log, refreshSeconds: 0 });
    for (let count = 0; count < 5; count++) {
      await expect(served.predict([{ y: 1 }], { key: "k" })).rejects.toMatchObject({ code: "signature_mismatch" });
      await expect(served.predict(xs(1), { key: Symbol("no") as never })).rejects.toThrow(TypeError);
    }
    await served.predict(xs(1));
  });
});

describe("a route", () => {
  it("gives a key the same version, and the others theirs by weight", async () => {
    const registry = await linesWith(2);
    await registry.route("lines", "production", [
      { version: 1, weight: 70 },
      { version: 2, weight: 30 },
    ]);
    await using log = predictionLog(registry.store);
    await using served = await serve(registry, "lines@production", { log, refreshSeconds: 0 });
    const versions = new Map<string, string>();
    for (let round = 0; round < 2; round++)
      for (let user = 0; user < 500; user++) {
        const { reference } = await served.predict(xs(1), { key: `user-${user}` });
        expect(versions.get(`user-${user}`) ?? reference).toBe(reference);
        versions.set(`user-${user}`, reference);
      }
    const second = [...versions.values()].filter((reference) => reference === "lines@2").length;
    // Four standard deviations of 500 keys.
    expect(Math.abs(second - 150)).toBeLessThan(4 * Math.sqrt(500 * 0.3 * 0.7));
    await registry.route("lines", "production", [
      { version: 1, weight: 60 },
      { version: 2, weight: 40 },
    ]);
    await served.refresh();
    const before = [...versions].filter(([, reference]) => reference === "lines@2");
    for (const [key, reference] of before) expect((await served.predict(xs(1), { key })).reference).toBe(reference);
    await registry.rollback("lines").catch(() => registry.alias("lines", "production", 1));
    await served.refresh();
    for (const key of versions.keys()) expect((await served.predict(xs(1), { key })).reference).toBe("lines@1");
    await log.written();
    const [first] = await all(predictionsOf(registry).find("lines"));
    expect(first!.route).toMatchObject({ alias: "production", bucket: expect.any(Number) as number });
    expect(JSON.stringify({ ...first, inputs: 0, outputs: 0 })).not.toContain("user-");
  });

  it("answers requests without a key by chance, or by the alias' own version", async () => {
    const registry = await linesWith(2);
    await registry.route("lines", "production", [
      { version: 1, weight: 1 },
      { version: 2, weight: 1 },
    ]);
    await using chance = await serve(registry, "lines@production");
    await using primary = await serve(registry, "lines@production", { withoutKey: "primary" });
    const seen = new Set<string>();
    for (let count = 0; count < 60; count++) {
      seen.add((await chance.predict(xs(1))).reference);
      expect((await primary.predict(xs(1))).reference).toBe("lines@1");
    }
    expect(seen.size).toBe(2);
  });

  it("answers though a shadow can't be loaded", async () => {
    const registry = await linesWith(2);
    await registry.route("lines", "production", [
      { version: 1, weight: 1 },
      { version: 2, shadow: true },
    ]);
    const load = registry.load.bind(registry);
    vi.spyOn(registry, "load").mockImplementation((reference, options) =>
      reference === "lines@2" ? Promise.reject(new Error("broken")) : load(reference, options),
    );
    const troubles: string[] = [];
    await using log = predictionLog(registry.store);
    await using served = await serve(registry, "lines@production", {
      log,
      onTrouble: ({ message }) => troubles.push(message),
    });
    expect((await served.predict(xs(1))).reference).toBe("lines@1");
    expect(troubles).toEqual(["broken"]);
  });

  it("hashes keys as the registry does", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (key, salt) => {
        expect(keyBucket(salt, key)).toBe(bucketOf(salt, key));
      }),
    );
  });

  it("lets shadows predict behind the answer, and records how they differ", async () => {
    const registry = await linesWith(1);
    await registry.save("lines", { model: line(1.0000001), samples: { inputs: xs(1) } });
    await registry.save("lines", { model: line(4), samples: { inputs: xs(1) } });
    await registry.route("lines", "production", [
      { version: 1, weight: 1 },
      { version: 2, shadow: true },
      { version: 3, shadow: true },
    ]);
    await using log = predictionLog(registry.store);
    await using served = await serve(registry, "lines@production", { log });
    const { id, rows } = await served.predict(xs(10, 2), { caller: "web" });
    expect(rows[0]).toEqual({ y: 10, slope: 1 });
    await served.shadowsIdle();
    await log.written();
    const predictions = predictionsOf(registry);
    expect((await all(predictions.find("lines"))).map((record) => record.id)).toEqual([id]);
    const shadows = await all(predictions.find("lines", { shadows: "only" }));
    expect(shadows.map(({ version, caller, shadow }) => [version, caller, shadow!.of, shadow!.labels])).toEqual([
      [2, "web", id, 0],
      [3, "web", id, 2],
    ]);
    expect(shadows[0]!.shadow).toMatchObject({ identical: false, difference: expect.closeTo(1e-7, 9) as number });
    expect(shadows[1]!.outputs!.get("y")!.data).toEqual(Float64Array.of(40, 8));
    expect(served.live.shadowsSkipped).toBe(0);
  });
});
