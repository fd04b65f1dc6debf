import { isModelkeepError } from "@modelkeep/core";
import { fuzzDecoder } from "@modelkeep/testkit";
import { describe, expect, test } from "vitest";

import { kerasCodec } from "../src/index.js";
import { architecture, inspect, payloads, vector } from "./support.js";

const codec = kerasCodec();
const full = process.env["MODELKEEP_RELIABILITY"] === "full";
const files = ["edges.weights.h5", "table.h5", "table.keras", "old-weights.h5", "external.weights.h5"];

describe("every file is from a stranger", () => {
  test.each(files)("%s cut anywhere is refused with a typed error", async (name) => {
    const bytes = vector(name);
    const step = full ? 1 : Math.ceil(bytes.length / 400);
    for (let length = 0; length < bytes.length; length += step) {
      const error = await codec.decode(payloads(bytes.slice(0, length))).catch((thrown: unknown) => thrown);
      expect([length, isModelkeepError(error)]).toEqual([length, true]);
    }
  });

  test.each([...files, "table.json"])("%s with bytes behind its end is refused", async (name) => {
    const bytes = vector(name);
    const longer = new Uint8Array(bytes.length + 8).fill(0xff);
    longer.set(bytes);
    const error = await codec.decode(payloads(longer)).catch((thrown: unknown) => thrown);
    expect(isModelkeepError(error)).toBe(true);
  });

  test.each(files)("%s mutated gives a model or a typed error, quickly", async (name) => {
    const runs = full ? 20_000 : 400;
    await fuzzDecoder({ seeds: [vector(name)], decode: async (bytes) => codec.decode(payloads(bytes)), runs });
    await fuzzDecoder({ seeds: [vector(name)], decode: async (bytes) => inspect(bytes), runs: runs / 4, seed: 2 });
  });

  test("every byte of a small file, set to extremes, gives a model or a typed error", async () => {
    const bytes = vector("external-storage.weights.h5");
    const wrong: unknown[] = [];
    for (let at = 0; at < bytes.length; at++)
      for (const value of [0, 0xff, bytes[at]! ^ 1]) {
        const flipped = bytes.slice();
        flipped[at] = value;
        await codec.decode(payloads(flipped)).catch((error: unknown) => {
          if (!isModelkeepError(error)) wrong.push([at, value, error]);
        });
      }
    expect(wrong).toEqual([]);
  });

  test("the limits hold", async () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    const deep = architecture({ class_name: "Sequential", config: nested(300) });
    await expect(codec.decode(payloads(deep))).rejects.toMatchObject({ code: "malformed" });
    for (const name of ["edges.weights.h5", "table.keras", "table.json"])
      await expect(codec.decode(payloads(vector(name)), { limits: { bytes: 1 } })).rejects.toMatchObject({
        code: "limit_exceeded",
      });
    for (const limits of [{ items: 10 }, { depth: 1 }])
      await expect(codec.decode(payloads(vector("edges.weights.h5")), { limits })).rejects.toMatchObject({
        code: "limit_exceeded",
      });
  });

  test("a dataset that announces more than the file could unpack to makes no room for it", async () => {
    // A dataspace of version 1: one dimension of 3, which is also its greatest size. One of them was never written.
    const shape = [1, 1, 1, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0];
    const codes: string[] = [];
    for (const at of findSequence(vector("edges.weights.h5"), shape)) {
      const bytes = vector("edges.weights.h5");
      new DataView(bytes.buffer).setBigUint64(at + 8, 2n ** 40n, true);
      await codec.decode(payloads(bytes)).catch((error: { code: string }) => codes.push(error.code));
    }
    expect(codes.filter((code) => code === "malformed")).toHaveLength(9);
    expect(codes.filter((code) => code === "limit_exceeded")).toHaveLength(1);
  });
});

function findSequence(bytes: Uint8Array, sequence: readonly number[]): readonly number[] {
  const places: number[] = [];
  for (let at = 0; at + sequence.length <= bytes.length; at++)
    if (sequence.every((value, index) => bytes[at + index] === value)) places.push(at);
  return places;
}
