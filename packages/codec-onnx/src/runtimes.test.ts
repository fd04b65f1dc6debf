import {
  collectPayloads,
  isModelkeepError,
  memoryPayloads,
  type PayloadSet,
  type Runtime,
  Tensor,
} from "@modelkeep/core";
import { encodeModelBytes, type GraphBuilder, graphBuilder, type OnnxModel, type Value } from "@modelkeep/onnx";
import { describe, expect, it } from "vitest";

import { jsRuntime, onnxCodec, onnxRuntime } from "./index.js";
import { importPackage } from "./onnxruntime-package.js";

const runtimes: readonly [string, Runtime][] = [
  ["onnxruntime", onnxRuntime()],
  ["js", jsRuntime()],
];

const payloadsOf = (model: OnnxModel): PayloadSet =>
  memoryPayloads([{ path: "model.onnx", bytes: encodeModelBytes(model) }]);

async function predict(runtime: Runtime, model: OnnxModel, inputs: Readonly<Record<string, Tensor>>) {
  const predictor = await runtime.predictor(payloadsOf(model), { threads: 1 });
  try {
    return await predictor.predict(new Map(Object.entries(inputs)));
  } finally {
    await predictor[Symbol.asyncDispose]();
  }
}

async function failure(action: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await action;
  } catch (error) {
    if (isModelkeepError(error)) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("It did not fail");
}

/** A forest over a scaler with labels: what converters write. */
function forest(): OnnxModel {
  const b = graphBuilder();
  const x = b.input("x", "float64", ["batch", 4]);
  const scaled = b.div(b.sub(x, b.float64([1, 2, 3, 4])), b.float64([3, 7, 11, 13]));
  const rounded = b.cast(b.cast(scaled, "float32"), "float64");
  const inner = 63;
  const nodes = Array.from({ length: 2 * inner + 1 }, (_, node) => node);
  const trees = Array.from({ length: 31 }, (_, seed) => ({
    feature: nodes.map((node) => (node + seed) % 4),
    threshold: nodes.map((node) => Math.fround(((node * 29 + seed * 7) % 50) / 50 - 0.5)),
    left: nodes.map((node) => (node < inner ? 2 * node + 1 : -1)),
    right: nodes.map((node) => (node < inner ? 2 * node + 2 : -1)),
  }));
  const table = Float64Array.from({ length: 31 * 64 * 3 }, (_, at) => ((at * 7919) % 1009) / 1009);
  const leaves = b.treeLeaves(rounded, { trees });
  const votes = b.reduceSum(b.gather(b.constant(new Tensor("float64", [31 * 64, 3], table)), leaves), [1]);
  b.output("probabilities", b.div(votes, b.float64(31)), "float64", ["batch", 3]);
  const names = { type: "string", list: ["a", "b", "c"] } as const;
  b.output("label", b.labelEncoder(b.argmax(votes), { type: "int64", list: [0, 1, 2] }, names, "?"), "string", [
    "batch",
  ]);
  return b.build();
}

const rows = (count: number) =>
  new Tensor(
    "float64",
    [count, 4],
    Float64Array.from({ length: count * 4 }, (_, at) => ((at * 611) % 199) / 10),
  );

