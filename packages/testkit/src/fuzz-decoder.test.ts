import { ModelkeepError } from "@modelkeep/core";
import { describe, expect, test } from "vitest";

import { fuzzDecoder } from "./fuzz-decoder.js";
import { mutate, randomNumbers } from "./fuzz-mutate.js";

const seeds = [new TextEncoder().encode('{"length": 12, "name": "a"}'), new Uint8Array(100)];
const refuse = (): never => {
  throw new ModelkeepError("malformed", "No");
};

test("the same seed tries the same files", async () => {
  const files = async (seed: number) => {
    const seen: string[] = [];
    await fuzzDecoder({ seeds, runs: 50, seed, decode: (bytes) => seen.push(bytes.join(" ")) });
    return seen;
  };
  expect(await files(7)).toEqual(await files(7));
  expect(await files(7)).not.toEqual(await files(8));
});

test("the result counts what was accepted and refused, and seeds stay as they are", async () => {
  const before = seeds.map((seed) => [...seed]);
  const decode = (bytes: Uint8Array) => (bytes.length % 2 === 0 ? refuse() : bytes.fill(0));
  const { runs, accepted, refused } = await fuzzDecoder({ seeds, decode, runs: 500 });
  expect(runs).toBe(500);
  expect(accepted + (refused.get("malformed") ?? 0)).toBe(500);
  expect(accepted).toBeGreaterThan(50);
  expect(seeds.map((seed) => [...seed])).toEqual(before);
});

test("mutations change lengths, bits and order, and reach nothing outside of the copy", () => {
  const random = randomNumbers(3);
  const seed = Uint8Array.from({ length: 64 }, (_, index) => index);
  const results = Array.from({ length: 300 }, () => mutate(seed, random));
  expect(new Set(results.map((bytes) => bytes.length)).size).toBeGreaterThan(20);
  expect(new Set(results.map(String)).size).toBeGreaterThan(250);
  expect(mutate(new Uint8Array(0), random)).toBeInstanceOf(Uint8Array);
});

describe("it finds a decoder that", () => {
  const after = (count: number, fault: () => unknown) => {
    let calls = 0;
    return () => (calls++ < count ? refuse() : fault());
  };
  test.each<[string, (bytes: Uint8Array) => unknown, string]>([
    ["throws what is not typed", after(100, () => new Uint8Array(-1)), "RangeError"],
    ["rejects with what is not typed", after(100, async () => Promise.reject(new SyntaxError("no"))), "SyntaxError"],
    ["never answers", after(10, () => new Promise(() => {})), "no answer after 60 ms"],
    ["takes too long", after(10, () => wait(80)), "took"],
    ["pollutes prototypes", after(10, () => Object.assign(Object.prototype, { polluted: 1 })), "polluted"],
  ])("%s", async (_, decode, message) => {
    await expect(fuzzDecoder({ seeds, decode, runs: 200, time: 60 })).rejects.toThrow(message);
    expect(Reflect.ownKeys(Object.prototype)).not.toContain("polluted");
  });
});

function wait(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}
