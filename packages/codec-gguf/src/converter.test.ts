import { Tensor } from "@modelkeep/core";
import type { TensorFile } from "@modelkeep/safetensors";
import { expect, test } from "vitest";

import { ggufConverter, type GgufFile, type GgufValue, QuantizedTensor } from "./index.js";

const converter = ggufConverter("safetensors");
const norm = new Tensor("bfloat16", [2], Uint16Array.of(0x3f80, 0x4000));
// Scale 0.5, and elements from -8 to 7 twice over.
const blocks = Uint8Array.of(0x00, 0x38, ...Array.from({ length: 16 }, (_, index) => index * 17));
const file: GgufFile = {
  byteOrder: "little",
  metadata: new Map<string, GgufValue>([
    ["general.architecture", { type: "string", value: "llama" }],
    ["llama.context_length", { type: "uint32", value: 2048 }],
    ["a.bools", { type: "array", items: "bool", value: Uint8Array.of(1, 0) }],
    ["tokenizer.ggml.scores", { type: "array", items: "float32", value: new Float32Array(1001) }],
  ]),
  tensors: new Map<string, Tensor | QuantizedTensor>([
    ["norm", norm],
    ["q", new QuantizedTensor("Q4_0", [1, 32], blocks)],
  ]),
};

test("quantised tensors become float32 only when that is asked for", async () => {
  await expect(converter.convert(file)).rejects.toThrow(/quantised \(1: Q4_0\).*--dequantize/u);
  const { model, notes, signature } = await converter.convert(file, { dequantize: true });
  const { tensors, metadata } = model as TensorFile;
  const half = Array.from({ length: 16 }, (_, index) => (index - 8) / 2);
  expect(tensors.get("q")).toEqual(new Tensor("float32", [1, 32], Float32Array.from([...half, ...half])));
  expect(tensors.get("norm")).toBe(norm);
  expect(metadata).toEqual(
    new Map([
      ["general.architecture", "llama"],
      ["llama.context_length", "2048"],
      ["a.bools", "[true,false]"],
    ]),
  );
  expect(notes.join()).toMatch(/float32: 1.*tokenizer\.ggml\.scores/u);
  expect(signature).toBeUndefined();
});

test("plain tensors need no asking; types that are not dequantised, and big-endian blocks, are refused by name", async () => {
  const plain = await converter.convert({ ...file, tensors: new Map([["norm", norm]]) });
  expect((plain.model as TensorFile).tensors.size).toBe(1);
  const opaque = new QuantizedTensor("IQ1_S", [256], new Uint8Array(50));
  const others = { ...file, tensors: new Map([["o", opaque]]) };
  await expect(converter.convert(others, { dequantize: true })).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringMatching("IQ1_S") as string,
  });
  await expect(converter.convert({ ...file, byteOrder: "big" }, { dequantize: true })).rejects.toMatchObject({
    code: "unsupported",
  });
});

test("what says nothing of tensors is refused, and not ignored", async () => {
  const plain = { ...file, tensors: new Map([["norm", norm]]) };
  for (const options of [{ precision: "float32" }, { signature: "serve" }] as const)
    await expect(converter.convert(plain, options)).rejects.toMatchObject({ code: "unsupported" });
});
