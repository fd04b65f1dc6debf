import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { randomNumbers } from "@modelkeep/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { eachOf } from "../src/blobs.js";
import { backupRegistry } from "../src/index.js";
import { fill, scratchRoot } from "./support/backends.js";
import { bundle } from "./support/bundle.js";
import { count } from "./support/counts.js";
import { expectKept } from "./support/expect-kept.js";
import { type Kind, kinds } from "./support/killed-store.js";
import { type KillTask, tasks } from "./support/kill-tasks.js";
import { expireLeases, leftovers } from "./support/leftovers.js";
import { prepared } from "./support/operations.js";
import { openLines } from "./support/registry.js";

/** A good part of all calls in full; otherwise one call of some tasks; the same in each run. */
const thorough = process.env["MODELKEEP_RELIABILITY"] === "full";
const [tasksTried, callsTried] = thorough ? [1, 0.4] : [0.3, 0];
/** Processes at a time. */
const width = 6;

describe.each(Object.keys(kinds) as Kind[])("processes that are killed (SIGKILL) at any of their calls: %s", (kind) => {
  const root = mkdtempSync(join(scratchRoot(), "modelkeep-killed-"));
  const pick = randomNumbers(kind.length);
  let script: string;

  beforeAll(async () => {
    script = await bundle(new URL("./kill-process.ts", import.meta.url));
    mkdirSync(join(root, "template"));
    const [models, backup] = ["models", "backup"].map((place) => kinds[kind](join(root, "template", place)));
    await fill(models!, await prepared());
    await backupRegistry(models!, backup!);
    for (const store of [models!, backup!]) await store[Symbol.asyncDispose]?.();
  });
  afterAll(() => {
    rmSync(root, { recursive: true });
    rmSync(script, { force: true });
  });

  const place = (name: string): string => {
    const folder = join(root, name);
    cpSync(join(root, "template"), folder, { recursive: true });
    return folder;
  };

  it.each(tasks)("$name", { timeout: 3_600_000 }, async (task) => {
    const [chosen, at] = [pick(), pick()];
    if (chosen >= tasksTried) return;
    const whole = await runChild(script, kind, place(`${task.name} whole`), task, Infinity);
    const total = whole.calls!;
    expect(total).toBeGreaterThan(3);
    const points = [...Array(total).keys()].filter((call) => call === Math.floor(at * total) || pick() < callsTried);
    await eachOf(points, width, async (after, index) => {
      const folder = place(`${task.name} ${index}`);
      const { calls } = await runChild(script, kind, folder, task, after);
      await expectRecovers(kind, folder, task, calls !== undefined, `killed after ${after} of ${total} calls`);
      rmSync(folder, { recursive: true });
    });
    count("kills", points.length);
  });
});

async function expectRecovers(
  kind: Kind,
  folder: string,
  task: KillTask,
  acknowledged: boolean,
  where: string,
): Promise<void> {
  const open = (name: string) => kinds[kind](join(folder, name));
  const models = open("models");
  const registry = await openLines(models);
  expect((await registry.check({ full: true })).problems, where).toEqual([]);
  await expectKept(registry, where);

  const store = task.place === "models" ? models : open(task.place);
  const there = await openLines(store, { readOnly: task.place !== "models" });
  const problems = (await there.check({ full: true })).problems.filter((each) => each.where !== "registry.json");
  expect(problems, where).toEqual([]);
  expect(!acknowledged || (await task.done(there)), `${where}: acknowledged and lost`).toBe(true);

  await expireLeases(models);
  await registry.collectGarbage({ graceSeconds: 0 });
  expect(await leftovers(registry), `${where}: left behind`).toEqual([]);
  await task.run((name) => (name === "models" ? models : open(name)), { begin: () => undefined, end: () => undefined });
  const after = await openLines(store, { readOnly: task.place !== "models" });
  expect(await task.done(after), `${where}: again`).toBe(true);
  expect((await after.check({ full: true })).problems, where).toEqual([]);
  for (const each of [models, store]) await each[Symbol.asyncDispose]?.();
}

/** How many calls the task took if it came to its end; otherwise the process was killed before. */
function runChild(
  script: string,
  kind: Kind,
  folder: string,
  task: KillTask,
  after: number,
): Promise<{ calls: number | undefined }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, kind, folder, task.name, String(after)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let told = "";
    let complaint = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (told += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const match = /^acknowledged (\d+)$/mu.exec(told);
      if (signal !== "SIGKILL" && code !== 0) reject(new Error(`The process ended with ${code}: ${complaint}`));
      else resolve({ calls: match === null ? undefined : Number(match[1]) });
    });
  });
}
