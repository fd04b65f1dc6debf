import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { collect, dtypes, isModelkeepError, Tensor, tensorBytes, tensorFromBytes } from "@modelkeep/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { decodeTensors, encodeTensors, nameOfDType } from "../src/index.js";

const python = process.env["MODELKEEP_TEST_PYTHON"];
const script = fileURLToPath(new URL("python/interop.py", import.meta.url));
const vectors = fileURLToPath(new URL("../../../vectors/safetensors/", import.meta.url));

type Description = { readonly dtype: string; readonly shape: readonly number[]; readonly data: string };
type Verdicts = Readonly<Record<string, string | Readonly<Record<string, Description>>>>;

const note = python === undefined ? " (set MODELKEEP_TEST_PYTHON to run)" : "";

describe.skipIf(python === undefined)(`Python's safetensors package${note}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "modelkeep-safetensors-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (command: string, argument: string): unknown =>
    JSON.parse(execFileSync(python!, [script, command, argument], { encoding: "utf8", maxBuffer: 2 ** 28 }));
  const hex = (tensor: Tensor) => Buffer.from(tensorBytes(tensor)).toString("hex");
  const describeTensor = (tensor: Tensor): Description => ({
    dtype: nameOfDType(tensor.dtype)!.name,
    shape: tensor.shape,
    data: hex(tensor),
  });

  it("reads what we write, every dtype", async () => {
    const tensors = new Map<string, Tensor>();
    for (const [dtype, { bits }] of dtypes) {
      if (nameOfDType(dtype) === undefined) continue;
      const bytes = Uint8Array.from({ length: (24 * bits) / 8 }, (_, index) => (index * 31 + bits) % 256);
      tensors.set(`layer.${dtype}`, tensorFromBytes(dtype, [2, 3, 4], bytes));
      tensors.set(`é ${dtype}`, tensorFromBytes(dtype, [0, 2], new Uint8Array()));
    }
    const metadata = new Map([["author", "Ada ✓"]]);
    writeFileSync(join(folder, "ours.safetensors"), await collect(encodeTensors({ tensors, metadata }).open()));
    const wanted = Object.fromEntries([...tensors].map(([name, tensor]) => [name, describeTensor(tensor)]));
    expect(run("read", folder)).toEqual({ "ours.safetensors": wanted });
  });

  it("gives our tensors to NumPy as the numbers they are", async () => {
    const tensors = new Map([
      ["weights", new Tensor("float64", [2, 2], Float64Array.of(0.1, -2.5, 1e300, 0))],
      ["labels", new Tensor("int64", [2], BigInt64Array.of(-5n, 7n))],
      ["mask", new Tensor("bool", [2], Uint8Array.of(1, 0))],
    ]);
    const file = join(folder, "numbers.safetensors");
    writeFileSync(file, await collect(encodeTensors({ tensors }).open()));
    expect(run("numpy", file)).toEqual({
      weights: {
        dtype: "float64",
        values: [
          [0.1, -2.5],
          [1e300, 0],
        ],
      },
      labels: { dtype: "int64", values: [-5, 7] },
      mask: { dtype: "bool", values: [true, false] },
    });
  });

  it("writes what we read, every dtype, and we write it the same but for the padding of the header", async () => {
    const buffers = run("write", folder) as Record<string, string>;
    const read = decodeTensors(readFileSync(join(folder, "every.safetensors")));
    expect(read.metadata).toEqual(
      new Map([
        ["format", "pt"],
        ["é", "✓"],
      ]),
    );
    expect(read.tensors.size).toBe(Object.keys(buffers).length);
    for (const [name, tensor] of read.tensors) expect(hex(tensor), name).toBe(tensor.size === 0 ? "" : buffers[name]);
    const file = new Uint8Array(readFileSync(join(folder, "numpy.safetensors")));
    const again = await collect(encodeTensors(decodeTensors(file)).open());
    const unpadded = (bytes: Uint8Array) => Buffer.from(bytes.subarray(8)).toString("latin1").replace(/\} +/u, "}");
    expect(unpadded(again)).toBe(unpadded(file));
  });

  it("accepts every file that we accept", () => {
    const hostile = join(folder, "vectors");
    cpSync(vectors, hostile, { recursive: true });
    const verdicts = run("read", hostile) as Verdicts;
    expect(Object.keys(verdicts).length).toBeGreaterThan(90);
    let accepted = 0;
    for (const [name, verdict] of Object.entries(verdicts)) {
      let ours: Record<string, Description>;
      try {
        const { tensors } = decodeTensors(readFileSync(join(hostile, name)));
        ours = Object.fromEntries([...tensors].map(([key, tensor]) => [key, describeTensor(tensor)]));
      } catch (error) {
        if (isModelkeepError(error)) continue;
        throw error;
      }
      accepted++;
      expect(verdict, name).toEqual(ours);
    }
    expect(accepted).toBeGreaterThan(30);
  });
});
