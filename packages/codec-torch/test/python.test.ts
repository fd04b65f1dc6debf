import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { collectPayloads, tensorBytes, tensorFromBytes } from "@modelkeep/core";
import { afterAll, describe, expect, test } from "vitest";

import { torchCodec } from "../src/index.js";

const python = process.env["MODELKEEP_TEST_TORCH"];
const folder = mkdtempSync(join(tmpdir(), "modelkeep-torch-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Loads a file as the careful do, and tells what is in it. */
const load = `
import json, sys, torch
found = torch.load(sys.argv[1], weights_only=True)
def told(value):
    if not isinstance(value, torch.Tensor):
        return value
    bits = value.view(torch.int16) if value.dtype == torch.bfloat16 else value
    return {"dtype": str(value.dtype).removeprefix("torch."), "shape": list(value.shape), "hex": bits.numpy().tobytes().hex()}
print(json.dumps({key: told(value) for key, value in found.items()}))
`;

const dtypes = [
  "float64",
  "float32",
  "float16",
  "bfloat16",
  "int64",
  "int32",
  "int16",
  "int8",
  "uint8",
  "bool",
] as const;

describe.skipIf(python === undefined)("PyTorch (needs MODELKEEP_TEST_TORCH)", () => {
  test("loads what we write, with weights_only", { timeout: 120_000 }, async () => {
    const codec = torchCodec();
    const tensors = new Map(
      dtypes.map((dtype) => [`layer.${dtype}`, tensorFromBytes(dtype, [2, 2], new Uint8Array(bytesOf(dtype)).fill(1))]),
    );
    const files = await collectPayloads(await codec.encode({ tensors, metadata: new Map([["note", "third"]]) }));
    const path = join(folder, "model.pt");
    writeFileSync(path, await files.main.bytes());
    const found = JSON.parse(execFileSync(python!, ["-c", load, path], { encoding: "utf8" })) as Record<
      string,
      unknown
    >;
    const expected = Array.from(tensors, ([name, tensor]) => [
      name,
      { dtype: tensor.dtype, shape: tensor.shape, hex: Buffer.from(tensorBytes(tensor)).toString("hex") },
    ]);
    expect(found).toEqual({ ...Object.fromEntries(expected), note: "third" });
  });

  test("writes what we read: the files among the vectors, made anew", { timeout: 120_000 }, () => {
    const script = new URL("../../../tooling/fixtures/torch_files.py", import.meta.url).pathname;
    execFileSync(python!, [script, folder], { stdio: "ignore" });
    const read = (path: string) => JSON.parse(readFileSync(path, "utf8")) as unknown;
    expect(read(join(folder, "index.json"))).toEqual(
      read(new URL("../../../vectors/torch/index.json", import.meta.url).pathname),
    );
  });
});

function bytesOf(dtype: (typeof dtypes)[number]): number {
  const bits = Number(/\d+$/.exec(dtype)?.[0] ?? 8);
  return (4 * bits) / 8;
}
