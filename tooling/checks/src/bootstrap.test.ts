import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./workspace.js";

test("an unknown task is refused with the list of tasks, and standard output stays clean", () => {
  const script = join(root, "tooling/bootstrap/run.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "tset"], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^There is no task "tset"\. Tasks: demo, modelkeep, playground, test,/);
});
