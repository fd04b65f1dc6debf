import { Tensor, tensorFromBytes, dtypes } from "@modelkeep/core";
import type { TensorFile } from "@modelkeep/safetensors";
import { type CodecSample, codecSuite, runSuite } from "@modelkeep/testkit";
import { describe, test } from "vitest";

import { numpyCodec } from "../src/index.js";

const known =
  "float64 float32 float16 int64 int32 int16 int8 uint64 uint32 uint16 uint8 bool complex64 complex128".split(" ");
const every: TensorFile = {
  tensors: new Map(
    [...dtypes]
      .filter(([dtype]) => known.includes(dtype))
      .map(([dtype, { bits }]) => [`layer.${dtype}`, tensorFromBytes(dtype, [2, 4], new Uint8Array(bits).fill(1))]),
  ),
  metadata: new Map([["made", "here"]]),
};
const one: TensorFile = {
  tensors: new Map([["array", new Tensor("int8", [3], Int8Array.of(1, -2, 3))]]),
  metadata: new Map(),
};
const samples: readonly CodecSample<TensorFile>[] = [
  { name: "one array", model: one },
  { name: "every element type, with texts about them", model: every },
  {
    name: "texts, a scalar and an empty array",
    model: {
      tensors: new Map([
        ["words", new Tensor("string", [2], ["é", "long enough"])],
        ["scalar", new Tensor("float64", [], Float64Array.of(-0))],
        ["empty", new Tensor("float32", [0, 3], new Float32Array(0))],
      ]),
      metadata: new Map(),
    },
  },
];

runSuite(codecSuite(numpyCodec(), samples), { describe, test }, { name: "npz" });
runSuite(codecSuite(numpyCodec({ level: 6 }), samples), { describe, test }, { name: "deflated" });
runSuite(codecSuite(numpyCodec({ form: "npy" }), samples.slice(0, 1)), { describe, test }, { name: "npy" });
