import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { jsonCodec } from "@modelkeep/codec-json";
import { msgpackCodec } from "@modelkeep/codec-msgpack";
import { jsRuntime, onnxCodec, onnxRuntime } from "@modelkeep/codec-onnx";
import { joblibCodec } from "@modelkeep/codec-pickle";
import { safetensorsCodec } from "@modelkeep/codec-safetensors";
import { type Inputs, type Store, toTensors } from "@modelkeep/core";
import { digestFile, environmentLookup, gitFacts, runtimeFacts, writePackageFile } from "@modelkeep/core/node";
import { mljsConverter, mljsFlavor, mljsRuntime, type Pipeline, pipelinePredictor } from "@modelkeep/flavor-mljs";
import { sklearnConverter } from "@modelkeep/flavor-sklearn";
import { changesOf, copyRegistry, openRegistry, type Registry } from "@modelkeep/registry";
import { verifyInFreshProcess } from "@modelkeep/registry/node";
import { codecCase, compareFormats, type FormatResult } from "@modelkeep/report";
import { fsStore } from "@modelkeep/store-fs";
import { sqliteStore } from "@modelkeep/store-sqlite";

import { type Dataset, readDataset, split } from "./data.js";
import { fromPython } from "./from-python.js";
import { packageCase } from "./package-case.js";
import { changeText, printFormats, say, show, step, timeText } from "./print.js";
import { writeReport } from "./report.js";
import { score, type Settings, train } from "./train.js";

const output = fileURLToPath(new URL("../output/", import.meta.url));
const folder = join(output, "models");
const here = fileURLToPath(new URL(".", import.meta.url));

// An application chooses its plugins, in one visible list.
const plugins = {
  codecs: [jsonCodec(), msgpackCodec(), safetensorsCodec(), onnxCodec(), joblibCodec()],
  flavors: [mljsFlavor()],
  converters: [mljsConverter(), sklearnConverter()],
  runtimes: [mljsRuntime(), onnxRuntime()],
};
const open = (store: Store): Promise<Registry> =>
  openRegistry({ store, ...plugins, actor: "demo", environment: environmentLookup(here) });

await rm(output, { recursive: true, force: true });

step("Train: StandardScaler → PCA → RandomForest, in JavaScript, on real data");
const wine = split(readDataset("wine.csv"));
const cancer = split(readDataset("breast-cancer.csv"));
const candidates = [
  { settings: { components: 5, trees: 20 }, why: "first try" },
  { settings: { components: 8, trees: 100 }, why: "more components, more trees" },
  { settings: { components: 2, trees: 2 }, why: "as small as it gets" },
].map(({ settings, why }) => ({ settings, why, pipeline: train(wine.train, settings) }));
for (const { settings, why, pipeline } of candidates)
  say(
    `wine: ${settings.components} components, ${settings.trees} trees (${why}): accuracy ${percent(score(pipeline, wine.test).accuracy)}`,
  );

step("The same model in every format");
const formats = await compare(candidates[1]!.pipeline, wine.test);
printFormats(formats);

step("Register three versions, each with its metrics, data, samples and origin");
await using registry = await open(fsStore(folder));
for (const { settings, why, pipeline } of candidates)
  await save(registry, "wine-cultivar", pipeline, wine, settings, why);
await save(
  registry,
  "breast-cancer",
  train(cancer.train, { components: 8, trees: 20 }),
  cancer,
  { components: 8, trees: 20 },
  "another model in the same registry",
);
for (const { reference, metrics, size } of (await registry.show("wine-cultivar")).versions.toReversed())
  say(`${reference}  accuracy ${percent(metrics["accuracy"]!)}  ${size.toLocaleString("en")} bytes`);
const again = await registry.save("wine-cultivar", {
  model: candidates[0]!.pipeline,
  as: ["json", "onnx", "safetensors"],
  samples: samplesOf(wine.test),
});
say(`the first one once more: ${again.existing ? `noticed, it is ${again.reference}` : "added"}`);

step("Prove it: a process that has loaded nothing yet must reproduce the recorded samples");
for (const version of [1, 2, 3]) {
  const reference = `wine-cultivar@${version}`;
  const results = await verifyInFreshProcess(await registry.open(reference), {
    script: new URL("verify-child.js", import.meta.url),
    pairs: "all",
  });
  await registry.recordVerification(reference, results);
  for (const { representation, runtime, ok, rows, worst } of results)
    say(
      `${reference}  ${representation} by ${runtime}: ${rows} rows ${ok ? (worst ? `agree, worst ${worst}` : "identical") : "DIFFER"}`,
    );
}

step("Promote, make a mistake, roll back");
show(await registry.promote("wine-cultivar", 2, { reason: "best on the test rows" }));
show(await registry.promote("wine-cultivar", 3, { reason: "by mistake" }));
const meanwhile = new Date();
say(
  `production now predicts with accuracy ${percent((await registry.resolve("wine-cultivar@production")).metrics["accuracy"]!)}`,
);
show(await registry.rollback("wine-cultivar", { reason: "version 3 is worse" }));

step("Predict with what is in production");
{
  await using model = await registry.load("wine-cultivar@production");
  const row = Object.fromEntries(wine.test.features.map((name, column) => [name, wine.test.rows[0]![column]!]));
  const { rows } = await model.predict([row]);
  say(
    `${model.reference}, ${model.representation} by ${model.runtime.name}${model.verified ? ", samples verified" : ""}: ${JSON.stringify(rows[0])} (true label ${wine.test.labels[0]})`,
  );
  const { alcohol: _, ...incomplete } = row;
  await model.predict([incomplete]).catch((error: Error) => say(`a row without alcohol: ${error.message}`));
}

