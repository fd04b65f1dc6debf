import { collect, collectPayloads, isModelkeepError, memoryPayloads, type ModelState, Tensor } from "@modelkeep/core";
import { Packr } from "msgpackr";
import { expect, test } from "vitest";

import { msgpackCodec } from "./index.js";

const codec = msgpackCodec();
const large = new Tensor(
  "float64",
  [100, 10],
  Float64Array.from({ length: 1000 }, (_, index) => index / 7),
);
const small = new Tensor("int8", [3], Int8Array.of(-1, 0, 1));
const model = (state: ModelState["state"]): ModelState => ({ flavor: "test", type: "thing", version: 3, state });

const document = (more: Record<string, unknown>) =>
  new Packr({ useRecords: false, variableMapSize: true }).pack({
    format: "modelkeep.state/1",
    flavor: "test",
    type: "thing",
    version: 1,
    tensors: null,
    state: null,
    ...more,
  });

async function codeOf(bytes: Uint8Array, limits = {}): Promise<string> {
  try {
    await codec.decode(memoryPayloads([{ path: "model.msgpack", bytes }]), { limits });
  } catch (error) {
    if (isModelkeepError(error)) return error.code;
    throw error;
  }
  return "accepted";
}

test("small tensors lie in the tree, others beside it and come back as views", async () => {
  const sources = await codec.encode(model({ large, small }), { stem: "folder/forest" });
  expect(sources.map(({ path }) => path)).toEqual(["folder/forest.msgpack", "folder/forest.safetensors"]);
  for (const source of sources) expect((await collect(source.open())).length).toBe(source.size);
  const again = await codec.decode(await collectPayloads(sources));
  expect(again).toEqual(model(Object.assign(Object.create(null), { large, small })));
  const data = (again.state as unknown as { large: Tensor }).large.data as Float64Array;
  expect(data.byteOffset).toBeGreaterThan(0);
  expect(await codec.encode(model({ small }))).toHaveLength(1);
});

test("the tensors are looked for beside the tree, and nowhere else", async () => {
  const [tree] = [...(await collectPayloads(await codec.encode(model({ large }))))];
  const bytes = await tree!.bytes();
  expect(await codeOf(bytes)).toBe("not_found");
  expect(await codeOf(document({ tensors: "../model.safetensors" }))).toBe("malformed");
  expect(await codeOf(document({ tensors: "model.msgpack" }))).toBe("not_found");
  expect(await codeOf(document({ tensors: 1 }))).toBe("malformed");
});

test("what is in it is told from the tree and a header", async () => {
  const payloads = await collectPayloads(await codec.encode(model({ large, list: [small] })));
  expect(await codec.inspect?.(payloads)).toMatchObject({
    summary: "MessagePack: thing of test, tensors: 2, elements: 1003",
    tensors: [
      { name: "large", dtype: "float64", shape: [100, 10], bytes: 8000 },
      { name: "list.0", dtype: "int8", shape: [3], bytes: 3 },
    ],
    details: { flavor: "test", type: "thing", version: 3 },
  });
});

const bytes = (...values: number[]) => Uint8Array.from(values);
const nested = (depth: number) => new Uint8Array(depth + 1).fill(0x91).fill(0xc0, depth);

test.each<[string, Uint8Array, string]>([
  ["nothing", bytes(), "truncated"],
  ["a number", bytes(1), "malformed"],
  ["the unused type", bytes(0xc1), "malformed"],
  ["a list that announces 2^32 - 1 values", bytes(0xdd, 255, 255, 255, 255), "truncated"],
  ["a map that announces 2^32 - 1 entries", bytes(0xdf, 255, 255, 255, 255), "truncated"],
  ["a text that announces 2^32 - 1 bytes", bytes(0xdb, 255, 255, 255, 255), "truncated"],
  ["bytes that announce 2^32 - 1", bytes(0xc6, 255, 255, 255, 255), "truncated"],
  ["an extension", bytes(0xc9, 255, 255, 255, 255, 1), "malformed"],
  ["an extension of one byte", bytes(0xd4, 0x72, 0x40), "malformed"],
  ["a time", bytes(0xd6, 0xff, 0, 0, 0, 0), "malformed"],
  ["a map with a number as key", bytes(0x81, 1, 1), "malformed"],
  ["a key twice", bytes(0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 1), "malformed"],
  ["bytes after the value", bytes(0x80, 0), "malformed"],
  ["a text that is not UTF-8", bytes(0x81, 0xa2, 0xc0, 0xae, 1), "malformed"],
  ["an integer beyond 2^53", bytes(0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0), "malformed"],
  ["half an integer", bytes(0xcf, 0, 0x20), "truncated"],
  ["a million lists in each other", nested(1_000_000), "limit_exceeded"],
  ["another format", document({ format: "other" }), "malformed"],
  ["a later version", document({ format: "modelkeep.state/2" }), "unknown_format_version"],
  ["no flavor", document({ flavor: 1 }), "malformed"],
  ["a version that is no number", document({ version: "1" }), "malformed"],
  ["an unknown mark", document({ state: { $eval: "1" } }), "malformed"],
  ["the key __proto__", document({ state: JSON.parse('{"__proto__":{"polluted":1}}') }), "malformed"],
  [
    "a tensor without bytes",
    document({ state: { $tensor: { dtype: "int8", shape: [2 ** 40], data: bytes() } } }),
    "malformed",
  ],
  [
    "a tensor of a negative size",
    document({ state: { $tensor: { dtype: "int8", shape: [-1], data: bytes(1) } } }),
    "malformed",
  ],
  [
    "a tensor of an unknown dtype",
    document({ state: { $tensor: { dtype: "int9", shape: [1], data: bytes(1) } } }),
    "malformed",
  ],
  ["a tensor that is not there", document({ state: { $tensor: "a" } }), "malformed"],
  ["a mark that is a number", document({ state: { $tensor: 1 } }), "malformed"],
  ["bytes in the state", document({ state: { a: bytes(1) } }), "malformed"],
  ["nothing wrong", document({}), "accepted"],
])("%s", async (_, file, code) => {
  expect(await codeOf(file)).toBe(code);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test("many tiny values are counted before anything is made of them", async () => {
  const count = 1_000_000;
  const tiny = new Uint8Array(count + 5).fill(0x80);
  tiny.set([0xdd, 0, 0x0f, 0x42, 0x40]);
  expect(await codeOf(tiny, { items: 1000 })).toBe("limit_exceeded");
  expect(await codeOf(document({ state: [1, 2, 3] }), { bytes: 10 })).toBe("limit_exceeded");
  expect(await codeOf(document({ state: [[[1]]] }), { depth: 3 })).toBe("limit_exceeded");
});
