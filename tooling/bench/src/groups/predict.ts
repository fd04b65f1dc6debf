import { join } from "node:path";

import { onnxCodec, onnxRuntime } from "@modelkeep/codec-onnx";
import type { Tensor } from "@modelkeep/core";
import { encodeModelBytes, evaluator, type OnnxModel } from "@modelkeep/onnx";
import { type LoadedModel, openRegistry } from "@modelkeep/registry";
import { memoryStore } from "@modelkeep/store-memory";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";

import { type Bench, type Group } from "../bench.js";
import { blocks } from "../blocks.js";
import { convertedFile, features, fittedForest, linearModel, rowsTensor } from "../models.js";
import { missingModules } from "../python-peer.js";
import { notRun, ratio, type Row } from "../row.js";

type Rows = readonly (readonly number[])[];

/** Predictions, against ONNX Runtime asked directly and scikit-learn. */
export const predict: Group = {
  name: "predict",
  title: "Prediction",
  async run(bench) {
    const lacking = missingModules(bench.python, "joblib", "numpy", "sklearn");
    if (bench.python === undefined || lacking !== "")
      return [
        ...(await throughLoad(bench, "a linear model", linearModel(), randomRows())),
        notRun("a forest", undefined, lacking),
      ];
    const fitted = await fittedForest(bench.python, join(bench.folder, "forest.joblib"));
    const model = await convertedFile(fitted.path);
    return [
      ...(await throughLoad(bench, "a linear model", linearModel(), randomRows())),
      ...(await throughLoad(bench, "the forest of 100 trees x 499 nodes", model, fitted.rows)),
      ...(await withoutNative(bench, model, fitted.rows, fitted.probabilities)),
    ];
  },
};

async function throughLoad(bench: Bench, what: string, model: OnnxModel, rows: Rows): Promise<Row[]> {
  const registry = await openRegistry({
    store: memoryStore(),
    codecs: [onnxCodec()],
    runtimes: [onnxRuntime()],
    actor: "bench",
  });
  await registry.save("model", { model });
  await using loaded: LoadedModel = await registry.load("model", { threads: 1 });
  const session = await oneThread(model);
  const input = loaded.signature.inputs[0]!.name;
  const width = rows[0]!.length;
  const tensors = rows.map((row) => rowsTensor(input, [row]));
  const data = rows.map((row) => Float64Array.from(row));
  const names = Array.from(
    { length: width },
    (_, at) => loaded.signature.inputs[0]!.features?.[at] ?? `${input}[${at}]`,
  );
  const records = rows.map((row) => Object.fromEntries(row.map((value, at) => [names[at]!, value])));
  const times = await blocks(bench, 300, {
    raw: (index) => session.run({ [input]: new OrtTensor("float64", data[index]!, [1, width]) }),
    tensors: (index) => loaded.predict(tensors[index]!),
    rows: (index) => loaded.predict([rows[index]!]),
    records: (index) => loaded.predict([records[index]!]),
  });
  return [
    ratio(
      `one row by load(), ${what} / onnxruntime-node`,
      times.tensors,
      times.raw,
      1.5,
      "a tensor, checked against the signature",
    ),
    ratio("the same, the row as a plain array", times.rows, times.raw, 1.5, "checked and made a tensor"),
    ratio("the same, the row as a record", times.records, times.raw, undefined, "by the names of its features"),
  ];
}

async function withoutNative(bench: Bench, model: OnnxModel, rows: Rows, expected: Rows): Promise<Row[]> {
  const plain = evaluator(model);
  const session = await oneThread(model);
  const input = plain.signature.inputs[0]!.name;
  const tensors = rows.map((row) => rowsTensor(input, [row]));
  const data = rows.map((row) => Float64Array.from(row));
  const one = await blocks(bench, 300, {
    plain: (index) => plain.run(tensors[index]!),
    native: (index) => session.run({ [input]: new OrtTensor("float64", data[index]!, [1, features]) }),
  });
  const batch = rowsTensor(input, rows);
  const flat = Float64Array.from(rows.flat());
  const many = await blocks(bench, 5, {
    plain: () => plain.run(batch),
    native: () => session.run({ [input]: new OrtTensor("float64", flat, [rows.length, features]) }),
  });
  const sklearn = await bench.python!.time("predict", { calls: bench.quick ? 20 : 300, batch: 1 });
  const sklearnBatch = await bench.python!.time("predict", { calls: bench.quick ? 3 : 15, batch: rows.length });
  const exact = sameBits(plain.run(batch).get("probabilities"), expected)
    ? "every bit as scikit-learn's"
    : "NOT bit-equal";
  return [
    ratio("one row in plain JavaScript / onnxruntime-node", one.plain, one.native, 0.6, exact),
    ratio("one row in plain JavaScript / scikit-learn", one.plain, sklearn, 0.01),
    ratio("1,000 rows in plain JavaScript / onnxruntime-node, one thread", many.plain, many.native, 1.2),
    ratio("1,000 rows in plain JavaScript / scikit-learn, one thread", many.plain, sklearnBatch, undefined),
  ];
}

function oneThread(model: OnnxModel): Promise<InferenceSession> {
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 } as const;
  return InferenceSession.create(encodeModelBytes(model), options);
}

function sameBits(found: Tensor | undefined, expected: Rows): boolean {
  const values = expected.flat();
  return found?.size === values.length && values.every((value, index) => Object.is(found.data[index], value));
}

function randomRows(): Rows {
  return Array.from({ length: 1000 }, () => Array.from({ length: features }, Math.random));
}
