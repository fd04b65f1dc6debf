import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import {
  isModelkeepError,
  memoryPayloads,
  type PayloadSet,
  type Runtime,
  type Tensor,
  type TensorMap,
} from "@modelkeep/core";
import {
  decodeModel,
  decodeTensor,
  encodeModelBytes,
  fromOnnxTensor,
  inspectModel,
  modelFaults,
} from "@modelkeep/onnx";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { jsRuntime, onnxRuntime } from "../src/index.js";

const python = process.env["MODELKEEP_TEST_PYTHON"];
const script = fileURLToPath(new URL("python/backend_data.py", import.meta.url));

interface Entry {
  readonly name: string;
  readonly sets: readonly (readonly [inputs: number, outputs: number])[];
}

const note = python === undefined ? " (set MODELKEEP_TEST_PYTHON to run)" : "";

describe.skipIf(python === undefined)(`the test models of Python's onnx package${note}`, () => {
  let folder: string;
  let index: readonly Entry[];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "modelkeep-onnx-"));
    execFileSync(python!, [script, "export", folder], { stdio: ["ignore", "ignore", "inherit"] });
    index = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as Entry[];
  }, 300_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const read = (name: string) => new Uint8Array(readFileSync(join(folder, name)));
  const payloads = (name: string) => memoryPayloads([{ path: "model.onnx", bytes: read(name) }]);

  it("parse without a fault, inspect and re-encode to the same message, which onnx.checker accepts", async () => {
    expect(index.length).toBeGreaterThan(140);
    for (const [number, { name }] of index.entries()) {
      const bytes = read(`${number}.onnx`);
      const model = decodeModel(bytes);
      expect(modelFaults(model), name).toEqual([]);
      const inspection = await inspectModel(payloads(`${number}.onnx`).main);
      expect(inspection.operators!.length, name).toBeGreaterThan(0);
      writeFileSync(join(folder, `${number}.again.onnx`), encodeModelBytes(model));
    }
    const verdict = execFileSync(python!, [script, "check", folder], { encoding: "utf8" });
    expect(JSON.parse(verdict)).toEqual({ accepted: index.length, refused: 0, faults: [] });
  }, 300_000);

  it("run as before after re-encoding, wherever ONNX Runtime runs them, with the outputs they should have", async () => {
    let ran = 0;
    let expected = 0;
    for (const [number, entry] of index.entries()) {
      const inputs = readSet(number, entry, "input");
      const before = await run(onnxRuntime(), payloads(`${number}.onnx`), inputs);
      if (before === undefined) continue;
      ran++;
      const after = await run(onnxRuntime(), payloads(`${number}.again.onnx`), inputs);
      expect(after, entry.name).toEqual(before);
      const wanted = readSet(number, entry, "output");
      if (wanted.every((tensor, at) => close([...before.values()][at]!, tensor))) expected++;
    }
    process.stdout.write(
      `onnx test models: ${index.length}; run by ONNX Runtime: ${ran}; with the expected outputs: ${expected}\n`,
    );
    expect(ran / index.length).toBeGreaterThan(0.6);
    // Dropout is random, and ONNX Runtime differs from the reference in a few: both forms of the model agree there too.
    expect(expected / ran).toBeGreaterThan(0.98);
  }, 600_000);

  it("give in plain JavaScript what they should, wherever the evaluator has their operators", async () => {
    let ran = 0;
    for (const [number, entry] of index.entries()) {
      if (entry.sets.length === 0) continue;
      const outputs = await run(jsRuntime(), payloads(`${number}.onnx`), readSet(number, entry, "input"));
      if (outputs === undefined) continue;
      ran++;
      for (const [at, tensor] of readSet(number, entry, "output").entries())
        expect(close([...outputs.values()][at]!, tensor), `${entry.name}, output ${at}`).toBe(true);
    }
    process.stdout.write(`onnx test models run in plain JavaScript, all with the expected outputs: ${ran}\n`);
    expect(ran).toBeGreaterThan(700);
  }, 300_000);

  function readSet(number: number, { sets }: Entry, kind: "input" | "output"): Tensor[] {
    const count = sets[0]?.[kind === "input" ? 0 : 1] ?? 0;
    return Array.from({ length: count }, (_, at) => fromOnnxTensor(decodeTensor(read(`${number}_0_${kind}_${at}.pb`))));
  }
});

/** What the model puts out, or `undefined` when the runtime does not run it. */
async function run(runtime: Runtime, model: PayloadSet, inputs: readonly Tensor[]): Promise<TensorMap | undefined> {
  try {
    const predictor = await runtime.predictor(model, { threads: 1 });
    const names = predictor.signature.inputs.map((input) => input.name);
    const outputs = await predictor.predict(new Map(inputs.map((tensor, at) => [names[at]!, tensor])));
    await predictor[Symbol.asyncDispose]();
    return outputs;
  } catch (error) {
    if (isModelkeepError(error)) return undefined;
    throw error;
  }
}

function close(actual: Tensor, wanted: Tensor): boolean {
  if (actual.dtype !== wanted.dtype || actual.shape.join() !== wanted.shape.join()) return false;
  const bits = actual.dtype === "float16";
  return Array.from<unknown>(actual.data).every((value, at) => {
    const other = wanted.data[at];
    if (bits || Object.is(value, other) || value === other) return true;
    return typeof value === "number" && Math.abs(value - Number(other)) <= 1e-5 + 1e-3 * Math.abs(Number(other));
  });
}
