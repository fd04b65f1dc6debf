import { memorySource, ModelkeepError, type Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { describe, expect, it } from "vitest";

import { openLines } from "./support/registry.js";
import { Line, lineInputs, lineRuntime } from "./support/toy.js";

const samples = { inputs: lineInputs(0, 1, 2.5) };

describe("a registry", () => {
  it("saves, promotes, rolls back, loads and remembers", async () => {
    const registry = await openLines();
    const first = await registry.save("lines", { model: new Line(2), samples, metrics: { mae: 0.5 } });
    expect(first).toMatchObject({ name: "lines", version: 1, reference: "lines@1", existing: false });
    const second = await registry.save("lines", {
      model: new Line(3),
      samples,
      metrics: { mae: 0.2 },
      labels: ["v2.0"],
    });
    expect(second.version).toBe(2);

    expect(await registry.promote("lines", 1)).toMatchObject({ alias: "production", version: 1, previous: undefined });
    expect(await registry.promote("lines", "v2.0")).toMatchObject({ version: 2, previous: 1 });
    expect(await registry.rollback("lines", { reason: "worse in the evening" })).toMatchObject({
      version: 1,
      previous: 2,
    });

    await using model = await registry.load("lines@production");
    expect(model).toMatchObject({ version: 1, representation: "json", runtime: { name: "line" }, verified: true });
    expect((await model.predict([{ length: 4 }])).rows).toEqual([{ y: 8 }]);
    expect((await model.predict([[4], [5]])).values()).toEqual([8, 10]);
    await expect(model.predict([{ width: 4 }])).rejects.toThrow(/"width"/u);

    const history = await registry.history("lines");
    expect(history.map((entry) => entry.kind)).toEqual([
      "version",
      "version",
      "verified",
      "alias",
      "verified",
      "alias",
      "alias",
    ]);
    expect(history.every((entry) => entry.actor.name === "ada" && entry.void === undefined)).toBe(true);
  });

  it("notices the same content", async () => {
    const registry = await openLines();
    await registry.save("lines", { model: new Line(2) });
    expect(await registry.save("lines", { model: new Line(2), description: "again" })).toMatchObject({
      version: 1,
      existing: true,
    });
    expect(await registry.save("lines", { model: new Line(2), again: true })).toMatchObject({
      version: 2,
      existing: false,
    });
    const blobs = [];
    for await (const { key } of registry.store.list("blobs/")) blobs.push(key);
    expect(blobs).toHaveLength(1);
  });

  it("does not promote what does not reproduce its samples", async () => {
    const store = memoryStore();
    const registry = await openLines(store);
    await registry.save("lines", { model: new Line(2), samples });
    await registry.save("lines", { model: new Line(3) });
    const drifting = await openLines(store, { runtimes: [lineRuntime({ drift: 1e-3 })] });
    await expect(drifting.promote("lines", 1)).rejects.toMatchObject({ code: "samples_differ" });
    await expect(registry.promote("lines", 2)).rejects.toMatchObject({ code: "refused" });
    await expect(registry.promote("lines", 2, { require: "none" })).resolves.toMatchObject({ version: 2 });
  });

  it("says what to install where nothing runs a version", async () => {
    const store = memoryStore();
    await (await openLines(store)).save("lines", { model: new Line(2), samples });
    const bare = await openLines(store, { codecs: [], flavors: [], runtimes: [] });
    for (const call of [() => bare.load("lines"), () => bare.verify("lines@1"), () => bare.promote("lines", 1)])
      await expect(call()).rejects.toMatchObject({
        code: "unsupported",
        message: expect.stringContaining("npm install @modelkeep/codec-json") as string,
        details: { packages: ["@modelkeep/codec-json"] },
      });
    await expect(bare.load("lines", { runtime: "tpu" })).rejects.not.toThrow(/npm install/u);
  });

  it("keeps files of unknown formats as they are", async () => {
    const registry = await openLines();
    const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);
    await registry.save("blob", {
      files: [
        memorySource("model.bin", bytes),
        memorySource("notes.txt", bytes.subarray(0, 10), { role: "attachment" }),
      ],
    });
    const envelope = await registry.open("blob@1");
    expect(envelope.manifest.representations).toMatchObject([{ codec: "opaque", payloads: ["model.bin"] }]);
    expect(await envelope.payloads().main.bytes()).toEqual(bytes);
    expect(await envelope.payload("notes.txt")!.bytes()).toEqual(bytes.subarray(0, 10));
  });

  it("keeps payloads compressed if asked to", async () => {
    const registry = await openLines();
    await registry.save("lines", { model: new Line(2), as: ["json", "json+gzip"], samples });
    for (const representation of ["json", "json+gzip"]) {
      await using model = await registry.load("lines", { representation });
      expect((await model.predict([[1]])).values()).toEqual([2]);
    }
  });

  it("follows renames, and keeps both names", async () => {
    const registry = await openLines();
    await registry.save("old", { model: new Line(2), aliases: ["candidate"] });
    await registry.rename("old", "new");
    expect(await registry.resolve("old@candidate")).toMatchObject({ name: "new", version: 1 });
    expect(await registry.save("old", { model: new Line(3) })).toMatchObject({ name: "new", version: 2 });
    expect((await registry.history("new")).map((entry) => entry.kind)).toEqual([
      "batch",
      "renamed",
      "renamed_from",
      "version",
    ]);
    await expect(registry.rename("new", "OLD")).rejects.toMatchObject({ code: "already_exists" });
    await expect(registry.save("NEW", { model: new Line(2) })).rejects.toMatchObject({ code: "already_exists" });
  });

  it("leaves a name free when its first save is refused", async () => {
    const registry = await openLines();
    const model = new Line(2);
    await expect(registry.save("Lines", {})).rejects.toMatchObject({ code: "invalid_input" });
    const wrong = { inputs: lineInputs(1), outputs: [{ z: 3 }] };
    await expect(registry.save("Lines", { model, samples: wrong })).rejects.toMatchObject({
      code: "signature_mismatch",
    });
    await expect(registry.save("Lines", { model, aliases: ["1"] })).rejects.toMatchObject({ code: "conflict" });
    await registry.save("lines", { model });
    await expect(registry.save("Lines", { model })).rejects.toMatchObject({ code: "already_exists" });
  });

  it("keeps a name, after a crash right before the first entry, for who saves under it in the same spelling", async () => {
    const store = memoryStore();
    const model = new Line(2);
    const bare = await openLines(store);
    const crashing: Store = {
      ...store,
      put(key, body, options) {
        const name = typeof key === "string" ? key : key();
        if (name.endsWith("/log/000000000001.json")) throw new ModelkeepError("aborted", "The process has ended");
        return store.put(name, body, options);
      },
    };
    await expect((await openLines(crashing)).save("Lines", { model })).rejects.toMatchObject({ code: "aborted" });
    await expect(bare.save("lines", { model })).rejects.toMatchObject({
      code: "already_exists",
      message: expect.stringContaining('"Lines" is reserved by a first save that is under way or was cut off'),
      details: { name: "Lines" },
    });
    expect(await bare.check()).toMatchObject({ ok: true, versions: 0 });
    expect(await bare.save("Lines", { model })).toMatchObject({ reference: "Lines@1" });
    await expect(bare.save("lines", { model })).rejects.toThrow("There is already a model");
    expect(await bare.check()).toMatchObject({ ok: true, versions: 1 });
  });

  it("knows what was in production then", async () => {
    let now = new Date("2026-03-01T12:00:00Z");
    const registry = await openLines(undefined, { clock: () => now });
    await registry.save("lines", { model: new Line(2), aliases: ["production"] });
    now = new Date("2026-03-05T12:00:00Z");
    await registry.save("lines", { model: new Line(3), aliases: ["production"] });
    expect((await registry.asOf("lines", "2026-03-03")).aliases).toEqual({ production: 1 });
    expect(await registry.aliasAsOf("lines", "production", "2026-03-03")).toMatchObject({ version: 1 });
    expect(await registry.aliasAsOf("lines", "staging", "2026-03-03")).toBeUndefined();
    expect((await registry.asOf("lines", now)).aliases).toEqual({ production: 2 });
    expect((await registry.asOf("lines", "2025-01-01")).versions).toEqual([]);
  });

  it("refuses an alias move on another state than expected", async () => {
    const registry = await openLines();
    await registry.save("lines", { model: new Line(2) });
    await registry.save("lines", { model: new Line(3) });
    await registry.alias("lines", "champion", 1, { expect: null });
    await expect(registry.alias("lines", "champion", 2, { expect: 2 })).rejects.toMatchObject({ code: "conflict" });
    await expect(registry.archive("lines", 1)).rejects.toMatchObject({ code: "conflict" });
    await registry.alias("lines", "champion", null);
    await registry.archive("lines", 1, { reason: "old" });
    await expect(registry.alias("lines", "champion", 1)).rejects.toMatchObject({ code: "conflict" });
    expect((await registry.show("lines")).versions[1]).toMatchObject({ status: "archived", reason: "old" });
  });
});