describe.each(runtimes)("%s", (_, runtime) => {
  it("is there, and says its version", async () => {
    expect(await runtime.available()).toBe(true);
    expect(runtime.version).toMatch(/^\d+\.\d+\.\d+/u);
    expect(runtime.runs({ codec: "onnx" })).toBe(true);
    expect(runtime.runs({ codec: "json" })).toBe(false);
  });

  const passes: readonly Tensor[] = [
    new Tensor("float64", [2], Float64Array.of(1.5, NaN)),
    new Tensor("float32", [2, 1], Float32Array.of(-0, Infinity)),
    new Tensor("int64", [2], BigInt64Array.of(-1n, 2n ** 53n - 1n)),
    new Tensor("int32", [1], Int32Array.of(-5)),
    new Tensor("uint8", [3], Uint8Array.of(0, 1, 255)),
    new Tensor("bool", [2], Uint8Array.of(0, 1)),
    new Tensor("string", [2], ["", "größe"]),
    new Tensor("float64", [0, 2], new Float64Array(0)),
    new Tensor("float64", [], Float64Array.of(3)),
  ];

  it.each(passes.map((tensor) => [tensor.dtype, tensor] as const))(
    "passes %s tensors as they are",
    async (_, tensor) => {
      const b = graphBuilder();
      b.output("y", b.identity(b.input("x", tensor.dtype, tensor.shape)), tensor.dtype, tensor.shape);
      const y = (await predict(runtime, b.build(), { x: tensor })).get("y")!;
      expect([y.dtype, y.shape, y.data]).toEqual([tensor.dtype, tensor.shape, tensor.data]);
    },
  );

  it("reads external data from the payloads", async () => {
    const b = graphBuilder();
    const weights = b.constant(new Tensor("float64", [2, 2], Float64Array.of(1, 2, 3, 4)), "w");
    b.output("y", b.matmul(b.input("x", "float64", ["n", 2]), weights), "float64", ["n", 2]);
    const sources = await onnxCodec().encode(b.build(), { externalData: { threshold: 1 }, stem: "folder/model" });
    expect(sources.map(({ path, role }) => [path, role])).toEqual([
      ["folder/model.onnx", "model"],
      ["folder/model.onnx.data", "external-data"],
    ]);
    const payloads = await collectPayloads(sources);
    const predictor = await runtime.predictor(payloads);
    const outputs = await predictor.predict(new Map([["x", new Tensor("float64", [1, 2], Float64Array.of(1, 1))]]));
    expect(outputs.get("y")!.data).toEqual(Float64Array.of(4, 6));
    const alone = memoryPayloads([{ path: "folder/model.onnx", bytes: await payloads.main.bytes() }]);
    expect((await failure(runtime.predictor(alone))).message).toContain(
      'lies in "model.onnx.data", which is not among',
    );
    const { findings } = await onnxCodec().inspect!(alone);
    expect(findings!.map(({ level }) => level)).toEqual(["info", "danger"]);
  });

  it("refuses a model that the checker refuses, before anything native sees it", async () => {
    const model = forest();
    const broken = { ...model, graph: { ...model.graph!, node: [...model.graph!.node].reverse() } };
    const { code, message } = await failure(runtime.predictor(payloadsOf(broken)));
    expect(code).toBe("malformed");
    expect(message).toContain("which nothing before it computes");
  });

  it("says which input is missing, and nothing after it was disposed of", async () => {
    const predictor = await runtime.predictor(payloadsOf(forest()));
    const { code, message } = await failure(predictor.predict(new Map([["z", rows(1)]])));
    expect([code, message]).toEqual(["signature_mismatch", expect.stringMatching(/the input "x"/iu) as string]);
    await predictor[Symbol.asyncDispose]();
    await expect(predictor.predict(new Map([["x", rows(1)]]))).rejects.toThrow(TypeError);
  });
});

