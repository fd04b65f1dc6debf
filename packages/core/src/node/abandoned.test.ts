import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, expect, test } from "vitest";

import { partialOf, temporaryFolder } from "./abandoned.js";
import { writeNewFile } from "./new-file.js";

const base = mkdtempSync(join(tmpdir(), "modelkeep-abandoned-"));
const before = process.env["TMPDIR"];
afterEach(() => {
  if (before === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = before;
  rmSync(base, { recursive: true, force: true });
});
const old = (path: string) => utimesSync(path, Date.now() / 1000 - 90_000, Date.now() / 1000 - 90_000);

test("a file's writer removes what earlier ones left, and nothing of those that may be at work", async () => {
  mkdirSync(base, { recursive: true });
  const file = join(base, "model.zip");
  const [killed, running, another] = [partialOf(file), partialOf(file), partialOf(join(base, "model.zip.old"))];
  const folder = partialOf(file);
  mkdirSync(folder);
  const within = ["a.bin", "b.bin"].map((name) => join(folder, name));
  for (const path of [killed, running, another, ...within]) writeFileSync(path, "half");
  // A folder of which one file is still written.
  for (const path of [killed, another, within[0]!, folder]) old(path);
  async function* whole() {
    yield new TextEncoder().encode("whole");
  }
  await writeNewFile(file, whole());
  expect([killed, running, another, folder].map((path) => existsSync(path))).toEqual([false, true, true, true]);
  old(within[1]!);
  old(folder);
  await writeNewFile(file, whole(), { overwrite: true });
  expect(readdirSync(base)).toHaveLength(3);
});

test.skipIf(process.platform === "win32")(
  "temporary folders go with their processes, or a day later (not on win32)",
  async () => {
    mkdirSync(base, { recursive: true });
    process.env["TMPDIR"] = base;
    const gone = spawnSync(process.execPath, ["-e", ""]).pid;
    const [killed, young, another] = [`verify-${gone}-Killed`, `verify-${gone}-Yyoung`, `import-${gone}-Import`].map(
      (name) => join(base, `modelkeep-${name}`),
    ) as [string, string, string];
    for (const path of [killed, young, another]) mkdirSync(path);
    const running = await temporaryFolder("verify");
    writeFileSync(join(killed, "model.onnx"), "a model");
    for (const path of [join(killed, "model.onnx"), killed, another, running.path]) old(path);
    {
      await using fresh = await temporaryFolder("verify");
      const there = [killed, young, another, running.path, fresh.path].map((path) => existsSync(path));
      expect(there).toEqual([false, true, true, true, true]);
    }
    expect(readdirSync(base)).toHaveLength(3);
  },
);
