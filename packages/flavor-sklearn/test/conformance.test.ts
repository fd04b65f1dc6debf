import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { isModelkeepError } from "@modelkeep/core";
import { encodeModelBytes } from "@modelkeep/onnx";
import { readPickle } from "@modelkeep/pickle";
import { describe, expect, test } from "vitest";

import { convertSklearn } from "../src/index.js";
import { compare, convertFile, inputsOf, readFolder, run } from "./fixture.js";

const vectors = fileURLToPath(new URL("../../../vectors/sklearn/", import.meta.url));

/** Ensembles of trees that read the input itself: every value to the last bit. */
const exact =
  /^(tree|forest|rf_|extratrees|big_forest|gb_reg|hgb_reg|bagging|bag$|column_transformer_idx|bundle_dict|boost_(squared|quantile|huber|absolute))/u;

for (const folder of ["sklearn-1.2.1", "sklearn-1.9.1"]) {
  describe(`models of ${folder}`, async () => {
    for (const { recording, path } of await readFolder(join(vectors, folder))) {
      test(recording.id, async () => {
        const conversion = await convertFile(path);
        const parts =
          recording.X_edge === undefined ? ["outputs" as const] : ["outputs" as const, "outputs_edge" as const];
        // An encoder of labels has nothing to predict.
        if (recording.X === undefined) return expect(conversion.signature.outputs).toHaveLength(1);
        const bound = conversion.exactness === "bits" ? 0 : conversion.bound!;
        for (const part of parts) {
          for (const difference of await compare(conversion, recording, part)) {
            const allowed = difference.output.startsWith("label") || exact.test(recording.id) ? 0 : bound;
            expect.soft(difference.worst, `${part} ${difference.output}`).toBeLessThanOrEqual(allowed);
          }
        }
        return undefined;
      });
    }
  });
}

describe("files that must not be converted", async () => {
  const { files } = JSON.parse(await readFile(join(vectors, "refused", "index.json"), "utf8")) as {
    files: { file: string; what: string; code: string }[];
  };
  for (const { file, what, code } of files) {
    test(what, async () => {
      const { value } = readPickle(new Uint8Array(await readFile(join(vectors, "refused", file))));
      const refused = attempt(() => convertSklearn(value));
      expect(isModelkeepError(refused, code), String(refused)).toBe(true);
    });
  }
});

describe("single precision", async () => {
  for (const { recording, path } of await readFolder(join(vectors, "sklearn-1.2.1"))) {
    if (
      !["rf_clf_string_labels", "rf_reg", "logreg_multinomial", "svc_rbf_proba", "column_transformer_logreg"].includes(
        recording.id,
      )
    )
      continue;
    test(recording.id, async () => {
      const double = await convertFile(path);
      const single = await convertFile(path, "float32");
      expect(single.exactness).toBe("unknown");
      expect(encodeModelBytes(single.model).length).toBeLessThan(encodeModelBytes(double.model).length);
      // Rows of float32 take the same way through a tree, whose thresholds are rounded down.
      const rows = recording.X.map((row) =>
        (row as readonly unknown[]).map((cell) => (typeof cell === "number" ? Math.fround(cell) : cell)),
      );
      const [a, b] = [
        await run(double, inputsOf(double, recording, rows as typeof recording.X)),
        await run(single, inputsOf(single, recording, rows as typeof recording.X)),
      ];
      for (const [name, tensor] of a) {
        const other = b.get(name)!;
        expect(other.shape).toEqual(tensor.shape);
        if (name === "label") expect([...other.data]).toEqual([...tensor.data]);
        else
          [...tensor.data].forEach((value, at) => {
            const distance = Math.abs(Number(value) - Number(other.data[at])) / Math.max(1, Math.abs(Number(value)));
            expect(distance).toBeLessThan(1e-5);
          });
      }
    });
  }
});

function attempt(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
