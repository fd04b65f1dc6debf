import { pathToFileURL } from "node:url";

import { jsRuntime, onnxCodec, onnxRuntime } from "@modelkeep/codec-onnx";
import { memoryPayloads, type Predictor, Tensor, tensorOf, type TensorMap } from "@modelkeep/core";
import { encodeModelBytes } from "@modelkeep/onnx";
import { describe, expect, it } from "vitest";

import { isolated, type IsolationOptions, predictionLog, predictionsOf, serve } from "../src/index.js";
import { bundles } from "./support/bundle.js";
import { hostileRuntime } from "./support/hostile-plugin.mjs";
import { all, line, linesWith, openLines, xs } from "./support/lines.js";

const paths = bundles({
  child: "../../src/isolation/isolated-child.ts",
  hostile: "hostile-plugin.mjs",
  onnx: "../../../codec-onnx/src/index.ts",
});
const within = (plugin: "hostile" | "onnx", options: IsolationOptions = {}): IsolationOptions => ({
  script: paths.child,
  arguments: [pathToFileURL(paths[plugin]).href],
  ...options,
});
const doing = (act: number): TensorMap => new Map([["x", new Tensor("float64", [1], Float64Array.of(act))]]);
const start = (options: IsolationOptions = {}, first = 0): Promise<Predictor> =>
  isolated(hostileRuntime(), within("hostile", { memoryMiB: 256, timeoutMs: 30_000, ...options })).predictor(
    memoryPayloads([{ path: "model", bytes: Uint8Array.of(first) }]),
  );

describe("an isolated model", { timeout: 120_000 }, () => {
  it("gets and gives tensors of every kind exactly", async () => {
    await using predictor = await start();
    const inputs: TensorMap = new Map([
      ["x", tensorOf("float64", [4], [0, -0, Number.NaN, Infinity])],
      ["i", tensorOf("int64", [1], [2n ** 63n - 1n])],
      ["f", tensorOf("float32", [1], [0.1])],
      ["h", new Tensor("float16", [2], Uint16Array.of(1, 0x7e00))],
      ["s", tensorOf("string", [2], ["größe", ""])],
      ["b", tensorOf("bool", [], [true])],
    ]);
    expect(await predictor.predict(inputs)).toEqual(inputs);
  });

  it.each<[string, number, string, Readonly<Record<string, unknown>>]>([
    ["ends", 1, "runtime_crashed", { code: 3 }],
    ["gets a signal", 2, "runtime_crashed", { signal: "SIGSEGV" }],
    ["never ends", 3, "limit_exceeded", { limit: "time" }],
    ["fills the heap", 4, "limit_exceeded", { limit: "memory" }],
    ["throws", 6, "prediction_failed", {}],
  ])("that %s is an error of one request, and the next is answered", async (_, act, code, details) => {
    await using predictor = await start(act === 3 ? { timeoutMs: 500 } : {});
    const [before, bad, after] = await Promise.allSettled(
      [doing(0), doing(act), doing(7)].map((each) => predictor.predict(each)),
    );
    expect([before!.status, after!.status]).toEqual(["fulfilled", "fulfilled"]);
    expect(bad).toMatchObject({ status: "rejected", reason: { code, details } });
    expect(await predictor.predict(doing(0))).toEqual(doing(0));
  });

  it.skipIf(process.platform !== "linux")("that takes native memory is stopped (only on linux)", async () => {
    await using predictor = await start();
    await expect(predictor.predict(doing(5))).rejects.toMatchObject({
      code: "limit_exceeded",
      details: { limit: "memory", memoryMiB: 256 },
    });
    expect(await predictor.predict(doing(0))).toEqual(doing(0));
  });

  it("that crashes while it is loaded is an error of the load", async () => {
    await expect(start({}, 2)).rejects.toMatchObject({ code: "runtime_crashed", details: { signal: "SIGSEGV" } });
    await expect(start({ loadTimeoutMs: 1_500 }, 3)).rejects.toMatchObject({
      code: "limit_exceeded",
      details: { limit: "time" },
    });
    await expect(start({ modules: ["no-such-plugin"], script: undefined })).rejects.toMatchObject({
      code: "missing_package",
    });
  });

  it("has as many processes as are asked for, and a bounded queue", async () => {
    await using predictor = await start({ processes: 2, queue: 3 });
    const results = await Promise.allSettled(Array.from({ length: 7 }, () => predictor.predict(doing(7))));
    expect(results.map(({ status }) => status)).toEqual([
      ...Array<string>(5).fill("fulfilled"),
      "rejected",
      "rejected",
    ]);
    expect(results.at(-1)).toMatchObject({ reason: { code: "backlog_full" } });
  });

  it.each([
    ["onnxruntime", onnxRuntime()],
    ["js", jsRuntime()],
  ])("of ONNX answers as it does here, by %s", async (_, runtime) => {
    const payloads = memoryPayloads([{ path: "model.onnx", bytes: encodeModelBytes(line(3)) }]);
    await using here = await runtime.predictor(payloads);
    await using there = await isolated(runtime, within("onnx")).predictor(payloads);
    expect(there.signature).toEqual(here.signature);
    expect(await there.predict(xs(1.5, -0, 1e300))).toEqual(await here.predict(xs(1.5, -0, 1e300)));
    const broken = memoryPayloads([{ path: "model.onnx", bytes: Uint8Array.of(1, 2, 3) }]);
    await expect(isolated(runtime, within("onnx")).predictor(broken)).rejects.toMatchObject({
      code: expect.stringMatching(/malformed|truncated/u) as string,
    });
  });

  it("is served and recorded as any other", async () => {
    const registry = await linesWith(2);
    await using log = predictionLog(registry.store);
    await using served = await serve(registry, "lines@production", {
      log,
      isolation: within("onnx"),
      refreshSeconds: 0,
    });
    expect((await served.predict([[4]])).rows).toEqual([{ y: 4, slope: 1 }]);
    await registry.alias("lines", "production", 2);
    await served.refresh();
    expect((await served.predict([[4]])).rows).toEqual([{ y: 8, slope: 2 }]);
    await log.written();
    expect(
      (await all(predictionsOf(registry).find("lines"))).map(({ version, runtime }) => [version, runtime.name]),
    ).toEqual([
      [1, "js"],
      [2, "js"],
    ]);
  });

  it("that fails leaves the failure on the record, and the server alive", async () => {
    const registry = await openLines(undefined, { codecs: [onnxCodec()], runtimes: [hostileRuntime()] });
    const signature = {
      inputs: [{ name: "x", dtype: "float64", shape: [1] }],
      outputs: [{ name: "x", dtype: "float64", shape: [1] }],
    } as const;
    await registry.save("hostile", { model: line(1), signature });
    await using log = predictionLog(registry.store);
    await using served = await serve(registry, "hostile@1", {
      log,
      isolation: within("hostile", { timeoutMs: 3_000 }),
      refreshSeconds: 0,
    });
    await expect(served.predict(doing(2))).rejects.toMatchObject({ code: "runtime_crashed" });
    expect((await served.predict(doing(0))).tensors).toEqual(doing(0));
    await log.written();
    const records = await all(predictionsOf(registry).find("hostile"));
    expect(records.map(({ error, outputs }) => [error?.code, outputs?.size])).toEqual([
      ["runtime_crashed", undefined],
      [undefined, 1],
    ]);
  });
});
