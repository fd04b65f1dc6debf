import { Tensor, type TensorMap, tensorOf } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { describe, expect, it } from "vitest";

import { type NewRecord, type PredictionLog, predictionLog, predictionsOf, serve } from "../src/index.js";
import { all, linesWith, openLines, xs } from "./support/lines.js";
import { slowStore } from "./support/slow-store.js";

const facts: NewRecord = {
  model: "lines",
  reference: "lines@production",
  version: 1,
  digest: `sha256:${"ab".repeat(32)}`,
  representation: "onnx",
  runtime: { name: "js", version: "1.0.0" },
  latency: 0.1234567,
};

async function add(log: PredictionLog, record: Partial<NewRecord> = {}): Promise<string> {
  await log.hold();
  const entry = { model: record.model ?? "lines", bytes: 100, record: () => ({ ...facts, ...record }) };
  const { id, waiter } = log.put(entry);
  await waiter?.promise;
  return id;
}

const never = { batch: { seconds: 1000 } };

describe("a log of predictions", () => {
  it("keeps tensors exactly: -0, NaN, infinities, 64-bit integers, float32, strings", async () => {
    const registry = await linesWith(1);
    const inputs: TensorMap = new Map([
      ["a", tensorOf("float64", [5], [-0, Number.NaN, Infinity, -Infinity, 0.1])],
      ["b", tensorOf("int64", [2], [2n ** 63n - 1n, -(2n ** 63n)])],
      ["c", tensorOf("float32", [2], [0.1, -0])],
      ["d", tensorOf("string", [3], ['"', "\u2028\n\\", "größe 🎲"])],
      ["e", new Tensor("float16", [1], Uint16Array.of(0x3555))],
      ["f", tensorOf("bool", [], [true])],
    ]);
    {
      await using log = predictionLog(registry.store);
      await add(log, { inputs, outputs: inputs, caller: "größe", redacted: ["x"] });
    }
    const [found] = await all(predictionsOf(registry).find("lines"));
    expect(found!.inputs).toEqual(inputs);
    expect([...found!.inputs!.get("a")!.data].map((value) => Object.is(value, -0))).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(found).toMatchObject({ ...facts, latency: 0.123, caller: "größe", redacted: ["x"] });
  });

  it("writes what is left on a clean stop", async () => {
    const registry = await linesWith(1);
    const log = predictionLog(registry.store, never);
    const ids: string[] = [];
    for (let count = 0; count < 2_500; count++) ids.push(await add(log));
    await log[Symbol.asyncDispose]();
    expect(log.pending).toBe(0);
    expect((await all(predictionsOf(registry).find("lines"))).map(({ id }) => id)).toEqual(ids);
    expect(ids).toEqual(ids.toSorted());
    await expect(add(log)).rejects.toThrow(TypeError);
  });

  it("writes after a time, or when enough has come, whichever is first", async () => {
    const store = slowStore(memoryStore());
    await using log = predictionLog(store, { batch: { records: 3, seconds: 0.03 } });
    await add(log);
    await expect.poll(() => log.pending).toBe(0);
    expect(store.puts).toHaveLength(1);
    await using many = predictionLog(store, { batch: { records: 3, seconds: 1000 } });
    await Promise.all([add(many), add(many)]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(many.pending).toBe(2);
    await add(many);
    await expect.poll(() => many.pending).toBe(0);
  });

  it('answers only what is in the store with durable: "each"', async () => {
    const store = slowStore(memoryStore());
    const registry = await linesWith(1, store);
    await using log = predictionLog(store, { ...never, durable: "each" });
    await using served = await serve(registry, "lines@production", { log });
    store.close();
    let answered = 0;
    const requests = Array.from({ length: 20 }, () => served.predict(xs(1)).then(() => answered++));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(answered).toBe(0);
    store.open();
    await Promise.all(requests);
    // What comes together is written together.
    expect(store.puts.filter((key) => key.startsWith("predictions/"))).toHaveLength(1);
    expect(await all(predictionsOf(registry).find("lines"))).toHaveLength(20);
  });

  it("lets predictions wait while the store is slow, and drops none", async () => {
    const store = slowStore(memoryStore());
    const registry = await linesWith(1, store);
    await using log = predictionLog(store, { batch: { records: 5 }, backlog: { records: 20 } });
    await using served = await serve(registry, "lines@production", { log });
    store.close();
    let answered = 0;
    const requests = Array.from({ length: 100 }, () => served.predict(xs(1)).then(() => answered++));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([answered, log.pending]).toEqual([20, 20]);
    store.open();
    await Promise.all(requests);
    await log.written();
    expect(await all(predictionsOf(registry).find("lines"))).toHaveLength(100);
  });

  it("refuses predictions beyond the backlog, if told to", async () => {
    const store = slowStore(memoryStore());
    const registry = await linesWith(1, store);
    await using log = predictionLog(store, { ...never, backlog: { records: 10, beyond: "refuse" } });
    await using served = await serve(registry, "lines@production", { log });
    store.close();
    const results = await Promise.allSettled(Array.from({ length: 30 }, () => served.predict(xs(1))));
    const refused = results.filter((result) => result.status === "rejected");
    expect(refused).toHaveLength(20);
    expect(refused[0]!.reason).toMatchObject({
      code: "backlog_full",
      details: { pending: expect.any(Number) as number },
    });
    store.open();
    await log.written();
    expect(await all(predictionsOf(registry).find("lines"))).toHaveLength(10);
  });

  it("tries again while the store fails, and says so; a stop that can't write counts what is lost", async () => {
    const store = slowStore(memoryStore());
    const registry = await linesWith(1, store);
    const troubles: Error[] = [];
    await using log = predictionLog(store, { onTrouble: (error) => troubles.push(error) });
    store.broken = true;
    await add(log);
    void log.written();
    await expect.poll(() => troubles.length).toBe(1);
    store.broken = false;
    await log.written();
    expect(await all(predictionsOf(registry).find("lines"))).toHaveLength(1);
    store.broken = true;
    const stopped = predictionLog(store, { onTrouble: () => undefined, drainSeconds: 0.1 });
    await add(stopped);
    await expect(stopped[Symbol.asyncDispose]()).rejects.toMatchObject({
      code: "io_error",
      details: { records: 1 },
      cause: { message: "The disk is full" },
    });
    store.broken = false;
  });

  it("keeps batches within an hour, and ids in order when the clock goes back", async () => {
    const registry = await linesWith(1);
    let now = Date.UTC(2026, 2, 1, 13, 59, 59, 999);
    const log = predictionLog(registry.store, { ...never, now: () => now });
    const ids = [await add(log)];
    now += 1;
    ids.push(await add(log));
    now -= 5_000;
    ids.push(await add(log));
    await log[Symbol.asyncDispose]();
    expect(ids).toEqual(ids.toSorted());
    const keys = (await all(registry.store.list("predictions/"))).map(({ key }) => key.split("/")[2]);
    expect(keys).toEqual(["2026-03-01T13", "2026-03-01T14"]);
    const found = await all(predictionsOf(registry).find("lines"));
    expect(found.map(({ id, time }) => [id, time])).toEqual([
      [ids[0], "2026-03-01T13:59:59.999Z"],
      [ids[1], "2026-03-01T14:00:00.000Z"],
      [ids[2], "2026-03-01T14:00:00.000Z"],
    ]);
  });
});

describe("policies", () => {
  const records = async (record: Parameters<typeof serve>[2]) => {
    const registry = await linesWith(1);
    await using log = predictionLog(registry.store);
    await using served = await serve(registry, "lines@production", { log, ...record });
    const inputs = xs(7, 8);
    const answer = served.predict(inputs);
    // Whoever uses his arrays again does not change the record.
    (inputs.get("x")!.data as Float64Array).fill(0);
    const { tensors } = await answer;
    (tensors.get("y")!.data as Float64Array).fill(0);
    await log.written();
    const [found] = await all(predictionsOf(registry).find("lines"));
    return found!;
  };

  it("keep values, a digest or nothing of the inputs", async () => {
    const values = await records({});
    expect(values.inputs).toEqual(xs(7, 8));
    const digest = await records({ record: { inputs: "digest" } });
    expect(digest).toMatchObject({ inputsDigest: expect.stringMatching(/^sha256:/u) as string });
    expect(digest.inputs).toBeUndefined();
    expect((await records({ record: { largest: 8 } })).inputsDigest).toBe(digest.inputsDigest);
    const none = await records({ record: { inputs: "none" } });
    expect([none.inputs, none.inputsDigest]).toEqual([undefined, undefined]);
    expect(none.outputs!.get("slope")!.data).toEqual(BigInt64Array.of(1n, 1n));
  });

  it("hold where a shadow needs the inputs", async () => {
    const registry = await linesWith(2);
    await registry.route("lines", "production", [
      { version: 1, weight: 1 },
      { version: 2, shadow: true },
    ]);
    await using log = predictionLog(registry.store);
    await using served = await serve(registry, "lines@production", {
      log,
      record: { inputs: "none" },
      refreshSeconds: 0,
    });
    await served.predict(xs(7));
    await served.shadowsIdle();
    await log.written();
    const found = await all(predictionsOf(registry).find("lines", { shadows: "with" }));
    expect(found.map(({ version, inputs, inputsDigest }) => [version, inputs, inputsDigest])).toEqual([
      [1, undefined, undefined],
      [2, undefined, undefined],
    ]);
  });

  it("leave out named features, and refuse a name that the model does not know", async () => {
    const redacted = await records({ record: { redact: ["x"] } });
    expect(redacted.redacted).toEqual(["x"]);
    expect(redacted.inputs!.get("x")!.data).toEqual(Float64Array.of(Number.NaN, Number.NaN));
    const digest = await records({ record: { redact: ["x[0]"], inputs: "digest" } });
    expect([digest.inputs, digest.inputsDigest]).toEqual([undefined, undefined]);
    await expect(records({ record: { redact: ["income"] } })).rejects.toMatchObject({ code: "invalid_input" });
  });
});

describe("finding", () => {
  const hour = 3_600_000;
  const start = Date.UTC(2026, 2, 1);

  /** Two processes write at once: one record a minute each, of two versions and two callers. */
  async function twoWriters() {
    const registry = await linesWith(2);
    let now = start;
    const logs = [0, 1].map(() =>
      predictionLog(registry.store, { batch: { records: 7, seconds: 1000 }, now: () => now }),
    );
    const ids: string[] = [];
    for (let minute = 0; minute < 240; minute++) {
      now = start + minute * 60_000;
      for (const log of logs)
        ids.push(await add(log, { version: minute < 120 ? 1 : 2, caller: minute % 2 === 0 ? "web" : "app" }));
    }
    for (const log of logs) await log[Symbol.asyncDispose]();
    return { registry, predictions: predictionsOf(registry), ids: ids.toSorted() };
  }

  it("goes in the order of ids over batches of several writers, either way, by pages", async () => {
    const { predictions, ids } = await twoWriters();
    const found = async (options: Parameters<typeof predictions.find>[1]) =>
      (await all(predictions.find("lines", options))).map(({ id }) => id);
    expect(await found({})).toEqual(ids);
    expect(await found({ first: "newest" })).toEqual(ids.toReversed());
    expect(await found({ after: ids[99] })).toEqual(ids.slice(100));
    expect(await found({ after: ids[100], first: "newest" })).toEqual(ids.slice(0, 100).toReversed());
    const [from, to] = [new Date(start + hour), new Date(start + 2 * hour)];
    expect(await found({ from, to })).toEqual(ids.slice(120, 240));
    expect(await found({ from: to.toISOString(), first: "newest" })).toEqual(ids.slice(240).toReversed());
  });

  it("by version and caller; reads only batches that may hold what is asked for", async () => {
    const { registry, predictions } = await twoWriters();
    expect(await all(predictions.find("lines", { version: 2, caller: "web" }))).toHaveLength(120);
    const read: string[] = [];
    const store = { ...registry.store, name: "counting", supports: registry.store.supports };
    const counting = await openLines({
      ...store,
      get: (key, options) => (key.startsWith("predictions/") && read.push(key), registry.store.get(key, options)),
      head: (key, options) => registry.store.head(key, options),
      list: (prefix, options) => registry.store.list(prefix, options),
      put: (key, body, options) => registry.store.put(key, body, options),
      delete: (key, options) => registry.store.delete(key, options),
    });
    const total = (await all(registry.store.list("predictions/"))).length;
    const find = predictionsOf(counting);
    await all(find.find("lines", { version: 2 }));
    expect(read.length).toBeLessThanOrEqual(total / 2 + 2);
    read.length = 0;
    for await (const record of find.find("lines")) {
      expect(record.version).toBe(1);
      break;
    }
    // At most one of each writer.
    expect(read.length).toBeLessThanOrEqual(2);
  });

  it("by id, with or without the model's name", async () => {
    const { predictions, ids } = await twoWriters();
    expect((await predictions.get(ids[77]!))?.id).toBe(ids[77]);
    expect((await predictions.get(ids[78]!, "lines"))?.id).toBe(ids[78]);
    expect(await predictions.get(ids[77]!.replace(/.{4}$/u, "ZZZZ"))).toBeUndefined();
    await expect(predictions.get("nonsense")).rejects.toMatchObject({ code: "invalid_input" });
  });

  it("finds predictions of a model that was renamed", async () => {
    const { registry, predictions, ids } = await twoWriters();
    await registry.rename("lines", "curves");
    expect(await all(predictions.find("curves"))).toHaveLength(ids.length);
    expect((await predictions.get(ids[3]!, "curves"))?.model).toBe("lines");
  });

  it("deletes only what is older, and the collector of garbage touches none", async () => {
    const { registry, predictions, ids } = await twoWriters();
    await registry.collectGarbage({ graceSeconds: 0 });
    expect(await all(predictions.find("lines"))).toHaveLength(ids.length);
    const before = new Date(start + 2.5 * hour);
    expect(await predictions.delete("lines", { before })).toBeGreaterThan(0);
    const left = (await all(predictions.find("lines"))).map(({ id }) => id);
    expect(left).toEqual(expect.arrayContaining(ids.slice(300)));
    expect(left.length).toBeLessThan(200);
    expect(await predictions.check("lines")).toMatchObject({ ok: true });
  });

  it("notices a batch that is changed, damaged or missing", async () => {
    const { registry, predictions } = await twoWriters();
    expect(await predictions.check("lines")).toMatchObject({ ok: true, records: 480, problems: [] });
    const keys = (await all(registry.store.list("predictions/"))).map(({ key }) => key);
    await registry.store.delete(keys[9]!);
    expect((await predictions.check("lines")).problems).toEqual([
      expect.stringContaining("what is between is missing"),
    ]);
    const other = await registry.store.get(keys[20]!);
    const bytes = new Uint8Array(other!.info.size);
    await other!.readInto(bytes);
    await registry.store.put(keys[21]!, bytes);
    await registry.store.put(keys[22]!, bytes.subarray(0, 50));
    const { problems } = await predictions.check("lines");
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringContaining("does not hold the records"),
        expect.stringContaining("no whole gzip file"),
      ]),
    );
    await expect(all(predictions.find("lines"))).rejects.toMatchObject({
      code: expect.stringMatching(/digest_mismatch|malformed/u) as string,
    });
  });
});
