import { readFileSync } from "node:fs";

import { memorySource, openPackage, storedBytes } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { beforeEach, describe, expect, it } from "vitest";

import type { Registry } from "../src/index.js";
import { openLines } from "./support/registry.js";
import { Line, lineInputs } from "./support/toy.js";

const vectors = new URL("../../../vectors/", import.meta.url);
const readBytes = (path: string) => new Uint8Array(readFileSync(new URL(path, vectors)));
const readIndex = (path: string): unknown => JSON.parse(readFileSync(new URL(path, vectors), "utf8"));

const packages = (readIndex("zip/index.json") as { file: string; code: string }[]).filter(({ code }) => code !== "ok");
const models = (readIndex("json/index.json") as { vectors: { outcome: string; files: string[] }[] }).vectors.filter(
  ({ outcome }) => outcome !== "accepted",
);

let registry: Registry;
let before: ReadonlyMap<string, Date>;
beforeEach(async () => {
  registry = await openLines(memoryStore());
  await registry.save("lines", { model: new Line(2), samples: { inputs: lineInputs(0, 1) } });
  before = await everything();
});

async function everything(): Promise<Map<string, Date>> {
  const found = new Map<string, Date>();
  for await (const { key, modified } of registry.store.list("")) found.set(key, modified);
  return found;
}

/** Payloads that came before the fault may have been sent: garbage, which a collection takes away, and nothing else. */
async function expectUnchanged(): Promise<void> {
  const sent = [...(await everything()).keys()].filter((key) => !before.has(key));
  expect(sent.filter((key) => !/^(blobs|leases)\//u.test(key))).toEqual([]);
  await registry.collectGarbage({ graceSeconds: 0 });
  expect(await everything()).toEqual(before);
}

describe("a hostile file leaves the registry as it was", () => {
  it.each(packages)("the package $file", async ({ file }) => {
    const add = async () =>
      registry.importEnvelope(await openPackage(storedBytes(readBytes(`zip/${file}`))), { name: "new" });
    // Where the caller's limit is what refuses a package, it is refused for its size only.
    if (file === "bomb.zip") return;
    await expect(add()).rejects.toMatchObject({ code: expect.stringMatching(/^[a-z_]+$/u) as string });
    await expectUnchanged();
  });

  it.each(models)("the model $files", async ({ files: [file] }) => {
    const files = [memorySource("model.json", readBytes(`json/${file!}`))];
    const add = registry.save("lines", { files, samples: { inputs: lineInputs(0, 1) } });
    await expect(add).rejects.toMatchObject({ code: expect.stringMatching(/^[a-z_]+$/u) as string });
    await expectUnchanged();
  });
});
