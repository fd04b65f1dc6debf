import { Tensor, tensorFromBytes } from "@modelkeep/core";
import type { CodecSample } from "@modelkeep/testkit";

import { type GgufFile, type GgufValue, QuantizedTensor } from "../src/index.js";

/** Small ones, so that no float among them is NaN. */
const bytesOf = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 31) % 119);

export const everyValue: ReadonlyMap<string, GgufValue> = new Map<string, GgufValue>([
  ["general.architecture", { type: "string", value: "llama" }],
  ["a.uint8", { type: "uint8", value: 255 }],
  ["a.int8", { type: "int8", value: -128 }],
  ["a.uint16", { type: "uint16", value: 65_535 }],
  ["a.int16", { type: "int16", value: -1 }],
  ["a.uint32", { type: "uint32", value: 2 ** 32 - 1 }],
  ["a.int32", { type: "int32", value: -(2 ** 31) }],
  ["a.float32", { type: "float32", value: Number.NaN }],
  ["a.float64", { type: "float64", value: -0 }],
  ["a.bool", { type: "bool", value: true }],
  ["a.uint64", { type: "uint64", value: 2n ** 64n - 1n }],
  ["a.int64", { type: "int64", value: -(2n ** 63n) }],
  ["a.texts", { type: "array", items: "string", value: ["<s>", "", "é"] }],
  ["a.floats", { type: "array", items: "float32", value: Float32Array.of(0.1, Infinity) }],
  ["a.bools", { type: "array", items: "bool", value: Uint8Array.of(0, 1) }],
  ["a.large", { type: "array", items: "uint64", value: BigUint64Array.of(2n ** 64n - 1n) }],
  [
    "a.arrays",
    {
      type: "array",
      items: "array",
      value: [
        { type: "array", items: "int16", value: Int16Array.of(-1, 1) },
        { type: "array", items: "string", value: [] },
      ],
    },
  ],
]);

const everyTensor: GgufFile["tensors"] = new Map<string, Tensor | QuantizedTensor>([
  ...(["float32", "float16", "bfloat16", "float64", "int8", "int16", "int32", "int64"] as const).map(
    (dtype): [string, Tensor] => {
      const width = Number(/\d+$/u.exec(dtype)![0]) / 8;
      return [`layer.${dtype}`, tensorFromBytes(dtype, [2, 3], bytesOf(6 * width))];
    },
  ),
  ["scalar", new Tensor("float32", [], Float32Array.of(-0))],
  ["empty", new Tensor("float32", [0, 3], new Float32Array(0))],
  ["blocks", new QuantizedTensor("Q4_K", [3, 256], bytesOf(3 * 144))],
  ["opaque", new QuantizedTensor("IQ2_XXS", [1, 2, 256], bytesOf(2 * 66))],
]);

const small: GgufFile = {
  byteOrder: "little",
  metadata: new Map([["general.architecture", { type: "string", value: "test" }]]),
  tensors: new Map([["weight", new Tensor("int8", [3], Int8Array.of(1, -2, 3))]]),
};

export const samples: readonly CodecSample<GgufFile>[] = [
  { name: "one tensor", model: small },
  { name: "nothing", model: { byteOrder: "little", metadata: new Map(), tensors: new Map() } },
  {
    name: "blocks, aligned to 8 bytes",
    model: {
      byteOrder: "little",
      metadata: new Map([["general.alignment", { type: "uint32", value: 8 }]]),
      tensors: new Map<string, Tensor | QuantizedTensor>([
        ["a", new QuantizedTensor("Q4_0", [2, 32], bytesOf(36))],
        ["b", new Tensor("float64", [1], Float64Array.of(0.5))],
      ]),
    },
  },
  { name: "every type", model: { byteOrder: "little", metadata: everyValue, tensors: everyTensor } },
  { name: "every type, big-endian", model: { byteOrder: "big", metadata: everyValue, tensors: everyTensor } },
];
