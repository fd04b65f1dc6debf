import { writeSync } from "node:fs";

import { fsStore } from "@modelkeep/store-fs";

import { predictionLog, serve } from "../../src/index.js";
import { openLines, xs } from "./lines.js";

/** Predicts without end, and prints the id of each prediction once it is answered. */
const [folder, durable] = process.argv.slice(2) as [string, "each" | "batch"];
const registry = await openLines(fsStore(folder));
const log = predictionLog(registry.store, { durable, batch: { records: 10, seconds: 0.2 }, backlog: { records: 25 } });
const served = await serve(registry, "lines@production", { log });
for (let value = 0; ; value++) {
  const { id } = await served.predict(xs(value));
  writeSync(1, `${id}\n`);
}
