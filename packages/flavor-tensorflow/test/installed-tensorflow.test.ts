import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { isModelkeepError } from "@modelkeep/core";
import { describe, expect, test } from "vitest";

import { convertSavedModel } from "../src/index.js";
import type { Measured } from "./pages/supported-operators.js";
import { difference, readRecordings, type Recorded, runNative, tensorsOf } from "./recordings.js";

const python = process.env["MODELKEEP_TEST_TENSORFLOW"];
const seed = process.env["MODELKEEP_TEST_SEED"] ?? "1";
/** One model of so many. */
const every = process.env["MODELKEEP_RELIABILITY"] === "full" ? 1 : 12;

/** Of these the operators in the way are known. */
const refused = /^(hashing|text-vectorization)(-keras-2)?$/;

describe.skipIf(python === undefined)(
  "SavedModels of the installed TensorFlow (needs MODELKEEP_TEST_TENSORFLOW)",
  () => {
    test("predict the same as ONNX", { timeout: 1_800_000 }, async ({ task }) => {
      const folder = await mkdtemp(join(tmpdir(), "modelkeep-tensorflow-"));
      try {
        const script = fileURLToPath(new URL("python/zoo.py", import.meta.url));
        const { stderr } = await promisify(execFile)(python!, [script, folder, seed, String(every)], {
          maxBuffer: 2 ** 28,
        });
        expect(stderr.split("\n").filter((line) => line.startsWith("not made: "))).toEqual([]);
        const recorded = readRecordings(folder);
        expect(recorded.length).toBeGreaterThan(300 / every);
        const measured: Measured[] = [];
        for (const each of recorded) measured.push(await measure(each));
        const told = ({ name, worst = Infinity, refusal }: Measured) =>
          refused.test(name) ? refusal === undefined : worst > 1e-5;
        expect(measured.filter(told)).toEqual([]);
        Object.assign(task.meta, { counts: { models: measured.length } });
        if (process.env["MODELKEEP_UPDATE_MEASURED"] === "1")
          await writeFile(
            new URL("pages/measured.json", import.meta.url),
            `${JSON.stringify(measured, undefined, 2)}\n`,
          );
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  },
);

async function measure({ recording, model }: Recorded): Promise<Measured> {
  const { name, kind, tensorflow, keras } = recording;
  try {
    const { model: onnx } = await convertSavedModel(model);
    const { worst } = difference(await runNative(onnx, tensorsOf(recording.inputs)), tensorsOf(recording.outputs));
    return { name, kind, tensorflow, keras, worst };
  } catch (error) {
    if (!isModelkeepError(error, "unsupported")) throw error;
    const operators = (error.details?.["operators"] ?? []) as readonly { readonly operator: string }[];
    return {
      name,
      kind,
      tensorflow,
      keras,
      refusal: [...new Set(operators.map(({ operator }) => operator))].join(", "),
    };
  }
}
