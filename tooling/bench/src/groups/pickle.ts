import { readFileSync } from "node:fs";
import { join } from "node:path";

import { joblibCodec } from "@modelkeep/codec-pickle";
import { filePayloads } from "@modelkeep/core/node";
import { encodeModelBytes } from "@modelkeep/onnx";

import { type Group, roundsOf, sizeOf } from "../bench.js";
import { convertedFile, fittedForest } from "../models.js";
import { interleave, medianCall } from "../measure.js";
import { missingModules } from "../python-peer.js";
import { notRun, ratio } from "../row.js";

/** joblib files of scikit-learn, read and converted without Python. */
export const pickle: Group = {
  name: "pickle",
  title: "joblib files",
  async run(bench) {
    const lacking = missingModules(bench.python, "joblib", "numpy", "sklearn");
    if (bench.python === undefined || lacking !== "") return [notRun("decoding joblib files", 1, lacking)];
    const { python } = bench;
    const codec = joblibCodec();
    const { path } = await fittedForest(python, join(bench.folder, "forest.joblib"));
    const large = join(bench.folder, "large.joblib");
    await python.call("arrays", { size: sizeOf(bench, 200_000_000), count: 1 });
    await python.call("dump_arrays", { path: large });
    // Each round takes the median of several calls: the first after a clean-up of memory tells of that.
    const times = await interleave(roundsOf(bench, 9), {
      decode: () => medianCall(7, async () => codec.decode(await filePayloads([path]))),
      joblib: () => python.time("load", { path, calls: 7 }),
      convert: () => medianCall(3, async () => encodeModelBytes(await convertedFile(path))),
      large: async () => void (await codec.decode(await filePayloads([large]))),
      largeJoblib: () => python.time("load", { path: large }),
      raw: () => void readFileSync(large),
    });
    return [
      ratio("decoding the forest of 100 trees x 499 nodes / joblib.load", times.decode, times.joblib, 1),
      ratio("decoding one array of 200 MB / raw read", times.large, times.raw, 1.25),
      ratio("the same / joblib.load", times.large, times.largeJoblib, undefined),
      {
        what: "that forest from joblib file to ONNX bytes",
        goal: 1000,
        measured: times.convert,
        unit: "ms",
        note: "read, converted, encoded",
      },
    ];
  },
};
