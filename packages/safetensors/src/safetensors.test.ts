import {
  collect,
  dtypes,
  isModelkeepError,
  memoryPayloads,
  Tensor,
  tensorBytes,
  tensorFromBytes,
} from "@modelkeep/core";
import { describe, expect, test } from "vitest";

import { decodeTensors, encodeTensors, nameOfDType, readHeader, readTensor } from "./index.js";

const none = new Map<string, Tensor>();
const bytesOf = (tensors: ReadonlyMap<string, Tensor>, metadata = new Map<string, string>()) =>
  collect(encodeTensors({ tensors, metadata }).open());

/** A file with this header and this many bytes of data. */
function file(header: unknown, dataSize = 0): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataSize);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isModelkeepError(error)) return error.code;
    throw error;
  }
  return "accepted";
}

describe("what is written", () => {
  test("reads back for every dtype of the format, as views", async () => {
    const tensors = new Map<string, Tensor>();
    for (const [dtype, { bits }] of dtypes) {
      if (nameOfDType(dtype) === undefined) continue;
      const bytes = Uint8Array.from({ length: (8 * bits) / 8 }, (_, index) => (index * 37 + 128) % 256);
      tensors.set(`a ${dtype}`, tensorFromBytes(dtype, [2, 4], bytes));
      tensors.set(`none ${dtype}`, tensorFromBytes(dtype, [0, 7], new Uint8Array()));
    }
    const written = await bytesOf(tensors, new Map([["author", "Ada ✓"]]));
    const read = decodeTensors(written);
    expect(read.metadata).toEqual(new Map([["author", "Ada ✓"]]));
    expect(read.tensors.size).toBe(tensors.size);
    for (const [name, tensor] of tensors) {
      const again = read.tensors.get(name) as Tensor;
      expect({ dtype: again.dtype, shape: again.shape }).toEqual({ dtype: tensor.dtype, shape: tensor.shape });
      expect(tensorBytes(again)).toEqual(tensorBytes(tensor));
      expect(tensorBytes(again).buffer).toBe(written.buffer);
    }
  });

  test("puts the data on a multiple of 64 bytes, wide elements first, then by name", async () => {
    const one = (dtype: "int8" | "float64" | "uint64" | "float32") =>
      tensorFromBytes(dtype, [1], new Uint8Array((dtypes.get(dtype)?.bits ?? 0) / 8));
    const tensors = new Map([
      ["d", one("int8")],
      ["𐀀", one("float64")],
      ["\uffff", one("float64")],
      ["b", one("uint64")],
      ["a", one("float32")],
    ]);
    const [payload] = memoryPayloads([{ path: "x.safetensors", bytes: await bytesOf(tensors) }]);
    const header = await readHeader(payload!);
    expect(header.dataStart % 64).toBe(0);
    expect([...header.tensors.keys()]).toEqual(["b", "\uffff", "𐀀", "a", "d"]);
    expect((await readTensor(payload!, header.tensors.get("a")!)).dtype).toBe("float32");
  });

  test("knows its size, and comes as views of large arrays with small ones gathered", async () => {
    const large = new Float64Array(3_000_000).fill(1.5);
    const tensors = new Map([["large", new Tensor("float64", [3_000_000], large)]]);
    for (let index = 0; index < 100; index++)
      tensors.set(`small ${index}`, new Tensor("float32", [2], Float32Array.of(index, 1)));
    const encoded = encodeTensors({ tensors });
    const pieces: Uint8Array[] = [];
    for await (const piece of encoded.open()) pieces.push(piece);
    expect(pieces.reduce((size, piece) => size + piece.length, 0)).toBe(encoded.size);
    expect(pieces.map((piece) => piece.buffer === large.buffer)).toEqual([false, true, true, false]);
    expect(pieces.at(-1)?.length).toBe(800);
  });

  test.each<[string, Tensor, string]>([
    ["strings", new Tensor("string", [1], ["a"]), "unsupported"],
    ["__metadata__", new Tensor("uint8", [1], new Uint8Array(1)), "invalid_input"],
    ["half \ud800", new Tensor("uint8", [1], new Uint8Array(1)), "invalid_input"],
    ["half a byte", new Tensor("float4_e2m1fn", [3], new Uint8Array(2)), "invalid_input"],
    ["half a group", new Tensor("float6_e2m3fn", [2], new Uint8Array(2)), "invalid_input"],
  ])("refuses what the format can't hold: %s", (name, tensor, code) => {
    expect(codeOf(() => encodeTensors({ tensors: new Map([[name, tensor]]) }))).toBe(code);
  });
});

