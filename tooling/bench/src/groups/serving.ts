import { join } from "node:path";

import { jsRuntime, onnxCodec, onnxRuntime } from "@modelkeep/codec-onnx";
import type { Runtime } from "@modelkeep/core";
import { openRegistry } from "@modelkeep/registry";
import { isolated, predictionLog, serve } from "@modelkeep/serving";
import { fsStore } from "@modelkeep/store-fs";

import { type Bench, type Group } from "../bench.js";
import { blocks } from "../blocks.js";
import { features, linearModel, rowsTensor } from "../models.js";
import { ratio, type Row } from "../row.js";

/** The plugin that an isolated process loads. */
const modules = [import.meta.resolve("@modelkeep/codec-onnx")];

/** What following an alias and recording every prediction adds to a prediction. */
export const serving: Group = {
  name: "serving",
  title: "Serving, on the record",
  async run(bench) {
    return [
      ...(await recorded(bench, onnxRuntime(), "onnxruntime-node", 1.2)),
      // A model of a few microseconds: no goal, but good to know what recording costs by itself.
      ...(await recorded(bench, jsRuntime(), "plain JavaScript")),
    ];
  },
};

async function recorded(bench: Bench, runtime: Runtime, name: string, goal?: number): Promise<Row[]> {
  const store = fsStore(join(bench.folder, runtime.name));
  const registry = await openRegistry({ store, codecs: [onnxCodec()], runtimes: [runtime], actor: "bench" });
  await registry.save("model", { model: linearModel() });
  await registry.alias("model", "production", 1);
  await registry.save("model", { model: linearModel(1) });
  await using loaded = await registry.load("model@production", { threads: 1 });
  await using log = predictionLog(store);
  await using served = await serve(registry, "model@production", { log, threads: 1 });
  const input = loaded.signature.inputs[0]!.name;
  const tensors = Array.from({ length: 1000 }, () =>
    rowsTensor(input, [Array.from({ length: features }, Math.random)]),
  );
  const rows = tensors.map((tensor) => [Array.from(tensor.get(input)!.data as Float64Array)]);
  const cases = {
    bare: (index: number) => loaded.predict(tensors[index]!),
    recorded: (index: number) => served.predict(tensors[index]!, { caller: "bench" }),
    bareRows: (index: number) => loaded.predict(rows[index]!),
    recordedRows: (index: number) => served.predict(rows[index]!, { caller: "bench" }),
  };
  const times = await blocks(bench, 300, cases);
  await using apart = await registry.load("model@production", {
    threads: 1,
    through: (own) => isolated(own, { modules }),
  });
  const isolation = await blocks(bench, 100, {
    bare: cases.bare,
    isolated: (index) => apart.predict(tensors[index]!),
  });
  await registry.route("model", "production", [
    { version: 1, weight: 1 },
    { version: 2, weight: 1 },
  ]);
  await served.refresh();
  const routed = await blocks(bench, 300, {
    bare: cases.bare,
    routed: (index) => served.predict(tensors[index]!, { caller: "bench", key: `user-${index}` }),
  });
  await log.written();
  const what = `${features} features, ${name}`;
  return [
    ratio(
      `one prediction on the record / by load(), ${what}`,
      times.recorded,
      times.bare,
      goal,
      "on disk, 1,000 records at once",
    ),
    ratio(
      `the same, the row as a plain array, ${name}`,
      times.recordedRows,
      times.bareRows,
      goal,
      "checked and made a tensor",
    ),
    ratio(
      `the same, routed by a key, ${name}`,
      routed.routed,
      routed.bare,
      goal,
      "by the SHA-256 of the key, remembered",
    ),
    ratio(
      `one prediction in a process of its own / in this one, ${name}`,
      isolation.isolated,
      isolation.bare,
      undefined,
      "a message there and one back",
    ),
  ];
}
