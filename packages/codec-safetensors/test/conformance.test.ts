import { dtypes, Tensor, tensorFromBytes } from "@modelkeep/core";
import { nameOfDType, type TensorFile } from "@modelkeep/safetensors";
import { type CodecSample, codecSuite, runSuite, stateSamples } from "@modelkeep/testkit";
import { describe, test } from "vitest";

import { safetensorsCodec, type SafetensorsModel } from "../src/index.js";

const foreign: TensorFile = {
  tensors: new Map(
    [...dtypes]
      .filter(([dtype]) => nameOfDType(dtype) !== undefined)
      .map(([dtype, { bits }]) => [`layer.${dtype}`, tensorFromBytes(dtype, [2, 4], new Uint8Array(bits).fill(bits))]),
  ),
  metadata: new Map([["format", "pt"]]),
};
const samples: readonly CodecSample<SafetensorsModel>[] = [
  {
    name: "a tensor under a name",
    model: { tensors: new Map([["a", new Tensor("int8", [1], Int8Array.of(1))]]), metadata: new Map() },
  },
  ...stateSamples(),
  { name: "a file of somebody else's", model: foreign },
];

runSuite(codecSuite(safetensorsCodec(), samples), { describe, test });
