import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { root } from "./workspace.js";

test("an unknown task is refused with the list of tasks, and standard output stays clean", () => {
  const script = join(root, "tooling/bootstrap/run.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "tset"], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^There is no task "tset"\. Tasks: demo, modelkeep, playground, test,/);
});

test("a change in any package is seen, also where a package builds itself", async () => {
  const { sourceFingerprint } = (await import(pathToFileURL(join(root, "tooling/bootstrap/fingerprint.mjs")).href)) as {
    sourceFingerprint: (base: string) => string;
  };
  const base = mkdtempSync(join(tmpdir(), "fingerprint-"));
  for (const file of ["tsconfig.base.json", "turbo.json", "pnpm-lock.yaml"]) writeFileSync(join(base, file), "");
  for (const folder of ["packages/core/src", "apps/cli/src/commands", "tooling/checks/src"])
    mkdirSync(join(base, folder), { recursive: true });
  const prints = ["apps/cli/build.mjs", "apps/cli/src/commands/list.ts", "packages/core/src/index.ts"].map((file) => {
    writeFileSync(join(base, file), "");
    return sourceFingerprint(base);
  });
  writeFileSync(join(base, "packages/core/src/index.test.ts"), "");
  prints.push(sourceFingerprint(base));
  rmSync(base, { recursive: true });
  expect([new Set(prints).size, prints[3]]).toEqual([3, prints[2]]);
});
