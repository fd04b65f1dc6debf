import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { collectPayloads, memoryPayloads, Tensor } from "@modelkeep/core";
import { filePayloads } from "@modelkeep/core/node";
import { afterAll, expect, test } from "vitest";

import { ggufCodec, type GgufFile, type GgufValue, QuantizedTensor } from "./index.js";

const codec = ggufCodec();
const folder = mkdtempSync(join(tmpdir(), "modelkeep-gguf-"));
afterAll(() => rmSync(folder, { recursive: true }));

const text = (value: string): GgufValue => ({ type: "string", value });
const vocabulary = Array.from({ length: 50_000 }, (_, index) => `token ${index}`);
const languageModel: GgufFile = {
  byteOrder: "little",
  metadata: new Map<string, GgufValue>([
    ["general.architecture", text("llama")],
    ["general.name", text("Tiny\nmodel")],
    ["general.license", text("apache-2.0")],
    ["general.file_type", { type: "uint32", value: 15 }],
    ["llama.context_length", { type: "uint64", value: 8192n }],
    ["tokenizer.ggml.model", text("gpt2")],
    ["tokenizer.ggml.tokens", { type: "array", items: "string", value: vocabulary }],
    ["tokenizer.chat_template", text("{{ messages }}")],
    ["tokenizer.chat_template.tools", text("{{ messages[0].__class__ }}")],
    ["split.count", { type: "uint16", value: 3 }],
    ["split.no", { type: "uint16", value: 1 }],
  ]),
  tensors: new Map<string, Tensor | QuantizedTensor>([
    ["norm", new Tensor("float32", [256], new Float32Array(256))],
    ["q", new QuantizedTensor("Q4_K", [2, 256], new Uint8Array(288))],
    ["k", new QuantizedTensor("Q4_K", [1, 256], new Uint8Array(144))],
  ]),
};

test("tells what people ask of a language model, and that its templates are programs", async () => {
  const payloads = await collectPayloads(await codec.encode(languageModel));
  const inspection = await codec.inspect!(payloads);
  expect(inspection).toMatchObject({
    summary: String.raw`GGUF v3: "llama", "Tiny\nmodel", tensors: 3, elements: 1024`,
    parameters: 1024,
    details: {
      architecture: "llama",
      license: "apache-2.0",
      quantization: "Q4_K_M",
      context: 8192,
      tokenizer: "gpt2",
      vocabulary: 50_000,
      types: { Q4_K: 2, F32: 1 },
      bitsPerWeight: 11.38,
      chatTemplates: ["default", "tools"],
      keys: { "tokenizer.ggml.tokens": "50000 of string", "split.no": 1 },
    },
  });
  expect(inspection.findings?.map(({ level }) => level)).toEqual(["info", "info", "danger", "info"]);
  expect(inspection.findings?.[2]?.message).toContain("__class__");
  expect(inspection.findings?.[3]?.message).toContain("part 2 of 3");
});

test("reads the header of a file of 4 GiB and no more", async () => {
  const [source] = await codec.encode({
    ...languageModel,
    tensors: new Map([["large", new Tensor("float32", [1], new Float32Array(1))]]),
  });
  const payloads = await collectPayloads([source!]);
  const bytes = await payloads.main.bytes();
  // The table's last 24 bytes: a dimension, a type, an offset. 2^30 elements instead of one.
  const table = Buffer.from(bytes).lastIndexOf("large") + 5;
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(table + 4, 2n ** 30n, true);
  const path = join(folder, "large.gguf");
  const header = Math.ceil((table + 24) / 32) * 32;
  writeFileSync(path, bytes.subarray(0, header));
  truncateSync(path, header + 2 ** 32);
  const { main } = await filePayloads([path]);
  let read = 0;
  const counting = {
    ...main,
    size: main.size,
    buffer: () => Promise.reject(new Error("read whole")),
    range: (start: number, end: number) => {
      read += Math.min(end, main.size) - start;
      return main.range(start, end);
    },
  };
  const set = { main: counting, get: () => undefined, [Symbol.iterator]: () => [counting].values() };
  const { parameters, tensors } = await codec.inspect!(set);
  expect(parameters).toBe(2 ** 30);
  expect(tensors).toEqual([{ name: "large", dtype: "F32", shape: [2 ** 30], bytes: 2 ** 32 }]);
  expect(read).toBeLessThan(2 * header);
});

test("100,000 arrays in each other are refused, by decode and by inspect", async () => {
  const level = Uint8Array.of(9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0);
  const head = Buffer.alloc(24 + 9 + 4);
  head.write("GGUF");
  head.writeUInt32LE(3, 4);
  head.writeBigUInt64LE(1n, 16);
  head.writeBigUInt64LE(1n, 24);
  head.write("a", 32);
  head.writeUInt32LE(9, 33);
  const bytes = new Uint8Array(
    Buffer.concat([head, ...Array.from({ length: 100_000 }, () => level), Buffer.alloc(12)]),
  );
  const payloads = memoryPayloads([{ path: "deep.gguf", bytes }]);
  for (const limits of [{}, { depth: 1_000_000 }]) {
    await expect(codec.decode(payloads, { limits })).rejects.toMatchObject({ code: "limit_exceeded" });
    await expect(codec.inspect!(payloads, { limits })).rejects.toMatchObject({ code: "limit_exceeded" });
  }
});

test("the limit on items holds", async () => {
  const payloads = await collectPayloads(await codec.encode(languageModel));
  await expect(codec.decode(payloads, { limits: { items: 50_000 } })).rejects.toMatchObject({ code: "limit_exceeded" });
  await codec.decode(payloads, { limits: { items: 50_014 } });
});
