import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { bundleFaults } from "./browser-bundle.js";

const folder = mkdtempSync(join(tmpdir(), "bundle-"));
afterEach(() => rmSync(folder, { recursive: true }));

test("a module that uses Node does not pass for a browser's", async () => {
  writeFileSync(join(folder, "plain.js"), "export const a = 1;");
  writeFileSync(join(folder, "node.js"), `export { readFileSync } from "node:fs"; export * from "./plain.js";`);
  expect(await bundleFaults(join(folder, "plain.js"))).toEqual([]);
  expect(await bundleFaults(join(folder, "node.js"))).toEqual([expect.stringMatching(/node:fs/)]);
});
