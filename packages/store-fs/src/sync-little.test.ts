import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

import { syncLittle } from "./sync-little.js";

const folder = mkdtempSync(join(tmpdir(), "modelkeep-sync-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** No file has so high a number. */
const closed = 1_000_000;

test("files and folders that are asked for in one turn all end, and each with its own outcome", async () => {
  const files = ["a", "b", "c"].map((name) => openSync(join(folder, name), "wx"));
  for (const file of files) writeSync(file, "bytes");
  const opened = openSync(folder, "r");
  const outcomes = (asked: number[]) =>
    Promise.allSettled(asked.map(syncLittle)).then((all) => all.map(({ status }) => status));
  expect(await outcomes([...files, opened])).toEqual(["fulfilled", "fulfilled", "fulfilled", "fulfilled"]);
  expect(await outcomes([closed, ...files])).toEqual(["rejected", "fulfilled", "fulfilled", "fulfilled"]);
  expect(await outcomes([...files, closed])).toEqual(["fulfilled", "fulfilled", "fulfilled", "rejected"]);
  expect(await outcomes([closed])).toEqual(["rejected"]);
  expect(await outcomes([opened])).toEqual(["fulfilled"]);
  for (const file of [...files, opened]) closeSync(file);
});
