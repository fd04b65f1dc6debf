import { Tensor } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { describe, expect, it } from "vitest";

import { openLines } from "./support/registry.js";
import { Line, lineInputs } from "./support/toy.js";

describe("versions that are not the recorded ones", () => {
  const environment = { runtime: { name: "node", version: "1.2.3" } };
  const requirements = [{ ecosystem: "npm" as const, name: "ml-lines", version: "^4.0.0" }];

  async function prepared() {
    const store = memoryStore();
    const reads: string[] = [];
    const watched = {
      ...store,
      get: (...[key, options]: Parameters<typeof store.get>) => {
        if (key.startsWith("blobs/")) reads.push(key);
        return store.get(key, options);
      },
    };
    const here = { runtime: { name: "node", version: "20.20.0" }, libraries: { "ml-lines": "3.9.0" } };
    const registry = await openLines(watched, { environment: () => Promise.resolve(here) });
    await registry.save("lines", { model: new Line(2), environment, requirements });
    reads.length = 0;
    return { registry, reads };
  }

  const sentences = ["node 1.2.3 was recorded, 20.20.0 is running", "ml-lines ^4.0.0 is required, 3.9.0 is installed"];

  it("are refused before a byte of the model is read, if that is the policy", async () => {
    const { registry, reads } = await prepared();
    const refused = registry.load("lines", { compatibility: "refuse" });
    await expect(refused).rejects.toMatchObject({ code: "incompatible" });
    for (const sentence of sentences) await expect(refused).rejects.toThrow(sentence);
    expect(reads).toEqual([]);
  });

  it.each([undefined, "warn"] as const)("are told, one by one, and the model is loaded: %s", async (compatibility) => {
    const { registry, reads } = await prepared();
    const told: string[] = [];
    const onWarning = (message: string) => {
      told.push(message);
      expect(reads).toEqual([]);
    };
    await using model = await registry.load("lines", { ...(compatibility && { compatibility }), onWarning });
    expect(told).toEqual(sentences);
    expect((await model.predict([[3]])).values()).toEqual([6]);
    expect(reads.length).toBeGreaterThan(0);
  });

  it("are nobody's business, if that is the policy", async () => {
    const { registry } = await prepared();
    const told: string[] = [];
    await using model = await registry.load("lines", { compatibility: "ignore", onWarning: (each) => told.push(each) });
    expect(told).toEqual([]);
    expect((await model.predict([[3]])).values()).toEqual([6]);
  });
});

it("the element that is furthest off is told, by its index, and kept in the history with runtime and platform", async () => {
  const registry = await openLines(memoryStore(), { platform: "a machine" });
  const outputs = new Map([["y", new Tensor("float64", [4], Float64Array.of(0, 2 + 1e-9, 4.5, 6 + 1e-3))]]);
  const samples = { inputs: lineInputs(0, 1, 2, 3), outputs, bound: 1e-6 };
  await registry.save("lines", { model: new Line(2), samples });
  const worst = 0.5 / 4.5;
  expect(await registry.verify("lines@1")).toMatchObject([{ ok: false, rows: 4, worstAt: "y[2]", worst }]);
  await expect(registry.promote("lines", 1)).rejects.toMatchObject({
    code: "samples_differ",
    message: expect.stringContaining("y[2] is 4 where 4.5 was recorded") as string,
  });
  const entries = await registry.history("lines");
  expect(entries.at(-1)).toMatchObject({
    kind: "verified",
    change: { ok: false, runtime: "line", runtimeVersion: "1.0.0", platform: "a machine", worstAt: "y[2]", worst },
  });
});
