import { checkStore, storeCases } from "@modelkeep/testkit";
import { describe, expect, test } from "vitest";
import { memoryStore } from "../src/index.js";
import { brokenListing, brokenNaming } from "./broken-listing.js";
import { brokenReading } from "./broken-reading.js";
import { brokenWriting } from "./broken-writing.js";

const breakages = [...brokenWriting, ...brokenReading, ...brokenNaming, ...brokenListing];
const race = { writers: 8, increments: 10 };

describe("every broken promise is noticed", () => {
  test.each(breakages)("a store that $what", { timeout: 60_000 }, async ({ open, noticedBy }) => {
    const found = storeCases.find(({ name }) => name === noticedBy);
    await found!.run({ store: memoryStore(), prefix: "", race });
    await expect(found!.run({ store: open(), prefix: "", race })).rejects.toThrow(Error);
  });

  test("and every case of the suite notices one", () => {
    const proved = new Set(breakages.map(({ noticedBy }) => noticedBy));
    expect(storeCases.map(({ name }) => name).filter((name) => !proved.has(name))).toEqual([]);
  });
});

test("a store is checked in a corner of its own, which is empty again afterwards", async () => {
  const store = memoryStore();
  await store.put("mine", new Uint8Array(1));
  const report = await checkStore(store, { prefix: "scratch/", race });
  expect(report.results.filter(({ passed }) => !passed)).toEqual([]);
  expect(report).toMatchObject({ store: "memory", passed: true });
  const left: string[] = [];
  for await (const { key } of store.list("")) left.push(key);
  expect(left).toEqual(["mine"]);
});

test("the report tells what failed, and why", async () => {
  const { open, noticedBy } = breakages.find(({ what }) => what === "shows half of a body")!;
  const told: string[] = [];
  const report = await checkStore(open(), { prefix: "scratch/", race, progress: ({ name }) => told.push(name) });
  expect(report.passed).toBe(false);
  expect(report.results.find(({ name }) => name === noticedBy)).toMatchObject({
    passed: false,
    message: expect.stringMatching(/scratch\/\d+\/half/) as string,
  });
  expect(told).toEqual(storeCases.map(({ name }) => name));
});
