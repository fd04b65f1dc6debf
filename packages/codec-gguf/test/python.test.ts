import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { collect } from "@modelkeep/core";
import { afterAll, describe, expect, test } from "vitest";

import { ggmlTypeOfName } from "../src/ggml-types.js";
import { dequantizable, dequantize, ggufCodec, QuantizedTensor } from "../src/index.js";
import { described } from "./described.js";
import { samples } from "./samples.js";

const python = process.env["MODELKEEP_TEST_PYTHON"];
const folder = mkdtempSync(join(tmpdir(), "modelkeep-gguf-"));
afterAll(() => rmSync(folder, { recursive: true }));

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Elements of the blocks in a folder; NaN of any bits becomes one NaN. */
const elements = `
import sys, numpy
from gguf import GGMLQuantizationType as Type
from gguf.quants import dequantize
folder, *types = sys.argv[1:]
for name in types:
    with numpy.errstate(all="ignore"):
        out = dequantize(numpy.fromfile(f"{folder}/{name}", dtype=numpy.uint8), Type[name])
    out[numpy.isnan(out)] = numpy.nan
    out.tofile(f"{folder}/{name}.float32")
`;

describe.skipIf(python === undefined)("llama.cpp's Python package (needs MODELKEEP_TEST_PYTHON)", () => {
  test("reads what we write", { timeout: 120_000 }, async () => {
    // The package reads no arrays of arrays and no empty tensors; JSON has neither NaN nor infinity.
    for (const { name, model } of samples.filter(({ model }) => model.tensors.size > 0)) {
      const metadata = new Map(
        [...model.metadata].filter(([key]) => !["a.arrays", "a.float32", "a.floats"].includes(key)),
      );
      const tensors = new Map([...model.tensors].filter(([key]) => key !== "empty"));
      const path = join(folder, "ours.gguf");
      const [written] = await ggufCodec().encode({ ...model, metadata, tensors });
      writeFileSync(path, await collect(written!.open()));
      const told = execFileSync(python!, [here("../../../tooling/fixtures/gguf_described.py"), path], {
        encoding: "utf8",
      });
      expect(JSON.parse(told), name).toEqual(described({ ...model, metadata, tensors }));
    }
  });

  test("writes what we read: the files among the vectors, made anew", { timeout: 120_000 }, () => {
    execFileSync(python!, [here("../../../tooling/fixtures/gguf_files.py"), folder], { stdio: "ignore" });
    const read = (path: string) => JSON.parse(readFileSync(path, "utf8")) as unknown;
    expect(read(join(folder, "index.json"))).toEqual(read(here("../../../vectors/gguf-files/index.json")));
  });

  test("makes the same elements of random blocks, to the last bit", { timeout: 600_000 }, () => {
    const count = process.env["MODELKEEP_RELIABILITY"] === "full" ? 100_000 : 2000;
    const blocks = new Map([...dequantizable].map((type, index) => [type, randomBlocks(type, count, index)]));
    for (const [type, { bytes }] of blocks) writeFileSync(join(folder, type), bytes);
    execFileSync(python!, ["-c", elements, folder, ...blocks.keys()]);
    for (const [type, tensor] of blocks) {
      const ours = dequantize(tensor).data as Float32Array;
      for (const [at, value] of ours.entries()) if (Number.isNaN(value)) ours[at] = Number.NaN;
      expect(Buffer.compare(Buffer.from(ours.buffer), readFileSync(join(folder, `${type}.float32`))), type).toBe(0);
    }
  });
});

/** Any bits: also scales that are infinite, not a number, or below the smallest normal one. */
function randomBlocks(type: string, count: number, seed: number): QuantizedTensor {
  const { blockSize, blockBytes } = ggmlTypeOfName(type)!;
  let state = seed;
  const bytes = Uint8Array.from({ length: count * blockBytes }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 24;
  });
  return new QuantizedTensor(type, [count * blockSize], bytes);
}
