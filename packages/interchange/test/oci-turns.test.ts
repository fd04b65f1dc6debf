import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Envelope } from "@modelkeep/core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { exportOci, planMlflow, runImport } from "../src/index.js";
import { inTurn } from "../src/oci/layout-turns.js";
import { newRegistry, vectorFolder } from "./registry.js";

const base = mkdtempSync(join(tmpdir(), "modelkeep-turns-"));
afterAll(() => rmSync(base, { recursive: true }));
let envelope: Envelope;
beforeAll(async () => {
  const registry = await newRegistry();
  await runImport(registry, await planMlflow(vectorFolder("mlflow/model"), { name: "iris" }));
  envelope = await registry.open("iris@1");
});
const tagsOf = (layout: string) =>
  (
    JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as {
      manifests: { annotations: Record<string, string> }[];
    }
  ).manifests.map(({ annotations }) => annotations["org.opencontainers.image.ref.name"]!);
const hidden = (layout: string) =>
  readdirSync(layout, { recursive: true, encoding: "utf8" }).filter((path) => /(^|[\\/])\./u.test(path));

/** What is in the claim of this process. */
const ownClaim = (folder: string) =>
  inTurn(folder, undefined, () => {
    const name = readdirSync(folder).find((each) => each.endsWith(".lock"))!;
    return Promise.resolve(JSON.parse(readFileSync(join(folder, name), "utf8")) as { host: string; pid: number });
  });

test("many exports into one layout take turns: none is lost, and nothing is left over", async () => {
  const layout = join(base, "many");
  const tags = Array.from({ length: 12 }, (_, index) => `iris-${index}`);
  await Promise.all(tags.map((tag) => exportOci(envelope, layout, { tag, name: "iris" })));
  expect(tagsOf(layout).toSorted()).toEqual(tags.toSorted());
  expect(hidden(layout)).toEqual([]);
});

test("what exports left behind that were killed is in nobody's way, and goes", async () => {
  const layout = join(base, "left");
  const claims = ["a", "b"].map((name) => join(layout, `.index.json.${name}.lock`));
  mkdirSync(join(layout, "blobs", "sha256"), { recursive: true });
  const { host } = await ownClaim(layout);
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  await once(child, "spawn");
  writeFileSync(claims[0]!, JSON.stringify({ host, pid: child.pid }));
  child.kill("SIGKILL");
  await once(child, "exit");
  // Of another machine, or cut off before it was written: by its age.
  writeFileSync(claims[1]!, "");
  const partials = ["old", "new"].map((name) => join(layout, "blobs", "sha256", `.${name}.partial`));
  for (const path of partials) writeFileSync(path, "half");
  const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);
  utimesSync(claims[1]!, ago(61), ago(61));
  utimesSync(partials[0]!, ago(90_000), ago(90_000));

  await exportOci(envelope, layout, { tag: "iris-1" });
  expect(tagsOf(layout)).toEqual(["iris-1"]);
  expect(hidden(layout)).toEqual([join("blobs", "sha256", ".new.partial")]);
  writeFileSync(claims[0]!, JSON.stringify({ host, pid: child.pid }));
  expect(await exportOci(envelope, layout, { tag: "iris-1" })).toMatchObject({ existing: true });
  expect(hidden(layout)).toEqual([join("blobs", "sha256", ".new.partial")]);
});

test("a turn waits for that of another process, and ends where its own was taken away", async () => {
  const folder = join(base, "turns");
  mkdirSync(folder);
  const claim = join(folder, ".index.json.other.lock");
  writeFileSync(claim, JSON.stringify({ ...(await ownClaim(folder)), pid: process.ppid }));
  const events: string[] = [];
  const turn = inTurn(folder, undefined, async (still) => {
    events.push("ours");
    await still();
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    await still();
  });
  setTimeout(() => {
    events.push("theirs ends");
    rmSync(claim);
  }, 200);
  await expect(turn).rejects.toMatchObject({ code: "conflict" });
  expect(events).toEqual(["theirs ends", "ours"]);
});
