import { dtypes, Tensor, tensorFromBytes } from "@modelkeep/core";
import type { TensorFile } from "@modelkeep/safetensors";
import { type CodecSample, codecSuite, runSuite } from "@modelkeep/testkit";
import { describe, test } from "vitest";

import { kerasCodec } from "../src/index.js";

const known = "bfloat16 bool float16 float32 float64 int16 int32 int64 int8 uint16 uint32 uint64 uint8".split(" ");
const config = JSON.stringify({ module: "keras", class_name: "Sequential", config: { name: "model", layers: [] } });

const samples: readonly CodecSample<TensorFile>[] = [
  {
    name: "one tensor",
    model: { tensors: new Map([["kernel", new Tensor("int8", [3], Int8Array.of(1, -2, 3))]]), metadata: new Map() },
  },
  { name: "none", model: { tensors: new Map(), metadata: new Map() } },
  {
    name: "an architecture alone",
    model: { tensors: new Map(), metadata: new Map([["keras.config", config]]) },
  },
  {
    name: "every element type, a scalar, an empty one, and the architecture",
    model: {
      tensors: new Map([
        ["empty", new Tensor("float32", [0, 3], new Float32Array(0))],
        ...[...dtypes]
          .filter(([dtype]) => known.includes(dtype))
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([dtype, { bits }]): [string, Tensor] => [
            `layers/${dtype}/vars/0`,
            tensorFromBytes(dtype, [2, 4], new Uint8Array(bits).fill(1)),
          ]),
        ["scalar", new Tensor("float64", [], Float64Array.of(-0))],
      ]),
      metadata: new Map([
        ["keras.config", config],
        ["keras.version", "3.15.1"],
        ["keras.backend", "jax"],
      ]),
    },
  },
  {
    name: "more names than one table has",
    model: {
      tensors: new Map(
        Array.from({ length: 700 }, (_, index): [string, Tensor] => [
          `many/${String(index).padStart(4, "0")}`,
          new Tensor("uint8", [1], Uint8Array.of(index % 256)),
        ]),
      ),
      metadata: new Map(),
    },
  },
];

runSuite(codecSuite(kerasCodec(), samples), { describe, test });
