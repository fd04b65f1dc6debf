import { collectPayloads, memoryPayloads } from "@modelkeep/core";
import { differenceOf, fuzzDecoder, stateSamples } from "@modelkeep/testkit";
import { arbitraryModelState } from "@modelkeep/testkit/arbitrary";
import fc from "fast-check";
import { expect, test } from "vitest";

import { msgpackCodec } from "../src/index.js";

const codec = msgpackCodec();

test("any model state comes back as it was", async () => {
  const property = fc.asyncProperty(arbitraryModelState, async (model) => {
    const again = await codec.decode(await collectPayloads(await codec.encode(model)));
    expect(differenceOf(again, model)).toBeUndefined();
  });
  await fc.assert(property, { numRuns: 1000, seed: 2026 });
});

test("mutated files give a model or a typed error", { timeout: 600_000 }, async () => {
  const seeds: Uint8Array[] = [];
  for (const { model } of stateSamples()) {
    const [main] = await collectPayloads(await codec.encode(model));
    if (main !== undefined && main.size < 8000) seeds.push(await main.bytes());
  }
  const path = `model${codec.extensions[0]}`;
  const decode = (bytes: Uint8Array) => codec.decode(memoryPayloads([{ path, bytes }]));
  const { accepted, refused, runs } = await fuzzDecoder({ seeds, decode });
  expect(accepted).toBeLessThan(runs);
  expect(refused.get("malformed")).toBeGreaterThan(runs / 4);
});
