import { collectPayloads, isModelkeepError, memoryPayloads, type ModelState, Tensor } from "@modelkeep/core";
import { describe, expect, test } from "vitest";

import { checkItems } from "./check-items.js";
import { jsonCodec, type JsonEncodeOptions } from "./index.js";

const codec = jsonCodec();
const model = (state: ModelState["state"]): ModelState => ({ flavor: "test", type: "thing", version: 1, state });

async function textOf(state: ModelState["state"], options: JsonEncodeOptions = {}): Promise<string> {
  const files = await collectPayloads(await codec.encode(model(state), options));
  const text = new TextDecoder().decode(await files.main.bytes());
  return text.slice(text.indexOf('"state": ') + 9, -3);
}

describe("what is written", () => {
  test("reads well: one key per line, lists of plain values on one", async () => {
    expect(await textOf({ mean: [1, 0.5], inner: { list: [[1], ["a"]], none: null, empty: {} } })).toBe(`{
    "mean": [1, 0.5],
    "inner": {
      "list": [
        [1],
        ["a"]
      ],
      "none": null,
      "empty": {}
    }
  }`);
  });

  test("keeps small tensors as numbers, a row per line, in the shortest form of their dtype", async () => {
    const matrix = new Tensor("float32", [2, 2], Float32Array.of(0.1, 1 / 3, -0, Infinity));
    expect(await textOf(matrix)).toBe(
      '{ "$tensor": { "dtype": "float32", "shape": [2, 2], "data": [\n    0.1, 0.33333334,\n    -0.0, "Infinity"\n  ] } }',
    );
    const long = new Tensor("int64", [2], BigInt64Array.of(3n, 2n ** 60n));
    expect(await textOf(long)).toBe(
      '{ "$tensor": { "dtype": "int64", "shape": [2], "data": [3, "1152921504606846976"] } }',
    );
  });

  test("takes base64 for larger ones, when asked, and where numbers would lose bits", async () => {
    const bytes = new Tensor("uint8", [3], Uint8Array.of(1, 2, 255));
    const base64 = '{ "$tensor": { "dtype": "uint8", "shape": [3], "base64": "AQL/" } }';
    expect(await textOf(bytes, { tensors: "base64" })).toBe(base64);
    expect(await textOf(new Tensor("uint8", [300], new Uint8Array(300)))).toContain('"base64"');
    expect(await textOf(new Tensor("uint8", [300], new Uint8Array(300)), { tensors: "numbers" })).toContain('"data"');
    const message = new Tensor("float64", [1], new Float64Array(BigUint64Array.of(0x7ff8_0000_0000_0001n).buffer));
    expect(await textOf(message)).toContain('"base64"');
    expect(await textOf(new Tensor("bool", [1], Uint8Array.of(2)))).toContain('"base64"');
  });

  test("comes in pieces", async () => {
    const large = new Tensor("float64", [500_000], new Float64Array(500_000).fill(Math.E));
    for (const tensors of ["numbers", "base64"] as const) {
      const [source] = await codec.encode(model([large]), { tensors });
      const sizes: number[] = [];
      for await (const piece of source!.open()) sizes.push(piece.length);
      expect(sizes.length).toBeGreaterThan(4);
      expect(Math.max(...sizes)).toBeLessThan(2 ** 21);
    }
  });

  test("is refused when it would be longer than any text, before anything is written", async () => {
    const huge = new Tensor("uint8", [420_000_000], new Uint8Array(420_000_000));
    await expect(codec.encode(model(huge))).rejects.toMatchObject({ code: "limit_exceeded" });
  });
});

describe("limits", () => {
  const codeOf = async (text: string, limits: object): Promise<string> => {
    const bytes = new TextEncoder().encode(text);
    try {
      await codec.decode(memoryPayloads([{ path: "model.json", bytes }]), { limits });
      return "accepted";
    } catch (error) {
      return isModelkeepError(error) ? error.code : String(error);
    }
  };
  const document = (state: string) =>
    `{"format": "modelkeep.state/1", "flavor": "a", "type": "b", "version": 1, "state": ${state}}`;

  test("on values, bytes and depth", async () => {
    const list = document(`[${"1,".repeat(999)}1]`);
    expect(await codeOf(list, { items: 500 })).toBe("limit_exceeded");
    expect(await codeOf(list, { items: 1100 })).toBe("accepted");
    expect(await codeOf(list, { bytes: 100 })).toBe("limit_exceeded");
    expect(await codeOf(document("[[[]]]"), { depth: 3 })).toBe("malformed");
  });

  test("commas and brackets within texts are no values", () => {
    const text = new TextEncoder().encode(String.raw`["a,[{\",\\","b,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,"]`);
    expect(() => checkItems(text, 3)).not.toThrow();
    expect(() => checkItems(text, 2)).toThrow("more than 2 values");
    expect(() => checkItems(new TextEncoder().encode('["never closed,,,,,'), 2)).not.toThrow();
  });
});

test("what is in it is told by name, dtype and shape", async () => {
  const state = { a: [new Tensor("int8", [2], new Int8Array(2))], b: new Tensor("string", [1], ["x"]) };
  const inspection = await codec.inspect?.(await collectPayloads(await codec.encode(model(state))));
  expect(inspection).toMatchObject({
    summary: "JSON: thing of test, tensors: 2, elements: 3",
    tensors: [
      { name: "a.0", dtype: "int8", shape: [2] },
      { name: "b", dtype: "string", shape: [1] },
    ],
  });
});