describe("both runtimes", () => {
  it.each([1, 3, 64, 300])("give a forest's probabilities to the bit, and its labels, for %i rows", async (count) => {
    const [one, other] = await Promise.all(
      runtimes.map(([, runtime]) => predict(runtime, forest(), { x: rows(count) })),
    );
    expect(other!.get("probabilities")!.data).toEqual(one!.get("probabilities")!.data);
    expect(other!.get("label")!.data).toEqual(one!.get("label")!.data);
  });

  const x = new Tensor("float64", [3, 4], Float64Array.of(0.5, -1, 2, 7, -0, 1e-3, 3, 3, 11, -2.5, 0.25, 1));
  const graphs: readonly [string, (b: GraphBuilder, x: Value) => Value][] = [
    ["softmax", (b, x) => b.softmax(x)],
    ["log-softmax along columns", (b, x) => b.logSoftmax(x, 0)],
    ["sigmoid, tanh, relu", (b, x) => b.sigmoid(b.tanh(b.relu(x)))],
    ["exp, log, sqrt, pow", (b, x) => b.pow(b.sqrt(b.log(b.add(b.exp(x), b.float64(1)))), b.float64(1.5))],
    ["matmul and transpose", (b, x) => b.matmul(x, b.transpose(x, [1, 0]))],
    [
      "reductions",
      (b, x) =>
        b.concat(
          [
            b.reduceMean(x, [1], true),
            b.reduceL2(x, [1], true),
            b.reduceMax(x, [1], true),
            b.reduceLogSumExp(x, [1], true),
            b.reduceSumSquare(x, [1], true),
          ],
          1,
        ),
    ],
    ["slices and clips", (b, x) => b.clip(b.slice(x, [-1], [-5], [1], [-1]), b.float64(-1), b.float64(2))],
    [
      "comparison and choice",
      (b, x) => b.where(b.and(b.less(x, b.float64(2)), b.not(b.equal(x, b.float64(0)))), x, b.neg(x)),
    ],
    ["top two", (b, x) => b.topk(x, 2).values],
    ["gather elements", (b, x) => b.gatherElements(x, b.argmin(x, 1, true), 1)],
    [
      "tile, reshape, expand",
      (b, x) => b.reshape(b.tile(b.expand(b.unsqueeze(x, [0]), b.int64([2, 3, 4])), b.int64([1, 2, 1])), [-1, 4]),
    ],
    ["cumulated", (b, x) => b.cumsum(x, 1)],
    ["one-hot", (b, x) => b.cast(b.oneHot(b.argmax(x), 4, b.float32([0, 1])), "float64")],
  ];

  it.each(graphs)("agree on %s", async (_, build) => {
    const b = graphBuilder();
    b.output("y", build(b, b.input("x", "float64", [3, 4])), "float64", [null, null]);
    const [one, other] = await Promise.all(runtimes.map(([, runtime]) => predict(runtime, b.build(), { x })));
    const [wanted, found] = [one!.get("y")!, other!.get("y")!];
    expect(found.shape).toEqual(wanted.shape);
    for (const [at, value] of (found.data as Float64Array).entries()) {
      const reference = (wanted.data as Float64Array)[at]!;
      expect(Math.abs(value - reference)).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(reference)));
    }
  });
});

describe("onnxRuntime", () => {
  it("passes float16 as its bits", async () => {
    const b = graphBuilder();
    b.output("y", b.identity(b.input("x", "float16", [2])), "float16", [2]);
    const y = (
      await predict(onnxRuntime(), b.build(), { x: new Tensor("float16", [2], Uint16Array.of(0x3c00, 0xfc00)) })
    ).get("y")!;
    expect(y.data).toEqual(Uint16Array.of(0x3c00, 0xfc00));
  });

  it("names an output of ZipMap, and what to do about it", async () => {
    const b = graphBuilder();
    const map = b.op("ai.onnx.ml", "ZipMap", [b.input("x", "float32", [1, 2])], {
      classlabels_strings: ["a", "b"],
    })[0]!;
    b.output("p", map, "float32", []);
    const model = b.build();
    const type = {
      sequenceType: { elemType: { mapType: { keyType: 8, valueType: { tensorType: { elemType: 1 } } } } },
    };
    const zipped = { ...model, graph: { ...model.graph!, output: [{ name: "p", type }] } };
    const { code, message } = await failure(onnxRuntime().predictor(payloadsOf(zipped)));
    expect(code).toBe("unsupported");
    expect(message).toMatch(/The output "p" is sequence\(map\(string, tensor\(float32\)\)\).*zipmap/u);
  });

  it("asks ONNX Runtime for no telemetry, before it is loaded, unless somebody decided otherwise", async () => {
    const seen: (string | undefined)[] = [];
    const load = async () => seen.push(process.env["ORT_DISABLE_TELEMETRY"]);
    const before = process.env["ORT_DISABLE_TELEMETRY"];
    for (const given of [undefined, "0"]) {
      if (given === undefined) delete process.env["ORT_DISABLE_TELEMETRY"];
      else process.env["ORT_DISABLE_TELEMETRY"] = given;
      await importPackage(load);
    }
    process.env["ORT_DISABLE_TELEMETRY"] = before ?? "1";
    expect(seen).toEqual(["1", "0"]);
  });

  it("says how to install what it needs", async () => {
    const absent = Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
    const missing = await failure(importPackage(() => Promise.reject(absent)));
    expect(missing.code).toBe("missing_package");
    expect(missing.message).toContain("npm install onnxruntime-node");
    const broken = await failure(importPackage(() => Promise.reject(new Error("GLIBC_2.99 not found"))));
    expect(broken).toEqual({
      code: "missing_package",
      message: "onnxruntime-node does not load here: GLIBC_2.99 not found",
    });
  });
});
