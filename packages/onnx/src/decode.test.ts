import { isModelkeepError, Tensor } from "@modelkeep/core";
import { describe, expect, it } from "vitest";

import {
  decodeModel,
  decodeTensor,
  encodeModel,
  encodeModelBytes,
  fromOnnxTensor,
  graphBuilder,
  type OnnxModel,
  type OnnxTensor,
  toOnnxTensor,
} from "./index.js";

function model(weights: Tensor): OnnxModel {
  const b = graphBuilder();
  b.output("y", b.constant(weights, "w"), weights.dtype, weights.shape);
  return b.build();
}

const code = (action: () => unknown): string | undefined => {
  try {
    action();
    return undefined;
  } catch (error) {
    return isModelkeepError(error) ? error.code : String(error);
  }
};

describe("decodeModel", () => {
  it("gives large data as views on the file", () => {
    const bytes = encodeModelBytes(model(new Tensor("uint8", [1000], new Uint8Array(1000))));
    expect(decodeModel(bytes).graph!.initializer[0]!.rawData!.buffer).toBe(bytes.buffer);
  });

  it("writes what it has read, to the byte", () => {
    const bytes = encodeModelBytes(model(new Tensor("string", [2], ["a", "ß"])));
    expect(encodeModelBytes(decodeModel(bytes))).toEqual(bytes);
  });

  it("counts what it reads: many empty messages are refused before they fill the memory", () => {
    const nodes = new Uint8Array(2_000_000).map((_, at) => (at % 2 === 0 ? 0x0a : 0));
    const length = [0x80, 0x89, 0x7a];
    const bytes = Uint8Array.from([8, 10, 0x42, 2, 0x10, 21, 0x3a, ...length, ...nodes]);
    expect(code(() => decodeModel(bytes))).toBe(undefined);
    expect(code(() => decodeModel(bytes, { limits: { items: 100_000 } }))).toBe("limit_exceeded");
  });

  it("refuses to write what nobody could read", () => {
    let graph = model(new Tensor("float64", [], Float64Array.of(1))).graph!;
    for (let depth = 0; depth < 200; depth++) {
      const attribute = [{ name: "body", type: 5, g: graph }];
      graph = { ...graph, node: [{ input: [], output: [], opType: "If", attribute }] };
    }
    expect(code(() => encodeModel({ opsetImport: [], graph }))).toBe("limit_exceeded");
  });
});

describe("tensors", () => {
  it.each<[string, OnnxTensor, Tensor]>([
    [
      "float_data",
      { dims: [2], dataType: 1, floatData: Float32Array.of(1, 2) },
      new Tensor("float32", [2], Float32Array.of(1, 2)),
    ],
    [
      "int32_data of int8",
      { dims: [2], dataType: 3, int32Data: Int32Array.of(-1, 2) },
      new Tensor("int8", [2], Int8Array.of(-1, 2)),
    ],
    [
      "int32_data of float16",
      { dims: [1], dataType: 10, int32Data: Int32Array.of(0xbc00) },
      new Tensor("float16", [1], Uint16Array.of(0xbc00)),
    ],
    [
      "int32_data of int4",
      { dims: [3], dataType: 22, int32Data: Int32Array.of(0xf1, 0x02) },
      new Tensor("int4", [3], Uint8Array.of(0xf1, 0x02)),
    ],
    [
      "int32_data of float6",
      { dims: [2], dataType: 27, int32Data: Int32Array.of(0x3f, 0x21) },
      new Tensor("float6_e2m3fn", [2], Uint8Array.of(0x7f, 0x08)),
    ],
    [
      "uint64_data of uint32",
      { dims: [1], dataType: 12, uint64Data: BigUint64Array.of(4294967295n) },
      new Tensor("uint32", [1], Uint32Array.of(4294967295)),
    ],
    ["no data at all", { dims: [0, 3], dataType: 11 }, new Tensor("float64", [0, 3], new Float64Array(0))],
  ])("are read from %s", (_, stored, wanted) => {
    const tensor = fromOnnxTensor(stored);
    expect([tensor.dtype, tensor.shape, tensor.data]).toEqual([wanted.dtype, wanted.shape, wanted.data]);
  });

  it.each<[string, OnnxTensor, string]>([
    ["too little data", { dims: [3], dataType: 11, rawData: new Uint8Array(16) }, "malformed"],
    ["typed data of another length", { dims: [3], dataType: 3, int32Data: Int32Array.of(1) }, "malformed"],
    ["strings as raw data", { dims: [1], dataType: 8, rawData: new Uint8Array(1) }, "malformed"],
    ["strings that are not UTF-8", { dims: [1], dataType: 8, stringData: [Uint8Array.of(0xff)] }, "malformed"],
    ["an unknown type", { dims: [1], dataType: 77, rawData: new Uint8Array(8) }, "unsupported"],
    ["bytes elsewhere", { dims: [1], dataType: 11, dataLocation: 1 }, "not_found"],
    ["segments", { dims: [1], dataType: 11, segment: {}, rawData: new Uint8Array(8) }, "unsupported"],
  ])("with %s are refused", (_, stored, wanted) => {
    expect(code(() => fromOnnxTensor(stored))).toBe(wanted);
  });

  it("stand alone in .pb files", () => {
    const stored = toOnnxTensor("x", new Tensor("float32", [1], Float32Array.of(0.5)));
    // dims 1, data_type FLOAT, raw_data 00 00 00 3f, name "x".
    const bytes = Uint8Array.of(0x08, 1, 0x10, 1, 0x4a, 4, 0, 0, 0, 0x3f, 0x42, 1, 0x78);
    expect(decodeTensor(bytes)).toEqual(stored);
  });
});
