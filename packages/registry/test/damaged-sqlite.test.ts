import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isModelkeepError, memorySource } from "@modelkeep/core";
import { sqliteStore } from "@modelkeep/store-sqlite";
import { randomNumbers } from "@modelkeep/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";

import type { CheckReport } from "../src/index.js";
import { scratchRoot } from "./support/backends.js";
import { count } from "./support/counts.js";
import { openLines } from "./support/registry.js";
import { Line } from "./support/toy.js";

const files = process.env["MODELKEEP_RELIABILITY"] === "full" ? 5000 : 60;
const models = 12;
const pageSize = 8192;

const folder = mkdtempSync(join(scratchRoot(), "modelkeep-damaged-"));
const whole = join(folder, "whole.db");
const damaged = join(folder, "damaged.db");

beforeAll(async () => {
  const store = sqliteStore(whole);
  const registry = await openLines(store);
  for (let index = 0; index < models; index++) {
    await registry.save(`model-${index}`, { model: new Line(index), tags: { text: "x".repeat(2000) } });
    await registry.save(`model-${index}`, { files: [memorySource("weights.bin", new Uint8Array(20_000).fill(index))] });
  }
  await store[Symbol.asyncDispose]?.();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What `check` says of the file; the error's code where it can't be opened as a registry at all. */
async function checked(): Promise<CheckReport | string> {
  const store = sqliteStore(damaged);
  try {
    const registry = await openLines(store, { readOnly: true });
    return await registry.check({ full: true });
  } catch (error) {
    if (isModelkeepError(error, "malformed") || isModelkeepError(error, "unknown_format_version")) return error.code;
    throw error;
  } finally {
    await store[Symbol.asyncDispose]?.();
  }
}

it(
  `of damaged SQLite files, check lists what it can and names the rest: ${files} files`,
  { timeout: 3_600_000 },
  async () => {
    copyFileSync(whole, damaged);
    const expected = (await checked()) as CheckReport;
    expect(expected).toMatchObject({ ok: true, models, versions: models * 2 });
    const bytes = readFileSync(whole);
    const tally = { "can't be opened": 0, unharmed: 0, "faults, and all models": 0, "faults, and fewer models": 0 };
    for (let seed = 1; seed <= files; seed++) {
      const pick = randomNumbers(seed);
      const below = (limit: number) => Math.floor(pick() * limit);
      const changed = Uint8Array.from(bytes);
      // A few bytes of one page, a page that was never written, or the end that is cut off.
      const page = below(bytes.length / pageSize) * pageSize;
      const way = seed % 4;
      if (way === 3) changed.fill(0, page, page + pageSize);
      else if (way < 2)
        for (let times = below(8); times >= 0; times--) changed[page + below(pageSize)]! ^= 1 << below(8);
      writeFileSync(damaged, way === 2 ? changed.subarray(0, page + below(pageSize)) : changed);
      const report = await checked();
      const passed = typeof report !== "string" && report.ok;
      expect(passed ? report : expected, `file ${seed}`).toEqual(expected);
      if (typeof report === "string") tally["can't be opened"]++;
      else if (report.ok) tally.unharmed++;
      else tally[report.models === models ? "faults, and all models" : "faults, and fewer models"]++;
    }
    for (const [what, times] of Object.entries(tally)) count(what, times);
    expect(tally["faults, and all models"]).toBeGreaterThan(0);
    expect(tally["faults, and fewer models"]).toBeGreaterThan(0);
  },
);