describe("what is read", () => {
  test("a file that is not aligned gives copies with the same values", () => {
    const header = '{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}';
    const bytes = file(header.padEnd(61, " "), 8);
    new DataView(bytes.buffer).setFloat64(bytes.length - 8, Math.PI, true);
    const tensor = decodeTensors(bytes).tensors.get("a");
    expect(tensor?.data).toEqual(Float64Array.of(Math.PI));
  });

  test("nothing but a header is a file", async () => {
    expect(decodeTensors(await bytesOf(none))).toEqual({ tensors: new Map(), metadata: new Map() });
    expect(decodeTensors(file("{}")).tensors.size).toBe(0);
  });

  const f32 = (start: unknown, end: unknown, shape: unknown = [2]) => ({
    dtype: "F32",
    shape,
    data_offsets: [start, end],
  });
  test.each<[string, Uint8Array, string]>([
    ["empty", new Uint8Array(), "truncated"],
    ["seven bytes", new Uint8Array(7), "truncated"],
    ["no header", new Uint8Array(8), "malformed"],
    ["a hole at the start", file({ a: f32(8, 16) }, 16), "malformed"],
    ["a hole between", file({ a: f32(0, 8), b: f32(16, 24) }, 24), "malformed"],
    ["bytes after the last", file({ a: f32(0, 8) }, 9), "malformed"],
    ["bytes missing", file({ a: f32(0, 8) }, 7), "truncated"],
    ["an overlap", file({ a: f32(0, 8), b: f32(4, 12) }, 12), "malformed"],
    ["the same bytes twice", file({ a: f32(0, 8), b: f32(0, 8) }, 8), "malformed"],
    ["an empty tensor within another", file({ a: f32(0, 8), b: f32(4, 4, [0]) }, 8), "malformed"],
    ["a size that does not fit", file({ a: f32(0, 8, [3]) }, 8), "malformed"],
    ["a product beyond 2^64", file({ a: f32(0, 0, [2 ** 40, 2 ** 40]) }), "malformed"],
    [
      "a product that wraps to zero",
      file('{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}'),
      "malformed",
    ],
    ["a negative size", file({ a: f32(0, 8, [-2]) }, 8), "malformed"],
    ["a fraction", file({ a: f32(0, 8, [0.5, 4]) }, 8), "malformed"],
    ["an end before the start", file({ a: f32(8, 0) }, 8), "malformed"],
    ["three offsets", file({ a: { dtype: "F32", shape: [], data_offsets: [0, 4, 4] } }, 4), "malformed"],
    ["a tensor that is a list", file({ a: [] }), "malformed"],
    ["no dtype", file({ a: { shape: [], data_offsets: [0, 4] } }, 4), "malformed"],
    ["an unknown dtype", file({ a: { dtype: "F33", shape: [], data_offsets: [0, 4] } }, 4), "unsupported"],
    ["a part of a byte", file({ a: { dtype: "F4", shape: [1], data_offsets: [0, 1] } }, 1), "malformed"],
    [
      "a name twice",
      file(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}',
        1,
      ),
      "malformed",
    ],
    [
      "a name twice, once escaped",
      file(
        String.raw`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}`,
        1,
      ),
      "malformed",
    ],
    ["the name __proto__", file('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1), "malformed"],
    ["metadata that is a number", file({ __metadata__: { a: 1 } }), "malformed"],
    ["metadata that is a text", file({ __metadata__: "a" }), "malformed"],
    ["a list as header", file("[]"), "malformed"],
    ["space before the header", file(" {}"), "malformed"],
    ["a header that is cut", file('{"a":'), "malformed"],
    ["deep nesting", file(`{"a":${"[".repeat(100_000)}`), "malformed"],
  ])("%s is refused", (_, bytes, code) => {
    expect(codeOf(() => decodeTensors(bytes))).toBe(code);
  });

  test.each([1n, 2n ** 31n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, 100_000_001n])("a header length of %s", (length) => {
    const bytes = file("{}", 0);
    new DataView(bytes.buffer).setBigUint64(0, length, true);
    expect(codeOf(() => decodeTensors(bytes))).toBe(
      length === 1n ? "malformed" : length > 100_000_000n ? "limit_exceeded" : "truncated",
    );
  });

  test("limits on bytes and entries hold", async () => {
    const bytes = await bytesOf(new Map([["a", new Tensor("uint8", [1], new Uint8Array(1))]]), new Map([["b", "c"]]));
    expect(codeOf(() => decodeTensors(bytes, { limits: { items: 1 } }))).toBe("limit_exceeded");
    expect(codeOf(() => decodeTensors(bytes, { limits: { bytes: bytes.length - 1 } }))).toBe("limit_exceeded");
    expect(codeOf(() => decodeTensors(bytes, { limits: { items: 2, bytes: bytes.length } }))).toBe("accepted");
  });
});
