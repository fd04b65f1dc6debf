import { Tensor, tensorFromBytes, dtypes } from "@modelkeep/core";
import type { TensorFile } from "@modelkeep/safetensors";
import { type CodecSample, codecSuite, runSuite } from "@modelkeep/testkit";
import { describe, test } from "vitest";

import { torchCodec } from "../src/index.js";

const known = "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool complex64 complex128".split(" ");
const samples: readonly CodecSample<TensorFile>[] = [
  {
    name: "one tensor",
    model: { tensors: new Map([["weight", new Tensor("int8", [3], Int8Array.of(1, -2, 3))]]), metadata: new Map() },
  },
  { name: "none", model: { tensors: new Map(), metadata: new Map([["note", "nothing"]]) } },
  {
    name: "every element type, a scalar, an empty one, and texts beside them",
    model: {
      tensors: new Map([
        ...[...dtypes]
          .filter(([dtype]) => known.includes(dtype))
          .map(([dtype, { bits }]): [string, Tensor] => [
            `layer.${dtype}`,
            tensorFromBytes(dtype, [2, 4], new Uint8Array(bits).fill(1)),
          ]),
        ["scalar", new Tensor("float64", [], Float64Array.of(-0))],
        ["empty", new Tensor("float32", [0, 3], new Float32Array(0))],
      ]),
      metadata: new Map([["épreuve", "third"]]),
    },
  },
];

runSuite(codecSuite(torchCodec(), samples), { describe, test });
