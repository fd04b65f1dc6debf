import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { describe, expect, test } from "vitest";

import { compare, convertFile, readFolder, runNative } from "./fixture.js";

const python = process.env["MODELKEEP_TEST_PYTHON"];
const seed = process.env["MODELKEEP_TEST_SEED"] ?? "1";

/** Fits models with the scikit-learn that is installed, and holds their conversion to what it predicts. */
describe.skipIf(python === undefined)("models of the installed scikit-learn", () => {
  test("predict the same as ONNX", { timeout: 600_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "modelkeep-sklearn-"));
    try {
      const script = fileURLToPath(new URL("python/zoo.py", import.meta.url));
      await promisify(execFile)(python!, [script, folder, seed], { maxBuffer: 2 ** 26 });
      const models = await readFolder(folder);
      expect(models.length).toBeGreaterThan(250);
      for (const { recording, path } of models) {
        const conversion = await convertFile(path);
        for (const { output, worst } of await compare(conversion, recording, runNative)) {
          const bound = output.includes("label") ? 0 : (conversion.bound ?? 0);
          expect.soft(worst, `${recording.id} ${output}`).toBeLessThanOrEqual(bound);
        }
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
