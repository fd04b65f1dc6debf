import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { commandLine } from "./run.js";

const { folder, run } = commandLine();
const vectors = fileURLToPath(new URL("../../../vectors/gguf-files/", import.meta.url));
for (const name of ["language-model.gguf", "template-escapes.gguf", "types.gguf"])
  copyFileSync(join(vectors, name), join(folder, name));

test("GGUF files are inspected, scanned, and saved", async () => {
  const shown = await run(["inspect", "language-model.gguf"]);
  expect([shown.code, shown.stderr]).toEqual([0, ""]);
  expect(shown.stdout).toMatch(/GGUF v3: "llama", "Tiny", tensors: 4, elements: 3328\n +info .*Jinja program/u);
  expect(shown.stdout).toMatch(
    /license +apache-2\.0\n.*quantization +Q4_K_M\n +context +2048\n +tokenizer +gpt2\n +vocabulary +64\n +types +Q4_K 2, /su,
  );

  const clean = await run(["scan", "language-model.gguf"]);
  expect([clean.code, clean.stdout]).toEqual([0, expect.stringContaining("clean  language-model.gguf")]);
  const risky = await run(["scan", ".", "--json"]);
  expect(risky.code).toBe(1);
  expect(risky.json()).toMatchObject({
    files: [
      { path: "language-model.gguf", verdict: "clean" },
      { path: "template-escapes.gguf", verdict: "dangerous" },
      { path: "types.gguf", verdict: "clean" },
    ],
  });

  expect((await run(["save", "tiny", "language-model.gguf"])).code).toBe(0);
  expect((await run(["show", "tiny@1"])).stdout).toMatch(/formats +gguf\n/u);
});

test("tensors become safetensors, quantised ones only when that is asked for", async () => {
  const refused = await run(["convert", "language-model.gguf", "model.safetensors"]);
  expect([refused.code, refused.stderr]).toEqual([
    5,
    expect.stringMatching(/quantised \(3: Q6_K, Q4_K\).*--dequantize/u),
  ]);
  const converted = await run(["convert", "language-model.gguf", "model.safetensors", "--dequantize"]);
  expect([converted.code, converted.stdout]).toEqual([
    0,
    expect.stringMatching(/the same values\n +Quantised tensors were written as float32: 3/u),
  ]);
  const index = JSON.parse(readFileSync(join(vectors, "index.json"), "utf8")) as Record<
    string,
    { readonly tensors: Record<string, { readonly float32: string }> }
  >;
  const { float32 } = index["language-model.gguf"]!.tensors["token_embd.weight"]!;
  expect(readFileSync(join(folder, "model.safetensors")).includes(Buffer.from(float32, "hex"))).toBe(true);

  const opaque = await run(["convert", "types.gguf", "types.safetensors", "--dequantize"]);
  expect([opaque.code, opaque.stderr]).toEqual([5, expect.stringMatching(/IQ2_XXS.* can't be dequantised here/u)]);

  for (const command of [["formats"], ["predict", "--input", "rows.csv"]]) {
    const runs = await run([command[0]!, "language-model.gguf", ...command.slice(1)]);
    expect([runs.code, runs.stderr]).toEqual([5, expect.stringContaining("Nothing here runs")]);
  }
});
