import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, test } from "vitest";

import { createPlugin, type PluginKind } from "../src/index.js";

const base = mkdtempSync(join(tmpdir(), "modelkeep-plugin-"));
afterAll(() => rmSync(base, { recursive: true }));
const root = new URL("../../../", import.meta.url).pathname;

/** The packages of this repository, as if they were installed. */
function installed(folder: string): void {
  mkdirSync(join(folder, "node_modules/@modelkeep"), { recursive: true });
  for (const name of ["core", "testkit"])
    symlinkSync(join(root, "packages", name), join(folder, "node_modules/@modelkeep", name), "junction");
  mkdirSync(join(folder, "node_modules/@types"));
  symlinkSync(join(root, "node_modules/@types/node"), join(folder, "node_modules/@types/node"), "junction");
}

describe.each<PluginKind>(["codec", "store"])("a new %s", (kind) => {
  test("compiles, and its conformance test passes at once", async () => {
    const folder = join(base, `modelkeep-${kind}-my-${kind}`);
    const created = await createPlugin(folder, { kind });
    expect(created.name).toBe(`my-${kind}`);
    expect(created.files).toContain(join("src", `my-${kind}-${kind}.ts`));
    installed(folder);
    execFileSync(join(root, "node_modules/.bin/tsc"), { cwd: folder, shell: process.platform === "win32" });
    const said = execFileSync(process.execPath, ["--test", "--test-reporter=tap", "dist/test/conformance.test.js"], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(said).toMatch(/# fail 0/);
    expect(Number(/# tests (\d+)/.exec(said)?.[1])).toBeGreaterThan(10);
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name: string };
    expect(manifest.name).toBe(`modelkeep-${kind}-my-${kind}`);
    for (const file of created.files)
      expect(readFileSync(join(folder, file), "utf8")).not.toMatch(/_VERSION|\bexample[A-Z]/);
  });
});

test("a folder with files in it is left as it is; a bad name is refused before anything is written", async () => {
  const folder = join(base, "taken");
  mkdirSync(folder);
  writeFileSync(join(folder, "mine.txt"), "mine");
  await expect(createPlugin(folder, { kind: "codec" })).rejects.toMatchObject({ code: "already_exists" });
  await expect(createPlugin(join(base, "Bad Name"), { kind: "codec" })).rejects.toMatchObject({ code: "invalid_name" });
  await expect(createPlugin(join(base, "1"), { kind: "codec" })).rejects.toMatchObject({ code: "invalid_name" });
});
