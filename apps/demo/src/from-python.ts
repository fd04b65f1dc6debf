import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { joblibCodec, pickleCodec } from "@modelkeep/codec-pickle";
import {
  type Codec,
  collectPayloads,
  memoryPayloads,
  ModelkeepError,
  type Runtime,
  Tensor,
  type TensorMap,
  toTensors,
} from "@modelkeep/core";
import { filePayloads, fileSource } from "@modelkeep/core/node";
import { sklearnConverter } from "@modelkeep/flavor-sklearn";
import { scanBytes } from "@modelkeep/pickle";
import type { Registry } from "@modelkeep/registry";
import { verifyInFreshProcess } from "@modelkeep/registry/node";
import { codecCase, compareFormats, type FormatCase, type FormatResult, worstDifference } from "@modelkeep/report";

import type { Dataset } from "./data.js";
import { printFormats, say, show, step } from "./print.js";

const data = new URL("../data/", import.meta.url);
const file = (name: string) => fileURLToPath(new URL(name, data));

/** What scikit-learn said of every row, written down when the file was made. */
interface Recorded {
  readonly label: readonly string[];
  readonly probabilities: readonly (readonly number[])[];
}

export interface Tools {
  readonly registry: Registry;
  readonly onnx: Codec;
  readonly onnxruntime: Runtime;
  readonly javascript: Runtime;
}

/** A pipeline that scikit-learn fitted, as the file a data scientist hands over: no Python from here on. */
export async function fromPython(
  { registry, onnx, onnxruntime, javascript }: Tools,
  cancer: Dataset,
): Promise<FormatResult[]> {
  step("A data scientist hands over pipeline.joblib: what is in it?");
  const payloads = await filePayloads([file("pipeline.joblib")]);
  const { summary, details } = await joblibCodec().inspect!(payloads);
  say(
    `${summary}, made with ${Object.entries(details?.["versions"] as Record<string, string[]>)
      .map(([name, versions]) => `${name} ${versions.join(", ")}`)
      .join(", ")}`,
  );

  step("Convert it to ONNX, without Python, and hold it to what scikit-learn predicted");
  const conversion = await sklearnConverter().convert(await joblibCodec().decode(payloads));
  const { signature, bound, exactness } = conversion;
  const inputs = toTensors(signature, cancer.rows);
  const expected = recordedTensors(JSON.parse(await readFile(file("predictions.json"), "utf8")) as Recorded);
  const converted = await collectPayloads(await onnx.encode(conversion.model));
  for (const runtime of [onnxruntime, javascript]) {
    await using predictor = await runtime.predictor(converted);
    const worst = worstDifference(await predictor.predict(inputs), expected);
    say(
      `${runtime.name}: ${cancer.rows.length} rows, labels ${worst < 1 ? "identical" : "DIFFER"}, probabilities ${worst === 0 ? "identical to the last bit" : `within ${worst.toExponential(1)}`} (promised: ${exactness === "bits" ? "identical" : `within ${bound}`})`,
    );
  }

  step("Keep both, with the proof, beside the model that was trained here, and promote it");
  const saved = await registry.save("breast-cancer", {
    files: [await fileSource(file("pipeline.joblib"))],
    as: ["onnx"],
    description: "from a notebook, by scikit-learn",
    samples: { inputs: firstRows(inputs, 40), outputs: firstRows(expected, 40), bound: 1e-12 },
  });
  const [result] = await verifyInFreshProcess(await registry.open(saved.reference), {
    script: new URL("verify-child.js", import.meta.url),
  });
  await registry.recordVerification(saved.reference, [result!]);
  say(
    `${saved.reference}  ${saved.manifest.representations.map(({ name }) => name).join(" and ")}; in a fresh process ${result!.rows} rows ${result!.ok ? "agree" : "DIFFER"}`,
  );
  show(await registry.promote("breast-cancer", saved.version, { reason: "the data scientist's pipeline" }));

  step("The same in every form that Python writes, and as ONNX");
  const formats = await compareFormats(
    [
      ...["pkl", "joblib", "zlib.joblib", "gzip.joblib", "bz2.joblib", "lzma.joblib", "xz.joblib", "lz4.joblib"].map(
        (ending) => pythonCase(`pipeline.${ending}`, onnx, javascript),
      ),
      codecCase({ label: "ONNX, plain JavaScript", codec: onnx, model: conversion.model, runtime: javascript }),
      codecCase({ label: "ONNX, onnxruntime-node", codec: onnx, model: conversion.model, runtime: onnxruntime }),
    ],
    { inputs, expected, truth: cancer.labels.map((label) => (label === 0 ? "malignant" : "benign")), rounds: 3 },
  );
  printFormats(formats);

  step("Somebody sends a file that would run something");
  // A harmless command in the shape of an attack: Python would run it when the file is opened.
  const hostile = new TextEncoder().encode("cos\nsystem\n(S'echo this ran when the file was opened'\ntR.");
  const { verdict, findings } = scanBytes(hostile, "model.pkl");
  say(`scan: ${verdict}`);
  for (const { message } of findings) say(`  ${message}`);
  await pickleCodec()
    .decode(memoryPayloads([{ path: "model.pkl", bytes: hostile }]))
    .then(
      () => say("it was read"),
      (error: unknown) =>
        say(`reading it: ${error instanceof ModelkeepError ? error.code : String(error)}, nothing was run`),
    );
  return formats;
}

/** From a file of Python's to something that predicts: read as inert data, converted, run in plain JavaScript. */
function pythonCase(name: string, onnx: Codec, runtime: Runtime): FormatCase {
  const codec = name.endsWith(".pkl") ? pickleCodec() : joblibCodec();
  return {
    label: name,
    ...(codec.facts && { facts: codec.facts }),
    given: true,
    async save() {
      const bytes = new Uint8Array(await readFile(file(name)));
      return [{ path: name, bytes, plainSize: bytes.length }];
    },
    async load(files) {
      const { model } = await sklearnConverter().convert(await codec.decode(memoryPayloads(files)));
      return runtime.predictor(await collectPayloads(await onnx.encode(model)));
    },
  };
}

function recordedTensors({ label, probabilities }: Recorded): TensorMap {
  const flat = Float64Array.from(probabilities.flat());
  return new Map([
    ["label", new Tensor("string", [label.length], label)],
    ["probabilities", new Tensor("float64", [label.length, flat.length / label.length], flat)],
  ]);
}

function firstRows(tensors: TensorMap, count: number): TensorMap {
  return new Map(
    [...tensors].map(([name, { dtype, shape, data: all }]) => {
      const width = all.length / shape[0]!;
      return [name, new Tensor(dtype, [count, ...shape.slice(1)], all.slice(0, count * width))];
    }),
  );
}
