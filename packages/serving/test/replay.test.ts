import { jsRuntime, onnxCodec, onnxRuntime } from "@modelkeep/codec-onnx";
import type { Registry } from "@modelkeep/registry";
import { describe, expect, it } from "vitest";

import { predictionLog, replay, replayAgainst, type ReplayOptions, serve, type ServeOptions } from "../src/index.js";
import { line, linesWith, openLines, xs } from "./support/lines.js";

async function predicted(
  registry: Registry,
  options: ServeOptions = {},
  values = [3, -0, Number.NaN, 1e300],
): Promise<string> {
  await using log = predictionLog(registry.store);
  await using served = await serve(registry, "lines@production", { log, ...options });
  return (await served.predict(xs(...values))).id!;
}

describe("replay", () => {
  it("gives every bit again, by the version of then, whatever is in production now", async () => {
    const registry = await linesWith(2);
    const id = await predicted(registry);
    await registry.alias("lines", "production", 2);
    await registry.rename("lines", "curves");
    const replayed = await replay(registry, id);
    expect(replayed).toMatchObject({ identical: true, reproduced: true, sameRuntime: true, runtime: { name: "js" } });
    expect(replayed.record.version).toBe(1);
    expect([...replayed.outputs.get("y")!.data]).toEqual([3, -0, Number.NaN, 1e300]);
  });

  it("says what differs, and within what bound, where another runtime answers", async () => {
    const registry = await linesWith(1);
    const id = await predicted(registry);
    const other = await openLines(registry.store, { codecs: [onnxCodec()], runtimes: [onnxRuntime()] });
    expect(await replay(other, id)).toMatchObject({
      sameRuntime: false,
      reproduced: true,
      runtime: { name: "onnxruntime" },
    });
    const drifting = jsRuntime();
    const drift = (factor: number, version: string) =>
      openLines(registry.store, {
        runtimes: [
          {
            ...drifting,
            version,
            predictor: async (...given) => {
              const own = await drifting.predictor(...given);
              return {
                signature: own.signature,
                predict: async (inputs) => {
                  const outputs = await own.predict(inputs);
                  const y = outputs.get("y")!.data as Float64Array;
                  y.forEach((value, at) => (y[at] = value * factor));
                  return outputs;
                },
                [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
              };
            },
          },
        ],
      });
    const near = await replay(await drift(1 + 1e-9, "9.9.9"), id);
    expect(near).toMatchObject({ identical: false, reproduced: true, sameRuntime: false });
    expect(near.worst).toMatchObject({ name: "y", difference: expect.closeTo(1e-9, 10) as number });
    // On the same runtime and version nothing but the same bits will do.
    expect(await replay(await drift(1 + 1e-9, drifting.version), id)).toMatchObject({
      reproduced: false,
      sameRuntime: true,
    });
    expect(await replay(await drift(2, "9.9.9"), id)).toMatchObject({ reproduced: false });
  });

  it.each<[ServeOptions, ReplayOptions, string]>([
    [{ record: { inputs: "none" } }, {}, "were not recorded"],
    [{ record: { inputs: "digest" } }, {}, "only a digest"],
    [{ record: { inputs: "digest" } }, { inputs: [[1]] }, "another digest"],
    [{ record: { redact: ["x"] } }, {}, "x was left out"],
  ])("says why it can't: %j %j", async (served, options, message) => {
    const registry = await linesWith(1);
    await expect(replay(registry, await predicted(registry, served), options)).rejects.toThrow(message);
    await expect(replay(registry, "01ARZ3NDEKTSV4RRFFQ69G5FAV")).rejects.toMatchObject({ code: "not_found" });
  });

  it("takes inputs that have the recorded digest", async () => {
    const registry = await linesWith(1);
    const id = await predicted(registry, { record: { inputs: "digest" } }, [5]);
    expect(await replay(registry, id, { inputs: [[5]] })).toMatchObject({ identical: true });
  });
});

describe("replay against another version", () => {
  it("says what would have changed", async () => {
    const registry = await linesWith(1);
    await registry.save("lines", { model: line(1.25), samples: { inputs: xs(1) } });
    await registry.save("lines", { model: line(3), samples: { inputs: xs(1) } });
    for (let value = 1; value <= 4; value++) await predicted(registry, {}, [value, 2 * value]);
    await predicted(registry, { record: { inputs: "none" } });
    const near = await replayAgainst(registry, "lines", "lines@2");
    expect(near).toMatchObject({
      candidate: "lines@2",
      predictions: 5,
      compared: 4,
      identical: 0,
      changed: 0,
      withoutInputs: 1,
      failed: 0,
    });
    // |1.25 x - x| of 1, 2, 2, 4, 3, 6, 4, 8.
    expect(near.numbers["y"]).toEqual({ elements: 8, mean: 30 / 32, max: 2, p50: 0.75, p90: 2, p99: 2 });
    const far = await replayAgainst(registry, "lines", "lines@3", { examples: 3 });
    expect(far).toMatchObject({ changed: 4, labels: 8 });
    expect(far.examples.map(({ output, row, before, after }) => [output, row, before, after])).toEqual([
      ["slope", 0, "1", "3"],
      ["slope", 1, "1", "3"],
      ["slope", 0, "1", "3"],
    ]);
    expect(await replayAgainst(registry, "lines", "lines@1", { limit: 2 })).toMatchObject({
      predictions: 2,
      identical: 2,
      changed: 0,
    });
    expect(await replayAgainst(registry, "lines", "lines@1", { from: new Date(Date.now() + 60_000) })).toMatchObject({
      predictions: 0,
    });
  });
});
