import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { describe, expect, test } from "vitest";

import { compare, convertBytes, readIndex, runNative } from "./fixture.js";
import type { Measured } from "./pages/supported-layers.js";

const python = process.env["MODELKEEP_TEST_TENSORFLOW"];
const seed = process.env["MODELKEEP_TEST_SEED"] ?? "2";
const full = process.env["MODELKEEP_RELIABILITY"] === "full";
const measuring = process.env["MODELKEEP_UPDATE_MEASURED"] === "1";

const families =
  "activations convolutions open_sizes pooling normalization reshaping merging preprocessing recurrent attention channels_first".split(
    " ",
  );

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Makes models with the Keras that is installed, and holds their conversion to what it predicts. */
describe.skipIf(python === undefined)("models of the installed Keras (needs MODELKEEP_TEST_TENSORFLOW)", () => {
  test("predict the same as ONNX", { timeout: 1_200_000 }, async ({ task }) => {
    const folder = await mkdtemp(join(tmpdir(), "modelkeep-keras-"));
    try {
      const script = [here("python/zoo.py"), folder, seed, here("../../../vectors/data")];
      const env = {
        ...process.env,
        ...(full ? {} : { FAMILIES: `graphs,${families[Number(seed) % families.length]}` }),
      };
      await promisify(execFile)(python!, script, { maxBuffer: 2 ** 26, env });
      const recordings = await readIndex(folder);
      expect(recordings.length).toBeGreaterThan(full ? 65 : 5);
      const measured: Measured[] = [];
      for (const recording of recordings) {
        const conversion = await convertBytes(new Uint8Array(await readFile(join(folder, recording.file))));
        const differences = await compare(conversion, recording, runNative);
        for (const { output, worst } of differences)
          expect.soft(worst, `${recording.file} ${output}`).toBeLessThanOrEqual(conversion.bound!);
        const values = differences.reduce((sum, each) => sum + each.of, 0);
        const worst = Math.max(...differences.map((each) => each.worst));
        measured.push({ file: recording.file, outputs: differences.length, values, worst });
      }
      Object.assign(task.meta, { counts: { outputs: measured.reduce((sum, { outputs }) => sum + outputs, 0) } });
      if (measuring && full)
        await writeFile(here("pages/measured.json"), `${JSON.stringify(measured, undefined, 1)}\n`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
