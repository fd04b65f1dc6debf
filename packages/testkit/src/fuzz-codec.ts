import { type Codec, collectPayloads, memoryPayloads } from "@modelkeep/core";

import { stateSamples } from "./codec-state-samples.js";
import { expectTrue } from "./expect.js";
import { fuzzDecoder, type FuzzResult } from "./fuzz-decoder.js";

/** Files larger than this teach no more than small ones, and fewer of them are tried. */
const largest = 8000;

/** Feeds a codec of model states mutated files of its own: each gives a model or a typed error, and many must be `malformed`. */
export async function fuzzCodec(codec: Codec): Promise<FuzzResult> {
  const seeds: Uint8Array[] = [];
  for (const { model } of stateSamples()) {
    const [main] = await collectPayloads(await codec.encode(model));
    if (main !== undefined && main.size < largest) seeds.push(await main.bytes());
  }
  const path = `model${codec.extensions[0]}`;
  const decode = (bytes: Uint8Array) => codec.decode(memoryPayloads([{ path, bytes }]));
  const result = await fuzzDecoder({ seeds, decode });
  const malformed = result.refused.get("malformed") ?? 0;
  expectTrue(malformed > result.runs / 4, `Of ${result.runs} mutated files only ${malformed} were malformed`);
  return result;
}