step("What happened, and what was in production then");
const history = await registry.history("wine-cultivar");
const changes = changesOf("wine-cultivar", history);
for (const each of changes) say(`${timeText(each.time)}  ${changeText(each)}`);
say(
  `before the rollback, production was version ${(await registry.asOf("wine-cultivar", meanwhile)).aliases["production"]}`,
);

step("The same registry elsewhere: SQLite, one file to hand on, and S3 where one is configured");
const copied = await copyRegistry(registry.store, sqliteStore(join(output, "models.db")));
say(`folder → SQLite: ${copied.objects} objects, ${copied.bytes.toLocaleString("en")} bytes`);
await using copy = await open(sqliteStore(join(output, "models.db")));
say(
  `the copy's history is ${(await copy.show("wine-cultivar")).head === (await registry.show("wine-cultivar")).head ? "the same, digest for digest" : "ANOTHER"}`,
);
const { MODELKEEP_DEMO_S3: bucket } = process.env;
if (bucket === undefined) say("S3: not configured (MODELKEEP_DEMO_S3=s3://bucket/prefix?endpoint=…)");
else
  say(
    `folder → S3: ${(await copyRegistry(registry.store, (await import("@modelkeep/store-s3")).s3StoreFromUrl(bucket))).objects} objects`,
  );
await writePackageFile(join(output, "wine-cultivar-2.model.zip"), await registry.open("wine-cultivar@2"));
say("one file: wine-cultivar-2.model.zip, an ordinary ZIP");

step("Somebody changes one byte of the model in production");
await flipOneByte(folder);
await registry.load("wine-cultivar@production", { representation: "json" }).then(
  () => say("nothing was noticed"),
  (error: Error) => say(`loading is refused: ${error.message}`),
);
const checked = await registry.check({ full: true });
say(`check finds ${checked.problems.length} fault, and where: ${checked.problems[0]?.where}`);

const python = await fromPython(
  { registry, onnx: plugins.codecs[3]!, onnxruntime: plugins.runtimes[1]!, javascript: jsRuntime() },
  readDataset("breast-cancer.csv"),
);

step("Report");
const page = join(output, "report.html");
await writeReport(page, { formats, python, model: await registry.show("wine-cultivar"), changes });
say(page);

/** A version with everything needed to trust it. */
async function save(
  to: Registry,
  name: string,
  pipeline: Pipeline,
  data: { train: Dataset; test: Dataset },
  settings: Settings,
  why: string,
): Promise<void> {
  const git = await gitFacts(here);
  await to.save(name, {
    model: pipeline,
    as: ["json", "onnx", "safetensors"],
    description: why,
    metrics: score(pipeline, data.test),
    tags: { trees: String(settings.trees) },
    data: [
      {
        name: basename(data.train.file),
        role: "train",
        rows: data.train.rows.length,
        licence: "CC-BY-4.0",
        ...(await digestFile(data.train.file)),
      },
    ],
    environment: { ...runtimeFacts() },
    samples: samplesOf(data.test),
    ...(git && { source: { git: { ...git } } }),
  });
}

/** Rows whose predictions are recorded, to be reproduced later. */
function samplesOf(data: Dataset): { readonly inputs: Inputs } {
  return { inputs: data.rows.slice(0, 20) };
}

async function compare(pipeline: Pipeline, data: Dataset): Promise<FormatResult[]> {
  const [json, msgpack, safetensors, onnx] = plugins.codecs;
  const state = mljsFlavor().freeze(pipeline);
  const { model: graph, signature } = await mljsConverter().convert(pipeline);
  const [mljs, ort] = plugins.runtimes;
  const inputs = toTensors(signature, data.rows);
  const expected = await pipelinePredictor(pipeline).predict(inputs);
  return compareFormats(
    [
      codecCase({ label: "JSON", codec: json!, model: state, runtime: mljs! }),
      codecCase({
        label: "JSON + gzip",
        codec: json!,
        model: state,
        runtime: mljs!,
        compression: { encoding: "gzip", level: 6 },
      }),
      codecCase({ label: "MessagePack", codec: msgpack!, model: state, runtime: mljs! }),
      codecCase({
        label: "MessagePack + deflate",
        codec: msgpack!,
        model: state,
        runtime: mljs!,
        compression: { encoding: "deflate", level: 6 },
      }),
      codecCase({ label: "safetensors", codec: safetensors!, model: state, runtime: mljs! }),
      codecCase({ label: "ONNX", codec: onnx!, model: graph, runtime: ort! }),
      packageCase("package (ZIP of all)", pipeline, samplesOf(data), plugins),
    ],
    { inputs, expected, truth: data.labels, rounds: 5 },
  );
}

/** As a bad disk or a visitor would: in the middle of the newest large JSON file among the blobs. */
async function flipOneByte(store: string): Promise<void> {
  const model = await (await registry.open("wine-cultivar@production")).payload("model.json")!.bytes();
  for (const entry of await readdir(join(store, "blobs"), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    if (!bytes.equals(model)) continue;
    bytes[bytes.length >> 1]! ^= 1;
    await rm(path);
    await writeFile(path, bytes);
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
