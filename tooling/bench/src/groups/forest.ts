import { statSync } from "node:fs";
import { join } from "node:path";

import { msgpackCodec } from "@modelkeep/codec-msgpack";
import { safetensorsCodec } from "@modelkeep/codec-safetensors";
import type { ModelState } from "@modelkeep/core";
import { filePayloads } from "@modelkeep/core/node";
import { mljsFlavor } from "@modelkeep/flavor-mljs";

import { type Group, roundsOf } from "../bench.js";
import { writtenFiles } from "../data.js";
import { fittedForest, grownForest } from "../models.js";
import { interleave, medianCall } from "../measure.js";
import { missingModules } from "../python-peer.js";
import { notRun, ratio, type Row } from "../row.js";

/** A random forest of ml.js saved as a struct of arrays, against scikit-learn's of the same size in a joblib file. */
export const forest: Group = {
  name: "forest",
  title: "A forest of 100 trees x 499 nodes",
  async run(bench) {
    const flavor = mljsFlavor();
    const model = grownForest();
    const state = flavor.freeze(model);
    const lacking = missingModules(bench.python, "joblib", "numpy", "sklearn");
    const python = lacking === "" ? bench.python : undefined;
    const fitted = python && (await fittedForest(python, join(bench.folder, "forest.joblib")));
    const rows: Row[] = [];
    for (const codec of [safetensorsCodec(), msgpackCodec()]) {
      const folder = join(bench.folder, codec.name);
      const files = await writtenFiles(folder, await codec.encode(state));
      const decode = async () => (await codec.decode(await filePayloads(files))) as ModelState;
      // Each round takes the median of several calls: the first after a clean-up of memory tells of that.
      const times = await interleave(roundsOf(bench, 9), {
        arrays: () => medianCall(15, decode),
        objects: () => medianCall(3, async () => flavor.thaw(await decode())),
        save: () => medianCall(3, async () => writtenFiles(folder, await codec.encode(flavor.freeze(model)))),
        joblib: fitted && (() => python.time("load", { path: fitted.path, calls: 7 })),
      });
      const size = files.reduce((sum, file) => sum + statSync(file).size, 0);
      rows.push(
        fitted === undefined
          ? notRun(`${codec.name} size / joblib's, uncompressed`, 0.5, lacking)
          : sizeRow(codec.name, size, statSync(fitted.path).size, fitted.nodes),
        ratio(
          `${codec.name} load to arrays / joblib.load`,
          times.arrays,
          times.joblib,
          0.1,
          lacking || "what a runtime walks",
        ),
        ratio(`${codec.name} load to objects of ml.js / joblib.load`, times.objects, times.joblib, undefined, lacking),
        { what: `${codec.name} save from objects of ml.js`, measured: times.save, unit: "ms", note: "no fsync" },
      );
    }
    return rows;
  },
};

function sizeRow(codec: string, ours: number, joblib: number, nodes: number): Row {
  const note = `${ours.toLocaleString("en")} / ${joblib.toLocaleString("en")} bytes; joblib's has ${nodes.toLocaleString("en")} nodes`;
  return { what: `${codec} size / joblib's, uncompressed`, goal: 0.5, measured: ours / joblib, unit: "x", note };
}
