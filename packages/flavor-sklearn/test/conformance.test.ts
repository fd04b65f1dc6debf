import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { isModelkeepError } from "@modelkeep/core";
import { encodeModelBytes } from "@modelkeep/onnx";
import { readPickle } from "@modelkeep/pickle";
import { describe, expect, test } from "vitest";

import { convertSklearn } from "../src/index.js";
import { compare, convertFile, distance, inputsOf, readFolder, type Run, runEvaluator, runNative } from "./fixture.js";

const vectors = fileURLToPath(new URL("../../../vectors/sklearn/", import.meta.url));

/** Trees that read the input itself: every value to the last bit. */
const exact =
  /^(tree|forest|rf_|extratrees|gb_reg|hgb_reg|bagging|bag$|column_transformer_idx|bundle_dict|boost_(squared|quantile|huber|absolute))/u;

const runs: readonly (readonly [name: string, run: Run])[] = [
  ["ONNX Runtime", runNative],
  ["plain JavaScript", runEvaluator],
];

describe.each(["sklearn-1.2.1", "sklearn-1.9.1"])("models of %s", async (folder) => {
  const models = (await readFolder(join(vectors, folder))).filter(({ recording }) => recording.X !== undefined);
  describe.each(runs)("by %s", (_, run) => {
    test.each(models)("$recording.id", async ({ recording, path }) => {
      const conversion = await convertFile(path);
      expect(conversion.exactness).not.toBe("unknown");
      expect(exact.test(recording.id) ? conversion.bound : undefined).toBeUndefined();
      for (const { output, worst } of await compare(conversion, recording, run))
        expect.soft(worst, output).toBeLessThanOrEqual(output.includes("label") ? 0 : (conversion.bound ?? 0));
    });
  });
});

test("an encoder of labels has one column and gives the index", async () => {
  const { signature } = await convertFile(join(vectors, "sklearn-1.2.1", "label_encoder.p4.pkl"));
  expect(signature.inputs).toEqual([
    { name: "x0", dtype: "string", shape: ["batch"], categories: ["full", "light", "medium"] },
  ]);
  expect(signature.outputs.map((output) => output.name)).toEqual(["transformed"]);
});

describe("files that must not be converted", async () => {
  const { files } = JSON.parse(await readFile(join(vectors, "refused", "index.json"), "utf8")) as {
    files: { file: string; what: string; code: string }[];
  };
  test.each(files)("$what", async ({ file, code }) => {
    const { value } = readPickle(new Uint8Array(await readFile(join(vectors, "refused", file))));
    const refused = attempt(() => convertSklearn(value));
    expect(isModelkeepError(refused, code), String(refused)).toBe(true);
  });
});

describe("single precision", async () => {
  const names = ["rf_clf_string_labels", "rf_reg", "logreg_multinomial", "svc_rbf_proba", "column_transformer_logreg"];
  const models = (await readFolder(join(vectors, "sklearn-1.2.1"))).filter(({ recording }) =>
    names.includes(recording.id),
  );
  test.each(models)("$recording.id", async ({ recording, path }) => {
    const double = await convertFile(path);
    const single = await convertFile(path, "float32");
    expect(single.exactness).toBe("unknown");
    expect(encodeModelBytes(single.model).length).toBeLessThan(encodeModelBytes(double.model).length);
    // Rows of float32 take the same way through a tree, whose thresholds are rounded down.
    const rows = recording.X.map((row) =>
      (row as readonly unknown[]).map((cell) => (typeof cell === "number" ? Math.fround(cell) : cell)),
    ) as unknown as typeof recording.X;
    const wanted = await runNative(double, inputsOf(double, recording, rows));
    const have = await runNative(single, inputsOf(single, recording, rows));
    expect([...(have.get("label")?.data ?? [])]).toEqual([...(wanted.get("label")?.data ?? [])]);
    for (const name of ["probabilities", "value"]) {
      const values = [...(have.get(name)?.data ?? [])];
      const apart = [...(wanted.get(name)?.data ?? [])].map((value, at) => distance(Number(values[at]), Number(value)));
      expect(Math.max(0, ...apart)).toBeLessThan(1e-5);
    }
  });
});

function attempt(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
