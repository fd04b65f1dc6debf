import { fuzzDecoder } from "@modelkeep/testkit";
import { expect, test } from "vitest";

import { inspectPickle, readPickle } from "../src/index.js";
import { goodVectors, hostileVectors, vectorBytes } from "./vectors.js";

const limits = { bytes: 2 ** 24, items: 100_000, time: 1000 };

function seeds(): Uint8Array[] {
  const files = [
    ...goodVectors.map(({ file }) => `good/${file}`),
    ...hostileVectors.map(({ file }) => `hostile/${file}`),
  ];
  return files.map(vectorBytes).filter((bytes) => bytes.length > 0 && bytes.length < 6000);
}

test("mutated files are read or refused", { timeout: 600_000 }, async () => {
  const { accepted, refused, runs } = await fuzzDecoder({
    seeds: seeds(),
    decode: (bytes) => readPickle(bytes, { limits }),
  });
  expect(accepted).toBeLessThan(runs);
  for (const code of ["malformed", "pickle_global", "truncated"]) expect(refused.get(code)).toBeGreaterThan(runs / 100);
});

test("mutated files are scanned and inspected", { timeout: 600_000 }, async () => {
  const decode = (bytes: Uint8Array) => JSON.stringify(inspectPickle(bytes, "model.pkl", { limits }));
  const { accepted, runs } = await fuzzDecoder({ seeds: seeds(), decode, seed: 2 });
  expect(accepted).toBe(runs);
});
